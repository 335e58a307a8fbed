/** What the reader of a plan has to know of the run and of the place where it would be carried out. */

import { posix } from "node:path";
import type { Bytes } from "../bytes.ts";
import { isRemote, type Operand } from "../command/operand.ts";
import {
  allOptions,
  type GivenOption,
  type Invocation,
  isOn,
  lastValue,
  mergedFile,
  perDirectoryFile,
} from "../command/parse.ts";
import type { Limits } from "../configuration/settings.ts";
import { largest } from "../largest.ts";
import { isWithin, sendsContents } from "../paths.ts";
import type { Facts } from "../place/facts.ts";
import { isSystems } from "../place/known-directories.ts";
import { type Location, locationOf, type Target } from "../place/target.ts";
import { needsAllEntries, sharedPartialDir } from "../plan/command.ts";
import type { OddEntries, PlanContext } from "../plan/context.ts";
import type { PathSet } from "../plan/path-set.ts";
import { sourcesOf } from "../plan/sources.ts";
import type { Decision } from "./decision.ts";
import { shieldedBelow } from "./rules.ts";

/** What has to be looked at while a plan is read. */
export interface PlanFiles {
  /** Null where it can't be listed. */
  oddEntries(directory: Bytes): OddEntries | null;
  /** What is at a path, a symlink as such; null for nothing. */
  kindAt: PlanContext["kindAt"];
  /** How many hard links a file has: 0 where there is none, many where that can't be seen. */
  linksOf(path: Bytes): number;
  /** When a file was changed, in whole seconds; null where that can't be seen. */
  modified(path: Bytes): number | null;
  /** When what is at a path was changed in any way, or came there: milliseconds since 1970; null for nothing. */
  statusChanged(path: Bytes): number | null;
  /** Whether a file begins with the content of another one, by what a sample of that says; true where it can't be read. */
  continues(longer: Bytes, shorter: Bytes): boolean;
  /** The entries below a directory, counted no further than to `enough`; null where there is none. */
  count(directory: Bytes, enough: number): number | null;
  /** What a symlink holds; null where it can't be read. */
  linkText(link: Bytes): Bytes | null;
}

/** What a run may do by the plan that was read. */
export interface ReadPlan {
  /** Null: anything may be deleted. */
  readonly deletions: PathSet | null;
  /** What may be overwritten or replaced, where the plan was brought here in a file; null: what that run would. */
  readonly overwritten: PathSet | null;
  /** How many entries it would overwrite. */
  readonly changed: number;
  /** What was changed since is compared: milliseconds since 1970; infinite where a run has gone by it already. */
  readonly at: number;
}

/** `approved`: null where the run is compared with nothing. */
export function contextOf(
  invocation: Invocation,
  { ends, targets, settings }: Pick<Decision, "ends" | "targets" | "settings">,
  { facts, config }: NonNullable<Decision["inputs"]>,
  files: PlanFiles,
  approved: ReadPlan | null,
): PlanContext {
  const { destination } = ends;
  const location = destination && entryOf(destination, facts);
  const names = namesOf(location, targets);
  const deleting = targets.filter(({ deletes, role }) => deletes && role === "destination");
  const pathsOf = sourcesOf(invocation, ends.sources);
  return {
    name: destination && isRemote(destination) ? destination.path.replace(/(?<=.)\/+$/, "") : (location?.path ?? ""),
    ...names,
    hasAllEntries: needsAllEntries(invocation),
    isLateFilter: lateFilters(invocation, besideFilters(pathsOf, names.base, facts), facts),
    keep: settings.limits.keep,
    shielded: deleting.flatMap((target) => [...shieldedBelow(target, { facts, config })]),
    approved: approved?.deletions ?? null,
    // where they are named, it is not their number that counts
    approvedChanges: approved?.overwritten ? -1 : (approved?.changed ?? 0),
    mayReplace: mayReplace(approved, names.base, files),
    hasChanged: changedSince(invocation, approved, names.base, files),
    oddEntries: files.oddEntries,
    leadsOut: (link, target) => (leadsOut(link, target, facts) ? files.linkText(link) : null),
    releaseLinks: facts.releaseLinks,
    kindAt: files.kindAt,
    makesWay: makesWay(invocation, names.base, files),
    lostBeside: lostBeside(invocation, pathsOf, names.base, files),
    ...comparisons(invocation, pathsOf, names, settings.limits, files),
    backupDir: backupDirOf(invocation, names.base),
    itself: names.base === null ? [] : ownNames(ends.sources, targets, facts),
  };
}

