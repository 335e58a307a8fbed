/**
 * Approvals: a file each, named by its fingerprint, readable as text. One says that a dry run of exactly that run
 * succeeded, when, and in which login session.
 */

import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Bytes } from "../../core/bytes.ts";
import type { Approval, FailedDryRun } from "../../core/judge/approval.ts";
import { digestOfBytes } from "../../core/judge/digest.ts";
import { emptyPathSet, type PathSet, storedPathSet } from "../../core/plan/path-set.ts";
import type { PlanWithDeletions } from "../../core/plan/plan.ts";
import { FileError } from "./private-file.ts";
import { replaceFile } from "./replace-file.ts";

/** Older ones serve no comparison. */
const keptFor = 7 * 86_400_000;

/** How many of the newest are compared to find the nearest one. */
const compared = 200;

/** There are hardly ever more files than that: then some of the oldest are removed each time that one is added. */
const kept = 5000;

/** At most so many are looked at then, so that it takes the same time however many there are. */
const lookedAt = 500;

const record = /^[0-9a-f]{64}\.(?:json|deletions|overwritten|failed|used)$/;
/** What writeOwn() was killed over. */
const unfinished = /^\.\d+-\d+$/;

/** Throws FileError for what others may write. */
export function checkOwner(path: string, owner = process.geteuid?.()): void {
  const stats = lstatSync(path);
  if (stats.uid !== owner) throw new FileError({ problem: "other-owner", path, uid: stats.uid });
  if (stats.mode & 0o022) throw new FileError({ problem: "others-may-write", path });
}

/** Keeps an approval, with the plan of its live run or without one. Throws FileError. */
export function saveApproval(
  directory: string,
  approval: Omit<Approval, "plan">,
  whole: Pick<PlanWithDeletions, "plan" | "deletions"> | null,
): void {
  try {
    makeOwn(directory);
    // first what the record names: a record that is there is whole
    const deletions = whole && whole.deletions.size > 0 ? writeSet(directory, whole.deletions, "deletions") : null;
    const planned: Approval = { ...approval, plan: whole && { ...whole.plan, deletions } };
    rmSync(join(directory, `${approval.fingerprint}.used`), { force: true });
    writeOwn(directory, `${approval.fingerprint}.json`, `${JSON.stringify(planned, null, 1)}\n`);
  } catch (error) {
    throw asFileError(error, directory);
  }
  try {
    cleanUp(directory, approval.at);
  } catch {
    // the record is there, whatever becomes of the old ones
  }
}

/** Keeps a set of paths; its name. Throws FileError. */
export function saveOverwritten(directory: string, overwritten: PathSet): string {
  try {
    makeOwn(directory);
    return writeSet(directory, overwritten, "overwritten");
  } catch (error) {
    throw asFileError(error, directory);
  }
}

type SetName = "deletions" | "overwritten";

function writeSet(directory: string, set: PathSet, name: SetName): string {
  const digest = digestOfBytes(set.bytes);
  writeOwn(directory, `${digest}.${name}`, set.bytes);
  return digest;
}

/** Of some files, each time others, removes what is too old; and as large a part of them, the oldest, as there are too many. */
function cleanUp(directory: string, now: number): void {
  const names = readdirSync(directory).filter((name) => record.test(name) || unfinished.test(name));
  const start = Math.floor(Math.random() * names.length);
  const some = stamped(directory, [...names.slice(start), ...names.slice(0, start)].slice(0, lookedAt));
  const surplus = some.length * (1 - kept / names.length);
  some.sort((a, b) => a.modified - b.modified);
  for (const [at, { path, modified }] of some.entries())
    if (at < surplus || now - modified > keptFor) rmSync(path, { force: true });
}

/** Makes a directory of the user's alone. Throws FileError for one that others may write. */
export function makeOwn(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  checkOwner(directory);
}

/** Writes a file of the user's alone. */
export function writeOwn(directory: string, name: string, content: string | Uint8Array): void {
  const temporary = join(directory, `.${process.pid}-${Date.now()}`);
  replaceFile(join(directory, name), content, { temporary, mode: 0o600, synced: false });
}

/** Notes that a live run has gone by an approval: what it changes is not a change by somebody else. */
export function markUsed(directory: string, fingerprint: string): void {
  try {
    writeOwn(directory, `${fingerprint}.used`, "");
  } catch {
    // the next run by it is then compared as the first one was
  }
}

export const isUsed = (directory: string, fingerprint: string): boolean =>
  existsSync(join(directory, `${fingerprint}.used`));

/** What an approved plan may delete. Throws FileError where that is not to be had. */
export function approvedDeletions(directory: string, { plan }: Approval): PathSet | null {
  if (!plan) return null;
  return plan.deletions === null ? emptyPathSet : readSet(directory, plan.deletions, "deletions");
}

/** What it may overwrite and replace, where it was brought here in a file; else null. Throws FileError. */
export const approvedOverwritten = (directory: string, { imported }: Approval): PathSet | null =>
  imported ? readSet(directory, imported.overwritten, "overwritten") : null;

function readSet(directory: string, digest: string, name: SetName): PathSet {
  const path = join(directory, `${digest}.${name}`);
  try {
    checkOwner(path);
    const bytes = readFileSync(path);
    const set = digestOfBytes(bytes) === digest ? storedPathSet(bytes) : null;
    if (set) return set;
  } catch (error) {
    if (!isMissing(error)) throw asFileError(error, directory);
  }
  throw new FileError({ problem: "altered", path });
}

