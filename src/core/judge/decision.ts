/**
 * What becomes of one run: from what the rules, the records of dry runs and the plan say of it to the verdict. Pure: io
 * looks, and hands in what it has found.
 */

import type { Bytes } from "../bytes.ts";
import { dryRunCodes, neverAllowedCodes, undecidableCodes } from "../codes.ts";
import { type Invocation, isServer, type Unreadable } from "../command/parse.ts";
import { builtInConfig, type Config, type Settings } from "../configuration/settings.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Facts, RealRsync } from "../place/facts.ts";
import { isElsewhere } from "../place/target.ts";
import { noPlan, type Plan, type PlanObstacle, type PlanResult } from "../plan/plan.ts";
import { type Approval, type DryRunRecord, lacksVariable } from "./approval.ts";
import { judgePlan, planPath } from "./plan-rules.ts";
import type { Refusal, Undecidable, UndoObstacle } from "./refusal.ts";
import { canLose, type Judged } from "./verdict.ts";

export type Verdict = "run" | "approve" | "refuse";

export interface Decision extends Judged {
  readonly argv: readonly Bytes[];
  /** Null where the command line can't be read. */
  readonly invocation: Invocation | null;
  readonly verdict: Verdict;
  readonly rsync: RealRsync | null;
  /** The record that this dry run becomes once it has succeeded, or that this live run needs; null: none is possible. */
  readonly record: DryRunRecord | null;
  /** The approval that was found for this run, and counts. */
  readonly matchingApproval: Approval | null;
  /** What a dry run of this run lacks, if one is needed. */
  readonly lackingDryRun: Refusal | null;
  /** What was looked at; null where nothing had to be. */
  readonly inputs: { readonly facts: Facts; readonly config: Config } | null;
  /** What came of the plan that the verdict depends on; null where it depends on none. */
  readonly plan: PlanResult<{ readonly plan: Plan }> | null;
}

/** What is known of a run before anything is judged. */
export type ReadRun = Pick<Decision, "argv" | "rsync" | "invocation">;

export type DryRunState = Pick<Decision, "record" | "matchingApproval" | "lackingDryRun">;

/** The decision on a run that was read and judged, before its plan. */
export function decisionOf(
  run: ReadRun & { readonly invocation: Invocation },
  judged: Judged,
  found: DryRunState,
  inputs: NonNullable<Decision["inputs"]>,
): Decision {
  const { planning, settings } = judged;
  // where the guard makes the dry run itself, that none was made is no refusal yet
  const lacking = planning.purpose === "replace" ? null : found.lackingDryRun;
  const refusals = lacking ? [...judged.refusals, lacking] : judged.refusals;
  const verdict = verdictOf(run.invocation, refusals, settings);
  return { ...run, ...judged, ...found, refusals, verdict, inputs, plan: null };
}

/** The decision on a run of which too little can be known to judge it. */
export const refusedUnjudged = (run: ReadRun, refusal: Refusal): Decision => ({
  ...run,
  record: null,
  ...notSearched,
  ends: { sources: [], destination: null },
  targets: [],
  settings: builtInConfig.settings,
  risk: "nothing",
  needsDryRun: false,
  planning: { purpose: null, obstacle: null },
  refusals: [refusal],
  refusalsWithoutPlan: [refusal],
  verdict: "refuse",
  inputs: null,
  plan: null,
});

/** The refusal of a command line that can't be read. */
export function unreadableRefusal({ argument, problem }: Unreadable): Refusal {
  const isUnknown = ["unknown", "unknown-letter", "not-in-help"].includes(problem.is);
  return isUnknown
    ? { code: "unknown-option", argument, why: problem }
    : cannotDecide({ reason: "argument", argument, problem });
}

export const cannotDecide = (why: Undecidable): Refusal => ({ code: "cannot-decide", why });

