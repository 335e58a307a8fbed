/** A command for people, as a shell would take it. Apart from the other words, since each record of a dry run has one. */
import type { Bytes } from "../bytes.ts";
import { showWord } from "../quoting.ts";

/** Longer commands are cut: the whole one is in the caller's history. */
const longestCommand = 400;

export function commandText(argv: readonly Bytes[]): string {
  const text = ["rsync", ...argv.map(showWord)].join(" ");
  return text.length > longestCommand ? `${text.slice(0, longestCommand)} …` : text;
}
