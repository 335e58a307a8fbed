/**
 * What a run would do, by rsync's own dry run of it: the command for that dry run, and its lines → a plan.
 *
 * The lines are read as a stream: of a million deletions the plan keeps counts, the first few names, and eight bytes
 * each. rsync escapes control characters, so that a line is one entry whatever its name holds.
 */
import { posix } from "node:path";
import type { Limits, Settings } from "./config.ts";
import type { Facts } from "./facts.ts";
import { isRemote } from "./operand.ts";
import { type Given, has, type Invocation, lastValue, mergedFile } from "./parse.ts";
import { emptyPathSet, type PathSet, PathSetBuilder } from "./path-set.ts";
import type { Refusal } from "./refusals.ts";
import { type Ends, isWithin, type Spot, type Target } from "./target.ts";
import { type Bytes, bufferOf, bytesOf, shownWord, textOf } from "./text.ts";

/** Of what there may be many: the first ones, and how many there are. Paths are as rsync shows them, below the destination. */
export interface Found<T = string> {
  readonly first: readonly T[];
  readonly count: number;
}

export interface Kinds {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  /** Devices, sockets, pipes. */
  readonly specials: number;
}

/** A symlink that would go, and what it holds. */
export interface LostLink {
  readonly link: string;
  readonly text: string;
}

/** Sibling directories that would go, each of which looks like a release. */
export interface LostReleases {
  readonly directory: string;
  readonly names: Found;
  /** The link that leads to one of them, such as /var/www/current. */
  readonly current: string | null;
}

/** What a run would do. Kept as text with the approval of its dry run. */
export interface Plan {
  readonly created: Kinds;
  readonly changed: Kinds;
  /** Entries of which only times, modes or owners would change. */
  readonly attributes: number;
  readonly deleted: Kinds;
  /** The entries of the target that the source has, too; those that a filter shields are not among them. */
  readonly kept: number;
  /** The entries that are now in the target, counted no further than it matters; null where they can't be seen. */
  readonly present: number | null;
  /** Deleted entries by their top-level name in the destination, most first; `others` are in further ones. */
  readonly topLevel: { readonly first: readonly (readonly [name: string, count: number])[]; readonly others: number };
  readonly releases: readonly LostReleases[];
  readonly symlinks: Found<LostLink>;
  readonly keeps: Found;
  readonly protected: Found<{ readonly path: string; readonly below: string; readonly what: string }>;
  /** Deletions that the approved plan did not have. */
  readonly unapproved: Found;
}

/** A plan with what is too large for a record of text. */
export interface WholePlan {
  readonly plan: Plan;
  readonly deletions: PathSet;
}

/** A directory that may not be emptied. */
export interface Shielded {
  readonly below: Bytes;
  /** E.g. "a mount point". */
  readonly what: string;
}

/** What is in a directory besides files and directories. */
export type Specials = ReadonlyMap<Bytes, "symlink" | "special">;

/** What the reader has to know of the run and of the place where it would be carried out. */
export interface Site {
  /** What the lines' names are relative to; null on another host, which can't be looked at. */
  readonly base: Bytes | null;
  /** What the destination is called, for names of releases. */
  readonly name: Bytes;
  /** A destination that is a file takes what is sent whatever that is called; else null. */
  readonly only: Bytes | null;
  /** The targets, by their names below the destination; empty for the destination itself. */
  readonly within: readonly Bytes[];
  readonly keep: Limits["keep"];
  /** Protected directories below the targets. */
  readonly shielded: readonly Shielded[];
  /** What may be deleted; null: anything. */
  readonly approved: PathSet | null;
  specials(directory: Bytes): Specials;
  /** Where a symlink leads (its text), if that is there, outside of the target, and not a part of the system; else null. */
  leadsOut(link: Bytes, target: Bytes): Bytes | null;
  releaseLinks: Facts["releaseLinks"];
  isThere(path: Bytes): boolean;
}

