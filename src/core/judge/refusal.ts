/** What a refusal is: a code, and facts. Its words are in core/words. */
import type { Bytes } from "../bytes.ts";
import type { Code } from "../codes.ts";
import type { ArgumentProblem } from "../command/parse.ts";
import type { SecludedProblem } from "../command/secluded.ts";
import type { Limits } from "../configuration/settings.ts";
import type { SearchEnd } from "../place/facts.ts";
import type {
  LostDirectory,
  LostLink,
  LostReleases,
  OlderFiles,
  Plan,
  PlanObstacle,
  ReducedDirectory,
  Sample,
  Shield,
} from "../plan/plan.ts";
import type { Difference } from "./fingerprint.ts";

/** An earlier dry run of the same user that is most like this run. */
export interface Nearest {
  /** Milliseconds since it ended. */
  readonly age: number;
  readonly differences: readonly NamedDifference[];
}

export interface NamedDifference extends Difference {
  /** The destination is now an ancestor of what it was: a variable at its end may be empty. */
  readonly maybeEmptyVariable: boolean;
}

/** Why a dry run does not count: rsync's exit code, or the result that dryRunResult() tells. */
export type DryRunFailure = number | "changed" | "unplanned";

/** A part of the command line: an operand, or the path that an option takes. */
export type Part = "destination" | "source" | `-${string}`;

/** What a variable that expanded to nothing leaves in a path. */
export type Sign =
  | "double-slash"
  | "trailing-double-slash"
  | "no-host"
  | "no-user"
  | "no-path"
  | "no-module"
  | "remote-root"
  | "root";

/** What could not be found out, so that nothing can be decided. */
export type Undecidable =
  | { readonly reason: "argument"; readonly argument: Bytes; readonly problem: ArgumentProblem }
  | { readonly reason: "no-current-directory" | "no-mounts" }
  | ({ readonly reason: "links-unseen" } & SearchEnd)
  | { readonly reason: "loses-destination"; readonly option: Bytes }
  | { readonly reason: "rsync-path-moves"; readonly path: Bytes }
  | { readonly reason: "no-rsync"; readonly installedAt: string | null }
  | { readonly reason: "secluded"; readonly problem: SecludedProblem }
  | { readonly reason: "configuration"; readonly problem: string }
  | { readonly reason: "records"; readonly problem: FileProblem }
  | { readonly reason: "no-plan" | "plan-required"; readonly obstacle: PlanObstacle }
  | { readonly reason: "undo-required"; readonly why: UndoObstacle };

/** Why what a run replaces can't be set aside. `directory`: where it would be kept. */
export type UndoObstacle =
  | { readonly is: "other-file-system" | "in-target" | "no-space"; readonly directory: Bytes }
  | { readonly is: "unusable"; readonly directory: Bytes; readonly error: string }
  | { readonly is: "other-run"; readonly directory: Bytes; readonly pid: number }
  | { readonly is: "option"; readonly option: Bytes };

/** Why a file or directory of the guard's own is not used. */
export type FileProblem =
  | { readonly problem: "other-owner"; readonly path: string; readonly uid: number }
  | { readonly problem: "others-may-write" | "not-a-file" | "not-a-directory"; readonly path: string }
  | { readonly problem: "too-large"; readonly path: string; readonly most: number }
  | { readonly problem: "unusable"; readonly path: string; readonly error: string }
  | { readonly problem: "altered"; readonly path: string };

/** Why a file system should be mounted there: fstab, earlier runs, or the configuration. */
export type MountReason = "fstab" | "earlier-runs" | "require_mount" | { readonly marker: string };

type Share = Limits["wholeDirectory"];

interface RefusalFields extends Record<Code, object> {
  "unknown-option": { readonly argument: Bytes; readonly why: ArgumentProblem };
  "popt-alias": { readonly file: Bytes };
  "old-args": { readonly word: Bytes };
  "cannot-decide": { readonly why: Undecidable };
  "protected-destination": { readonly path: Bytes; readonly same: Bytes; readonly configured: boolean };
  /** `deletes`: what a plan would delete in it; null where there is no plan. */
  "protected-below": {
    readonly path: Bytes;
    readonly below: Bytes;
    readonly what: Shield;
    readonly deletes: Sample | null;
  };
  "protected-from-delete": { readonly path: Bytes; readonly what: Shield | "a home directory" | "a remote home" };
  "release-root": { readonly path: Bytes; readonly link: Bytes; readonly text: Bytes };
  "wrong-name": { readonly path: Bytes; readonly name: string | null; readonly pattern: string };
  "empty-argument": { readonly which: Part };
  "empty-variable": { readonly word: Bytes; readonly which: Part; readonly sign: Sign };
  "new-top-level": { readonly path: Bytes; readonly remote: boolean };
  "root-source": { readonly word: Bytes };
  "unexpanded-variable": { readonly word: Bytes; readonly which: Part; readonly found: Bytes };
  "placeholder-value": { readonly word: Bytes; readonly which: Part; readonly found: Bytes };
  "missing-destination": { readonly option: Bytes; readonly operand: Bytes };
  "empty-source": { readonly path: Bytes; readonly unmounted: boolean };
  /** `into`: by a plan, what would be written of the target into itself. */
  "same-place": { readonly source: Bytes; readonly target: Bytes; readonly into?: Sample };
  "same-names": { readonly names: Sample; readonly into: Bytes };
  /** `mount`: where a file system should be mounted; `why`: who says so. */
  "not-mounted": { readonly path: Bytes; readonly mount: Bytes; readonly why: MountReason };
  "no-dry-run": {
    readonly nearest: Nearest | null;
    readonly unseen: Bytes | null;
    /** Root runs it for a user by sudo; `age`: that of this user's own dry run of it, null: there is none. */
    readonly sudo?: { readonly user: Bytes; readonly age: number | null };
    /** The last one of this very command, and why it does not count. */
    readonly failed?: { readonly age: number; readonly why: DryRunFailure };
  };
  "stale-dry-run": { readonly reason: "old" | "future" | "reboot"; readonly age: number; readonly freshFor: number };
  "other-session": { readonly age: number };
  "changed-since-dry-run": { readonly nearest: Nearest };
  "plan-too-large": {
    readonly path: Bytes;
    readonly deleted: number;
    /** Entries that are now in the target. */
    readonly present: number;
    readonly maxDelete: Limits["maxDelete"];
    readonly topLevel: Plan["topLevel"];
  };
  "plan-deletes-releases": LostReleases;
  /** `share`: what limits.whole_directory allows, of so many entries that are now in the target. */
  "plan-deletes-directory": LostDirectory & { readonly present: number; readonly share: Share };
  "plan-empties-directory": ReducedDirectory & { readonly share: Share };
  "plan-deletes-own": { readonly own: Sample };
  "plan-makes-older": { readonly older: OlderFiles; readonly share: Share };
  "plan-deletes-backups": { readonly backups: Sample };
  "plan-joins-files": { readonly joined: Sample };
  "plan-replaces-symlinks": { readonly path: Bytes; readonly symlinks: Sample<LostLink> };
  "plan-deletes-kept": { readonly keeps: Sample };
  /** `imported`: the approved plan was brought here in a file. */
  "plan-changed": { readonly unapproved: Sample; readonly overwritten: Sample; readonly imported?: true };
}

/** `code`, and the facts that its words need: paths and arguments as bytes, times in milliseconds. */
export type Refusal = { [C in Code]: { readonly code: C } & RefusalFields[C] }[Code];
export type RefusalOf<C extends Code> = Extract<Refusal, { code: C }>;
