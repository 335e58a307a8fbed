/**
 * THE table of the configuration's keys. A row is all that a key needs: its type, how it is read and merged, the man page
 * and the package's /etc/rsync-guard.toml follow from it. It is loaded on every start, so it imports no library.
 */
import type { Bytes } from "../bytes.ts";
import type { Code } from "../codes.ts";

/** What a value is once it is read, by the name of its kind; kinds.ts reads each of them. */
export interface Kinds {
  "true or false": boolean;
  /** Milliseconds. */
  duration: number;
  codes: readonly Code[];
  /** With a trailing `/**` everything below too. */
  directories: readonly Bytes[];
  /** So many, or so many of a hundred. */
  "number or share": { readonly entries: number } | { readonly percent: number };
  /** So many of a hundred. */
  share: { readonly percent: number };
  /** So many bytes, or so many of a hundred of the file system. */
  "size or share": { readonly bytes: number } | { readonly percent: number };
  "kept paths": readonly KeptPath[];
  /** One directory. */
  directory: Bytes;
  place: PlacePattern;
  "file name": Bytes;
  /** An absolute path. */
  file: string;
  count: number;
  expression: RegExp;
}

/** What a plan may never delete or replace; `matches` takes a path that is relative to the target. */
export interface KeptPath {
  readonly pattern: string;
  readonly matches: (path: string) => boolean;
}

export interface PlacePattern {
  /** The pattern as written. */
  readonly path: string;
  readonly matches: (path: string) => boolean;
  /** The directory that the pattern begins with, up to its first wildcard. */
  readonly top: string;
  /** Matches the directory that holds the places that `matches` matches. */
  readonly matchesParent: (path: string) => boolean;
}

/** A list of words: the value is one of them. */
export type Kind = keyof Kinds | readonly string[];

export type ValueOf<K extends Kind> = K extends keyof Kinds ? Kinds[K] : K extends readonly (infer W)[] ? W : never;

/** Where a key may have no effect. */
export type Where = "[receiver]" | "a user's file";

export interface Key<K extends Kind = Kind, B = unknown> {
  readonly is: K;
  /** The value where no file says one; null: there is none. */
  readonly builtIn: B;
  /** The built-in value in TOML; where it is null, an example. */
  readonly written: string;
  /** Another built-in value, for runs that arrive as rsync --server, until a file sets the key for all runs. */
  readonly forReceivers?: { readonly builtIn: ValueOf<K>; readonly written: string };
  /**
   * The lists of all files add up; without it, a later file's list replaces an earlier one's. In either case the list of a
   * [[destination]] or of [receiver] adds to the general one.
   */
  readonly addsUp?: true;
  /** It can't be left out where it belongs. */
  readonly required?: true;
  /** Where it has no effect, and why: it is an error there. */
  readonly noEffectIn?: { readonly [W in Where]?: string };
  /** For the man page and the configuration file. */
  readonly text: string;
}

/** Keys by their names in TOML; a table of TOML is a section within a section. */
export interface Section {
  readonly [name: string]: Key | Section;
}

export const isKey = (row: Key | Section): row is Key => "is" in row;

/** Lets the compiler check the built-in value against the kind. */
const key = <const K extends Kind, const B extends ValueOf<K> | null>(row: Key<K, B>): Key<K, B> => row;

const notPlannedThere = { "[receiver]": "runs that arrive as rsync --server are not planned" };

