/** Makes plans: runs the real rsync's dry run, reads what it prints, and looks at what is there now. */
import { readlinkSync } from "node:fs";
import { posix } from "node:path";
import type { Facts } from "../core/place/facts.ts";
import { isRemote, type Operand } from "../core/command/operand.ts";
import type { Invocation } from "../core/command/parse.ts";
import type { PathSet } from "../core/plan/path-set.ts";
import { enoughFor, isElsewhere, judgePlan, type Plan, planArguments, type WholePlan } from "../core/plan/plan.ts";
import { namesOf, PlanReader, type Site, type Specials } from "../core/plan/reader.ts";
import type { Refusal } from "../core/words/refusals.ts";
import { shieldedBelow } from "../core/judge/rules.ts";
import { endsOf, isWithin, type Spot, spotOf, type Target } from "../core/place/target.ts";
import { type Bytes, bufferOf, bytesOf, fsPath, quoted } from "../core/bytes.ts";
import { judge, needsDryRun, verdictOf } from "../core/judge/verdict.ts";
import { approvedDeletions, StateError } from "./store/approvals.ts";
import { entriesOf } from "./host/facts.ts";
import { approvalsDirectory, type Decision, type Environment } from "./decide.ts";

export interface Unplanned {
  /** Why, for people. */
  readonly unplanned: string;
}

/** A decision, and the plan that it hangs on, if any. */
export interface Planned extends Decision {
  readonly plan: Plan | Unplanned | null;
}

/** Makes the plan that a live run needs, and judges it. */
export async function judgedByPlan(decision: Decision, env: Environment): Promise<Planned> {
  try {
    const isStored = decision.planning.purpose === null;
    return judgedAs(decision, isStored ? storedPlan(decision) : await freshPlan(decision, env));
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return refusedAs(decision, [{ code: "cannot-decide", why: `the records of dry runs: ${error.message}` }], null);
  }
}

const refusedAs = (decision: Decision, refusals: readonly Refusal[], plan: Planned["plan"]): Planned => ({
  ...decision,
  plan,
  refusals,
  verdict: decision.invocation ? verdictOf(decision.invocation, refusals, decision.settings) : "refuse",
});

/** What becomes of a live run with that plan, or without one. */
export function judgedAs(decision: Decision, made: { readonly plan: Plan } | Unplanned): Planned {
  const { planning, missing, invocation } = decision;
  const said = saidBy(decision, made);
  if (!("unplanned" in made)) return refusedAs(decision, said, made.plan);
  const all = missing ? [...said, missing] : said;
  if (all.length > 0) return refusedAs(decision, all, made);
  // here what was planned once can be planned again
  if (planning.purpose === "compare" && invocation && !isElsewhere(endsOf(invocation)))
    return refusedAs(
      decision,
      [{ code: "cannot-decide", why: `no plan of it could be made: ${made.unplanned}` }],
      null,
    );
  return { ...decision, plan: null };
}

/** What the plan of a dry run, or that there is none, says against its live run. */
export function refusedByPlan(decision: Decision, made: WholePlan | Unplanned): readonly Refusal[] {
  // a live run that needs no dry run is not planned
  if (!needsDryRun(decision.risk, decision.settings)) return [];
  return saidBy(decision, made).filter(({ code }) => !decision.refusals.some((known) => known.code === code));
}

/** Without a plan the static rules say what they had left to it. */
function saidBy({ invocation, seen, settings, targets }: Decision, made: { readonly plan: Plan } | Unplanned) {
  if (!("unplanned" in made)) return judgePlan(made.plan, settings, planPath(targets));
  if (!invocation || !seen) return [];
  return settings.dryRun.remotePlan === "require" && isElsewhere(endsOf(invocation))
    ? [planRequired(made)]
    : judge(invocation, seen.facts, seen.config, false).refusals;
}

const planRequired = ({ unplanned }: Unplanned): Refusal => ({
  code: "cannot-decide",
  why: `dry_run.remote_plan is "require", and no plan could be made: ${unplanned}`,
});

