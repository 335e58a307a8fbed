/** Text and bytes, one char each. */
import { decode, text, utf8 } from "host";

export { text as textOf, utf8 as bytesOf };

/** What an API takes as text or as bytes, as bytes. */
export const bytesIn = (value: string | Uint8Array): string =>
  typeof value === "string" ? utf8(value) : decode(value, 0, value.length, true);
