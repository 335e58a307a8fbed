/** The fresh dry run: which one stands for a live run, and which one doesn't. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "vitest";
import { outlook, realRsync, test, type World, withoutFigures } from "../support/world.ts";

const make = (world: World) =>
  world.make({ "src/a": "new\n", "src/c": "c\n", "dst/a": "old, longer\n", "dst/b": "b\n", other: "*.tmp\n" });
const live = "rsync -a --delete src/ dst/";
const dry = `${live} -n`;
const codesOf = (stderr: string) => /^ {2}codes: (.*?) {3}/m.exec(stderr)?.[1]?.split(", ");

const approvals = (world: World) => join(world.folder, "state/rsync-guard/approvals");
const records = (world: World, ending = ".json") =>
  readdirSync(approvals(world))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(approvals(world), name));

/** Changes the one record there is. */
function edit(world: World, change: (record: { at: number; boot: string }) => object) {
  const [file = ""] = records(world);
  const record = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...record, ...change(record) }));
}

async function expectRefused(world: World, script: string, codes: readonly string[]) {
  const before = world.tree("dst");
  const { code, stdout, stderr } = await world.sh(script);
  expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 77, stdout: "", codes });
  expect(world.tree("dst")).toEqual(before);
  return stderr;
}

async function expectRun(world: World, script: string) {
  const { code, stderr } = await world.sh(script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(world.tree("dst")).toEqual(world.tree("src"));
}

test("without a dry run, a run that deletes or overwrites is refused", async ({ world }) => {
  make(world);
  const stderr = await expectRefused(world, live, ["no-dry-run"]);
  expect(stderr).toContain("\n    rsync -n -a --delete src/ dst/\n");
  await expectRefused(world, "rsync -a src/ dst/", ["no-dry-run"]);
});

test.for([
  {
    what: "filled by a first run",
    script: "rsync -a --delete src/ new/ && touch new/late && rsync -a --delete src/ new/",
  },
  { what: "that holds one file", script: "mkdir new; touch new/late; rsync -a --delete src/ new/" },
  { what: "that is new, while sources are removed", script: "rsync -a --remove-source-files src/ new/" },
])("a directory $what needs one", async ({ script }, { world }) => {
  make(world);
  await expectRefused(world, script, ["no-dry-run"]);
  expect(Object.keys(world.tree())).toEqual(expect.arrayContaining(["src/a", "src/c"]));
  expect("new" in world.tree()).toBe("new/late" in world.tree());
});

const spellings = [
  { what: "the same command", dry, live },
  { what: "other verbosity", dry: "rsync -avn --delete src/ dst/", live },
  { what: "progress", dry: `${dry} -i --stats`, live: `${live} --info=progress2 --no-h` },
  { what: "-a spelled out", dry, live: "rsync -rlptgoD --delete src/ dst/" },
  { what: "options elsewhere", dry, live: "rsync src/ --delete dst/ -a" },
  { what: "another spelling of the paths", dry, live: 'rsync -a --delete ./src/. "$PWD/dst"' },
  { what: "the suggested command", dry: "rsync -n -a --delete src/ dst/", live },
];

test.for(spellings)("a dry run stands for a live run: $what", async (row, { world }) => {
  make(world);
  expect((await world.sh(row.dry)).code).toBe(0);
  await expectRun(world, `${row.live} >/dev/null`);
});

const times = [
  {
    what: "15 min old",
    change: ({ at }: { at: number }) => ({ at: at - 15 * 60_000 - 1 }),
    says: "was made 15 min ago",
  },
  {
    what: "from the future",
    change: ({ at }: { at: number }) => ({ at: at + 3_600_000 }),
    says: "ahead of this host's",
  },
  { what: "made before a restart", change: () => ({ boot: "another" }), says: "before this host was last started" },
];

test.for(times)("a dry run that is $what is stale", async ({ change, says }, { world }) => {
  make(world);
  await world.sh(dry);
  edit(world, change);
  expect(await expectRefused(world, live, ["stale-dry-run"])).toContain(says);
  expect((await world.sh(dry)).code).toBe(0);
  await expectRun(world, live);
});

test("a dry run that is 14 min old is fresh", async ({ world }) => {
  make(world);
  await world.sh(dry);
  edit(world, ({ at }) => ({ at: at - 14 * 60_000 }));
  await expectRun(world, live);
});

const excluding = "rsync -a --delete --exclude-from=other src/ dst/";
const changes = [
  { field: "options", dry, between: "", live: `${live} --checksum`, says: "now with --checksum" },
  { field: "options", dry, between: "", live: "rsync -a --delete --exclude=x src/ dst/", says: "now with --exclude=x" },
  {
    field: "named files",
    dry: `${excluding} -n`,
    between: "echo b >>other",
    live: excluding,
    says: "other has another content",
  },
  { field: "sources", dry, between: "mv src was; cp -a was src", live, says: ".*/src/ was replaced: .*" },
  { field: "destination", dry, between: "mv dst was; cp -a was dst", live, says: ".*/dst was replaced: .*" },
  { field: "environment", dry, between: "export RSYNC_ICONV=UTF-8", live, says: ".none. {2}-> {2}RSYNC_ICONV=UTF-8" },
];

test.for(changes)("a change of its $field since the dry run is named: $live", async (row, { world }) => {
  make(world);
  expect((await world.sh(row.dry)).code).toBe(0);
  const before = world.tree("dst");
  const { code, stdout, stderr } = await world.sh(`${row.between || ":"}; ${row.live}`);
  expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 77, stdout: "", codes: ["changed-since-dry-run"] });
  expect(stderr).toContain("changed");
  expect(stderr).toMatch(new RegExp(`^ {4}${row.field} {2}${row.says}$`, "m"));
  expect(world.tree("dst")).toEqual(before);
});

