/** A run as the journal tells it: what was typed, read again, and the place that it was about. */
import { posix } from "node:path";
import { bytesOf, textOf } from "../bytes.ts";
import { isRemote, operandOf } from "../command/operand.ts";
import { type GivenOption, has, type Invocation, isServer, loses, parse } from "../command/parse.ts";
import { canonical } from "../judge/fingerprint.ts";
import { isBuiltIn } from "../place/known-directories.ts";
import { isAlternativeDestination, isStreamName } from "../plan/command.ts";
import type { Entry } from "./journal.ts";

export interface PastRun {
  readonly entry: Entry;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Null where the command line could not be read. */
  readonly invocation: Invocation | null;
  readonly dryRun: boolean;
  readonly loses: boolean;
  /** As typed. */
  readonly sources: readonly string[];
  readonly destination: string | null;
  /** The directory that it wrote in, or deleted in; null where none is known. */
  readonly place: string | null;
  /** The same for runs that differ only in their destination and in what they print. */
  readonly job: string;
  /** The same for those that differ only in these, and in what changes from one run of a program to the next. */
  readonly task: string;
  /** The task, with the destination as typed. */
  readonly command: string;
}

export function pastRun(entry: Entry): PastRun {
  const parsed = parse(entry.argv.map(bytesOf), {});
  const invocation = "invocation" in parsed ? parsed.invocation : null;
  const operands = (invocation?.operands ?? []).map(textOf);
  const isFarSide = invocation !== null && isServer(invocation);
  const isTransfer = invocation !== null && (operands.length > 1 || invocation.readBatch);
  const sources = isFarSide ? [] : operands.slice(0, isTransfer ? -1 : undefined);
  const destination = isTransfer ? (operands.at(-1) ?? null) : null;
  const isTold = invocation !== null && sources.length > 0;
  const task = JSON.stringify(isTold ? taskOf(invocation, sources, entry) : entry.argv.map(steadyText));
  return {
    entry,
    at: Date.parse(entry.time),
    invocation,
    dryRun: invocation?.dryRun ?? false,
    loses: invocation !== null && loses(invocation),
    sources,
    destination,
    place: placeOf(entry.targets, sources),
    job: JSON.stringify(isTold ? jobOf(invocation, sources, entry) : entry.argv),
    task,
    command: JSON.stringify([task, destination, destination?.startsWith("/") ? null : entry.cwd]),
  };
}

const jobOf = ({ options }: Pick<Invocation, "options">, sources: readonly string[], { cwd }: Entry) => [
  canonical(options),
  sources,
  // `build/` is another one elsewhere
  sources.every((source) => source.startsWith("/")) ? null : cwd,
];

const taskOf = ({ options }: Invocation, sources: readonly string[], entry: Entry) =>
  jobOf(
    { options: options.filter(({ option }) => !isAlternativeDestination(option)).map(steadyOption) },
    sources.map(steadyText),
    entry,
  );

/** A list that is read is often written anew for each run. */
function steadyOption(given: GivenOption): GivenOption {
  if (given.value === null || isStreamName(given.value)) return given;
  return { ...given, value: has(given, "reads-path") ? "*" : bytesOf(steadyText(textOf(given.value))) };
}

/** What programs name anew for each run: files in the directories for temporary ones, dates, versions, random names. */
const changing: readonly (readonly [pattern: RegExp, steady: string])[] = [
  [/(\/(?:tmp|var\/tmp|dev\/shm|run(?:\/user\/\d+)?)\/)[^/\s]+/g, "$1*"],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, "*"],
  [/\d{4}(?:[-_.:T]?\d\d){2,}(?:[-_.:T]\d+)*Z?/g, "*"],
  [/\d+(?:\.\d+)+/g, "*"],
  [/\d{9,}/g, "*"],
  [/(?<![^/._-])(?=[a-z]*\d)(?=\d*[a-z])[0-9a-f]{7,}(?![^/._-])/g, "*"],
  [/(?<=\/)(\.?(?:tmp|temp)[._-]?)\w{4,}(?=\/|$)/gi, "$1*"],
  [/(?<=[^/][.-])(?=\w*\d)(?=\w*[A-Z])\w{6,}(?=\/|$)/g, "*"],
];

/** A path, or an option's value, that is the same in each run of one program. */
export const steadyText = (text: string): string =>
  changing.reduce((steady, [pattern, replacement]) => steady.replace(pattern, replacement), text);

/** Several sources that are sent as such have a target each, side by side. */
function placeOf([first, ...others]: readonly string[], sources: readonly string[]): string | null {
  if (first === undefined) return null;
  const directory = posix.dirname(first);
  const areSiblings = sources.length > 1 && others.some((other) => posix.dirname(other) === directory);
  return areSiblings ? directory : first;
}

/** Programs that only start what a program asks them to. */
const starters: ReadonlySet<string> = new Set(
  "xargs parallel nice ionice chrt taskset timeout setsid nohup env flock stdbuf su runuser sudo setpriv".split(" "),
);

/** The same for runs that one user's program has made, itself or through a program that starts others: by it and its parent. */
export function callerOf({ entry }: PastRun): string {
  const names = entry.callers.map(({ name }) => name);
  const first = names.findIndex((name) => !starters.has(name));
  return JSON.stringify([entry.user, entry.sudoUser, names.slice(Math.max(first, 0)).slice(0, 2)]);
}

const ran: ReadonlySet<Entry["verdict"]> = new Set(["run", "observed", "allowed"]);

/** A live run that was not refused. */
export const isLive = ({ entry, dryRun }: PastRun): boolean =>
  ran.has(entry.verdict) && !dryRun && entry.kind !== "allow";

/** Where runs on this host deleted what they can't bring back, the latest last. */
export function placesDeletedIn(entries: Iterable<Entry>): ReadonlySet<string> {
  const places = new Set<string>();
  for (const entry of entries) {
    if (entry.risk !== "deletes" || entry.undo) continue;
    const run = pastRun(entry);
    const { place, destination } = run;
    if (!isLive(run) || place === null || (destination !== null && isRemote(operandOf(bytesOf(destination))))) continue;
    places.delete(place);
    places.add(place);
  }
  return places;
}

/** The directories above a place, the nearest first; of `host:/srv/a`, `host:/srv` and `host:/`. */
export function* ancestors(place: string): Generator<string> {
  const path = pathOf(place);
  const host = place.slice(0, place.length - path.length);
  for (let at = path; at.lastIndexOf("/") > 0; ) {
    at = at.slice(0, at.lastIndexOf("/"));
    yield host + at;
  }
  if (path.startsWith("/") && path !== "/") yield `${host}/`;
}

/** A place without its host. */
export const pathOf = (place: string): string => place.replace(/^(?:[^/[]|\[[^\]]*\])*?::?/, "");

/** Above everything, or nearly. */
export const isSystem = (place: string): boolean => isBuiltIn(pathOf(place));
