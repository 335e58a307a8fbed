/** Runs whose replaced entries are set aside, and rsync-guard undo. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { program } from "../support/build.ts";
import { test as sshTest } from "../support/ssh.ts";
import { realRsync, test, type World } from "../support/world.ts";

const configuration = '[undo]\nkeep_for = "7d"\n[dry_run]\nrequired = "never"\n';

const runsIn = (world: World): readonly string[] => {
  const directory = join(world.folder, "state/rsync-guard/undo");
  return existsSync(directory) ? readdirSync(directory).sort() : [];
};

const undo = (world: World, words: string) => world.sh(`${program} undo ${words}`);

/** All that diff and find tell of a tree, the times of directories too. */
const everything = async (world: World, path: string): Promise<string> =>
  (
    await world.sh(
      `cd ${path} && find . ! -type d -printf '%p %y %m %U:%G %Ts %l\\n' -o -printf '%p %y %m %U:%G %Ts\\n' | sort; find . -type f -exec sha256sum {} + | sort; find . -links +1 -type f -printf '%i %p\\n' | sort | awk '{ n[$1] = n[$1] " " $2 } END { for (i in n) print n[i] }' | sort`,
    )
  ).stdout;

const site = {
  "www/releases/1.2.1/index.html": "1.2.1\n",
  "www/releases/1.2.1/media": "-> ../../../shared/media",
  "www/releases/1.2.1/empty/": "",
  "www/releases/1.2.2/index.html": "1.2.2, the current one\n",
  "www/releases/1.2.2/media": "-> ../../../shared/media",
  "www/releases/1.2.2/env.php": "-> ../../../shared/env.php",
  "www/current": "-> releases/1.2.2",
  "shared/media/photo.jpg": "photo\n",
  "shared/env.php": "secret\n",
  "build/index.html": "1.2.3, the new one\n",
  "build/lib/new.php": "new\n",
  "build/media": "-> ../../../shared/media",
};

test("the accident in mode observe: one command brings all of it back", async ({ world }) => {
  world.make({ ...site, "config/rsync-guard.toml": 'mode = "observe"\n[undo]\nkeep_for = "7d"\n' });
  const before = await everything(world, ".");
  await world.sh("cp -a www before");
  const run = 'VERSION=; rsync -a --delete build/ "$PWD/www/releases/$VERSION/"';
  const { code, stdout } = await world.sh(`script -qec '${run}' /dev/null`);
  expect(code).toBe(0);
  expect(readdirSync(join(world.folder, "www/releases")).sort()).toEqual(["index.html", "lib", "media"]);
  const [id] = runsIn(world);
  expect(stdout.split("\r\n").slice(-2)).toEqual([`  to undo it: rsync-guard undo ${id}`, ""]);
  const undone = await undo(world, `${id} --created --yes`);
  expect(undone).toMatchObject({ code: 0, stderr: "" });
  expect(await world.sh("diff -r --no-dereference before www && test -e www/releases/1.2.1/empty")).toMatchObject({
    code: 0,
    stdout: "",
  });
  await world.sh("rm -rf before");
  const ownFiles = (text: string) =>
    text
      .split("\n")
      .filter((line) => !/\.\/state|^\. /.test(line))
      .join("\n");
  expect(ownFiles(await everything(world, "."))).toBe(ownFiles(before));
});

const mixed = {
  "src/a": "new a\n",
  "src/was-file/inner": "i\n",
  "src/was-dir": "a file now\n",
  "src/was-link": "a file now\n",
  "src/same": "same\n",
  "dst/a": "old\n",
  "dst/was-file": "f\n",
  "dst/was-dir/deep/x": "x\n",
  "dst/was-link": "-> a",
  "dst/same": "same\n",
  "dst/gone/b c\n\\#134": "odd name\n",
  "dst/gone/empty/": "",
  "dst/gone/*": "star\n",
  "dst/empty/": "",
  "config/rsync-guard.toml": `${configuration}[limits]\nmax_delete = "100%"\n`,
};

/** Hard links, a pipe, modes and times of directories. */
const roughen =
  "mkfifo dst/gone/pipe; ln dst/gone/'*' dst/gone/linked; chmod 2750 dst/gone; chmod 500 dst/was-dir/deep; touch -d 2001-02-03 dst/gone/empty dst/gone dst/empty dst/was-dir dst";

