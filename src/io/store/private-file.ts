/** Files that nobody else may have written, and that nobody else may lead elsewhere: checked once they are open. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { FileProblem } from "../../core/judge/refusal.ts";
import { fileProblemText } from "../../core/words/reasons.ts";
import { readLines } from "../host/system-file.ts";

/** A file or directory that is not used. */
export class FileError extends Error {
  readonly problem: FileProblem;

  constructor(problem: FileProblem) {
    super(fileProblemText(problem));
    this.problem = problem;
  }
}

/** Uid 0 may write what it likes anyway. */
const isTrusted = (uid: number): boolean => uid === 0 || uid === process.geteuid?.();

/** In a user namespace: whether that is a user whom it does not map, which it shows as nobody. */
function isUnmapped(uid: number): boolean {
  const isMapped = readLines("/proc/self/uid_map").some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return first <= uid && uid < first + count;
  });
  return !isMapped && readLines("/proc/sys/kernel/overflowuid")[0] === String(uid);
}

/** Where only root can have put a file, it is root's, whom a user namespace may not map. */
function isRoots(path: string, uid: number): boolean {
  const directory = statSync(dirname(path));
  const isRootsAlone = directory.uid === uid && !(directory.mode & 0o022);
  return isRootsAlone && !lstatSync(path).isSymbolicLink() && isUnmapped(uid);
}

/** Throws FileError for an open file that somebody else may have written, or that is none. */
function checkOpened(path: string, fd: number, isExpected: "isFile" | "isDirectory", isSystems = false): void {
  const stats = fstatSync(fd);
  if (!stats[isExpected]())
    throw new FileError({ problem: isExpected === "isFile" ? "not-a-file" : "not-a-directory", path });
  if (!isTrusted(stats.uid) && !(isSystems && isRoots(path, stats.uid)))
    throw new FileError({ problem: "other-owner", path, uid: stats.uid });
  if (stats.mode & 0o022) throw new FileError({ problem: "others-may-write", path });
}

/** Throws FileError for a directory in which somebody but root and this user may write. */
export function checkSystemDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    checkOpened(path, fd, "isDirectory", true);
  } finally {
    closeSync(fd);
  }
}

/**
 * The content of a file of this user's or root's. Throws FileError, and as openSync() does. A pipe is not waited for, and
 * no more than `most` bytes are held. `isSystems`: it is in a directory that is root's, as /etc.
 */
export function readPrivateFile(path: string, most: number, isSystems = false): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    checkOpened(path, fd, "isFile", isSystems);
    const content = Buffer.alloc(Math.min(fstatSync(fd).size, most) + 1);
    const size = readSync(fd, content, 0, content.length, 0);
    if (size > most) throw new FileError({ problem: "too-large", path, most });
    return content.toString("utf8", 0, size);
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens a file in a directory, neither of which may be another user's; the file may be no symlink. Throws FileError, and as openSync()
 * does. Of a directory that is exchanged meanwhile, the one that was checked counts.
 */
export function openPrivateFile(path: string, flags: number, mode: number): number {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const directory = dirname(path);
  const link = lstatSync(directory);
  // a person may have put it on another disk
  const isLink = link.isSymbolicLink();
  if (isLink && !isTrusted(link.uid)) throw new FileError({ problem: "other-owner", path: directory, uid: link.uid });
  const parent = openSync(directory, O_RDONLY | O_DIRECTORY | (isLink ? 0 : O_NOFOLLOW));
  try {
    checkOpened(directory, parent, "isDirectory");
    const fd = openSync(`/proc/self/fd/${parent}/${basename(path)}`, flags | O_NOFOLLOW | O_NONBLOCK, mode);
    try {
      checkOpened(path, fd, "isFile");
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  } finally {
    closeSync(parent);
  }
}
