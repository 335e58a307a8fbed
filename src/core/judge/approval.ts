/** Whether a recorded dry run stands for the run at hand, and if not, why: the four refusals. */

import type { Bytes } from "../bytes.ts";
import type { DryRun } from "../configuration/settings.ts";
import { isWithin } from "../paths.ts";
import type { Plan } from "../plan/plan.ts";
import { type Difference, diff, type Fields } from "./fingerprint.ts";
import type { DryRunFailure, NamedDifference, Nearest, Refusal } from "./refusal.ts";

export interface Session {
  /** The session leader's pid, and when it was started, in clock ticks since boot; null where it is gone. */
  readonly leader: number;
  readonly started: string | null;
  /** Whether it has a terminal, and somebody may sit there. */
  readonly terminal: boolean;
}

/** The record of a dry run that succeeded; its name is its fingerprint. */
export interface Approval {
  readonly schema: 3;
  readonly fingerprint: string;
  readonly fields: Fields;
  /** The operands as they were typed, for people. */
  readonly operands: readonly string[];
  /** The whole command, for people. */
  readonly command: string;
  /** When the dry run ended: milliseconds since 1970. */
  readonly at: number;
  /** The host's boot_id then. */
  readonly boot: string | null;
  /** Null on a receiver: each connection is a session of its own. */
  readonly session: Session | null;
  /** What the live run would do; null where that could not be planned, so that the fingerprint is all there is. */
  readonly plan: ApprovedPlan | null;
  /** Where the plan was made elsewhere, and brought here in a file. */
  readonly imported?: Imported;
}

export interface Imported {
  /** The plan's own. */
  readonly id: string;
  /** When it was made: milliseconds since 1970. */
  readonly madeAt: number;
  readonly by: string;
  readonly signers: readonly string[];
  /** Names the set of all paths that may be overwritten or replaced, which lies beside the record. */
  readonly overwritten: string;
}

export interface ApprovedPlan extends Plan {
  /** Names the set of all paths that may be deleted, which lies beside the record; null: nothing is. */
  readonly deletions: string | null;
}

/** A dry run's record before its plan is made. */
export type DryRunRecord = Omit<Approval, "plan">;

/** A dry run that does not count, kept under the same fingerprint. */
export interface FailedDryRun {
  /** When it ended: milliseconds since 1970. */
  readonly at: number;
  readonly why: DryRunFailure;
}

/** The run that asks to be let go. */
export interface Applicant {
  readonly fields: Fields;
  readonly operands: readonly string[];
  readonly now: number;
  readonly boot: string | null;
  readonly session: Session | null;
}

/** What a dry run of the same fingerprint lacks, if anything; `approval` is null where there is none. */
export function judgeApproval(
  approval: Approval | null,
  applicant: Applicant,
  settings: DryRun,
  recent: () => readonly Approval[],
): Refusal | null {
  // a record that was altered holds other fields than its name says
  if (!approval || diff(approval.fields, applicant.fields).length > 0)
    return withoutApproval(applicant, recent(), settings);
  const age = applicant.now - approval.at;
  const stale = (reason: "old" | "future" | "reboot"): Refusal => ({
    code: "stale-dry-run",
    reason,
    age,
    freshFor: settings.freshFor,
  });
  if (approval.boot !== applicant.boot) return stale("reboot");
  if (age < 0) return stale("future");
  if (age > settings.freshFor) return stale("old");
  return isBound(approval.session, settings) && !isSameSession(approval.session, applicant.session)
    ? { code: "other-session", age }
    : null;
}

/** What is lacking where the last dry run of the very same command does not count: a person who has made it is told why. */
export function withFailure(
  lacking: Refusal,
  approval: Approval | null,
  failed: FailedDryRun | null,
  { now }: Pick<Applicant, "now">,
  { freshFor }: DryRun,
): Refusal {
  const age = now - (failed?.at ?? now);
  const isLast = failed !== null && failed.at >= (approval?.at ?? failed.at) && age >= 0 && age <= freshFor;
  return isLast ? { code: "no-dry-run", nearest: null, unseen: null, failed: { age, why: failed.why } } : lacking;
}

