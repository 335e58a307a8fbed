/** The part of a configuration file that `suggest --write` keeps: what a person has written around it stays as it is. */
import { tomlText } from "../quoting.ts";
import { linesText } from "../words/lines.ts";
import { byDepth } from "./habits.ts";
import type { Block } from "./suggest.ts";

const begin = "# from here to the end mark: written by rsync-guard suggest --write, which replaces it";
const end = "# end mark of rsync-guard suggest --write";

const part = new RegExp(`^${begin}\\n(.*?)^${end}\\n?`, "ms");

/** The blocks of that part, each of which ends with an empty line. */
export function suggestedBlocks(text: string): readonly Block[] {
  const blocks = part.exec(text)?.[1]?.split(/\n{2,}/) ?? [];
  return blocks.flatMap((block): Block[] => {
    const path = /^path = (".*")$/m.exec(block)?.[1];
    return path === undefined ? [] : [{ path: String(JSON.parse(path)), lines: block.trim().split("\n") }];
  });
}

/** A file with these blocks in its part, and with those that were there for other paths: the journal forgets. */
export function withSuggested(text: string, blocks: readonly Block[]): string {
  const paths = new Set(blocks.map(({ path }) => tomlText(path)));
  const kept = suggestedBlocks(text).filter(({ path }) => !paths.has(tomlText(path)));
  const all = [...blocks, ...kept].sort((one, other) => byDepth(one.path, other.path));
  const own = linesText([begin, "", ...all.flatMap(({ lines }) => [...lines, ""]), end]);
  if (part.test(text)) return text.replace(part, () => own);
  // keys behind a table would be the table's; the first [[destination]] that matches applies
  const table = /^[ \t]*\[/m.exec(text)?.index ?? text.length;
  const before = text.slice(0, table);
  const after = text.slice(table);
  return `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${own}${after === "" ? "" : `\n${after}`}`;
}
