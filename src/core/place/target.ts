/**
 * Invocation + facts → what the run writes and deletes, and where.
 *
 * rsync deletes in exactly those directories that it sends with their contents: `src/` in the destination itself,
 * `src` in the destination's `src`.
 */

import { posix } from "node:path";
import type { Bytes } from "../bytes.ts";
import { isRemote, type Operand, operandOf, type Remote } from "../command/operand.ts";
import { allOptions, has, type Invocation, isOn, lastValue } from "../command/parse.ts";
import { cleanPath, isWithin, sendsContents } from "../paths.ts";
import type { Facts, Place, SearchEnd } from "./facts.ts";

export interface Target {
  /** Local: absolute and physical. Remote: as typed up to the path, which is cleaned by its text. */
  readonly path: Bytes;
  readonly remote: boolean;
  /** What is there now; null for a remote one. */
  readonly place: Place | null;
  /** The path in its host's file system, where it is known: not a daemon's module, not below a remote home. */
  readonly hostPath: Bytes | null;
  /** A home on a remote host, or what lies above one: `host:`, `host:.`, `host:~`, `host:..`, by its text. */
  readonly isRemoteHome: boolean;
  readonly writes: boolean;
  readonly deletes: boolean;
  /** `source`: its files are removed after they were sent. `option`: the value of --backup-dir and its kind. */
  readonly role: "destination" | "source" | "option";
  /** Of an option: what is there now may be gone afterwards. */
  readonly replaces?: boolean;
}

export interface Ends {
  readonly sources: readonly Operand[];
  /** Null where nothing is written: a listing, a sender. */
  readonly destination: Operand | null;
}

/** Which operands a run reads from and which it writes to. */
export function endsOf({ kind, operands, readBatch }: Invocation): Ends {
  switch (kind) {
    case "information":
    case "listing":
    case "daemon":
      return { sources: [], destination: null };
    case "sender":
      // the first operand is a directory to change to, in practice always `.`
      return { sources: operands.slice(1).map((path) => local(inDirectory(operands[0], path))), destination: null };
    case "receiver":
      return { sources: [], destination: local(inDirectory(operands[0], operands[1] ?? ".")) };
    case "dry-run":
    case "live": {
      const destination = operands.length > 1 || readBatch ? operands.at(-1) : undefined;
      const sources = operands.slice(0, destination === undefined ? undefined : -1);
      return {
        // a batch holds what was sent, and rsync looks at the last operand only
        sources: readBatch ? [] : sources.map(operandOf),
        destination: destination === undefined ? null : operandOf(destination),
      };
    }
  }
}

/** Whether a run has another host's end. */
export const isElsewhere = ({ sources, destination }: Ends): boolean =>
  [...sources, ...(destination ? [destination] : [])].some(isRemote);

const local = (path: Bytes): Operand => ({ at: "local", path });

const inDirectory = (directory: Bytes | undefined, path: Bytes): Bytes =>
  directory === undefined || directory === "." || path.startsWith("/") ? path : `${directory}/${path}`;

/** Where the run writes and deletes, without repetitions. */
export function targetsOf(invocation: Invocation, facts: Facts): readonly Target[] {
  const { sources, destination } = endsOf(invocation);
  // not by push(): of many sources there are more than a function takes arguments
  let targets: readonly Target[] = [];
  if (destination) {
    const base = directoryOf(destination, facts);
    targets = [...destinationTargets(invocation, sources, base, facts)];
    targets = [...targets, ...linkedTargets(invocation, targets, facts)];
    targets = [...targets, ...sideTargets(invocation, targets, facts), ...optionTargets(invocation, base, facts)];
  }
  if (invocation.removesSource) targets = [...targets, ...sourceTargets(invocation, sources, facts)];
  return merged(targets);
}

export type Location = Pick<Target, "path" | "remote" | "place" | "hostPath" | "isRemoteHome">;

/** A directory here or elsewhere, and how to name what is in it. */
interface Directory {
  readonly location: Location;
  /** An absolute path stays what it is. */
  below(path: Bytes, follow: boolean): Location;
}

function directoryOf(operand: Operand, facts: Facts): Directory {
  const under = (directory: Bytes, path: Bytes) => (path.startsWith("/") ? path : `${directory}/${path}`);
  if (isRemote(operand)) {
    const location = (path: Bytes): Location => ({
      path: remoteText(operand, path),
      remote: true,
      place: null,
      hostPath: operand.at === "shell" && path.startsWith("/") ? cleanPath(path) : null,
      isRemoteHome: operand.at === "shell" && homeOrAbove.test(cleanPath(path)),
    });
    return { location: location(operand.path), below: (path) => location(under(operand.path || ".", path)) };
  }
  const place = facts.place(operand.path);
  return {
    location: localLocation(place),
    below: (path, follow) => localLocation((follow ? facts.place : facts.entry)(under(place.path, path))),
  };
}

