/** Has rsync set aside what a run deletes and replaces: makes the folder for it, and the record to undo it by. */
import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, rmdirSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Bytes, bytesOf, fsPath, textOf } from "../core/bytes.ts";
import { maskSecrets, shortenList } from "../core/history/journal.ts";
import { type UndoRecord, undoIdOf } from "../core/history/undo.ts";
import type { Decision } from "../core/judge/decision.ts";
import type { UndoObstacle } from "../core/judge/refusal.ts";
import { isInTarget, type UndoableRun, undoableRun, undoWords } from "../core/judge/undo.ts";
import { isWithin } from "../core/paths.ts";
import type { Environment } from "./host/environment.ts";
import { startOf } from "./host/session.ts";
import { ownUser } from "./host/users.ts";
import { setAsideDirectory, undoDirectory } from "./store/paths.ts";
import { FileError } from "./store/private-file.ts";
import {
  expire,
  isRunning,
  listDirectories,
  logOf,
  makeFolder,
  removeRun,
  topOfFileSystem,
  undoRecords,
  writeRecord,
} from "./store/undo-records.ts";

/** The words for rsync and the record; why nothing is set aside; or null where nothing has to be. */
export type SetAside = (KeptRun & { readonly words: readonly Bytes[] }) | { readonly obstacle: UndoObstacle } | null;

const longestList = 32 * 1024;

/** The process is that of the shim, which becomes rsync. */
export function setAside(decision: Decision, env: Environment, pid: number): SetAside {
  const { invocation, ends, settings, inputs, targets } = decision;
  if (!invocation || !inputs || settings.undo.keepFor === null) return null;
  const run = undoableRun(invocation, ends, settings, inputs.facts);
  if (run === null) return null;
  if (run.obstacle) return { obstacle: run.obstacle };
  const made = keepRun({
    run,
    targets: targets.map(({ path }) => path),
    isInTarget: (directory) => isInTarget(directory, run.base, targets),
    argv: decision.argv,
    keepFor: settings.undo.keepFor,
    maxSize: settings.undo.maxSize,
    directory: settings.undo.directory,
    alone: settings.undo.required,
    env,
    pid,
  });
  if ("obstacle" in made) return made;
  const { record, other } = made;
  const log = record.logged ? bytesOf(logOf(undoDirectory(env), record.id)) : null;
  return { record, other, words: undoWords(invocation, record.folder, log) };
}

export interface RunToKeep {
  readonly run: Omit<UndoableRun, "obstacle">;
  readonly targets: readonly Bytes[];
  readonly isInTarget: (directory: Bytes) => boolean;
  readonly argv: readonly Bytes[];
  readonly keepFor: number;
  readonly maxSize: { readonly bytes: number } | { readonly percent: number };
  readonly directory: Bytes | null;
  /** Nothing is kept beside another run into the same place. */
  readonly alone: boolean;
  readonly env: Environment;
  readonly pid: number;
}

export interface KeptRun {
  readonly record: UndoRecord;
  /** What is still running into the same place: where both make and delete an entry, only the last one is kept. */
  readonly other: UndoObstacle | null;
}

/** Removes what is too old, and makes folder and record of a run that begins. Never throws. */
export function keepRun(given: RunToKeep): KeptRun | { readonly obstacle: UndoObstacle } {
  const { run, env, keepFor, maxSize, argv, targets, pid } = given;
  const own = undoDirectory(env);
  const now = Date.now();
  let root: Bytes = bytesOf(setAsideDirectory(env));
  try {
    mkdirSync(own, { recursive: true, mode: 0o700 });
    expire(own, { now, maxSize });
    root = given.directory ?? rootFor(run.base, env);
    const id = undoIdOf(now, randomBytes(2).toString("hex").slice(1));
    const { folder, folderId } = makeFolder(textOf(root), id);
    const is = given.isInTarget(bytesOf(folder))
      ? "in-target"
      : lstatSync(folder).dev !== lstatSync(fsPath(run.base)).dev
        ? "other-file-system"
        : statfsSync(folder).bavail === 0
          ? "no-space"
          : null;
    if (is !== null) {
      rmdirSync(folder);
      return { obstacle: { is, directory: root } };
    }
    const { rows, partial } = listDirectories(run.base);
    const record: UndoRecord = {
      schema: 1,
      id,
      at: now,
      until: now + keepFor,
      user: textOf(ownUser()?.name ?? String(process.geteuid?.())),
      argv: shortenList(maskSecrets(argv.map(textOf)), longestList),
      targets: shortenList(targets.map(textOf), longestList),
      base: run.base,
      keepsNames: run.keepsNames,
      keepsDirectoryLinks: run.keepsDirectoryLinks,
      folder: bytesOf(folder),
      folderId,
      logged: !run.hasOwnLog,
      pid,
      started: startOf(pid),
      partial,
      expired: false,
    };
    writeRecord(own, record, rows);
    // of two that begin at once, one at least finds the other's record
    const running = undoRecords(own).find((one) => one.id !== id && isRunning(one) && overlaps(one.base, run.base));
    const other: UndoObstacle | null = running ? { is: "other-run", directory: running.base, pid: running.pid } : null;
    if (!other || !given.alone) return { record, other };
    removeRun(own, record, { left: Number.POSITIVE_INFINITY });
    return { obstacle: other };
  } catch (error) {
    const why = error instanceof FileError ? error.message : ((error as NodeJS.ErrnoException).code ?? String(error));
    return { obstacle: { is: "unusable", directory: root, error: why } };
  }
}

const overlaps = (a: Bytes, b: Bytes): boolean => isWithin(a, b) || isWithin(b, a);

/** The state directory, or for root, who may, a folder at the top of the target's file system. */
function rootFor(base: Bytes, env: Environment): Bytes {
  const own = setAsideDirectory(env);
  if (process.geteuid?.() !== 0) return bytesOf(own);
  const { dev } = lstatSync(fsPath(base));
  return deviceOf(own) === dev ? bytesOf(own) : join(topOfFileSystem(base), ".rsync-guard-undo");
}

/** That of a directory, or of the one that it will be made in. */
const deviceOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.dev ?? deviceOf(dirname(path));