const ways = [
  { what: "as it is", run: "rsync -a --delete src/ dst/", code: 0 },
  { what: "--inplace", run: "rsync -a --inplace --delete src/ dst/", code: 0 },
  { what: "--delete-after -v", run: "rsync -av --delete-after src/ dst/", code: 0 },
  { what: "-vv", run: "rsync -avv --delete src/ dst/", code: 0 },
  { what: "--delay-updates", run: "rsync -ai --delay-updates --delete src/ dst/", code: 0 },
  {
    what: "without a slash",
    run: "cp -a src x; mv src hidden; mv x src; mv dst y; mkdir dst; mv y dst/src; rsync -a --delete src dst",
    code: 0,
  },
  { what: "to a server", run: "rsync -a --delete --rsh=./shell src/ host:$PWD/dst/", code: 0 },
  { what: "-s to a server", run: "rsync -as --delete --rsh=./shell src/ host:$PWD/dst/", code: 0 },
  { what: "pulled", run: "rsync -a --delete --rsh=./shell host:$PWD/src/ dst/", code: 0 },
];

test.for(ways)("$what: rsync says the same, and all comes back as it was", async ({ run, code }, { world }) => {
  world.make(mixed);
  writeFileSync(join(world.folder, "shell"), '#!/bin/sh\nshift\nexec sh -c "$*"\n', { mode: 0o755 });
  await world.sh(roughen);
  await world.sh("mkdir plain && cp -a src dst shell plain/");
  const unguarded = await world.sh(`cd plain && ${run.replaceAll("rsync -", `${realRsync} -`)}`);
  const before = await everything(world, "dst");
  const guarded = await world.sh(run);
  const steady = (text: string) => text.replace(/[\d,.]+ bytes.*|.*speedup.*|\/plain/g, "");
  expect([guarded.code, steady(guarded.stdout), guarded.stderr]).toEqual([code, steady(unguarded.stdout), ""]);
  expect(await world.sh("diff -r --no-dereference --exclude=pipe dst plain/dst")).toMatchObject({
    code: 0,
    stdout: "",
  });
  // where the far side's rsync is guarded too, the run to compare with was kept as well
  const id = runsIn(world).at(-1);
  if (!run.includes("mkdir dst")) expect(await everything(world, "dst")).not.toBe(before);
  const undone = await undo(world, `${id} --created --yes`);
  expect(undone).toMatchObject({ code: 0, stderr: "" });
  if (run.includes("mkdir dst"))
    expect((await everything(world, "dst/src")).split("\n").slice(1)).toEqual(before.split("\n").slice(1));
  else expect(await everything(world, "dst")).toBe(before);
});

const pushes = [
  "-ai --delete",
  "-ais --delete-after --no-i-r",
  "-aiz --delete --no-W --protocol=29",
  "-ai --inplace --delete",
];

sshTest.for(pushes)("pushed with %s, by a client without a guard", async (options, { world, far }) => {
  world.make({
    ...mixed,
    "config/rsync-guard.toml": "",
    "far/home/config/rsync-guard.toml": mixed["config/rsync-guard.toml"],
  });
  await world.sh(`${roughen}; mkdir plain && cp -a dst plain/`);
  const unguarded = await far.sh(`${realRsync} ${options} $bare src/ "web1:$PWD/plain/dst/"`);
  const before = await everything(world, "dst");
  expect(await far.sh(`${realRsync} ${options} src/ "web1:$PWD/dst/"`)).toEqual(unguarded);
  expect(await everything(world, "dst")).not.toBe(before);
  const state = "export XDG_STATE_HOME=$PWD/far/home/state XDG_CONFIG_HOME=$PWD/far/home/config";
  const { stdout } = await world.sh(`${state}; ${program} undo --json`);
  const { id } = JSON.parse(stdout);
  expect(await world.sh(`${state}; ${program} undo ${id} --created --yes`)).toMatchObject({ code: 0, stderr: "" });
  expect(await everything(world, "dst")).toBe(before);
});

const deploy = {
  "src/a": "new a\n",
  "src/b": "new b\n",
  "src/added": "added\n",
  "dst/a": "old\n",
  "dst/b": "old\n",
  "dst/gone/c": "c\n",
  "config/rsync-guard.toml": configuration,
};

test("what changed since is named and stays; --force brings it back; and an undo can be undone", async ({ world }) => {
  world.make(deploy);
  const before = await everything(world, "dst");
  await world.sh("rsync -a --delete src/ dst/");
  const deployed = await everything(world, "dst");
  await world.sh("sleep 0.1; echo own >dst/a; echo more >>dst/added");
  const [id = ""] = runsIn(world);
  const first = await undo(world, `${id} --created --yes`);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toContain("changed since the run, stays as it is (--force puts it back): a\n");
  expect(first.stdout).toContain("created by the run and changed since, stays: added\n");
  expect(world.tree("dst")).toMatchObject({ a: expect.stringContaining("own"), b: expect.stringContaining("old") });
  expect(await undo(world, `${id} --created --force --yes`)).toMatchObject({ code: 0, stderr: "" });
  expect(await everything(world, "dst")).toBe(before);
  // back to what was deployed and changed, step by step
  const [, second = "", third = ""] = runsIn(world);
  expect(await undo(world, `${third} --created --yes`)).toMatchObject({ code: 0 });
  expect(readFileSync(join(world.folder, "dst/a"), "utf8")).toBe("own\n");
  expect(await undo(world, `${second} --created --yes`)).toMatchObject({ code: 0 });
  await world.sh("cp -p src/a src/added dst/; touch -r src dst");
  expect(await everything(world, "dst")).toBe(deployed);
});

