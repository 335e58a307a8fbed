/**
 * Paths and arguments are bytes, not text: rsync takes any byte but NUL. They are held as strings with one char per
 * byte (latin1), so that node:path works on them and nothing is lost; text from a config file becomes bytes, and bytes
 * become text only to be shown.
 */
export type Bytes = string;

export const bytesOf = (text: string): Bytes => Buffer.from(text, "utf8").toString("latin1");

export const bufferOf = (bytes: Bytes): Buffer => Buffer.from(bytes, "latin1");

/** A part of a string keeps the whole of it in memory, which may be a piece of rsync's output. */
export const copied = (part: Bytes): Bytes => bufferOf(part).toString("latin1");

/** For node:fs, which takes a Buffer where a string can't name the file; a string is faster. */
export const fsPath = (bytes: Bytes): Buffer | string => (/^[\x01-\x7f]*$/.test(bytes) ? bytes : bufferOf(bytes));

/** The text of bytes; each byte that isn't UTF-8 becomes `\xNN`. */
export function textOf(bytes: Bytes): string {
  const text = bufferOf(bytes).toString("utf8");
  if (!text.includes("\ufffd")) return text;
  let out = "";
  const buffer = bufferOf(bytes);
  for (let at = 0; at < buffer.length; ) {
    const size = sequenceAt(buffer, at);
    out += size ? buffer.toString("utf8", at, at + size) : `\\x${buffer.toString("hex", at, at + 1)}`;
    at += size || 1;
  }
  return out;
}

/** The length of the valid UTF-8 sequence at that place, or 0. */
function sequenceAt(buffer: Buffer, at: number): number {
  for (const size of [1, 2, 3, 4]) {
    const slice = buffer.subarray(at, at + size);
    if (slice.length === size && Buffer.from(slice.toString("utf8"), "utf8").equals(slice)) return size;
  }
  return 0;
}

/** For replace(): the byte whose octal digits a pattern has found. */
export const byteOfOctal = (_found: string, digits: string): Bytes => String.fromCharCode(Number.parseInt(digits, 8));
