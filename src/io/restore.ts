/** Brings back what a run deleted and replaced: by the real rsync, as a run that can be undone itself. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { join, posix } from "node:path";
import { type Bytes, bufferOf, bytesOf, fsPath } from "../core/bytes.ts";
import type { DirectoryRow, UndoRecord } from "../core/history/undo.ts";
import { setAsideOptions } from "../core/judge/undo.ts";
import { selfAndAncestors } from "../core/paths.ts";
import type { RealRsync } from "../core/place/facts.ts";
import { quoteWord } from "../core/quoting.ts";
import { writeOwn } from "./store/approvals.ts";
import { logOf, readLog, recordedDirectories } from "./store/undo-records.ts";

/** What bringing a run back would do. Paths are below its base; nothing was changed yet. */
export interface Restoration {
  readonly record: UndoRecord;
  /** What comes back, the directories that lead there too. */
  readonly entries: readonly Bytes[];
  /** Changed since the run, so they stay as they are. */
  readonly changed: readonly Bytes[];
  /** What the run created and what is as the run left it, the deepest last. */
  readonly created: readonly Bytes[];
  /** What the run created, and what changed since. */
  readonly createdChanged: readonly Bytes[];
  /** Entries whose attributes alone the run set, which are not known. */
  readonly attributes: readonly Bytes[];
  /** Whether it is known what the run created. */
  readonly knowsCreated: boolean;
  /** Whether the run came to its end, as far as is known: a killed one has not logged all that it created. */
  readonly hasEnded: boolean;
  /** Directories that are to be as they were. */
  readonly directories: readonly DirectoryRow[];
  /** Those of them that are not there, and that nothing was set aside in. */
  readonly emptied: readonly Bytes[];
}

/** What a process does within a moment after rsync's last sign of life may still be rsync's. */
const afterLastMove = 1000;
/** The clock of the file systems lags behind by a tick. */
const clockTick = 50;

const statsOf = (path: Bytes): Stats | null => {
  try {
    return lstatSync(fsPath(path));
  } catch {
    return null;
  }
};

export function restorationOf(
  directory: string,
  record: UndoRecord,
  { force }: { readonly force: boolean },
): Restoration {
  const files = record.folder;
  const log = record.logged ? readLog(directory, record) : null;
  const found: Kept[] = [];
  listTree(files, "", found);
  const lastMove = found.reduce(
    (last, { stats }) => (stats.isDirectory() ? Math.max(last, stats.ctimeMs) : last),
    record.at,
  );
  const end = log?.end ?? Math.max(lastMove, statsOf(files)?.ctimeMs ?? 0) + afterLastMove;

  const { entries, changed } = comingBack(record, found, { end, force });
  const rows = recordedDirectories(directory, record);
  const foundPaths = new Set(found.map(({ path }) => path));
  const touchedPaths = [...(log?.touched ?? []), ...foundPaths];
  const touched = touchedRows(record, rows, { paths: touchedPaths, isWhole: log?.ended === true, end, force });
  const { created, createdChanged } = createdBy(record, log?.created ?? [], { rows, end, force });
  return {
    record,
    entries,
    changed: [...new Set([...changed, ...touched.changed])],
    created,
    createdChanged,
    attributes: record.keepsNames ? (log?.attributes ?? []) : [],
    hasEnded: log?.ended !== false,
    knowsCreated: log !== null && record.keepsNames,
    directories: touched.rows,
    emptied: touched.rows
      .map(([path]) => path)
      .filter((path) => path !== "." && !foundPaths.has(path) && !isDirectory(`${record.base}/${path}`)),
  };
}

/** What was set aside, by its path below the base. */
interface Kept {
  readonly path: Bytes;
  readonly stats: Stats;
}

interface Scope {
  /** When the run had ended: what changed later has changed since. */
  readonly end: number;
  readonly force: boolean;
}

/** What comes back, and what stays since it changed. `found` has a directory before what is in it. */
function comingBack(record: UndoRecord, found: readonly Kept[], scope: Scope) {
  const entries: Bytes[] = [];
  const changed: Bytes[] = [];
  // below these nothing is looked at: they stay, or what is there gives way as a whole
  const staying = new Set<Bytes>();
  const giving = new Set<Bytes>();
  for (const { path, stats } of found) {
    const above = posix.dirname(path);
    if (staying.has(above)) {
      staying.add(path);
      continue;
    }
    const fate = giving.has(above) ? "replaces" : fateOf(record, { path, stats }, scope);
    if (fate === "changed") {
      changed.push(path);
      staying.add(path);
    }
    if (fate === "replaces") giving.add(path);
    if (fate === "comes" || fate === "replaces") entries.push(path);
  }
  return { entries, changed };
}

