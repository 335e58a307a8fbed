/** Looks at one command line and all that it hangs on, and says what is to become of it. Runs and writes nothing. */
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import type { Approval } from "../core/approval.ts";
import { builtInConfig, type Config, type DryRun } from "../core/config.ts";
import type { Facts } from "../core/facts.ts";
import { commandText } from "../core/message.ts";
import { type Invocation, parse } from "../core/parse.ts";
import type { Refusal } from "../core/refusals.ts";
import { canLose, type Judged, judge, needsDryRun, type Verdict, verdictOf } from "../core/rules.ts";
import { type Bytes, bufferOf, bytesOf, shown, textOf } from "../core/text.ts";
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

export const configFiles = ({ XDG_CONFIG_HOME: config }: Environment): readonly string[] => [
  "/etc/rsync-guard.toml",
  `${config?.startsWith("/") ? config : `${homeDirectory()}/.config`}/rsync-guard.toml`,
];

/** Where approvals are kept: one directory a user. */
export const approvalsDirectory = ({ XDG_STATE_HOME: state }: Environment): string =>
  `${state?.startsWith("/") ? state : `${homeDirectory()}/.local/state`}/rsync-guard/approvals`;

/** `shim`: the path of the shim that asks, or null. */
export async function decide(argv: readonly Bytes[], env: Environment, shim: string | null): Promise<Decision> {
  const rsync = findRealRsync(env["PATH"], shim);
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
  const asks = targets.length > 0 && (invocation.dryRun || needsDryRun(risk, settings));
  const { approval, refusal } = asks ? await lookForApproval(run, facts, env, rsync, settings.dryRun) : none;
  const allowed = refusal === null || invocation.dryRun || settings.allow.includes(refusal.code);
  const refusals = allowed ? judged.refusals : [...judged.refusals, refusal];
  return { ...run, ...judged, refusals, approval, verdict: verdictOf(invocation, refusals, settings) };
}

const none = { approval: null, refusal: null };

const refuse = (run: Pick<Decision, "argv" | "rsync" | "invocation">, refusal: Refusal): Decision => ({
  ...run,
  targets: [],
  settings: builtInConfig.settings,
  risk: "nothing",
  refusals: [refusal],
  verdict: "refuse",
  approval: null,
});

async function readConfiguration(env: Environment): Promise<Config | { readonly broken: string }> {
  const files = configFiles(env).filter((file) => existsSync(file));
  if (files.length === 0) return builtInConfig;
  const { ConfigError, readConfig } = await import("./config.ts");
  try {
    return readConfig(files);
  } catch (error) {
    if (error instanceof ConfigError) return { broken: error.message };
    throw error;
  }
}

/** The record that this run is, were it a dry run that succeeded, and what a live run lacks. */
async function lookForApproval(
  { argv, invocation }: { readonly argv: readonly Bytes[]; readonly invocation: Invocation },
  facts: Facts,
  env: Environment,
  rsync: RealRsync,
  settings: DryRun,
): Promise<{ readonly approval: Approval | null; readonly refusal: Refusal | null }> {
  const [
    { fieldsOf, fingerprintOf, namedFiles },
    { judgeApproval },
    { digestOf, findApproval, recentApprovals, StateError },
  ] = await Promise.all([import("../core/fingerprint.ts"), import("../core/approval.ts"), import("./approvals.ts")]);
  // on the far side each connection is a session of its own, so there the client's address stands for it
  const remote = invocation.kind === "receiver" || invocation.kind === "sender";
  const fields = fieldsOf({
    invocation,
    facts,
    uid: process.geteuid?.() ?? -1,
    rsync: rsync.identity,
    digests: new Map(namedFiles(invocation).map((file) => [file, digestOf(bufferOf(file))])),
    environment: env,
    client: remote ? (env["SSH_CONNECTION"]?.split(" ", 1)[0] ?? "") : null,
  });
  if ("unseen" in fields)
    return { approval: null, refusal: { code: "no-dry-run", nearest: null, unseen: fields.unseen } };
  const fingerprint = fingerprintOf(fields);
  const applicant = {
    fields,
    operands: invocation.operands.map(textOf),
    boot: bootId(),
    session: remote ? null : currentSession(),
  };
  const approval: Approval = { schema: 1, fingerprint, ...applicant, command: commandText(argv), at: Date.now() };
  if (invocation.dryRun) return { approval, refusal: null };
  const directory = approvalsDirectory(env);
  try {
    const found = findApproval(directory, fingerprint);
    const refusal = judgeApproval(found, { ...applicant, now: approval.at }, settings, () =>
      recentApprovals(directory),
    );
    return { approval, refusal };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return { approval, refusal: { code: "cannot-decide", why: `the records of dry runs: ${error.message}` } };
  }
}
