/**
 * From the lines of rsync's dry run to a plan.
 *
 * The lines are read as a stream: of a million deletions the plan keeps counts, the first few names, and eight bytes
 * each. rsync escapes control characters, so that a line is one entry whatever its name holds.
 */

import { posix } from "node:path";
import { type Bytes, copied, textOf } from "../bytes.ts";
import { isWithin, selfAndAncestors } from "../paths.ts";
import { isTargetsOwn, isTrusted, mayHoldTrusted } from "../place/known-directories.ts";
import type { OddEntries, PlanContext } from "./context.ts";
import { DirectoryTally, type Reduction } from "./directories.ts";
import type { Action } from "./entry.ts";
import { type Group, groupsOf, itemWidth } from "./groups.ts";
import { deletion, type Item, isReleaseName, itemOf, pathOf } from "./line.ts";
import { emptyPathSet, PathSetBuilder } from "./path-set.ts";
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
import { type Counter, TopLevelTally } from "./top-level.ts";

/** More changed files than that are not compared with their source: they tell enough. */
const mostCompared = 1000;
/** Of which the odd entries are held at a time. */
const mostDirectories = 256;
/** More of the target's own names, and of directories with releases, are not kept. */
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

/** What is asked of each entry, and has one answer for all that lie in one directory: their lines come together. */
interface Here {
  /** Its name below the destination. */
  readonly directory: Bytes;
  /** The outermost target, by its name below the destination, that it is or lies in. */
  readonly target: Bytes | undefined;
  readonly mayHoldTrusted: boolean;
  /** Null where there are none; undefined: not asked yet. */
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
  readonly #topLevel = new TopLevelTally();
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
  /** Whether anything is asked of each entry by itself, wherever it lies. */
  readonly #isAsked: boolean;
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
    const { lostBeside, backupDir, shielded, keep, itself, isLateFilter } = context;
    this.#isAsked = [tell, lostBeside, backupDir, isLateFilter, ...shielded, ...keep, ...itself].some(
      (asked) => asked !== null,
    );
  }

  read(piece: Bytes): void {
    const last = piece.lastIndexOf("\n");
    if (last < 0) {
      this.#rest += piece;
      return;
    }
    // only a line is put together: the whole piece would be copied
    const first = piece.indexOf("\n");
    this.#line(this.#rest + piece.slice(0, first));
    this.#rest = piece.slice(last + 1);
    if (first < last) for (const group of groupsOf(piece.slice(first + 1, last))) this.#group(group);
  }

  /** The plan, or why what was read is none. */
  end(): PlanResult {
    if (this.#listed === null) return noPlan({ is: "incomplete-output" });
    if (this.#outside !== null) return noPlan({ is: "outside-targets", path: this.#outside });
    if (this.#unlisted !== null) return noPlan({ is: "unlisted", path: this.#unlisted });
    if (this.#hiddenLoss !== null) return noPlan({ is: "hidden-loss", path: this.#hiddenLoss });
    if (this.#lateFilter !== null) return noPlan({ is: "brings-filter", path: this.#lateFilter });
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
      topLevel: this.#topLevel.end(),
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

  #group({ start, names }: Group): void {
    if (names.length === 0) {
      this.#line(start);
      return;
    }
    const item = itemOf(start);
    const before = start.slice(itemWidth);
    // an absolute source's name, or one that is called otherwise here
    const isOther = item !== deletion && (before[0] === "/" || this.#context.only !== null);
    if (!item?.isNamed || isOther) for (const name of names) this.#line(start + name);
    else if (item === deletion) this.#deleteFiles(this.#enter(before.slice(0, -1)), before, names);
    else this.#changeFiles(this.#enter(before.slice(0, -1)), item, before, names);
  }

  #line(line: Bytes): void {
    const item = itemOf(line);
    if (item === undefined) {
      const listed = /^Number of files: (\d+)/.exec(line)?.[1];
      if (listed !== undefined) this.#listed = Number(listed);
      return;
    }
    const path = this.#context.only !== null && item !== deletion ? this.#context.only : pathOf(line, item);
    const cut = path.lastIndexOf("/") + 1;
    const name = path.slice(cut);
    const here = this.#enter(path.slice(0, Math.max(0, cut - 1)));
    if (item !== deletion) this.#change(here, item, name, path);
    else if (line.endsWith("/")) this.#deleteDirectory(here, name, path);
    else this.#deleteFiles(here, path.slice(0, cut), [name]);
  }

  /** `before`: what stands before the names in the paths. */
  #deleteFiles(here: Here, before: Bytes, names: readonly Bytes[]): void {
    this.#directories.deleteFiles(here.directory, names);
    this.#addDeletions(before, names);
    for (const name of names) if (isTargetsOwn(name)) this.#deleteOwn(before + name);
    const isEach = this.#isAsked || here.target === undefined || this.#oddEntriesOf(here) !== null;
    if (isEach) for (const name of names) this.#deleteFile(here, name, before + name);
    else this.#deleted.files += names.length;
    if (here.directory === "") for (const name of names) this.#counterOf(here, name).count++;
    else this.#counterOf(here, before + names[0]).count += names.length;
  }

  #deleteFile(here: Here, name: Bytes, path: Bytes): void {
    const kind = this.#kindOf(here, name);
    this.#deleted[kind]++;
    this.#tell?.("delete", kind, path);
    if (kind === "symlinks") this.#lostLink(here, path);
    this.#loseBeside(path, "replaced");
    this.#askOfDeletion(here, path, false);
  }

  #deleteDirectory(here: Here, name: Bytes, path: Bytes): void {
    const entry = `${path}/`;
    this.#deleted.directories++;
    this.#tell?.("delete", "directories", path);
    this.#directories.deleteDirectory(here.directory, name);
    this.#addDeletions(entry, [""]);
    this.#counterOf(here, entry).count++;
    if (isTargetsOwn(name)) this.#deleteOwn(path);
    this.#release(path);
    this.#askOfDeletion(here, path, true);
  }

  #addDeletions(before: Bytes, names: readonly Bytes[]): void {
    const hashes = this.#deletions.addAll(before, names);
    const areApproved = this.#context.approved?.hasHashes(hashes);
    if (areApproved?.includes(0))
      for (const [at, name] of names.entries())
        if (areApproved[at] === 0) gather(this.#unapproved, () => textOf(before + name));
  }

  #deleteOwn(path: Bytes): void {
    if (this.#own.length < mostNames) this.#own.push(copied(path));
  }

  #askOfDeletion(here: Here, path: Bytes, isDirectory: boolean): void {
    const { backupDir, shielded, keep } = this.#context;
    if (here.target === undefined) this.#holdAgainstTargets(path, isDirectory);
    if (backupDir !== null && isWithin(path, backupDir)) gather(this.#backups, () => textOf(path));
    if (shielded.length > 0) this.#shieldedAt(path);
    if (keep.length > 0) this.#keptAt(here, path);
  }

  #changeFiles(here: Here, item: Item, before: Bytes, names: readonly Bytes[]): void {
    const { hasAllEntries } = this.#context;
    const stays = item.mark === ".";
    if (this.#isAsked || hasAllEntries || (!stays && this.#isLookedAt(here, item)))
      for (const name of names) this.#change(here, item, name, before + name);
    else if (stays) this.#attributes += item.isSame ? 0 : names.length;
    else if (item.isNew) {
      this.#created.files += names.length;
      this.#directories.addFiles(here.directory, names);
    } else this.#changed.files += names.length;
  }

  /** Whether a file in that directory that would be made or changed is more than counted. */
  #isLookedAt(here: Here, { isNew }: Item): boolean {
    const { mayReplace, hasChanged } = this.#context;
    if (here.target === undefined || here.mayHoldTrusted) return true;
    if (isNew) return mayReplace !== null || this.#oddEntriesOf(here) !== null;
    return hasChanged !== null || this.#compared + this.uncompared.length < mostCompared;
  }

  /** An entry that would be made, changed, or left as it is. */
  #change(here: Here, item: Item, name: Bytes, path: Bytes): void {
    const { mark, kind } = item;
    const { hasAllEntries, makesWay, mayReplace, hasChanged } = this.#context;
    const isUnchanged = item.isSame && (mark === "." || hasAllEntries);
    if (mark === "." && !isUnchanged && !hasAllEntries) {
      this.#attributes++;
      this.#tell?.("attributes", kind, path);
      return;
    }
    if (mark === "." && kind === "files") this.#loseBeside(path, "stays");
    const isNew = item.isNew || (hasAllEntries && this.#isElsewhere(path, kind, mark !== "."));
    if (isNew) this.#created[kind]++;
    else if ((mark !== "." && !isUnchanged) || makesWay?.(path, kind)) this.#changed[kind]++;
    else {
      if (!isUnchanged) this.#attributes++;
      if (!isUnchanged) this.#tell?.("attributes", kind, path);
      return;
    }
    this.#tell?.(isNew ? (this.#isThere(path) ? "replace" : "add") : "change", kind, path);
    if (here.target === undefined) this.#holdAgainstTargets(path, kind === "directories");
    if (here.mayHoldTrusted && kind === "files") this.#trust(path);
    if (isNew) {
      if (kind === "files") this.#directories.addFiles(here.directory, [name]);
      else this.#directories.receive(here.directory);
      if (mayReplace !== null && path !== "." && !mayReplace(path)) gather(this.#overwritten, () => textOf(path));
      // what is made new where something stands replaces it
      if (kind !== "symlinks" && this.#kindOf(here, name) === "symlinks") this.#lostLink(here, path);
    } else {
      if (kind === "files") this.#compare(path, item);
      if (kind !== "directories" && hasChanged?.(path)) gather(this.#overwritten, () => textOf(path));
    }
    if (this.#isAsked) this.#askOfChange(here, item, path, isNew);
  }

  #askOfChange(here: Here, { mark, kind }: Item, path: Bytes, isNew: boolean): void {
    const { itself, isLateFilter, keep } = this.#context;
    if (itself.some((own) => path !== own && isWithin(path, own))) gather(this.#intoItself, () => textOf(path));
    if (isLateFilter?.(path)) this.#bringFilter(path);
    if (isNew && kind === "directories" && isLateFilter) this.#newDirectories.add(copied(path));
    if (mark === "<" || mark === ">") this.#loseBeside(path, "transferred");
    this.#loseBeside(path, "replaced");
    if (keep.length > 0) this.#keptAt(here, path, isNew);
  }

  #loseBeside(path: Bytes, event: "stays" | "transferred" | "replaced"): void {
    if (this.#context.lostBeside !== null) this.#hiddenLoss ??= this.#context.lostBeside(path, event);
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
  #compare(path: Bytes, { isTouched }: Item): void {
    if (this.#compared + this.uncompared.length >= mostCompared) return;
    if (this.#context.joins(path)) gather(this.#joined, () => textOf(path));
    // without --times a file in the target is as old as its transfer: one of the same size is the same
    if (isTouched) return;
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
  #holdAgainstTargets(path: Bytes, isDirectory: boolean): void {
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

  /** Null where there are none. */
  #oddEntriesOf(here: Here): OddEntries | null {
    const { base } = this.#context;
    if (base === null) return null;
    if (here.oddEntries === undefined) {
      const found = this.#oddEntriesIn(here.directory === "" ? base : `${base}/${here.directory}`);
      if (found === null) this.#unlisted ??= copied(here.directory);
      here.oddEntries = found?.size === 0 ? null : found;
    }
    return here.oddEntries;
  }

  /** Of what stands there and is no directory; a file where nothing is known. */
  #kindOf(here: Here, name: Bytes): "files" | "symlinks" | "specials" {
    const odd = this.#oddEntriesOf(here)?.get(name);
    return odd === undefined ? "files" : `${odd}s`;
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

  #counterOf(here: Here, entry: Bytes): Counter {
    if (here.topLevel !== null) return here.topLevel;
    const counter = this.#topLevel.counterOf(entry);
    if (here.directory !== "") here.topLevel = counter;
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