/** What is lacking where root runs the command for a user, who may have made the dry run as that user. */
export function withSudo(
  lacking: Refusal,
  user: Bytes,
  theirs: () => readonly Approval[],
  { fields, now }: Pick<Applicant, "fields" | "now">,
  { freshFor }: DryRun,
): Refusal {
  if (lacking.code !== "no-dry-run" || lacking.unseen !== null || lacking.failed) return lacking;
  const ages = theirs()
    .filter((approval) => diff(approval.fields, fields).every(({ field }) => differsByUser.has(field)))
    .map(({ at }) => now - at)
    .filter((age) => age >= 0 && age <= freshFor);
  return { ...lacking, sudo: { user, age: ages.length > 0 ? Math.min(...ages) : null } };
}

const differsByUser: ReadonlySet<string> = new Set(["uid", "remote shell"]);

/** Whether a new dry run of the very same command is what the refusal asks for. */
export const isSettledByDryRun = (refusal: Refusal): boolean =>
  refusal.code === "no-dry-run"
    ? refusal.unseen === null && !lacksVariable(refusal)
    : refusal.code === "stale-dry-run" || refusal.code === "changed-since-dry-run";

/** Whether the nearest dry run went to a place below: the variable that named it may be empty now. */
export const lacksVariable = (refusal: Refusal): boolean =>
  "nearest" in refusal && refusal.nearest?.differences.some(({ maybeEmptyVariable }) => maybeEmptyVariable) === true;

/** The input that can't be known where a dry run is bound to the key that logged in, and sshd does not tell it. */
export const unseenKey = "SSH_USER_AUTH";

/** Whether a dry run of that session counts there only. */
export const isBound = (session: Session | null, { session: when }: DryRun): boolean =>
  session !== null && (when === "always" || (when === "tty" && session.terminal));

const isSameSession = (a: Session | null, b: Session | null): boolean =>
  // a leader that is gone, or in another pid namespace, tells nothing
  a !== null && b !== null && a.started !== null && a.leader === b.leader && a.started === b.started;

/** Another command is near only for so long: what is forgotten explains nothing. */
const isNearFor = 3_600_000;

function withoutApproval(applicant: Applicant, recent: readonly Approval[], { freshFor }: DryRun): Refusal {
  const nearest = nearestOf(applicant, recent);
  // the same paths as typed: it is this command, but something about it is no longer what it was
  if (nearest && JSON.stringify(nearest.approval.operands) === JSON.stringify(applicant.operands))
    return { code: "changed-since-dry-run", nearest };
  const isFresh = nearest !== null && nearest.age <= Math.max(freshFor, isNearFor);
  return { code: "no-dry-run", nearest: isFresh ? nearest : null, unseen: null };
}

/** The earlier dry run with the fewest fields that differ, the newest of these; null where it has nothing in common. */
function nearestOf(applicant: Applicant, recent: readonly Approval[]): (Nearest & { approval: Approval }) | null {
  const candidates = recent
    .filter(({ at }) => at <= applicant.now)
    .map((approval) => ({ approval, differences: diff(approval.fields, applicant.fields) }))
    .filter(
      ({ differences }) => !["sources", "destination"].every((name) => differences.some(({ field }) => field === name)),
    )
    .sort((a, b) => a.differences.length - b.differences.length || b.approval.at - a.approval.at);
  const [best] = candidates;
  if (!best) return null;
  return {
    approval: best.approval,
    age: applicant.now - best.approval.at,
    differences: best.differences.map((difference) => shownDifference(difference, best.approval, applicant)),
  };
}

/** For the operands, what was typed says more than what it resolved to, unless it is the same. */
function shownDifference(difference: Difference, { operands }: Approval, applicant: Applicant): NamedDifference {
  const typed: Readonly<Record<string, (of: readonly string[]) => string>> = {
    sources: (of) => of.slice(0, -1).join(" "),
    destination: (of) => of.at(-1) ?? "",
  };
  const typedText = typed[difference.field];
  const before = typedText?.(operands) ?? difference.before;
  const now = typedText?.(applicant.operands) ?? difference.now;
  const maybeEmptyVariable =
    difference.field === "destination" && isAncestor(resolved(difference.now), resolved(difference.before));
  return {
    field: difference.field,
    ...(before === now ? { before: difference.before, now: difference.now } : { before, now }),
    maybeEmptyVariable,
  };
}

/** The path in a field of the fingerprint, without what stands behind it. */
const resolved = (field: string): Bytes =>
  field
    .replace(/ \([^()]*\)$/, "")
    .replace(/^'|'$/g, "")
    .replace(/(?<=.)\/$/, "");

const isAncestor = (path: Bytes, other: Bytes): boolean => path !== other && isWithin(other, path);
