/**
 * THE table: a row per rsync option, up to rsync 3.5.0, the older names included.
 *
 * An option that is not here is refused (`unknown-option`), so a new rsync's new option stays shut until somebody
 * has written its row. Source: rsync's own popt table and `rsync(1)`; for vendors' options, the patches in rsync-patches.
 */

/**
 * How often-given values combine, which decides what a fingerprint keeps:
 * `switch` last one wins; `count` they add up; `value` last one wins; `list` all stay, in order; `flag-list` the same,
 * without a value.
 */
export type Repeat = "switch" | "count" | "value" | "list" | "flag-list";

/** What the guard has to know of an option, beyond how it is spelled. */
export type Trait =
  | "deletes" // removes in the destination what the source lacks, or what is in the way
  | "removes-source"
  | "transfer" // has a meaning only where something is written: with one operand, the destination is missing
  | "dry-run"
  | "list-only"
  | "output" // changes only what is printed: not in a fingerprint
  | "writes-path" // the value is a path that rsync writes to
  | "reads-path" // the value is a path that rsync only reads
  | "digested" // the file that the value names decides what happens: a fingerprint covers its content
  | "filter" // one of the ordered filter rules, which also shield from deletion
  | "negation-matters" // its negation says something else than leaving it out
  | "help"
  | "version"
  | "server"
  | "sender"
  | "daemon";

export interface Option {
  /** Its long name, or its letter where it has no long one. */
  readonly name: string;
  readonly short: string | null;
  readonly repeat: Repeat;
  readonly traits: readonly Trait[];
  /** Long names that switch it off. */
  readonly negations: readonly string[];
  /** Other long names of the same option. */
  readonly aliases: readonly string[];
  /** The options that this one stands for, by name. */
  readonly expands: readonly string[];
  /** The rsync that brought it, where that is later than 3.2.3; an older one refuses it at once, whatever else is said. */
  readonly since: string | null;
  /** Not rsync's own: vendors patch it in, so it counts only where the real rsync's `--help` lists it. */
  readonly isVendors: boolean;
}

export const takesValue = (option: Option, negated: boolean): boolean =>
  !negated && (option.repeat === "value" || option.repeat === "list");

/** A row of the table; what is left out is empty. */
type Row = Pick<Option, "name" | "repeat"> & Partial<Option>;

