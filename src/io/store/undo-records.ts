/**
 * Runs that can be undone. Each has a directory with its record in the state directory, and a folder of the same name
 * on the target's file system, in which rsync sets aside what it deletes and replaces.
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  type Stats,
  statfsSync,
  unlinkSync,
} from "node:fs";
import { dirname, join, posix } from "node:path";
import * as v from "valibot";
import { type Bytes, fsPath, textOf } from "../../core/bytes.ts";
import {
  type DirectoryRow,
  directoryRowsOf,
  isUndoId,
  type LoggedRun,
  loggedRun,
  type UndoRecord,
  undoRecordOf,
} from "../../core/history/undo.ts";
import { startOf } from "../host/session.ts";
import { checkOwner, writeOwn } from "./approvals.ts";
import { readPrivateFile } from "./private-file.ts";

/** So many entries are measured, and as many removed, beside one run. */
const workBesideRun = 5000;
/** More are not kept, however small they are. */
const mostRecords = 500;
const largestRecord = 1024 * 1024;
const largestList = 64 * 1024 * 1024;

/** What is kept of a run: entries and bytes; `whole`: all of them were counted. */
export interface Measure {
  readonly entries: number;
  readonly bytes: number;
  readonly whole: boolean;
}

/** Counts down what may still be done. */
export interface Budget {
  left: number;
}

export const logOf = (directory: string, id: string): string => join(directory, id, "log");

export const idOfFile = ({ dev, ino }: Pick<Stats, "dev" | "ino">): string => `${dev}:${ino}`;

