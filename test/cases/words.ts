/** The words of a case's line: apart at single blanks, `''` an empty word; a list where a word holds a blank. */
export type Line = string | readonly string[];

export const wordsOf = (line: Line): readonly string[] =>
  typeof line !== "string" ? line : line === "" ? [] : line.split(" ").map((word) => (word === "''" ? "" : word));
