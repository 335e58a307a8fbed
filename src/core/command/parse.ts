/**
 * argv as rsync's own popt reads it: an Invocation, or the argument that can't be read.
 *
 * The grammar is popt 1.19's as rsync uses it; what differs from getopt is said beside the line that does it.
 */

import { type Bytes, bytesOf } from "../bytes.ts";
import { longOption, type Option, shortOption, type Trait, takesValue } from "./options.ts";

/** An option as it was given. */
export interface GivenOption {
  readonly option: Option;
  /** Its long name or its letter, as typed. */
  readonly as: Bytes;
  readonly negated: boolean;
  readonly value: Bytes | null;
}

/** An option for the other side. */
export interface HandedOn extends GivenOption {
  readonly by: "remote-option" | "rsync-path";
}

/** The variables that change how rsync reads its command line; undefined: not set, which isn't the same as empty. */
export interface ParseEnvironment {
  readonly POSIXLY_CORRECT?: string | undefined;
  readonly POSIX_ME_HARDER?: string | undefined;
  readonly RSYNC_OLD_ARGS?: string | undefined;
  readonly RSYNC_PROTECT_ARGS?: string | undefined;
  readonly RSYNC_PARTIAL_DIR?: string | undefined;
}

export type Kind = "information" | "listing" | "dry-run" | "live" | "receiver" | "sender" | "daemon";

export interface Invocation {
  readonly kind: Kind;
  /** Without the word rsync. */
  readonly argv: readonly Bytes[];
  readonly options: readonly GivenOption[];
  /** What `-M` hands to the other side, which in a local copy is rsync's own receiving half. */
  readonly remoteOptions: readonly HandedOn[];
  readonly operands: readonly Bytes[];
  readonly dryRun: boolean;
  /** Removes something in the destination: any `--delete…`, or `--force`; behind `-M` too. */
  readonly deletes: boolean;
  readonly removesSource: boolean;
  readonly recursive: boolean;
  /** `-d`, given or implied: directories are sent, with their direct children where they end in a slash. */
  readonly dirs: boolean;
  readonly relative: boolean;
  readonly filesFrom: Bytes | null;
  /** Where files are kept that were begun only; relative: in each directory of the destination. */
  readonly partialDir: Bytes | null;
  readonly readBatch: boolean;
  /** What the remote shell gets unquoted. 1: operands, and what `-M` holds; 2: the values of other options, too. */
  readonly oldArgs: 0 | 1 | 2;
  /** `-s`: on the far side the arguments come on standard input. */
  readonly secluded: boolean;
}

/** What is wrong with an argument. */
export type ArgumentProblem =
  | { readonly is: "unknown" | "not-in-help" }
  | { readonly is: "unknown-letter"; readonly letter: Bytes }
  | { readonly is: ArgumentFault };

type ArgumentFault =
  | "no-value" // of an option that takes one
  | "takes-no-value"
  | "popt-operand" // `!#:+`, and no operand that popt could put there
  | "server-only"
  | "not-an-option" // behind -M
  | "hidden-deletion" // text in --rsync-path that may be an option to delete
  | "changes-other-side";

export interface Unreadable {
  readonly argument: Bytes;
  readonly problem: ArgumentProblem;
}

const unreadable = (argument: Bytes, fault: ArgumentFault): Unreadable => ({ argument, problem: { is: fault } });

interface SplitArgv {
  readonly options: readonly GivenOption[];
  readonly operands: readonly Bytes[];
  readonly server: boolean;
  /** rsync stops reading here: `--help` at once, `--daemon` for a table of its own. */
  readonly stop: "help" | "daemon" | null;
}

export type Parsed = { readonly invocation: Invocation } | { readonly unreadable: Unreadable };

const isUnreadable = (value: object): value is Unreadable => "argument" in value;

export const has = (given: GivenOption, trait: Trait): boolean => !given.negated && given.option.traits.includes(trait);

/** The value of the last option of that name, or null. */
export const lastValue = (options: readonly GivenOption[], name: string): Bytes | null =>
  options.findLast((given) => given.option.name === name)?.value ?? null;

/** A filter rule that merges a file: `. FILE`, `merge FILE`, with modifiers as in `.e- FILE`. */
const mergeRule = /^(?:\.[^ _\w]*,?|merge,?)[-+CenwsrpxC/!]*[ _](.+)$/s;

/** The file that a filter rule merges, or null. */
export const mergedFile = (rule: Bytes): Bytes | null => mergeRule.exec(rule)?.[1] ?? null;

