/** A folder for one test, with the shim first on PATH, in which commands run inside test/cage. */
import { spawn, spawnSync } from "node:child_process";
import {
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test as base } from "vitest";
import { build, checkout } from "./build.ts";

export const realRsync = "/usr/bin/rsync";
const cage = join(checkout, "test/cage");
/** Another shim shows what the tests say of it: test/support/unguarded must fail them. */
const shim = resolve(process.env["RSYNC_GUARD_TEST_SHIM"] ?? join(checkout, build.shim));

/** Hosts carry older ones than the tests need: from 18 on. */
const node = resolve(process.env["RSYNC_GUARD_TEST_NODE"] ?? process.execPath);

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Path → what is there: `755/` for a directory, mode, time and content of a file, `-> target`. */
export type Tree = Readonly<Record<string, string>>;

export interface World {
  readonly folder: string;
  /** Runs a script of /bin/sh in the cage, in the folder. Its session has no terminal. `before`: what starts the cage. */
  sh(script: string, env?: Readonly<Record<string, string>>, before?: readonly string[]): Promise<Outcome>;
  /** Makes files: a path that ends in a slash is a directory, a content that begins with `-> ` a symlink. */
  make(files: Readonly<Record<string, string>>): void;
  /** Without the journal. */
  tree(path?: string): Tree;
  /** For a snapshot: without what differs from run to run. */
  mask(text: string): string;
}

/** Why nothing can run here; tests are skipped then, for they never run unprotected. */
const obstacle = ((): string | null => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "rsync-guard-"));
  const { status, stderr, error } = spawnSync(cage, [folder, "test", "-x", realRsync], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  if (status === 0) return null;
  return `no cage to run rsync in: ${error?.message ?? (stderr.trim() || `no ${realRsync}`)}`;
})();
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
    const folder = mkdtempSync(join(realpathSync(tmpdir()), "rsync-guard-"));
    try {
      mkdirSync(join(folder, "bin"));
      symlinkSync(shim, join(folder, "bin/rsync"));
      // an executable has to do without
      if (build.name === "node") symlinkSync(node, join(folder, "bin/node"));
      await use(worldIn(folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});

function worldIn(folder: string): World {
  const environment = {
    PATH: `${folder}/bin:/usr/bin:/bin`,
    HOME: `${folder}/home`,
    XDG_STATE_HOME: `${folder}/state`,
    XDG_CONFIG_HOME: `${folder}/config`,
    LC_ALL: "C.UTF-8",
  };
  let clock = Date.UTC(2024, 0, 1) / 1000;
  return {
    folder,
    sh: (script, env = {}, before = []) =>
      started([...before, cage, folder, "sh", "-c", script], { ...environment, ...env }),
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
        // each file is of another hour: rsync takes those of the same size and time for equal
        clock += 3600;
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

/** Each decision writes a line of the journal, and makes its directories: no test is about these but the journal's own. */
function withoutJournal(all: readonly (readonly [string, string])[]): Tree {
  const tree = new Map(all);
  for (const [name] of all)
    if (name.endsWith("rsync-guard/journal.jsonl"))
      for (const at of [name, dirname(name), dirname(dirname(name))])
        if (![...tree.keys()].some((other) => other.startsWith(`${at}/`))) tree.delete(at);
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

function started([command = "", ...args]: readonly string[], env: Record<string, string>): Promise<Outcome> {
  // detached is setsid(2): the session that the tests were started in, and its terminal, play no part
  const child = spawn(command, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const read = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8");
    child[name].on("data", (text: string) => {
      read[name] += text;
    });
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  return new Promise((fulfil, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === null) reject(new Error(`ended by ${signal}: ${args.at(-1)}\n${read.stderr}`));
      else fulfil({ code, ...read });
    });
  });
}
