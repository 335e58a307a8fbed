/** The lines of a plan, those together that begin alike. */
import type { Bytes } from "../bytes.ts";

/** What stands before the name in a line that tells of an entry. */
export const itemWidth = 12;

/** Lines that follow one another: the same happens to files in one directory. */
export interface Group {
  /** The item, and the directory with a slash behind it, if it isn't the destination itself. */
  readonly start: Bytes;
  /** None: `start` is a whole line, and has to be read by itself. So is one that ends in a slash, or holds an escape. */
  readonly names: readonly Bytes[];
}

/** The lines of a text without its last newline. */
export function groupsOf(text: Bytes): readonly Group[] {
  const groups: { readonly start: Bytes; readonly names: Bytes[] }[] = [];
  for (const line of text.split("\n")) {
    const isApart = line.length <= itemWidth || line.endsWith("/") || line.includes("\\#");
    const width = isApart ? line.length : Math.max(itemWidth, line.lastIndexOf("/") + 1);
    const last = groups.at(-1);
    const isAlike = !isApart && last?.start.length === width && last.names.length > 0 && line.startsWith(last.start);
    if (isAlike) last.names.push(line.slice(width));
    else groups.push({ start: line.slice(0, width), names: isApart ? [] : [line.slice(width)] });
  }
  return groups;
}
