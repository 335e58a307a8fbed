/** A destination whose file system is not mounted: the run would fill what lies below, or empty it. */
import { expect } from "vitest";
import { codesOf } from "../support/ssh.ts";
import { test, type World } from "../support/world.ts";

const files = { "src/x": "x\n", "disk/data/": "", "mnt/backup/": "" };
const run = "rsync -a src/ mnt/backup/data/";
const inPlace = ({ folder }: World, lines: string) => `[[destination]]\npath = "${folder}/mnt/backup"\n${lines}\n`;

/** What came of a run, with the disk mounted or not; and what the disk and the directory below it hold then. */
async function outcome(world: World, script: string, isMounted: boolean) {
  const { folder } = world;
  const disk = ["bwrap", "--dev-bind", "/", "/", "--bind", `${folder}/disk`, `${folder}/mnt/backup`];
  const { code, stderr } = await world.sh(script, {}, isMounted ? disk : []);
  const holds = (path: string) => Object.keys(world.tree(path)).includes("data/x");
  return { code, codes: codesOf(stderr), disk: holds("disk"), below: holds("mnt/backup") };
}

const onDisk = { code: 0, codes: undefined, disk: true, below: false };
const onNeither = { code: 77, codes: ["not-mounted"], disk: false, below: false };

test("where an earlier run found a mounted disk, it has to be there again", async ({ world }) => {
  world.make(files);
  expect(await outcome(world, run, true)).toEqual(onDisk);
  const refused = { ...onNeither, disk: true };
  expect(await outcome(world, run, false)).toEqual(refused);
  expect(await outcome(world, run.replace("-a", "-a --delete"), false)).toEqual(refused);
  expect((await outcome(world, `${run} -n && ${run}`, true)).code).toBe(0);
});

test("where it is allowed once that the disk is gone, it is no longer asked for", async ({ world }) => {
  world.make(files);
  await outcome(world, run, true);
  world.make({ "config/rsync-guard.toml": inPlace(world, 'allow = ["not-mounted"]') });
  expect((await outcome(world, run, false)).code).toBe(0);
  world.make({ "config/rsync-guard.toml": "" });
  expect((await outcome(world, `${run} -n && ${run}`, false)).code).toBe(0);
});

test("a dry run, and a run that is refused, keep nothing of where it was mounted", async ({ world }) => {
  world.make({ ...files, "disk/data/old": "old\n" });
  expect(await outcome(world, `${run} -n; ${run.replace("-a", "-a --delete")}`, true)).toMatchObject({ code: 77 });
  expect(await outcome(world, run, false)).toEqual({ code: 0, codes: undefined, disk: false, below: true });
});

test.for([
  { line: "require_mount = true", makes: {}, isMounted: true, becomes: onDisk },
  { line: "require_mount = true", makes: {}, isMounted: false, becomes: onNeither },
  {
    line: 'marker = ".backup-target"',
    makes: { "disk/.backup-target": "" },
    isMounted: true,
    becomes: onDisk,
  },
  {
    line: 'marker = ".backup-target"',
    makes: { "disk/.backup-target": "" },
    isMounted: false,
    becomes: onNeither,
  },
  // another disk than the one that is meant
  { line: 'marker = ".backup-target"', makes: {}, isMounted: true, becomes: onNeither },
])("$line, mounted $isMounted, with $makes", async ({ line, makes, isMounted, becomes }, { world }) => {
  world.make({ ...files, ...makes, "config/rsync-guard.toml": inPlace(world, line) });
  expect(await outcome(world, run, isMounted)).toEqual(becomes);
});
