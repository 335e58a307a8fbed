/** Reads the kernel's and the system's own files, of which each run asks a dozen. */
import { closeSync, openSync, readSync } from "node:fs";
import type { Bytes } from "../../core/bytes.ts";

const buffer = Buffer.alloc(16_384);

/**
 * A whole file. Throws as openSync() does. readFileSync() makes room for 64 KiB wherever a size is not told, as in
 * /proc, which in Node takes longer than all else about it.
 */
export function readSystemFile(path: string): Bytes {
  const file = openSync(path, "r");
  try {
    let text = "";
    for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer))
      text += buffer.toString("latin1", 0, size);
    return text;
  } finally {
    closeSync(file);
  }
}

/** The lines of a file; none where it can't be read. */
export function readLines(path: string): readonly Bytes[] {
  try {
    return readSystemFile(path).split("\n");
  } catch {
    return [];
  }
}
