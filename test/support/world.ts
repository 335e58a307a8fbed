/** A folder for one test, with the shim first on PATH, in which commands run inside test/cage. */
import {
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test as base } from "vitest";
import { type Host, obstacle, withHost } from "./cage.ts";

export { type Outcome, realRsync } from "./cage.ts";

/** Path → what is there: `755/` for a directory, mode, time and content of a file, `-> target`. */
export type Tree = Readonly<Record<string, string>>;

export interface World extends Host {
  /** Makes files: a path that ends in a slash is a directory, a content that begins with `-> ` a symlink. */
  make(files: Readonly<Record<string, string>>): void;
  /** Without the journal. */
  tree(path?: string): Tree;
  /** For a snapshot: without what differs from run to run. */
  mask(text: string): string;
}

if (obstacle) console.warn(`end-to-end tests skipped: ${obstacle}`);

/** Without the figures of rsync's summary that differ from run to run. */
export const withoutFigures = (stdout: string): string =>
  stdout.replace(/[\d,.]+ (?=bytes)|(?<=speedup is )[\d,.]+/g, "N ");

/** Prints how many entries are in two large trees, and what differs as tree() has it: directories are without their times. */
export const sameMany = (one: string, two: string): string =>
  `diff -r ${one} ${two} && list() { (cd $1 && find . -type d -printf '%M %p\\n' -o -printf '%M %T@ %p\\n' | sort); }
  list ${one} >one.list; list ${two} >two.list; cmp one.list two.list && wc -l <two.list`;

/** What the guard adds to a dry run that succeeded: one line on stderr. */
export const outlook = (would: string, standing = "approved for 15 min"): string =>
  `rsync-guard: the live run would ${would}; ${standing}\n`;

export const test = base.extend<{ world: World }>({
  world: async ({ skip }, use) => {
    if (obstacle) skip(obstacle);
    await withHost((host) => use(worldIn(host)));
  },
});

function worldIn(host: Host): World {
  const { folder } = host;
  let clock = Date.UTC(2024, 0, 1) / 1000;
  return {
    ...host,
    make(files) {
      const directories = new Set<string>();
      for (const [path, content] of Object.entries(files)) {
        const at = join(folder, path);
        const directory = path.endsWith("/") ? at : dirname(at);
        mkdirSync(directory, { recursive: true });
        for (let one = directory; one.startsWith(`${folder}/`); one = dirname(one)) directories.add(one);
        if (path.endsWith("/")) continue;
        if (content.startsWith("-> ")) symlinkSync(content.slice(3), at);
        else writeFileSync(at, content);
        // each file is an hour older than the one before: rsync takes those of the same size and time for equal
        clock -= 3600;
        lutimesSync(at, clock, clock);
      }
      // and all directories of one: else a second that passes meanwhile would be in the plan
      for (const directory of directories) lutimesSync(directory, clock, clock);
    },
    tree: (path = ".") => withoutJournal([...entries(join(folder, path))]),
    mask: (text) =>
      text
        .replaceAll(folder, "FOLDER")
        .replace(/\d+ s ago/g, "N s ago")
        .replace(/\b[0-9a-f]{64}\b/g, "HEX"),
  };
}

/** A decision writes a line of the journal, and where its target is mounted: no test is about these but their own. */
function withoutJournal(all: readonly (readonly [string, string])[]): Tree {
  const tree = new Map(all);
  const kept = all
    .map(([name]) => name)
    .filter((name) => /rsync-guard\/(?:journal\.jsonl|mounts(?:\/.*)?)$/.test(name));
  // the deeper ones first
  for (const name of kept.reverse())
    for (const at of [name, dirname(name), dirname(dirname(name))])
      if (
        /(?:^|\/)(?:rsync-guard(?:\/.*)?|state)$/.test(at) &&
        ![...tree.keys()].some((other) => other.startsWith(`${at}/`))
      )
        tree.delete(at);
  return Object.fromEntries(tree);
}

function* entries(at: string, name = "."): Generator<[string, string]> {
  const stats = lstatSync(at);
  const mode = (stats.mode & 0o7777).toString(8);
  if (stats.isDirectory()) {
    yield [name, `${mode}/`];
    for (const child of readdirSync(at).sort()) yield* entries(join(at, child), join(name, child));
  } else if (stats.isSymbolicLink()) yield [name, `-> ${readlinkSync(at)}`];
  else if (stats.isFile()) yield [name, `${mode} ${stats.mtime.toISOString()} ${readFileSync(at, "latin1")}`];
  else yield [name, `${mode} special`];
}