const storedPlan = ({ approved, planning }: Decision): { readonly plan: Plan } | Unplanned =>
  approved?.plan ? { plan: approved.plan } : { unplanned: planning.obstacle ?? "none could be made after its dry run" };

function freshPlan(decision: Decision, env: Environment): Promise<WholePlan | Unplanned> {
  const compares = decision.planning.purpose === "compare" && decision.approved;
  return planOf(decision, compares ? approvedDeletions(approvalsDirectory(env), compares) : null);
}

/** Where the plan would delete, or else write. */
const planPath = (targets: readonly Target[]): Bytes =>
  (targets.find(({ deletes, role }) => deletes && role === "destination") ?? targets[0])?.path ?? "";

/** The plan of a run, dry or live. `approved`: what it may delete, or null for anything; `show` gets the dry run's output. */
export async function planOf(
  decision: Decision,
  approved: PathSet | null = null,
  show: (piece: Bytes) => void = () => {},
): Promise<WholePlan | Unplanned> {
  const { invocation, seen, rsync, targets, planning, settings } = decision;
  if (!invocation || !seen || !rsync || planning.obstacle !== null)
    return { unplanned: planning.obstacle ?? "the command can't be read" };
  const reader = new PlanReader(siteOf(invocation, targets, seen, settings.limits.keep, approved));
  const failed = await runPlan(rsync.path, planArguments(invocation), (piece) => {
    reader.read(piece);
    show(piece);
  });
  if (failed !== null) return { unplanned: failed };
  const whole = reader.end();
  if (!whole) return { unplanned: "what rsync printed is not whole" };
  if (targets.some(({ remote }) => remote)) return whole;
  const deleting = targets.flatMap(({ role, deletes, path }) => (role === "destination" && deletes ? [path] : []));
  return { ...whole, plan: { ...whole.plan, present: countEntries(deleting, enoughFor(whole.plan, settings.limits)) } };
}

function siteOf(
  invocation: Invocation,
  targets: readonly Target[],
  { facts, config }: NonNullable<Decision["seen"]>,
  keep: Site["keep"],
  approved: PathSet | null,
): Site {
  const { destination } = endsOf(invocation);
  const spot = destination && entryOf(destination, facts);
  const deleting = targets.filter(({ deletes, role }) => deletes && role === "destination");
  return {
    name: destination && isRemote(destination) ? destination.path.replace(/\/+$/, "") : (spot?.path ?? ""),
    ...namesOf(spot, targets),
    keep,
    shielded: deleting.flatMap((target) => [...shieldedBelow(target, { facts, config })]),
    approved,
    specials,
    leadsOut: (link, target) => leadsOut(link, target, facts),
    releaseLinks: facts.releaseLinks,
    isThere: (path) => facts.entry(path).kind !== "missing",
  };
}

/** A link that doesn't lead to a directory is replaced, not followed. */
function entryOf(destination: Operand, facts: Facts): Spot {
  const spot = spotOf(destination, facts);
  if (isRemote(destination) || spot.place?.kind === "directory") return spot;
  const place = facts.entry(destination.path);
  return { ...spot, path: place.path, place };
}

function specials(directory: Bytes): Specials {
  const found = new Map<Bytes, "symlink" | "special">();
  for (const entry of entriesOf(directory))
    if (!entry.isFile() && !entry.isDirectory()) found.set(entry.name, entry.isSymbolicLink() ? "symlink" : "special");
  return found;
}

/** How many entries these directories hold in all; counts no further than to `enough`. */
function countEntries(directories: readonly Bytes[], enough: number): number {
  // one may lie in another
  const waiting = directories.filter((one) => !directories.some((other) => other !== one && isWithin(one, other)));
  let count = 0;
  for (let directory = waiting.pop(); directory !== undefined && count < enough; directory = waiting.pop())
    for (const entry of entriesOf(directory)) {
      count++;
      if (entry.isDirectory()) waiting.push(posix.join(directory, entry.name));
    }
  return count;
}

