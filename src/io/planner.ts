/** Makes plans: runs the real rsync's dry run, reads what it prints, and looks at what is there now. */

import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from "node:fs";
import { type Bytes, bufferOf, bytesOf, copied, fsPath, textOf } from "../core/bytes.ts";
import { type Decision, storedPlan, withoutRecords, withPlan } from "../core/judge/decision.ts";
import { contextOf, type PlanFiles, type ReadPlan } from "../core/judge/plan-context.ts";
import { enoughFor, fewChanged, withPresent } from "../core/judge/plan-rules.ts";
import { isElsewhere } from "../core/place/target.ts";
import { obstacleOfEnd, planArguments, planFormat } from "../core/plan/command.ts";
import type { OddEntries } from "../core/plan/context.ts";
import type { FileState, PlanEntry } from "../core/plan/entry.ts";
import { ListingReader, listingFormat } from "../core/plan/listing.ts";
import { noPlan, type Plan, type PlanObstacle, type PlanResult, sampleOf, totalOf } from "../core/plan/plan.ts";
import { PlanReader } from "../core/plan/reader.ts";
import { quoteWord } from "../core/quoting.ts";
import { type Contents, contentsOf } from "./host/directory.ts";
import { type Environment, shellOptions } from "./host/environment.ts";
import { countEntries, isAbsent } from "./host/facts.ts";
import { startProgress } from "./host/progress.ts";
import { askRsync } from "./host/real-rsync.ts";
import { approvedDeletions, approvedOverwritten, isUsed } from "./store/approvals.ts";
import { approvalsDirectory } from "./store/paths.ts";
import { FileError } from "./store/private-file.ts";

/** Makes the plan that a live run depends on, or takes the one that was kept with its dry run, and judges it. */
export async function addPlan(decision: Decision, env: Environment): Promise<Decision> {
  try {
    const { purpose } = decision.planning;
    return withPlan(
      decision,
      purpose === null ? storedPlan(decision) : await makePlan(decision, { approved: approvedBy(decision, env) }),
    );
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return withoutRecords(decision, { reason: "records", problem: error.problem });
  }
}

/** The plan of the dry run that a run is compared with; null: of none. */
const approvedBy = ({ planning, matchingApproval }: Decision, env: Environment): ReadPlan | null =>
  planning.purpose === "compare" && matchingApproval
    ? {
        changed: matchingApproval.plan ? totalOf(matchingApproval.plan.changed) : Number.POSITIVE_INFINITY,
        deletions: approvedDeletions(approvalsDirectory(env), matchingApproval),
        overwritten: approvedOverwritten(approvalsDirectory(env), matchingApproval),
        at: isUsed(approvalsDirectory(env), matchingApproval.fingerprint)
          ? Number.POSITIVE_INFINITY
          : matchingApproval.at,
      }
    : null;

export interface PlanWish {
  /** What the run may do; null: anything. */
  readonly approved?: ReadPlan | null;
  /** Gets each entry. */
  readonly take?: (entry: PlanEntry) => void;
  /** Once this is fulfilled, nobody waits for the plan any longer; null: the shim waits, or the terminal. */
  readonly unwanted?: Promise<unknown> | null;
}