test("without --yes and without a terminal nothing is done", async ({ world }) => {
  world.make(deploy);
  await world.sh("rsync -a --delete src/ dst/");
  const deployed = await everything(world, "dst");
  const { code, stdout, stderr } = await undo(world, `${runsIn(world)[0]}`);
  expect({ code, stdout, last: stderr.split("\n").at(-2) }).toEqual({
    code: 1,
    stdout: "",
    last: "there is no terminal to ask at: give --yes",
  });
  expect(await everything(world, "dst")).toBe(deployed);
  expect(runsIn(world)).toHaveLength(1);
});

test("the list, for people and as JSON, and the journal", async ({ world }) => {
  world.make(deploy);
  expect(await undo(world, "")).toEqual({ code: 0, stdout: "none\n", stderr: "" });
  await world.sh("rsync -a --delete src/ dst/");
  const [id = ""] = runsIn(world);
  const { stdout } = await undo(world, "--json");
  const [{ time, expires, bytes, ...rest }] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rest).toEqual({
    id,
    command: ["-a", "--delete", "src/", "dst/"],
    targets: [join(world.folder, "dst")],
    entries: 4,
  });
  expect(Date.parse(expires) - Date.parse(time)).toBe(7 * 86_400_000);
  expect(bytes).toBeGreaterThan(0);
  expect((await undo(world, "")).stdout).toContain(`${id}  `);
  const journal = readFileSync(join(world.folder, "state/rsync-guard/journal.jsonl"), "utf8");
  expect(JSON.parse(journal).undo).toEqual({ id, until: Date.parse(expires) });
  expect((await world.sh(`${program} report`)).stdout).toContain(`rsync-guard undo ${id}`);
  expect(await undo(world, "20200101-000000-abcdef --yes")).toMatchObject({ code: 1, stdout: "" });
});

const unkept = [
  { what: "a backup of its own", run: 'rsync -a --delete --backup-dir="$PWD/old" -b src/ dst/' },
  { what: "a dry run", run: "rsync -an --delete src/ dst/" },
  { what: "a new directory", run: "rsync -a src/ new/" },
  { what: "a push", run: `rsync -a --rsh=./shell --rsync-path=${realRsync} src/ host:$PWD/dst/` },
];

test.for(unkept)("$what: nothing is kept, and nothing is said", async ({ run }, { world }) => {
  world.make(deploy);
  writeFileSync(join(world.folder, "shell"), '#!/bin/sh\nshift\nexec sh -c "$*"\n', { mode: 0o755 });
  expect(await world.sh(run)).toMatchObject({ code: 0, stderr: "" });
  expect(runsIn(world)).toEqual([]);
});