test("a file that an option names, unchanged, is no change", async ({ world }) => {
  make(world);
  await world.sh(`${excluding} -n`);
  await expectRun(world, `cp -p other copy; cat copy >other; ${excluding}`);
});

test("a dry run to another directory shows what differs", async ({ world }) => {
  make(world);
  await world.sh("mkdir dst/deep; rsync -a --delete src/ dst/deep/ -n");
  const stderr = await expectRefused(world, live, ["no-dry-run"]);
  expect(stderr).toMatch(/^ {4}destination {2}dst\/deep\/ {2}-> {2}dst\/ {5}a variable may be empty$/m);
});

test.runIf(process.geteuid?.() === 0)("under sudo, the dry run to make is root's", async ({ world }) => {
  make(world);
  const { stderr } = await world.sh(live, { SUDO_USER: "root" });
  expect(stderr).toMatch(/^ {4}sudo rsync -n -a --delete src\/ dst\/$/m);
});

test("a dry run of what can't succeed says so", async ({ world }) => {
  make(world);
  const { stderr } = await world.sh("rsync -an src/ new/deep/");
  expect(stderr).toMatch(
    /^rsync-guard: the live run would fail, since \/.*\/new is not there \(mkdir -p, or --mkpath\); with it, /,
  );
  expect((await world.sh("rsync -a src/ new/deep/")).code).toBe(11);
});

test("another user's, or another real rsync's, dry run does not stand for a run", async ({ world }) => {
  make(world);
  await world.sh(`mkdir real; cp ${realRsync} real/; PATH=$PWD/bin:$PWD/real:$PATH ${dry}`);
  expect(await expectRefused(world, live, ["changed-since-dry-run"])).toMatch(/^ {4}rsync {2}.*real\/rsync/m);
});

test("a dry run that failed is not recorded, and says so, as the live run does", async ({ world }) => {
  make(world);
  const { code, stderr } = await world.sh("rsync -a --delete src/ missing dst/ -n");
  expect(code).toBe(23);
  expect(stderr).toMatch(/\nrsync-guard: this dry run ended with exit code 23, so it does not count as one\n$/);
  expect(records(world)).toEqual([]);
  const said = await expectRefused(world, "rsync -a --delete src/ missing dst/", ["no-dry-run"]);
  expect(said).toMatch(
    /: the last dry run of this command, \d+ s ago, does not count: rsync ended it with exit code 23\n/,
  );
  // of another command nothing is said
  expect(await expectRefused(world, live, ["no-dry-run"])).toMatch(/: no dry run of this command has been made\n/);
  // and it is over when one has counted
  await world.sh("mkdir missing; touch missing/f; rsync -a --delete src/ missing dst/ -n");
  expect((await world.sh("rsync -a --delete src/ missing dst/")).code).toBe(0);
});

