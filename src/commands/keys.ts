/** Every key of the configuration, for the manual. A test compares it with what is read. */

export interface Key {
  /** Without its table; a dot for a table of its own. */
  readonly name: string;
  /** As it is written, with its default where there is one. */
  readonly written: string;
  readonly does: string;
  /** In which tables it may stand besides the top of the file. */
  readonly also: "destination and receiver" | "destination" | "";
}

export const keys: readonly Key[] = [
  {
    name: "mode",
    written: 'mode = "enforce"',
    does: '"enforce", or "observe": everything is judged and journalled, and nothing is refused but what can\'t be read.',
    also: "destination and receiver",
  },
  {
    name: "locked",
    written: "locked = false",
    does: "In the system's file, true: of a user's file only protect counts.",
    also: "",
  },
  {
    name: "protect",
    written: "protect = []",
    does: 'Directories that no run may have as its target, besides the built-in ones: "/srv/shared", or "/data/**" for all below it too. They add up over all files.',
    also: "",
  },
  {
    name: "allow",
    written: "allow = []",
    does: "Codes that do not refuse. Best in a [[destination]]. Those that say that a command can't be read can't be allowed.",
    also: "destination and receiver",
  },
  {
    name: "dry_run.required",
    written: 'dry_run.required = "risky"',
    does: 'When a live run needs a dry run of its own: "always"; "risky", if it deletes or overwrites; "deletes"; "never"; or "auto": as risky, but the guard makes it itself, right before the run, and judges what it shows.',
    also: "destination and receiver",
  },
  {
    name: "dry_run.fresh_for",
    written: 'dry_run.fresh_for = "15m"',
    does: "How long a dry run counts: a number and s, m, h or d.",
    also: "destination and receiver",
  },
  {
    name: "dry_run.session",
    written: 'dry_run.session = "tty"',
    does: 'When a dry run counts only in the login session that made it: "tty", if that was at a terminal; "always"; "never".',
    also: "destination and receiver",
  },
  {
    name: "dry_run.remote_plan",
    written: 'dry_run.remote_plan = "try"',
    does: 'Whether runs to or from another host are planned: "try", where nobody has to be asked for a password; "require": else they are refused; "never".',
    also: "destination and receiver",
  },
  {
    name: "limits.max_delete",
    written: 'limits.max_delete = "50%"',
    does: "How much a plan may delete: a share of the entries that are now in the target (if these are ten or more), or a number.",
    also: "destination and receiver",
  },
  {
    name: "limits.keep",
    written: "limits.keep = []",
    does: 'What a plan may never delete or replace, as in a .gitignore: ".git" at any depth, "app/etc/env.php" below the target.',
    also: "destination and receiver",
  },
  {
    name: "journal.syslog",
    written: "journal.syslog = false",
    does: "True: each line of the journal goes to syslog too, through logger(1).",
    also: "",
  },
  {
    name: "destination.path",
    written: 'path = "/var/www/releases/*"',
    does: "Only in a [[destination]], which holds for one place and what is below it: which place, with wildcards. The first one that matches counts, the user's before the system's.",
    also: "destination",
  },
  {
    name: "destination.name",
    written: "name = '^\\d+\\.\\d+\\.\\d+$'",
    does: "Only in a [[destination]]: a regular expression for what the children of path's directory are called; others are refused as wrong-name.",
    also: "destination",
  },
];