/** A filter rule that has a file of rules read in each directory: `: FILE`, `dir-merge FILE`, with modifiers. */
const perDirectoryRule = /^(?::[^ _\w]*,?|dir-merge,?)[-+CenwsrpxC/!]*[ _](.+)$/s;

/** The name of the file that a filter rule has read in each directory, or null. */
export const perDirectoryFile = (rule: Bytes): Bytes | null =>
  /^(?::|dir-merge,)[^ _]*C/.test(rule) ? ".cvsignore" : (perDirectoryRule.exec(rule)?.[1] ?? null);

/** Whether a switch is on in the end: the last one that sets or clears it wins. */
export function isOn(options: readonly GivenOption[], name: string): boolean {
  const last = options.findLast(({ option }) => option.name === name || option.expands.includes(name));
  return last !== undefined && !last.negated;
}

/** C's atoi(), by which rsync reads its switches in the environment: a long that is cut to an int, so 2^32 is 0. */
function intOf(text: string): number {
  const [, digits = "0"] = /^[ \t-\r]*\+?(-?\d+)/.exec(text) ?? [];
  const long = BigInt(digits);
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];
  return Number(BigInt.asIntN(32, long < least ? least : long > most ? most : long));
}

/** Clients of old versions send them, and rsync says that it ignores them. */
const ignoredByServers: ReadonlySet<string> = new Set(["read-batch", "write-batch"]);

/** Reads an argv (without the word rsync). Never throws. */
export function parse(argv: readonly Bytes[], env: ParseEnvironment): Parsed {
  const posix = env.POSIXLY_CORRECT !== undefined || env.POSIX_ME_HARDER !== undefined;
  const words = readWords(argv, posix);
  if (isUnreadable(words)) return { unreadable: words };
  const remoteOptions = readRemoteOptions(words.options);
  if (isUnreadable(remoteOptions)) return { unreadable: remoteOptions };

  const { operands } = words;
  const options = words.server
    ? words.options.filter(({ option }) => !ignoredByServers.has(option.name))
    : words.options;
  const all = [...options, ...remoteOptions];
  const on = (name: string) => isOn(options, name);
  const filesFrom = lastValue(options, "files-from");
  const readBatch = lastValue(options, "read-batch") !== null;
  // a server takes both from its command line only
  const { RSYNC_OLD_ARGS: oldArgsHere = "", RSYNC_PROTECT_ARGS: protectHere = "" } = words.server ? {} : env;
  const secluded = lastSwitch(options, "secluded-args");
  const oldArgsGiven = oldArgsIn(options);
  const oldArgs = oldArgsGiven ?? (secluded === true ? 0 : atMostTwo(intOf(oldArgsHere)));
  const lastDirs = options.findLast(({ option }) => option.name === "dirs" || option.name === "old-dirs");
  const oldDirs = lastDirs?.option.name === "old-dirs";
  const facts = {
    dryRun: options.some((given) => has(given, "dry-run")),
    deletes: all.some((given) => has(given, "deletes") && given.option.name !== "force") || isOn(all, "force"),
    removesSource: all.some((given) => has(given, "removes-source")),
    readBatch,
  };
  return {
    invocation: {
      ...facts,
      kind: kindOf(words, facts),
      argv,
      options,
      remoteOptions,
      operands,
      // --files-from cancels the recursion of -a, but not that of -r; --old-dirs is -r with a filter rule
      recursive: (filesFrom === null ? on("recursive") : lastSwitch(options, "recursive") === true) || oldDirs,
      dirs: on("dirs") || filesFrom !== null,
      relative: lastSwitch(options, "relative") ?? filesFrom !== null,
      filesFrom,
      partialDir:
        lastValue(all, "partial-dir") ?? (on("partial") ? bytesOf(env.RSYNC_PARTIAL_DIR ?? "") || null : null),
      oldArgs,
      // RSYNC_OLD_ARGS, if it is asked and says anything, is all that rsync looks at
      secluded:
        secluded ?? (oldArgs === 0 && (oldArgsGiven !== null || oldArgsHere === "") && intOf(protectHere) !== 0),
    },
  };
}

/** True or false where the switch was given, else null, for those whose default depends on something else. */
function lastSwitch(options: readonly GivenOption[], name: string): boolean | null {
  const last = options.findLast((given) => given.option.name === name);
  return last ? !last.negated : null;
}

