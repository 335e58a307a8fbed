/** The arguments that this program was given, byte for byte. */
import { readSync } from "node:fs";
import { type Bytes, bytesOf } from "../../core/bytes.ts";
import { readSystemFile } from "./system-file.ts";

/** Compiled into an executable with a runtime of its own; else Node runs a bundle. */
export const isStandalone = "quickjs" in process.versions;

/** The arguments after the program's name. process.argv has U+FFFD where a byte is not UTF-8. Null: can't be known. */
export function exactArguments(): readonly Bytes[] | null {
  const decoded = process.argv.slice(2);
  try {
    const words = readSystemFile("/proc/self/cmdline").split("\0").slice(0, -1);
    const own = words.length - decoded.length;
    if (own === (isStandalone ? 1 : process.execArgv.length + 2)) return words.slice(own);
  } catch {
    // no /proc, as in a bare chroot
  }
  return decoded.some((word) => word.includes("\ufffd")) ? null : decoded.map(bytesOf);
}

/**
 * The words that a client sends on a server's standard input, each ended by NUL, up to the empty one. Byte by byte: what
 * follows is the protocol, and it is rsync's. Null where they end before that.
 */
export function readSecludedArguments(fd: number): readonly Bytes[] | null {
  const words: Bytes[] = [];
  const byte = Buffer.alloc(1);
  for (let word = ""; ; ) {
    if (readOne(fd, byte) === 0) return null;
    if (byte[0] !== 0) word += byte.toString("latin1");
    else if (word === "") return words;
    else {
      words.push(word);
      word = "";
    }
  }
}

/** Of a socket or a pipe that does not block, too. */
function readOne(fd: number, byte: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, byte, 0, 1, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // an older shim hands it over only for --server
      if (code === "EBADF") return 0;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
