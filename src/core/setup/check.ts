/** What each check of `rsync-guard doctor` finds out. The words for it are in core/words/findings.ts. */
import type { FileProblem } from "../judge/refusal.ts";
import type { CronCall, FoundCall } from "./calls.ts";

/** What somebody who calls rsync gets. */
export type Called =
  | { readonly is: "nothing" }
  | { readonly is: "shim"; readonly path: string }
  | { readonly is: "other"; readonly path: string };

/** What a shell says that it would call. */
export type ShellCalls =
  | Called
  | { readonly is: "no-login" | "silent"; readonly shell: string }
  | { readonly is: "defined"; readonly as: string };

/** By the names of the checks, which `doctor --json` prints, in the order in which they are shown. */
export interface CheckFacts {
  readonly "real rsync":
    | { readonly is: "none" }
    | { readonly is: "gone"; readonly path: string }
    | { readonly is: "there" | "openrsync"; readonly path: string; readonly version: string };
  readonly "its options":
    | { readonly is: "no-rsync" | "known" }
    | { readonly is: "unknown"; readonly names: readonly string[] };
  readonly node:
    | { readonly is: "none" }
    | { readonly is: "not-needed"; readonly program: string }
    | { readonly is: "broken" | "slow"; readonly path: string }
    | { readonly is: "too-old" | "personal" | "fine"; readonly path: string; readonly version: string };
  readonly guard:
    | { readonly is: "gone"; readonly program: string }
    /** `old`: the shim is that of another version. */
    | { readonly is: "works" | "old"; readonly shim: string; readonly program: string }
    | { readonly is: "slow"; readonly shim: string }
    /** `exitCode`: null where it did not end by itself. */
    | { readonly is: "fails"; readonly shim: string; readonly exitCode: number | null };
  readonly "this shell": Called;
  readonly "login shell": ShellCalls;
  /** `text`: the first lines of the alias or function. */
  readonly aliases:
    | { readonly is: "none" }
    | { readonly is: "silent"; readonly shell: string }
    | { readonly is: "by-name" | "by-path"; readonly text: string };
  readonly "ssh command": ShellCalls;
  readonly sudo: Called | { readonly is: "no-sudo" | "needs-password" };
  readonly cron:
    | { readonly is: "none" | "diverted" }
    | { readonly is: "past"; readonly jobs: readonly (CronCall & { readonly table: string })[] };
  readonly "systemd units":
    | Called
    | { readonly is: "no-systemd" }
    | { readonly is: "past"; readonly units: readonly string[] };
  /** Scripts that jobs, units, git and shells start: how many were read, and which this user may not read. */
  readonly scripts:
    | { readonly is: "guarded"; readonly read: number; readonly unread: readonly string[] }
    | {
        readonly is: "past";
        readonly read: number;
        readonly unread: readonly string[];
        readonly calls: readonly FoundCall[];
      };
  /** `unmatched`: keys with their patterns. */
  readonly configuration:
    | { readonly is: "none" }
    | { readonly is: "fine"; readonly files: readonly string[] }
    | { readonly is: "unmatched"; readonly files: readonly string[]; readonly entries: readonly IdleEntry[] }
    | { readonly is: "broken"; readonly problem: string };
  /** `missed`: runs deleted in these places, and can't be undone. */
  readonly undo:
    | { readonly is: "off" | "no-configuration" }
    | { readonly is: "missed"; readonly places: readonly string[] }
    | { readonly is: "on"; readonly keepFor: number };
  /** `refused`: the names of presets for installed programs that nothing lets go. */
  readonly clients:
    | { readonly is: "not-diverted" | "observed" | "none" }
    | { readonly is: "refused"; readonly names: readonly string[] };
  readonly "popt files": { readonly is: "none" } | { readonly is: "aliases"; readonly files: readonly string[] };
  readonly state:
    | { readonly is: "fine" | "not-made"; readonly directory: string }
    | { readonly is: "unusable"; readonly problem: FileProblem };
  /** `unguarded`: modules that can be written to. */
  readonly "rsync daemon":
    | { readonly is: "none" | "guarded"; readonly file: string }
    | { readonly is: "unguarded"; readonly file: string; readonly modules: readonly string[] };
  readonly "other shims":
    | { readonly is: "none" }
    | { readonly is: "fine" | "old" | "broken"; readonly shims: readonly string[] };
}

export type CheckName = keyof CheckFacts;

/** An entry of the configuration that nothing on this host matches. */
export interface IdleEntry {
  readonly key: "protect" | "[[destination]]";
  readonly pattern: string;
}
