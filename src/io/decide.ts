/** Looks at one command line and all that it hangs on, and says what is to become of it. Runs and writes nothing. */
import { statSync } from "node:fs";
import type { Approval } from "../core/judge/approval.ts";
import { builtInConfig, type Config, type Settings } from "../core/judge/settings.ts";
import type { Facts } from "../core/place/facts.ts";
import { commandText } from "../core/words/message.ts";
import { type Invocation, isServer, parse } from "../core/command/parse.ts";
import type { Refusal } from "../core/words/refusals.ts";
import { readsArguments } from "../core/command/secluded.ts";
import { type Bytes, bufferOf, bytesOf, shown, textOf } from "../core/bytes.ts";
import { canLose, type Judged, judge, needsDryRun, type Verdict, verdictOf } from "../core/judge/verdict.ts";
import { bootId, clientAddress, currentDirectory, currentSession } from "./host/caller.ts";
import { machineFacts } from "./host/facts.ts";
import { findRealRsync, type RealRsync } from "./host/real-rsync.ts";
import { ownUser } from "./host/users.ts";

export interface Decision extends Judged {
  readonly argv: readonly Bytes[];
  /** Null where the command line can't be read. */
  readonly invocation: Invocation | null;
  readonly verdict: Verdict;
  readonly rsync: RealRsync | null;
  /** The approval that this dry run becomes once it has succeeded, or that this live run needs; null: none is possible. */
  readonly approval: NewApproval | null;
  /** The approval that was found for this run, and counts. */
  readonly approved: Approval | null;
  /** What a dry run of this run lacks, if one is needed. */
  readonly missing: Refusal | null;
  /** What was looked at; null where nothing had to be. */
  readonly seen: { readonly facts: Facts; readonly config: Config } | null;
}

/** The plan is made later. */
export type NewApproval = Omit<Approval, "plan">;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Home comes from the passwd entry: a variable may be gone, which is what this is about. */
const homeDirectory = (): string => textOf(ownUser()?.home || "/nonexistent");

/** Those that may exist, the later ones on top. */
export const configFiles = ({ XDG_CONFIG_HOME: config }: Environment): readonly string[] => [
  "/etc/rsync-guard.toml",
  `${config?.startsWith("/") ? config : `${homeDirectory()}/.config`}/rsync-guard.toml`,
];

/** Where approvals and the journal are kept: one directory a user. */
export const stateDirectory = ({ XDG_STATE_HOME: state }: Environment): string =>
  `${state?.startsWith("/") ? state : `${homeDirectory()}/.local/state`}/rsync-guard`;

export const approvalsDirectory = (env: Environment): string => `${stateDirectory(env)}/approvals`;
export const allowancesDirectory = (env: Environment): string => `${stateDirectory(env)}/allowed`;
export const journalFile = (env: Environment): string => `${stateDirectory(env)}/journal.jsonl`;

export interface Question {
  /** The path of the shim that asks, or null. */
  readonly shim: string | null;
  /** The real rsync that the shim was installed for; null: to be looked for. */
  readonly real?: string | null;
  /** The fingerprint is wanted even where the verdict does not hang on it. */
  readonly fingerprint: boolean;
  /** Why the arguments that a server gets on standard input are not in argv. */
  readonly secluded?: string | null;
}

export async function decide(argv: readonly Bytes[], env: Environment, question: Question): Promise<Decision> {
  const rsync = findRealRsync(env["PATH"], question.shim, question.real ?? null);
  const parsed = parse(argv, env);
  if ("unreadable" in parsed) {
    const { code, argument, why } = parsed.unreadable;
    const refusal: Refusal =
      code === "unknown-option" ? { code, argument, why } : { code, why: `${shown(argument)} ${why}` };
    return refuse({ argv, rsync, invocation: null }, refusal);
  }
  const { invocation } = parsed;
  const run = { argv, rsync, invocation };
  if (!rsync)
    return refuse(run, {
      code: "cannot-decide",
      why: question.real
        ? `the real rsync is not at ${question.real}, where it was when rsync-guard was installed: rsync-guard install again`
        : "there is no rsync on PATH besides rsync-guard's shim",
    });

  if (readsArguments(invocation))
    return refuse(run, {
      code: "cannot-decide",
      why: `the client sends its arguments on standard input (-s): ${question.secluded ?? "they are not known here"}`,
    });

  const { HOME: home } = env;
  const facts = machineFacts({
    cwd: currentDirectory(),
    caller: process.ppid,
    home: home === undefined ? home : bytesOf(home),
  });
  // what can lose nothing pays for reading the configuration only where that may let it pass
  const asksConfig = canLose(invocation) || judge(invocation, facts, builtInConfig).refusals.length > 0;
  const config = asksConfig ? await readConfiguration(env) : builtInConfig;
  if ("broken" in config) return refuse(run, { code: "cannot-decide", why: config.broken });

  const judged = judge(invocation, facts, config);
  const { settings, risk, targets } = judged;
  const needed = needsDryRun(risk, settings);
  const isRefused = judged.refusals.length > 0;
  const asks = targets.length > 0 && (invocation.dryRun || needed || isRefused || question.fingerprint);
  const record = asks ? await recordOf(run, facts, env, rsync) : null;
  const found = needed && record ? await approvalFor(record, invocation, settings, env) : noApproval;
  // where the guard makes the dry run itself, that none was made is no refusal yet
  const { purpose } = judged.planning;
  const refusals = found.missing && purpose !== "replace" ? [...judged.refusals, found.missing] : judged.refusals;
  return {
    ...run,
    ...judged,
    ...found,
    refusals,
    approval: record && "fingerprint" in record ? record : null,
    verdict: verdictOf(invocation, refusals, settings),
    seen: { facts, config },
  };
}

