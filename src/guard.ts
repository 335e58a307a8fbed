/**
 * The shim's question: may this run? Answers on stdout with a fragment for the shim's shell, or refuses with exit 77
 * or 78 and words on stderr. After a dry run the shim comes back, to have it recorded.
 */
import { existsSync, readFileSync, writeSync } from "node:fs";
import { counts, isBound, type Standing } from "./core/judge/approval.ts";
import { outlookText, refusalText, warningText } from "./core/words/message.ts";
import { isServer, parse } from "./core/command/parse.ts";
import { isElsewhere, type Plan } from "./core/plan/plan.ts";
import { unliftable } from "./core/words/refusals.ts";
import { readsArguments, unsecluded } from "./core/command/secluded.ts";
import { endsOf } from "./core/place/target.ts";
import { type Bytes, bufferOf, bytesOf, quoted, textOf } from "./core/bytes.ts";
import { exitCodeOf, needsDryRun } from "./core/judge/verdict.ts";
import { exactArguments, secludedArguments, shellChanges, spareDescriptor } from "./io/host/caller.ts";
import { serverLook } from "./io/host/facts.ts";
import type { Said } from "./io/store/journal.ts";
import {
  allowancesDirectory,
  approvalsDirectory,
  type Decision,
  decide,
  journalFile,
  type NewApproval,
} from "./io/decide.ts";
import type { Planned } from "./io/planner.ts";

/** As for a command that can't be decided. */
const broken = 78;

async function main(): Promise<number> {
  const [question, shimPath = "", realPath = "", ...words] = exactArguments() ?? [];
  const stands = { shim: textOf(shimPath), real: realPath === "" ? null : textOf(realPath), fingerprint: false };
  const look = async () => {
    const { argv, named, secluded } = commandOf(words);
    return { named, decision: await planned(await decide(argv, process.env, { ...stands, secluded })) };
  };
  switch (question) {
    case "decide":
      return answer(await look());
    case "decide-at-terminal":
      return answerAtTerminal(await look());
    case "record": {
      const [code = "", ...argv] = words;
      return record(Number(code), () => decide(argv, process.env, { ...stands, secluded: null }));
    }
    default:
      say(
        "rsync-guard: refused, nothing ran: the arguments hold bytes that are not UTF-8, and there is no /proc to read them from\n",
      );
      return broken;
  }
}

/** Where the shim has put the standard input of a server. */
const serverInput = 8;

interface Command {
  readonly argv: readonly Bytes[];
  /** How the shim's shell names these arguments. */
  readonly named: Bytes;
  /** Why the arguments that a client sends on standard input are not among them. */
  readonly secluded: string | null;
}

/** A command line, with the arguments that its client sends on standard input. */
function commandOf(argv: readonly Bytes[]): Command {
  const own = { argv, named: '"$@"', secluded: null };
  const parsed = argv.includes("--server") ? parse(argv, process.env) : null;
  if (!parsed || "unreadable" in parsed || !readsArguments(parsed.invocation)) return own;
  const sent = secludedArguments(serverInput);
  const whole = sent ? unsecluded(argv, sent, serverLook) : { why: "they are not whole" };
  return "why" in whole ? { ...own, secluded: whole.why } : { ...own, argv: whole, named: whole.map(quoted).join(" ") };
}

/** With the plan that the run hangs on; most runs hang on none, and don't pay for making one. */
async function planned(decision: Decision): Promise<Planned> {
  const { verdict, refusals, invocation, risk, settings } = decision;
  const isNeeded = invocation?.kind === "live" && needsDryRun(risk, settings);
  if (verdict !== "run" || refusals.length > 0 || !isNeeded) return { ...decision, plan: null };
  const { judgedByPlan } = await import("./io/planner.ts");
  return judgedByPlan(decision, process.env);
}

/** Where a person sits before it, a dry run that is missing can be made at once. */
async function answerAtTerminal({ decision, named }: Answer): Promise<number> {
  const code = await answer({ decision, named });
  if (decision.verdict !== "refuse" || code === 0) return code;
  const { canOffer, offered } = await import("./io/offer.ts");
  const made = canOffer(decision) ? await offered(decision) : null;
  return made ? answer({ decision: made, named }) : code;
}

interface Answer {
  readonly decision: Planned;
  readonly named: Bytes;
}

async function answer({ decision, named }: Answer): Promise<number> {
  const { verdict, refusals, approval } = decision;
  const plan = decision.plan && !("unplanned" in decision.plan) ? decision.plan : null;
  const isAllowed = verdict === "refuse" && (await takesAllowance(decision));
  await keep(decision, isAllowed ? "allowed" : verdict === "run" && refusals.length > 0 ? "observed" : verdict, plan);
  if (verdict === "refuse" && !isAllowed) {
    say(refusalText(decision, "refused, nothing ran"));
    return exitCodeOf(verdict, refusals);
  }
  if (verdict === "approve") {
    write(1, dryRunFragment(startWords(decision), named, approval));
    return 0;
  }
  const why = isAllowed ? "allowed once, so it runs" : "mode is observe, so it runs";
  if (refusals.length > 0) say(refusalText(decision, `${why}; else it would be refused`));
  write(1, `exec ${startWords(decision).join(" ")} ${named}`);
  return 0;
}

/** Whether somebody has let exactly this run go once, with `rsync-guard allow`. */
async function takesAllowance({ refusals, approval, invocation }: Decision): Promise<boolean> {
  const isLiftable = approval && invocation?.kind === "live" && !refusals.some(({ code }) => unliftable.has(code));
  const directory = allowancesDirectory(process.env);
  if (!isLiftable || !existsSync(directory)) return false;
  const { takeAllowance } = await import("./io/store/allowances.ts");
  return takeAllowance(directory, approval.fingerprint);
}

