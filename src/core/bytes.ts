/**
 * Paths and arguments are bytes, not text: rsync takes any byte but NUL. They are held as strings with one char per
 * byte (latin1), so that node:path works on them and nothing is lost; text from a config file becomes bytes, and bytes
 * become text only to be shown.
 */
export type Bytes = string;

export const bytesOf = (text: string): Bytes => Buffer.from(text, "utf8").toString("latin1");

export const bufferOf = (bytes: Bytes): Buffer => Buffer.from(bytes, "latin1");

/** For node:fs, which takes a Buffer where a string can't name the file; a string is faster. */
export const fsPath = (bytes: Bytes): Buffer | string => (/^[\x01-\x7f]*$/.test(bytes) ? bytes : bufferOf(bytes));

// C0, DEL, C1, and the invisible or direction-changing characters that make a path look like another one
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;
const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", "\u001b": "\\e" };

const escapeCharacter = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return (
    escapes[character] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`)
  );
};

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

/** For a terminal: like textOf, with control and invisible characters escaped. */
export const shown = (bytes: Bytes): string => textOf(bytes).replace(unprintable, escapeCharacter);

const plainWord = /^[\w@%+=:,./~^-]+$/;

/** A word for a POSIX shell: between single quotes every byte but the quote itself stands for itself. */
export const quoted = (bytes: Bytes): Bytes => `'${bytes.replaceAll("'", "'\\''")}'`;

/** A word for a POSIX shell, quoted only where it has to be. */
export const shellWord = (bytes: Bytes): string =>
  plainWord.test(bytes) && !/^~|=(?:.*:)?~/.test(bytes) ? bytes : quoted(bytes);

/** A word for a person: as a shell would take it, with what can't be printed escaped. */
export const shownWord = (bytes: Bytes): string => shown(shellWord(bytes));

/** True where what shownWord prints, typed again, is the same word. */
export const isPasteable = (bytes: Bytes): boolean => {
  const text = bufferOf(bytes).toString("utf8");
  return bytesOf(text) === bytes && text.replace(unprintable, "") === text;
};