const rows: readonly Row[] = [
  // What kind of run it is
  { name: "help", repeat: "switch", traits: ["help"] },
  { name: "version", short: "V", repeat: "switch", traits: ["version"] },
  { name: "dry-run", short: "n", repeat: "switch", traits: ["dry-run"] },
  { name: "list-only", repeat: "switch", traits: ["list-only"] },
  { name: "server", repeat: "switch", traits: ["server"] },
  { name: "sender", repeat: "switch", traits: ["sender"] },
  { name: "daemon", repeat: "switch", traits: ["daemon"] },
  { name: "config", repeat: "value", traits: ["daemon"] },
  { name: "dparam", repeat: "value", traits: ["daemon"] },
  { name: "detach", repeat: "switch", traits: ["daemon"] },
  { name: "no-detach", repeat: "switch", traits: ["daemon"] },
  { name: "remote-option", short: "M", repeat: "list" },
  { name: "read-batch", repeat: "value", traits: ["reads-path", "digested"] },
  { name: "write-batch", repeat: "value", traits: ["transfer", "writes-path"] },
  { name: "only-write-batch", repeat: "value", traits: ["transfer", "writes-path"] },

  // What is deleted
  { name: "delete", repeat: "switch", traits: ["deletes", "transfer"] },
  { name: "delete-before", repeat: "switch", traits: ["deletes", "transfer"] },
  { name: "delete-during", repeat: "switch", traits: ["deletes", "transfer"], aliases: ["del"] },
  { name: "delete-delay", repeat: "switch", traits: ["deletes", "transfer"] },
  { name: "delete-after", repeat: "switch", traits: ["deletes", "transfer"] },
  { name: "delete-excluded", repeat: "switch", traits: ["deletes", "transfer"] },
  { name: "delete-missing-args", repeat: "switch", traits: ["deletes", "transfer"] },
  { name: "force", repeat: "switch", traits: ["deletes"], negations: ["no-force"] },
  {
    name: "remove-source-files",
    repeat: "switch",
    traits: ["removes-source", "transfer"],
    aliases: ["remove-sent-files"],
  },
  { name: "ignore-errors", repeat: "switch", negations: ["no-ignore-errors"] },
  { name: "max-delete", repeat: "value" },
  { name: "ignore-missing-args", repeat: "switch" },
  { name: "prune-empty-dirs", short: "m", repeat: "switch", negations: ["no-prune-empty-dirs", "no-m"] },

  // Which files, and where they land
  {
    name: "archive",
    short: "a",
    repeat: "switch",
    expands: ["recursive", "links", "perms", "times", "group", "owner", "devices", "specials"],
  },
  { name: "recursive", short: "r", repeat: "switch", negations: ["no-recursive", "no-r"] },
  {
    name: "inc-recursive",
    repeat: "switch",
    traits: ["negation-matters"],
    negations: ["no-inc-recursive", "no-i-r"],
    aliases: ["i-r"],
  },
  { name: "dirs", short: "d", repeat: "switch", traits: ["negation-matters"], negations: ["no-dirs", "no-d"] },
  { name: "old-dirs", repeat: "switch", aliases: ["old-d"] },
  { name: "relative", short: "R", repeat: "switch", traits: ["negation-matters"], negations: ["no-relative", "no-R"] },
  {
    name: "implied-dirs",
    repeat: "switch",
    traits: ["negation-matters"],
    negations: ["no-implied-dirs", "no-i-d"],
    aliases: ["i-d"],
  },
  { name: "files-from", repeat: "value", traits: ["reads-path", "digested"] },
  { name: "from0", short: "0", repeat: "switch", negations: ["no-from0"] },
  { name: "one-file-system", short: "x", repeat: "count", negations: ["no-one-file-system", "no-x"] },
  { name: "update", short: "u", repeat: "switch" },
  { name: "existing", repeat: "switch", aliases: ["ignore-non-existing"] },
  { name: "ignore-existing", repeat: "switch" },
  { name: "ignore-times", short: "I", repeat: "switch" },
  { name: "size-only", repeat: "switch" },
  { name: "checksum", short: "c", repeat: "switch", negations: ["no-checksum", "no-c"] },
  { name: "checksum-choice", repeat: "value", aliases: ["cc"] },
  { name: "modify-window", short: "@", repeat: "value" },
  { name: "max-size", repeat: "value" },
  { name: "min-size", repeat: "value" },
  { name: "links", short: "l", repeat: "switch", negations: ["no-links", "no-l"] },
  { name: "copy-links", short: "L", repeat: "switch" },
  { name: "copy-unsafe-links", repeat: "switch" },
  { name: "safe-links", repeat: "switch" },
  { name: "munge-links", repeat: "switch", negations: ["no-munge-links"] },
  { name: "insecure-links", repeat: "switch", negations: ["no-insecure-links"], since: "3.5.0" },
  { name: "copy-dirlinks", short: "k", repeat: "switch" },
  { name: "keep-dirlinks", short: "K", repeat: "switch" },
  { name: "hard-links", short: "H", repeat: "count", negations: ["no-hard-links", "no-H"] },
  { name: "D", short: "D", repeat: "switch", negations: ["no-D"], expands: ["devices", "specials"] },
  { name: "devices", repeat: "switch", negations: ["no-devices"] },
  { name: "specials", repeat: "switch", negations: ["no-specials"] },
  { name: "copy-devices", repeat: "switch" },
  { name: "drop-D", repeat: "switch", negations: ["no-drop-D"], since: "3.5.0" },

  // Filter rules: their order decides
  { name: "filter", short: "f", repeat: "list", traits: ["filter"] },
  { name: "exclude", repeat: "list", traits: ["filter"] },
  { name: "include", repeat: "list", traits: ["filter"] },
  { name: "exclude-from", repeat: "list", traits: ["filter", "reads-path", "digested"] },
  { name: "include-from", repeat: "list", traits: ["filter", "reads-path", "digested"] },
  { name: "cvs-exclude", short: "C", repeat: "flag-list", traits: ["filter"] },
  { name: "F", short: "F", repeat: "flag-list", traits: ["filter"] },

  // How the destination's files are written
  { name: "perms", short: "p", repeat: "switch", negations: ["no-perms", "no-p"] },
  { name: "executability", short: "E", repeat: "switch" },
  { name: "acls", short: "A", repeat: "switch", negations: ["no-acls", "no-A"] },
  { name: "xattrs", short: "X", repeat: "count", negations: ["no-xattrs", "no-X"] },
  { name: "times", short: "t", repeat: "switch", negations: ["no-times", "no-t"] },
  { name: "atimes", short: "U", repeat: "count", negations: ["no-atimes", "no-U"] },
  { name: "open-noatime", repeat: "switch", negations: ["no-open-noatime"] },
  { name: "crtimes", short: "N", repeat: "switch", negations: ["no-crtimes", "no-N"] },
  { name: "omit-dir-times", short: "O", repeat: "switch", negations: ["no-omit-dir-times", "no-O"] },
  { name: "omit-link-times", short: "J", repeat: "switch", negations: ["no-omit-link-times", "no-J"] },
  { name: "super", repeat: "switch", traits: ["negation-matters"], negations: ["no-super"] },
  { name: "fake-super", repeat: "switch" },
  { name: "owner", short: "o", repeat: "switch", negations: ["no-owner", "no-o"] },
  { name: "group", short: "g", repeat: "switch", negations: ["no-group", "no-g"] },
  { name: "numeric-ids", repeat: "switch", negations: ["no-numeric-ids"] },
  { name: "usermap", repeat: "value" },
  { name: "groupmap", repeat: "value" },
  { name: "chown", repeat: "value" },
  { name: "chmod", repeat: "list" },
  { name: "copy-as", repeat: "value" },
  { name: "inplace", repeat: "switch", traits: ["transfer"], negations: ["no-inplace"] },
  { name: "append", repeat: "switch", traits: ["transfer"], negations: ["no-append"] },
  { name: "append-verify", repeat: "switch", traits: ["transfer"] },
  { name: "write-devices", repeat: "switch", traits: ["transfer"], negations: ["no-write-devices"] },
  { name: "mkpath", repeat: "switch", traits: ["transfer"], negations: ["no-mkpath"] },
  { name: "sparse", short: "S", repeat: "switch", negations: ["no-sparse", "no-S"] },
  { name: "preallocate", repeat: "switch" },
  { name: "fsync", repeat: "switch", since: "3.2.4" },

  // What is written elsewhere, or taken from elsewhere
  { name: "backup", short: "b", repeat: "switch", traits: ["transfer"], negations: ["no-backup"] },
  { name: "backup-dir", repeat: "value", traits: ["transfer", "writes-path"] },
  { name: "suffix", repeat: "value", traits: ["transfer"] },
  { name: "partial", repeat: "switch", negations: ["no-partial"] },
  { name: "partial-dir", repeat: "value", traits: ["transfer", "writes-path"] },
  { name: "delay-updates", repeat: "switch", traits: ["transfer"], negations: ["no-delay-updates"] },
  { name: "temp-dir", short: "T", repeat: "value", traits: ["transfer", "writes-path"] },
  { name: "compare-dest", repeat: "list", traits: ["transfer", "reads-path"] },
  { name: "copy-dest", repeat: "list", traits: ["transfer", "reads-path"] },
  { name: "link-dest", repeat: "list", traits: ["transfer", "reads-path"] },
  { name: "fuzzy", short: "y", repeat: "count", negations: ["no-fuzzy", "no-y"] },
  { name: "confine-root", repeat: "value", traits: ["reads-path"], since: "3.5.0" },

  // How it travels
  { name: "rsh", short: "e", repeat: "value" },
  { name: "rsync-path", repeat: "value" },
  { name: "old-args", repeat: "count", traits: ["negation-matters"], negations: ["no-old-args"], since: "3.2.4" },
  {
    name: "secluded-args",
    short: "s",
    repeat: "switch",
    traits: ["negation-matters"],
    negations: ["no-secluded-args", "no-protect-args", "no-s"],
    aliases: ["protect-args"],
  },
  { name: "trust-sender", repeat: "switch", since: "3.2.5" },
  { name: "iconv", repeat: "value", traits: ["negation-matters"], negations: ["no-iconv"] },
  {
    name: "whole-file",
    short: "W",
    repeat: "switch",
    traits: ["negation-matters"],
    negations: ["no-whole-file", "no-W"],
  },
  { name: "block-size", short: "B", repeat: "value" },
  { name: "compress", short: "z", repeat: "count", negations: ["no-compress", "no-z"] },
  { name: "old-compress", repeat: "switch" },
  { name: "new-compress", repeat: "switch" },
  { name: "compress-choice", repeat: "value", aliases: ["zc"] },
  { name: "skip-compress", repeat: "value" },
  { name: "compress-level", repeat: "value", aliases: ["zl"] },
  { name: "compress-threads", repeat: "value", aliases: ["zt"], since: "3.4.2" },
  { name: "bwlimit", repeat: "value", negations: ["no-bwlimit"] },
  { name: "timeout", repeat: "value", negations: ["no-timeout"] },
  { name: "contimeout", repeat: "value", negations: ["no-contimeout"] },
  { name: "stop-after", repeat: "value", aliases: ["time-limit"] },
  { name: "stop-at", repeat: "value" },
  { name: "max-alloc", repeat: "value" },
  { name: "ipv4", short: "4", repeat: "switch" },
  { name: "ipv6", short: "6", repeat: "switch" },
  { name: "address", repeat: "value" },
  { name: "port", repeat: "value" },
  { name: "sockopts", repeat: "value" },
  { name: "password-file", repeat: "value", traits: ["reads-path"] },
  { name: "early-input", repeat: "value", traits: ["reads-path"] },
  { name: "blocking-io", repeat: "switch", traits: ["negation-matters"], negations: ["no-blocking-io"] },
  { name: "protocol", repeat: "value" },
  { name: "checksum-seed", repeat: "value" },
  { name: "qsort", repeat: "switch" },

  // What is printed: a dry run and its live run may differ in these
  { name: "verbose", short: "v", repeat: "count", traits: ["output"], negations: ["no-verbose", "no-v"] },
  { name: "info", repeat: "list", traits: ["output"] },
  { name: "debug", repeat: "list", traits: ["output"] },
  { name: "stderr", repeat: "value", traits: ["output"] },
  { name: "msgs2stderr", repeat: "switch", traits: ["output"], negations: ["no-msgs2stderr"] },
  { name: "quiet", short: "q", repeat: "count", traits: ["output"] },
  { name: "motd", repeat: "switch", traits: ["output"], negations: ["no-motd"] },
  { name: "stats", repeat: "switch", traits: ["output"] },
  { name: "human-readable", short: "h", repeat: "count", traits: ["output"], negations: ["no-human-readable", "no-h"] },
  { name: "P", short: "P", repeat: "switch", expands: ["partial", "progress"] },
  { name: "progress", repeat: "switch", traits: ["output"], negations: ["no-progress"] },
  { name: "log-file", repeat: "value", traits: ["output", "writes-path"] },
  { name: "log-file-format", repeat: "value", traits: ["output"] },
  { name: "out-format", repeat: "value", traits: ["output"], aliases: ["log-format"] },
  {
    name: "itemize-changes",
    short: "i",
    repeat: "count",
    traits: ["output"],
    negations: ["no-itemize-changes", "no-i"],
  },
  { name: "8-bit-output", short: "8", repeat: "switch", traits: ["output"], negations: ["no-8-bit-output", "no-8"] },
  { name: "outbuf", repeat: "value", traits: ["output"] },
];