/** Why no plan of a run can be had, or null. What says so here is known before anything is started. */
export function obstacleTo(invocation: Invocation, ends: Ends, facts: Facts, settings: Settings): string | null {
  if (invocation.kind !== "live" && invocation.kind !== "dry-run")
    return "the other side's files can't be seen from here";
  if (isElsewhere(ends) && settings.dryRun.remotePlan === "never") return "dry_run.remote_plan is never";
  if (lastValue(invocation.options, "only-write-batch") !== null)
    return "--only-write-batch writes nothing but a batch";
  const stream = invocation.options.flatMap((given) => readBy(given)).find((path) => isStream(path, facts));
  return stream === undefined ? null : `${shownWord(stream)} can be read only once`;
}

/** Whether a run has another host's end. */
export const isElsewhere = ({ sources, destination }: Ends): boolean =>
  [...sources, ...(destination ? [destination] : [])].some(isRemote);

/** The files that an option has rsync read. */
const readBy = (given: Given): readonly Bytes[] => {
  const { option, value } = given;
  const path = value !== null && option.name === "filter" ? mergedFile(value) : has(given, "reads-path") ? value : null;
  return path === null ? [] : [path];
};

/** Standard input, a pipe, and whatever else the caller has opened and handed on. */
const isStream = (path: Bytes, facts: Facts): boolean =>
  path === "-" ||
  /^\/(?:dev|proc\/self)\/(?:fd\/|std)/.test(path) ||
  (path !== "/dev/null" && facts.place(path).kind === "other");

/** Options that a plan leaves out: those that only print, and those that write something even in a dry run. */
const leftOut: ReadonlySet<string> = new Set(["dry-run", "write-batch", "only-write-batch"]);

const isLeftOut = ({ option }: Given): boolean => leftOut.has(option.name) || option.traits.includes("output");

/**
 * The arguments of the dry run that is a plan. It is a dry run whatever the command holds: each option is written anew
 * as one word that carries its value, all stand before `--`, and rsync has no option that takes -n back.
 */
export function planArguments({ options, remoteOptions, operands }: Invocation): readonly Bytes[] {
  const own = options.filter((given) => !isLeftOut(given) && given.option.name !== "remote-option");
  // what stands behind rsync in --rsync-path stays there, and needs no -M
  const handedOn = remoteOptions.filter((given) => given.by === "remote-option" && !isLeftOut(given));
  return [
    "-n",
    ...own.map(oneWord),
    ...handedOn.map((given) => `-M${oneWord(given)}`),
    "--out-format=%i %n%L",
    "--stats",
    "--no-h",
    "--no-motd",
    "--",
    ...operands,
  ];
}

const oneWord = ({ as, value }: Given): Bytes =>
  // -P shows progress too
  as === "P" ? "--partial" : `${as.length === 1 ? "-" : "--"}${as}${value === null ? "" : `=${value}`}`;

const mostFound = 10;
/** More top-level names than that are counted as others. */
const mostNames = 1000;

interface Tally {
  files: number;
  directories: number;
  symlinks: number;
  specials: number;
}

const noneYet = (): Tally => ({ files: 0, directories: 0, symlinks: 0, specials: 0 });

export const totalOf = ({ files, directories, symlinks, specials }: Kinds): number =>
  files + directories + symlinks + specials;

const kindOfLetter: Readonly<Record<string, keyof Kinds>> = { f: "files", d: "directories", L: "symlinks" };

/** A line of `%i %n%L`: what happens, to what kind of entry, which of its attributes, and its name. */
const itemLine = /^[<>ch.][fdLDS].{9} /;
const deletionMark = "*deleting   ";
const itemWidth = 12;

interface Gathered<T> {
  first: T[];
  count: number;
}

const nothing = <T>(): Gathered<T> => ({ first: [], count: 0 });

function gather<T>(found: Gathered<T>, one: () => T): void {
  if (found.count++ < mostFound) found.first.push(one());
}

