/** The 53-bit hashes of paths. */
import type { Bytes } from "../bytes.ts";

/** Two rounds of multiplication and shifting with different constants, 32 and 21 bits of which are kept. */
export function hashOf(path: Bytes): number {
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

/** Of paths that begin alike. */
export const hashesOf = (start: Bytes, names: readonly Bytes[]): Float64Array =>
  Float64Array.from(names, (name) => hashOf(start + name));

/** For each of these hashes whether it is among the others, which are in ascending order: 1 or 0. */
export const areIn = (hashes: Float64Array, sorted: Float64Array): Uint8Array =>
  Uint8Array.from(hashes, (hash) => Number(isIn(hash, sorted)));

function isIn(hash: number, sorted: Float64Array): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === hash;
}
