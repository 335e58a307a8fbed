/** A page of docs/codes as a terminal shows it. */
import { wrap } from "./manual.ts";

/** What it is in Markdown alone: the way to the other pages, and who wrote it. */
const left = /^(?:\[All codes\]|<!--)/;

/** What Markdown would have taken for its own. */
const plain = (text: string): string => text.replaceAll("&lt;", "<").replaceAll("\\*", "*");

const indented = (text: string): string => text.replace(/^(?=.)/gm, "    ");

export function pageText(markdown: string): string {
  const blocks = markdown.trim().split(/(?:^|\n)```\w*\n(.*?)\n```/s);
  const shown = blocks.flatMap((block, at) =>
    // between the fences
    at % 2 === 1
      ? [indented(block)]
      : block
          .trim()
          .split(/\n{2,}/)
          .filter((paragraph) => paragraph !== "" && !left.test(paragraph))
          .map(paragraphText),
  );
  return `${shown.join("\n\n")}\n`;
}

function paragraphText(paragraph: string): string {
  const heading = /^(#+) (.*)$/.exec(paragraph);
  if (heading) return heading[1] === "#" ? (heading[2] ?? "") : `${heading[2]?.toLowerCase()}:`;
  return paragraph
    .split("\n")
    .map((line) => wrap(plain(line)))
    .join("\n");
}
