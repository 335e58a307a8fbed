/** Many runs at once, runs that are killed, and what is left after many of them. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Approval } from "../../src/core/judge/approval.ts";
import { saveApproval } from "../../src/io/store/approvals.ts";
import { build, checkout } from "../support/build.ts";
import { type Fault, faultAt, programIn } from "../support/program.ts";
import { realRsync, test, type World } from "../support/world.ts";

const site = { "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" };
const live = "rsync -a --delete src/ dst/";
const dry = `${live} -n`;
const approvals = (world: World): string => join(world.folder, "state/rsync-guard/approvals");
const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};
const digest = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

/** The fingerprints of all records; each file that has the name of one is whole. */
function records(world: World): readonly string[] {
  const directory = approvals(world);
  return namesIn(directory).flatMap((name) => {
    const [, own = "", kind] = /^(\w+)\.(json|deletions)$/.exec(name) ?? [];
    const content = readFileSync(join(directory, name));
    if (kind === "deletions") expect(digest(content)).toBe(own);
    if (kind !== "json") return [];
    expect(JSON.parse(content.toString())).toMatchObject({ fingerprint: own, schema: 3 });
    return own;
  });
}

test("50 dry runs and 50 live runs to different places at once: each is decided for itself", async ({ world }) => {
  const numbers = (from: number) => Array.from({ length: 25 }, (_, at) => from + at);
  const [first, second, without] = [numbers(0), numbers(25), numbers(50)];
  const places = [...first, ...second, ...without].map((at) => [`to/${at}/old`, `${at}\n`]);
  world.make({ "src/a": "a\n", ...Object.fromEntries(places) });
  const codes = async (...runs: readonly (readonly [numbers: readonly number[], options: string])[]) => {
    const commands = runs.flatMap(([all, options]) =>
      all.map((at) => `{ rsync -a --delete ${options} src/ to/${at}/ 2>/dev/null; echo ${at} $?; } &\n`),
    );
    const { stdout } = await world.sh(`${commands.join("")} wait`);
    return Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(" ")),
    );
  };
  const all = (of: readonly number[], code: string) => Object.fromEntries(of.map((at) => [at, code]));

  expect(await codes([first, "-n"])).toEqual(all(first, "0"));
  expect(records(world)).toHaveLength(25);
  expect(await codes([first, ""], [second, "-n"], [without, ""])).toEqual({
    ...all([...first, ...second], "0"),
    ...all(without, "77"),
  });
  expect(records(world)).toHaveLength(50);
  expect(await codes([second, ""])).toEqual(all(second, "0"));
  for (const at of [...first, ...second]) expect(world.tree(`to/${at}`)).toEqual(world.tree("src"));
  for (const at of without) expect(Object.keys(world.tree(`to/${at}`))).toEqual([".", "old"]);
});

describe.for<Fault>(["kill", "ENOSPC"])("a dry run's recording is interrupted (%s)", (fault) => {
  test("at each change to the disk: there is a whole record that counts, or none", async ({ world }) => {
    world.make({ ...site, "real/": "" });
    // behind the shim, which takes such a variable away
    const runtime = build.name === "node" ? "bin/node" : `guard/${build.guard}`;
    programIn(world, "guard");
    await world.sh(`mv ${runtime} real/runtime; cp -a dst was; ln -sfn ../guard/${build.shim} bin/rsync`);
    const [[variable, value] = []] = Object.entries(build.preload(`${checkout}/test/support/faults.cjs`));
    world.make({ [runtime]: `#!/bin/sh\n${variable}="${value}" exec "${world.folder}/real/runtime" "$@"\n` });
    await world.sh(`chmod +x ${runtime}`);
    const counts: boolean[] = [];
    for (let isWhole = false; !isWhole && counts.length < 50; ) {
      await world.sh("rm -rf state dst; cp -a was dst");
      const { code, stderr } = await world.sh(dry, { ...faultAt(fault, counts.length + 1), FAULT_IN: "record" });
      expect(code).toBe(0);
      isWhole = stderr.includes("approved for 15 min");
      const before = records(world);
      const { code: decision } = await world.sh(live);
      expect({ decision, stderr }).toEqual({ decision: before.length > 0 ? 0 : 77, stderr });
      counts.push(before.length > 0);
    }
    expect(new Set(counts)).toEqual(new Set([false, true]));
    expect(counts.length).toBeGreaterThan(6);
  });
});