/** Reads the output of a dry run with planArguments(), piece by piece. */
export class PlanReader {
  readonly #site: Site;
  #rest: Bytes = "";
  readonly #created = noneYet();
  readonly #changed = noneYet();
  readonly #deleted = noneYet();
  #attributes = 0;
  readonly #deletions = new PathSetBuilder();
  readonly #topLevel = new Map<Bytes, number>();
  #others = 0;
  readonly #releases = new Map<Bytes, { names: Gathered<string>; current: Bytes | null }>();
  readonly #symlinks = nothing<LostLink>();
  readonly #keeps = nothing<string>();
  readonly #protected = nothing<{ path: string; below: string; what: string }>();
  readonly #unapproved = nothing<string>();
  readonly #specials = new Map<Bytes, Specials>();
  /** The directory of the last line that was looked at, below the destination. */
  #last: { readonly directory: Bytes; readonly specials: Specials } | null = null;
  #listed: number | null = null;

  constructor(site: Site) {
    this.#site = site;
  }

  read(piece: Bytes): void {
    let at = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", at)) {
      if (this.#rest === "") this.#line(piece, at, end);
      else {
        // only the line is put together: the whole piece would be copied
        const line = this.#rest + piece.slice(0, end);
        this.#rest = "";
        this.#line(line, 0, line.length);
      }
      at = end + 1;
    }
    this.#rest += piece.slice(at);
  }

