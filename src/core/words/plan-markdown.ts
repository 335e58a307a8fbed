/** A listed plan in Markdown: for the comment on a pull request, or the summary of a CI step. */
import { textOf } from "../bytes.ts";
import type { PlanHeader } from "../plan/document.ts";
import type { Row } from "../plan/tree.ts";
import { code } from "./markdown.ts";
import { planText } from "./message.ts";
import { directoryText, entryText, type NameText, sectionText } from "./plan-rows.ts";

/** Of each part, so that all of them fit into a comment on GitHub, which takes 65,536 characters. */
const longestPart = 14_000;
/** Longer commands and sentences are cut. */
const longestText = 1_000;

/** All that others have chosen is code: there a name mentions nobody, links to nothing, and is no markup. */
const nameText: NameText = (name) => code(textOf(name));
const cut = (text: string): string => (text.length > longestText ? `${text.slice(0, longestText)} …` : text);

export function* markdownPieces(
  { command, targets, plan, refusals }: PlanHeader,
  rows: Iterable<Row>,
): Generator<string> {
  const [target] = targets;
  yield `### rsync to ${target ? code(cut(target.path)) : "nowhere"}\n\n`;
  yield `${code(cut(["rsync", ...command].join(" ")))}\n\nwould ${code(cut(planText(plan)))}\n\n`;
  if (refusals.length > 0) {
    yield "**The live run would be refused:**\n\n";
    for (const refusal of refusals.slice(0, 10)) yield `- ${refusal.code}: ${code(cut(refusal.message))}\n`;
    yield "\n";
  }
  let length = 0;
  let left = 0;
  for (const row of rows) {
    if (row.is === "section") {
      length = 0;
      left = 0;
      yield `<details${row.section === "delete" ? " open" : ""}><summary>${sectionText(row.section, row.totals)}</summary>\n\n`;
    } else if (row.is === "end") {
      if (row.of !== "section") continue;
      if (left > 0) yield `- … and ${left} more; \`rsync-guard plan\` without \`--markdown\` shows all\n`;
      yield "\n</details>\n\n";
    } else if (!row.isInWhole) {
      const line = rowLine(row);
      length += line.length;
      if (length <= longestPart) yield line;
      else left++;
    }
  }
}

function rowLine(row: Extract<Row, { readonly is: "directory" | "entry" }>): string {
  const isDirectory = row.is === "directory" || row.entry.kind === "directories";
  const detail = row.is === "directory" ? directoryText(row) : entryText(row.entry, nameText);
  return `${"  ".repeat(row.depth)}- ${nameText(isDirectory ? `${row.name}/` : row.name)}${detail === "" ? "" : ` ${detail}`}\n`;
}
