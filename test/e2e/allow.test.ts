/** rsync-guard allow and approvals: what a person lets go, and takes back. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Entry } from "../../src/core/history/journal.ts";
import { program } from "../support/build.ts";
import { type Outcome, test, type World } from "../support/world.ts";

const live = "rsync -a --delete src/ dst/";
const site = { "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" };

const journal = (world: World): readonly Entry[] =>
  readFileSync(join(world.folder, "state/rsync-guard/journal.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const allowances = (world: World): readonly string[] => {
  const directory = join(world.folder, "state/rsync-guard/allowed");
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
};

/** The ID of a refusal of that command. */
async function refused(world: World, command = live): Promise<string> {
  const before = world.tree("dst");
  expect((await world.sh(command)).code).toBe(77);
  expect(world.tree("dst")).toEqual(before);
  return journal(world).at(-1)?.fingerprint?.slice(0, 8) ?? "";
}

const allow = (world: World, id: string, typed = `${hostname()}\n`): Promise<Outcome> =>
  world.answering(typed.match(/.*\n/g) ?? [], `${program} allow ${id}`);

async function allowed(world: World, command = live) {
  const { code, stdout } = await allow(world, await refused(world, command));
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("allowed once, within 5 minutes: ") });
}

const expectRun = (world: World) => expect(world.tree("dst")).toEqual(world.tree("src"));

test("a refused run goes once, and only once", async ({ world }) => {
  world.make(site);
  const id = await refused(world);
  const { code, stdout } = await allow(world, id);
  expect({ code, told: world.mask(stdout) }).toEqual({
    code: 0,
    told: expect.stringMatching(
      /^rsync -a --delete src\/ dst\/\r\n {2}in FOLDER, writes to FOLDER\/dst\r\n {2}refused for: no-dry-run\r\n {2}would now delete 1 file \(b\); change 1 file\r\n {2}to let it run once within 5 minutes, type the name of this host: /,
    ),
  });
  const run = await world.sh(live);
  expect({ code: run.code, stdout: run.stdout }).toEqual({ code: 0, stdout: "" });
  expect(run.stderr).toContain("rsync-guard: allowed once, so it runs; otherwise it would be refused: ");
  expectRun(world);
  world.make({ "dst/b": "b again\n" });
  expect(await refused(world)).toBe(id);
  expect(allowances(world)).toEqual([]);
  expect(journal(world).map(({ verdict, kind, codes }) => [verdict, kind, codes])).toEqual([
    ["refuse", "live", ["no-dry-run"]],
    ["allowed", "allow", ["no-dry-run"]],
    ["allowed", "live", ["no-dry-run"]],
    ["refuse", "live", ["no-dry-run"]],
  ]);
});

test("of five runs at once exactly one goes", async ({ world }) => {
  world.make(site);
  for (let round = 0; round < 4; round++) {
    await world.sh("rm -r dst; mkdir dst; echo old, longer >dst/a");
    await allowed(world);
    const { stdout } = await world.sh(`for run in 1 2 3 4 5; do { ${live} 2>/dev/null; echo $?; } & done; wait`);
    expect(stdout.trim().split("\n").sort()).toEqual(["0", "77", "77", "77", "77"]);
    expectRun(world);
  }
});

const declined = [
  { what: "another name", typed: "another-host\n", says: "that is not this host's name: nothing was allowed" },
  { what: "nothing", typed: "\n", says: "that is not this host's name: nothing was allowed" },
  { what: "yes", typed: "yes\nyes\n", says: "that is not this host's name: nothing was allowed" },
];

test.for(declined)("where $what is typed, nothing is allowed", async ({ typed, says }, { world }) => {
  world.make(site);
  const { code, stdout } = await allow(world, await refused(world), typed);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(says) });
  expect(allowances(world)).toEqual([]);
  await refused(world);
});

test("without a terminal nothing is allowed", async ({ world }) => {
  world.make(site);
  const id = await refused(world);
  expect(await world.sh(`hostname | ${program} allow ${id}`)).toEqual({
    code: 1,
    stdout: "",
    stderr: "rsync-guard: allow works only at a terminal\n",
  });
  expect(allowances(world)).toEqual([]);
});

