/** Text that others have chosen, for a page in Markdown. */

import { bytesOf } from "../bytes.ts";
import { largest } from "../largest.ts";
import { showBytes } from "../quoting.ts";

/** As code: within a fence that is longer than any in it, with what can't be printed escaped. */
export function code(text: string): string {
  const inside = showBytes(bytesOf(text));
  const longest = largest((inside.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  const blank = /^`|`$|^ .* $/.test(inside) ? " " : "";
  return inside === "" ? "(none)" : `${fence}${blank}${inside}${blank}${fence}`;
}

const entities: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;" };

/** As plain text: what Markdown or HTML would take for its own is escaped, and so is what can't be printed. */
export const markdownText = (text: string): string =>
  showBytes(bytesOf(text)).replace(/[\\`*_[\]<>&|~#]/g, (character) => entities[character] ?? `\\${character}`);