/** Puts it into the journal, unless nothing but information was asked for. */
async function keep(decision: Decision, verdict: Said["verdict"], plan: Plan | null = null): Promise<void> {
  const { invocation, refusals, argv, targets, approval, approved, seen } = decision;
  const isInformation = invocation?.kind === "information" || invocation?.kind === "listing";
  if (isInformation && refusals.length === 0) return;
  const { writeJournal } = await import("./io/store/journal.ts");
  const said: Said = {
    argv: argv.map(textOf),
    kind: invocation?.kind ?? null,
    targets: targets.map(({ path }) => textOf(path)),
    verdict,
    codes: [...new Set(refusals.map(({ code }) => code))],
    fingerprint: approval?.fingerprint ?? null,
    approvedAt: approved?.at ?? null,
    plan,
  };
  const failed = await writeJournal(journalFile(process.env), said, process.env, {
    syslog: seen?.config.syslog === true,
  });
  if (failed) say(failed);
}

/** The words that start the real rsync, with the environment as it was before the shim's shell changed it. */
function startWords({ rsync }: Decision): readonly Bytes[] {
  const path = quoted(bytesOf(rsync?.path ?? ""));
  const { set, unset } = shellChanges(process.ppid);
  const changes = [...unset.flatMap((name) => ["-u", quoted(name)]), ...set.map(quoted)];
  return changes.length > 0 ? ["/usr/bin/env", ...changes, path] : [path];
}

/**
 * A dry run has to be waited for, which is the shim's work. It keeps this run's approval meanwhile (null where the run
 * hangs on something that can't be seen, so that no dry run stands for it), and hands it back when the dry run has ended.
 */
function dryRunFragment(start: readonly Bytes[], named: Bytes, approval: NewApproval | null): Bytes {
  const kept = JSON.stringify(approval).replace(/[\u0080-\uffff]/g, escapeCharacter);
  const fd = spareDescriptor(process.ppid) ?? "";
  return `rsync_guard_dry_run ${quoted(kept)} '${fd}' ${start.length} ${start.join(" ")} ${named}`;
}

const escapeCharacter = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * Keeps the approval of a dry run that ended with that code, and says what its live run would do. Never fails: rsync has
 * run, and its exit code stands.
 */
async function record(code: number, look: () => Promise<Decision>): Promise<number> {
  try {
    const approval: NewApproval | null = JSON.parse(readFileSync(0, "utf8"));
    const decision = await look();
    if (code !== 0) {
      say(`rsync-guard: this dry run ended with exit code ${code}, so it does not count as one\n`);
      await keep(decision, "failed");
      if (decision.refusals.length > 0) say(warningText(decision));
    } else say(await outlook(decision, approval));
  } catch (error) {
    say(`rsync-guard: this dry run could not be recorded, so it does not count: ${(error as Error).message}\n`);
  }
  return 0;
}

/** What is said after a dry run that succeeded, once its approval is kept. */
async function outlook(decision: Decision, approval: NewApproval | null): Promise<string> {
  const [{ planOf, refusedByPlan }, { saveApproval }] = await Promise.all([
    import("./io/planner.ts"),
    import("./io/store/approvals.ts"),
  ]);
  const made = await planOf(decision);
  const whole = "unplanned" in made ? null : made;
  const refusals = [...decision.refusals, ...refusedByPlan(decision, made)];
  const standing = standingOf(decision, approval, whole !== null, refusals.length > 0);
  if (counts(standing) && approval)
    saveApproval(approvalsDirectory(process.env), { ...approval, at: Date.now() }, whole);
  await keep({ ...decision, refusals }, counts(standing) ? "recorded" : "failed", whole?.plan ?? null);
  const { invocation, settings } = decision;
  const { freshFor } = settings.dryRun;
  const bound = isBound(approval?.session ?? null, settings.dryRun);
  // a server speaks to somebody who has just read what the near side said
  const isHeard = invocation !== null && !isServer(invocation);
  return [
    isHeard ? outlookText("unplanned" in made ? made : made.plan, standing, { freshFor, bound }) : "",
    refusals.length > 0 ? warningText({ ...decision, refusals }) : "",
  ].join("");
}

function standingOf(decision: Decision, approval: NewApproval | null, planned: boolean, refused: boolean): Standing {
  const { invocation, settings, risk, approval: now, planning } = decision;
  if (!approval) return "unseen";
  if (approval.fingerprint !== now?.fingerprint) return "changed";
  // where no plan can be had, the fingerprint is all there is; here, one could be
  const isExpected = planning.purpose !== null && invocation?.deletes && !isElsewhere(endsOf(invocation));
  if (!planned && isExpected) return "unplanned";
  return refused ? "refused" : needsDryRun(risk, settings) ? "approved" : "unneeded";
}

/** Where the shim has put the caller's stderr; 2 is for what Node itself has to say, which nobody should see. */
const stderr = 9;

const say = (text: string): void => write(stderr, bytesOf(text));

/** All of it, at once: what is left in a stream's buffer is lost when the process ends. */
function write(fd: number, bytes: Bytes): void {
  const buffer = bufferOf(bytes);
  for (let at = 0; at < buffer.length; ) {
    try {
      at += writeSync(fd, buffer, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN") continue;
      // nobody reads what people are told; but an answer that was not heard must not look like one
      if (fd === stderr) return;
      throw error;
    }
  }
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    say(
      `rsync-guard: refused, nothing ran: the guard failed: ${error.message}\n  next: report it, with the command; to go on without the guard, call rsync by its full path\n`,
    );
    process.exit(broken);
  },
);