/** The approval of that name; null where there is none, or where it can't be read as one. Throws FileError. */
export function findApproval(directory: string, fingerprint: string): Approval | null {
  try {
    checkOwner(directory);
    return readApproval(join(directory, `${fingerprint}.json`));
  } catch (error) {
    if (isMissing(error)) return null;
    throw asFileError(error, directory);
  }
}

/** Keeps why the last dry run of that fingerprint does not count. Throws FileError. */
export function saveFailure(directory: string, fingerprint: string, failed: FailedDryRun): void {
  try {
    makeOwn(directory);
    writeOwn(directory, `${fingerprint}.failed`, `${JSON.stringify(failed)}\n`);
  } catch (error) {
    throw asFileError(error, directory);
  }
}

/** Only said, never decided by: null for what can't be read too. */
export function findFailure(directory: string, fingerprint: string): FailedDryRun | null {
  try {
    const path = join(directory, `${fingerprint}.failed`);
    checkOwner(path);
    const { at, why } = JSON.parse(readFileSync(path, "utf8"));
    const isReason = why === "changed" || why === "unplanned" || (Number.isInteger(why) && why > 0 && why < 256);
    return Number.isFinite(at) && isReason ? { at, why } : null;
  } catch {
    return null;
  }
}

/** The newest approvals, newest first; those that can't be read are left out. */
export function recentApprovals(directory: string, owner?: number): readonly Approval[] {
  try {
    checkOwner(directory, owner);
    return stamped(directory, namesIn(directory).slice(0, kept))
      .sort((a, b) => b.modified - a.modified)
      .slice(0, compared)
      .flatMap(({ path }) => readable(path, owner));
  } catch {
    return [];
  }
}

/** The approvals whose fingerprint begins so. */
export function approvalsNamed(directory: string, beginning: string): readonly Approval[] {
  try {
    checkOwner(directory);
    return namesIn(directory)
      .filter((name) => name.startsWith(beginning))
      .flatMap((name) => readable(join(directory, name)));
  } catch {
    return [];
  }
}

/** Takes back those whose fingerprint begins so, readable or not; says how many. Throws FileError. */
export function revokeApprovals(directory: string, beginning: string): number {
  try {
    const names = namesIn(directory).filter((name) => name.startsWith(beginning));
    for (const name of names) rmSync(join(directory, name), { force: true });
    return names.length;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw asFileError(error, directory);
  }
}

const namesIn = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => record.test(name) && name.endsWith(".json"));

function stamped(directory: string, names: readonly string[]) {
  return names.flatMap((name) => {
    const path = join(directory, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats ? [{ path, modified: stats.mtimeMs }] : [];
  });
}

function readable(path: string, owner?: number): readonly Approval[] {
  try {
    return [readApproval(path, owner) ?? []].flat();
  } catch {
    return [];
  }
}

/** Null for a file that is no whole approval: cut short, or of another make. */
function readApproval(path: string, owner?: number): Approval | null {
  checkOwner(path, owner);
  let approval: unknown;
  try {
    approval = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  return isApproval(approval) && path.endsWith(`/${approval.fingerprint}.json`) ? approval : null;
}

function isApproval(value: unknown): value is Approval {
  const { schema, fingerprint, fields, operands, at, session, plan, imported } = (value ?? {}) as Partial<
    Record<keyof Approval, unknown>
  >;
  return (
    schema === 3 &&
    typeof fingerprint === "string" &&
    typeof fields === "object" &&
    fields !== null &&
    Object.values(fields).every((field) => typeof field === "string") &&
    Array.isArray(operands) &&
    operands.every((operand) => typeof operand === "string") &&
    typeof at === "number" &&
    (session === null || (typeof session === "object" && "terminal" in session)) &&
    (plan === null || (typeof plan === "object" && "deletions" in plan)) &&
    (imported === undefined || (typeof imported === "object" && imported !== null && "overwritten" in imported))
  );
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

/** What kept a file from being used. */
export const asFileError = (error: unknown, directory: string): FileError =>
  error instanceof FileError
    ? error
    : new FileError({
        problem: "unusable",
        path: directory,
        error: (error as NodeJS.ErrnoException).code ?? String(error),
      });

/** Larger files (batches) are told apart by what stat says, not by their content. */
const digestedUpTo = 16 * 1024 * 1024;

/** What a file holds: a digest; `none` without one; `stream` for what can be read only once; null if it can't be read, or isUnseen() says so. */
export async function digestOf(
  file: Buffer,
  isUnseen: (content: Bytes) => boolean = () => false,
): Promise<string | null> {
  if (file.toString() === "-") return "stream";
  // an empty name is no file's; the executable's runtime calls it another error
  if (file.length === 0 || file.toString() === "/dev/null") return "none";
  try {
    const stats = statSync(file, { bigint: true });
    if (!stats.isFile()) return "stream";
    if (stats.size > digestedUpTo) return `${stats.dev}:${stats.ino} ${stats.size} ${stats.mtimeNs}`;
    const { createHash } = await import("node:crypto");
    const content = readFileSync(file);
    return isUnseen(content.toString("latin1")) ? null : createHash("sha256").update(content).digest("hex");
  } catch (error) {
    return isMissing(error) ? "none" : null;
  }
}
