/**
 * However the program in the executable fails, it ends with 78 and words, and the shim lets nothing run; and whatever it
 * lacks, it does not decide otherwise.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkout } from "../support/build.ts";
import { compiledProgram, hasExecutable } from "../support/compiled.ts";

const folder = mkdtempSync(join(tmpdir(), "ends-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** By the shim's first argument. */
const failing = `
const ways = {
  throws: () => { throw new Error("it throws"); },
  rejects: () => void Promise.reject(new Error("it rejects")),
  "rejects with no error": () => void Promise.reject(undefined),
  "fails in a timer": () => void setInterval(() => { throw new Error("the timer"); }, 1),
  "fails in a module": () => void import("./module.ts"),
  "waits for ever": () => void new Promise(() => {}),
  "calls itself": () => { const again = () => again() + 1; again(); },
  "fills the memory": () => { const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1)); },
  "ends without a code": () => {},
};
ways[process.env["WAY"]]();
`;

describe.skipIf(!hasExecutable)("a program that", () => {
  const program = join(folder, "rsync-guard");
  const built = () => {
    writeFileSync(join(folder, "main.ts"), failing);
    writeFileSync(join(folder, "module.ts"), 'throw new Error("the module")');
    compiledProgram(join(folder, "main.ts"), program);
    copyFileSync(join(checkout, "shims/rsync"), join(folder, "rsync"));
  };

  const ways = /(?<=^ {2}"?)[a-z][a-z ]*(?="?: \(\))/gm;
  test("fails in any way is no answer", { timeout: 120_000 }, () => {
    built();
    const found = failing.match(ways) ?? [];
    expect(found).toHaveLength(9);
    for (const way of found) {
      const env = { PATH: "/usr/bin:/bin", WAY: way };
      const limited = (command: string) =>
        spawnSync("sh", ["-c", `ulimit -v 60000; exec ${command}`], { cwd: folder, env, encoding: "utf8" });
      const direct = limited("./rsync-guard explain");
      expect({ way, ...direct }).toMatchObject({ way, status: 78, stdout: "" });
      expect(direct.stderr).toMatch(/^rsync-guard: refused, nothing ran: the program failed: .*\n {2}next: /);
      const asked = limited("sh rsync -a main.ts new");
      expect({ way, ...asked }).toMatchObject({ way, status: 78, stdout: "", stderr: direct.stderr });
    }
  });
});

describe.skipIf(!hasExecutable)("with little memory, or little of a stack,", () => {
  /** In kilobytes, as ulimit has them: from what it can't even be started with to more than it needs. */
  const limits = [
    { of: "v", from: 2400, to: 6400, step: 80 },
    { of: "s", from: 8, to: 136, step: 8 },
  ];
  const answers = (argv: string, configuration = "") => {
    const own = mkdtempSync(join(folder, "lack-"));
    for (const directory of ["src", "config", "state"]) mkdirSync(join(own, directory));
    writeFileSync(join(own, "rsync"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(join(own, "config/rsync-guard.toml"), configuration, { mode: 0o600 });
    const ask = `exec ${checkout}/dist/standalone/rsync-guard decide "$PWD/shim" "$PWD/rsync" ${argv}`;
    const env = { PATH: "/usr/bin:/bin", XDG_CONFIG_HOME: join(own, "config"), XDG_STATE_HOME: join(own, "state") };
    const script = limits.map(
      ({ of, from, to, step }) => `for n in $(seq ${from} ${step} ${to}); do
        answer=$( (ulimit -${of} $n; ${ask} 9>said 2>/dev/null) 2>/dev/null) && code=0 || code=$?
        echo "$code \${answer%% *} $(head -c 1 said | wc -c)"; done`,
    );
    const { stdout } = spawnSync("sh", ["-c", script.join("\n")], { cwd: own, env, encoding: "utf8" });
    return new Set(stdout.trim().split("\n"));
  };
  const asked: readonly (readonly [what: string, argv: string, configuration: string, right: string])[] = [
    ["the accident is refused", "-a --delete src/ /srv/releases//", "", "77  1"],
    ["the configuration counts", "-a src/ new/", 'dry_run.required = "always"', "77  1"],
    ["an ordinary run is let go", "-a src/ new/", "", "0 exec 0"],
  ];

  test.for(asked)("%s, or nothing is decided", ([, argv, configuration, right]) => {
    const found = answers(argv, configuration);
    expect(found).toContain(right);
    expect(found).toContain("78  1");
    // the system itself ended it, and the shim takes no answer then
    for (const one of found) expect(one).toMatch(new RegExp(`^(?:${right}|78  1|(?:12[67]|13[0-9])  [01])$`));
  });
});