const refuse = (run: Pick<Decision, "argv" | "rsync" | "invocation">, refusal: Refusal): Decision => ({
  ...run,
  targets: [],
  settings: builtInConfig.settings,
  risk: "nothing",
  refusals: [refusal],
  planning: { purpose: null, obstacle: null },
  verdict: "refuse",
  approval: null,
  ...noApproval,
  seen: null,
});

type FoundApproval = Pick<Decision, "approved" | "missing">;

const noApproval: FoundApproval = { approved: null, missing: null };

/** False only where it is certain: a file that can't be looked at is not one that isn't there. */
function mayExist(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

async function readConfiguration(env: Environment): Promise<Config | { readonly broken: string }> {
  const files = configFiles(env).filter(mayExist);
  if (files.length === 0) return builtInConfig;
  const { ConfigError, readConfig } = await import("./store/config-file.ts");
  try {
    return readConfig(files);
  } catch (error) {
    if (error instanceof ConfigError) return { broken: error.message };
    throw error;
  }
}

/** The record that this run is, were it a dry run that succeeded; or the input that can't be known, so there is none. */
async function recordOf(
  { argv, invocation }: { readonly argv: readonly Bytes[]; readonly invocation: Invocation },
  facts: Facts,
  env: Environment,
  rsync: RealRsync,
): Promise<NewApproval | Unseen> {
  const { fieldsOf, fingerprintOf, holdsMerge, mergedFiles, namedFiles } = await import("../core/judge/fingerprint.ts");
  const { digestOf } = await import("./store/approvals.ts");
  // on the far side each connection is a session of its own, so there the client's address stands for it
  const isFarSide = isServer(invocation);
  const home = env["HOME"] === undefined ? undefined : bytesOf(env["HOME"]);
  const files = namedFiles(invocation, home);
  const merged = mergedFiles(invocation);
  const digests = await Promise.all(
    files.map((file) => digestOf(bufferOf(file), (content) => merged.has(file) && holdsMerge(content))),
  );
  const fields = fieldsOf({
    invocation,
    facts,
    uid: process.geteuid?.() ?? -1,
    rsync: rsync.identity,
    digests: new Map(files.map((file, at) => [file, digests[at] ?? null])),
    environment: env,
    client: isFarSide ? (clientAddress(env["SSH_CONNECTION"]) ?? "") : null,
  });
  if ("unseen" in fields) return { unseen: fields.unseen };
  return {
    schema: 2,
    fingerprint: fingerprintOf(fields),
    fields,
    operands: invocation.operands.map(textOf),
    command: commandText(argv),
    at: Date.now(),
    boot: bootId(),
    session: isFarSide ? null : currentSession(),
  };
}

interface Unseen {
  readonly unseen: Bytes;
}

/** The approval that a live run has, or what it lacks; of a dry run, only whether it can count as one. */
async function approvalFor(
  record: NewApproval | Unseen,
  { dryRun }: Invocation,
  { dryRun: settings, allow }: Settings,
  env: Environment,
): Promise<FoundApproval> {
  const lacking = (missing: Refusal): FoundApproval =>
    allow.includes(missing.code) ? noApproval : { approved: null, missing };
  if ("unseen" in record) return lacking({ code: "no-dry-run", nearest: null, unseen: record.unseen });
  if (dryRun) return noApproval;
  const { judgeApproval } = await import("../core/judge/approval.ts");
  const { findApproval, recentApprovals, StateError } = await import("./store/approvals.ts");
  const directory = approvalsDirectory(env);
  try {
    const found = findApproval(directory, record.fingerprint);
    const missing = judgeApproval(found, { ...record, now: record.at }, settings, () => recentApprovals(directory));
    return missing ? lacking(missing) : { approved: found, missing };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return { approved: null, missing: { code: "cannot-decide", why: `the records of dry runs: ${error.message}` } };
  }
}
