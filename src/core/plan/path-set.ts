/**
 * A set of paths that fits in eight bytes a path, for what a plan deletes: there may be millions, and memory is bounded.
 *
 * It holds 53-bit hashes. That a path which is not in a set of a million seems to be: once in 9,000,000,000 paths.
 */
import type { Bytes } from "../bytes.ts";
import { hashOf } from "./path-hash.ts";

export interface PathSet {
  readonly size: number;
  has(path: Bytes): boolean;
  /** The same for the hash of a path, as a PathSetBuilder has it. */
  hasHash(hash: number): boolean;
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

  /** The hash of the path that was added as the `at`-th, from 0. */
  hashAt(at: number): number {
    return this.#blocks[Math.floor(at / blockSize)]?.[at % blockSize] ?? 0;
  }

  add(path: Bytes): void {
    const at = this.#size++ % blockSize;
    if (at === 0) {
      this.#last = new Float64Array(blockSize);
      this.#blocks.push(this.#last);
    }
    this.#last[at] = hashOf(path);
  }

  build(): PathSet {
    const hashes = new Float64Array(this.#size);
    for (const [at, block] of this.#blocks.entries())
      hashes.set(block.subarray(0, Math.min(blockSize, this.#size - at * blockSize)), at * blockSize);
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
  const hasHash = (wanted: number): boolean => {
    let low = 0;
    let high = hashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((hashes[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return hashes[low] === wanted;
  };
  return {
    size: hashes.length,
    hashes,
    bytes: new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength),
    hasHash,
    has: (path) => hasHash(hashOf(path)),
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