/** The plan of a run, dry or live. */
export async function makePlan(
  decision: Decision,
  { approved = null, take, unwanted = null }: PlanWish = {},
): Promise<PlanResult> {
  const { invocation, inputs, rsync, targets, planning, settings } = decision;
  if (planning.obstacle) return noPlan(planning.obstacle);
  if (!invocation || !inputs || !rsync) return noPlan({ is: "unreadable-command" });
  const look = lookOnce();
  const context = contextOf(invocation, decision, inputs, planFilesWith(look), approved);
  const reader = take === undefined ? new PlanReader(context) : new ListingReader(context, fileAt, take);
  const argv = planArguments(invocation, take === undefined ? planFormat : listingFormat);
  const obstacle = await runPlan(rsync.path, argv, isElsewhere(decision.ends), (piece) => reader.read(piece), unwanted);
  // openrsync lacks options that a plan is made with, and reads its command line in its own way
  const isOpenrsync = obstacle?.is === "rsync-failed" && askRsync(rsync).isOpenrsync();
  if (obstacle) return noPlan(isOpenrsync ? { is: "openrsync" } : obstacle);
  const read = reader.end();
  const made = read.plan
    ? { ...read, plan: { ...read.plan, older: await olderFiles(decision, read.plan, reader, unwanted) } }
    : read;
  if (!made.plan || targets.some(({ remote }) => remote)) return made;
  const deleting = targets.flatMap(({ role, deletes, path }) => (role === "destination" && deletes ? [path] : []));
  const present = countEntries(deleting, enoughFor(made.plan, settings.limits), look);
  return withPresent(made, present, deleting.length, settings.limits);
}

/**
 * The files that would be replaced by older ones. Where one side is another host's, they are those that --update would
 * leave out of the plan; that is asked with a dry run, and is then known for its live run.
 */
async function olderFiles(
  { invocation, inputs, rsync, planning, settings, matchingApproval, ...run }: Decision,
  plan: Plan,
  { uncompared }: Pick<PlanReader, "uncompared">,
  unwanted: Promise<unknown> | null,
): Promise<Plan["older"]> {
  const isAsked = uncompared.length >= fewChanged && settings.limits.older.percent < 100;
  if (!isAsked || !invocation || !inputs || !rsync) return plan.older;
  if (planning.purpose === "compare" && matchingApproval?.plan) return matchingApproval.plan.older;
  const updating = new PlanReader(contextOf(invocation, { ...run, settings }, inputs, planFilesWith(contentsOf), null));
  const argv = ["--update", ...planArguments(invocation, planFormat)];
  const obstacle = await runPlan(rsync.path, argv, true, (piece) => updating.read(piece), unwanted);
  if (obstacle || !updating.end().plan) return plan.older;
  const newer = new Set(updating.uncompared);
  const older = uncompared.filter((path) => !newer.has(path)).map(textOf);
  return { ...sampleOf(older), compared: uncompared.length };
}

