/**
 * A set of paths that fits in eight bytes a path, for what a plan deletes: there may be millions, and memory is bounded.
 *
 * It holds 53-bit hashes. That a path which is not in a set of a million seems to be: once in 9,000,000,000 paths.
 */
import type { Bytes } from "../bytes.ts";
import { areIn, hashesOf } from "./path-hash.ts";

export interface PathSet {
  readonly size: number;
  has(path: Bytes): boolean;
  /** The same for hashes of paths, as a PathSetBuilder has them: for each 1 or 0. */
  hasHashes(hashes: Float64Array): Uint8Array;
  /** In ascending order, one for each time that a path was added. */
  readonly hashes: Float64Array;
  /** As it is stored: the hashes in ascending order, each a double in this machine's byte order. */
  readonly bytes: Uint8Array;
}

const blockSize = 8_192;
const width = Float64Array.BYTES_PER_ELEMENT;

/** Gathers paths, in any order and number. */
export class PathSetBuilder {
  readonly #blocks: Float64Array[] = [];
  #last = new Float64Array(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The hashes of the paths that were added as the `from`-th and until the `to`-th, from 0. */
  *hashes(from: number, to: number): Generator<Float64Array> {
    for (let at = from; at < to; at += blockSize - (at % blockSize)) {
      const start = at - (at % blockSize);
      const block = this.#blocks[start / blockSize];
      if (block) yield block.subarray(at - start, Math.min(blockSize, to - start));
    }
  }

  add(path: Bytes): void {
    this.addAll(path, [""]);
  }

  /** Paths that begin alike; their hashes. */
  addAll(start: Bytes, names: readonly Bytes[]): Float64Array {
    const hashes = hashesOf(start, names);
    for (let from = 0; from < hashes.length; ) {
      const at = this.#size % blockSize;
      if (at === 0) {
        this.#last = new Float64Array(blockSize);
        this.#blocks.push(this.#last);
      }
      const part = hashes.subarray(from, from + blockSize - at);
      this.#last.set(part, at);
      this.#size += part.length;
      from += part.length;
    }
    return hashes;
  }

  build(): PathSet {
    const hashes = new Float64Array(this.#size);
    let at = 0;
    for (const part of this.hashes(0, this.#size)) {
      hashes.set(part, at);
      at += part.length;
    }
    return pathSetOf(hashes.sort());
  }
}

/** The set that was stored as these bytes; null where they can't be one. */
export function storedPathSet(bytes: Uint8Array): PathSet | null {
  if (bytes.length % width !== 0) return null;
  // a copy, for a Buffer of a file may lie anywhere in its memory
  return pathSetOf(new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)));
}

export const emptyPathSet: PathSet = pathSetOf(new Float64Array(0));

function pathSetOf(hashes: Float64Array): PathSet {
  const hasHashes = (wanted: Float64Array): Uint8Array => areIn(wanted, hashes);
  return {
    size: hashes.length,
    hashes,
    bytes: new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength),
    hasHashes,
    has: (path) => hasHashes(hashesOf(path, [""]))[0] === 1,
  };
}

/** How many paths two sets have in common, each as often as in the one that has it less often. */
export function countCommon({ hashes: a }: PathSet, { hashes: b }: PathSet): number {
  let count = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const difference = (a[i] ?? 0) - (b[j] ?? 0);
    if (difference === 0) count++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return count;
}
