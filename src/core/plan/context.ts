/** What the reader of a plan asks of the run, and of the place where it would be carried out. */
import type { Bytes } from "../bytes.ts";
import type { Facts } from "../place/facts.ts";
import type { PathSet } from "./path-set.ts";
import type { Kinds, Shield } from "./plan.ts";

/** A directory that may not be emptied. */
export interface ShieldedDirectory {
  readonly below: Bytes;
  readonly what: Shield;
}

/** What is in a directory besides files and directories. */
export type OddEntries = ReadonlyMap<Bytes, "symlink" | "special">;

export interface PlanContext {
  /** What the lines' names are relative to; null on another host, which can't be looked at. */
  readonly base: Bytes | null;
  /** What the destination is called, for names of releases. */
  readonly name: Bytes;
  /** A destination that is a file takes what is sent whatever that is called; else null. */
  readonly only: Bytes | null;
  /** The targets, by their names below the destination; empty for the destination itself. */
  readonly within: readonly Bytes[];
  /** Each entry has a line, also one that would stay as it is (planArguments() asked for that). */
  readonly hasAllEntries: boolean;
  /** Whether rsync decides by that file what to delete once it has been transferred; null: by none. */
  readonly isLateFilter: ((path: Bytes) => boolean) | null;
  /** What may never be deleted or replaced; `matches` takes a path that is relative to the target. */
  readonly keep: readonly { readonly matches: (path: string) => boolean }[];
  /** Protected directories below the targets. */
  readonly shielded: readonly ShieldedDirectory[];
  /** What may be deleted; null: anything. */
  readonly approved: PathSet | null;
  /** How many entries the plan that was approved would overwrite. */
  readonly approvedChanges: number;
  /**
   * Whether an entry that would be overwritten was changed since the plan that was approved, or is none of its; null: that
   * is not asked.
   */
  readonly hasChanged: ((path: Bytes) => boolean) | null;
  /** Whether the plan that was approved allows that what comes takes the place of what is there, if anything is; null: it does. */
  readonly mayReplace: ((path: Bytes) => boolean) | null;
  /** Null where it can't be listed. */
  oddEntries(directory: Bytes): OddEntries | null;
  /** Where a symlink leads (its text), if that is there, outside of the target, and not a part of the system; else null. */
  leadsOut(link: Bytes, target: Bytes): Bytes | null;
  releaseLinks: Facts["releaseLinks"];
  /** What is at a path, a symlink as such; null for nothing. */
  kindAt(path: Bytes): keyof Kinds | "unknown" | null;
  /**
   * Whether what is at a path may be removed, since --compare-dest has what the source has: rsync's line does not tell
   * that from an entry that stays. Null without that option.
   */
  readonly makesWay: ((path: Bytes, kind: keyof Kinds) => boolean) | null;
  /**
   * What an option would have removed beside an entry, by its name below the destination or its absolute path: a file in
   * --partial-dir, a directory in a backup's place. rsync says nothing of it. Null where no option does that.
   */
  readonly lostBeside: ((path: Bytes, event: "stays" | "transferred" | "replaced") => Bytes | null) | null;
  /** --backup-dir, if it lies in the destination: its name below that. */
  readonly backupDir: Bytes | null;
  /** What the destination would be called within itself, where it lies in a source. */
  readonly itself: readonly Bytes[];
  /** Whether an entry of the destination would be replaced by an older one; null where that can't be seen. */
  isOlder(path: Bytes): boolean | null;
  /** Whether --append would add to another content. */
  joins(path: Bytes): boolean;
  /** The entries below a directory that loses so many, counted no further than it matters; null where they can't be seen. */
  countIn(directory: Bytes, deleted: number): number | null;
  /** Whether that directory is in the source, with nothing in it. */
  isSourceEmpty(directory: Bytes): boolean;
}