const edits: readonly { what: string; change: (one: { at: number; boot: string }) => object; code: number }[] = [
  { what: "4 minutes old", change: ({ at }) => ({ at: at - 4 * 60_000 }), code: 0 },
  { what: "more than 5 minutes old", change: ({ at }) => ({ at: at - 5 * 60_000 - 1 }), code: 77 },
  { what: "from the future", change: ({ at }) => ({ at: at + 60_000 }), code: 77 },
  { what: "from before a restart", change: () => ({ boot: "another" }), code: 77 },
  { what: "without a time", change: () => ({ at: undefined }), code: 77 },
];

test.for(edits)("leave that is $what: exit code $code", async ({ change, code }, { world }) => {
  world.make(site);
  await allowed(world);
  const [file = ""] = allowances(world);
  const given = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...given, ...change(given) }));
  expect((await world.sh(live)).code).toBe(code);
  expect(allowances(world)).toEqual([]);
});

test("leave that others may write, or that is cut short, is none", async ({ world }) => {
  world.make(site);
  for (const spoil of ["chmod g+w", "truncate -s 10"]) {
    await allowed(world);
    await world.sh(`${spoil} state/rsync-guard/allowed/*`);
    expect((await world.sh(live)).code).toBe(77);
  }
});

const others = [
  { what: "another option", command: "rsync -a --delete --force src/ dst/" },
  { what: "another destination", command: "rsync -a --delete src/ other/" },
  { what: "another directory at the same path", before: "mv dst was; cp -a was dst", command: live },
  { what: "another working directory", before: "mkdir in; mv src dst in; cd in", command: live },
  { what: "protect, since then", before: 'echo "protect = [\\"$PWD/dst\\"]" >config/rsync-guard.toml', command: live },
];

test.for(others)("is for one command: not for $what", async ({ before = ":", command }, { world }) => {
  world.make({ ...site, "other/b": "b\n", "config/": "" });
  await allowed(world);
  const tree = world.tree("other");
  expect((await world.sh(`${before}; umask 022; ${command}`)).code).toBe(77);
  expect(world.tree("other")).toEqual(tree);
  expect(allowances(world)).toHaveLength(1);
});

test("a dry run does not use it up", async ({ world }) => {
  world.make(site);
  await allowed(world);
  expect((await world.sh(`${live} -n; rm -r state/rsync-guard/approvals; ${live}`)).code).toBe(0);
  expectRun(world);
});

const fixed = [
  { code: "protected-destination", config: 'protect = ["FOLDER/dst"]\n' },
  // it takes a plan to know
  {
    code: "protected-below",
    config: 'protect = ["FOLDER/dst/b"]\n',
    files: { "dst/b/c": "c\n" },
    before: `${live} -n`,
  },
];

test.for(fixed)("$code can't be lifted", async ({ code, config, files, before = ":" }, { world }) => {
  world.make({ "src/a": "new\n", "dst/a": "old, longer\n", ...files });
  world.make({ "config/rsync-guard.toml": config.replaceAll("FOLDER", world.folder) });
  await world.sh(before);
  const id = await refused(world);
  expect(journal(world).at(-1)?.codes).toContain(code);
  const outcome = await allow(world, id, "");
  expect({ code: outcome.code, stdout: outcome.stdout.trim() }).toEqual({
    code: 1,
    stdout: expect.stringMatching(new RegExp(`rsync-guard: ${code} can't be lifted for one run: `)),
  });
  expect(allowances(world)).toEqual([]);
});

test("what can't be decided has no ID, and leave that is there does not help", async ({ world }) => {
  world.make({ ...site, "config/": "" });
  expect((await world.sh("rsync -a --unheard-of src/ dst/")).code).toBe(78);
  expect(journal(world).at(-1)?.fingerprint).toBe(null);
  await allowed(world);
  expect((await world.sh(`umask 022; echo "what = 1" >config/rsync-guard.toml; ${live}`)).code).toBe(78);
  expect((await world.sh(`rm config/rsync-guard.toml; ${live}`)).code).toBe(0);
});

test("a listing that is refused has no ID: it has nothing that could be lost, nor a target", async ({ world }) => {
  world.make(site);
  expect(await refused(world, "rsync -a --delete src/")).toBe("");
  // as it is said in the command
  expect((await world.sh("rsync -a --delete --list-only src/")).code).toBe(0);
});

test("a refusal of the day before yesterday can't be lifted", async ({ world }) => {
  world.make(site);
  const id = await refused(world);
  const file = join(world.folder, "state/rsync-guard/journal.jsonl");
  const old = new Date(Date.now() - 25 * 3_600_000).toISOString();
  writeFileSync(file, JSON.stringify({ ...journal(world)[0], time: old }));
  const { code, stdout } = await allow(world, id, "");
  expect({ code, stdout: stdout.trim() }).toEqual({
    code: 1,
    stdout: expect.stringContaining(`rsync-guard: no refusal of the last 24 hours has the ID ${id}`),
  });
});

