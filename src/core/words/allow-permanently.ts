/** How configuration lets each code pass for good; said by `rsync-guard explain CODE` and by the pages in docs/codes. */
import type { Code } from "../codes.ts";

export interface PermanentAllowance {
  /** In paragraphs; the last one leads to the lines of configuration, where there are some. */
  readonly says: readonly string[];
  /** As an example; of a [[destination]], where the refusal is about a place. */
  readonly toml: string | null;
}

const inPlace = "For one place and all below it, in /etc/rsync-guard.toml or ~/.config/rsync-guard.toml:";
const withDestination = (path: string, line: string, ...says: readonly string[]): PermanentAllowance => ({
  says: [...says, inPlace],
  toml: `[[destination]]\npath = "${path}"\n${line}`,
});
const allowed = (code: Code, path: string, ...says: readonly string[]): PermanentAllowance =>
  withDestination(path, `allow = ["${code}"]`, ...says);
const neverAllowed = (instead: string): PermanentAllowance => ({
  says: [
    `No configuration allows it, and neither does rsync-guard allow: what is not known can't be judged. ${instead}`,
  ],
  toml: null,
});
const auto = 'dry_run = { required = "auto" }';

export const allowPermanently: Readonly<Record<Code, PermanentAllowance>> = {
  "unknown-option": neverAllowed("Leave the option out, or update rsync-guard."),
  "popt-alias": neverAllowed("Write the options into the script that needs them, or into an alias of the shell."),
  "old-args": neverAllowed(
    "rsync quotes remote paths itself since 3.2.4: write the path as it is, without quotes for the far shell.",
  ),
  "cannot-decide": neverAllowed("What the line names has to be mended, or named in another way."),
  "protected-destination": allowed(
    "protected-destination",
    "/srv",
    "Think twice: an empty variable at the end of a path leaves just such a directory. With these lines no rule keeps a run out of it, and out of what `protect` names below it; a run that deletes is still held back by its dry run and by protected-below.",
    "A directory of its own below it needs no such lines. For / itself there are none.",
  ),
  "protected-below": allowed(
    "protected-below",
    "/srv/app",
    "Think twice: what the source lacks is then deleted there as everywhere else. A filter rule that names what has to stay (--exclude=/shared) says more, and needs no configuration where the run can be planned.",
  ),
  "protected-from-delete": allowed(
    "protected-from-delete",
    "/mnt/backup",
    "Think twice: while the disk is not mounted, the same run fills the directory that it is mounted on; and in a home, dotfiles and keys go with the rest. A directory on the disk or in the home needs no such lines.",
  ),
  "release-root": allowed(
    "release-root",
    "/srv/app/releases",
    "For a directory that is meant to be written as a whole. With these lines an empty variable for the release is seen only by its other signs.",
  ),
  "wrong-name": {
    says: [
      "Change `name` in that [[destination]], or leave it out. To let one more child pass, give it a [[destination]] of its own before that one; the first that matches holds:",
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
    "Seldom needed: for rsync an empty path is the current directory, and . says that too.",
  ),
  "empty-variable": allowed(
    "empty-variable",
    "/srv/app",
    'For a tool that joins paths with two slashes on its own. For a whole remote home (host:) the path is "host:.".',
  ),
  "new-top-level": allowed(
    "new-top-level",
    "web1:/output",
    "On this host, mkdir is enough: then the directory is not new.",
  ),
  "root-source": allowed("root-source", "/backup/host"),
  "unexpanded-variable": allowed("unexpanded-variable", "/srv/templates", "For directories that are really called so."),
  "placeholder-value": allowed("placeholder-value", "/srv/types", "For directories that are really called so."),
  "missing-destination": {
    says: [
      "Seldom needed: where a listing is meant, --list-only says so in the command. rsync-guard allow is for runs that write, and does not lift it.",
      "There is no [[destination]] for a command without a destination. For all commands, above the tables in /etc/rsync-guard.toml or ~/.config/rsync-guard.toml:",
    ],
    toml: 'allow = ["missing-destination"]',
  },
  "empty-source": allowed(
    "empty-source",
    "/srv/mirror",
    "For a source that is emptied in ordinary use, such as a spool. A source that is not mounted then empties the target, if that holds less than ten entries or limits.max_delete lets it.",
  ),
  "same-place": allowed(
    "same-place",
    "/srv/app",
    "Seldom needed: a filter rule that keeps the destination out of what is sent is enough.",
  ),
  "no-dry-run": withDestination(
    "/srv/backup/*",
    auto,
    'dry_run.required says which runs need a dry run: "always", "risky" (those that delete or overwrite), "deletes" or "never". With "never" only the rules on the command are left: how much would be deleted, nobody asks.',
    'For a job there is "auto": the guard makes the dry run itself, right before the run, and judges what it shows. A list on standard input can be read only once, so there it needs allow = ["no-dry-run"] too.',
  ),
  "stale-dry-run": withDestination(
    "/srv/app",
    'dry_run = { fresh_for = "2h" }',
    'A dry run may count for longer; the longer, the more can have changed in between. For a job there is required = "auto".',
  ),
  "other-session": withDestination(
    "/srv/app",
    'dry_run = { session = "never" }',
    "Think twice: a dry run then counts in every session of this user, also in one that has lost its variables. What was made without a terminal, by a script in CI or cron, counts in every session anyway.",
  ),
  "changed-since-dry-run": withDestination(
    "/srv/app",
    auto,
    'Nothing lets another command pass for the one that was tried. For a job whose options or lists change each time there is "auto": the guard makes the dry run itself, right before the run, and judges what it shows.',
  ),
  "plan-too-large": withDestination(
    "/srv/app/build",
    'limits = { max_delete = "80%" }',
    'A share of the entries that are now in the target, or a number. "100%" lets everything go.',
  ),
  "plan-deletes-releases": allowed(
    "plan-deletes-releases",
    "/srv/mirror",
    "For a mirror of releases that follows its source, where old ones are deleted by the dozen.",
  ),
  "plan-replaces-symlinks": allowed(
    "plan-replaces-symlinks",
    "/srv/mirror",
    "For a mirror that follows its source in this too. An --exclude for the link keeps it, and needs no configuration.",
  ),
  "plan-deletes-kept": allowed(
    "plan-deletes-kept",
    "/srv/app/scratch",
    "Take it out of limits.keep. What is kept for the whole host is kept in each [[destination]] too, unless it allows this code.",
  ),
  "plan-changed": withDestination(
    "/srv/mirror",
    auto,
    'A new dry run settles it. For a source that never stands still there is "auto": the guard makes the dry run itself, right before the run, so there is no earlier one to compare with.',
  ),
};