/** Makes the folder of a new run; throws where that can't be done. */
export function makeFolder(root: string, id: string): { readonly folder: string; readonly folderId: string } {
  try {
    // not recursive, for that never ends in /proc
    mkdirSync(root, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  checkOwner(root);
  // rsync goes to the destination first, and a target may be compared with it
  const folder = join(realpathSync(root), id);
  mkdirSync(folder, { mode: 0o700 });
  return { folder, folderId: idOfFile(lstatSync(folder)) };
}

export function writeRecord(directory: string, record: UndoRecord, directories?: readonly DirectoryRow[]): void {
  const own = join(directory, record.id);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  if (directories) writeOwn(own, "directories.json", JSON.stringify(directories));
  writeOwn(own, "record.json", `${JSON.stringify(record, null, 1)}\n`);
}

/** The records, the oldest first. What is no record of this user's is left out. */
export function undoRecords(directory: string): readonly UndoRecord[] {
  try {
    checkOwner(directory);
    return readdirSync(directory)
      .filter(isUndoId)
      .sort()
      .flatMap((id) => undoRecord(directory, id) ?? []);
  } catch {
    return [];
  }
}

function undoRecord(directory: string, id: string): UndoRecord | null {
  try {
    const own = join(directory, id);
    if (!lstatSync(own).isDirectory()) return null;
    checkOwner(own);
    return undoRecordOf(readPrivateFile(join(own, "record.json"), largestRecord), id);
  } catch {
    return null;
  }
}

export function recordedDirectories(directory: string, { id }: UndoRecord): readonly DirectoryRow[] {
  try {
    return directoryRowsOf(readPrivateFile(join(directory, id, "directories.json"), largestList));
  } catch {
    return [];
  }
}

/** What rsync logged, and when it wrote the last line; null where there is no log. */
export function readLog(directory: string, { id }: UndoRecord): (LoggedRun & { readonly end: number }) | null {
  try {
    const file = logOf(directory, id);
    const { mtimeMs, size } = lstatSync(file);
    return size > largestList ? null : { ...loggedRun(readFileSync(file, "latin1")), end: mtimeMs };
  } catch {
    return null;
  }
}

const isAlive = (pid: number, started: string | null): boolean => started !== null && startOf(pid) === started;

/** Whether rsync is still at it. */
export const isRunning = ({ pid, started }: UndoRecord): boolean => isAlive(pid, started);

const lockOf = (directory: string, { id }: UndoRecord): string => join(directory, id, "restoring");

/** Whether somebody is bringing it back. */
export function isRestored(directory: string, record: UndoRecord): boolean {
  try {
    const [pid, started] = JSON.parse(readPrivateFile(lockOf(directory, record), 1024));
    return isAlive(pid, started);
  } catch {
    return false;
  }
}

/** Keeps a run from expiring while the work is done. */
export async function whileRestoring<T>(directory: string, record: UndoRecord, work: () => Promise<T>): Promise<T> {
  writeOwn(join(directory, record.id), "restoring", JSON.stringify([process.pid, startOf(process.pid)]));
  try {
    return await work();
  } finally {
    rmSync(lockOf(directory, record), { force: true });
  }
}

/** `after`: all up to that name is counted, the names of the directories above it first; null: all of it is. */
const counted = v.object({ entries: v.number(), bytes: v.number(), after: v.nullable(v.array(v.string())) });

/** Entries and bytes of what was set aside. What the budget has allowed to count is kept, once rsync has ended. */
export function measure(directory: string, record: UndoRecord, budget: Budget): Measure {
  let found: v.InferOutput<typeof counted> = { entries: 0, bytes: 0, after: [] };
  try {
    found = v.parse(counted, JSON.parse(readPrivateFile(join(directory, record.id, "size"), largestRecord)));
  } catch {
    // not counted yet
  }
  if (found.after === null) return { ...found, whole: true };
  found.after = count(record.folder, found, budget, found.after);
  if (!isRunning(record))
    try {
      writeOwn(join(directory, record.id), "size", JSON.stringify(found));
    } catch {
      // counted again the next time
    }
  return { ...found, whole: found.after === null };
}

/** Goes on after that name; returns where the budget ended it, or null. */
function count(
  at: Bytes,
  found: { entries: number; bytes: number },
  budget: Budget,
  [last, ...below]: readonly string[],
): string[] | null {
  for (const name of namesIn(at)) {
    if (last !== undefined && name < last) continue;
    const path = `${at}/${name}`;
    const stats = lstatSync(fsPath(path), { throwIfNoEntry: false });
    if (!stats) continue;
    if (name !== last) {
      found.entries++;
      found.bytes += stats.blocks * 512;
      if (--budget.left <= 0) return [name];
    }
    const rest = stats.isDirectory() ? count(path, found, budget, name === last ? below : []) : null;
    if (rest) return [name, ...rest];
  }
  return null;
}

function namesIn(at: Bytes): readonly string[] {
  try {
    return readdirSync(fsPath(at), "latin1").sort();
  } catch {
    return [];
  }
}

/** Whether the folder with what was set aside is the one that was made for it, and nobody else's. */
export function isOwnFolder({ id, folder, folderId }: UndoRecord): boolean {
  try {
    if (posix.basename(folder) !== id) return false;
    checkOwner(textOf(posix.dirname(folder)));
    const stats = lstatSync(fsPath(folder));
    return stats.isDirectory() && stats.uid === process.geteuid?.() && idOfFile(stats) === folderId;
  } catch {
    return false;
  }
}

export interface Limits {
  readonly now: number;
  readonly maxSize: { readonly bytes: number } | { readonly percent: number };
}

/**
 * Removes the runs whose time is over, then the oldest until the rest keeps within its size; no more at once than the
 * budget allows. Never one that is still running, or is being brought back. Returns how many are gone.
 */
export function expire(directory: string, { now, maxSize }: Limits, budget: Budget = { left: workBesideRun }): number {
  const records = undoRecords(directory).filter((record) => !isRunning(record) && !isRestored(directory, record));
  const isOver = (record: UndoRecord, at: number): boolean =>
    record.expired || record.until <= now || at < records.length - mostRecords;
  // removing needs no measuring, so what is large and new can't keep what is old
  const over = records.filter(isOver);
  const rest = records.filter((record) => !over.includes(record));
  const surplus = surplusOf(directory, rest, maxSize, { left: budget.left });
  return [...over, ...surplus].filter((record) => removeRun(directory, record, budget)).length;
}

/** The runs of which nothing was kept, and the oldest ones beyond what may be kept on their file system. */
function surplusOf(
  directory: string,
  records: readonly UndoRecord[],
  maxSize: Limits["maxSize"],
  budget: Budget,
): readonly UndoRecord[] {
  const rooms = new Map<string, number>();
  // the newest first: they may stay
  const newestFirst = [...records].reverse().filter((record) => {
    const { entries, bytes, whole } = measure(directory, record, budget);
    const root = posix.dirname(record.folder);
    const left = (rooms.get(root) ?? roomIn(root, maxSize)) - bytes;
    rooms.set(root, left);
    const isEmpty = whole && entries === 0 && (readLog(directory, record)?.touched.length ?? 0) === 0;
    return left < 0 || isEmpty;
  });
  return newestFirst.reverse();
}

function roomIn(root: Bytes, maxSize: Limits["maxSize"]): number {
  if ("bytes" in maxSize) return maxSize.bytes;
  try {
    const { blocks, bsize } = statfsSync(textOf(root));
    return (blocks * bsize * maxSize.percent) / 100;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Removes what was kept of a run; false where something is left for the next time. */
export function removeRun(directory: string, record: UndoRecord, budget: Budget): boolean {
  const own = join(directory, record.id);
  try {
    if (!record.expired) writeRecord(directory, { ...record, expired: true });
    const isThere = lstatSync(fsPath(record.folder), { throwIfNoEntry: false }) !== undefined;
    if (isThere && !isOwnFolder(record)) return false;
    // a file system that is not mounted may come back
    if (!isThere && !isMountedThere(record)) return false;
    if (!removeTree(record.folder, Number(record.folderId.split(":")[0]), budget)) return false;
    rmSync(own, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

const isMountedThere = ({ folder, folderId }: UndoRecord): boolean =>
  String(lstatSync(fsPath(posix.dirname(folder)), { throwIfNoEntry: false })?.dev) === folderId.split(":")[0];

/** Follows no symlink, and leaves what is mounted in it. */
function removeTree(at: Bytes, device: number, budget: Budget): boolean {
  const stats = lstatSync(fsPath(at), { throwIfNoEntry: false });
  if (!stats) return true;
  if (budget.left-- <= 0 || stats.dev !== device) return false;
  if (!stats.isDirectory()) {
    unlinkSync(fsPath(at));
    return true;
  }
  if ((stats.mode & 0o700) !== 0o700) chmodSync(fsPath(at), 0o700);
  let isWhole = true;
  for (const name of readdirSync(fsPath(at), "latin1")) {
    if (!removeTree(`${at}/${name}`, device, budget)) isWhole = false;
    if (budget.left <= 0) return false;
  }
  if (isWhole) rmdirSync(fsPath(at));
  return isWhole;
}

/** Where the file system of a directory begins. */
export function topOfFileSystem(path: Bytes): Bytes {
  const { dev } = lstatSync(fsPath(path));
  let top = path;
  for (let up = dirname(top); up !== top && lstatSync(fsPath(up)).dev === dev; up = dirname(up)) {
    top = up;
    if (up === "/") break;
  }
  return top;
}

/** At most so many entries of a target are looked at, for the directories among them. */
const mostListed = 20_000;

/**
 * The directories at and below a path, without other file systems, as they are now: rsync brings back neither empty
 * ones nor the times of any. `partial`: there are too many entries to look at all.
 */
export function listDirectories(base: Bytes): { readonly rows: readonly DirectoryRow[]; readonly partial: boolean } {
  const rows: DirectoryRow[] = [];
  const { dev } = lstatSync(fsPath(base));
  const waiting: Bytes[] = ["."];
  let left = mostListed;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const at = next === "." ? base : `${base}/${next}`;
    try {
      const { dev: own, mode, uid, gid, mtimeMs } = lstatSync(fsPath(at));
      if (own !== dev) continue;
      rows.push([next, mode & 0o7777, uid, gid, mtimeMs / 1000]);
      for (const entry of readdirSync(fsPath(at), { encoding: "latin1", withFileTypes: true })) {
        if (left-- <= 0) return { rows, partial: true };
        if (entry.isDirectory()) waiting.push(next === "." ? entry.name : `${next}/${entry.name}`);
      }
    } catch {
      // gone meanwhile, or not this user's to see
    }
  }
  return { rows, partial: false };
}