/** Owned by the system, not by what is deployed: a link to an interpreter in /usr/bin is no loss. */
const systemDirectory = /^\/(?:usr|bin|sbin|lib[^/]*|proc|sys|dev|run)(?:\/|$)/;

function leadsOut(link: Bytes, target: Bytes, facts: Facts): Bytes | null {
  const { path, kind } = facts.place(link);
  if (kind === "missing" || isWithin(path, target) || systemDirectory.test(path)) return null;
  try {
    return readlinkSync(fsPath(link), "latin1");
  } catch {
    return null;
  }
}

/**
 * Runs a plan's command and hands on what it prints; why it failed, or null.
 *
 * A shell reads the command from a pipe, since Node can't start anything with arguments that aren't UTF-8. It has a
 * session of its own without a terminal, and ssh is told of no program to ask with: nobody can be asked for a password.
 * rsync writes each line by itself, which is dear into the socket that Node opens: a pipe to cat gathers them.
 */
async function runPlan(rsync: string, argv: readonly Bytes[], read: (piece: Bytes) => void): Promise<string | null> {
  const { spawn } = await import("node:child_process");
  const { DISPLAY: _display, SSH_ASKPASS: _askpass, ...env } = process.env;
  const child = spawn("/bin/sh", ["-s"], {
    env: { ...env, SSH_ASKPASS_REQUIRE: "never" },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  // no descriptor or no process was free: then there is not even a pipe
  if (child.pid === undefined)
    return new Promise((fulfil) => child.on("error", ({ message }) => fulfil(`rsync -n can't be started: ${message}`)));
  const ended = withGuardGone(() => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  });
  let said = "";
  child.stderr.on("data", (piece: Buffer) => {
    if (said.length < 4096) said += piece.toString("latin1");
  });
  let failure: unknown;
  child.stdout.on("data", (piece: Buffer) => {
    try {
      read(piece.toString("latin1"));
    } catch (error) {
      // thrown from here it would end the guard without a word
      failure ??= error;
      child.stdout.destroy();
    }
  });
  child.stdin.on("error", () => {
    // it has ended before it read its command: its exit code says so
  });
  // 4 is Node's socket, and what is written to 3 is the exit code
  const command = [bytesOf(rsync), ...argv].map(quoted).join(" ");
  child.stdin.end(
    bufferOf(`exec 4>&1; exit $({ { ${command} </dev/null 3>&- 4>&-; echo $? >&3; } | cat >&4; } 3>&1)\n`),
  );
  // not "close": an ssh master that stays behind keeps standard error open
  const [code] = await Promise.all([
    new Promise<number | NodeJS.Signals | null>((fulfil) => {
      child.on("error", () => fulfil(null));
      child.on("exit", (status, signal) => fulfil(status ?? signal));
    }),
    new Promise((fulfil) => child.stdout.on("close", fulfil)),
  ]);
  child.stderr.destroy();
  ended();
  if (failure) throw failure;
  // 24: a source file has vanished, as happens in live directories
  if (code === 0 || code === 24) return null;
  const [line = ""] = said.split("\n");
  return `rsync -n ended with ${typeof code === "number" ? `exit code ${code}` : (code ?? "nothing")}${line ? `: ${line}` : ""}`;
}

const deadly = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** Ends what was started when the guard is ended, or when the shim that asked it is; the function that is returned undoes that. */
function withGuardGone(end: () => void): () => void {
  const stop = () => {
    try {
      end();
    } catch {
      // it has ended by itself
    }
  };
  const onSignal = (signal: NodeJS.Signals) => {
    stop();
    undo();
    process.kill(process.pid, signal);
  };
  const shim = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== shim) onSignal("SIGTERM");
  }, 500);
  const undo = () => {
    clearInterval(timer);
    for (const signal of deadly) process.off(signal, onSignal);
  };
  for (const signal of deadly) process.on(signal, onSignal);
  return undo;
}
