/** A file that has no name any more, so that nothing stays behind however this ends. */
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Its descriptor, for reading and writing. */
export function openScratch(): number {
  const folder = mkdtempSync(join(tmpdir(), "rsync-guard-"));
  try {
    return openSync(join(folder, "scratch"), "w+", 0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const pieceSize = 65_536;

/** The lines of a part of a file that end within it, a character for a byte. */
export function* linesIn(fd: number, from = 0, to = Number.POSITIVE_INFINITY): Generator<string> {
  const piece = Buffer.alloc(pieceSize);
  let rest = "";
  for (let at = from; at < to; ) {
    const size = readSync(fd, piece, 0, Math.min(pieceSize, to - at), at);
    if (size === 0) return;
    at += size;
    const lines = (rest + piece.toString("latin1", 0, size)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** All of it. A terminal that was made not to wait takes only a part at a time. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

/** Appends what a file holds to another one. */
export function copyAll(from: number, to: number): void {
  const piece = Buffer.alloc(pieceSize);
  for (let at = 0; ; ) {
    const size = readSync(from, piece, 0, pieceSize, at);
    if (size === 0) return;
    at += size;
    writeAll(to, piece.subarray(0, size));
  }
}

/** Writes text piece by piece. */
export function writePieces(fd: number, pieces: Iterable<string>): void {
  let waiting = "";
  for (const piece of pieces) {
    waiting += piece;
    if (waiting.length < pieceSize) continue;
    writeAll(fd, Buffer.from(waiting));
    waiting = "";
  }
  writeAll(fd, Buffer.from(waiting));
}
