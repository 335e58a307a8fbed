/** What a run would do, as rsync's own dry run of it tells. Data only. */
import type { Bytes } from "../bytes.ts";
import type { PathSet } from "./path-set.ts";

/** Of what there may be many: the first ones, and how many there are. Paths are as rsync shows them, below the destination. */
export interface Sample<T = string> {
  readonly first: readonly T[];
  readonly count: number;
}

export const mostFound = 10;

export const sampleOf = <T>(all: readonly T[]): Sample<T> => ({ first: all.slice(0, mostFound), count: all.length });

export interface Kinds {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  /** Devices, sockets, pipes. */
  readonly specials: number;
}

export const totalOf = ({ files, directories, symlinks, specials }: Kinds): number =>
  files + directories + symlinks + specials;

/** What makes a directory one that may not be emptied, by the names that records have for it. */
export type Shield = "protected" | "a mount point" | `the home of ${string}`;

/** A symlink that would go, and what it holds. */
export interface LostLink {
  readonly link: string;
  readonly text: string;
}

/** Sibling directories that would go, each of which looks like a release. */
export interface LostReleases {
  readonly directory: string;
  readonly names: Sample;
  /** The link that leads to one of them, such as /var/www/current. */
  readonly current: string | null;
}

/** A directory that the source lacks, and that goes as a whole. */
export interface LostDirectory {
  readonly path: string;
  /** What goes with it, itself too. */
  readonly entries: number;
  /** Of its files, those whose names turn up among what is added: they may have been moved. */
  readonly moved: number;
}

/** A directory that stays, loses entries, and gets none. */
export interface ReducedDirectory {
  readonly path: string;
  readonly deleted: number;
  readonly moved: number;
  /** The entries that are now in it; null where they can't be seen. */
  readonly present: number | null;
  /** The source has the directory, with nothing in it. */
  readonly isSourceEmpty: boolean;
}

/** Files that would be replaced by older ones. */
export interface OlderFiles extends Sample {
  /** So many of the files that would be changed were compared. */
  readonly compared: number;
}

/** What a run would do. Kept as text with the approval of its dry run. */
export interface Plan {
  readonly created: Kinds;
  readonly changed: Kinds;
  /** Entries of which only times, modes or owners would change. */
  readonly attributes: number;
  readonly deleted: Kinds;
  /** Of what is deleted, files with a name that a bundler made, for which as many of the kind come to the same directory. */
  readonly renewed: number;
  /** The entries of the target that the source has, too; those that a filter shields are not among them. */
  readonly kept: number;
  /** The entries that are now in the target, counted no further than it matters; null where they can't be seen. */
  readonly present: number | null;
  /** Deleted entries by their top-level name in the destination, one alone by its path; most first, `others` in further ones. */
  readonly topLevel: { readonly first: readonly (readonly [name: string, count: number])[]; readonly others: number };
  readonly releases: readonly LostReleases[];
  /** The outermost ones of ten entries or more, the largest first. */
  readonly directories: readonly LostDirectory[];
  readonly reduced: readonly ReducedDirectory[];
  /** Names that belong to the target, such as .env, in directories that stay. */
  readonly own: Sample;
  readonly older: OlderFiles;
  /** Files that would be added or changed, and that the system runs or trusts, such as /etc/cron.d/x. */
  readonly trusted: Sample;
  /** Deletions in the run's own --backup-dir. */
  readonly backups: Sample;
  /** What would be written of the target into itself, since it lies in the source. */
  readonly intoItself: Sample;
  /** Files to whose other content --append would add. */
  readonly joined: Sample;
  readonly symlinks: Sample<LostLink>;
  readonly keeps: Sample;
  readonly protected: Sample<{ readonly path: string; readonly below: string; readonly what: Shield }>;
  /** Deletions that the approved plan did not have. */
  readonly unapproved: Sample;
  /** Entries of the target that would be overwritten, and were changed since the approved plan. */
  readonly overwritten: Sample;
}

/** A plan with what is too large for a record of text. */
export interface PlanWithDeletions {
  readonly plan: Plan;
  readonly deletions: PathSet;
}

/** Why there is no plan of a run. */
export type PlanObstacle =
  | { readonly is: "receiving-host" | "remote-plan-never" | "only-write-batch" } // known before anything is started
  | { readonly is: "stream"; readonly path: Bytes }
  | { readonly is: "outside-targets" | "brings-filter" | "hidden-loss" | "unlisted"; readonly path: Bytes }
  | { readonly is: "unreadable-command" | "openrsync" | "incomplete-output" | "more-than-present" }
  | { readonly is: "not-started"; readonly error: string }
  | { readonly is: "rsync-failed" | "unreachable"; readonly ended: number | string | null; readonly said: Bytes };

/** What rsync ends with where --max-delete stops it. */
export const stoppedByLimit = 25;

/** What came of making a plan, or of looking for the one that was approved. */
export type PlanResult<P extends { readonly plan: Plan } = PlanWithDeletions> = P | NoPlan;

export interface NoPlan {
  readonly plan: null;
  readonly obstacle: PlanObstacle;
}

export const noPlan = (obstacle: PlanObstacle): NoPlan => ({ plan: null, obstacle });
