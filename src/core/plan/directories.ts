/**
 * Directories that go as a whole, and directories that stay and lose much: from the entries that a plan deletes.
 *
 * rsync deletes what is in a directory right before the directory itself, and all that goes from one that stays together.
 */
import { type Bytes, copied } from "../bytes.ts";
import { selfAndAncestors } from "../paths.ts";
import { generatedIn } from "./generated.ts";
import { countCommon, PathSetBuilder } from "./path-set.ts";
import type { LostDirectory, ReducedDirectory } from "./plan.ts";

/** What a directory that stays, and into which nothing new comes, loses. */
export type Reduction = Pick<ReducedDirectory, "path" | "deleted" | "moved">;

interface Group {
  entries: number;
  /** Where the names of its files begin and end. */
  from: number;
  to: number;
  whole: { readonly path: Bytes; readonly entries: number; readonly from: number; readonly to: number }[];
}

/** Generated names of one kind in one directory stand for one another. */
const kindOfGenerated = (directory: Bytes, name: Bytes): Bytes => `${directory}/${name.slice(name.lastIndexOf("."))}`;

/** Smaller ones tell nothing. */
export const fewestInWhole = 10;
export const fewestInReduced = 3;
/** Of each kind. */
const most = 10;
/** Directories with fewer deletions than tell something are forgotten when there are more. */
const mostGroups = 4096;

export class DirectoryTally {
  /** By the directory in which something is deleted, the destination itself being the empty name. */
  readonly #groups = new Map<Bytes, Group>();
  #room = mostGroups;
  readonly #deletedNames = new PathSetBuilder();
  readonly #addedNames = new PathSetBuilder();
  readonly #deletedGenerated = new PathSetBuilder();
  readonly #addedGenerated = new PathSetBuilder();
  readonly #receiving = new PathSetBuilder();
  #lastReceiving: Bytes | null = null;

  deleteFiles(directory: Bytes, names: readonly Bytes[]): void {
    const group = this.#groupOf(directory);
    this.#deletedNames.addAll("", names);
    for (const name of generatedIn(names)) this.#deletedGenerated.add(kindOfGenerated(directory, name));
    group.entries += names.length;
    group.to = this.#deletedNames.size;
  }

  /** What was in it has been deleted right before. */
  deleteDirectory(directory: Bytes, name: Bytes): void {
    const path = pathOf(directory, name);
    const to = this.#deletedNames.size;
    const { entries: within, from } = this.#groups.get(path) ?? { entries: 0, from: to };
    this.#groups.delete(path);
    const entries = 1 + within;
    const group = this.#groupOf(directory, from);
    group.entries += entries;
    group.to = to;
    if (entries >= fewestInWhole) {
      group.whole.push({ path: copied(path), entries, from, to });
      if (group.whole.length > 2 * most) group.whole = largest(group.whole);
    }
  }

  addFiles(directory: Bytes, names: readonly Bytes[]): void {
    this.#addedNames.addAll("", names);
    for (const name of generatedIn(names)) this.#addedGenerated.add(kindOfGenerated(directory, name));
    this.receive(directory);
  }

  /** Something is added to it. */
  receive(directory: Bytes): void {
    if (directory === this.#lastReceiving) return;
    this.#lastReceiving = directory;
    for (const at of selfAndAncestors(directory)) this.#receiving.add(at);
  }

  /** The largest of each kind, largest first; `renewed`: files with a generated name for which others of the kind come. */
  end(): {
    readonly whole: readonly LostDirectory[];
    readonly reduced: readonly Reduction[];
    readonly renewed: number;
  } {
    const renewed = countCommon(this.#deletedGenerated.build(), this.#addedGenerated.build());
    const whole = largest([...this.#groups.values()].flatMap((group) => group.whole));
    const reduced = [...this.#groups]
      .filter(([path, { entries }]) => path !== "" && entries >= fewestInReduced)
      .sort(([, a], [, b]) => b.entries - a.entries);
    if (whole.length === 0 && reduced.length === 0) return { whole: [], reduced: [], renewed };
    const added = this.#addedNames.build();
    const receiving = this.#receiving.build();
    const moved = ({ from, to }: { readonly from: number; readonly to: number }): number => {
      let count = 0;
      for (const hashes of this.#deletedNames.hashes(from, to)) for (const is of added.hasHashes(hashes)) count += is;
      return count;
    };
    return {
      renewed,
      whole: whole.map((one) => ({ path: one.path, entries: one.entries, moved: moved(one) })),
      reduced: reduced
        .filter(([path]) => !receiving.has(path))
        .slice(0, most)
        .map(([path, group]) => ({ path, deleted: group.entries, moved: moved(group) })),
    };
  }

  #groupOf(directory: Bytes, from = this.#deletedNames.size): Group {
    return this.#groups.get(directory) ?? this.#newGroup(directory, from);
  }

  #newGroup(directory: Bytes, from: number): Group {
    if (this.#groups.size >= this.#room) {
      for (const [name, { entries }] of this.#groups) if (entries < fewestInReduced) this.#groups.delete(name);
      this.#room = mostGroups + 2 * this.#groups.size;
    }
    const group: Group = { entries: 0, from, to: from, whole: [] };
    this.#groups.set(copied(directory), group);
    return group;
  }
}

const pathOf = (directory: Bytes, name: Bytes): Bytes => (directory === "" ? name : `${directory}/${name}`);

const largest = <T extends { readonly entries: number }>(all: readonly T[]): T[] =>
  [...all].sort((a, b) => b.entries - a.entries).slice(0, most);