/** What becomes of an entry beside what it comes from, where both are on this host. */
function comparisons(
  invocation: Invocation,
  pathsOf: (name: Bytes) => readonly Bytes[],
  { base, only }: Pick<PlanContext, "base" | "only">,
  { reducedDirectory: { percent } }: Limits,
  files: PlanFiles,
): Pick<PlanContext, "isOlder" | "joins" | "countIn" | "isSourceEmpty"> {
  const options = allOptions(invocation);
  const appends = isOn(options, "append") && !isOn(options, "append-verify");
  const sourceOf = (name: Bytes): Bytes | null =>
    only === null ? (pathsOf(name).find((path) => files.kindAt(path) !== null) ?? null) : null;
  const here = (name: Bytes): Bytes => posix.join(base ?? "", name);
  return {
    isOlder(name) {
      const source = base === null ? null : sourceOf(name);
      const coming = source === null ? null : files.modified(source);
      const present = coming === null ? null : files.modified(here(name));
      return coming === null || present === null ? null : coming < present;
    },
    joins(name) {
      const source = appends && base !== null ? sourceOf(name) : null;
      return source !== null && !files.continues(source, here(name));
    },
    countIn(name, deleted) {
      // to know the share that is allowed, and whether it is half, which is said
      const enough = (deleted * 100) / Math.max(1, Math.min(percent, 50));
      if (base !== null) return files.count(here(name), enough);
      // on another host: what goes, and what the source has
      const source = sourceOf(name);
      const kept = source === null ? null : files.count(source, enough);
      return kept === null ? null : kept + deleted;
    },
    isSourceEmpty(name) {
      const source = sourceOf(name);
      return source !== null && files.kindAt(source) === "directories" && files.count(source, 1) === 0;
    },
  };
}

/** Whether a file is written where it stands; --write-devices implies it. */
const writesInPlace = (options: readonly GivenOption[]): boolean =>
  ["inplace", "append", "append-verify", "write-devices"].some((name) => isOn(options, name));

/** Whether what would be overwritten came there, or was changed, since the plan was read. */
function changedSince(
  invocation: Invocation,
  approved: ReadPlan | null,
  base: Bytes | null,
  files: PlanFiles,
): PlanContext["hasChanged"] {
  if (approved?.overwritten) {
    const { overwritten } = approved;
    return (name) => !overwritten.has(name);
  }
  const options = allOptions(invocation);
  // what an interrupted run has begun, the next one goes on with
  const goesOn = writesInPlace(options) || isOn(options, "partial");
  if (approved === null || base === null || goesOn) return null;
  return (name) => (files.statusChanged(posix.join(base, name)) ?? 0) > approved.at;
}

/** Whether what comes may take the place of what is there; on another host that can't be seen. */
function mayReplace(approved: ReadPlan | null, base: Bytes | null, files: PlanFiles): PlanContext["mayReplace"] {
  const overwritten = approved?.overwritten ?? null;
  if (overwritten === null || base === null) return null;
  return (name) => overwritten.has(name) || files.kindAt(posix.join(base, name)) === null;
}

/** --backup-dir by its name below the destination, where it lies there. */
function backupDirOf({ options }: Invocation, base: Bytes | null): Bytes | null {
  const directory = lastValue(options, "backup-dir");
  if (directory === null || directory === "") return null;
  if (!directory.startsWith("/")) {
    const name = posix.normalize(directory).replace(/\/+$/, "");
    return name === "." || name.startsWith("..") ? null : name;
  }
  return base !== null && directory !== base && isWithin(directory, base) ? directory.slice(base.length + 1) : null;
}