/** What becomes of a run with these refusals: a dry run is never refused, unless it can't be told that it is one. */
export function verdictOf(invocation: Invocation, refusals: readonly Refusal[], { mode }: Settings): Verdict {
  if (refusals.some(({ code }) => undecidableCodes.has(code))) return "refuse";
  if (canLose(invocation) && invocation.dryRun) return "approve";
  return refusals.length > 0 && mode === "enforce" ? "refuse" : "run";
}

/** 0 where it runs. */
export function exitCodeOf({ verdict, refusals }: Pick<Decision, "verdict" | "refusals">): 0 | 77 | 78 {
  if (verdict !== "refuse") return 0;
  return refusals.some(({ code }) => undecidableCodes.has(code)) ? exitCodes.undecidable : exitCodes.refused;
}

/** A record of a dry run as far as it can be made; or the input that can't be known, so that there is none. */
export type RecordResult = DryRunRecord | { readonly unseen: Bytes };

/** What the records of dry runs say of a run. */
export type FoundDryRun = Pick<DryRunState, "matchingApproval" | "lackingDryRun">;

/** Of a run for which they are not asked: one that needs no dry run, or is one. */
export const notSearched: FoundDryRun = { matchingApproval: null, lackingDryRun: null };

/** What a run has in the way of dry runs; of a dry run, whether it can count as one. */
export function dryRunStateOf(
  result: RecordResult | null,
  { needsDryRun, settings }: Pick<Judged, "needsDryRun" | "settings">,
  found: FoundDryRun,
): DryRunState {
  if (!result) return { record: null, ...notSearched };
  const record = "unseen" in result ? null : result;
  if (!needsDryRun) return { record, ...notSearched };
  const lacking: Refusal | null =
    "unseen" in result ? { code: "no-dry-run", nearest: null, unseen: result.unseen } : found.lackingDryRun;
  const isAllowed = lacking !== null && settings.allow.includes(lacking.code);
  return { record, matchingApproval: found.matchingApproval, lackingDryRun: isAllowed ? null : lacking };
}

/** Whether the verdict on a run still depends on its plan; most depend on none, and don't pay for making one. */
export const dependsOnPlan = ({ verdict, refusals, invocation, needsDryRun }: Decision): boolean =>
  verdict === "run" && refusals.length === 0 && invocation?.kind === "live" && needsDryRun;

const withRefusals = (decision: Decision, refusals: readonly Refusal[], plan: Decision["plan"]): Decision => ({
  ...decision,
  plan,
  refusals,
  verdict: decision.invocation ? verdictOf(decision.invocation, refusals, decision.settings) : "refuse",
});

/** A run that may go only if it can be undone. */
export const notUndoable = (decision: Decision, why: UndoObstacle): Decision => ({
  ...withRefusals(decision, [cannotDecide({ reason: "undo-required", why })], decision.plan),
  verdict: "refuse",
});

/** A decision on which the records of dry runs could not be read to the end. */
export const withoutRecords = (decision: Decision, why: Undecidable): Decision =>
  withRefusals(decision, [cannotDecide(why)], null);

/** What becomes of a live run with that plan, or without one. */
export function withPlan(decision: Decision, result: NonNullable<Decision["plan"]>): Decision {
  const { lackingDryRun } = decision;
  const refusals = planRefusals(decision, result);
  if (result.plan) return withRefusals(decision, refusals, result);
  const all = lackingDryRun ? [...refusals, lackingDryRun] : refusals;
  if (all.length > 0) return withRefusals(decision, all, result);
  if (isAccepted(result.obstacle)) return decision;
  return withRefusals(decision, [cannotDecide({ reason: "no-plan", obstacle: result.obstacle })], null);
}

/** Whether nobody could have had a plan. Any other obstacle leaves unknown what the plan would have refused. */
const isAccepted = ({ is }: PlanObstacle): boolean => acceptedObstacles.has(is);

const acceptedObstacles: ReadonlySet<PlanObstacle["is"]> = new Set([
  "receiving-host",
  "remote-plan-never",
  "only-write-batch",
  "stream",
  "unreachable",
]);

