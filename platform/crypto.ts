/** node:crypto, as far as the guard uses it: digests of whole contents, and random bytes. */
import { Buffer } from "./buffer.ts";
import { closeSync, openSync, readSync } from "./fs.ts";
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

export function randomBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  const fd = openSync("/dev/urandom");
  try {
    if (readSync(fd, bytes) !== size) throw new Error("/dev/urandom gave too little");
    return bytes;
  } finally {
    closeSync(fd);
  }
}
