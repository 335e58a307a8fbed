/** Every refusal's code. They are stable: scripts, configurations and records name them. */

/** In the order in which they are documented. */
export const codes = [
  "unknown-option",
  "popt-alias",
  "old-args",
  "cannot-decide",
  "protected-destination",
  "protected-below",
  "protected-from-delete",
  "release-root",
  "wrong-name",
  "empty-argument",
  "empty-variable",
  "new-top-level",
  "root-source",
  "unexpanded-variable",
  "placeholder-value",
  "missing-destination",
  "empty-source",
  "same-place",
  "same-names",
  "not-mounted",
  "no-dry-run",
  "stale-dry-run",
  "other-session",
  "changed-since-dry-run",
  "plan-too-large",
  "plan-deletes-releases",
  "plan-deletes-directory",
  "plan-empties-directory",
  "plan-deletes-own",
  "plan-makes-older",
  "plan-deletes-backups",
  "plan-joins-files",
  "plan-replaces-symlinks",
  "plan-deletes-kept",
  "plan-changed",
] as const;

export type Code = (typeof codes)[number];

const setOf = (...names: readonly Code[]): ReadonlySet<Code> => new Set(names);

/** They say "can't be known", not "must not be": exit 78, and no configuration lets them pass. */
export const undecidableCodes = setOf("unknown-option", "popt-alias", "old-args", "cannot-decide");

/** No person can lift them for one run. */
export const neverAllowedCodes = setOf(
  ...undecidableCodes,
  "protected-destination",
  "protected-below",
  "protected-from-delete",
);

/** What a lost variable leaves behind in a command. */
export const lostVariableCodes = setOf(
  "empty-argument",
  "empty-variable",
  "unexpanded-variable",
  "placeholder-value",
  "missing-destination",
);

/** They only ask for a dry run. */
export const dryRunCodes = setOf("no-dry-run", "stale-dry-run", "other-session", "changed-since-dry-run");

/** Those that `allow` in the configuration may name. */
export const configurableCodes: readonly Code[] = codes.filter((code) => !undecidableCodes.has(code));
