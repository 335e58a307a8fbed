/** Looks at one command line and all that it hangs on, and says what is to become of it. Runs and writes nothing. */
import { statSync } from "node:fs";
import { userInfo } from "node:os";
import type { Approval } from "../core/approval.ts";
import { builtInConfig, type Config, type DryRun } from "../core/config.ts";
import type { Facts } from "../core/facts.ts";
import { commandText } from "../core/message.ts";
import { type Invocation, parse } from "../core/parse.ts";
import type { Refusal } from "../core/refusals.ts";
import { type Bytes, bufferOf, bytesOf, shown, textOf } from "../core/text.ts";
import { canLose, type Judged, judge, needsDryRun, type Verdict, verdictOf } from "../core/verdict.ts";
import { bootId, currentDirectory, currentSession } from "./caller.ts";
import { machineFacts } from "./facts.ts";
import { findRealRsync, type RealRsync } from "./real-rsync.ts";

export interface Decision extends Judged {
  readonly argv: readonly Bytes[];
  /** Null where the command line can't be read. */
  readonly invocation: Invocation | null;
  readonly verdict: Verdict;
  readonly rsync: RealRsync | null;
  /** The approval that this dry run becomes once it has succeeded, or that this live run needs; null: none is possible. */
  readonly approval: Approval | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Home comes from the passwd entry: a variable may be gone, which is what this is about. */
const homeDirectory = (): string => {
  try {
    return userInfo().homedir;
  } catch {
    return "/nonexistent";
  }
};

const configFiles = ({ XDG_CONFIG_HOME: config }: Environment): readonly string[] => [
  "/etc/rsync-guard.toml",
  `${config?.startsWith("/") ? config : `${homeDirectory()}/.config`}/rsync-guard.toml`,
];

/** Where approvals are kept: one directory a user. */
export const approvalsDirectory = ({ XDG_STATE_HOME: state }: Environment): string =>
  `${state?.startsWith("/") ? state : `${homeDirectory()}/.local/state`}/rsync-guard/approvals`;

export interface Question {
  /** The path of the shim that asks, or null. */
  readonly shim: string | null;
  /** The fingerprint is wanted even where the verdict does not hang on it. */
  readonly fingerprint: boolean;
}

export async function decide(argv: readonly Bytes[], env: Environment, question: Question): Promise<Decision> {
  const rsync = findRealRsync(env["PATH"], question.shim);
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
    return refuse(run, { code: "cannot-decide", why: "there is no rsync on PATH besides rsync-guard's shim" });

  const loses = canLose(invocation);
  const config = loses ? await readConfiguration(env) : builtInConfig;
  if ("broken" in config) return refuse(run, { code: "cannot-decide", why: config.broken });

  const { HOME: home } = env;
  const facts = machineFacts({ cwd: currentDirectory(), home: home === undefined ? home : bytesOf(home) });
  const judged = judge(invocation, facts, config);
  const { settings, risk, targets } = judged;
  const needed = needsDryRun(risk, settings);
  const asks = targets.length > 0 && (invocation.dryRun || needed || question.fingerprint);
  const record = asks ? await recordOf(run, facts, env, rsync) : null;
  const missing = needed && record ? await missingApproval(record, invocation, settings.dryRun, env) : null;
  const refusals = missing && !settings.allow.includes(missing.code) ? [...judged.refusals, missing] : judged.refusals;
  return {
    ...run,
    ...judged,
    refusals,
    approval: record && "fingerprint" in record ? record : null,
    verdict: verdictOf(invocation, refusals, settings),
  };
}

const refuse = (run: Pick<Decision, "argv" | "rsync" | "invocation">, refusal: Refusal): Decision => ({
  ...run,
  targets: [],
  settings: builtInConfig.settings,
  risk: "nothing",
  refusals: [refusal],
  verdict: "refuse",
  approval: null,
});

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
  const { ConfigError, readConfig } = await import("./config.ts");
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
): Promise<Approval | Unseen> {
  const { fieldsOf, fingerprintOf, holdsMerge, mergedFiles, namedFiles } = await import("../core/fingerprint.ts");
  const { digestOf } = await import("./approvals.ts");
  // on the far side each connection is a session of its own, so there the client's address stands for it
  const isFarSide = invocation.kind === "receiver" || invocation.kind === "sender";
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
    client: isFarSide ? (env["SSH_CONNECTION"]?.split(" ", 1)[0] ?? "") : null,
  });
  if ("unseen" in fields) return { unseen: fields.unseen };
  return {
    schema: 1,
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

/** What a live run lacks, or null; of a dry run, only whether it can count as one. */
async function missingApproval(
  record: Approval | Unseen,
  { dryRun }: Invocation,
  settings: DryRun,
  env: Environment,
): Promise<Refusal | null> {
  if ("unseen" in record) return { code: "no-dry-run", nearest: null, unseen: record.unseen };
  if (dryRun) return null;
  const { judgeApproval } = await import("../core/approval.ts");
  const { findApproval, recentApprovals, StateError } = await import("./approvals.ts");
  const directory = approvalsDirectory(env);
  try {
    const found = findApproval(directory, record.fingerprint);
    return judgeApproval(found, { ...record, now: record.at }, settings, () => recentApprovals(directory));
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return { code: "cannot-decide", why: `the records of dry runs: ${error.message}` };
  }
}