/** What FreeBSD, Homebrew, MacPorts, Apple and others patch in. None has a letter of its own. */
const vendorRows: readonly Row[] = [
  { name: "fileflags", repeat: "switch", negations: ["no-fileflags"] },
  { name: "force-delete", repeat: "switch", traits: ["deletes"], negations: ["no-force-delete"] },
  { name: "force-change", repeat: "switch", negations: ["no-force-change"] },
  { name: "force-uchange", repeat: "switch" },
  { name: "force-schange", repeat: "switch" },
  { name: "hfs-compression", repeat: "switch", negations: ["no-hfs-compression"] },
  { name: "protect-decmpfs", repeat: "switch", negations: ["no-protect-decmpfs"] },
  { name: "extended-attributes", repeat: "switch" },
  { name: "detect-renamed", repeat: "switch" },
  { name: "detect-renamed-lax", repeat: "switch" },
  { name: "detect-moved", repeat: "switch" },
  { name: "link-by-hash", repeat: "value", traits: ["transfer", "writes-path"] },
];

const none: readonly never[] = [];

/** Property by property: each run makes all of them, and spreading takes four times as long. */
const optionOf = (row: Row, isVendors: boolean): Option => ({
  name: row.name,
  short: row.short ?? null,
  repeat: row.repeat,
  traits: row.traits ?? none,
  negations: row.negations ?? none,
  aliases: row.aliases ?? none,
  expands: row.expands ?? none,
  since: row.since ?? null,
  isVendors,
});

export const options: readonly Option[] = [
  ...rows.map((row) => optionOf(row, false)),
  ...vendorRows.map((row) => optionOf(row, true)),
];

export interface Named {
  readonly option: Option;
  readonly negated: boolean;
}

const byLong = new Map<string, Named>();
const byShort = new Map<string, Option>();
for (const option of options) {
  if (option.short) byShort.set(option.short, option);
  // -D, -F and -P have no long name
  if (option.name !== option.short) byLong.set(option.name, { option, negated: false });
  for (const alias of option.aliases) byLong.set(alias, { option, negated: false });
  for (const negation of option.negations) byLong.set(negation, { option, negated: true });
}

/** The option that a long name (without its dashes) means: exact, case-sensitive, never abbreviated, as popt does. */
export const longOption = (name: string): Named | undefined => byLong.get(name);

/** The option that a letter means. */
export const shortOption = (letter: string): Option | undefined => byShort.get(letter);

/** The option of that name. Throws for a name that the table lacks. */
export function optionNamed(name: string): Option {
  const option = byLong.get(name)?.option ?? byShort.get(name);
  if (!option) throw new Error(`the option table has no ${name}`);
  return option;
}
