/** Looks at one command line and all that it depends on, and has core decide. Runs and writes nothing. */

import { statSync } from "node:fs";
import { bufferOf, bytesOf, textOf } from "../core/bytes.ts";
import { type Invocation, isServer } from "../core/command/parse.ts";
import { builtInConfig, type Config, type Settings } from "../core/configuration/settings.ts";
import { type DryRunRecord, unseenKey } from "../core/judge/approval.ts";
import {
  cannotDecide,
  type Decision,
  decisionOf,
  dryRunStateOf,
  type FoundDryRun,
  notSearched,
  type RecordResult,
  refusedUnjudged,
  unreadableRefusal,
} from "../core/judge/decision.ts";
import { canLose, type Judged, judge } from "../core/judge/verdict.ts";
import type { Facts, RealRsync } from "../core/place/facts.ts";
import { readAs } from "../core/place/old-rsync.ts";
import { commandText } from "../core/words/command-text.ts";
import type { CommandLine } from "./command-line.ts";
import { currentDirectory, type Environment } from "./host/environment.ts";
import { machineFacts } from "./host/facts.ts";
import { askRsync, findRealRsync, type InstalledAt } from "./host/real-rsync.ts";
import { bootId, clientAddress, currentSession, loginKeys } from "./host/session.ts";
import { sudoCaller } from "./host/users.ts";
import { readLastMount } from "./store/mounts.ts";
import {
  approvalsDirectory,
  approvalsDirectoryIn,
  type ConfigPath,
  configFiles,
  mountsDirectory,
} from "./store/paths.ts";

/** `needsFingerprint`: it is wanted even where the verdict does not depend on it. */
export async function decide(
  { argv, parsed, secludedProblem }: CommandLine,
  env: Environment,
  { shim, real }: InstalledAt,
  { needsFingerprint } = { needsFingerprint: false },
): Promise<Decision> {
  const rsync = findRealRsync(env["PATH"], shim, real);
  if ("unreadable" in parsed)
    return refusedUnjudged({ argv, rsync, invocation: null }, unreadableRefusal(parsed.unreadable));
  const typed = { argv, rsync, invocation: parsed.invocation };
  if (!rsync) return refusedUnjudged(typed, cannotDecide({ reason: "no-rsync", installedAt: real }));
  const read = readAs(parsed.invocation, askRsync(rsync));
  if ("unreadable" in read) return refusedUnjudged(typed, unreadableRefusal(read.unreadable));
  if ("losesDestination" in read)
    return refusedUnjudged(typed, cannotDecide({ reason: "loses-destination", option: read.losesDestination }));
  const { invocation } = read;
  const run = { ...typed, invocation };
  if (secludedProblem) return refusedUnjudged(run, cannotDecide({ reason: "secluded", problem: secludedProblem }));

  const { HOME: home } = env;
  const facts = machineFacts({
    cwd: currentDirectory(),
    caller: process.ppid,
    home: home === undefined ? home : bytesOf(home),
    lastMount: (target) => readLastMount(mountsDirectory(env), target),
  });
  const looked = await judgeByConfiguration(invocation, facts, env);
  if ("broken" in looked)
    return refusedUnjudged(run, cannotDecide({ reason: "configuration", problem: looked.broken }));
  const { judged, config } = looked;
  const { needsDryRun, targets, refusals } = judged;
  const needsRecord = invocation.dryRun || needsDryRun || refusals.length > 0 || needsFingerprint;
  const record =
    targets.length > 0 && needsRecord ? await recordOf(invocation, judged, facts, config, env, rsync) : null;
  const isSearched = needsDryRun && !invocation.dryRun && record !== null && "fingerprint" in record;
  const found = isSearched ? await findDryRun(record, judged.settings, env) : notSearched;
  return decisionOf(run, judged, dryRunStateOf(record, judged, found), { facts, config });
}

/** What can lose nothing pays for reading the configuration only where that may let it pass. */
async function judgeByConfiguration(
  invocation: Invocation,
  facts: Facts,
  env: Environment,
): Promise<{ readonly judged: Judged; readonly config: Config } | { readonly broken: string }> {
  if (!canLose(invocation)) {
    const judged = judge(invocation, facts, builtInConfig);
    if (judged.refusals.length === 0) return { judged, config: builtInConfig };
  }
  const config = await readConfiguration(env);
  return "broken" in config ? config : { judged: judge(invocation, facts, config), config };
}

/** False only where it is certain: a file that can't be looked at is not one that isn't there. */
function mayExist({ name: file }: ConfigPath): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

