/**
 * Files that go and come again under another name: the only one that goes and the only one that comes with that size and
 * time. All that is kept of the others are eight bytes each.
 */
import { type Bytes, copied } from "../bytes.ts";
import type { PlanEntry } from "./entry.ts";
import { hashOf } from "./path-hash.ts";
import { PathSetBuilder } from "./path-set.ts";

/** So many are named; of more it is not said that they are renamed. */
const mostNamed = 20_000;

interface Names {
  from: Bytes | null;
  to: Bytes | null;
}

export class Renames {
  readonly #going = new PathSetBuilder();
  readonly #coming = new PathSetBuilder();
  readonly #names = new Map<number, Names>();

  /** The first time that the entries are gone through: notes what they are. */
  note(entry: PlanEntry): void {
    const mark = markOf(entry);
    if (mark !== null) (entry.action === "delete" ? this.#going : this.#coming).add(mark);
  }

  /** Once all are noted. */
  match(): void {
    const coming = uniqueOf(this.#coming.build().hashes);
    const set = new Set(coming);
    for (const hash of uniqueOf(this.#going.build().hashes))
      if (set.has(hash) && this.#names.size < mostNamed) this.#names.set(hash, { from: null, to: null });
  }

  /** The second time: keeps their names. */
  name(entry: PlanEntry): void {
    const names = this.#namesOf(entry);
    if (!names) return;
    if (entry.action === "delete") names.from = copied(entry.path);
    else names.to = copied(entry.path);
  }

  /** From then on: the entry with its other name. */
  with(entry: PlanEntry): PlanEntry {
    const names = this.#namesOf(entry);
    return names ? { ...entry, renamed: entry.action === "delete" ? names.to : names.from } : entry;
  }

  #namesOf(entry: PlanEntry): Names | undefined {
    if (this.#names.size === 0) return undefined;
    const mark = markOf(entry);
    return mark === null ? undefined : this.#names.get(hashOf(mark));
  }
}

/** Empty files are all alike. */
const markOf = ({ action, kind, file }: PlanEntry): string | null =>
  (action === "delete" || action === "add") && kind === "files" && file !== null && file.size > 0
    ? `${file.size} ${file.modified}`
    : null;

/** Those of a sorted list that are in it once. */
function* uniqueOf(sorted: Float64Array): Generator<number> {
  for (let at = 0; at < sorted.length; at++) {
    const one = sorted[at] ?? 0;
    if (one !== sorted[at - 1] && one !== sorted[at + 1]) yield one;
  }
}
