/** Our own Markdown as HTML: headings, paragraphs, lists of two levels, code, bold; all else in it is text. */
import { escapeHtml } from "./html.ts";

export function markdownHtml(markdown: string): string {
  let depth = 0;
  const lists = (to: number): string => {
    const change = to > depth ? "<ul>".repeat(to - depth) : "</ul>".repeat(depth - to);
    depth = to;
    return change;
  };
  const blocks = markdown.split("\n").map((line) => {
    const [, marks = "", text = ""] = /^(#{1,2} |- | {2}- )?(.*)$/s.exec(line) ?? [];
    const item = marks.endsWith("- ") ? marks.length / 2 : 0;
    const before = lists(item);
    if (item > 0) return `${before}<li>${inline(text)}</li>`;
    if (marks !== "") return `${before}<h${marks.length - 1}>${inline(text)}</h${marks.length - 1}>`;
    return text === "" ? before : `${before}<p>${inline(text)}</p>`;
  });
  return `${blocks.filter((block) => block !== "").join("\n")}${lists(0)}\n`;
}

/** Code, an escaped character, an entity, bold. */
const part = /(`+)( ?)(.*?)\2\1(?!`)|\\(.)|&(?:lt|gt|amp);|\*\*(.*?)\*\*|[&<>"']/gs;

const inline = (text: string): string =>
  text.replace(part, (whole, fence?: string, _blank?: string, code?: string, character?: string, bold?: string) => {
    if (fence !== undefined) return `<code>${escapeHtml(code ?? "")}</code>`;
    if (character !== undefined) return escapeHtml(character);
    if (bold !== undefined) return `<strong>${inline(bold)}</strong>`;
    return whole.length > 1 ? whole : escapeHtml(whole);
  });
