/**
 * What an approval covers: named fields in a fixed order. Two runs with the same fingerprint do the same thing to the
 * same place; diff() names the field that changed.
 */

import { type Bytes, bytesOf, textOf } from "../bytes.ts";
import { isRemote, type Operand, operandOf } from "../command/operand.ts";
import { type Option, optionNamed } from "../command/options.ts";
import {
  allOptions,
  type GivenOption,
  has,
  type Invocation,
  isOn,
  lastValue,
  loses,
  mergedFile,
} from "../command/parse.ts";
import { isWithin, sendsContents } from "../paths.ts";
import type { Facts } from "../place/facts.ts";
import { type Ends, endsOf, followingOptions, type Target, targetsOf } from "../place/target.ts";
import { shellWord } from "../quoting.ts";

/** Name → value, in the order in which they are digested and shown. */
export type Fields = Readonly<Record<string, string>>;

export interface FingerprintInputs {
  readonly invocation: Invocation;
  readonly facts: Facts;
  readonly uid: number;
  /** Path, device, inode, size and mtime of the real rsync: another version may delete otherwise. */
  readonly rsync: string;
  /** The content of each of namedFiles(): a digest, `none`, `stream` for what can be read only once, null if unreadable. */
  readonly digests: ReadonlyMap<Bytes, string | null>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The program that is the remote shell and its configuration: another one may take a host's name elsewhere. */
  readonly remoteShell: string;
  /** The client's address or key, on the receiving side: an approval is for who asked for the dry run. */
  readonly client: string | null;
}

/** The variables that change what rsync does; RSYNC_PASSWORD is a secret and changes nothing. */
export const fingerprintVariables = [
  "RSYNC_RSH",
  "RSYNC_PROTECT_ARGS",
  "RSYNC_OLD_ARGS",
  "RSYNC_PARTIAL_DIR",
  "RSYNC_ICONV",
  "RSYNC_MAX_ALLOC",
  "RSYNC_CHECKSUM_LIST",
  "RSYNC_COMPRESS_LIST",
  "RSYNC_CONNECT_PROG",
  "RSYNC_PROXY",
  "RSYNC_SHELL",
  "CVSIGNORE",
] as const;

/** --files-from=host:FILE is read over there. */
const isRemoteList = ({ option, value }: GivenOption): boolean =>
  option.name === "files-from" && value !== null && isRemote(operandOf(value));

/** The files whose content decides what the run does; `home` is the one that rsync is told. */
export function namedFiles(invocation: Invocation, home: Bytes | undefined): readonly Bytes[] {
  const files: readonly Bytes[] = allOptions(invocation).flatMap((given): readonly Bytes[] => {
    const isCvs =
      given.option.name === "cvs-exclude" || (given.option.name === "filter" && given.value?.startsWith("-C"));
    if (isCvs && home !== undefined) return [`${home}/.cvsignore`];
    if (given.value === null) return [];
    if (isRemoteList(given)) return [];
    if (has(given, "digested")) return [given.value];
    return mergedBy(given);
  });
  return [...new Set(files)];
}

/** The command that starts a shell on the other host; null where none is started. */
export function remoteShellCommand(
  { options }: Invocation,
  { sources, destination }: Ends,
  environment: FingerprintInputs["environment"],
): Bytes | null {
  const given = lastValue(options, "rsh") ?? (bytesOf(environment["RSYNC_RSH"] ?? "") || null);
  const ends = [...sources, ...(destination ? [destination] : [])];
  // with -e, a daemon is spoken to through a shell too
  const isStarted = ends.some(({ at }) => at === "shell" || (at === "daemon" && lastValue(options, "rsh") !== null));
  return isStarted ? (given ?? "ssh") : null;
}

/** The file that a filter rule merges. */
const mergedBy = ({ option, value }: GivenOption): readonly Bytes[] => {
  const merged = option.name === "filter" && value !== null ? mergedFile(value) : null;
  return merged === null ? [] : [merged];
};

/** Those of namedFiles() that hold filter rules, and so may merge others, which nobody has digested. */
export const mergedFiles = (invocation: Invocation): ReadonlySet<Bytes> =>
  new Set(allOptions(invocation).flatMap(mergedBy));

/** Whether a file of filter rules merges another one. */
export const holdsMerge = (rules: Bytes): boolean => rules.split("\n").some((line) => mergedFile(line) !== null);

/** The fields, or the name of the input that can't be known, so that no approval is possible. */
export function fieldsOf(inputs: FingerprintInputs): Fields | { readonly unseen: Bytes } {
  const { invocation, facts, environment, digests } = inputs;
  const files: string[] = [];
  const remoteList = invocation.options.find(isRemoteList);
  if (loses(invocation) && remoteList?.value) return { unseen: remoteList.value };
  for (const file of digests.keys()) {
    const digest = digests.get(file) ?? null;
    // a list that arrives by a pipe can only choose among what is copied; it may not choose what is deleted
    if (digest === null || (digest === "stream" && loses(invocation))) return { unseen: file };
    files.push(`${exact(file)} ${digest}`);
  }
  const { sources, destination } = endsOf(invocation);
  const follow = followingOptions.some((name) => isOn(invocation.options, name));
  return {
    // a record of another make is never compared
    schema: "3",
    // approvals of one user are no other's
    uid: String(inputs.uid),
    rsync: inputs.rsync,
    "remote shell": inputs.remoteShell,
    kind: invocation.kind === "dry-run" ? "live" : invocation.kind,
    options: canonical(invocation.options.filter((given) => !isReceiversLimit(invocation, given))),
    "remote options": canonical(invocation.remoteOptions),
    sources: sources
      .map((source, at) => operandField(invocation.operands[at] ?? "", source, facts, true, follow))
      .join(", "),
    destination:
      destination === null ? "" : operandField(invocation.operands.at(-1) ?? "", destination, facts, false, true),
    // what the same operands lead to: `/./` in a source, or a link in its place, moves it
    targets: targetsOf(invocation, facts)
      .filter(({ role }) => role !== "option")
      .map(targetField)
      .join(", "),
    "named files": files.join(", "),
    // rrsync hands on directories that it has opened: the same number may be another one next time
    descriptors: allOptions(invocation)
      .flatMap(({ value }) => (value !== null && isDescriptor(value) ? [value] : []))
      .map((path) => `${exact(path)} ${exact(facts.place(path).path)}`)
      .join(", "),
    environment: fingerprintVariables
      .filter((name) => environment[name] !== undefined)
      .map((name) => `${name}=${exact(bytesOf(environment[name] ?? ""))}`)
      .join(", "),
    cwd: hasRelativePath(invocation, [...sources, ...(destination ? [destination] : [])], digests.keys())
      ? textOf(facts.cwd ?? "")
      : "",
    client: inputs.client ?? "",
  };
}

