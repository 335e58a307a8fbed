/** node:crypto, as far as the guard uses it: digests of whole contents. */
import { Buffer } from "./buffer.ts";
import { sha256 } from "./sha2.ts";

export function createHash(_sha256: "sha256") {
  const parts: Uint8Array[] = [];
  const hash = {
    update(part: Uint8Array) {
      parts.push(part);
      return hash;
    },
    digest: (encoding: "hex"): string => Buffer.from(sha256(Buffer.concat(parts))).toString(encoding),
  };
  return hash;
}