  /** The plan; null where the output was not whole. */
  end(): WholePlan | null {
    if (this.#listed === null) return null;
    const names = [...this.#topLevel].sort((a, b) => b[1] - a[1]);
    const first = names.slice(0, mostFound);
    const others = this.#others + names.slice(mostFound).reduce((sum, [, count]) => sum + count, 0);
    const plan: Plan = {
      created: this.#created,
      changed: this.#changed,
      attributes: this.#attributes,
      deleted: this.#deleted,
      // the list has the destination itself, too
      kept: Math.max(0, this.#listed - totalOf(this.#created) - 1),
      present: null,
      topLevel: { first: first.map(([name, count]) => [textOf(name), count]), others },
      releases: [...this.#releases]
        .filter(([, { names: found, current }]) => found.count > 1 || current !== null)
        .map(([directory, { names: found, current }]) => ({
          directory: textOf(directory),
          names: { first: found.first.sort(), count: found.count },
          current: current === null ? null : textOf(current),
        })),
      symlinks: this.#symlinks,
      keeps: this.#keeps,
      protected: this.#protected,
      unapproved: this.#unapproved,
    };
    return { plan, deletions: totalOf(this.#deleted) > 0 ? this.#deletions.build() : emptyPathSet };
  }

  #line(text: Bytes, at: number, end: number): void {
    if (text.startsWith(deletionMark, at)) {
      this.#deletion(unescaped(text.slice(at + itemWidth, end)));
      return;
    }
    // most lines are of one of these two kinds, and this one is dearer to tell
    const line = text.slice(at, end);
    if (itemLine.test(line)) this.#item(line);
    else {
      const listed = /^Number of files: (\d+)/.exec(line)?.[1];
      if (listed !== undefined) this.#listed = Number(listed);
    }
  }

  #deletion(name: Bytes): void {
    const isDirectory = name.endsWith("/");
    const path = isDirectory ? name.slice(0, -1) : name;
    const kind = isDirectory ? "directories" : (this.#specialAt(path) ?? "files");
    this.#deleted[kind]++;
    this.#deletions.add(name);
    this.#countTopLevel(name);
    if (isDirectory) this.#release(path);
    if (kind === "symlinks") this.#lostLink(path);
    this.#shieldedAt(path);
    this.#keptAt(path);
    if (this.#site.approved && !this.#site.approved.has(name)) gather(this.#unapproved, () => textOf(name));
  }

  #item(line: Bytes): void {
    const kind = kindOfLetter[line[1] ?? ""] ?? "specials";
    const isNew = line[2] === "+";
    if (isNew) this.#created[kind]++;
    else if (line[0] === ".") {
      this.#attributes++;
      return;
    } else this.#changed[kind]++;
    const path = this.#site.only ?? pathOf(line, kind);
    // what is made new where something stands replaces it
    if (isNew && kind !== "symlinks" && this.#specialAt(path) === "symlinks") this.#lostLink(path);
    this.#keptAt(path, isNew);
  }

  #specialAt(path: Bytes): "symlinks" | "specials" | null {
    const { base } = this.#site;
    if (base === null) return null;
    const cut = path.lastIndexOf("/");
    const directory = cut < 0 ? "" : path.slice(0, cut);
    if (this.#last?.directory !== directory)
      this.#last = { directory, specials: this.#specialsIn(cut < 0 ? base : `${base}/${directory}`) };
    const found = this.#last.specials.size > 0 && this.#last.specials.get(path.slice(cut + 1));
    return found ? `${found}s` : null;
  }

  /** The lines of a directory come together, so that few directories have to be known at a time. */
  #specialsIn(directory: Bytes): Specials {
    const known = this.#specials.get(directory);
    if (known) return known;
    if (this.#specials.size >= 256) this.#specials.clear();
    const found = this.#site.specials(directory);
    this.#specials.set(copied(directory), found);
    return found;
  }

  #countTopLevel(path: Bytes): void {
    const name = path.slice(0, path.indexOf("/") + 1) || path;
    const count = this.#topLevel.get(name);
    if (count !== undefined) this.#topLevel.set(name, count + 1);
    else if (this.#topLevel.size < mostNames) this.#topLevel.set(copied(name), 1);
    else this.#others++;
  }

  #release(path: Bytes): void {
    const { base, name } = this.#site;
    const cut = path.lastIndexOf("/");
    const parent = cut < 0 ? "" : path.slice(0, cut);
    const own = path.slice(cut + 1);
    const directory = base === null ? parent : posix.join(base, parent);
    const current = base === null ? null : this.#currentOf(directory, own);
    if (current === null && !isReleaseName(own, posix.basename(parent === "" ? name : parent))) return;
    const known = this.#releases.get(directory) ?? { names: nothing<string>(), current: null };
    if (!this.#releases.has(directory) && this.#releases.size >= mostNames) return;
    gather(known.names, () => textOf(own));
    this.#releases.set(copied(directory), { names: known.names, current: known.current ?? current });
  }

  /** The link in the directory or beside it, such as `current`, that leads to that child of it. */
  #currentOf(directory: Bytes, own: Bytes): Bytes | null {
    for (const place of [directory, posix.dirname(directory)]) {
      if (this.#specialsIn(place).size === 0) continue;
      const link = this.#site.releaseLinks(place).find(({ leadsTo }) => leadsTo === posix.join(directory, own));
      if (link) return link.link;
    }
    return null;
  }

  #absolute = (path: Bytes): Bytes => (this.#site.base === null ? path : posix.join(this.#site.base, path));

  #lostLink(path: Bytes): void {
    const link = this.#absolute(path);
    const target = this.#absolute(this.#within(path) ?? "");
    const text = this.#site.leadsOut(link, target);
    if (text !== null) gather(this.#symlinks, () => ({ link: textOf(path), text: textOf(text) }));
  }

  #shieldedAt(path: Bytes): void {
    if (this.#site.shielded.length === 0) return;
    const at = this.#absolute(path);
    const found = this.#site.shielded.find(({ below }) => isWithin(at, below));
    if (found) gather(this.#protected, () => ({ path: textOf(at), below: textOf(found.below), what: found.what }));
  }

  /** The target, by its name below the destination, in which a path lies. */
  #within = (path: Bytes): Bytes | undefined =>
    this.#site.within.find((one) => one === "" || path.startsWith(`${one}/`));

  #keptAt(path: Bytes, isNew = false): void {
    const { keep, base } = this.#site;
    if (keep.length === 0) return;
    const within = this.#within(path) ?? "";
    const relative = within === "" ? path : path.slice(within.length + 1);
    if (!keep.some(({ matches }) => matches(textOf(relative)))) return;
    if (isNew && (base === null || !this.#site.isThere(this.#absolute(path)))) return;
    gather(this.#keeps, () => textOf(path));
  }
}

/** The name in a line, without what follows it: `name => other`, `name -> text`, and a directory's slash. */
function pathOf(line: Bytes, kind: keyof Kinds): Bytes {
  const name = unescaped(line.slice(itemWidth));
  if (kind === "directories") return name.replace(/\/$/, "");
  return kind === "symlinks" || line[0] === "h" ? beforeArrow(name) : name;
}

/** A part of a string keeps the whole of it in memory, which here is a piece of rsync's output. */
const copied = (part: Bytes): Bytes => bufferOf(part).toString("latin1");

/** `name => other` and `name -> text`: a name that holds an arrow itself is cut short, and then found nowhere. */
const beforeArrow = (name: Bytes): Bytes => name.replace(/ [-=]> [\s\S]*$/, "");

/** rsync writes a byte that can't be printed as `\#ooo`, and a backslash before such a text too. */
const unescaped = (name: Bytes): Bytes =>
  name.includes("\\#")
    ? name.replace(/\\#([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    : name;

/** Versions, dates and time stamps; in a directory that is called releases also plain numbers and commits. */
const releaseName =
  /^(?:v|r|rel(?:ease)?[-_.]?)?\d+(?:\.\d+)+(?:[-+_~.]?[\w.+~-]+)?$|^\d{4}-\d\d-\d\d(?:[T_.:-]?\d\d){0,3}Z?$|^(?:19|20)\d{6}(?:[T_.-]?\d{2,6})?$/i;
const inReleases = /^(?:v|r|rel(?:ease)?[-_.]?)?\d|^[0-9a-f]{7,40}$/i;
const releaseParent = /^(?:releases?|versions?|builds?|deploy(?:ment)?s?)$/i;

const isReleaseName = (name: Bytes, parent: Bytes): boolean =>
  releaseName.test(name) || (releaseParent.test(parent) && inReleases.test(name));

/** A share is judged from so many entries in the target on. */
const fewEntries = 10;

/**
 * How many entries in the target are enough to know that what would be deleted is not too large a share; 0 where that
 * doesn't matter. rsync lists neither what a filter shields nor what --link-dest and its kind spare, so they are counted.
 */
export function enoughFor(plan: Plan, { maxDelete }: Limits): number {
  const deleted = totalOf(plan.deleted);
  if ("percent" in maxDelete) return (deleted * 100) / Math.max(maxDelete.percent, 1);
  // for the words of a refusal
  return deleted > maxDelete.entries ? Number.POSITIVE_INFINITY : 0;
}

/** What is out of proportion in a plan. */
export function judgePlan(plan: Plan, { limits, allow }: Settings, path: Bytes): readonly Refusal[] {
  const deleted = totalOf(plan.deleted);
  const present = plan.present ?? plan.kept + deleted;
  const { maxDelete } = limits;
  const isTooLarge =
    "entries" in maxDelete
      ? deleted > maxDelete.entries
      : present >= fewEntries && deleted * 100 > maxDelete.percent * present;
  const [touched] = plan.protected.first;
  const refusals: readonly (Refusal | false)[] = [
    touched !== undefined && {
      code: "protected-below",
      path,
      below: bytesOf(touched.below),
      what: touched.what,
      deletes: { first: plan.protected.first.map((one) => one.path), count: plan.protected.count },
    },
    isTooLarge && { code: "plan-too-large", path, deleted, present, maxDelete, topLevel: plan.topLevel },
    ...plan.releases.map((releases): Refusal => ({ code: "plan-deletes-releases", ...releases })),
    plan.symlinks.count > 0 && { code: "plan-replaces-symlinks", path, symlinks: plan.symlinks },
    plan.keeps.count > 0 && { code: "plan-deletes-kept", keeps: plan.keeps },
    plan.unapproved.count > 0 && { code: "plan-changed", unapproved: plan.unapproved },
  ];
  return refusals.filter((one) => one !== false).filter(({ code }) => !allow.includes(code));
}

/** How the names in a plan's lines are to be read. */
export function namesOf(spot: Spot | null, targets: readonly Target[]): Pick<Site, "base" | "only" | "within"> {
  const isFile = spot?.place != null && spot.place.kind !== "directory" && spot.place.kind !== "missing";
  const top = spot === null ? "" : isFile ? posix.dirname(spot.path) : spot.path;
  return {
    base: spot && !spot.remote ? top : null,
    only: spot && isFile ? posix.basename(spot.path) : null,
    within: targets.flatMap(({ role, path }) =>
      role === "destination" && isWithin(path, top) ? [path.slice(top.length).replace(/^\//, "")] : [],
    ),
  };
}
