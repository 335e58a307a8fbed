/** THE signs in a plan for which a run is refused, one row each. Pure: a plan and the limits in, refusals out. */
import { type Bytes, bytesOf } from "../bytes.ts";
import type { Code } from "../codes.ts";
import type { Limits, Settings } from "../configuration/settings.ts";
import type { Target } from "../place/target.ts";
import { fewestInWhole } from "../plan/directories.ts";
import {
  type LostDirectory,
  noPlan,
  type Plan,
  type PlanResult,
  type PlanWithDeletions,
  type ReducedDirectory,
  totalOf,
} from "../plan/plan.ts";
import type { Refusal, RefusalOf } from "./refusal.ts";

/** A share is judged from so many entries in the target on. */
export const fewEntries = 10;
/** A directory that holds less of the target than that is left to who reads the plan. */
const smallPart = { percent: 1 };
/** So many changed files show a direction. */
export const fewChanged = 5;

/**
 * How many entries in the target are enough to know that what would be deleted is not too large a share; 0 where that
 * doesn't matter. rsync lists neither what a filter shields nor what --link-dest and its kind spare, so they are counted.
 */
export function enoughFor(plan: Plan, { maxDelete, wholeDirectory }: Limits): number {
  const deleted = totalOf(plan.deleted);
  const enough = (part: number, { percent }: { readonly percent: number }) => (part * 100) / Math.max(percent, 1);
  const forDirectories = Math.max(
    0,
    ...plan.directories.map(({ entries }) => enough(entries, wholeDirectory)),
    ...plan.reduced.map((one) => (one.deleted < fewestInWhole ? 0 : enough(one.deleted, smallPart))),
  );
  if ("percent" in maxDelete) return Math.max(enough(deleted, maxDelete), forDirectories);
  // for the words of a refusal
  return deleted > maxDelete.entries ? Number.POSITIVE_INFINITY : forDirectories;
}

/**
 * With the entries that are now in so many targets; a plan that deletes more than these, and the targets themselves,
 * can't be about them.
 */
export function withPresent(made: PlanWithDeletions, present: number, targets: number, limits: Limits): PlanResult {
  const isCounted = "percent" in limits.maxDelete;
  if (isCounted && present + targets < totalOf(made.plan.deleted)) return noPlan({ is: "more-than-present" });
  return { ...made, plan: { ...made.plan, present } };
}

export const presentIn = (plan: Plan): number => plan.present ?? plan.kept + totalOf(plan.deleted);

const isAbove = (part: number, whole: number, { percent }: { readonly percent: number }): boolean =>
  part * 100 > percent * whole;

/** Whether its files turn up elsewhere: then the directory was moved or renamed. */
export const isMoved = ({ moved, entries }: Pick<LostDirectory, "moved" | "entries">): boolean => moved * 4 >= entries;

function isTooLarge(plan: Plan, { maxDelete }: Limits): boolean {
  const present = presentIn(plan);
  if ("entries" in maxDelete) return totalOf(plan.deleted) > maxDelete.entries;
  const deleted = totalOf(plan.deleted) - plan.renewed;
  if (present >= fewEntries) return isAbove(deleted, present, maxDelete);
  // of few entries most go in many a release, but then others come
  return deleted > 1 && isAbove(deleted, present, maxDelete) && 2 * totalOf(plan.created) < deleted;
}

const isEmptied = (
  { deleted, moved, present, isSourceEmpty }: ReducedDirectory,
  plan: Plan,
  { reducedDirectory }: Limits,
): boolean =>
  (isSourceEmpty || (deleted >= fewestInWhole && isAbove(deleted, presentIn(plan), smallPart))) &&
  !isMoved({ moved, entries: deleted }) &&
  present !== null &&
  isAbove(deleted, present, reducedDirectory);

interface SignOf<C extends Code> {
  readonly code: C;
  /** The key of limits that allows more of it; null: there is none. */
  readonly limit: keyof Limits | null;
  readonly find: (plan: Plan, limits: Limits, path: Bytes) => readonly Omit<RefusalOf<C>, "code">[];
}

export type PlanSign = { [C in Code]: SignOf<C> }[Code];

const one = <T>(is: boolean, refusal: () => T): readonly T[] => (is ? [refusal()] : []);

export const planSigns: readonly PlanSign[] = [
  {
    code: "protected-below",
    limit: null,
    find: ({ protected: { first, count } }, _, path) =>
      first.slice(0, 1).map(({ below, what }) => ({
        path,
        below: bytesOf(below),
        what,
        deletes: { first: first.map((touched) => touched.path), count },
      })),
  },
  {
    code: "plan-too-large",
    limit: "maxDelete",
    find: (plan, limits, path) =>
      one(isTooLarge(plan, limits), () => ({
        path,
        deleted: totalOf(plan.deleted),
        present: presentIn(plan),
        maxDelete: limits.maxDelete,
        topLevel: plan.topLevel,
      })),
  },
  { code: "plan-deletes-releases", limit: null, find: ({ releases }) => releases },
  {
    code: "plan-deletes-directory",
    limit: "wholeDirectory",
    find: (plan, { wholeDirectory: share }) =>
      plan.directories
        .filter((lost) => !isMoved(lost) && isAbove(lost.entries, presentIn(plan), share))
        .map((lost) => ({ ...lost, present: presentIn(plan), share })),
  },
  {
    code: "plan-empties-directory",
    limit: "reducedDirectory",
    find: (plan, limits) =>
      plan.reduced
        .filter((directory) => isEmptied(directory, plan, limits))
        .map((directory) => ({ ...directory, share: limits.reducedDirectory })),
  },
  {
    code: "plan-deletes-own",
    limit: "keepOwn",
    find: ({ own }, { keepOwn }) => one(keepOwn && own.count > 0, () => ({ own })),
  },
  {
    code: "plan-makes-older",
    limit: "older",
    find: ({ older }, { older: share }) =>
      one(older.count >= fewChanged && isAbove(older.count, older.compared, share), () => ({ older, share })),
  },
  {
    code: "plan-deletes-backups",
    limit: null,
    find: ({ backups }) => one(backups.count > 0, () => ({ backups })),
  },
  {
    code: "same-place",
    limit: null,
    find: ({ intoItself: into }, _, path) => one(into.count > 0, () => ({ source: path, target: path, into })),
  },
  {
    code: "plan-joins-files",
    limit: null,
    find: ({ joined }) => one(joined.count > 0, () => ({ joined })),
  },
  {
    code: "plan-replaces-symlinks",
    limit: null,
    find: ({ symlinks }, _, path) => one(symlinks.count > 0, () => ({ path, symlinks })),
  },
  { code: "plan-deletes-kept", limit: "keep", find: ({ keeps }) => one(keeps.count > 0, () => ({ keeps })) },
  {
    code: "plan-changed",
    limit: null,
    find: ({ unapproved, overwritten }) =>
      one(unapproved.count + overwritten.count > 0, () => ({ unapproved, overwritten })),
  },
];

/** What is out of proportion in a plan, or unusual. */
export const judgePlan = (plan: Plan, { limits, allow }: Settings, path: Bytes): readonly Refusal[] =>
  planSigns.flatMap(({ code, find }) =>
    allow.includes(code) ? [] : find(plan, limits, path).map((fields) => ({ code, ...fields }) as Refusal),
  );

/** Where the plan would delete, or else write. */
export const planPath = (targets: readonly Target[]): Bytes =>
  (targets.find(({ deletes, role }) => deletes && role === "destination") ?? targets[0])?.path ?? "";
