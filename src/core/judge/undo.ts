/** Which runs have what they delete and replace set aside by rsync itself, and the options that make it do so. */
import { posix } from "node:path";
import type { Bytes } from "../bytes.ts";
import { isRemote, type Operand } from "../command/operand.ts";
import { allOptions, type Invocation, isOn, isServer, lastValue } from "../command/parse.ts";
import type { Settings } from "../configuration/settings.ts";
import { isWithin } from "../paths.ts";
import type { Facts } from "../place/facts.ts";
import type { Ends, Target } from "../place/target.ts";
import type { UndoObstacle } from "./refusal.ts";

/** A run whose replaced entries are wanted, and where. */
export interface UndoableRun {
  /** The directory that the names of rsync's output are relative to. */
  readonly base: Bytes;
  /** rsync's names for what it writes are those in the target: not where one file gets another name. */
  readonly keepsNames: boolean;
  /** With -K a symlink to a directory stays, and what is in that directory is replaced. */
  readonly keepsDirectoryLinks: boolean;
  /** The run writes a log of its own, so there is none that says what it created. */
  readonly hasOwnLog: boolean;
  /** Why nothing can be set aside, as far as the command line tells. */
  readonly obstacle: UndoObstacle | null;
}

/** With these rsync would set aside nothing, or not under its name, or as another user. */
const hindering = ["write-batch", "suffix", "copy-as", "write-devices"];

/** Null for a run that has nothing to set aside here, or that brings a backup of its own. */
export function undoableRun(
  invocation: Invocation,
  { destination }: Ends,
  { undo }: Pick<Settings, "undo">,
  facts: Facts,
): UndoableRun | null {
  const { kind, dryRun } = invocation;
  const options = allOptions(invocation);
  if (undo.keepFor === null || dryRun || (kind !== "live" && kind !== "receiver")) return null;
  if (isOn(options, "backup") || lastValue(options, "backup-dir") !== null) return null;
  if (!destination || isRemote(destination) || lastValue(options, "only-write-batch") !== null) return null;
  const found = baseOf(destination, facts);
  if (found === null) return null;
  // one that is on has been dealt with above
  const option = options.some((given) => given.option.name === "backup")
    ? "no-backup"
    : hindering.find((name) => options.some((given) => given.option.name === name));
  return {
    ...found,
    keepsDirectoryLinks: isOn(options, "keep-dirlinks"),
    hasOwnLog: options.some(({ option: { name } }) => name === "log-file" || name === "log-file-format"),
    obstacle: option === undefined ? null : { is: "option", option },
  };
}

/** A file, or a link to one, is replaced in the directory that it is in; where nothing is there is nothing to lose. */
function baseOf({ path }: Operand, facts: Facts): Pick<UndoableRun, "base" | "keepsNames"> | null {
  const place = facts.place(path);
  if (place.kind === "directory") return { base: place.path, keepsNames: true };
  const entry = facts.entry(path);
  return entry.kind === "missing" ? null : { base: posix.dirname(entry.path), keepsNames: false };
}

/** What is set aside may not be where the run itself, or a later one to the same place, would delete it. */
export const isInTarget = (directory: Bytes, base: Bytes, targets: readonly Target[]): boolean =>
  [base, ...targets.filter(({ remote }) => !remote).map(({ path }) => path)].some((one) => isWithin(directory, one));

/**
 * The words before the command's own arguments. A server has to be one from its first argument on, since popt's aliases
 * would be read before it. `log`: the file for what rsync does; null for none.
 */
export function undoWords(invocation: Invocation, files: Bytes, log: Bytes | null): readonly Bytes[] {
  const verbosity = invocation.options.filter(({ option, negated }) => option.name === "verbose" && !negated).length;
  return [
    ...(isServer(invocation) ? ["--server"] : []),
    ...setAsideOptions(files, log),
    // -vv would tell of each backup
    ...(verbosity > 1 ? ["--info=backup0"] : []),
  ];
}

export const setAsideOptions = (files: Bytes, log: Bytes | null): readonly Bytes[] => [
  "--backup",
  `--backup-dir=${files}`,
  ...(log === null ? [] : [`--log-file=${log}`, "--log-file-format=%i %n"]),
];
