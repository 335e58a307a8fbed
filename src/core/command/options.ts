/**
 * THE table: a row per rsync option, up to rsync 3.5.0, the older names included.
 *
 * An option that is not here is refused (`unknown-option`), so a new rsync's new option stays shut until somebody
 * has written its row. Source: rsync's own popt table and `rsync(1)`.
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
  /** The rsync that brought it, where that is later than 3.2.7; an older one refuses it at once, whatever else is said. */
  readonly since: string | null;
}

export const takesValue = (option: Option, negated: boolean): boolean =>
  !negated && (option.repeat === "value" || option.repeat === "list");

/** `[name, short, repeat, traits, negations, aliases, expands, since]`, blanks between words. */
type Row = readonly [
  name: string,
  short: string,
  repeat: Repeat,
  traits?: string,
  negations?: string,
  aliases?: string,
  expands?: string,
  since?: string,
];

const rows: readonly Row[] = [
  // What kind of run it is
  ["help", "", "switch", "help"],
  ["version", "V", "switch", "version"],
  ["dry-run", "n", "switch", "dry-run"],
  ["list-only", "", "switch", "list-only"],
  ["server", "", "switch", "server"],
  ["sender", "", "switch", "sender"],
  ["daemon", "", "switch", "daemon"],
  ["config", "", "value", "daemon"],
  ["dparam", "", "value", "daemon"],
  ["detach", "", "switch", "daemon"],
  ["no-detach", "", "switch", "daemon"],
  ["remote-option", "M", "list"],
  ["read-batch", "", "value", "reads-path digested"],
  ["write-batch", "", "value", "writes-path"],
  ["only-write-batch", "", "value", "writes-path"],

  // What is deleted
  ["delete", "", "switch", "deletes transfer"],
  ["delete-before", "", "switch", "deletes transfer"],
  ["delete-during", "", "switch", "deletes transfer", "", "del"],
  ["delete-delay", "", "switch", "deletes transfer"],
  ["delete-after", "", "switch", "deletes transfer"],
  ["delete-excluded", "", "switch", "deletes transfer"],
  ["delete-missing-args", "", "switch", "deletes transfer"],
  ["force", "", "switch", "deletes", "no-force"],
  ["remove-source-files", "", "switch", "removes-source transfer", "", "remove-sent-files"],
  ["ignore-errors", "", "switch", "", "no-ignore-errors"],
  ["max-delete", "", "value"],
  ["ignore-missing-args", "", "switch"],
  ["prune-empty-dirs", "m", "switch", "", "no-prune-empty-dirs no-m"],

  // Which files, and where they land
  ["archive", "a", "switch", "", "", "", "recursive links perms times group owner devices specials"],
  ["recursive", "r", "switch", "", "no-recursive no-r"],
  ["inc-recursive", "", "switch", "negation-matters", "no-inc-recursive no-i-r", "i-r"],
  ["dirs", "d", "switch", "negation-matters", "no-dirs no-d"],
  ["old-dirs", "", "switch", "", "", "old-d"],
  ["relative", "R", "switch", "negation-matters", "no-relative no-R"],
  ["implied-dirs", "", "switch", "negation-matters", "no-implied-dirs no-i-d", "i-d"],
  ["files-from", "", "value", "reads-path digested"],
  ["from0", "0", "switch", "", "no-from0"],
  ["one-file-system", "x", "count", "", "no-one-file-system no-x"],
  ["update", "u", "switch"],
  ["existing", "", "switch", "", "", "ignore-non-existing"],
  ["ignore-existing", "", "switch"],
  ["ignore-times", "I", "switch"],
  ["size-only", "", "switch"],
  ["checksum", "c", "switch", "", "no-checksum no-c"],
  ["checksum-choice", "", "value", "", "", "cc"],
  ["modify-window", "@", "value"],
  ["max-size", "", "value"],
  ["min-size", "", "value"],
  ["links", "l", "switch", "", "no-links no-l"],
  ["copy-links", "L", "switch"],
  ["copy-unsafe-links", "", "switch"],
  ["safe-links", "", "switch"],
  ["munge-links", "", "switch", "", "no-munge-links"],
  ["insecure-links", "", "switch", "", "no-insecure-links", "", "", "3.5.0"],
  ["copy-dirlinks", "k", "switch"],
  ["keep-dirlinks", "K", "switch"],
  ["hard-links", "H", "count", "", "no-hard-links no-H"],
  ["D", "D", "switch", "", "no-D", "", "devices specials"],
  ["devices", "", "switch", "", "no-devices"],
  ["specials", "", "switch", "", "no-specials"],
  ["copy-devices", "", "switch"],
  ["drop-D", "", "switch", "", "no-drop-D", "", "", "3.5.0"],

  // Filter rules: their order decides
  ["filter", "f", "list", "filter"],
  ["exclude", "", "list", "filter"],
  ["include", "", "list", "filter"],
  ["exclude-from", "", "list", "filter reads-path digested"],
  ["include-from", "", "list", "filter reads-path digested"],
  ["cvs-exclude", "C", "flag-list", "filter"],
  ["F", "F", "flag-list", "filter"],

  // How the destination's files are written
  ["perms", "p", "switch", "", "no-perms no-p"],
  ["executability", "E", "switch"],
  ["acls", "A", "switch", "", "no-acls no-A"],
  ["xattrs", "X", "count", "", "no-xattrs no-X"],
  ["times", "t", "switch", "", "no-times no-t"],
  ["atimes", "U", "count", "", "no-atimes no-U"],
  ["open-noatime", "", "switch", "", "no-open-noatime"],
  ["crtimes", "N", "switch", "", "no-crtimes no-N"],
  ["omit-dir-times", "O", "switch", "", "no-omit-dir-times no-O"],
  ["omit-link-times", "J", "switch", "", "no-omit-link-times no-J"],
  ["super", "", "switch", "negation-matters", "no-super"],
  ["fake-super", "", "switch"],
  ["owner", "o", "switch", "", "no-owner no-o"],
  ["group", "g", "switch", "", "no-group no-g"],
  ["numeric-ids", "", "switch", "", "no-numeric-ids"],
  ["usermap", "", "value"],
  ["groupmap", "", "value"],
  ["chown", "", "value"],
  ["chmod", "", "list"],
  ["copy-as", "", "value"],
  ["inplace", "", "switch", "transfer", "no-inplace"],
  ["append", "", "switch", "transfer", "no-append"],
  ["append-verify", "", "switch", "transfer"],
  ["write-devices", "", "switch", "transfer", "no-write-devices"],
  ["mkpath", "", "switch", "transfer", "no-mkpath"],
  ["sparse", "S", "switch", "", "no-sparse no-S"],
  ["preallocate", "", "switch"],
  ["fsync", "", "switch"],

  // What is written elsewhere, or taken from elsewhere
  ["backup", "b", "switch", "transfer", "no-backup"],
  ["backup-dir", "", "value", "transfer writes-path"],
  ["suffix", "", "value", "transfer"],
  ["partial", "", "switch", "", "no-partial"],
  ["partial-dir", "", "value", "transfer writes-path"],
  ["delay-updates", "", "switch", "transfer", "no-delay-updates"],
  ["temp-dir", "T", "value", "transfer writes-path"],
  ["compare-dest", "", "list", "transfer reads-path"],
  ["copy-dest", "", "list", "transfer reads-path"],
  ["link-dest", "", "list", "transfer reads-path"],
  ["fuzzy", "y", "count", "", "no-fuzzy no-y"],
  ["confine-root", "", "value", "reads-path", "", "", "", "3.5.0"],

  // How it travels
  ["rsh", "e", "value"],
  ["rsync-path", "", "value"],
  ["old-args", "", "count", "negation-matters", "no-old-args"],
  ["secluded-args", "s", "switch", "negation-matters", "no-secluded-args no-protect-args no-s", "protect-args"],
  ["trust-sender", "", "switch"],
  ["iconv", "", "value", "negation-matters", "no-iconv"],
  ["whole-file", "W", "switch", "negation-matters", "no-whole-file no-W"],
  ["block-size", "B", "value"],
  ["compress", "z", "count", "", "no-compress no-z"],
  ["old-compress", "", "switch"],
  ["new-compress", "", "switch"],
  ["compress-choice", "", "value", "", "", "zc"],
  ["skip-compress", "", "value"],
  ["compress-level", "", "value", "", "", "zl"],
  ["compress-threads", "", "value", "", "", "zt", "", "3.4.2"],
  ["bwlimit", "", "value", "", "no-bwlimit"],
  ["timeout", "", "value", "", "no-timeout"],
  ["contimeout", "", "value", "", "no-contimeout"],
  ["stop-after", "", "value", "", "", "time-limit"],
  ["stop-at", "", "value"],
  ["max-alloc", "", "value"],
  ["ipv4", "4", "switch"],
  ["ipv6", "6", "switch"],
  ["address", "", "value"],
  ["port", "", "value"],
  ["sockopts", "", "value"],
  ["password-file", "", "value", "reads-path"],
  ["early-input", "", "value", "reads-path"],
  ["blocking-io", "", "switch", "negation-matters", "no-blocking-io"],
  ["protocol", "", "value"],
  ["checksum-seed", "", "value"],
  ["qsort", "", "switch"],

  // What is printed: a dry run and its live run may differ in these
  ["verbose", "v", "count", "output", "no-verbose no-v"],
  ["info", "", "list", "output"],
  ["debug", "", "list", "output"],
  ["stderr", "", "value", "output"],
  ["msgs2stderr", "", "switch", "output", "no-msgs2stderr"],
  ["quiet", "q", "count", "output"],
  ["motd", "", "switch", "output", "no-motd"],
  ["stats", "", "switch", "output"],
  ["human-readable", "h", "count", "output", "no-human-readable no-h"],
  ["P", "P", "switch", "", "", "", "partial progress"],
  ["progress", "", "switch", "output", "no-progress"],
  ["log-file", "", "value", "output writes-path"],
  ["log-file-format", "", "value", "output"],
  ["out-format", "", "value", "output", "", "log-format"],
  ["itemize-changes", "i", "count", "output", "no-itemize-changes no-i"],
  ["8-bit-output", "8", "switch", "output", "no-8-bit-output no-8"],
  ["outbuf", "", "value", "output"],
];

const words = (text: string | undefined): readonly string[] => (text ? text.split(" ") : []);

export const options: readonly Option[] = rows.map(
  ([name, short, repeat, traits, negations, aliases, expands, since]) => ({
    name,
    short: short || null,
    repeat,
    traits: words(traits) as readonly Trait[],
    negations: words(negations),
    aliases: words(aliases),
    expands: words(expands),
    since: since ?? null,
  }),
);

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
