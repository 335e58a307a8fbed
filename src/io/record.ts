/** What follows a dry run: its plan, its record, and what people are told of its live run. */

import { lastValue } from "../core/command/parse.ts";
import { isBound } from "../core/judge/approval.ts";
import { counts, type Decision, dryRunResult, isAwaited, isHeard, withPlanOfDryRun } from "../core/judge/decision.ts";
import type { DryRunFailure } from "../core/judge/refusal.ts";
import { isElsewhere, lackingDirectory } from "../core/place/target.ts";
import { type PlanResult, stoppedByLimit } from "../core/plan/plan.ts";
import { loadLimit, loadWords, tellerOf, writeEntry } from "./answer.ts";
import type { Environment } from "./host/environment.ts";
import { allowProgress } from "./host/progress.ts";
import { say } from "./host/streams.ts";
import { approvalsDirectory } from "./store/paths.ts";

/** How a dry run ended, and its fingerprint from before it; empty: it had none. */
export interface DryRunEnd {
  readonly exitCode: number;
  readonly fingerprint: string;
}

/** A plan that was begun at that time (milliseconds since 1970), for what had that fingerprint then. */
interface TimedPlan {
  readonly at: number;
  readonly fingerprint: string | undefined;
  readonly made: PlanResult;
}

/** Makes the plan beside a dry run on this host, and records the dry run once that has ended. */
export async function watch(look: () => Promise<Decision>, env: Environment, isTerminal: boolean): Promise<number> {
  // Ctrl-C is for the dry run, whose end the shim then tells
  for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, () => undefined);
  const shim = listen();
  if (isTerminal) allowProgress(shim.ended);
  // it is not to be heard of before the dry run has ended
  const planning = planBeside(look, shim.unwanted).then(
    (plan) => () => plan,
    (error: unknown) => () => {
      throw error;
    },
  );
  const end = await shim.ended;
  const beside = end?.exitCode === 0 ? await planning : () => null;
  return end && !shim.isGone() ? record(end, look, env, isTerminal, beside) : 0;
}

/** Null where another host takes part: the plan comes after the dry run, so that the two don't connect at a time. */
async function planBeside(look: () => Promise<Decision>, unwanted: Promise<unknown>): Promise<TimedPlan | null> {
  const decision = await look();
  return isElsewhere(decision.ends) ? null : plan(decision, unwanted);
}

async function plan(decision: Decision, unwanted: Promise<unknown> | null = null): Promise<TimedPlan> {
  const { makePlan } = await import("./planner.ts");
  const at = Date.now();
  return { at, fingerprint: decision.record?.fingerprint, made: await makePlan(decision, { unwanted }) };
}

/** What the shim says on standard input: how the dry run ended, in one line. */
function listen(): {
  /** Null: the shim is gone. */
  readonly ended: Promise<DryRunEnd | null>;
  /** The shim is gone, or the dry run failed. */
  readonly unwanted: Promise<unknown>;
  isGone(): boolean;
} {
  let text = "";
  let isGone = false;
  const gone = new Promise<null>((fulfil) => {
    process.stdin.on("close", () => {
      isGone = true;
      fulfil(null);
    });
  });
  const ended = new Promise<DryRunEnd | null>((fulfil) => {
    process.stdin.on("data", (piece) => {
      text += piece.toString("latin1");
      const [, code, fingerprint = ""] = /^\s*(\d+) (\S*)\n/.exec(text) ?? [];
      if (code !== undefined) fulfil({ exitCode: Number(code), fingerprint });
    });
    gone.then(fulfil);
  });
  return { ended, unwanted: ended.then((end) => (end?.exitCode === 0 ? gone : null)), isGone: () => isGone };
}

/**
 * Keeps the record of a dry run that has ended, and says what its live run would do. `look` decides on the command as it
 * is now; `beside`: the plan that was made meanwhile. Never fails: rsync has run, and its exit code stands.
 */
export async function record(
  { exitCode, fingerprint }: DryRunEnd,
  look: () => Promise<Decision>,
  env: Environment,
  isTerminal: boolean,
  beside: () => TimedPlan | null = () => null,
): Promise<number> {
  try {
    const planned = beside();
    const decision = await look();
    const tell = tellerOf(decision, isTerminal);
    // of other files or variables it would be the plan of another run
    const current = planned?.fingerprint === decision.record?.fingerprint ? planned : null;
    if (exitCode === 0) tell(await keepRecord(decision, fingerprint, current ?? (await plan(decision)), env, tell));
    else {
      if (isAwaited(decision))
        tell((await loadWords()).failedDryRunText(exitCode, await limitThatStopped(decision, exitCode)));
      await writeEntry(decision, "failed", env, tell);
      await keepFailure(decision, exitCode, env);
      if (decision.refusals.length > 0) tell((await loadWords()).warningText(decision));
    }
  } catch (error) {
    say(`rsync-guard: this dry run could not be recorded, so it does not count: ${(error as Error).message}\n`);
  }
  return 0;
}

/** The limit of this receiving host, where it is the one that stopped a dry run. */
async function limitThatStopped(decision: Decision, exitCode: number): Promise<number | null> {
  if (exitCode !== stoppedByLimit || decision.invocation?.kind !== "receiver") return null;
  const most = (await loadLimit()).limitOf(decision);
  return lastValue(decision.invocation.options, "max-delete") === String(most) ? most : null;
}

/** For whoever goes live nonetheless: what is then said names it. */
async function keepFailure(decision: Decision, why: DryRunFailure, env: Environment): Promise<void> {
  const { record, needsDryRun } = decision;
  if (!record || !needsDryRun) return;
  const { saveFailure } = await import("./store/approvals.ts");
  saveFailure(approvalsDirectory(env), record.fingerprint, { at: Date.now(), why });
}

/** Keeps the record of a dry run that succeeded, with its plan; what is said of it. */
async function keepRecord(
  decision: Decision,
  fingerprint: string,
  { at, made }: TimedPlan,
  env: Environment,
  tell: (text: string) => void,
): Promise<string> {
  const { saveApproval } = await import("./store/approvals.ts");
  const planned = withPlanOfDryRun(decision, made);
  const result = dryRunResult(fingerprint, planned, made);
  if (counts(result) && decision.record)
    saveApproval(approvalsDirectory(env), { ...decision.record, at }, made.plan ? made : null);
  if (result === "changed" || result === "unplanned") await keepFailure(decision, result, env);
  await writeEntry({ ...planned, plan: made }, counts(result) ? "recorded" : "failed", env, tell);
  const { dryRun } = decision.settings;
  const bound = isBound(decision.record?.session ?? null, dryRun);
  const { outlookText, warningText } = await loadWords();
  const { invocation, ends, inputs } = decision;
  const lacking = invocation && inputs ? lackingDirectory(invocation, ends, inputs.facts) : null;
  const outlook = isHeard(decision) ? outlookText(made, result, { freshFor: dryRun.freshFor, bound, lacking }) : "";
  return outlook + (planned.refusals.length > 0 ? warningText(planned) : "");
}
