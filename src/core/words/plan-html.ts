/** A listed plan as one page of HTML, which loads nothing and runs no script. */
import { type Bytes, bytesOf } from "../bytes.ts";
import type { PlanHeader } from "../plan/document.ts";
import type { Row } from "../plan/tree.ts";
import { showBytes } from "../quoting.ts";
import { escapeHtml, pageHead, pageStyle } from "./html.ts";
import { planText } from "./message.ts";
import { directoryText, entryText, sectionText } from "./plan-rows.ts";

/** Of each part; a browser shows no more without effort. */
const mostRows = 5_000;

/** With what can't be printed escaped, too. */
const html = (text: string): string => escapeHtml(showBytes(bytesOf(text)));
const name = (bytes: Bytes): string => `<code>${escapeHtml(showBytes(bytes))}</code>`;

const style = `${pageStyle}h2 { font-size: 1rem; margin: 0; display: inline; }
.command { border: 1px solid var(--line); border-radius: .375rem; padding: .5rem .75rem; }
.refused { border-left: .25rem solid var(--delete); padding-left: .75rem; }
section { margin-top: 1.5rem; border-top: 1px solid var(--line); padding-top: .75rem; }
ul { list-style: none; margin: .25rem 0 0; padding: 0; }
ul ul { padding-left: 1rem; border-left: 1px solid var(--line); margin-left: .25rem; }
li, summary { padding: .0625rem 0; overflow-wrap: anywhere; }
summary { cursor: pointer; }
small { color: var(--soft); font-size: .8125rem; padding-left: .375rem; }
.delete code, .delete h2 { color: var(--delete); } .overwrite code, .overwrite h2 { color: var(--overwrite); }
.add code, .add h2 { color: var(--add); } .attributes code, .attributes h2 { color: var(--attributes); }
`;

export function* htmlPieces({ command, targets, plan, refusals }: PlanHeader, rows: Iterable<Row>): Generator<string> {
  const title = `rsync to ${targets[0]?.path ?? "nowhere"}`;
  yield `${pageHead(html(title), style)}<h1>${html(title)}</h1>
<p class="command"><code>${html(["rsync", ...command].join(" "))}</code></p>
<p>would ${html(planText(plan))}</p>
`;
  if (refusals.length > 0) {
    const items = refusals.map(({ code, message }) => `<li>${html(message)} <small>${html(code)}</small></li>`);
    yield `<div class="refused"><strong>The live run would be refused:</strong><ul>${items.join("")}</ul></div>\n`;
  }
  let count = 0;
  /** Rows that are left out, and the directories among them that have not ended. */
  let left = 0;
  let depthLeft = 0;
  for (const row of rows) {
    if (row.is === "section") {
      count = 0;
      left = 0;
      yield `<section class="${row.section}"><h2>${html(sectionText(row.section, row.totals))}</h2>\n<ul>\n`;
    } else if (row.is === "end") {
      if (depthLeft > 0 && row.of === "directory") depthLeft--;
      else if (row.of === "directory") yield "</ul></details></li>\n";
      else yield `${left > 0 ? `<li><small>… and ${left} more</small></li>\n` : ""}</ul></section>\n`;
    } else if (count++ >= mostRows) {
      left++;
      if (row.is === "directory") depthLeft++;
    } else if (row.is === "directory")
      yield `<li><details${row.isWhole ? "" : " open"}><summary>${name(`${row.name}/`)}<small>${html(directoryText(row))}</small></summary><ul>\n`;
    else {
      const path = row.entry.kind === "directories" ? `${row.name}/` : row.name;
      const detail = entryText(row.entry, showBytes);
      yield `<li>${name(path)}${detail === "" ? "" : `<small>${escapeHtml(detail)}</small>`}</li>\n`;
    }
  }
  yield "</html>\n";
}
