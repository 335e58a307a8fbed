/** Text and bytes, one char each. */
import { decode, encode } from "host";

const ascii = /^[\x00-\x7f]*$/;

export const bytesOf = (text: string): string => {
  if (ascii.test(text)) return text;
  const bytes = new Uint8Array(encode(text, false));
  return decode(bytes, 0, bytes.length, true);
};

/** U+FFFD for what is not UTF-8. */
export const textOf = (bytes: string): string => {
  if (ascii.test(bytes)) return bytes;
  const view = new Uint8Array(encode(bytes, true));
  return decode(view, 0, view.length, false);
};

/** What an API takes as text or as bytes, as bytes. */
export const bytesIn = (value: string | Uint8Array): string =>
  typeof value === "string" ? bytesOf(value) : decode(value, 0, value.length, true);