/** By its text: a home, what lies above it, and another one beside it. */
const homeOrAbove = /^(?:\.|~[^/]*|(?:~[^/]+\/)?\.\.(?:\/\.\.)*|\.\.\/[^/]+)$/;

const localLocation = (place: Place): Location => ({
  path: place.path,
  remote: false,
  place,
  hostPath: place.path,
  isRemoteHome: false,
});

/** Where an operand leads. */
export const locationOf = (operand: Operand, facts: Facts): Location => directoryOf(operand, facts).location;

/** A remote path as one types it, cleaned by its text: `host:/srv//a/` → `host:/srv/a`. */
function remoteText({ at, user, host }: Remote, path: Bytes): Bytes {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${user === null ? "" : `${user}@`}${name}${at === "daemon" ? "::" : ":"}${cleanPath(path)}`;
}

function destinationTargets(
  invocation: Invocation,
  sources: readonly Operand[],
  base: Directory,
  facts: Facts,
): readonly Target[] {
  const { deletes, recursive, dirs, relative, filesFrom, kind, oldArgs, operands } = invocation;
  const whole = (deletesHere: boolean): Target => ({
    ...base.location,
    writes: true,
    deletes: deletesHere,
    role: "destination",
  });
  // what the sender lists isn't known: anything in the destination may be written or deleted
  const isDirectory = base.location.place === null || base.location.place.kind === "directory";
  if (kind === "receiver" || filesFrom !== null || sources.length === 0 || !isDirectory) return [whole(deletes)];
  // the destination may be the file's new name
  const mayRename = base.location.remote && !deletes && /[^/:]$/.test(operands.at(-1) ?? "");
  if (mayRename && !base.location.isRemoteHome && sendsOneFile(invocation, sources, facts)) return [whole(false)];
  // without -K a link in the way of a directory is replaced, not entered
  const follow = isOn(allOptions(invocation), "keep-dirlinks");
  return sources.flatMap((source): Target[] => {
    const name = relative ? relativeName(source) : ownName(source);
    if (name === "" || name === "." || (isRemote(source) && isExpandedThere(source.path, oldArgs)))
      return [whole(deletes && (recursive || dirs))];
    const below: Target = { ...base.below(name, follow), writes: true, deletes, role: "destination" };
    const first = name.split("/", 1)[0] ?? name;
    // --relative makes the directories that lead there, too
    return first === name ? [below] : [{ ...below, ...base.below(first, follow), deletes: false }, below];
  });
}

/** Whether one file goes, and nothing on the way to it: with --relative directories are made too. */
export function sendsOneFile(
  { relative, filesFrom }: Pick<Invocation, "relative" | "filesFrom">,
  sources: readonly Operand[],
  facts: Facts,
): boolean {
  const [source] = sources;
  return (
    sources.length === 1 &&
    source?.at === "local" &&
    !relative &&
    filesFrom === null &&
    facts.place(source.path).kind === "file"
  );
}

/** What the source is called in the destination; empty where its contents are sent, as a daemon's whole module is. */
const ownName = (source: Operand): Bytes =>
  sendsContents(source.path) || (source.at === "daemon" && !source.path.includes("/"))
    ? ""
    : posix.basename(source.path);

/** Wildcards are always the far side's; with --old-args its shell takes all of the text. */
const isExpandedThere = (path: Bytes, oldArgs: number): boolean =>
  oldArgs > 0 ? forRemoteShell.test(path) : /[*?[]/.test(path);

/** What a shell does not take as it is. */
export const forRemoteShell = /[^\w@%+=:,./~^-]/;

/** Where links in the targets lead: with -K rsync 3.5 stays in the destination, but older ones go there. */
const linkedTargets = (invocation: Invocation, targets: readonly Target[], facts: Facts): readonly Target[] =>
  enteringLinks(invocation, targets).flatMap((target) =>
    facts.linkedDirectories(target.path).places.map((place) => ({ ...target, ...localLocation(place) })),
  );

/** Where the search for these ended before everything was seen; null: nowhere. */
export function endOfLinkSearch(invocation: Invocation, targets: readonly Target[], facts: Facts): SearchEnd | null {
  const searched = new Set<Bytes>();
  for (const { path } of enteringLinks(invocation, targets)) {
    if (searched.has(path)) continue;
    const { places, end } = facts.linkedDirectories(path);
    if (end) return end;
    for (const place of places) searched.add(place.path);
  }
  return null;
}

/** The targets in which links to directories are entered. */
function enteringLinks(invocation: Invocation, targets: readonly Target[]): readonly Target[] {
  const follows = {
    destination: isOn(allOptions(invocation), "keep-dirlinks"),
    source: followingOptions.some((name) => isOn(invocation.options, name)),
    option: false,
  };
  return targets.filter(({ role, place }) => follows[role] && place?.kind === "directory");
}

/** With --relative: what follows `/./`, else the whole path; a daemon's without the name of its module. */
function relativeName({ at, path: typed }: Operand): Bytes {
  const path = at === "daemon" ? typed.replace(/^[^/]*\/?/, "") : typed;
  const mark = path.indexOf("/./");
  return posix.resolve("/", mark < 0 ? path : path.slice(mark + 3)).slice(1);
}

export const followingOptions = ["copy-links", "copy-dirlinks", "copy-unsafe-links"];

/** Where files are removed after they were sent. Of a link as such the link is, unless it is followed. */
function sourceTargets(invocation: Invocation, sources: readonly Operand[], facts: Facts): readonly Target[] {
  const { options, filesFrom } = invocation;
  const follow = followingOptions.some((name) => isOn(options, name));
  const targets = sources.map((source): Target => {
    // what --files-from lists is looked for in the source, which is then a directory
    const isEntry = !isRemote(source) && !follow && filesFrom === null && !sendsContents(source.path);
    const location = isEntry ? localLocation(facts.entry(source.path)) : locationOf(source, facts);
    return { ...location, writes: false, deletes: true, role: "source" };
  });
  return [...targets, ...linkedTargets(invocation, targets, facts)];
}

/** The directory that rsync would have to make the destination in, where it is not there; else null. */
export function lackingDirectory({ options }: Invocation, { destination }: Ends, facts: Facts): Bytes | null {
  if (!destination || isRemote(destination) || isOn(options, "mkpath")) return null;
  const { path, kind } = facts.place(destination.path);
  const parent = posix.dirname(path);
  return kind === "missing" && facts.place(parent).kind === "missing" ? parent : null;
}

/** What options make beside the targets: --mkpath the directories above one, -b the old version of a file. */
function sideTargets(invocation: Invocation, targets: readonly Target[], facts: Facts): readonly Target[] {
  const written = (place: Place): Target => ({ ...localLocation(place), writes: true, deletes: false, role: "option" });
  const options = allOptions(invocation);
  const makesPath = isOn(options, "mkpath");
  const suffix = isOn(options, "backup") && lastValue(options, "backup-dir") === null;
  return targets.flatMap(({ place }): Target[] => {
    if (!place || place.kind === "directory") return [];
    if (place.kind !== "missing")
      return suffix ? [written(facts.entry(place.path + (lastValue(options, "suffix") ?? "~")))] : [];
    let top = place.path;
    while (makesPath && facts.place(posix.dirname(top)).kind === "missing") top = posix.dirname(top);
    return top === place.path ? [] : [written(facts.place(top))];
  });
}

const optionsRelativeToDestination: ReadonlySet<string> = new Set([
  "backup-dir",
  "partial-dir",
  "temp-dir",
  "link-by-hash",
]);

const batches: ReadonlySet<string> = new Set(["write-batch", "only-write-batch"]);
/** A file in --partial-dir is taken for the begun one of its name, and removed; a batch overwrites a file. */
const replacing: ReadonlySet<string> = new Set([...batches, "partial-dir"]);

/** What options write: --backup-dir and its kind are relative to the destination, files to the current directory. */
function optionTargets(invocation: Invocation, base: Directory, facts: Facts): readonly Target[] {
  const names = new Set(
    allOptions(invocation)
      .filter((given) => has(given, "writes-path"))
      .map(({ option }) => option.name),
  );
  return [...names].flatMap((name): Target[] => {
    const there = lastValue(invocation.remoteOptions, name);
    const value = there ?? lastValue(invocation.options, name);
    if (!value) return [];
    // a relative --partial-dir is made anew in each directory of the destination
    if (name === "partial-dir" && !value.startsWith("/")) return [];
    const at =
      optionsRelativeToDestination.has(name) || (there !== null && base.location.remote)
        ? base.below(value, true)
        : localLocation(facts.place(value));
    if (isWithin(at.path, base.location.path)) return [];
    const target: Target = { ...at, writes: true, deletes: false, role: "option", replaces: replacing.has(name) };
    // a batch comes with a script that applies it
    const script = batches.has(name) ? [{ ...target, ...localLocation(facts.place(`${value}.sh`)) }] : [];
    return [target, ...script];
  });
}

/** One target a path; it writes or deletes where any of them does. */
function merged(targets: readonly Target[]): readonly Target[] {
  const byPath = new Map<Bytes, Target>();
  for (const target of targets) {
    const known = byPath.get(target.path);
    byPath.set(
      target.path,
      known ? { ...known, writes: known.writes || target.writes, deletes: known.deletes || target.deletes } : target,
    );
  }
  return [...byPath.values()];
}
