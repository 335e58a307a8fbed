/** How the configuration can allow each code permanently, for `rsync-guard explain CODE` and the pages in docs/codes. */
import type { Code } from "../codes.ts";

export interface PermanentAllowance {
  /** In paragraphs; the last one leads to the lines of configuration, where there are some. */
  readonly says: readonly string[];
  /** As an example; of a [[destination]], where the refusal is about a place. */
  readonly toml: string | null;
}

const inPlace = "For one directory and everything below it, in /etc/rsync-guard.toml or ~/.config/rsync-guard.toml:";
const withDestination = (path: string, line: string, ...says: readonly string[]): PermanentAllowance => ({
  says: [...says, inPlace],
  toml: `[[destination]]\npath = "${path}"\n${line}`,
});
const allowed = (code: Code, path: string, ...says: readonly string[]): PermanentAllowance =>
  withDestination(path, `allow = ["${code}"]`, ...says);
const neverAllowed = (instead: string): PermanentAllowance => ({
  says: [
    `Neither the configuration nor rsync-guard allow can allow it, since a run that isn't understood can't be judged. ${instead}`,
  ],
  toml: null,
});
const auto = 'dry_run = { required = "auto" }';

export const allowPermanently: Readonly<Record<Code, PermanentAllowance>> = {
  "unknown-option": neverAllowed("Leave the option out, or update rsync-guard."),
  "popt-alias": neverAllowed("Write the options into the script that needs them, or into a shell alias."),
  "old-args": neverAllowed(
    "rsync quotes remote paths itself since 3.2.4: write the path as it is, without quotes for the remote shell.",
  ),
  "cannot-decide": neverAllowed("Fix what the first line names, or write the command in another way."),
  "protected-destination": allowed(
    "protected-destination",
    "/srv",
    "Think twice: an empty variable at the end of a path leaves exactly such a directory. With these lines no rule keeps a run out of it, or out of what `protect` names below it; a run that deletes still needs its dry run, and protected-below still applies.",
    'A directory below it needs no such lines. path = "/" means / alone, for a restore or for files that are laid over the system.',
  ),
  "protected-below": allowed(
    "protected-below",
    "/srv/app",
    "Think twice: everything the source lacks is then deleted there too. A filter rule for what has to stay (--exclude=/shared) is more precise, and needs no configuration where the run can be planned.",
  ),
  "protected-from-delete": allowed(
    "protected-from-delete",
    "/mnt/backup",
    "Think twice: while the disk is not mounted, the same run fills the directory below it; and in a home, dotfiles and keys are deleted with the rest. A directory on the disk or in the home needs no such lines.",
  ),
  "release-root": allowed(
    "release-root",
    "/srv/app/releases",
    "For a directory that is meant to be written as a whole. With these lines, an empty release variable is recognised only by its other signs.",
  ),
  "wrong-name": {
    says: [
      "Change `name` in that [[destination]], or remove it. To allow one more child, give it a [[destination]] of its own before that one; the first match counts:",
    ],
    toml: `[[destination]]
path = "/srv/app/releases/preview"
allow = ["wrong-name"]

[[destination]]
path = "/srv/app/releases/*"
name = '^\\d+\\.\\d+\\.\\d+$'`,
  },
  "empty-argument": allowed(
    "empty-argument",
    "/srv/app",
    "Seldom needed: to rsync an empty path is the current directory, which . names too.",
  ),
  "empty-variable": allowed(
    "empty-variable",
    "/srv/app",
    'For a tool that joins paths with two slashes. For a whole remote home (host:) the path is "host:.".',
  ),
  "new-top-level": allowed(
    "new-top-level",
    "web1:/output",
    "On this host mkdir is enough: the directory is then no longer new.",
  ),
  "root-source": allowed("root-source", "/backup/host"),
  "unexpanded-variable": allowed(
    "unexpanded-variable",
    "/srv/templates",
    "For directories that really have such a name.",
  ),
  "placeholder-value": allowed("placeholder-value", "/srv/types", "For directories that really have such a name."),
  "missing-destination": {
    says: [
      "Seldom needed: for a listing, add --list-only to the command. rsync-guard allow is for runs that write, and does not lift it.",
      "A command without a destination matches no [[destination]]. For all commands, above the tables in /etc/rsync-guard.toml or ~/.config/rsync-guard.toml:",
    ],
    toml: 'allow = ["missing-destination"]',
  },
  "empty-source": allowed(
    "empty-source",
    "/srv/mirror",
    "For a source that is empty at times, such as a spool. A source that is not mounted then empties the target, if that has fewer than ten entries or limits.max_delete allows it.",
  ),
  "same-place": allowed(
    "same-place",
    "/srv/app",
    "Seldom needed: a filter rule that keeps the destination from being sent is enough.",
  ),
  "same-names": allowed("same-names", "/srv/all", "For sources of which the first is meant to go before the others."),
  "not-mounted": allowed(
    "not-mounted",
    "/mnt/usb",
    "Seldom needed: if the file system is gone for good, remove its line from /etc/fstab, or require_mount and marker from the [[destination]].",
  ),
  "no-dry-run": withDestination(
    "/srv/backup/*",
    auto,
    'dry_run.required says which runs need a dry run: "always", "risky" (those that delete or overwrite), "deletes" or "never". With "never" only the rules on the command apply; nothing checks how much would be deleted.',
    'For a job there is "auto": rsync-guard makes the dry run itself, right before the run, and judges it. A list on standard input can be read only once, so it needs allow = ["no-dry-run"] too.',
  ),
  "stale-dry-run": withDestination(
    "/srv/app",
    'dry_run = { fresh_for = "2h" }',
    'A dry run can count for longer, but then more may have changed in between. For a job there is required = "auto".',
  ),
  "other-session": withDestination(
    "/srv/app",
    'dry_run = { session = "never" }',
    "Think twice: a dry run then counts in every session of this user, including one that has lost its variables. A dry run made without a terminal, by a script in CI or cron, counts in every session anyway.",
  ),
  "changed-since-dry-run": withDestination(
    "/srv/app",
    auto,
    'Nothing makes a dry run count for another command. For a job whose options or lists change each time there is "auto": rsync-guard makes the dry run itself, right before the run, and judges it.',
  ),
  "plan-too-large": withDestination(
    "/srv/app/build",
    'limits = { max_delete = "80%" }',
    'A share of the entries now in the target, or a number. "100%" allows everything to be deleted.',
  ),
  "plan-deletes-releases": allowed(
    "plan-deletes-releases",
    "/srv/mirror",
    "For a mirror of releases that follows its source, where many old ones are deleted at once.",
  ),
  "plan-deletes-directory": withDestination(
    "/srv/app",
    'limits = { whole_directory = "40%" }',
    'A share of the entries now in the target. "100%" allows any directory to go as a whole.',
  ),
  "plan-empties-directory": withDestination(
    "/srv/app",
    'limits = { reduced_directory = "95%" }',
    'A share of the entries now in that directory. "100%" allows it to be emptied.',
  ),
  "plan-deletes-own": withDestination(
    "/srv/mirror",
    "limits = { keep_own = false }",
    "For a mirror that follows its source in this too. An --exclude for the name keeps it, and needs no configuration.",
  ),
  "plan-makes-older": withDestination(
    "/srv/app",
    'limits = { older = "100%" }',
    "For a directory that is often rolled back to releases whose files keep their times.",
  ),
  "plan-deletes-backups": allowed(
    "plan-deletes-backups",
    "/srv/app",
    "Seldom needed: an --exclude for the backup directory keeps it, and needs no configuration.",
  ),
  "plan-joins-files": allowed("plan-joins-files", "/srv/logs", "Seldom needed: --append-verify compares the files."),
  "plan-replaces-symlinks": allowed(
    "plan-replaces-symlinks",
    "/srv/mirror",
    "For a mirror that follows its source in this too. An --exclude for the symlink keeps it, and needs no configuration.",
  ),
  "plan-deletes-kept": allowed(
    "plan-deletes-kept",
    "/srv/app/scratch",
    "Remove it from limits.keep. What is kept for the whole host is kept in each [[destination]] too, unless that allows this code.",
  ),
  "plan-changed": withDestination(
    "/srv/mirror",
    auto,
    'A new dry run settles it. For a source that changes all the time there is "auto": rsync-guard makes the dry run itself, right before the run, so there is no earlier one to compare with.',
  ),
};
