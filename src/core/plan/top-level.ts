/** How many deletions there are below each name at the top of the destination. */
import { type Bytes, copied, textOf } from "../bytes.ts";
import { mostFound, type Plan } from "./plan.ts";

export interface Counter {
  /** The first that was counted. */
  readonly first: Bytes;
  count: number;
}

/** More names than that are counted as others. */
const mostNames = 1000;

export class TopLevelTally {
  readonly #counters = new Map<Bytes, Counter>();
  readonly #others: Counter = { first: "", count: 0 };

  /** That of the name at the top which a deletion lies below, or is. */
  counterOf(entry: Bytes): Counter {
    const name = entry.slice(0, entry.indexOf("/") + 1) || entry;
    const known = this.#counters.get(name);
    if (known) return known;
    if (this.#counters.size >= mostNames) return this.#others;
    const counter = { first: copied(entry), count: 0 };
    this.#counters.set(copied(name), counter);
    return counter;
  }

  /** The names with the most deletions, by their number; of a single one its whole path. */
  end(): Plan["topLevel"] {
    const names = [...this.#counters].sort((a, b) => b[1].count - a[1].count);
    const others = names.slice(mostFound).reduce((sum, [, { count }]) => sum + count, this.#others.count);
    return {
      first: names.slice(0, mostFound).map(([name, { first, count }]) => [textOf(count === 1 ? first : name), count]),
      others,
    };
  }
}
