/**
 * What was approved is all that happens. A dry run and then its live run, each beside an ordinary twin: whatever the live
 * run would lose without a line of the dry run's, it is refused, and nothing has changed.
 */
import { expect } from "vitest";
import { realRsync, test, type World } from "../support/world.ts";

interface Row {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly config?: string;
  /** Before the dry run. */
  readonly setup?: string;
  readonly run: string;
  /** The dry run's command, where it is not the live one's with -n. */
  readonly dry?: string;
  /** Between the dry run and the live one. */
  readonly change?: string;
  readonly codes?: string;
}

const numbered = (folder: string, count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${folder}/f${at}`, `${at}\n`]));

/** A remote shell that stays here: `host:PATH` is PATH. */
const rsh = { rsh: '#!/bin/sh\nshift\nexec sh -c "$*"\n' };
const there = `-e "$PWD/rsh" --rsync-path=${realRsync}`;

const brought = (name: string, old: string, fresh: string) => ({
  ...numbered("src", 3),
  ...numbered("dst", 3),
  ...numbered("dst/cache", 5),
  [`src/${name}`]: fresh,
  [`dst/${name}`]: old,
});
const filters = brought(".rsync-filter", "- /cache\n", "- /other\n");
/** A release beside the one that files are linked to, with a link and a file in the place of what is taken from there. */
const release = {
  "src/config": "new\n",
  "src/media/": "",
  "src/secrets/": "",
  "prev/config": "new\n",
  "prev/media/": "",
  "prev/secrets/": "",
  "shared/config": "shared\n",
  "shared/media/": "",
};
const same = "touch -d 2024-01-01 src/config prev/config src/media prev/media src/secrets prev/secrets";

const refused: readonly Row[] = [
  {
    what: "a file that came to the target since",
    files: { "src/env": "new\n", "src/new": "new\n", "dst/env": "old, longer\n" },
    run: "rsync -a src/ dst/",
    change: "echo theirs >dst/new",
    codes: "plan-changed",
  },
  { what: "a filter file that the run brings", files: filters, run: "rsync -a -F --delete-after src/ dst/" },
  {
    what: "as Ansible calls it",
    files: { ...filters, ...rsh },
    setup: "chmod +x rsh",
    run: `rsync --delay-updates -F --compress --archive --delete-after ${there} src/ host:"$PWD/dst/"`,
  },
  {
    what: "a .cvsignore",
    files: brought(".cvsignore", "cache\n", "other\n"),
    run: "rsync -a -C --delete-after src/ dst/",
  },
  {
    what: "a dir-merge file, below",
    files: { ...filters, "src/f/.keep": "- /x\n", "dst/f/.keep": "- /y\n" },
    run: "rsync -a -f 'dir-merge .keep' --delete-after src/ dst/",
  },
  {
    what: "a filter file that is named by one that is there already",
    files: { ...filters, "src/.rsync-filter": ": .also\n", "src/.also": "- /other\n", "dst/.also": "- /cache\n" },
    setup: "cp -p src/.rsync-filter dst/",
    run: "rsync -a -F --delete-after src/ dst/",
  },
  ...["link-dest", "copy-dest", "compare-dest"].map((option) => ({
    what: `a shared symlink where --${option} has the file`,
    files: { ...release, "new/config": "-> ../shared/config" },
    setup: same,
    run: `rsync -a --${option}=../prev src/ new/`,
    codes: "plan-replaces-symlinks",
  })),
  {
    what: "a kept file where --link-dest has a directory",
    files: { ...release, "new/secrets": "the only copy\n" },
    config: '[limits]\nkeep = ["secrets"]\n',
    setup: same,
    run: "rsync -a --link-dest=../prev src/ new/",
    codes: "plan-deletes-kept",
  },
  {
    what: "a plan that rsync ends with an error, on the way to another host",
    files: { ...numbered("src", 100), ...numbered("dst", 100), ...rsh },
    setup: "chmod +x rsh",
    run: `rsync -a --delete --max-delete=80 ${there} src/ host:"$PWD/dst/"`,
    change: "rm src/f?[0-9]",
    codes: "cannot-decide",
  },
  {
    what: "a kept file that has appeared, in a run that deletes nothing",
    files: { "src/env": "new\n", "dst/a": "a\n" },
    config: '[limits]\nkeep = ["env"]\n',
    run: "rsync -a src/ dst/",
    change: "echo old >dst/env",
    codes: "plan-deletes-kept",
  },
  {
    what: "a shared symlink that has appeared, in a run that deletes nothing",
    files: { "src/env": "new\n", "dst/a": "a\n", "shared/env": "shared\n" },
    run: "rsync -a src/ dst/",
    change: "ln -s ../shared/env dst/env",
    codes: "plan-replaces-symlinks",
  },
  {
    what: "a file with another name outside, written in place with -H",
    files: { "src/f": "new\n", "dst/f": "old, longer\n" },
    setup: "ln dst/f precious",
    run: "rsync -aH --inplace src/ dst/",
  },
  {
    what: "a file in a --partial-dir, called like one that stays",
    files: { "src/f": "f\n", "dst/old/f": "precious\n" },
    setup: "cp -p src/f dst/",
    run: "rsync -a --partial-dir=old src/ dst/",
  },
  {
    what: "a file where a backup needs a directory",
    files: { "src/sub/f": "new\n", "dst/sub/f": "old, longer\n", "bak/sub": "precious\n" },
    run: "rsync -a --backup-dir=../bak src/ dst/",
  },
  {
    what: "a directory in a backup's place, of a file that a directory replaces",
    files: { "src/f/g": "g\n", "dst/f": "old\n", "bak/f/h": "precious\n" },
    run: "rsync -a --backup-dir=../bak src/ dst/",
  },
  {
    what: "files in a relative --partial-dir",
    files: { "src/f": "new\n", "dst/f": "old, longer\n", "dst/old/f": "precious\n" },
    run: "rsync -a --partial-dir=old src/ dst/",
  },
  {
    what: "files in an absolute --partial-dir",
    files: { "src/f": "new\n", "dst/g": "g\n", "elsewhere/f": "precious\n" },
    run: 'rsync -a --partial-dir="$PWD/elsewhere" src/ dst/',
  },
  {
    what: "a directory where a backup goes",
    files: { "src/f": "new\n", "dst/f": "old, longer\n", "backup/f/precious": "p\n" },
    run: "rsync -ab --backup-dir=../backup src/ dst/",
  },
  {
    what: "what isn't a backup, where one goes",
    files: { "src/f": "new\n", "dst/f": "old, longer\n", "dst/f~": "-> ../shared", shared: "shared\n" },
    run: "rsync -ab src/ dst/",
  },
  {
    what: "the other name of a file that is written in place",
    files: { "src/f": "new\n", "dst/g": "g\n", outside: "old, longer\n" },
    setup: "ln outside dst/f",
    run: "rsync -a --inplace src/ dst/",
  },
  {
    what: "the same with --write-devices, which implies it",
    files: { "src/f": "new\n", "dst/g": "g\n", outside: "old, longer\n" },
    setup: "ln outside dst/f",
    run: "rsync -a --write-devices src/ dst/",
  },
  {
    what: "a batch over a file, without a dry run",
    files: { "src/f": "f\n", "new/": "", db: "precious\n" },
    dry: "true",
    run: "rsync -a --write-batch=db src/ new/",
    codes: "no-dry-run",
  },
  {
    what: "a log file that no dry run named",
    files: { "src/f": "f\n", "dst/f": "old, longer\n", cfg: "precious\n" },
    dry: "rsync -an src/ dst/",
    run: "rsync -a --log-file=cfg src/ dst/",
    codes: "changed-since-dry-run",
  },
  {
    what: "another ssh, and so another host",
    files: {
      "src/f": "new\n",
      "one/app/f": "old, longer\n",
      "two/app/f": "old, longer\n",
      ...Object.fromEntries(
        ["one", "two"].map((host) => [`${host}-bin/ssh`, `#!/bin/sh\nshift\ncd ${host} && exec sh -c "$*"\n`]),
      ),
    },
    setup: "chmod +x ???-bin/ssh",
    dry: `PATH="$PWD/one-bin:$PATH" rsync -an --rsync-path=${realRsync} src/ host:app/`,
    run: `PATH="$PWD/two-bin:$PATH" rsync -a --rsync-path=${realRsync} src/ host:app/`,
    codes: "changed-since-dry-run",
  },
];

