/**
 * From the lines of rsync's dry run to a plan.
 *
 * The lines are read as a stream: of a million deletions the plan keeps counts, the first few names, and eight bytes
 * each. rsync escapes control characters, so that a line is one entry whatever its name holds.
 */

import { posix } from "node:path";
import { type Bytes, copied, textOf } from "../bytes.ts";
import { isWithin, selfAndAncestors } from "../paths.ts";
import type { Facts } from "../place/facts.ts";
import { isTargetsOwn, isTrusted, mayHoldTrusted } from "../place/known-directories.ts";
import { DirectoryTally, type Reduction } from "./directories.ts";
import type { Action } from "./entry.ts";
import { deletionMark, isReleaseName, itemKind, itemWidth, pathOf, unchanged, unescaped } from "./line.ts";
import { emptyPathSet, type PathSet, PathSetBuilder } from "./path-set.ts";
import {
  type Kinds,
  type LostLink,
  mostFound,
  noPlan,
  type Plan,
  type PlanResult,
  type Shield,
  sampleOf,
  totalOf,
} from "./plan.ts";

/** A directory that may not be emptied. */
export interface ShieldedDirectory {
  readonly below: Bytes;
  readonly what: Shield;
}

/** What is in a directory besides files and directories. */
export type OddEntries = ReadonlyMap<Bytes, "symlink" | "special">;

/** What the reader has to know of the run and of the place where it would be carried out. */
export interface PlanContext {
  /** What the lines' names are relative to; null on another host, which can't be looked at. */
  readonly base: Bytes | null;
  /** What the destination is called, for names of releases. */
  readonly name: Bytes;
  /** A destination that is a file takes what is sent whatever that is called; else null. */
  readonly only: Bytes | null;
  /** The targets, by their names below the destination; empty for the destination itself. */
  readonly within: readonly Bytes[];
  /** Each entry has a line, also one that would stay as it is (planArguments() asked for that). */
  readonly hasAllEntries: boolean;
  /** Whether rsync decides by that file what to delete once it has been transferred; null: by none. */
  readonly isLateFilter: ((path: Bytes) => boolean) | null;
  /** What may never be deleted or replaced; `matches` takes a path that is relative to the target. */
  readonly keep: readonly { readonly matches: (path: string) => boolean }[];
  /** Protected directories below the targets. */
  readonly shielded: readonly ShieldedDirectory[];
  /** What may be deleted; null: anything. */
  readonly approved: PathSet | null;
  /** How many entries the plan that was approved would overwrite. */
  readonly approvedChanges: number;
  /** Whether an entry that would be overwritten was changed since the plan that was approved, or is none of its. */
  hasChanged(path: Bytes): boolean;
  /** Whether the plan that was approved allows that what comes takes the place of what is there, if anything is. */
  mayReplace(path: Bytes): boolean;
  /** Null where it can't be listed. */
  oddEntries(directory: Bytes): OddEntries | null;
  /** Where a symlink leads (its text), if that is there, outside of the target, and not a part of the system; else null. */
  leadsOut(link: Bytes, target: Bytes): Bytes | null;
  releaseLinks: Facts["releaseLinks"];
  /** What is at a path, a symlink as such; null for nothing. */
  kindAt(path: Bytes): keyof Kinds | "unknown" | null;
  /**
   * Whether what is at a path may be removed, since --compare-dest has what the source has: rsync's line does not tell
   * that from an entry that stays.
   */
  makesWay(path: Bytes, kind: keyof Kinds): boolean;
  /**
   * What an option would have removed beside an entry, by its name below the destination or its absolute path: a file in
   * --partial-dir, a directory in a backup's place. rsync says nothing of it.
   */
  lostBeside(path: Bytes, event: "stays" | "transferred" | "replaced"): Bytes | null;
  /** --backup-dir, if it lies in the destination: its name below that. */
  readonly backupDir: Bytes | null;
  /** What the destination would be called within itself, where it lies in a source. */
  readonly itself: readonly Bytes[];
  /** Whether an entry of the destination would be replaced by an older one; null where that can't be seen. */
  isOlder(path: Bytes): boolean | null;
  /** Whether --append would add to another content. */
  joins(path: Bytes): boolean;
  /** The entries below a directory that loses so many, counted no further than it matters; null where they can't be seen. */
  countIn(directory: Bytes, deleted: number): number | null;
  /** Whether that directory is in the source, with nothing in it. */
  isSourceEmpty(directory: Bytes): boolean;
}