export const keys = {
  /** At the top of a file, in a [[destination]] and in [receiver]. */
  settings: {
    mode: key({
      is: ["enforce", "observe"],
      builtIn: "enforce",
      written: '"enforce"',
      text: '"enforce", or "observe": every run is judged and journalled, but only commands that can\'t be read are refused, and only a terminal is told.',
    }),
    allow: key({
      is: "codes",
      builtIn: [],
      written: "[]",
      text: "Codes that don't refuse a run. Best in a [[destination]]. The codes of commands that can't be read can't be allowed.",
    }),
    dry_run: {
      required: key({
        is: ["always", "risky", "deletes", "never", "auto"],
        builtIn: "risky",
        written: '"risky"',
        // the pusher's own guard has asked for a dry run of what only overwrites; many pushers have none
        forReceivers: { builtIn: "deletes", written: '"deletes"' },
        text: 'Which live runs need a dry run first: "always", all of them; "risky", those that delete or overwrite; "deletes", those that delete; "never", none. With "auto" they are those of "risky", but the guard makes the dry run itself, right before the run, and judges its plan.',
      }),
      fresh_for: key({
        is: "duration",
        builtIn: 15 * 60_000,
        written: '"15m"',
        text: "How long a dry run counts: a number and s, m, h or d.",
      }),
      session: key({
        is: ["tty", "always", "never"],
        builtIn: "tty",
        written: '"tty"',
        noEffectIn: { "[receiver]": "there a dry run is bound to the client, as bind says, not to a login session" },
        text: 'When a dry run counts only in the login session that made it: "tty", if it was made at a terminal; "always"; "never".',
      }),
      remote_plan: key({
        is: ["try", "require", "never"],
        builtIn: "try",
        written: '"try"',
        noEffectIn: notPlannedThere,
        text: 'Whether runs to or from another host are planned: "try" plans them where nobody has to be asked for a password; "require" also refuses those that can\'t be planned; "never" plans none.',
      }),
    },
    limits: {
      max_delete: key({
        is: "number or share",
        builtIn: { percent: 50 },
        written: '"50%"',
        text: "How much a run may delete: a share of the entries that are now in the target, or a number of entries. A plan that deletes more is refused. A run that arrives as rsync --server has no plan, so rsync itself stops it there, by --max-delete; a share then counts from ten entries on.",
      }),
      whole_directory: key({
        is: "share",
        builtIn: { percent: 10 },
        written: '"10%"',
        noEffectIn: notPlannedThere,
        text: 'How much of the target a directory may be that a plan deletes as a whole, because the source lacks it. Those with fewer than ten entries are not judged, nor those whose files turn up elsewhere. "100%" allows any.',
      }),
      reduced_directory: key({
        is: "share",
        builtIn: { percent: 80 },
        written: '"80%"',
        noEffectIn: notPlannedThere,
        text: 'How much of a directory below the target a plan may delete, if it adds nothing there. Those that lose fewer than ten entries, or less than a hundredth of the target, are not judged, unless the source has the directory with nothing in it. "100%" allows all of it.',
      }),
      older: key({
        is: "share",
        builtIn: { percent: 50 },
        written: '"50%"',
        noEffectIn: notPlannedThere,
        text: 'How many of the files that a plan changes may be newer in the target than what replaces them, if these are five or more. "100%" allows all of them.',
      }),
      keep_own: key({
        is: "true or false",
        builtIn: true,
        written: "true",
        noEffectIn: notPlannedThere,
        text: "Whether a plan may not delete what usually belongs to the target, where the source has none: .git, .env, .htaccess, .well-known, .ssh, wp-config.php, Vagrantfile and their kind, in directories that stay.",
      }),
      keep: key({
        is: "kept paths",
        builtIn: [],
        written: "[]",
        addsUp: true,
        noEffectIn: notPlannedThere,
        text: 'What a plan may never delete or replace, as in a .gitignore: ".git" at any depth, "app/etc/env.php" below the target.',
      }),
    },
    undo: {
      keep_for: key({
        is: "duration",
        builtIn: null,
        written: '"7d"',
        text: "Recommended for every host. How long the entries that a run deletes or replaces are kept, so that rsync-guard undo can bring them back: a number and s, m, h or d. Without it nothing is kept. rsync itself sets them aside, by --backup and --backup-dir.",
      }),
      max_size: key({
        is: "size or share",
        builtIn: { percent: 10 },
        written: '"10%"',
        text: 'How much room they may take in all: a share of the file system that they are kept on, or a size such as "20G" (K, M, G, T). The oldest go first, when a later run begins.',
      }),
      directory: key({
        is: "directory",
        builtIn: null,
        written: '"/srv/.undo"',
        text: "Where they are kept: on the target's own file system, and not in a target; the shorter its path, the less rsync 3.5.0 has to do. Without it that is the user's state directory, if it is on that file system; else, for root, /.rsync-guard-undo at the top of that file system.",
      }),
      required: key({
        is: "true or false",
        builtIn: false,
        written: "false",
        text: "If true, a run is refused if what it deletes or replaces can't be set aside, or another run into the same place is under way. Otherwise it says so in one line, and runs.",
      }),
    },
  },
  /** At the top of a file only. */
  file: {
    locked: key({
      is: "true or false",
      builtIn: false,
      written: "false",
      noEffectIn: { "a user's file": "only the system's files can be locked" },
      text: "In the system's files only. If true, nothing but protect counts in a user's file.",
    }),
    protect: key({
      is: "directories",
      builtIn: [],
      written: "[]",
      addsUp: true,
      text: 'Directories that no run may have as its target, besides the built-in ones: "/srv/shared", or "/data/**" for everything below it too.',
    }),
    approvals: {
      signers: key({
        is: "file",
        builtIn: "/etc/rsync-guard.signers",
        written: '"/etc/rsync-guard.signers"',
        text: "Who may sign plans that are imported here: a file as ssh-keygen(1) describes it under ALLOWED SIGNERS, with a name and a public key on each line.",
      }),
      signatures: key({
        is: "count",
        builtIn: 1,
        written: "1",
        text: "How many different people have to have signed a plan that is imported: 2 for four eyes, 0 for none, where CI guards its own files.",
      }),
      fresh_for: key({
        is: "duration",
        builtIn: 86_400_000,
        written: '"1d"',
        text: "How old a plan may be when it is imported. From then on it counts as long as a dry run does (dry_run.fresh_for).",
      }),
      maker_counts: key({
        is: "true or false",
        builtIn: true,
        written: "true",
        text: "Whether the signature of the one who made the plan counts. Names are compared: that of the user (or of plan --by), and that in the file of signers, with or without what follows an @.",
      }),
    },
    journal: {
      syslog: key({
        is: "true or false",
        builtIn: false,
        written: "false",
        text: "If true, each line of the journal also goes to the system's log, through logger(1): to journald, with fields of its own (RSYNC_GUARD_VERDICT, RSYNC_GUARD_CODES and others), or to syslog, as @cee: and JSON.",
      }),
    },
    messages: {
      format: key({
        is: ["text", "json"],
        builtIn: "text",
        written: '"text"',
        text: '"json": where no person sits at the terminal, a refusal is followed on standard error by one line of JSON, for programs that run commands for people: the codes, why, what to do next, and whether a person has to decide.',
      }),
    },
    notify: {
      program: key({
        is: "file",
        builtIn: null,
        written: '"/usr/local/sbin/rsync-guard-notify"',
        text: "A program that is started for each refusal, each run that ran only because of mode observe, and each undo. It gets the journal's entry as JSON on standard input, and one minute. No run waits for it, and none depends on it. It runs as the user whose run it was, with no variables but PATH and HOME.",
      }),
    },
  },
  /** In a [[destination]] only. */
  destination: {
    path: key({
      is: "place",
      builtIn: null,
      written: '"/var/www/releases/*"',
      required: true,
      text: "The place, with wildcards; what is below it belongs to it. The first [[destination]] that matches counts, those of a later file before those of an earlier one.",
    }),
    name: key({
      is: "expression",
      builtIn: null,
      written: "'^\\d+\\.\\d+\\.\\d+$'",
      text: "A regular expression for the names of the children of path's directory; other names are refused as wrong-name.",
    }),
    require_mount: key({
      is: "true or false",
      builtIn: false,
      written: "false",
      text: "If true, a file system has to be mounted at path (up to its first wildcard), or further down the path of the target.",
    }),
    marker: key({
      is: "file name",
      builtIn: null,
      written: '".backup-target"',
      text: "A file that has to be in path (up to its first wildcard), such as one on the backup disk that is not in the directory below it.",
    }),
  },
  /** In [receiver] only. */
  receiver: {
    bind: key({
      is: ["address", "key"],
      builtIn: "address",
      written: '"address"',
      text: 'What a dry run of a run that arrives as rsync --server is bound to: "address", the client\'s; "key", the one that logged in by ssh, for jobs whose address changes. That takes ExposeAuthInfo yes in sshd_config; where the key isn\'t known, no dry run counts.',
    }),
  },
} satisfies Readonly<Record<string, Section>>;

/** The keys of a section with their full names in TOML. */
export const keysOf = (section: Section, table = ""): readonly (readonly [name: string, key: Key])[] =>
  Object.entries(section).flatMap(([name, row]) =>
    isKey(row) ? [[`${table}${name}`, row]] : keysOf(row, `${table}${name}.`),
  );

/** `fresh_for` is freshFor in the program. */
export const camelCase = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

type CamelCase<N> = N extends `${infer A}_${infer B}` ? `${A}${Capitalize<CamelCase<B>>}` : N;

/** The values of a section's keys. */
export type Values<S> =
  S extends Key<infer K, infer B>
    ? ValueOf<K> | (null extends B ? null : never)
    : { readonly [N in keyof S as CamelCase<N>]: Values<S[N]> };

/** The values that are said of a section's keys, in one place of a file. */
export type SaidValues<S> =
  S extends Key<infer K> ? ValueOf<K> : { readonly [N in keyof S as CamelCase<N>]?: SaidValues<S[N]> | undefined };