test("without undo.keep_for nothing is kept", async ({ world }) => {
  world.make({ ...deploy, "config/rsync-guard.toml": '[dry_run]\nrequired = "never"\n[undo]\nrequired = true\n' });
  expect(await world.sh("rsync -a --delete src/ dst/")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(runsIn(world)).toEqual([]);
});

const hindered = [
  { what: "on another file system", directory: "/dev/shm/undo", why: "is on another file system than the target" },
  { what: "in the target", directory: "$PWD/dst/undo", why: "is in the target" },
  { what: "where it can't be made", directory: "/proc/undo", why: "can't be used: ENOENT" },
  { what: "where others may write", directory: "$PWD/open", why: "may be written by others" },
];

test.for(hindered)("a folder $what: the run says so and goes, or is refused", async ({ directory, why }, { world }) => {
  const place = directory.replace("$PWD", world.folder);
  world.make({
    ...deploy,
    "config/rsync-guard.toml": `[dry_run]\nrequired = "never"\n[undo]\nkeep_for = "7d"\ndirectory = "${place}"\nrequired = true\n`,
    "open/": "",
  });
  await world.sh("chmod 777 open; cp -a dst kept");
  const refused = await world.sh("rsync -a --delete src/ dst/");
  expect(refused).toMatchObject({ code: 78, stdout: "" });
  expect(refused.stderr).toContain(
    "rsync-guard: refused, nothing ran: undo.required is true, and what the run replaces can't be set aside: ",
  );
  expect(refused.stderr).toContain(why);
  expect(await world.sh("rm -rf dst/undo; diff -r dst kept")).toMatchObject({ code: 0, stdout: "" });
  await world.sh("sed -i /required.=.true/d config/rsync-guard.toml");
  const { code, stderr } = await world.sh("rsync -a --delete src/ dst/");
  expect(code).toBe(0);
  expect(stderr).toMatch(/^rsync-guard: this run can't be undone, since what it replaces can't be set aside: .*\n$/);
  expect(world.tree("dst")).toEqual(world.tree("src"));
});

const expiring = '[dry_run]\nrequired = "never"\n[undo]\nkeep_for = "1s"\n';

test("what is over goes when a later run begins, and nothing outside its folder with it", async ({ world }) => {
  world.make({
    ...deploy,
    "config/rsync-guard.toml": expiring,
    "outside/precious": "p\n",
    "dst/link": "-> ../outside",
  });
  await world.sh("chmod 500 dst/gone; rsync -a --delete src/ dst/");
  const [first = ""] = runsIn(world);
  const files = `state/rsync-guard/set-aside/${first}`;
  // what rsync would never put there
  await world.sh(
    `ln -s "$PWD/outside" ${files}/more; ln -s ../../../../../outside ${files}/up; mkdir state/rsync-guard/undo/mine; sleep 1.1; rm dst/a; rsync -a src/ dst/`,
  );
  expect(runsIn(world)).not.toContain(first);
  expect(world.tree("outside")).toMatchObject({ precious: expect.stringContaining("p\n") });
  expect(runsIn(world)).toContain("mine");
});

test("a folder that was exchanged, or is restored, or whose run goes on does not expire", async ({ world }) => {
  world.make({ ...deploy, "config/rsync-guard.toml": expiring, "outside/precious": "p\n" });
  await world.sh("rsync -a --delete src/ dst/");
  const [first = ""] = runsIn(world);
  const undoFolder = "state/rsync-guard/undo";
  const folder = `state/rsync-guard/set-aside/${first}`;
  const self = "$(cut -d' ' -f22 /proc/$$/stat)";
  const prune = (before: string) => world.sh(`sleep 1.1; ${before}; ${program} undo --prune`);
  expect(await prune(`echo "[$$,\\"${self}\\"]" >${undoFolder}/${first}/restoring`)).toMatchObject({
    stdout: "removed: 0\n",
  });
  await world.sh(
    `rm ${undoFolder}/${first}/restoring; mv ${folder} aside; cp -a aside ${folder}; cp -a outside ${folder}/`,
  );
  expect(await prune("true")).toMatchObject({ stdout: "removed: 0\n" });
  await world.sh(`rm -r ${folder}; mv aside ${folder}; mkdir ${folder}/mounted`);
  // another file system in it, whose files are nobody's to remove
  const mounted = ["bwrap", "--dev-bind", "/", "/", "--bind", "/dev/shm", join(world.folder, folder, "mounted")];
  expect(await world.sh(`${program} undo --prune`, {}, mounted)).toMatchObject({ stdout: "removed: 0\n" });
  expect(await prune("true")).toMatchObject({ stdout: "removed: 1\n" });
});

test("of too much the oldest goes", async ({ world }) => {
  world.make({
    ...deploy,
    "config/rsync-guard.toml": `${configuration}[undo]\n`
      .replace('"7d"\n', '"7d"\nmax_size = "1M"\n')
      .replace(/\[undo\]\n$/, ""),
  });
  const fill = (name: string) => world.sh(`head -c 700000 /dev/zero >dst/${name}; rsync -a --delete src/ dst/`);
  await fill("x");
  await fill("y");
  const [x = "", y = ""] = runsIn(world);
  await fill("z");
  expect(runsIn(world)).not.toContain(x);
  expect(runsIn(world)).toContain(y);
});

test("a run that is killed half-way can be undone", async ({ world }) => {
  world.make(deploy);
  await world.sh(
    "for n in $(seq 300); do echo $n >dst/gone/$n; done; head -c 30000000 /dev/zero >src/big; cp -a dst kept",
  );
  const before = await everything(world, "dst");
  await world.sh(
    'rsync -a --bwlimit=2000 --delete src/ dst/ & run=$!; until [ "$(ls dst/gone 2>/dev/null | wc -l)" -lt 100 ]; do sleep 0.02; done; pkill -9 -P $run; kill -9 $run; wait; rm -f dst/.big.*',
  );
  const [id = ""] = runsIn(world);
  expect(await undo(world, `${id} --created --force --yes`)).toMatchObject({ code: 0, stderr: "" });
  expect(await everything(world, "dst")).toBe(before);
});