test("records are the caller's alone, readable as text, and leave no other file", async ({ world }) => {
  make(world);
  await world.sh(`umask 000; ${dry}; ${dry}`);
  const [file = ""] = records(world);
  const [deletions = ""] = records(world, ".deletions");
  expect(records(world, "").sort()).toEqual([file, deletions].sort());
  expect(statSync(approvals(world)).mode & 0o777).toBe(0o700);
  expect([file, deletions].map((one) => statSync(one).mode & 0o777)).toEqual([0o600, 0o600]);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    schema: 3,
    operands: ["src/", "dst/"],
    command: `rsync ${dry.slice(6)}`,
    plan: { deleted: { files: 1 }, topLevel: { first: [["b", 1]] }, deletions: basename(deletions, ".deletions") },
  });
});

test.for<[options: string, would: string]>([
  ["-an --delete -i", "delete 1 file (b); change 1 file; add 1 file"],
  ["-anv --delete", "delete 1 file (b); change 1 file; add 1 file"],
  ["-an -q --delete", "delete 1 file (b); change 1 file; add 1 file"],
  ["-an --delete -h --out-format=%n", "delete 1 file (b); change 1 file; add 1 file"],
  ["-nrvv", "change 1 file; add 1 file"],
  ["-n", "change nothing"],
])("rsync %s prints what an unguarded one prints, and one line", async ([options, would], { world }) => {
  make(world);
  const plain = await world.sh(`${realRsync} ${options} src/ dst/`);
  const guarded = await world.sh(`rsync ${options} src/ dst/`);
  expect({ ...guarded, stdout: withoutFigures(guarded.stdout) }).toEqual({
    code: 0,
    stdout: withoutFigures(plain.stdout),
    stderr: plain.stderr + outlook(would),
  });
});

test.for([
  { required: "never", says: "" },
  { required: "risky", says: "rsync-guard: this dry run ended with exit code 23, so it does not count as one\n" },
])("where a dry run is $required needed, one says of itself: $says", async ({ required, says }, { world }) => {
  make(world);
  world.make({ "config/rsync-guard.toml": `[dry_run]\nrequired = "${required}"\n` });
  const plain = await world.sh(`${realRsync} -an --delete src/ missing dst/`);
  const guarded = await world.sh("rsync -an --delete src/ missing dst/");
  expect(guarded).toEqual({ ...plain, stderr: plain.stderr + says });
  expect(await world.sh("rsync -an --delete src/ dst/")).toMatchObject({
    code: 0,
    stderr: says === "" ? "" : outlook("delete 1 file (b); change 1 file; add 1 file"),
  });
});

/** Runs a command at a terminal and in a session of its own. */
const terminal = (command: string) => `script -qec '${command}' /dev/null`;

test("a dry run at a terminal does not count in another login session", async ({ world }) => {
  make(world);
  await world.sh(terminal(dry));
  const before = world.tree("dst");
  const { code, stdout } = await world.sh(terminal(live));
  expect(code).toBe(77);
  expect(stdout).toContain("codes: other-session ");
  expect(world.tree("dst")).toEqual(before);
  // nor in a run without a terminal
  await expectRefused(world, live, ["other-session"]);
  await expectRefused(world, `setsid -w ${live}`, ["other-session"]);
});

test("a dry run at a terminal counts in the same login session", async ({ world }) => {
  make(world);
  const { code } = await world.sh(terminal(`${dry} && ${live}`));
  expect(code).toBe(0);
  expect(world.tree("dst")).toEqual(world.tree("src"));
});

test("a dry run without a terminal counts in any session", async ({ world }) => {
  make(world);
  await world.sh(`setsid -w ${dry}`);
  expect((await world.sh(terminal(live))).code).toBe(0);
  expect(world.tree("dst")).toEqual(world.tree("src"));
});

const sessions = [
  { session: "always", dry: (command: string) => command, code: 77 },
  { session: "never", dry: terminal, code: 0 },
];

test.for(sessions)('dry_run.session = "$session" is heard', async ({ session, dry: at, code }, { world }) => {
  make(world);
  world.make({ "config/rsync-guard.toml": `[dry_run]\nsession = "${session}"\n` });
  const outcome = await world.sh(`setsid -w ${at(dry)}; setsid -w ${live}`);
  expect(outcome.code).toBe(code);
});
