/** README's own commands and transcripts, for the tests that play them: what it says can't differ from what is tried. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./build.ts";

export interface Block {
  readonly heading: string;
  /** `sh` for commands, `toml`, or empty for a transcript. */
  readonly language: string;
  readonly lines: readonly string[];
  /** Of its first line. */
  readonly at: number;
}

export const readme = readFileSync(join(checkout, "README.md"), "utf8");

export const blocks: readonly Block[] = [...readme.matchAll(/^```(.*)\n([\s\S]*?)\n```$/gm)].map(
  ({ 1: language = "", 2: text = "", index }) => {
    const before = readme.slice(0, index);
    const headings = [...before.matchAll(/^#+ (.*)$/gm)];
    return {
      heading: headings.at(-1)?.[1] ?? "",
      language,
      lines: text.split("\n"),
      at: before.split("\n").length + 1,
    };
  },
);
