/** Bytes for a shell and for a person: quoted, and with what can't be printed escaped. */
import { type Bytes, bufferOf, bytesOf, textOf } from "./bytes.ts";

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

/** For a terminal: like textOf, with control and invisible characters escaped. */
export const showBytes = (bytes: Bytes): string => textOf(bytes).replace(unprintable, escapeCharacter);

/** Text for a terminal, from a journal for example. */
export const showText = (text: string): string => showBytes(bytesOf(text));

const plainWord = /^[\w@%+=:,./~^-]+$/;

/** A word for a POSIX shell: between single quotes every byte but the quote itself stands for itself. */
export const quoteWord = (bytes: Bytes): Bytes => `'${bytes.replaceAll("'", "'\\''")}'`;

/** A word for a POSIX shell, quoted only where it has to be. */
export const shellWord = (bytes: Bytes): string =>
  plainWord.test(bytes) && !/^~|=(?:.*:)?~/.test(bytes) ? bytes : quoteWord(bytes);

/** A word for a person: as a shell would take it, with what can't be printed escaped. */
export const showWord = (bytes: Bytes): string => showBytes(shellWord(bytes));

/** Text as a word for a person. */
export const showTextWord = (text: string): string => showWord(bytesOf(text));

/** True where what shownWord prints, typed again, is the same word. */
export const isPasteable = (bytes: Bytes): boolean => {
  const text = bufferOf(bytes).toString("utf8");
  return bytesOf(text) === bytes && text.replace(unprintable, "") === text;
};

/** JSON in ASCII: the same in each encoding, and no character in it moves a terminal's cursor or turns its text around. */
export const asciiJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** A basic string of TOML: JSON's, but DEL has to be escaped, too, and halves of characters are not allowed. */
export const tomlText = (text: string): string => JSON.stringify(textOf(bytesOf(text))).replaceAll("\u007f", "\\u007f");