/** `replaces`: something else stands where a directory comes back. */
function fateOf(
  record: UndoRecord,
  { path, stats }: Kept,
  { end, force }: Scope,
): "comes" | "replaces" | "is there" | "changed" {
  const place = `${record.base}/${path}`;
  const there = statsOf(place);
  if (!there) return "comes";
  const hasChanged = there.ctimeMs > end && !force;
  if (stats.isDirectory()) {
    if (there.isDirectory() || (record.keepsDirectoryLinks && leadsToDirectory(place))) return "comes";
    return hasChanged ? "changed" : "replaces";
  }
  if (isOfUntouched(stats, there, record) || isSame(`${record.folder}/${path}`, stats, place, there)) return "is there";
  return hasChanged ? "changed" : "comes";
}

export const isDirectory = (path: Bytes): boolean => statsOf(path)?.isDirectory() === true;

/**
 * Whether it is a copy, as --inplace makes it, of what the run then did not touch: a copy that has failed half-way, or
 * was killed, is not whole. Each write changes the time of a status change.
 */
const isOfUntouched = (kept: Stats, there: Stats, { at }: UndoRecord): boolean =>
  there.ctimeMs < at - clockTick && !(kept.birthtimeMs > 0 && kept.birthtimeMs < at - clockTick);

/** Whether that is what comes back already, as after an undo that was cut short. */
function isSame(kept: Bytes, a: Stats, there: Bytes, b: Stats): boolean {
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.size !== b.size || a.mtimeMs !== b.mtimeMs)
    return false;
  return !a.isSymbolicLink() || readlinkSync(fsPath(kept), "latin1") === readlinkSync(fsPath(there), "latin1");
}

function leadsToDirectory(path: Bytes): boolean {
  try {
    return statSync(fsPath(path)).isDirectory();
  } catch {
    return false;
  }
}

/** A directory before what is in it. */
function listTree(top: Bytes, below: Bytes, found: Kept[]): void {
  let names: readonly string[];
  try {
    names = readdirSync(fsPath(below === "" ? top : `${top}/${below}`), "latin1");
  } catch {
    return;
  }
  for (const name of [...names].sort()) {
    const path = below === "" ? name : `${below}/${name}`;
    const stats = statsOf(`${top}/${path}`);
    if (!stats) continue;
    found.push({ path, stats });
    if (stats.isDirectory()) listTree(top, path, found);
  }
}

interface CreatedScope extends Scope {
  readonly rows: readonly DirectoryRow[];
}

/** Of what rsync logged as new, what is still there; nothing that can't have been made by the run. */
function createdBy(record: UndoRecord, logged: readonly Bytes[], { rows, end, force }: CreatedScope) {
  const created: Bytes[] = [];
  const createdChanged: Bytes[] = [];
  if (!record.keepsNames) return { created, createdChanged };
  const before = new Set(rows.map(([path]) => path));
  const known = new Map<Bytes, boolean>();
  const isRealDirectory = (path: Bytes): boolean => {
    const cached = known.get(path) ?? statsOf(`${record.base}/${path}`)?.isDirectory() === true;
    known.set(path, cached);
    return cached;
  };
  for (const name of new Set(logged.map((one) => one.replace(/\/$/, "")))) {
    const stats = statsOf(`${record.base}/${name}`);
    const [, ...above] = [...selfAndAncestors(name)];
    if (!stats || before.has(name) || !above.every(isRealDirectory)) continue;
    const isOlder = stats.nlink === 1 && stats.birthtimeMs > 0 && stats.birthtimeMs < record.at - clockTick;
    if (isOlder) continue;
    if (stats.isDirectory() || stats.ctimeMs <= end || force) created.push(name);
    else createdChanged.push(name);
  }
  return { created: created.sort(), createdChanged };
}

interface TouchedScope extends Scope {
  readonly paths: readonly Bytes[];
  /** All that the run touched is among the paths; else it may have removed any directory that is missing now. */
  readonly isWhole: boolean;
}

/** Those that the run made, emptied, removed or changed. `changed`: what stands there now, and changed since. */
function touchedRows(
  { base }: UndoRecord,
  rows: readonly DirectoryRow[],
  { paths, isWhole, end, force }: TouchedScope,
): { readonly rows: readonly DirectoryRow[]; readonly changed: readonly Bytes[] } {
  const touched = new Set(paths.flatMap((path) => [path.replace(/\/$/, ""), posix.dirname(path)]));
  const found = rows
    .map((row) => ({ row, stats: statsOf(row[0] === "." ? base : `${base}/${row[0]}`) }))
    .filter(({ row: [path], stats }) => touched.has(path) || (!isWhole && !stats?.isDirectory()));
  const isChanged = ({ stats }: (typeof found)[number]) => !force && stats !== null && stats.ctimeMs > end;
  return {
    rows: found.filter((one) => !isChanged(one)).map(({ row }) => row),
    // of a directory that is there, only attributes changed, and stay
    changed: found.filter((one) => isChanged(one) && !one.stats?.isDirectory()).map(({ row: [path] }) => path),
  };
}

/** Which rsync, and where what the restoration itself replaces is set aside; null in a dry run. */
export interface RestoringRun {
  readonly rsync: RealRsync;
  readonly directory: string;
  readonly force: boolean;
  readonly into: UndoRecord | null;
}