export async function readConfiguration(env: Environment): Promise<Config | { readonly broken: string }> {
  const files = configFiles(env);
  if (!files.some(mayExist)) return builtInConfig;
  const { ConfigError, readConfig } = await import("./store/config-file.ts");
  try {
    return readConfig(files);
  } catch (error) {
    if (error instanceof ConfigError) return { broken: error.message };
    throw error;
  }
}

/** For what depends on nothing in it: the built-in one where it can't be read. */
export async function usableConfiguration(env: Environment): Promise<Config> {
  const config = await readConfiguration(env);
  return "broken" in config ? builtInConfig : config;
}

/** The record that this run is, were it a dry run that succeeded; or the input that can't be known, so there is none. */
async function recordOf(
  invocation: Invocation,
  { ends }: Judged,
  facts: Facts,
  config: Config,
  env: Environment,
  rsync: RealRsync,
): Promise<RecordResult> {
  const { fieldsOf, holdsMerge, mergedFiles, namedFiles, remoteShellCommand } = await import(
    "../core/judge/fingerprint.ts"
  );
  const { fingerprintOf } = await import("../core/judge/digest.ts");
  const { digestOf } = await import("./store/approvals.ts");
  // on the far side each connection is a session of its own, so there the client stands for it
  const isFarSide = isServer(invocation);
  const client = isFarSide ? await clientOf(config.receiver.bind, env) : null;
  if (isFarSide && client === null) return { unseen: unseenKey };
  const home = env["HOME"] === undefined ? undefined : bytesOf(env["HOME"]);
  const files = namedFiles(invocation, home);
  const merged = mergedFiles(invocation);
  const digests = await Promise.all(
    files.map((file) => digestOf(bufferOf(file), (content) => merged.has(file) && holdsMerge(content))),
  );
  const shell = remoteShellCommand(invocation, ends, env);
  const fields = fieldsOf({
    invocation,
    facts,
    uid: process.geteuid?.() ?? -1,
    rsync: rsync.identity,
    remoteShell: shell === null ? "" : (await import("./host/remote-shell.ts")).remoteShellIdentity(shell, env["PATH"]),
    digests: new Map(files.map((file, at) => [file, digests[at] ?? null])),
    environment: env,
    client,
  });
  if ("unseen" in fields) return { unseen: fields.unseen };
  const boot = bootId();
  const session = isFarSide ? null : currentSession();
  // a dry run from before a restart, or of another session, could not be told from one of this
  if (boot === null) return { unseen: "/proc/sys/kernel/random/boot_id" };
  if (session === null && !isFarSide) return { unseen: "/proc/self/stat" };
  return {
    schema: 3,
    fingerprint: fingerprintOf(fields),
    fields,
    operands: invocation.operands.map(textOf),
    command: commandText(invocation.argv),
    at: Date.now(),
    boot,
    session,
  };
}

/** Who asks for a run on the far side; null: not known, and it has to be. */
async function clientOf(bind: Config["receiver"]["bind"], env: Environment): Promise<string | null> {
  if (bind === "address") return clientAddress(env) ?? "";
  const keys = loginKeys(env);
  if (!keys) return null;
  const { digestOfBytes } = await import("../core/judge/digest.ts");
  // as ssh-keygen -l shows it
  const shown = (key: string) =>
    `SHA256:${Buffer.from(digestOfBytes(Buffer.from(key.split(" ")[1] ?? "", "base64")), "hex").toString("base64")}`;
  return keys.map((key) => shown(key).replace(/=+$/, "")).join(", ");
}

/** What the records of dry runs have for a live run that needs one. */
async function findDryRun(record: DryRunRecord, { dryRun }: Settings, env: Environment): Promise<FoundDryRun> {
  const { judgeApproval, withFailure, withSudo } = await import("../core/judge/approval.ts");
  const { findApproval, findFailure, recentApprovals } = await import("./store/approvals.ts");
  const { FileError } = await import("./store/private-file.ts");
  const directory = approvalsDirectory(env);
  try {
    const found = findApproval(directory, record.fingerprint);
    const recent = () => recentApprovals(directory);
    const applicant = { ...record, now: record.at };
    const lacking = judgeApproval(found, applicant, dryRun, recent);
    if (!lacking) return { matchingApproval: found, lackingDryRun: null };
    const failed = findFailure(directory, record.fingerprint);
    const because = withFailure(lacking, found, failed, applicant, dryRun);
    const caller = sudoCaller(env);
    if (!caller) return { matchingApproval: null, lackingDryRun: because };
    const theirs = () => recentApprovals(approvalsDirectoryIn(textOf(caller.home)), caller.uid);
    return { matchingApproval: null, lackingDryRun: withSudo(because, caller.name, theirs, applicant, dryRun) };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return { matchingApproval: null, lackingDryRun: cannotDecide({ reason: "records", problem: error.problem }) };
  }
}