/** What is at a path, a symlink as such; null for nothing. */
function lookAt(path: Bytes): Stats | "unseen" | null {
  try {
    return lstatSync(fsPath(path), { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    return isAbsent(error) ? null : "unseen";
  }
}

/** Null for what is no file, and what can't be seen. */
function fileAt(path: Bytes): FileState | null {
  const stats = lookAt(path);
  return stats !== "unseen" && stats?.isFile()
    ? { size: stats.size, modified: Math.floor(stats.mtimeMs / 1000) }
    : null;
}

const kindAt: PlanFiles["kindAt"] = (path) => {
  const stats = lookAt(path);
  if (stats === null || stats === "unseen") return stats && "unknown";
  if (stats.isSymbolicLink()) return "symlinks";
  return stats.isDirectory() ? "directories" : stats.isFile() ? "files" : "specials";
};

/** So many names are kept. */
const mostNames = 20_000;

/** Many directories are looked into twice: for what is odd in them, and to be counted. */
function lookOnce(): typeof contentsOf {
  const seen = new Map<Bytes, Contents>();
  let room = mostNames;
  return (directory) => {
    const known = seen.get(directory);
    if (known) return known;
    const contents = contentsOf(directory);
    const { directories, symlinks, specials } = contents;
    const size = 1 + directories.length + symlinks.length + specials.length;
    if (size <= room) {
      room -= size;
      seen.set(copied(directory), contents);
    }
    return contents;
  };
}

const planFilesWith = (look: typeof contentsOf): PlanFiles => ({
  oddEntries(directory): OddEntries | null {
    try {
      const { symlinks, specials } = look(directory);
      return new Map([
        ...symlinks.map((name) => [name, "symlink"] as const),
        ...specials.map((name) => [name, "special"] as const),
      ]);
    } catch (error) {
      return isAbsent(error) ? new Map() : null;
    }
  },
  kindAt,
  linksOf(path) {
    const stats = lookAt(path);
    return stats === "unseen" ? Number.POSITIVE_INFINITY : (stats?.nlink ?? 0);
  },
  statusChanged(path) {
    const stats = lookAt(path);
    return stats === "unseen" ? null : (stats?.ctimeMs ?? null);
  },
  modified: (path) => fileAt(path)?.modified ?? null,
  continues,
  count: (directory, enough) => (kindAt(directory) === "directories" ? countEntries([directory], enough, look) : null),
  linkText(link) {
    try {
      return readlinkSync(fsPath(link), "latin1");
    } catch {
      return null;
    }
  },
});

/** So many bytes at the beginning of a file, and before its end, tell it from another one. */
const sampled = 64 * 1024;

function continues(longer: Bytes, shorter: Bytes): boolean {
  const files: number[] = [];
  try {
    for (const path of [longer, shorter]) files.push(openSync(fsPath(path), constants.O_RDONLY | constants.O_NONBLOCK));
    const [long = -1, short = -1] = files;
    const { size } = fstatSync(short);
    // what is not shorter is left as it is
    if (size >= fstatSync(long).size) return true;
    return [0, Math.max(0, size - sampled)].every((at) => {
      const [a, b] = [long, short].map((file) => {
        const piece = Buffer.alloc(Math.min(sampled, size));
        readSync(file, piece, 0, piece.length, at);
        return piece;
      });
      return a && b && a.equals(b);
    });
  } catch {
    return true;
  } finally {
    for (const file of files) closeSync(file);
  }
}

/**
 * Runs a plan's command and hands on what it prints; why it failed, or null.
 *
 * A shell reads the command from a pipe, since Node can't start anything with arguments that aren't UTF-8. It has a
 * session of its own without a terminal, and ssh is told of no program to ask with: nobody can be asked for a password.
 * rsync writes each line by itself, which is dear into the socket that Node opens: a pipe to cat gathers them.
 */
async function runPlan(
  rsync: string,
  argv: readonly Bytes[],
  elsewhere: boolean,
  read: (piece: Bytes) => void,
  unwanted: Promise<unknown> | null,
): Promise<PlanObstacle | null> {
  const { spawn } = await import("node:child_process");
  const { DISPLAY: _display, SSH_ASKPASS: _askpass, ...env } = process.env;
  const child = spawn("/bin/sh", [...shellOptions(process.ppid), "-s"], {
    env: { ...env, SSH_ASKPASS_REQUIRE: "never" },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  // no descriptor or no process was free: then there is not even a pipe
  if (child.pid === undefined)
    return new Promise((fulfil) => child.on("error", ({ message }) => fulfil({ is: "not-started", error: message })));
  const ended = withGuardGone(() => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  }, unwanted);
  const progress = startProgress();
  let said = "";
  child.stderr.on("data", (piece: Buffer) => {
    if (said.length < 4096) said += piece.toString("latin1");
  });
  let failure: unknown;
  child.stdout.on("data", (piece: Buffer) => {
    try {
      progress.count(piece);
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
  const command = [bytesOf(rsync), ...argv].map(quoteWord).join(" ");
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
  progress.end();
  ended();
  if (failure) throw failure;
  return obstacleOfEnd(code, said, elsewhere);
}

const deadly = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/**
 * Ends what was started when the guard is ended, or when the shim that asked it is, or once it is unwanted; the function
 * that is returned undoes that.
 */
function withGuardGone(end: () => void, unwanted: Promise<unknown> | null): () => void {
  let isOver = false;
  const stop = () => {
    if (isOver) return;
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
  unwanted?.then(stop);
  // Ctrl-C is then for the dry run
  const signals = deadly.filter((signal) => unwanted === null || signal !== "SIGINT");
  const shim = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== shim) onSignal("SIGTERM");
  }, 500);
  const undo = () => {
    isOver = true;
    clearInterval(timer);
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return undo;
}
