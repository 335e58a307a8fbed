/** From the rules' refusals to the verdict: what a run can lose, whether it needs a dry run, what becomes of it. */
import { type Config, type Settings, settingsFor } from "./settings.ts";
import type { Facts } from "../place/facts.ts";
import { allOptions, type Invocation, isOn, isServer, loses } from "../command/parse.ts";
import { obstacleTo } from "../plan/plan.ts";
import { type Refusal, undecided } from "../words/refusals.ts";
import { type Case, holdsNothing, rules, unseen } from "./rules.ts";
import { endsOf, spotOf, type Target, targetsOf } from "../place/target.ts";

export type Risk = "deletes" | "overwrites" | "nothing";

export interface Judged {
  readonly targets: readonly Target[];
  readonly settings: Settings;
  readonly risk: Risk;
  /** Of the static rules, those that `allow` names left out. */
  readonly refusals: readonly Refusal[];
  readonly planning: Planning;
}

/** What a plan is made for: to tell what a dry run's live run would do, to compare it with an approved one, to stand for a dry run. */
export interface Planning {
  readonly purpose: "tell" | "compare" | "replace" | null;
  /** Why no plan can be had, or null. */
  readonly obstacle: string | null;
}

/** What the static rules say of a run; `canPlan` is false where it turned out that no plan can be had. */
export function judge(invocation: Invocation, facts: Facts, config: Config, canPlan = true): Judged {
  const ends = endsOf(invocation);
  const targets = targetsOf(invocation, facts);
  const destination = ends.destination && spotOf(ends.destination, facts);
  const settings = settingsFor(config, targets, isServer(invocation));
  const risk = riskOf(invocation, targets, facts);
  const planning = planningOf(invocation, risk, settings, obstacleTo(invocation, ends, facts, settings));
  // a dry run is planned in any case, its live run only where it needs a dry run
  const isLivePlanned = planning.purpose !== null && needsDryRun(risk, settings);
  // -K leads out of the destination by links that the plan's names don't show
  const isHere = targets.every(({ remote }) => !remote) && !isOn(allOptions(invocation), "keep-dirlinks");
  const planned = canPlan && isLivePlanned && isHere;
  const run: Case = { invocation, ends, targets, destination, facts, config, planned };
  // where a path is relative to nothing, what the other rules see is not where the run would go
  const blind = unseen(run);
  const all = blind.length > 0 ? blind : rules.flatMap((rule) => rule(run));
  const refusals = all.filter(({ code }) => undecided.has(code) || !settings.allow.includes(code));
  return { targets, settings, risk, planning, refusals: withoutRepetition(refusals) };
}

function planningOf(invocation: Invocation, risk: Risk, settings: Settings, obstacle: string | null): Planning {
  if (obstacle !== null) return { purpose: null, obstacle };
  if (invocation.dryRun) return { purpose: "tell", obstacle };
  if (!needsDryRun(risk, settings)) return { purpose: null, obstacle };
  const replaces = settings.dryRun.required === "auto";
  return { purpose: replaces ? "replace" : invocation.deletes ? "compare" : null, obstacle };
}

/** Below a protected directory there are many more: that it is one says it. */
function withoutRepetition(refusals: readonly Refusal[]): readonly Refusal[] {
  const paths = new Set(refusals.flatMap((one) => (one.code === "protected-destination" ? [one.path] : [])));
  return refusals.filter((one) => one.code !== "protected-below" || !paths.has(one.path));
}

/** What the run can lose. */
function riskOf(invocation: Invocation, targets: readonly Target[], facts: Facts): Risk {
  if (targets.length === 0) return "nothing";
  // a receiver is told of sources that are removed, but they are on the other side
  if (invocation.kind === "receiver" ? invocation.deletes : loses(invocation)) return "deletes";
  const overwrites = ({ place, writes, role }: Target) => writes && role !== "option" && !holdsNothing(place, facts);
  return targets.some(overwrites) ? "overwrites" : "nothing";
}

/** Whether a run of that risk needs a dry run of its own first. */
export const needsDryRun = (risk: Risk, { dryRun: { required } }: Settings): boolean =>
  ({
    always: true,
    risky: risk !== "nothing",
    auto: risk !== "nothing",
    deletes: risk === "deletes",
    never: false,
  })[required];

/** The kinds that can lose something: all others are the real rsync's business, and are exec'ed at once. */
export const canLose = (invocation: Invocation): boolean =>
  invocation.kind === "sender" ? invocation.removesSource : ["dry-run", "live", "receiver"].includes(invocation.kind);

export type Verdict = "run" | "approve" | "refuse";

/** What becomes of a run with these refusals: a dry run is never refused, unless it can't be told that it is one. */
export function verdictOf(invocation: Invocation, refusals: readonly Refusal[], { mode }: Settings): Verdict {
  if (refusals.some(({ code }) => undecided.has(code))) return "refuse";
  if (canLose(invocation) && invocation.dryRun) return "approve";
  return refusals.length > 0 && mode === "enforce" ? "refuse" : "run";
}

/** 0: it runs; 77: refused; 78: it can't be decided. rsync itself uses 0-35 and 124-127, and ssh 255. */
export const exitCodeOf = (verdict: Verdict, refusals: readonly Refusal[]): 0 | 77 | 78 =>
  verdict !== "refuse" ? 0 : refusals.some(({ code }) => undecided.has(code)) ? 78 : 77;
