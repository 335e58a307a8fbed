/** Looks things up on this machine for the rules. Each is looked up once, and only when a rule asks. */
import {
  type BigIntStats,
  type Dirent,
  lstatSync,
  opendirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import { posix } from "node:path";
import { type Bytes, fsPath } from "../../core/bytes.ts";
import type { GlobFiles } from "../../core/command/secluded.ts";
import { isWithin } from "../../core/paths.ts";
import type { Facts, LinkedDirectories, Place, ReleaseLink } from "../../core/place/facts.ts";
import { releaseLinkNames } from "../../core/place/known-directories.ts";
import { decodeField, type Mount, mountOfLine, remoteMountOf } from "../../core/place/mounts.ts";
import { contentsOf, listDirectory } from "./directory.ts";
import { readLines } from "./system-file.ts";
import { users } from "./users.ts";

export interface FactsInputs {
  /** Null where the current directory has been deleted. */
  readonly cwd: Bytes | null;
  /** Whose /proc/self is meant: the shim's, which becomes rsync. */
  readonly caller: number;
  /** popt reads the .popt of the HOME that the caller has set; undefined: of none. */
  readonly home: Bytes | undefined;
  readonly lastMount?: Facts["lastMount"];
}

export function machineFacts({ cwd, caller, home, lastMount = () => null }: FactsInputs): Facts {
  const from = (path: Bytes): Bytes => {
    // by its beginning, not by a pattern: it is asked for each path of a command line, many times
    if (path.startsWith("/proc/self/")) return `/proc/${caller}${path.slice("/proc/self".length)}`;
    if (path.startsWith("/dev/fd/")) return `/proc/${caller}${path.slice("/dev".length)}`;
    return path.startsWith("/") ? path : `${cwd ?? "/"}/${path}`;
  };
  const places = new Map<Bytes, Place>();
  const reals = new Map<Bytes, Bytes>();
  const place = (path: Bytes): Place => {
    const at = from(path);
    const known = places.get(at) ?? lookUp(at, reals);
    places.set(at, known);
    return known;
  };
  const links = new Map<Bytes, readonly ReleaseLink[]>();
  const linked = new Map<Bytes, LinkedDirectories>();
  const homes = once(() => readHomes(place, mountList));
  const mountList = once(readMounts);
  const mounts = once(() => (mountList().length > 0 ? new Set(mountList().map(({ point }) => point)) : null));
  const knownPlace = (path: Bytes): Place => {
    const known = places.get(from(path));
    if (known) return known;
    const mount = remoteMountOf(path, mountList());
    const isReached = mount && [...places.values()].some(({ id }) => id?.startsWith(`${mount.device}:`));
    return mount && !isReached ? { path, kind: "unknown", id: null, isLink: false } : place(path);
  };
  const fstab = once(() => new Set(entriesIn("/etc/fstab").map((line) => decodeField(line.split(/\s+/)[1] ?? ""))));
  const aliasFiles = once(() => findAliasFiles(home));
  return {
    cwd,
    place,
    knownPlace,
    entry(path) {
      const at = from(path);
      const isLink = isSymlink(at);
      const { path: directory } = place(posix.dirname(at));
      return isLink ? { path: posix.join(directory, posix.basename(at)), kind: "other", id: null, isLink } : place(at);
    },
    isEmpty,
    fileNames,
    lines: (file) => readTextLines(from(file)),
    lastMount,
    releaseLinks(directory) {
      const known =
        links.get(directory) ?? releaseLinkNames.flatMap((name) => releaseLink(posix.join(directory, name), place));
      links.set(directory, known);
      return known;
    },
    linkedDirectories(directory) {
      const known = linked.get(directory) ?? linkedDirectories(directory, place);
      linked.set(directory, known);
      return known;
    },
    get homes() {
      return homes();
    },
    get mounts() {
      return mounts();
    },
    get fstab() {
      return fstab();
    },
    get aliasFiles() {
      return aliasFiles();
    },
  };
}

function once<T>(read: () => T): () => T {
  let value: { readonly is: T } | undefined;
  return () => {
    value ??= { is: read() };
    return value.is;
  };
}

/** Undefined for what isn't there. Without an exception, which costs more than the look; throws for other errors. */
const statOf = (path: Bytes): BigIntStats | undefined =>
  statSync(fsPath(path), { bigint: true, throwIfNoEntry: false });

/** `reals`: the real paths of what is above paths that are missing. */
function lookUp(path: Bytes, reals: Map<Bytes, Bytes>): Place {
  try {
    const stats = statOf(path);
    if (!stats) return { path: physical(path, reals), kind: "missing", id: null, isLink: isSymlink(path) };
    const real = realpathSync.native(fsPath(path), "latin1");
    const kind = stats.isDirectory() ? "directory" : stats.isFile() ? "file" : "other";
    return { path: real, kind, id: `${stats.dev}:${stats.ino}`, isLink: real !== path && isSymlink(path) };
  } catch {
    return { path: physical(path, reals), kind: "unknown", id: null, isLink: false };
  }
}

/** The real path of what exists of it, and the rest by its text. */
function physical(path: Bytes, reals: Map<Bytes, Bytes>): Bytes {
  const parts = path.split("/");
  for (let kept = parts.length - 1; kept > 0; kept--) {
    const head = parts.slice(0, kept).join("/") || "/";
    try {
      const real = reals.get(head) ?? (statOf(head) ? realpathSync.native(fsPath(head), "latin1") : undefined);
      if (real === undefined) continue;
      reals.set(head, real);
      return posix.resolve(real, parts.slice(kept).join("/"));
    } catch {
      // a shorter part of it may be seen
    }
  }
  return posix.resolve("/", path);
}

function isSymlink(path: Bytes): boolean {
  try {
    const stats = lstatSync(fsPath(path.endsWith("/") ? path.replace(/(?<=.)\/+$/, "") : path), {
      throwIfNoEntry: false,
    });
    return stats?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}

function isEmpty(directory: Bytes): boolean | null {
  try {
    const stats = statOf(directory);
    // most file systems count each subdirectory as a link, which spares the look
    if (stats && stats.nlink > 2n) return false;
    // a small directory is listed faster than opened
    if (stats && stats.size <= 4096n) return readdirSync(fsPath(directory), "latin1").length === 0;
    const opened = opendirSync(fsPath(directory) as string, { bufferSize: 1 });
    try {
      return opened.readSync() === null;
    } finally {
      opened.closeSync();
    }
  } catch {
    return null;
  }
}

/** More entries than that are not looked at. */
const mostNames = 1000;

function fileNames(directory: Bytes): readonly Bytes[] | null {
  const names: Bytes[] = [];
  let count = 0;
  try {
    for (const entry of listDirectory(directory)) {
      if (entry.isFile()) names.push(entry.name);
      if (++count === mostNames) break;
    }
    return names;
  } catch {
    return null;
  }
}

/** Larger files are no lists that a person has written. */
const mostText = 1 << 20;

function readTextLines(file: Bytes): readonly Bytes[] | null {
  try {
    const stats = statOf(file);
    return stats?.isFile() && stats.size <= mostText ? readFileSync(fsPath(file), "latin1").split("\n") : null;
  } catch {
    return null;
  }
}
/** A second or two's work on a local disk. */
const mostEntries = 1_000_000;

/** Links that lead to a directory at or above this one lead to nothing new. */
export function linkedDirectories(
  directory: Bytes,
  place: (path: Bytes) => Place,
  most = mostEntries,
): LinkedDirectories {
  const found = new Map<Bytes, Place>();
  const result = (end: LinkedDirectories["end"]): LinkedDirectories => ({ places: [...found.values()], end });
  const waiting = [directory];
  let left = most;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    try {
      for (const entry of listDirectory(at)) {
        if (left-- === 0) return result({ directory, why: "too-many-entries" });
        const path = posix.join(at, entry.name);
        if (entry.isDirectory()) waiting.push(path);
        // only links are looked up: that costs more than all else here
        if (!entry.isSymbolicLink()) continue;
        const leadsTo = place(path);
        const isNew = leadsTo.kind === "directory" && !found.has(leadsTo.path);
        if (!isNew || isWithin(leadsTo.path, directory) || isWithin(directory, leadsTo.path)) continue;
        found.set(leadsTo.path, leadsTo);
        waiting.push(leadsTo.path);
      }
    } catch (error) {
      if (!isAbsent(error) && !isOutOfReach(at)) return result({ directory: at, why: "unlisted" });
    }
  }
  return result(null);
}

/** Whether rsync can't enter a directory either, nor make it so that it can, as it does with its user's own. */
function isOutOfReach(directory: Bytes): boolean {
  try {
    statSync(fsPath(`${directory}/.`));
    return false;
  } catch (error) {
    const isShut = (error as NodeJS.ErrnoException).code === "EACCES";
    return isShut && lstatSync(fsPath(directory), { throwIfNoEntry: false })?.uid !== process.geteuid?.();
  }
}

/** Whether an error says that there is nothing of that name. */
export const isAbsent = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

/** What can be seen in a directory: nothing where it isn't there, or can't be listed. */
export function* entriesOf(directory: Bytes): Generator<Dirent> {
  try {
    yield* listDirectory(directory);
  } catch {
    // what was listed until then is all that is known
  }
}

/** How many entries these directories hold in all, so far as can be seen; no more are looked into once there are `enough`. */
export function countEntries(directories: readonly Bytes[], enough: number, look = contentsOf): number {
  // one may lie in another
  const waiting = directories.filter((one) => !directories.some((other) => other !== one && isWithin(one, other)));
  let count = 0;
  for (let directory = waiting.pop(); directory !== undefined && count < enough; directory = waiting.pop()) {
    try {
      const { count: entries, directories: within } = look(directory);
      count += entries;
      for (const name of within) waiting.push(posix.join(directory, name));
    } catch {
      // its entries can't be seen
    }
  }
  return count;
}

/** What a server's paths are expanded with. */
export const globFiles: GlobFiles = {
  names: (directory) => [...entriesOf(directory)].map(({ name }) => name),
  isLink: isSymlink,
  isDirectory(path) {
    try {
      return statOf(path)?.isDirectory() ?? null;
    } catch {
      return null;
    }
  },
};

function releaseLink(link: Bytes, place: (path: Bytes) => Place): readonly ReleaseLink[] {
  if (!isSymlink(link)) return [];
  try {
    const text = readlinkSync(fsPath(link), "latin1");
    // by its text: the release that it names may be gone, or be a link itself
    const target = posix.join(text.startsWith("/") ? "/" : posix.dirname(link), text);
    return [{ link, text, leadsTo: posix.join(place(posix.dirname(target)).path, posix.basename(target)) }];
  } catch {
    return [];
  }
}

/** The lines of a system file that say something. */
const entriesIn = (file: string): readonly Bytes[] =>
  readLines(file).filter((line) => line !== "" && !line.startsWith("#"));

/** Empty where that is not told: there is always one, / itself. */
const readMounts = (): readonly Mount[] => entriesIn("/proc/self/mountinfo").map(mountOfLine);

/**
 * By what passwd says, and by where that is: /home may be a link. A home itself is not looked at, for one on a file
 * system that does not answer would stop every run on the host; what it is called in its parent is enough.
 */
function readHomes(place: (path: Bytes) => Place, mounts: () => readonly Mount[]): ReadonlyMap<Bytes, Bytes> {
  const homes = new Map<Bytes, Bytes>();
  const links = new Map<Bytes, ReadonlySet<Bytes>>();
  const isLinkIn = (parent: Bytes, name: Bytes): boolean => {
    const known =
      links.get(parent) ??
      new Set([...entriesOf(parent)].flatMap((entry) => (entry.isSymbolicLink() ? [entry.name] : [])));
    links.set(parent, known);
    return known.has(name);
  };
  for (const { name, home } of users()) {
    // daemons without a home have / or a path that does not exist
    if (!/^\/./.test(home) || homes.has(home)) continue;
    const path = home.replace(/\/+$/, "");
    homes.set(path, name);
    if (remoteMountOf(posix.dirname(path), mounts())) continue;
    const parent = place(posix.dirname(path)).path;
    const own = posix.basename(path);
    const real = isLinkIn(parent, own) ? place(path).path : posix.join(parent, own);
    if (real !== "/" && !homes.has(real)) homes.set(real, name);
  }
  return homes;
}

function findAliasFiles(home: Bytes | undefined): readonly Bytes[] {
  let extra: readonly Bytes[] = [];
  try {
    extra = readdirSync("/etc/popt.d", "latin1")
      .sort()
      .map((name) => `/etc/popt.d/${name}`);
  } catch {
    // most hosts have none
  }
  const files = ["/etc/popt", ...extra, ...(home ? [`${home}/.popt`] : [])];
  return files.filter((file) => entriesIn(file).some(namesRsync));
}

/** An alias line's first word is a glob for the program's name; one with wildcards is taken to mean rsync. */
const namesRsync = (line: Bytes): boolean => /^\s*(?:rsync\s|\S*[*?[])/.test(line);
