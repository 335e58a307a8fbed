/** Many runs at once, runs that are killed, and what is left after many of them. */
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Approval } from "../../src/core/judge/approval.ts";
import { saveApproval } from "../../src/io/store/approvals.ts";
import { approvals, digest, namesIn, records } from "../support/records.ts";
import { realRsync, test, type World } from "../support/world.ts";

const site = { "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" };
const live = "rsync -a --delete src/ dst/";
const dry = `${live} -n`;
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
