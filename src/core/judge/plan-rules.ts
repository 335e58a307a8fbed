/** Which plans are refused. */
import { type Bytes, bytesOf } from "../bytes.ts";
import type { Limits, Settings } from "../configuration/settings.ts";
import type { Target } from "../place/target.ts";
import { noPlan, type Plan, type PlanResult, type PlanWithDeletions, totalOf } from "../plan/plan.ts";
import type { Refusal } from "./refusal.ts";

/** A share is judged from so many entries in the target on. */
const fewEntries = 10;

/**
 * How many entries in the target are enough to know that what would be deleted is not too large a share; 0 where that
 * doesn't matter. rsync lists neither what a filter shields nor what --link-dest and its kind spare, so they are counted.
 */
export function enoughFor(plan: Plan, { maxDelete }: Limits): number {
  const deleted = totalOf(plan.deleted);
  if ("percent" in maxDelete) return (deleted * 100) / Math.max(maxDelete.percent, 1);
  // for the words of a refusal
  return deleted > maxDelete.entries ? Number.POSITIVE_INFINITY : 0;
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

/** What is out of proportion in a plan. */
export function judgePlan(plan: Plan, { limits, allow }: Settings, path: Bytes): readonly Refusal[] {
  const deleted = totalOf(plan.deleted);
  const present = plan.present ?? plan.kept + deleted;
  const { maxDelete } = limits;
  const isTooLarge =
    "entries" in maxDelete
      ? deleted > maxDelete.entries
      : present >= fewEntries && deleted * 100 > maxDelete.percent * present;
  const [touched] = plan.protected.first;
  const refusals: readonly (Refusal | false)[] = [
    touched !== undefined && {
      code: "protected-below",
      path,
      below: bytesOf(touched.below),
      what: touched.what,
      deletes: { first: plan.protected.first.map((one) => one.path), count: plan.protected.count },
    },
    isTooLarge && { code: "plan-too-large", path, deleted, present, maxDelete, topLevel: plan.topLevel },
    ...plan.releases.map((releases): Refusal => ({ code: "plan-deletes-releases", ...releases })),
    plan.symlinks.count > 0 && { code: "plan-replaces-symlinks", path, symlinks: plan.symlinks },
    plan.keeps.count > 0 && { code: "plan-deletes-kept", keeps: plan.keeps },
    plan.unapproved.count > 0 && { code: "plan-changed", unapproved: plan.unapproved },
  ];
  return refusals.filter((one) => one !== false).filter(({ code }) => !allow.includes(code));
}

/** Where the plan would delete, or else write. */
export const planPath = (targets: readonly Target[]): Bytes =>
  (targets.find(({ deletes, role }) => deletes && role === "destination") ?? targets[0])?.path ?? "";