/** How often --old-args was given since it was last negated; null where it wasn't mentioned. */
function oldArgsIn(options: readonly GivenOption[]): Invocation["oldArgs"] | null {
  const given = options.filter(({ option }) => option.name === "old-args");
  const since = given.length - 1 - given.findLastIndex(({ negated }) => negated);
  return given.length === 0 ? null : atMostTwo(since);
}

/** Below 0 is on, too. */
const atMostTwo = (count: number): Invocation["oldArgs"] => (count === 0 ? 0 : count > 1 ? 2 : 1);

function kindOf({ options, operands, server, stop }: SplitArgv, run: { dryRun: boolean; readBatch: boolean }): Kind {
  if (stop === "daemon") return "daemon";
  if (stop === "help" || options.some((given) => has(given, "version"))) return "information";
  if (server) return options.some((given) => has(given, "sender")) ? "sender" : "receiver";
  if (operands.length === 0) return "information";
  if (options.some((given) => has(given, "list-only"))) return "listing";
  const destinationMissing = operands.length === 1 && !run.readBatch;
  if (destinationMissing && !(run.dryRun && needsTransfer(options))) return "listing";
  return run.dryRun ? "dry-run" : "live";
}

/** Its own options and those of the other side, which in a local copy is rsync's own receiving half. */
export const allOptions = ({ options, remoteOptions }: Invocation): readonly GivenOption[] => [
  ...options,
  ...remoteOptions,
];

/** Whether a run is the far half of one that was started on another host. */
export const isServer = ({ kind }: Pick<Invocation, "kind">): boolean => kind === "receiver" || kind === "sender";

/** Whether the run takes something away, in the destination or at the source. */
export const loses = ({ deletes, removesSource }: Invocation): boolean => deletes || removesSource;

/** Whether an option is there that only a transfer needs. */
const needsTransfer = (options: readonly GivenOption[]): boolean => options.some((given) => has(given, "transfer"));

/** `server`: --server was met, so rsync reads argv again from the start, with popt's aliases off. */
function readWords(argv: readonly Bytes[], posix: boolean, server = false): SplitArgv | Unreadable {
  const options: GivenOption[] = [];
  const operands: Bytes[] = [];
  const words = (stop: SplitArgv["stop"]): SplitArgv => ({ options, operands, server, stop });
  const taken = new Set<number>();
  let onlyOperands = false;
  for (let at = 0; at < argv.length; ) {
    if (taken.has(at)) {
      at++;
      continue;
    }
    const word = argv[at++] ?? "";
    if (onlyOperands || !word.startsWith("-") || word === "-") {
      operands.push(word);
      onlyOperands ||= posix;
      continue;
    }
    if (word === "--") {
      onlyOperands = true;
      continue;
    }
    const read = readOptions(word, argv[at], server);
    if (isUnreadable(read)) return read;
    if (read.tookNext) at++;
    for (const typed of read.options) {
      const given = withOperand(typed, argv, at, taken);
      if (given.value?.includes(poptOperand)) return unreadable(word, "popt-operand");
      options.push(given);
      if (has(given, "server") && !server) return readWords(argv, posix, true);
      if (has(given, "sender") && !server) return unreadable(word, "server-only");
      if (has(given, "daemon")) return words("daemon");
      if (isHelp(given, argv.length)) return words("help");
    }
  }
  return words(null);
}

const poptOperand = "!#:+";

/**
 * popt puts the next argument without a dash in the place of `!#:+` in a value, and takes it away from the operands.
 * Where there is none it never ends.
 */
function withOperand(given: GivenOption, argv: readonly Bytes[], from: number, taken: Set<number>): GivenOption {
  if (!given.value?.includes(poptOperand)) return given;
  const at = argv.findIndex((word, index) => index >= from && !taken.has(index) && !word.startsWith("-"));
  if (at < 0) return given;
  taken.add(at);
  return { ...given, value: given.value.replaceAll(poptOperand, () => argv[at] ?? "") };
}

/** rsync prints its help and exits at once where it meets one of these; `-h` only where it is the one argument. */
const isHelp = (given: GivenOption, argc: number): boolean =>
  has(given, "help") ||
  (given.option.name === "human-readable" && !given.negated && argc === 1) ||
  ((given.option.name === "info" || given.option.name === "debug") && given.value === "help");

interface ReadOptions {
  readonly options: readonly GivenOption[];
  /** The last option's value is the next element of argv. */
  readonly tookNext: boolean;
}

