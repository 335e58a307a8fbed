/**
 * A set of paths that fits in eight bytes a path, for what a plan deletes: there may be millions, and memory is bounded.
 *
 * It holds 53-bit hashes. That a path which is not in a set of a million seems to be: once in 9,000,000,000 paths.
 */
import type { Bytes } from "../bytes.ts";

export interface PathSet {
  readonly size: number;
  has(path: Bytes): boolean;
  /** As it is stored: the hashes in ascending order, each a double in this machine's byte order. */
  readonly bytes: Uint8Array;
}

const blockSize = 65_536;
const width = Float64Array.BYTES_PER_ELEMENT;

/** Gathers paths, in any order and number. */
export class PathSetBuilder {
  readonly #blocks: Float64Array[] = [];
  #size = 0;

  add(path: Bytes): void {
    const at = this.#size % blockSize;
    if (at === 0) this.#blocks.push(new Float64Array(blockSize));
    const block = this.#blocks.at(-1);
    if (block) block[at] = hashOf(path);
    this.#size++;
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
  return {
    size: hashes.length,
    bytes: new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength),
    has(path) {
      const wanted = hashOf(path);
      let low = 0;
      let high = hashes.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((hashes[middle] ?? 0) < wanted) low = middle + 1;
        else high = middle;
      }
      return hashes[low] === wanted;
    },
  };
}

/** Two rounds of multiplication and shifting with different constants, 32 and 21 bits of which are kept. */
function hashOf(path: Bytes): number {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0xcc9e2d51);
    b ^= b >>> 15;
  }
  a = Math.imul(a ^ (a >>> 16) ^ b, 0x85ebca6b);
  b = Math.imul(b ^ (b >>> 13) ^ a, 0xc2b2ae35);
  return ((b ^ (b >>> 16)) & 0x1fffff) * 0x100000000 + ((a ^ (a >>> 13)) >>> 0);
}