const misuses = [
  { args: "allow", says: "allow what?" },
  { args: "allow abc", says: "allow what?" },
  { args: "allow ../../../x", says: "allow what?" },
  { args: "approvals list", says: "list is not understood" },
  { args: "approvals show", says: "approvals show: which one?" },
  { args: "approvals show abc", says: "approvals show: which one?" },
  { args: "approvals revoke", says: "approvals revoke: which one?" },
  { args: "approvals revoke ../..", says: "approvals revoke: which one?" },
  { args: "approvals revoke abcd efgh", says: "approvals revoke: which one?" },
];

test.for(misuses)("rsync-guard $args: exit code 2 and how it is meant", async ({ args, says }, { world }) => {
  const { code, stdout, stderr } = await world.sh(`${program} ${args}`);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(says);
});

describe("approvals", () => {
  const two = { ...site, "two/b": "b\n" };
  const runs = ["dst", "two"].map((to) => `rsync -a --delete src/ ${to}/`);
  const dry = runs.map((run) => `${run} -n`).join("; ");
  /** By destination. */
  const idsOf = async (world: World): Promise<Readonly<Record<string, string>>> => {
    const { stdout } = await world.sh(`${program} approvals --json`);
    const records = stdout.split("\n").flatMap((line) => (line === "" ? [] : JSON.parse(line)));
    return Object.fromEntries(records.map(({ operands, fingerprint }) => [operands[1], fingerprint.slice(0, 8)]));
  };

  test("are listed and shown", async ({ world }) => {
    world.make(two);
    expect(await world.sh(`${program} approvals`)).toEqual({ code: 0, stdout: "none\n", stderr: "" });
    await world.sh(dry);
    const ids = await idsOf(world);
    const { code, stdout } = await world.sh(`${program} approvals`);
    expect(code).toBe(0);
    expect(world.mask(stdout)).toBe(
      [
        `${ids["two/"]}  N s ago, without a terminal`,
        "  rsync -a --delete src/ two/ -n",
        "  would delete 1 file (b); add 1 file",
        `${ids["dst/"]}  N s ago, without a terminal`,
        "  rsync -a --delete src/ dst/ -n",
        "  would delete 1 file (b); change 1 file",
        "",
      ].join("\n"),
    );
    const told = await world.sh(`${program} approvals show ${ids["dst/"]}`);
    expect(told.stdout).toMatch(
      /^\w{8} {2}\d+ s ago, .*\n {2}rsync -a .* -n\n {2}would delete 1 file \(b\); .*\n {2}it counts for a run with the same:\n {4}uid/,
    );
    const shown = await world.sh(`${program} approvals show ${ids["dst/"]} --json`);
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      schema: 3,
      operands: ["src/", "dst/"],
      plan: { deleted: expect.anything() },
    });
    const missing = await world.sh(`${program} approvals show 00000000`);
    expect(missing).toEqual({ code: 1, stdout: "", stderr: "rsync-guard: no record has the ID 00000000\n" });
  });

  test("one that is revoked refuses, the other one still approves", async ({ world }) => {
    world.make(two);
    await world.sh(dry);
    const ids = await idsOf(world);
    const revoke = `${program} approvals revoke ${ids["dst/"]}`;
    expect(await world.sh(revoke)).toEqual({ code: 0, stdout: "revoked: 1\n", stderr: "" });
    expect((await world.sh(revoke)).code).toBe(1);
    expect((await world.sh(runs[0] ?? "")).code).toBe(77);
    expect((await world.sh(runs[1] ?? "")).code).toBe(0);
  });

  test("revoke --all takes back all of them, also those that are not listed", async ({ world }) => {
    world.make(two);
    await world.sh(dry);
    const directory = join(world.folder, "state/rsync-guard/approvals");
    // newer ones, and what can't be read
    for (let at = 0; at < 250; at++) writeFileSync(join(directory, `${String(at).padStart(64, "0")}.json`), "");
    expect((await world.sh(`${program} approvals revoke --all`)).stdout).toBe("revoked: 252\n");
    for (const run of runs) expect((await world.sh(run)).code).toBe(77);
    expect((await world.sh(`${program} approvals`)).stdout).toBe("none\n");
  });
});
