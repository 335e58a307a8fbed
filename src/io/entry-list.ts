/** The entries of a plan, sorted: a few are held, many lie in a file without a name, so that memory is bounded. */
import { closeSync } from "node:fs";
import { type PlanEntry, readStoredEntry, sortKey, storedEntry } from "../core/plan/entry.ts";
import { Renames } from "../core/plan/renames.ts";
import { linesIn, openScratch, writeAll } from "./host/scratch.ts";

/** So many are held at a time. */
const mostHeld = 50_000;
const pieceSize = 64 * 1024;

interface Keyed {
  readonly key: string;
  readonly entry: PlanEntry;
}

/** A part of a file. */
interface Part {
  readonly from: number;
  readonly to: number;
}

export class EntryList {
  readonly #most: number;
  #held: Keyed[] = [];
  /** Each of them sorted. */
  readonly #parts: Part[] = [];
  readonly #renames = new Renames();
  #file: ScratchFile | null = null;
  /** All, sorted, once they have been gone through; null: they are held. */
  #all: Part | null = null;

  constructor(most = mostHeld) {
    this.#most = most;
  }

  add(entry: PlanEntry): void {
    this.#renames.note(entry);
    this.#held.push({ key: sortKey(entry), entry });
    if (this.#held.length >= this.#most) this.#writeHeld();
  }

  /** After the last one. What can then be gone through, as often as it is wanted. */
  end(): Iterable<PlanEntry> {
    this.#renames.match();
    if (this.#file === null) {
      this.#held.sort(byKey);
      for (const { entry } of this.#held) this.#renames.name(entry);
    } else {
      this.#writeHeld();
      this.#all = this.#file.write(this.#named(merged(this.#parts.map((part) => this.#keyed(part)))));
    }
    return { [Symbol.iterator]: () => this.#entries() };
  }

  /** Gives the space on the disk back. */
  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  *#entries(): Generator<PlanEntry> {
    const all = this.#all && this.#file ? this.#keyed(this.#all) : this.#held;
    for (const { entry } of all) yield this.#renames.with(entry);
  }

  *#named(all: Iterable<Keyed>): Generator<PlanEntry> {
    for (const { entry } of all) {
      this.#renames.name(entry);
      yield entry;
    }
  }

  *#keyed(part: Part): Generator<Keyed> {
    for (const line of this.#file?.lines(part) ?? []) {
      const entry = readStoredEntry(line);
      yield { key: sortKey(entry), entry };
    }
  }

  #writeHeld(): void {
    this.#file ??= new ScratchFile();
    this.#held.sort(byKey);
    this.#parts.push(this.#file.write(this.#held.map(({ entry }) => entry)));
    this.#held = [];
  }
}

const byKey = (a: Keyed, b: Keyed): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** All of several sorted lists, sorted. */
function* merged(lists: readonly Generator<Keyed>[]): Generator<Keyed> {
  const heads = lists.map((list) => list.next());
  for (;;) {
    let first = -1;
    let least: Keyed | null = null;
    for (const [at, head] of heads.entries())
      if (!head.done && (least === null || head.value.key < least.key)) {
        least = head.value;
        first = at;
      }
    if (least === null) return;
    yield least;
    const list = lists[first];
    if (list) heads[first] = list.next();
  }
}

class ScratchFile {
  readonly #fd = openScratch();
  #end = 0;

  write(entries: Iterable<PlanEntry>): Part {
    const from = this.#end;
    let pieces: Buffer[] = [];
    let size = 0;
    const flush = () => {
      const piece = Buffer.concat(pieces);
      writeAll(this.#fd, piece);
      this.#end += piece.length;
      pieces = [];
      size = 0;
    };
    for (const entry of entries) {
      const line = storedEntry(entry);
      pieces.push(line);
      size += line.length;
      if (size >= pieceSize) flush();
    }
    flush();
    return { from, to: this.#end };
  }

  lines({ from, to }: Part): Iterable<string> {
    return linesIn(this.#fd, from, to);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
