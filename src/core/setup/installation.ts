/** What comes of `rsync-guard install` and `uninstall`. The words for it are in core/words/installation.ts. */

/** What was done to a file. */
export interface Changed {
  readonly path: string;
  readonly change: "written" | "updated" | "unchanged" | "removed" | "restored" | "not there";
}

/** Why nothing was installed, or removed. */
export type InstallProblem =
  /** `isDebians`: --divert takes its place. */
  | { readonly is: "foreign-file"; readonly path: string; readonly isDebians: boolean }
  | { readonly is: "not-written-by-install"; readonly path: string }
  | { readonly is: "not-root"; readonly path: string }
  | { readonly is: "not-writable"; readonly path: string; readonly error: string }
  | { readonly is: "failed"; readonly error: string }
  | { readonly is: "other-piece"; readonly path: string }
  | { readonly is: "nothing-diverts" }
  | { readonly is: "dpkg-divert-failed"; readonly args: readonly string[]; readonly said: string }
  | { readonly is: "no-rsync-to-divert"; readonly path: string; readonly to: string }
  | { readonly is: "two-programs"; readonly path: string; readonly to: string }
  | { readonly is: "no-rsync" }
  | { readonly is: "no-guard"; readonly path: string }
  | { readonly is: "kept-by-npx" };

/** What may break an installation later. */
export type InstallRisk =
  | { readonly is: "personal-node"; readonly path: string }
  | { readonly is: "in-a-home"; readonly path: string };

/** What is guarded by an installation: every call, or those that find the shim's directory first. */
export type Reach =
  | { readonly is: "everything"; readonly path: string; readonly to: string }
  | { readonly is: "first-on-path" | "not-first-on-path"; readonly directory: string; readonly real: string };

export interface Installed {
  readonly changed: readonly Changed[];
  readonly reach: Reach;
  readonly risks: readonly InstallRisk[];
  /** The names of presets for installed programs that will be refused. */
  readonly clients: readonly string[];
  /** The options of the `uninstall` that undoes it. */
  readonly undo: string;
}