const came = { "src/env": "new\n", "src/new": "new\n", "dst/env": "old, longer\n" };

const running: readonly Row[] = [
  {
    what: "what came since the dry run is not what the run overwrites",
    files: came,
    run: "rsync -a src/ dst/",
    change: "echo theirs >dst/other",
  },
  {
    what: "what the dry run has named is overwritten, whatever became of it",
    files: came,
    run: "rsync -a src/ dst/",
    change: "echo theirs, and longer >dst/env",
  },
  {
    what: "what the run itself brought, a second time",
    files: came,
    run: "rsync -a src/ dst/",
    change: "rsync -a src/ dst/ && echo newer >src/env",
  },
  {
    what: "the filter file is the same",
    files: { ...filters, "src/.rsync-filter": "- /cache\n" },
    setup: "cp -p src/.rsync-filter dst/",
    run: "rsync -a -F --delete-after src/ dst/",
  },
  {
    what: "a filter file in a directory that is new",
    files: { ...filters, "src/.rsync-filter": "- /cache\n", "src/new/.rsync-filter": "- x\n" },
    setup: "cp -p src/.rsync-filter dst/",
    run: "rsync -a -F --delete-after src/ dst/",
  },
  {
    what: "no filter file names a file that the run brings",
    files: { ...filters, "src/.rsync-filter": "- /cache\n", "src/.also": "- /other\n", "dst/.also": "- /cache\n" },
    setup: "cp -p src/.rsync-filter dst/",
    run: "rsync -a -F --delete-after src/ dst/",
  },
  {
    what: "files with two names on both sides, written in place with -H",
    files: { "src/f": "new\n", "dst/f": "old, longer\n" },
    setup: "ln src/f src/g; ln dst/f dst/g",
    run: "rsync -aH --inplace src/ dst/",
  },
  { what: "it is read before", files: filters, run: "rsync -a -F --delete src/ dst/" },
  {
    what: "an ordinary play of Ansible's",
    files: { ...numbered("src", 5), ...numbered("dst", 4), "dst/gone": "x\n", ...rsh },
    setup: "chmod +x rsh",
    run: `rsync --delay-updates -F --compress --archive --delete-after ${there} src/ host:"$PWD/dst/"`,
  },
  { what: "a new release by --link-dest", files: release, setup: same, run: "rsync -a --link-dest=../prev src/ new/" },
  {
    what: "a release by --link-dest, again",
    files: release,
    setup: `${same}; ${realRsync} -a --link-dest=../prev src/ new/`,
    run: "rsync -a --delete --link-dest=../prev src/ new/",
  },
  {
    what: "rsync's own place for begun files",
    files: { "src/f": "new\n", "dst/f": "old, longer\n", "dst/.rsync-partial/f": "ne" },
    run: "rsync -a --partial-dir=.rsync-partial src/ dst/",
  },
  {
    what: "a --partial-dir that holds others",
    files: { "src/f": "new\n", "dst/f": "old, longer\n", "dst/old/g": "g\n" },
    run: "rsync -a --partial-dir=old src/ dst/",
  },
  {
    what: "backups beside earlier ones",
    files: { "src/f": "new\n", "dst/f": "old, longer\n", "backup/f": "older\n" },
    run: "rsync -ab --backup-dir=../backup src/ dst/",
  },
  {
    what: "a file of one name, written in place",
    files: { "src/f": "new\n", "dst/f": "old, longer\n" },
    run: "rsync -a --inplace src/ dst/",
  },
  {
    what: "a backup over an older one",
    files: { "src/f": "new\n", "dst/f": "old, longer\n", "dst/f~": "older\n" },
    run: "rsync -ab src/ dst/",
  },
  {
    what: "a batch to a new file",
    files: { "src/f": "f\n", "new/": "" },
    dry: "true",
    run: "rsync -a --write-batch=batch src/ new/",
  },
  {
    what: "a log file that the dry run named",
    files: { "src/f": "f\n", "dst/f": "old, longer\n" },
    run: "rsync -a --log-file=log src/ dst/",
  },
  {
    what: "an absolute source with --relative",
    files: { ...numbered("src", 5), ...numbered("dst", 2) },
    run: 'rsync -a --delete --relative "$PWD/src/" dst/',
  },
  {
    what: "what only appeared beside it",
    files: { "src/env": "new\n", "dst/env": "old, longer\n" },
    config: '[limits]\nkeep = ["keep"]\n',
    run: "rsync -a src/ dst/",
    change: "echo x >dst/keep",
  },
];

async function dryRun(
  world: World,
  { files, config, setup = "", run, dry = run.replace(/rsync /, "rsync -n "), change = "" }: Row,
) {
  world.make(files);
  if (config) world.make({ "config/rsync-guard.toml": config });
  return world.sh(`${setup}\n${dry} || exit\n${change}`);
}

test.concurrent.for(refused)("nothing is lost: $what", async (row, { world }) => {
  expect((await dryRun(world, row)).code).toBe(0);
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh(row.run);
  expect({ code: code === 77 || code === 78, stdout }).toEqual({ code: true, stdout: "" });
  expect(stderr).toMatch(/^rsync-guard: refused, nothing ran: /);
  expect(/^ {2}codes: ([\w-]+)/m.exec(stderr)?.[1]).toBe(row.codes ?? "no-dry-run");
  expect(world.tree()).toEqual(before);
});

test.concurrent.for(running)("its twin runs: $what", async (row, { world }) => {
  expect((await dryRun(world, row)).code).toBe(0);
  expect(await world.sh(row.run)).toEqual({ code: 0, stdout: "", stderr: "" });
});