const victims = [
  { who: "nobody", kill: ":", code: "0" },
  { who: "the shim", kill: "kill -9 $!", code: "77" },
  { who: "rsync", kill: "kill -9 $(cat started)", code: "77" },
  { who: "both", kill: "kill -9 $! $(cat started)", code: "77" },
  { who: "the whole session", kill: "kill -9 -$!", code: "77" },
];

/** An rsync that waits for a file to go. */
const slow = `#!/bin/sh
echo $$ >started
while [ -e hold ]; do sleep 0.02; done
exec ${realRsync} "$@"
`;

test.for(victims)(
  "a dry run in which $who is killed: exit code $code of its live run",
  async ({ kill, code }, { world }) => {
    world.make({ ...site, "real/rsync": slow, hold: "" });
    const { stdout } = await world.sh(`chmod +x real/rsync; PATH=$PWD/bin:$PWD/real:/usr/bin:/bin
    setsid ${dry} 2>/dev/null &
    for try in $(seq 500); do [ -s started ] && break; sleep 0.02; done
    ${kill}
    rm hold
    wait $!
    ${live} 2>/dev/null
    echo $?`);
    expect(stdout).toBe(`${code}\n`);
    expect(records(world)).toHaveLength(code === "0" ? 1 : 0);
  },
);

describe("the directory of records stays small", () => {
  /** Files with names of records, from so many days ago to so many days ago. */
  function fill(world: World, count: number, [from, to]: readonly [number, number]): readonly string[] {
    const directory = approvals(world);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return Array.from({ length: count }, (_, at) => {
      const file = join(directory, `${digest(`${count} ${at}`)}.json`);
      const time = Date.now() / 1000 - 86_400 * (from + ((to - from) * at) / count);
      writeFileSync(file, "{}", { mode: 0o600 });
      utimesSync(file, time, time);
      return file;
    });
  }
  const size = (world: World) => namesIn(approvals(world)).length;

  /** As after that many dry runs. */
  function save(world: World, count: number) {
    const [record = ""] = namesIn(approvals(world)).filter((name) => name.endsWith(".json"));
    const approval: Approval = JSON.parse(readFileSync(join(approvals(world), record), "utf8"));
    for (let at = 0; at < count; at++)
      saveApproval(approvals(world), { ...approval, at: Date.now(), fingerprint: digest(`saved ${at}`) }, null);
  }

  test("old ones go, some at a time", async ({ world }) => {
    world.make(site);
    await world.sh(dry);
    const own = size(world);
    const old = fill(world, 1500, [7.1, 60]);
    fill(world, 100, [0, 6.9]);
    await world.sh("rsync -a --delete src/ dst/ -n");
    expect(size(world)).toBeLessThan(own + 100 + 1500);
    expect(size(world)).toBeGreaterThanOrEqual(own + 100 + 1000);
    save(world, 6);
    expect(namesIn(approvals(world)).filter((name) => old.includes(join(approvals(world), name)))).toEqual([]);
    expect(size(world)).toBe(own + 100 + 6);
    expect((await world.sh(live)).code).toBe(0);
  });

  test("and so do the oldest ones of very many", async ({ world }) => {
    world.make(site);
    const many = fill(world, 5600, [0, 6]);
    await world.sh(dry);
    save(world, 60);
    const left = new Set(namesIn(approvals(world)).map((name) => join(approvals(world), name)));
    expect(left.size).toBeLessThan(5060);
    expect(many.slice(0, 3000).filter((file) => !left.has(file))).toEqual([]);
    expect((await world.sh(live)).code).toBe(0);
  });
});
