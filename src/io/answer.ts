/** What follows a decision: the journal, the shim's answer, and what people are told. */

import { existsSync } from "node:fs";
import { bytesOf } from "../core/bytes.ts";
import type { Config } from "../core/configuration/settings.ts";
import { eventOf, idOf, type JournalEvent } from "../core/history/journal.ts";
import {
  canOffer,
  type Decision,
  exitCodeOf,
  isJournalled,
  isLiftable,
  isRollback,
  notUndoable,
} from "../core/judge/decision.ts";
import { dryRunAnswer, execAnswer, startWords } from "../core/shell-answer.ts";
import { nobodyText } from "../core/words/reasons.ts";
import type { CommandLine } from "./command-line.ts";
import { usableConfiguration } from "./decide.ts";
import { type Environment, environmentDiff, spareDescriptor } from "./host/environment.ts";
import { whyNobody } from "./host/session.ts";
import { answerShim, say } from "./host/streams.ts";
import type { SetAside } from "./set-aside.ts";
import { keepMounts } from "./store/mounts.ts";
import { allowancesDirectory, approvalsDirectory, journalFile, mountsDirectory } from "./store/paths.ts";

/** Most runs go without a word. */
export const loadWords = () => import("../core/words/message.ts");

/** Only a receiver has one. */
export const loadLimit = () => import("./receiver-limit.ts");

/**
 * Whom what is no refusal is told. In mode observe only a terminal: programs take what is on standard error for a
 * failure, and cron mails it.
 */
export const tellerOf = ({ settings }: Decision, isTerminal: boolean): ((text: string) => void) =>
  isTerminal || settings.mode === "enforce" ? say : () => undefined;

/** Answers the shim, or says why not; returns the guard's exit code. */
export async function answer(
  decision: Decision,
  command: CommandLine,
  env: Environment,
  isTerminal = false,
): Promise<number> {
  const { verdict, refusals, record, rsync } = decision;
  const isAllowed = verdict === "refuse" && (await takesAllowance(decision, env));
  const isObserved = verdict === "run" && refusals.length > 0;
  const tell = tellerOf(decision, isTerminal);
  const kept = verdict === "run" || isAllowed ? await keepReplaced(decision, env) : null;
  if (kept && "obstacle" in kept) {
    if (decision.settings.undo.required) return answer(notUndoable(decision, kept.obstacle), command, env, isTerminal);
    tell((await import("../core/words/undo.ts")).notSetAsideText(kept.obstacle));
  }
  const undoable = kept && "record" in kept ? kept : null;
  if (undoable?.other) tell((await import("../core/words/undo.ts")).notAloneText(undoable.other));
  await writeEntry(decision, isAllowed ? "allowed" : isObserved ? "observed" : verdict, env, tell, undoable?.record);
  if (verdict === "refuse" && !isAllowed) {
    const { refusalJson, refusalText } = await loadWords();
    const allowId = isLiftable(decision) && decision.record ? idOf(decision.record.fingerprint) : null;
    say(refusalText({ ...decision, allowId }, "refused, nothing ran"));
    if ((await configOf(decision, env)).messages.format === "json" && !(isTerminal && whyNobody() === null))
      say(refusalJson({ ...decision, allowId }, exitCodeOf(decision)));
    return exitCodeOf(decision);
  }
  const start = startWords(bytesOf(rsync?.path ?? ""), environmentDiff(process.ppid));
  // a dry run with the limit is stopped where its live run would be, and then does not count
  const isLimited = decision.invocation?.kind === "receiver";
  const words = isLimited ? (await loadLimit()).limitedWords(decision, command, env) : command.shellWords;
  if (verdict === "approve") {
    answerShim(dryRunAnswer(start, words, record?.fingerprint ?? "", spareDescriptor(process.ppid)));
    return 0;
  }
  await keepMounts(mountsDirectory(env), decision);
  if (decision.matchingApproval) {
    const { markUsed } = await import("./store/approvals.ts");
    markUsed(approvalsDirectory(env), decision.matchingApproval.fingerprint);
  }
  const approved = decision.matchingApproval;
  if (approved?.imported && approved.plan && decision.plan?.plan)
    say((await loadWords()).importedDifferenceText(approved.plan, decision.plan.plan));
  const reason = isAllowed ? "allowed once, so it runs" : "mode is observe, so it runs";
  if (refusals.length > 0) {
    tell((await loadWords()).refusalText(decision, `${reason}; otherwise it would be refused`));
    if (undoable) tell((await import("../core/words/undo.ts")).undoByText(undoable.record.id));
  }
  answerShim(execAnswer(start, words, undoable?.words));
  return 0;
}

/** Most hosts keep nothing, and don't pay for it. */
async function keepReplaced(decision: Decision, env: Environment): Promise<SetAside> {
  if (decision.settings.undo.keepFor === null) return null;
  return (await import("./set-aside.ts")).setAside(decision, env, process.ppid);
}

/** Where a person sits at the terminal, a dry run that is missing can be made at once, and a rollback confirmed. */
export async function answerAtTerminal(decision: Decision, command: CommandLine, env: Environment): Promise<number> {
  const code = await answer(decision, command, env, true);
  if (code === 0 || !(canOffer(decision) || isRollback(decision))) return code;
  const nobody = whyNobody();
  if (nobody !== null) {
    say(`  nothing is asked: ${nobodyText(nobody)}\n`);
    return code;
  }
  const { confirmRollback, offerDryRun } = await import("./offer.ts");
  const isOffered = canOffer(decision);
  const made = await (isOffered ? offerDryRun(decision) : confirmRollback(decision));
  if (!made) return code;
  return isOffered && isRollback(made) ? answerAtTerminal(made, command, env) : answer(made, command, env, true);
}

/** Whether somebody has let exactly this run go once, with `rsync-guard allow`. */
async function takesAllowance(decision: Decision, env: Environment): Promise<boolean> {
  const directory = allowancesDirectory(env);
  if (!isLiftable(decision) || !decision.record || !existsSync(directory)) return false;
  const { takeAllowance } = await import("./store/allowances.ts");
  return takeAllowance(directory, decision.record.fingerprint);
}

/** Of a command that can't be read it has not been needed so far. */
const configOf = async ({ inputs }: Decision, env: Environment): Promise<Config> =>
  inputs?.config ?? usableConfiguration(env);

/** Puts it into the journal, unless nothing but information was asked for. */
export async function writeEntry(
  decision: Decision,
  verdict: JournalEvent["verdict"],
  env: Environment,
  tell: (text: string) => void,
  undo: JournalEvent["undo"] = null,
): Promise<void> {
  if (!isJournalled(decision)) return;
  const { journalSettings, writeJournal } = await import("./store/journal.ts");
  const config = await configOf(decision, env);
  const event = eventOf(decision, verdict, undo && { id: undo.id, until: undo.until });
  const failed = await writeJournal(journalFile(env), event, env, journalSettings(config));
  if (failed) tell(failed);
}
