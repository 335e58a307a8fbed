/** Facts made from a table of places, so that rules can be tried on a world that isn't there. */
import { posix } from "node:path";
import type { Bytes } from "../../src/core/bytes.ts";
import type { PlanFiles } from "../../src/core/judge/plan-context.ts";
import { isWithin } from "../../src/core/paths.ts";
import type { Facts, Place } from "../../src/core/place/facts.ts";
import { builtInProtect, releaseLinkNames } from "../../src/core/place/known-directories.ts";

/** What is at a path: `unreadable` is a directory that can't be listed, `bind` one that is also at another path. */
export type Entry =
  | "directory"
  | "empty directory"
  | "unreadable directory"
  | "file"
  | "pipe"
  | { readonly link: Bytes }
  | { readonly bind: Bytes };

/** The directories that lead to an entry, and the system's own, are there without being named. */
export interface World {
  readonly places?: Readonly<Record<Bytes, Entry>>;
  /** `/job`, if nothing is said; null: it has been deleted. */
  readonly cwd?: Bytes | null;
  readonly homes?: Readonly<Record<Bytes, Bytes>>;
  readonly mounts?: readonly Bytes[];
  readonly fstab?: readonly Bytes[];
  readonly aliasFiles?: readonly Bytes[];
  /** What text files hold. */
  readonly lists?: Readonly<Record<Bytes, readonly Bytes[]>>;
  /** When files were changed, in seconds; 0, if nothing is said. */
  readonly modified?: Readonly<Record<Bytes, number>>;
  /** When entries were changed in any way, in milliseconds; null, if nothing is said. */
  readonly changed?: Readonly<Record<Bytes, number>>;
  /** Files that begin with other content than the one that they are compared with. */
  readonly others?: readonly Bytes[];
  /** Where earlier runs found a file system mounted, by their target. */
  readonly lastMounts?: Readonly<Record<Bytes, Bytes>>;
}

export function factsOf({
  places = {},
  cwd = "/job",
  homes = {},
  mounts = [],
  fstab = [],
  aliasFiles = [],
  lists = {},
  lastMounts = {},
}: World): Facts {
  const entries = new Map<Bytes, Entry>();
  for (const path of [...builtInProtect, "/job", ...mounts, ...Object.keys(homes), ...Object.keys(places)])
    for (let at = path; !entries.has(at); at = posix.dirname(at)) entries.set(at, "directory");
  for (const [path, entry] of Object.entries(places)) entries.set(path, entry);
  const inodes = [...entries.keys()];

  /** As the kernel walks: a link is followed where it stands, `..` is what lies above in the end. */
  const walk = (directory: Bytes, path: Bytes): Place => {
    let at = path.startsWith("/") ? "/" : directory;
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    const mustBeDirectory = /\/\.?$/.test(path);
    for (const [index, part] of parts.entries()) {
      const rest = parts.slice(index + 1);
      const next = posix.join(at, part);
      const entry = entries.get(next);
      if (entry === undefined) return { path: posix.resolve(next, ...rest), kind: "missing", id: null, isLink: false };
      if (entry === "file" && (rest.length > 0 || mustBeDirectory))
        return { path: posix.resolve(next, ...rest), kind: "unknown", id: null, isLink: false };
      if (typeof entry === "object" && "link" in entry) {
        const isLink = rest.length === 0;
        const target = walk(at, entry.link);
        if (target.kind === "missing") return { ...target, path: posix.resolve(next, ...rest), isLink };
        if (isLink) return { ...target, isLink };
        at = target.path;
      } else at = next;
    }
    const entry = entries.get(at);
    const kind = entry === "file" ? "file" : entry === "pipe" ? "other" : "directory";
    const inode = typeof entry === "object" && "bind" in entry ? entry.bind : at;
    return { path: at, kind, id: `1:${inodes.indexOf(inode)}`, isLink: false };
  };

  const place = (path: Bytes): Place => walk(cwd ?? "/", path);
  /** By the link's text: what it names may be gone, or be a link itself. */
  const leadsTo = (directory: Bytes, text: Bytes): Bytes =>
    posix.join(walk(directory, posix.dirname(text)).path, posix.basename(text));
  return {
    cwd,
    place,
    knownPlace: place,
    entry(path) {
      const found = place(path);
      const at = posix.join(place(posix.dirname(path)).path, posix.basename(path));
      return found.isLink ? { path: at, kind: "other", id: null, isLink: true } : found;
    },
    isEmpty(directory) {
      const entry = entries.get(directory);
      return entry === "unreadable directory" ? null : entry === "empty directory";
    },
    fileNames: (directory) =>
      [...entries].flatMap(([path, entry]) =>
        entry === "file" && posix.dirname(path) === directory ? [posix.basename(path)] : [],
      ),
    lines: (file) => lists[place(file).path] ?? null,
    lastMount: (target) => lastMounts[target] ?? null,
    releaseLinks: (directory) =>
      releaseLinkNames.flatMap((name) => {
        const link = posix.join(directory, name);
        const entry = entries.get(link);
        return typeof entry === "object" && "link" in entry
          ? [{ link, text: entry.link, leadsTo: leadsTo(directory, entry.link) }]
          : [];
      }),
    linkedDirectories(directory) {
      const below = [...entries].filter(([path]) => isWithin(path, directory));
      const unlisted = below.find(([, entry]) => entry === "unreadable directory")?.[0];
      return {
        places: below
          .filter(([path]) => place(path).isLink)
          .map(([path]) => place(path))
          .filter(({ kind, path }) => kind === "directory" && !isWithin(path, directory)),
        end: unlisted === undefined ? null : { directory: unlisted, why: "unlisted" },
      };
    },
    homes: new Map(Object.entries(homes)),
    mounts: new Set(mounts),
    fstab: new Set(fstab),
    aliasFiles,
  };
}

/** What is looked at in that world while a plan is read. */
export function planFilesOf(world: World): PlanFiles {
  const { places = {} } = world;
  const facts = factsOf(world);
  const oddKind = (path: Bytes) => {
    const entry = places[path];
    return entry === "pipe" ? "special" : typeof entry === "object" && "link" in entry ? "symlink" : null;
  };
  return {
    oddEntries(directory) {
      if (places[directory] === "unreadable directory") return null;
      return new Map(
        Object.keys(places).flatMap((path): [Bytes, "symlink" | "special"][] => {
          const kind = posix.dirname(path) === directory ? oddKind(path) : null;
          return kind ? [[posix.basename(path), kind]] : [];
        }),
      );
    },
    linksOf: (path) => {
      const entry = places[posix.resolve("/job", path)];
      return typeof entry === "object" && "bind" in entry ? 2 : 1;
    },
    statusChanged: (path) => world.changed?.[facts.entry(path).path] ?? null,
    modified: (path) => (facts.place(path).kind === "file" ? (world.modified?.[facts.place(path).path] ?? 0) : null),
    continues: (longer) => !(world.others ?? []).includes(facts.place(longer).path),
    count(directory, enough) {
      const { path: at, kind } = facts.place(directory);
      const below = Object.keys(places).filter((path) => path !== at && isWithin(path, at));
      return kind === "directory" ? Math.min(enough, below.length) : null;
    },
    kindAt(path) {
      const { kind, isLink } = facts.entry(path);
      if (kind === "missing") return null;
      return isLink ? "symlinks" : kind === "directory" ? "directories" : kind === "file" ? "files" : "specials";
    },
    linkText(link) {
      const entry = places[link];
      return typeof entry === "object" && "link" in entry ? entry.link : null;
    },
  };
}