/** More changed files than that are not compared with their source: they tell enough. */
const mostCompared = 1000;
/** Of which the odd entries are held at a time. */
const mostDirectories = 256;
/** More top-level names than that are counted as others. */
const mostNames = 1000;

interface Tally {
  files: number;
  directories: number;
  symlinks: number;
  specials: number;
}

const zeroKinds = (): Tally => ({ files: 0, directories: 0, symlinks: 0, specials: 0 });

interface GrowingSample<T> {
  first: T[];
  count: number;
}

const emptySample = <T>(): GrowingSample<T> => ({ first: [], count: 0 });

function gather<T>(found: GrowingSample<T>, one: () => T): void {
  if (found.count++ < mostFound) found.first.push(one());
}

interface Counter {
  /** The first that was counted. */
  readonly first: Bytes;
  count: number;
}

/** What is asked of each entry, and has one answer for all that lie in one directory: their lines come together. */
interface Here {
  /** Its name below the destination. */
  readonly directory: Bytes;
  /** The outermost target, by its name below the destination, that it is or lies in. */
  readonly target: Bytes | undefined;
  readonly mayHoldTrusted: boolean;
  /** Undefined: not asked yet. */
  oddEntries: OddEntries | null | undefined;
  /** Of the deletions below the same top-level name; null in the destination itself, and before the first. */
  topLevel: Counter | null;
}

/** Reads the output of a dry run with planArguments(), piece by piece. */
export class PlanReader {
  readonly #context: PlanContext;
  #rest: Bytes = "";
  readonly #created = zeroKinds();
  readonly #changed = zeroKinds();
  readonly #deleted = zeroKinds();
  #attributes = 0;
  readonly #deletions = new PathSetBuilder();
  readonly #topLevel = new Map<Bytes, Counter>();
  readonly #others: Counter = { first: "", count: 0 };
  readonly #releases = new Map<Bytes, { names: GrowingSample<string>; current: Bytes | null }>();
  readonly #symlinks = emptySample<LostLink>();
  readonly #keeps = emptySample<string>();
  readonly #directories = new DirectoryTally();
  readonly #own: Bytes[] = [];
  readonly #older = emptySample<string>();
  #compared = 0;
  /** Files that would be changed, of which the one or the other side can't be seen here. */
  readonly uncompared: Bytes[] = [];
  readonly #trusted = emptySample<string>();
  readonly #backups = emptySample<string>();
  readonly #intoItself = emptySample<string>();
  readonly #joined = emptySample<string>();
  readonly #protected = emptySample<{ path: string; below: string; what: Shield }>();
  readonly #unapproved = emptySample<string>();
  readonly #overwritten = emptySample<string>();
  readonly #oddEntries = new Map<Bytes, OddEntries | null>();
  /** Only where isLateFilter is asked. */
  readonly #newDirectories = new Set<Bytes>();
  #here: Here;
  #listed: number | null = null;
  /** A line that is about no target. */
  #outside: Bytes | null = null;
  #lateFilter: Bytes | null = null;
  #hiddenLoss: Bytes | null = null;
  #unlisted: Bytes | null = null;

  /** The targets, and the directories that lead to them. */
  readonly #targets: ReadonlySet<Bytes>;
  readonly #leading: ReadonlySet<Bytes>;

  /** Hears of each entry that would be deleted, changed or added; null: nobody does. */
  readonly #tell: ((action: Action, kind: keyof Kinds, path: Bytes) => void) | null;

