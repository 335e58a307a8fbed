/** rsync-guard plan: what a command would do, in each format; nothing is recorded. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "vitest";
import { program } from "../support/build.ts";
import { problemsIn } from "../support/schema.ts";
import { test } from "../support/world.ts";

const schema = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../docs/plan.schema.json"), "utf8"));

/** Ten entries that both sides have, so that little of it goes. */
const same = Array.from({ length: 10 }, (_, at) => `same${at}`);
const files = {
  ...Object.fromEntries(same.map((name) => [`dst/${name}`, "same\n"])),
  "src/page": "newer text\n",
  "src/lib/new.js": "x\n",
  "dst/page": "text\n",
  "dst/old": "old\n",
  "dst/cache/a": "12345\n",
  "dst/cache/b": "1\n",
};
const copySame = `for n in ${same.join(" ")}; do cp -p dst/$n src; done; cp -p src/lib/new.js dst/moved; touch -d 2026-01-01 dst/page; touch -r src dst`;

test("it says what goes first, records nothing, and tells apart what would run and what would be refused", async ({
  world,
}) => {
  world.make(files);
  await world.sh(copySame);
  const before = world.tree();
  const plan = (args: string) => world.sh(`${program} plan ${args}`);
  const run = "-- -a --delete src/ dst/";
  const { code, stdout, stderr } = await plan(run);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(world.mask(stdout).split("\n")).toEqual([
    "rsync -a --delete src/ dst/",
    "  would write to and delete in FOLDER/dst",
    expect.stringMatching(
      /^ {2}would replace 1 newer file by an older one; delete 4 files, 1 directory \(3 in cache\/, .*\); change 1 file; add 1 file, 1 directory$/,
    ),
    "",
    "would delete 4 files, 1 directory, 14 B, 1 renamed",
    "- cache/  all of it: 2 files, 8 B",
    "- moved  2 B, renamed to lib/new.js",
    "- old  4 B",
    "",
    "would change 1 file, 11 B, 1 newer than what replaces it",
    expect.stringMatching(/^~ page {2}11 B, newer by \d+ days than what replaces it$/),
    "",
    "would add 1 file, 1 directory, 2 B, 1 renamed",
    "+ lib/  new: 1 file, 2 B, 1 renamed",
    "",
    "",
  ]);
  // -n changes nothing
  expect(await plan(run.replace("-a", "-an"))).toMatchObject({ code: 0 });

  const json = JSON.parse((await plan(`--json ${run}`)).stdout);
  expect(problemsIn(json, schema)).toEqual([]);
  expect(json.entries.map(({ action, path }: { action: string; path: string }) => `${action} ${path}`)).toEqual([
    "delete cache/",
    "delete cache/a",
    "delete cache/b",
    "delete moved",
    "delete old",
    "change page",
    "add lib/",
    "add lib/new.js",
  ]);
  expect((await plan(`--markdown ${run}`)).stdout).toContain("\n- `cache/` all of it: 2 files, 8 B\n");
  expect((await plan(`--html ${run}`)).stdout).toContain("<code>cache/</code><small>all of it: 2 files, 8 B</small>");
  // and the live run still needs a dry run
  expect(world.tree()).toEqual(before);
  expect(await world.sh("rsync -a --delete src/ dst/")).toMatchObject({ code: 77 });

  const refused = await plan("-- -a --delete empty/ dst/".replace("empty", "src/lib"));
  expect(refused.code).toBe(77);
  expect(refused.stdout).toMatch(/^rsync-guard: the live run would be refused: .*\n(?:.*\n)+ {2}codes: plan-too-large/);
  for (const [args, expected, says] of [
    ["-- -a --bogus src/ dst/", 78, "--bogus is not an option"],
    ["-- -a missing/ dst/", 1, "no plan of it could be made: rsync -n ended with exit code 23"],
    ["-- --version", 1, "nothing to plan"],
    ["--json --html -- -a src/ dst/", 2, "not both"],
    ["src/ dst/", 2, "unexpected argument"],
    ["", 2, "after --"],
  ] as const) {
    const failed = await plan(args);
    expect({ args, code: failed.code, stdout: failed.stdout }).toEqual({ args, code: expected, stdout: "" });
    expect(failed.stderr).toContain(says);
  }
});

test("at a terminal: through the pager where it is longer than the screen, and colours", async ({ world }) => {
  world.make({ ...files, "tmp/": "" });
  await world.sh(copySame);
  const shown = async (rows: number, env: Readonly<Record<string, string>> = {}) => {
    world.make({ script: `stty rows ${rows}\n${program} plan -- -a --delete src/ dst/\n` });
    const { stdout } = await world.sh("script -qec 'sh ./script' /dev/null </dev/null", {
      TMPDIR: `${world.folder}/tmp`,
      TERM: "xterm",
      PAGER: "sed s/^/PAGED:/",
      ...env,
    });
    return stdout.replaceAll("\r\n", "\n");
  };
  expect(await shown(10)).toContain("PAGED:\u001b[31m- old\u001b[0m  4 B\n");
  expect(await shown(40)).toContain("\n\u001b[31m- old\u001b[0m  4 B\n");
  expect(await shown(40, { NO_COLOR: "1" })).toContain("\n- old  4 B\n");
  expect(Object.keys(world.tree("tmp"))).toEqual(["."]);
});
