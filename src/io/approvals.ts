/**
 * Approvals: a file each, named by its fingerprint, readable as text. One says that a dry run of exactly that run
 * succeeded, when, and in which login session.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Approval } from "../core/approval.ts";
import type { Bytes } from "../core/text.ts";

/** Records may not be kept here, or not be trusted; the message says why and what to do. */
export class StateError extends Error {}

/** Older ones serve no comparison. */
const keptFor = 7 * 86_400_000;

/** How many of the newest are compared to find the nearest one. */
const compared = 200;

const record = /^[0-9a-f]{64}\.json$/;

function checkOwner(path: string): void {
  const stats = lstatSync(path);
  if (stats.uid !== process.geteuid?.()) throw new StateError(`${path} belongs to another user (uid ${stats.uid})`);
  if (stats.mode & 0o022) throw new StateError(`${path} may be written by others: chmod go-w ${path}`);
}

/** Keeps an approval. Throws StateError. */
export function saveApproval(directory: string, approval: Approval): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    checkOwner(directory);
    const temporary = join(directory, `.${process.pid}-${Date.now()}`);
    try {
      writeFileSync(temporary, `${JSON.stringify(approval, null, 1)}\n`, { mode: 0o600, flag: "wx" });
      renameSync(temporary, join(directory, `${approval.fingerprint}.json`));
    } finally {
      rmSync(temporary, { force: true });
    }
    for (const { path, modified } of recordsIn(directory))
      if (approval.at - modified > keptFor) rmSync(path, { force: true });
  } catch (error) {
    throw asStateError(error, directory);
  }
}

/** The approval of that name; null where there is none, or where it can't be read as one. Throws StateError. */
export function findApproval(directory: string, fingerprint: string): Approval | null {
  try {
    checkOwner(directory);
    return readApproval(join(directory, `${fingerprint}.json`));
  } catch (error) {
    if (isMissing(error)) return null;
    throw asStateError(error, directory);
  }
}

/** The newest approvals, newest first; those that can't be read are left out. */
export function recentApprovals(directory: string): readonly Approval[] {
  try {
    checkOwner(directory);
    return recordsIn(directory)
      .sort((a, b) => b.modified - a.modified)
      .slice(0, compared)
      .flatMap(({ path }) => {
        try {
          return readApproval(path) ?? [];
        } catch {
          return [];
        }
      });
  } catch {
    return [];
  }
}

function recordsIn(directory: string) {
  return readdirSync(directory)
    .filter((name) => record.test(name))
    .flatMap((name) => {
      const path = join(directory, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats ? [{ path, modified: stats.mtimeMs }] : [];
    });
}

/** Null for a file that is no whole approval: cut short, or of another make. */
function readApproval(path: string): Approval | null {
  checkOwner(path);
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
  const { schema, fingerprint, fields, operands, at, session } = (value ?? {}) as Partial<
    Record<keyof Approval, unknown>
  >;
  return (
    schema === 1 &&
    typeof fingerprint === "string" &&
    typeof fields === "object" &&
    fields !== null &&
    Object.values(fields).every((field) => typeof field === "string") &&
    Array.isArray(operands) &&
    operands.every((operand) => typeof operand === "string") &&
    typeof at === "number" &&
    (session === null || (typeof session === "object" && "terminal" in session))
  );
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

const asStateError = (error: unknown, directory: string): StateError =>
  error instanceof StateError
    ? error
    : new StateError(
        `${directory} can't be used (${(error as NodeJS.ErrnoException).code ?? error}); XDG_STATE_HOME names another place`,
      );

/** Larger files (batches) are told apart by what stat says, not by their content. */
const digestedUpTo = 16 * 1024 * 1024;

/** What a file holds: a digest; `none` without one; `stream` for what can be read only once; null if it can't be read, or isUnseen() says so. */
export async function digestOf(
  file: Buffer,
  isUnseen: (content: Bytes) => boolean = () => false,
): Promise<string | null> {
  if (file.toString() === "-") return "stream";
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