/** One element of argv that begins with a dash: a long option or a bundle of letters. */
function readOptions(word: Bytes, next: Bytes | undefined, server: boolean): ReadOptions | Unreadable {
  if (word.startsWith("--")) return readLong(word, next);
  // rsync registers aliases for these two, and popt matches an alias's long name behind one dash too, with any value
  if (!server && /^-(?:server|daemon)(?:=|$)/.test(word)) return readLong(word.replace(/=[\s\S]*/, ""), next);
  return readBundle(word, next);
}

function readLong(word: Bytes, next: Bytes | undefined): ReadOptions | Unreadable {
  const [, name = "", attached = null] = /^--?([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
  const named = longOption(name);
  if (!named) return { argument: word, problem: { is: "unknown" } };
  const { option, negated } = named;
  if (!takesValue(option, negated)) {
    if (attached !== null) return unreadable(word, "takes-no-value");
    return { options: [{ option, as: name, negated, value: null }], tookNext: false };
  }
  // the next element is the value whatever it looks like, `--` and `-n` too
  const value = attached ?? next;
  if (value === undefined) return unreadable(word, "no-value");
  return { options: [{ option, as: name, negated, value }], tookNext: attached === null };
}

function readBundle(word: Bytes, next: Bytes | undefined): ReadOptions | Unreadable {
  const options: GivenOption[] = [];
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? "";
    const option = shortOption(letter);
    if (!option)
      return { argument: word, problem: word.length === 2 ? { is: "unknown" } : { is: "unknown-letter", letter } };
    const rest = word.slice(at + 1);
    if (takesValue(option, false)) {
      // one leading = is popt's, a second one belongs to the value
      const value = rest === "" ? next : rest.replace(/^=/, "");
      if (value === undefined) return unreadable(word, "no-value");
      options.push({ option, as: letter, negated: false, value });
      return { options, tookNext: rest === "" };
    }
    if (rest.startsWith("=")) return unreadable(word, "takes-no-value");
    options.push({ option, as: letter, negated: false, value: null });
  }
  return { options, tookNext: false };
}

/** The options that the other side gets besides: from `-M`, and from text behind `rsync` in `--rsync-path`. */
function readRemoteOptions(options: readonly GivenOption[]): readonly HandedOn[] | Unreadable {
  const remote: HandedOn[] = [];
  for (const { option, as, value } of options) {
    if (value === null || (option.name !== "remote-option" && option.name !== "rsync-path")) continue;
    const isPath = option.name === "rsync-path";
    const argument = isPath ? `--${as}=${value}` : `-M${value}`;
    if (!isPath && (!value.startsWith("-") || value === "-" || value === "--"))
      return unreadable(argument, "not-an-option");
    // each -M is an element of its own, so none can take the next one as its value
    const read = isPath ? readWords(behindRsync(value), false, true) : readOptions(value, undefined, true);
    if (isUnreadable(read)) return { ...read, argument };
    if (isPath && hidesOption(value)) return unreadable(argument, "hidden-deletion");
    if (read.options.some((given) => changesTheOther(given))) return unreadable(argument, "changes-other-side");
    remote.push(...read.options.map((given) => ({ ...given, by: option.name as HandedOn["by"] })));
  }
  return remote;
}

/** In quotes, or behind a program of another name, an option to delete is not found by its place. */
const hidesOption = (path: Bytes): boolean =>
  /--(?:del|remove-|force)/.test(path) && (/['"\\$`]/.test(path) || behindRsync(path).length === 0);

/** The words behind `rsync` in `--rsync-path="sudo rsync --exclude cache"`. */
const behindRsync = (path: Bytes): readonly Bytes[] =>
  /(?:^|[\s/])rsync(\s.*)$/s
    .exec(path)?.[1]
    ?.replace(configOfDaemon, "")
    .split(/\s+/)
    .filter((word) => word !== "") ?? [];

/** `--rsync-path="rsync --config=FILE" host::module` is a daemon's business; any other server ends where it meets it. */
const configOfDaemon = /\s--config[= ](?:'[^']*'|"[^"\\`(]*"|[^\s'"\\`;&|<>(){}*?[\]])+(?=\s|$)/g;

const notHandedOn: readonly Trait[] = ["server", "sender", "daemon", "help", "version"];

const changesTheOther = (given: GivenOption): boolean =>
  notHandedOn.some((trait) => has(given, trait)) || given.option.name === "remote-option";
