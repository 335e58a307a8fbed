/** Makes a plan that was brought here in a file stand for a dry run: checks it, and keeps it as an approval. */
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { bytesOf } from "../core/bytes.ts";
import { parse } from "../core/command/parse.ts";
import type { Config } from "../core/configuration/settings.ts";
import { eventOf } from "../core/history/journal.ts";
import type { DryRunRecord } from "../core/judge/approval.ts";
import type { Decision } from "../core/judge/decision.ts";
import {
  destinationsOf,
  type ImportProblem,
  judgePlanFile,
  judgeRunHere,
  type Signature,
  signersOf,
} from "../core/judge/import.ts";
import { destinationHost, withHost } from "../core/judge/portable.ts";
import { isPortable, type PortableHeader } from "../core/plan/document.ts";
import { type PlanEntry, sectionOf } from "../core/plan/entry.ts";
import { type PathSet, PathSetBuilder } from "../core/plan/path-set.ts";
import { PlanFileError } from "../core/plan/read-document.ts";
import { refusalText } from "../core/words/message.ts";
import { commandLineOf } from "./command-line.ts";
import { decide, readConfiguration } from "./decide.ts";
import type { Environment } from "./host/environment.ts";
import { openPlanFile } from "./plan-file.ts";
import { portableFields } from "./portable.ts";
import { checkSignatures } from "./signatures.ts";
import { saveApproval, saveOverwritten } from "./store/approvals.ts";
import { importedAt, noteImport } from "./store/imports.ts";
import { journalSettings, writeJournal } from "./store/journal.ts";
import { approvalsDirectory, importsDirectory, journalFile } from "./store/paths.ts";
import { readPrivateFile } from "./store/private-file.ts";

/** A plan that does not count here; the message says why. */
export class ImportError extends Error {}

export interface Imported {
  readonly header: PortableHeader;
  readonly signers: readonly string[];
  /** What was approved, as typed. */
  readonly commands: readonly (readonly string[])[];
  /** In milliseconds. */
  readonly freshFor: number;
}

/** A file of signers is written by hand. */
const largestSigners = 1024 * 1024;

interface Approved {
  readonly decision: Decision;
  readonly record: DryRunRecord;
}

/** Throws ImportError, PlanFileError and FileError. `shim`: which shim the real rsync stands behind. */
export async function importPlan(
  path: string,
  env: Environment,
  shim: string,
  why: (problem: ImportProblem) => string,
): Promise<Imported> {
  const file = openPlanFile(path);
  const fail = (problem: ImportProblem | null) => {
    if (problem) throw new ImportError(why(problem));
  };
  try {
    const config = await readConfiguration(env);
    if ("broken" in config) throw new ImportError(config.broken);
    const { approvals } = config;
    const checked = signaturesOn(path, file.fd, config);
    if (!checked && approvals.signatures > 0) fail({ is: "no-signers", path: approvals.signers });
    const signatures = checked ?? [];
    const { header, entries } = file.read();
    if (!isPortable(header)) throw new PlanFileError("it was not made with plan -o");
    const now = Date.now();
    const imports = importsDirectory(env);
    fail(judgePlanFile(header, signatures, approvals, { now, importedAt: importedAt(imports, header.id) }));
    const { deletions, overwritten } = setsOf(entries);
    const approved = await approvedRuns(header, env, shim, fail);
    noteImport(imports, header.id, now);
    const { signers } = signersOf(signatures, header.made, approvals);
    const directory = approvalsDirectory(env);
    const imported = {
      id: header.id,
      madeAt: Date.parse(header.made.at),
      by: header.made.by,
      signers,
      overwritten: saveOverwritten(directory, overwritten),
    };
    for (const { decision, record } of approved) {
      saveApproval(directory, { ...record, at: now, imported }, { plan: header.plan, deletions });
      const event = { ...eventOf(decision, "recorded"), kind: "import", plan: header.plan };
      await writeJournal(journalFile(env), event, env, journalSettings(config));
    }
    const [first] = approved;
    return {
      header,
      signers,
      commands: approved.map(({ record }) => record.operands),
      freshFor: first?.decision.settings.dryRun.freshFor ?? 0,
    };
  } finally {
    file.close();
  }
}

/** Null where nobody says who may sign. */
function signaturesOn(path: string, content: number, { approvals: { signers } }: Config): readonly Signature[] | null {
  if (!existsSync(signers)) return null;
  return checkSignatures(path, content, readPrivateFile(signers, largestSigners, signers.startsWith("/etc/")));
}

/** What may be deleted, and what may be overwritten or replaced. */
function setsOf(entries: Iterable<PlanEntry>): { readonly deletions: PathSet; readonly overwritten: PathSet } {
  const deletions = new PathSetBuilder();
  const overwritten = new PathSetBuilder();
  for (const entry of entries) {
    const section = sectionOf(entry);
    if (section === "delete") deletions.add(entry.kind === "directories" ? `${entry.path}/` : entry.path);
    if (section === "overwrite") overwritten.add(entry.path);
  }
  return { deletions: deletions.build(), overwritten: overwritten.build() };
}

/** The runs that the plan is for, each as a dry run of it would be recorded here. */
async function approvedRuns(
  header: PortableHeader,
  env: Environment,
  shim: string,
  fail: (problem: ImportProblem | null) => void,
): Promise<readonly Approved[]> {
  const parsed = parse(header.command.map(bytesOf), env);
  if ("unreadable" in parsed) throw new ImportError("its command can't be read here");
  const { invocation } = parsed;
  const far = destinationHost(invocation);
  // what it may be carried out on is what the plan was made for, too
  const hosts = far === null ? [hostname()] : [...new Set([far, ...destinationsOf(header)])];
  const runs: Approved[] = [];
  for (const host of hosts) {
    const argv = far === null ? invocation.argv : withHost(invocation, host);
    const decision = await decide(commandLineOf(["-n", ...argv], env), env, { shim, real: null });
    if (decision.verdict !== "approve") throw new ImportError(refusalText(decision, "the run can't be decided here"));
    const fields = await portableFields(decision, env);
    if ("unseen" in fields) throw new ImportError(`its command depends on what can't be known here: ${fields.unseen}`);
    fail(judgeRunHere(header, fields as Exclude<typeof fields, { unseen: unknown }>, host));
    const { record } = decision;
    if (!record) throw new ImportError("its command depends on input that rsync-guard can't read");
    runs.push({ decision, record });
  }
  return runs;
}