  constructor(context: PlanContext, tell: ((action: Action, kind: keyof Kinds, path: Bytes) => void) | null = null) {
    this.#context = context;
    this.#tell = tell;
    this.#targets = new Set(context.within);
    this.#leading = new Set(context.within.flatMap((target) => [...selfAndAncestors(target)].slice(1)));
    this.#here = this.#hereOf("");
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

  /** The plan, or why what was read is none. */
  end(): PlanResult {
    if (this.#listed === null) return noPlan({ is: "incomplete-output" });
    if (this.#outside !== null) return noPlan({ is: "outside-targets", path: this.#outside });
    if (this.#unlisted !== null) return noPlan({ is: "unlisted", path: this.#unlisted });
    if (this.#hiddenLoss !== null) return noPlan({ is: "hidden-loss", path: this.#hiddenLoss });
    if (this.#lateFilter !== null) return noPlan({ is: "brings-filter", path: this.#lateFilter });
    const names = [...this.#topLevel].sort((a, b) => b[1].count - a[1].count);
    const first = names.slice(0, mostFound);
    const others = this.#others.count + names.slice(mostFound).reduce((sum, [, { count }]) => sum + count, 0);
    const deletions = totalOf(this.#deleted) > 0 ? this.#deletions.build() : emptyPathSet;
    const { whole, reduced, renewed } = this.#directories.end();
    const plan: Plan = {
      created: this.#created,
      changed: this.#changed,
      attributes: this.#attributes,
      deleted: this.#deleted,
      renewed,
      // the list has the destination itself, too
      kept: Math.max(0, this.#listed - totalOf(this.#created) - 1),
      present: null,
      topLevel: {
        first: first.map(([name, { first: path, count }]) => [textOf(count === 1 ? path : name), count]),
        others,
      },
      releases: [...this.#releases]
        .filter(([, { names: found, current }]) => found.count > 1 || current !== null)
        .map(([directory, { names: found, current }]) => ({
          directory: textOf(directory),
          names: { first: found.first.sort(), count: found.count },
          current: current === null ? null : textOf(current),
        })),
      directories: whole.map((one) => ({ ...one, path: textOf(one.path) })),
      reduced: reduced.filter(({ path }) => !this.#targets.has(path)).map((one) => this.#reducedDirectory(one)),
      own: sampleOf(this.#own.filter((path) => !deletions.has(`${posix.dirname(path)}/`)).map(textOf)),
      older: { ...this.#older, compared: this.#compared },
      trusted: this.#trusted,
      backups: this.#backups,
      intoItself: this.#intoItself,
      joined: this.#joined,
      symlinks: this.#symlinks,
      keeps: this.#keeps,
      protected: this.#protected,
      unapproved: this.#unapproved,
      // where no more are overwritten than the dry run had named, these are the same
      overwritten: totalOf(this.#changed) > this.#context.approvedChanges ? this.#overwritten : emptySample(),
    };
    return { plan, deletions };
  }

  #reducedDirectory({ path, deleted, moved }: Reduction): Plan["reduced"][number] {
    return {
      path: textOf(path),
      deleted,
      moved,
      present: this.#context.countIn(path, deleted),
      isSourceEmpty: this.#context.isSourceEmpty(path),
    };
  }

  #line(text: Bytes, at: number, end: number): void {
    if (text.startsWith(deletionMark, at)) {
      this.#deletion(unescaped(text.slice(at + itemWidth, end)));
      return;
    }
    const line = text.slice(at, end);
    const kind = itemKind(line);
    if (kind !== undefined) this.#item(line, kind);
    else {
      const listed = /^Number of files: (\d+)/.exec(line)?.[1];
      if (listed !== undefined) this.#listed = Number(listed);
    }
  }

  /** `entry`: a directory's ends in a slash. */
  #deletion(entry: Bytes): void {
    const isDirectory = entry.endsWith("/");
    const path = isDirectory ? entry.slice(0, -1) : entry;
    const cut = path.lastIndexOf("/");
    const name = path.slice(cut + 1);
    const here = this.#enter(cut < 0 ? "" : path.slice(0, cut));
    const kind = isDirectory ? "directories" : (this.#oddEntry(here, name) ?? "files");
    this.#deleted[kind]++;
    this.#tell?.("delete", kind, path);
    this.#deletions.add(entry);
    this.#countTopLevel(here, entry);
    this.#holdAgainstTargets(here, path, isDirectory);
    if (isDirectory) this.#release(path);
    else this.#hiddenLoss ??= this.#context.lostBeside(path, "replaced");
    if (kind === "symlinks") this.#lostLink(here, path);
    this.#directories.delete(here.directory, name, isDirectory);
    if (isTargetsOwn(name) && this.#own.length < mostNames) this.#own.push(copied(path));
    if (this.#context.backupDir !== null && isWithin(path, this.#context.backupDir))
      gather(this.#backups, () => textOf(path));
    if (this.#context.shielded.length > 0) this.#shieldedAt(path);
    if (this.#context.keep.length > 0) this.#keptAt(here, path);
    if (this.#context.approved && !this.#context.approved.has(entry)) gather(this.#unapproved, () => textOf(entry));
  }

  #item(line: Bytes, kind: keyof Kinds): void {
    const [mark] = line;
    // `name => other`: a hard link to another file takes its place
    const isUnchanged =
      line.startsWith(unchanged, 2) && (mark === "." || (this.#context.hasAllEntries && !line.includes(" => ")));
    if (mark === "." && !isUnchanged && !this.#context.hasAllEntries) {
      this.#attributes++;
      this.#tell?.("attributes", kind, this.#context.only ?? pathOf(line, kind));
      return;
    }
    const path = this.#context.only ?? pathOf(line, kind);
    if (mark === "." && kind === "files") this.#hiddenLoss ??= this.#context.lostBeside(path, "stays");
    const isNew = line[2] === "+" || (this.#context.hasAllEntries && this.#isElsewhere(path, kind, mark !== "."));
    if (isNew) this.#created[kind]++;
    else if ((mark !== "." && !isUnchanged) || this.#context.makesWay(path, kind)) this.#changed[kind]++;
    else {
      if (!isUnchanged) this.#attributes++;
      if (!isUnchanged) this.#tell?.("attributes", kind, path);
      return;
    }
    this.#tell?.(isNew ? (this.#isThere(path) ? "replace" : "add") : "change", kind, path);
    const cut = path.lastIndexOf("/");
    const name = path.slice(cut + 1);
    const here = this.#enter(cut < 0 ? "" : path.slice(0, cut));
    this.#holdAgainstTargets(here, path, kind === "directories");
    if (here.mayHoldTrusted && kind === "files") this.#trust(path);
    if (isNew) {
      this.#directories.add(here.directory, name, kind === "files");
      if (path !== "." && !this.#context.mayReplace(path)) gather(this.#overwritten, () => textOf(path));
    } else {
      if (kind === "files") this.#compare(path, line);
      if (kind !== "directories" && this.#context.hasChanged(path)) gather(this.#overwritten, () => textOf(path));
    }
    if (this.#context.itself.some((own) => path !== own && isWithin(path, own)))
      gather(this.#intoItself, () => textOf(path));
    if (this.#context.isLateFilter?.(path)) this.#bringFilter(path);
    if (isNew && kind === "directories" && this.#context.isLateFilter) this.#newDirectories.add(copied(path));
    // what is made new where something stands replaces it
    if (isNew && kind !== "symlinks" && this.#oddEntry(here, name) === "symlinks") this.#lostLink(here, path);
    if (mark === "<" || mark === ">") this.#hiddenLoss ??= this.#context.lostBeside(path, "transferred");
    this.#hiddenLoss ??= this.#context.lostBeside(path, "replaced");
    if (this.#context.keep.length > 0) this.#keptAt(here, path, isNew);
  }

  #enter(directory: Bytes): Here {
    if (this.#here.directory !== directory) this.#here = this.#hereOf(directory);
    return this.#here;
  }

  #hereOf(directory: Bytes): Here {
    const { name, only } = this.#context;
    return {
      directory,
      target: this.#targets.has("") ? "" : [...selfAndAncestors(directory)].findLast((at) => this.#targets.has(at)),
      mayHoldTrusted: only !== null || mayHoldTrusted(posix.join(name, directory)),
      oddEntries: undefined,
      topLevel: null,
    };
  }

  #trust(path: Bytes): void {
    const { name, only } = this.#context;
    const at = only === null ? posix.join(name, path) : name;
    if (isTrusted(at)) gather(this.#trusted, () => textOf(at));
  }

  /** On another host it can't be seen. */
  #isThere = (path: Bytes): boolean =>
    this.#context.base !== null && path !== "." && this.#context.kindAt(this.#absolute(path)) !== null;

  /** What stands where a file would be changed, with what would come. */
  #compare(path: Bytes, line: Bytes): void {
    if (this.#compared + this.uncompared.length >= mostCompared) return;
    if (this.#context.joins(path)) gather(this.#joined, () => textOf(path));
    // without --times a file in the target is as old as its transfer: one of the same size is the same
    if (line[4] === "T" && line[3] !== "s") return;
    const isOlder = this.#context.isOlder(path);
    if (isOlder === null) this.uncompared.push(copied(path));
    else this.#compared++;
    if (isOlder) gather(this.#older, () => textOf(path));
  }

  /**
   * Whether what a line names is not yet in the destination, but taken from --link-dest and its kind: of that rsync says
   * nothing more, though what stands in its place is gone. On another host, whether that may be so.
   */
  #isElsewhere(path: Bytes, kind: keyof Kinds, isTaken: boolean): boolean {
    if (this.#context.base === null) return isTaken;
    return this.#context.kindAt(this.#absolute(path)) !== kind;
  }

  /** What is deleted or changed outside of all targets was not judged. */
  #holdAgainstTargets(here: Here, path: Bytes, isDirectory: boolean): void {
    if (here.target !== undefined) return;
    if (path === "" || path === "." || this.#context.only !== null || this.#targets.has(path)) return;
    if (!isDirectory || !this.#leading.has(path)) this.#outside ??= copied(path);
  }

  /** In a directory that is new, nothing can be deleted by it. */
  #bringFilter(path: Bytes): void {
    const directory = posix.dirname(path);
    const isNew =
      this.#context.base === null
        ? this.#newDirectories.has(directory)
        : this.#context.kindAt(this.#absolute(directory)) === null;
    if (!isNew) this.#lateFilter ??= copied(path);
  }

  #oddEntry(here: Here, name: Bytes): "symlinks" | "specials" | null {
    const { base } = this.#context;
    if (base === null) return null;
    if (here.oddEntries === undefined)
      here.oddEntries = this.#oddEntriesIn(here.directory === "" ? base : `${base}/${here.directory}`);
    const { oddEntries } = here;
    if (oddEntries === null) this.#unlisted ??= copied(here.directory);
    const found = oddEntries && oddEntries.size > 0 && oddEntries.get(name);
    return found ? `${found}s` : null;
  }

  /** The lines of a directory come together, so that few directories have to be known at a time. */
  #oddEntriesIn(directory: Bytes): OddEntries | null {
    const known = this.#oddEntries.get(directory);
    const found = known === undefined ? this.#context.oddEntries(directory) : known;
    // the one that was asked for longest ago goes: some are asked for again and again
    this.#oddEntries.delete(directory);
    if (this.#oddEntries.size >= mostDirectories) this.#oddEntries.delete(this.#oddEntries.keys().next().value ?? "");
    this.#oddEntries.set(copied(directory), found);
    return found;
  }

  #countTopLevel(here: Here, entry: Bytes): void {
    const counter = here.topLevel ?? this.#counterOf(entry);
    counter.count++;
    if (here.directory !== "") here.topLevel = counter;
  }

  #counterOf(entry: Bytes): Counter {
    const name = entry.slice(0, entry.indexOf("/") + 1) || entry;
    const known = this.#topLevel.get(name);
    if (known) return known;
    if (this.#topLevel.size >= mostNames) return this.#others;
    const counter = { first: copied(entry), count: 0 };
    this.#topLevel.set(copied(name), counter);
    return counter;
  }

  #release(path: Bytes): void {
    const { base, name } = this.#context;
    const cut = path.lastIndexOf("/");
    const parent = cut < 0 ? "" : path.slice(0, cut);
    const own = path.slice(cut + 1);
    const directory = base === null ? parent : posix.join(base, parent);
    const current = base === null ? null : this.#currentOf(directory, own);
    if (current === null && !isReleaseName(own, posix.basename(parent === "" ? name : parent))) return;
    const known = this.#releases.get(directory) ?? { names: emptySample<string>(), current: null };
    if (!this.#releases.has(directory) && this.#releases.size >= mostNames) return;
    gather(known.names, () => textOf(own));
    this.#releases.set(copied(directory), { names: known.names, current: known.current ?? current });
  }

  /** The link in the directory or beside it, such as `current`, that leads to that child of it. */
  #currentOf(directory: Bytes, own: Bytes): Bytes | null {
    for (const place of [directory, posix.dirname(directory)]) {
      if (this.#oddEntriesIn(place)?.size === 0) continue;
      const link = this.#context.releaseLinks(place).find(({ leadsTo }) => leadsTo === posix.join(directory, own));
      if (link) return link.link;
    }
    return null;
  }

  #absolute = (path: Bytes): Bytes => (this.#context.base === null ? path : posix.join(this.#context.base, path));

  #lostLink(here: Here, path: Bytes): void {
    const link = this.#absolute(path);
    const target = this.#absolute(here.target ?? "");
    const text = this.#context.leadsOut(link, target);
    if (text !== null) gather(this.#symlinks, () => ({ link: textOf(path), text: textOf(text) }));
  }

  #shieldedAt(path: Bytes): void {
    const at = this.#absolute(path);
    const found = this.#context.shielded.find(({ below }) => isWithin(at, below));
    if (found) gather(this.#protected, () => ({ path: textOf(at), below: textOf(found.below), what: found.what }));
  }

  #keptAt({ target = "" }: Here, path: Bytes, isNew = false): void {
    const { keep, base } = this.#context;
    const relative = target === "" ? path : path.slice(target.length + 1);
    if (!keep.some(({ matches }) => matches(textOf(relative)))) return;
    if (isNew && (base === null || this.#context.kindAt(this.#absolute(path)) === null)) return;
    gather(this.#keeps, () => textOf(path));
  }
}
