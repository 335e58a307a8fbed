/** The 53-bit hash of a path. */
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
