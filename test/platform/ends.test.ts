/** However the program in the executable fails, it ends with 78 and words, and the shim lets nothing run. */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