/** What the targets would be called in themselves, where they lie in a source that is sent with its contents. */
function ownNames(sources: readonly Operand[], targets: readonly Target[], facts: Facts): readonly Bytes[] {
  const roots = sources.flatMap((source) =>
    isRemote(source) || !sendsContents(source.path) ? [] : [facts.place(source.path).path],
  );
  return targets.flatMap(({ role, path }) =>
    role !== "destination"
      ? []
      : roots.flatMap((root) =>
          path !== root && isWithin(path, root) ? [path.slice(root.length).replace(/^\//, "")] : [],
        ),
  );
}

/** A link that doesn't lead to a directory is replaced, not followed. */
function entryOf(destination: Operand, facts: Facts): Location {
  const location = locationOf(destination, facts);
  if (isRemote(destination) || location.place?.kind === "directory") return location;
  const place = facts.entry(destination.path);
  return { ...location, path: place.path, place };
}

/** How the names in a plan's lines are to be read. */
export function namesOf(
  location: Location | null,
  targets: readonly Target[],
): Pick<PlanContext, "base" | "only" | "within"> {
  const kind = location?.place?.kind;
  const isFile = kind !== undefined && kind !== "directory" && kind !== "missing";
  const top = location === null ? "" : isFile ? posix.dirname(location.path) : location.path;
  return {
    base: location && !location.remote ? top : null,
    only: location && isFile ? posix.basename(location.path) : null,
    within: targets.flatMap(({ role, path }) =>
      role === "destination" && isWithin(path, top) ? [path.slice(top.length).replace(/^\//, "")] : [],
    ),
  };
}

/** Whether a symlink leads to something that exists, outside of the target, and not a part of the system. */
function leadsOut(link: Bytes, target: Bytes, facts: Facts): boolean {
  const { path, kind } = facts.place(link);
  return kind !== "missing" && !isWithin(path, target) && !isSystems(path);
}

/**
 * Which files rsync reads rules from after the transfer: with --delete-after, those that the run has brought. They are
 * known by their names, from the command line and from the filter files that are there already; null: none are read.
 */
function lateFilters(
  invocation: Invocation,
  placesOf: (path: Bytes) => readonly Bytes[],
  { lines }: Facts,
): PlanContext["isLateFilter"] {
  const options = allOptions(invocation);
  if (!options.some(({ option }) => option.name === "delete-after")) return null;
  const given = options.flatMap(({ option, value }) => {
    if (option.name === "F") return [".rsync-filter"];
    if (option.name === "cvs-exclude") return [".cvsignore"];
    if (option.name !== "filter" || value === null) return [];
    const merged = mergedFile(value);
    return namesOfFilters(merged === null ? [value] : (lines(merged) ?? []));
  });
  if (given.length === 0) return null;
  const top: ReadonlySet<Bytes> = new Set(given);
  const known = new Map<Bytes, ReadonlySet<Bytes>>();
  /** Those that are read in a directory: the ones above it, and what these files name in it. */
  const namesIn = (directory: Bytes): ReadonlySet<Bytes> => {
    const found = known.get(directory);
    if (found) return found;
    const above = directory === "/" ? top : namesIn(posix.dirname(directory));
    const names = new Set(above);
    // a set hands out what is added meanwhile, too
    for (const name of names)
      for (const nested of namesOfFilters(lines(posix.join(directory, name)) ?? [])) names.add(nested);
    if (known.size >= mostDirectories) known.clear();
    known.set(directory, names.size > above.size ? names : above);
    return names;
  };
  return (path) => placesOf(path).some((at) => namesIn(posix.dirname(at)).has(posix.basename(path)));
}

/** Of which the names are held at a time. */
const mostDirectories = 1000;

/** The names of the files that rules have read, in each directory or at once. */
const namesOfFilters = (rules: readonly Bytes[]): readonly Bytes[] =>
  rules.flatMap((rule) => {
    const file = perDirectoryFile(rule) ?? mergedFile(rule);
    return file === null ? [] : [posix.basename(file)];
  });

/**
 * Where an entry lies beside the filter files that are there already: in the destination; where that is on another host,
 * in the sources, which hold the same ones unless the run brings them.
 */
function besideFilters(
  pathsOf: (name: Bytes) => readonly Bytes[],
  base: Bytes | null,
  { cwd }: Facts,
): (path: Bytes) => readonly Bytes[] {
  if (base !== null) return (path) => [posix.join(base, path)];
  return (path) => pathsOf(path).map((source) => posix.resolve(cwd ?? "/", source));
}

/** What differs from the source is removed where --compare-dest has the same; on another host it can't be seen. */
function makesWay(invocation: Invocation, base: Bytes | null, { kindAt }: PlanFiles): PlanContext["makesWay"] {
  const compared = allOptions(invocation).flatMap(({ option, value }) =>
    option.name === "compare-dest" && value !== null && base !== null
      ? [value[0] === "/" ? value : posix.join(base, value)]
      : [],
  );
  if (base === null || compared.length === 0) return null;
  return (path, kind) =>
    kind !== "directories" &&
    compared.some((directory) => kindAt(posix.join(directory, path)) !== null) &&
    kindAt(posix.join(base, path)) !== null;
}

/** What --partial-dir, --backup and --inplace take away beside an entry; nothing on another host, where it can't be seen. */
function lostBeside(
  invocation: Invocation,
  sources: (path: Bytes) => readonly Bytes[],
  base: Bytes | null,
  { kindAt, linksOf }: PlanFiles,
): PlanContext["lostBeside"] {
  if (base === null) return null;
  const partialDir = sharedPartialDir(invocation);
  const options = allOptions(invocation);
  const backupDir = lastValue(options, "backup-dir");
  const suffix = lastValue(options, "suffix") ?? (backupDir === null ? "~" : "");
  const isBackedUp = isOn(options, "backup") || backupDir !== null;
  const inBase = (path: Bytes) => (path.startsWith("/") ? path : posix.join(base, path));
  const shownFromBase = (path: Bytes) => (isWithin(path, base) ? path.slice(base.length).replace(/^\//, "") : path);
  const begun = (path: Bytes): Bytes | null => {
    if (partialDir === null) return null;
    const directory = partialDir.startsWith("/") ? partialDir : inBase(posix.join(posix.dirname(path), partialDir));
    const file = posix.join(directory, posix.basename(path));
    return kindAt(file) === null ? null : file;
  };
  const backup = (path: Bytes): Bytes | null => {
    const now = isBackedUp ? kindAt(inBase(path)) : null;
    // of a directory the files are kept, each by itself
    if (now === null || now === "directories") return null;
    const file = `${backupDir === null ? inBase(path) : posix.join(inBase(backupDir), path)}${suffix}`;
    const inTheWay = backupDir === null ? null : inTheWayTo(posix.dirname(file), inBase(backupDir));
    if (inTheWay !== null) return inTheWay;
    // an older backup is meant to be replaced, anything else is not
    const kind = kindAt(file);
    if (kind === null || kind === "files") return null;
    return kind === "directories" ? `${file}/` : file;
  };
  /** What stands where a directory for backups has to be. */
  const inTheWayTo = (directory: Bytes, top: Bytes): Bytes | null => {
    if (!isWithin(directory, top) || directory === top) return null;
    const kind = kindAt(directory);
    return kind === null || kind === "directories" ? inTheWayTo(posix.dirname(directory), top) : directory;
  };
  // a file that is written in place keeps its other names, which may lie outside of the target
  const isInPlace = writesInPlace(options);
  if (partialDir === null && !isBackedUp && !isInPlace) return null;
  // with -H the source has as many, so far as it can be seen
  const expected = (path: Bytes): number => {
    if (!isOn(options, "hard-links")) return 1;
    const own = sources(path);
    return own.length === 0 ? Infinity : largest(own.map(linksOf), 1);
  };
  const otherNames = (path: Bytes): Bytes | null =>
    isInPlace && linksOf(inBase(path)) > expected(path) ? inBase(path) : null;
  const looks = { stays: begun, transferred: (path: Bytes) => begun(path) ?? otherNames(path), replaced: backup };
  return (path, event) => {
    const lost = looks[event](path);
    return lost === null ? null : shownFromBase(lost);
  };
}
