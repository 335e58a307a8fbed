/** From the rules' refusals to the verdict: what a run can lose, whether it needs a dry run, what becomes of it. */

import { undecidableCodes } from "../codes.ts";
import { allOptions, type Invocation, isOn, isServer, loses } from "../command/parse.ts";
import { type Config, type DryRun, type Settings, settingsFor } from "../configuration/settings.ts";
import type { Facts } from "../place/facts.ts";
import { type Ends, endsOf, locationOf, sendsOneFile, type Target, targetsOf } from "../place/target.ts";
import { obstacleTo } from "../plan/command.ts";
import type { PlanObstacle } from "../plan/plan.ts";
import type { Refusal } from "./refusal.ts";
import { holdsNothing, namesOneDirectory, type Run, rules, unseen } from "./rules.ts";

/** `overwrites-file`: one file on another host at most, as with scp. */
export type Risk = "deletes" | "overwrites" | "overwrites-file" | "nothing";

export interface Judged {
  readonly ends: Ends;
  readonly targets: readonly Target[];
  readonly settings: Settings;
  readonly risk: Risk;
  /** Whether the live run needs a dry run of its own first. */
  readonly needsDryRun: boolean;
  readonly planning: Planning;
  /** Of the static rules, without those that `allow` names; and without what a plan will tell, if one is to be made. */
  readonly refusals: readonly Refusal[];
  /** The same if it turns out that there is no plan. */
  readonly refusalsWithoutPlan: readonly Refusal[];
}

/** What a plan is made for: to tell what a dry run's live run would do, to compare it with an approved one, to stand for a dry run. */
export interface Planning {
  readonly purpose: "tell" | "compare" | "replace" | null;
  /** Why no plan can be had, or null. */
  readonly obstacle: PlanObstacle | null;
}

/** What the static rules say of a run. */
export function judge(invocation: Invocation, facts: Facts, config: Config): Judged {
  const ends = endsOf(invocation);
  const targets = targetsOf(invocation, facts);
  const destination = ends.destination && locationOf(ends.destination, facts);
  const settings = settingsFor(config, targets, isServer(invocation));
  const risk = riskOf(invocation, { sources: ends.sources, destination, targets }, facts);
  const needsDryRun = risksNeedingDryRun[settings.dryRun.required].includes(risk);
  const obstacle = obstacleTo(invocation, ends, facts, settings.dryRun.remotePlan);
  const planning = { purpose: obstacle === null ? purposeOf(invocation, needsDryRun, settings) : null, obstacle };
  const run: Run = { invocation, ends, targets, destination, facts, config };
  // where a path is relative to nothing, what the other rules see is not where the run would go
  const unlocatable = unseen(run);
  const found = unlocatable.length > 0 ? unlocatable : rules.flatMap((rule) => rule(run));
  const refusalsWithoutPlan = withoutRepetition(
    found.filter(({ code }) => undecidableCodes.has(code) || !settings.allow.includes(code)),
  );
  // -K leads out of the destination by links that the plan's names don't show
  const isHere = targets.every(({ remote }) => !remote) && !isOn(allOptions(invocation), "keep-dirlinks");
  // a dry run is planned in any case, its live run only where it needs a dry run
  const isLeftToPlan = planning.purpose !== null && needsDryRun && isHere;
  const refusals = isLeftToPlan
    ? refusalsWithoutPlan.filter((refusal) => !isForPlan(refusal, invocation))
    : refusalsWithoutPlan;
  return { ends, targets, settings, risk, needsDryRun, planning, refusals, refusalsWithoutPlan };
}

/** What a plan tells better: whether it touches what is protected; how much goes where what may go is named. */
const isForPlan = (refusal: Refusal, invocation: Invocation): boolean =>
  refusal.code === "protected-below" ||
  (refusal.code === "empty-source" && !refusal.unmounted && namesOneDirectory(invocation));

function purposeOf({ dryRun }: Invocation, needsDryRun: boolean, settings: Settings): Planning["purpose"] {
  if (dryRun) return "tell";
  if (!needsDryRun) return null;
  return settings.dryRun.required === "auto" ? "replace" : "compare";
}

/** The risks that need a dry run of the run first, by `dry_run.required`. */
export const risksNeedingDryRun: Readonly<Record<DryRun["required"], readonly Risk[]>> = {
  always: ["deletes", "overwrites", "overwrites-file", "nothing"],
  risky: ["deletes", "overwrites"],
  auto: ["deletes", "overwrites"],
  deletes: ["deletes"],
  never: [],
};

/** Below a protected directory there are many more: that it is one says it. */
function withoutRepetition(refusals: readonly Refusal[]): readonly Refusal[] {
  const paths = new Set(refusals.flatMap((one) => (one.code === "protected-destination" ? [one.path] : [])));
  return refusals.filter((one) => one.code !== "protected-below" || !paths.has(one.path));
}

/** What the run can lose. */
function riskOf(
  invocation: Invocation,
  { sources, destination, targets }: Pick<Ends, "sources"> & Pick<Run, "destination" | "targets">,
  facts: Facts,
): Risk {
  if (targets.length === 0) return "nothing";
  // in a destination that isn't there, or is empty, nothing can be deleted, whatever the names in it turn out to be
  const isNew = [destination, ...targets].every((location) => holdsNothing(location?.place ?? null, facts));
  if (isNew && !invocation.removesSource) return "nothing";
  // a receiver is told of sources that are removed, but they are on the other side
  if (invocation.kind === "receiver" ? invocation.deletes : loses(invocation)) return "deletes";
  const overwrites = ({ place, writes, role, replaces }: Target) =>
    writes && (role !== "option" || replaces) && !holdsNothing(place, facts);
  const overwritten = targets.filter(overwrites);
  if (overwritten.length === 0) return "nothing";
  const isFar = overwritten.every(({ remote, role }) => remote && role === "destination");
  return isFar && sendsOneFile(invocation, sources, facts) ? "overwrites-file" : "overwrites";
}

/** The kinds that can lose something: all others are the real rsync's business, and are exec'ed at once. */
export const canLose = (invocation: Invocation): boolean =>
  invocation.kind === "sender" ? invocation.removesSource : ["dry-run", "live", "receiver"].includes(invocation.kind);
