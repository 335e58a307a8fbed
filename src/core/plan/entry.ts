/** One entry of the target that a run would delete, change or add: what a plan lists where all of them are wanted. */
import { type Bytes, bufferOf } from "../bytes.ts";
import type { Kinds } from "./plan.ts";

export type EntryKind = keyof Kinds;

/** `replace`: what comes is of another kind than what stands there, and takes its place. */
export const actions = ["delete", "replace", "change", "add", "attributes"] as const;

export type Action = (typeof actions)[number];

export interface FileState {
  readonly size: number;
  /** When it was changed: seconds since 1970. */
  readonly modified: number;
}

export interface PlanEntry {
  readonly action: Action;
  readonly kind: EntryKind;
  /** Below the destination; a directory's has no slash at its end. */
  readonly path: Bytes;
  /** The file that comes, or the one that is deleted; null for other kinds, and where it can't be seen. */
  readonly file: FileState | null;
  /** The file that is there now, where another one takes its place. */
  readonly present: FileState | null;
  /** Of a deletion: the name under which it comes; of an addition: the name under which it goes. */
  readonly renamed: Bytes | null;
}

/** Whether what is there was changed later than what takes its place. */
export const isNewer = ({ file, present }: PlanEntry): boolean =>
  file !== null && present !== null && present.modified > file.modified;

/** The parts of a list, in their order: what goes comes first. */
export const sections = ["delete", "overwrite", "add", "attributes"] as const;

export type SectionName = (typeof sections)[number];

export const sectionOf = ({ action }: Pick<PlanEntry, "action">): SectionName =>
  action === "replace" || action === "change" ? "overwrite" : action;

/** In this order a directory comes right before what is in it. */
export const sortKey = (entry: PlanEntry): string =>
  `${sections.indexOf(sectionOf(entry))}${entry.path.replaceAll("/", "\0")}${entry.kind === "directories" ? "\0" : ""}`;

/** As a line of a file. JSON escapes what would end the line; the rest of a path stays a character for a byte. */
export const storedEntry = ({ action, kind, path, file, present }: PlanEntry): Buffer =>
  bufferOf(`${JSON.stringify([action, kind, path, file, present])}\n`);

export function readStoredEntry(line: Bytes): PlanEntry {
  const [action, kind, path, file, present] = JSON.parse(line);
  return { action, kind, path, file, present, renamed: null };
}
