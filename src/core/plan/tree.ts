/**
 * From the sorted entries of a plan to the rows of a tree. The entries are gone through twice: a directory's row stands
 * before what is in it, and tells how much that is.
 */
import { posix } from "node:path";
import type { Bytes } from "../bytes.ts";
import { isNewer, type PlanEntry, type SectionName, sectionOf } from "./entry.ts";
import { type Kinds, totalOf } from "./plan.ts";

export interface Totals extends Kinds {
  readonly bytes: number;
  /** Files whose size can't be seen. */
  readonly unseen: number;
  readonly renamed: number;
  readonly newer: number;
}

export interface DirectoryRow {
  readonly is: "directory";
  /** Below the directory of the row that it belongs to; `a/b` where nothing else is in `a`. */
  readonly name: Bytes;
  readonly depth: number;
  readonly totals: Totals;
  /** It goes or comes itself, with all that is in it. */
  readonly isWhole: boolean;
  /** It lies in one that goes or comes as a whole. */
  readonly isInWhole: boolean;
  readonly section: SectionName;
}

export type Row =
  | { readonly is: "section"; readonly section: SectionName; readonly totals: Totals }
  | DirectoryRow
  | {
      readonly is: "entry";
      readonly entry: PlanEntry;
      readonly name: Bytes;
      readonly depth: number;
      readonly isInWhole: boolean;
    }
  /** After the last row of a directory or section. */
  | { readonly is: "end"; readonly of: "section" | "directory"; readonly isInWhole: boolean };

type Step =
  | { readonly is: "section"; readonly section: SectionName }
  /** `leads`: the next step enters a directory in it. */
  | { readonly is: "open"; readonly name: Bytes; readonly own: PlanEntry | null; readonly leads: boolean }
  | { readonly is: "leaf"; readonly entry: PlanEntry }
  | { readonly is: "close"; readonly of: "section" | "directory" };

/** The steps from one entry to the next: which directories are left, and which are entered. */
function* stepsOf(entries: Iterable<PlanEntry>): Generator<Step> {
  let section: SectionName | null = null;
  let open: Bytes[] = [];
  const leave = function* (to: number): Generator<Step> {
    for (; open.length > to; open.pop()) yield { is: "close", of: "directory" };
  };
  for (const entry of entries) {
    if (sectionOf(entry) !== section) {
      yield* leave(0);
      if (section !== null) yield { is: "close", of: "section" };
      section = sectionOf(entry);
      yield { is: "section", section };
    }
    const isOpened = entry.kind === "directories" && entry.path !== ".";
    const names = entry.path.split("/");
    const above = isOpened ? names : names.slice(0, -1);
    const common = above.findIndex((name, at) => name !== open[at]);
    yield* leave(common < 0 ? above.length : common);
    for (let depth = open.length; depth < above.length; depth++) {
      const leads = depth < above.length - 1;
      yield { is: "open", name: names[depth] ?? "", own: isOpened && !leads ? entry : null, leads };
    }
    open = [...above];
    if (!isOpened) yield { is: "leaf", entry };
  }
  yield* leave(0);
  if (section !== null) yield { is: "close", of: "section" };
}

const fields = ["files", "directories", "symlinks", "specials", "bytes", "unseen", "renamed", "newer"] as const;

type Tally = { -readonly [F in keyof Totals]: number };

const zero = (): Tally => ({
  files: 0,
  directories: 0,
  symlinks: 0,
  specials: 0,
  bytes: 0,
  unseen: 0,
  renamed: 0,
  newer: 0,
});

/** What each section and each directory holds, in the order in which they are entered: a number for each of the fields. */
function tally(entries: Iterable<PlanEntry>): readonly number[] {
  const all: number[] = [];
  const stack: { readonly at: number; readonly totals: Tally }[] = [];
  const enter = () => {
    stack.push({ at: all.length, totals: zero() });
    for (const _ of fields) all.push(0);
  };
  for (const step of stepsOf(entries)) {
    if (step.is === "section" || step.is === "open") enter();
    const entry = step.is === "leaf" ? step.entry : step.is === "open" ? step.own : null;
    const top = stack.at(-1);
    if (entry && top) count(entry, top.totals);
    if (step.is !== "close") continue;
    stack.pop();
    if (!top) continue;
    const parent = stack.at(-1);
    for (const [field, name] of fields.entries()) {
      all[top.at + field] = top.totals[name];
      if (parent) parent.totals[name] += top.totals[name];
    }
  }
  return all;
}

function count(entry: PlanEntry, totals: Tally): void {
  totals[entry.kind]++;
  if (entry.kind === "files") {
    if (entry.file) totals.bytes += entry.file.size;
    else totals.unseen++;
  }
  if (entry.renamed !== null) totals.renamed++;
  if (isNewer(entry)) totals.newer++;
}

/** `entries` has them in the order of their sortKey(), each time that it is gone through. */
export function* rowsOf(entries: Iterable<PlanEntry>): Generator<Row> {
  const all = tally(entries);
  let at = 0;
  const next = (): Totals => {
    const totals = zero();
    for (const [field, name] of fields.entries()) totals[name] = all[at + field] ?? 0;
    at += fields.length;
    return totals;
  };
  let section: SectionName = "delete";
  /** Of the directories that are entered: whether they have a row, and whether they lie in a whole one. */
  const stack: { readonly isShown: boolean; readonly isInWhole: boolean; readonly isWhole: boolean }[] = [];
  const depth = () => stack.filter(({ isShown }) => isShown).length;
  /** The names of directories in which nothing is but the next one. */
  let before = "";
  for (const step of stepsOf(entries)) {
    const last = stack.at(-1);
    const isInWhole = last !== undefined && (last.isWhole || last.isInWhole);
    if (step.is === "section") {
      section = step.section;
      yield { is: "section", section, totals: next() };
    } else if (step.is === "open") {
      const totals = next();
      // the totals of the directory that is entered next
      const inside = fields.slice(0, 4).reduce((sum, _, field) => sum + (all[at + field] ?? 0), 0);
      const isShown = !step.leads || inside !== totalOf(totals);
      const isWhole = step.own !== null && (section === "delete" || section === "add");
      if (isShown)
        yield { is: "directory", name: before + step.name, depth: depth(), totals, isWhole, isInWhole, section };
      before = isShown ? "" : `${before}${step.name}/`;
      stack.push({ isShown, isInWhole, isWhole });
    } else if (step.is === "leaf") {
      yield { is: "entry", entry: step.entry, name: posix.basename(step.entry.path), depth: depth(), isInWhole };
    } else if (step.of === "directory") {
      stack.pop();
      if (last?.isShown) yield { is: "end", of: "directory", isInWhole: last.isInWhole };
    } else yield { is: "end", of: "section", isInWhole: false };
  }
}