/** A dry run that --max-delete stops does not count, so one that counts shows all; and the guard sets its own there. */
const isReceiversLimit = ({ kind }: Invocation, { option }: GivenOption): boolean =>
  kind === "receiver" && option.name === "max-delete";

export const isDescriptor = (path: Bytes): boolean => /^\/(?:dev|proc\/self)\/fd\//.test(path);

/** Where it is, what is there, and whether it means the directory or what is in it; a remote one as it was typed. */
function operandField(word: Bytes, operand: Operand, facts: Facts, isSource: boolean, follow: boolean): string {
  if (isRemote(operand)) return exact(word);
  // a source that is a link is sent as one
  const place = (follow || sendsContents(operand.path) ? facts.place : facts.entry)(operand.path);
  const meaning = (isSource || place.kind === "missing") && sendsContents(operand.path) ? "/" : "";
  return `${exact(place.path + meaning)} (${place.id ?? place.kind})`;
}

const targetField = ({ path, place, writes, deletes }: Target): string =>
  `${exact(path)}${writes ? " writes" : ""}${deletes ? " deletes" : ""} (${place?.id ?? place?.kind ?? "remote"})`;

/** Text that no other bytes have: blanks and commas are quoted, a backslash is doubled, since `\xNN` is a byte. */
export const exact = (word: Bytes): string => textOf(shellWord(word.replaceAll("\\", "\\\\")));

function hasRelativePath(invocation: Invocation, operands: readonly Operand[], files: Iterable<Bytes>): boolean {
  const isRelative = (path: Bytes) => !isWithin(path, "/");
  return (
    operands.some((operand) => !isRemote(operand) && isRelative(operand.path)) ||
    invocation.options.some(
      (given) =>
        given.value !== null &&
        (has(given, "reads-path") || has(given, "writes-path")) &&
        !has(given, "output") &&
        isRelative(given.value),
    ) ||
    [...files].some(isRelative)
  );
}

/** Options that share one of rsync's variables, in which the last one wins. */
const sameVariable: Readonly<Record<string, string>> = {
  "old-dirs": "dirs",
  "append-verify": "append",
  "delete-delay": "delete-during",
};

/**
 * Options in one spelling: `-a` is what it stands for, switches and values sorted, lists in their order. What changes
 * only the output is left out, and so is -n: people dry-run with -avn and go live with -a.
 */
export function canonical(options: readonly GivenOption[]): string {
  const state = new Map<string, string>();
  const ordered: string[] = [];
  // --files-from cancels the recursion of -a, but not that of -r
  const listed = lastValue(options, "files-from") !== null;
  const word = (name: string, value: Bytes | null) => {
    const option = name.length === 1 ? `-${name}` : `--${name}`;
    return value === null ? option : `${option}=${exact(value)}`;
  };
  for (const given of options) {
    const { option, negated, value } = given;
    if (isOnlyPrinted(option) || has(given, "dry-run") || option.name === "remote-option") continue;
    // -0 is for the lists that follow it
    if (option.repeat === "list" || option.repeat === "flag-list" || option.name === "from0") {
      ordered.push(word(negated ? `no-${option.name}` : option.name, value));
      continue;
    }
    for (const name of option.expands.length > 0 ? option.expands : [option.name]) {
      if (isOnlyPrinted(optionNamed(name)) || (listed && name === "recursive" && option.name !== name)) continue;
      const key = sameVariable[name] ?? name;
      if (negated && option.traits.includes("negation-matters")) state.set(key, word(`no-${name}`, null));
      else if (negated) state.delete(key);
      else if (option.repeat === "count")
        state.set(name, `${state.has(name) ? `${state.get(name)} ` : ""}${word(name, null)}`);
      else state.set(key, word(name, value));
    }
  }
  const sorted = [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  return [...sorted, ...ordered].join(" ");
}

/** What is printed makes no difference, but a log file is appended to. */
const isOnlyPrinted = ({ traits }: Option): boolean => traits.includes("output") && !traits.includes("writes-path");

export interface Difference {
  readonly field: string;
  readonly before: string;
  readonly now: string;
}

/** The fields that differ, in their order; `targets`, which follows from others, only where nothing else does. */
export function diff(before: Fields, now: Fields): readonly Difference[] {
  const all = Object.keys(now)
    .filter((field) => before[field] !== now[field])
    .map((field) => ({ field, before: before[field] ?? "", now: now[field] ?? "" }));
  return all.length > 1 ? all.filter(({ field }) => field !== "targets") : all;
}