export interface Restored {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
  /** The arguments, for the journal. */
  readonly argv: readonly Bytes[];
}

const mostOutput = 512 * 1024 * 1024;

/** Has rsync bring the entries back, or say what it would do. */
export function runRsync({ record, entries }: Restoration, run: RestoringRun): Restored {
  const { rsync, directory, force, into } = run;
  const own = join(directory, (into ?? record).id);
  writeOwn(own, "list", bufferOf(entries.map((path) => `./${path}\0`).join("")));
  const argv = (attributes: string): readonly Bytes[] => [
    ...(into === null ? ["-n"] : setAsideOptions(into.folder, bytesOf(logOf(directory, into.id)))),
    attributes,
    // a file of the same size and time may be another one; and rsync must not touch the times of directories twice
    "-iIO",
    // else a time of the same second is taken for the same
    "--modify-window=-1",
    "--numeric-ids",
    ...(record.keepsDirectoryLinks ? ["-K"] : []),
    ...(force ? ["--force"] : []),
    // the list has all directories but the top, whose attributes are the folder's own
    "--no-implied-dirs",
    "--from0",
    `--files-from=${bytesOf(join(own, "list"))}`,
    "--",
    `${record.folder}/`,
    `${record.base}/`,
  ];
  const start = (words: readonly Bytes[]): Restored => {
    const { status, stdout, stderr } = spawnSync("/bin/sh", ["-s"], {
      input: bufferOf(`exec ${[bytesOf(rsync.path), ...words].map(quoteWord).join(" ")} </dev/null`),
      encoding: "latin1",
      maxBuffer: mostOutput,
      // none of the variables, and no alias file, that change what rsync does
      env: { PATH: process.env["PATH"] },
    });
    return { exitCode: status ?? 1, output: stdout ?? "", errors: stderr ?? "", argv: words };
  };
  try {
    const full = start(argv("-aHAX"));
    // it was built without ACLs or extended attributes
    return full.exitCode === 4 ? start(argv("-aH")) : full;
  } finally {
    unlinkSync(join(own, "list"));
  }
}

/** Moves what the run created to what is set aside of the undo; returns what could not be moved. */
export function setAsideCreated({ record, created }: Restoration, into: UndoRecord): readonly Bytes[] {
  const left: Bytes[] = [];
  for (const path of [...created].reverse()) {
    try {
      setAsideEntry(record, path, into);
    } catch {
      left.push(path);
    }
  }
  return left;
}

/** A directory has to be empty. */
function setAsideEntry({ base }: UndoRecord, path: Bytes, into: UndoRecord): void {
  const from = `${base}/${path}`;
  const isDirectory = lstatSync(fsPath(from)).isDirectory();
  for (const above of [...selfAndAncestors(path)].slice(isDirectory ? 0 : 1).reverse())
    makeLike(`${base}/${above}`, `${into.folder}/${above}`);
  if (isDirectory) rmdirSync(fsPath(from));
  else renameSync(fsPath(from), fsPath(`${into.folder}/${path}`));
}

function makeLike(model: Bytes, path: Bytes): void {
  if (statsOf(path)) return;
  const { mode, uid, gid } = lstatSync(fsPath(model));
  mkdirSync(fsPath(path), { mode: 0o700 });
  if (process.geteuid?.() === 0) chownSync(fsPath(path), uid, gid);
  chmodSync(fsPath(path), mode & 0o7777);
}

/** Makes the directories that are missing, and gives all of them the attributes that they had; returns those that failed. */
export function restoreDirectories({ record, directories }: Restoration, into: UndoRecord): readonly Bytes[] {
  const failed: Bytes[] = [];
  const at = (path: Bytes): Bytes => (path === "." ? record.base : `${record.base}/${path}`);
  const attempt = (path: Bytes, work: () => void): void => {
    try {
      work();
    } catch {
      failed.push(path);
    }
  };
  const byPath = [...directories].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, mode, uid, gid] of byPath)
    attempt(path, () => {
      const above = [...selfAndAncestors(path)].slice(1);
      if (!above.every((one) => statsOf(at(one))?.isDirectory())) throw new Error("no real directory leads there");
      if (statsOf(at(path))?.isDirectory() === false) setAsideEntry(record, path, into);
      if (!statsOf(at(path))) mkdirSync(fsPath(at(path)), { mode: 0o700 });
      changeDirectory(at(path), (open) => {
        if (process.geteuid?.() === 0) chownSync(open, uid, gid);
        chmodSync(open, mode);
      });
    });
  for (const [path, , , , mtime] of byPath.reverse())
    if (!failed.includes(path))
      attempt(path, () => changeDirectory(at(path), (open) => utimesSync(open, mtime, mtime)));
  return failed;
}

/** Never what a symlink leads to, even if one takes its place meanwhile. */
function changeDirectory(path: Bytes, work: (open: string) => void): void {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const fd = openSync(fsPath(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    work(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}