/** What the plan that was kept with a dry run says of its live run, where no other is to be made. */
export const storedPlan = ({ matchingApproval, planning }: Decision): NonNullable<Decision["plan"]> =>
  matchingApproval?.plan ? { plan: matchingApproval.plan } : noPlan(planning.obstacle ?? { is: "incomplete-output" });

/** What a plan says against a run. Without one, the static rules say what they had left to it. */
function planRefusals(decision: Decision, result: NonNullable<Decision["plan"]>): readonly Refusal[] {
  const { settings, targets, ends, inputs, refusalsWithoutPlan } = decision;
  if (result.plan) {
    const found = judgePlan(result.plan, settings, planPath(targets));
    if (!decision.matchingApproval?.imported) return found;
    return found.map((one) => (one.code === "plan-changed" ? { ...one, imported: true } : one));
  }
  if (!inputs) return [];
  return settings.dryRun.remotePlan === "require" && isElsewhere(ends)
    ? [cannotDecide({ reason: "plan-required", obstacle: result.obstacle })]
    : refusalsWithoutPlan;
}

/** A dry run's decision, with what its plan, or the lack of one, says against its live run. */
export function withPlanOfDryRun(decision: Decision, result: NonNullable<Decision["plan"]>): Decision {
  // a live run that needs no dry run is not planned
  if (!decision.needsDryRun) return decision;
  const known = new Set(decision.refusals.map(({ code }) => code));
  const added = planRefusals(decision, result).filter(({ code }) => !known.has(code));
  return { ...decision, refusals: [...decision.refusals, ...added] };
}

/** What a dry run that succeeded is good for; the first three: it does not count. */
export type DryRunResult = "unseen" | "changed" | "unplanned" | "refused" | "unneeded" | "approved";

export const counts = (result: DryRunResult): boolean => !["unseen", "changed", "unplanned"].includes(result);

/** `before`: the fingerprint before the dry run, empty if it had none; the decision is that of after it, with its refusals. */
export function dryRunResult(
  before: string,
  { record, needsDryRun, refusals }: Decision,
  made: NonNullable<Decision["plan"]>,
): DryRunResult {
  if (before === "") return "unseen";
  if (before !== record?.fingerprint) return "changed";
  if (needsDryRun && !made.plan && !isAccepted(made.obstacle)) return "unplanned";
  return refusals.length > 0 ? "refused" : needsDryRun ? "approved" : "unneeded";
}

/** Whether `rsync-guard allow` may let this refused run go once. */
export const isLiftable = ({ record, invocation, refusals }: Decision): boolean =>
  record !== null && invocation?.kind === "live" && !refusals.some(({ code }) => neverAllowedCodes.has(code));

/** Whether nothing is wrong with a refused run but that its dry run is missing, and the guard can make it. */
export const canOffer = ({ refusals, invocation, planning }: Decision): boolean =>
  invocation?.kind === "live" &&
  planning.obstacle === null &&
  refusals.every(
    (one) => dryRunCodes.has(one.code) && !("unseen" in one && one.unseen !== null) && !lacksVariable(one),
  );

/** Whether nothing is wrong with a refused run but that it brings back older files, which a person can confirm. */
export const isRollback = ({ refusals, invocation }: Decision): boolean =>
  invocation?.kind === "live" && refusals.length > 0 && refusals.every(({ code }) => code === "plan-makes-older");

/** Whether the journal gets this decision: what only asks for information leaves no trace unless it is refused. */
export const isJournalled = ({ invocation, refusals }: Decision): boolean =>
  refusals.length > 0 || !["information", "listing"].includes(invocation?.kind ?? "");

/** Whether somebody waits to hear of a dry run: nobody does where none is ever needed. */
export const isAwaited = ({ settings }: Decision): boolean => settings.dryRun.required !== "never";

/** Whether somebody reads what is said of a plan: a server speaks to one who has just read what the near side said. */
export const isHeard = (decision: Decision): boolean =>
  decision.invocation !== null && !isServer(decision.invocation) && isAwaited(decision);
