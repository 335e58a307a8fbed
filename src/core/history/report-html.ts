/** The report as one page of HTML, with a picture: time goes down, each host has a lane, and arrows lead to what followed. */
import { bytesOf } from "../bytes.ts";
import { showBytes } from "../quoting.ts";
import { commandText } from "../words/command-text.ts";
import { escapeHtml, pageHead, pageStyle } from "../words/html.ts";
import { markdownHtml } from "../words/markdown-html.ts";
import { isLive, type PastRun } from "./past-run.ts";
import { causesAcross, type ReportHead, reportText, type Timeline } from "./report.ts";

const style = `${pageStyle}
h2 { font-size: 1.0625rem; margin: 1.5rem 0 .25rem; border-top: 1px solid var(--line); padding-top: .75rem; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
li { overflow-wrap: anywhere; } p { margin: .5rem 0; overflow-wrap: anywhere; }
.picture { position: relative; margin: 1rem 0; }
.picture svg { position: absolute; inset: 0 auto auto 0; overflow: visible; }
.lanes { height: 32px; font-size: .8125rem; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.run { height: 72px; overflow: hidden; font-size: .875rem; line-height: 1.25rem; padding-top: .375rem; }
.run * { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: inherit; }
.run small { color: var(--soft); font-size: .8125rem; }
line, path { stroke: var(--line); stroke-width: 2; fill: none; }
path { stroke: var(--soft); } marker path { fill: var(--soft); stroke: none; }
circle { fill: var(--soft); } .stopped { fill: var(--delete); } .live { fill: var(--add); } .observed { fill: var(--overwrite); }
b.stopped { color: var(--delete); } b.live { color: var(--add); } b.observed { color: var(--overwrite); }
`;

/** More are listed below, and seen by nobody in a picture. */
const mostShown = 200;

const html = (text: string): string => escapeHtml(showBytes(bytesOf(text)));

export function reportHtml(timelines: readonly Timeline[], head: ReportHead): string {
  const markdown = reportText(timelines, head);
  const [, title = ""] = /^# (.*)$/m.exec(markdown) ?? [];
  const page = markdownHtml(markdown);
  const picture = pictureOf(timelines.flat(), head);
  const at = page.indexOf("<h2>");
  const [top, rest] = at < 0 ? [page, ""] : [page.slice(0, at), page.slice(at)];
  const plainTitle = markdownHtml(title)
    .replace(/<[^>]*>/g, "")
    .trim();
  return `${pageHead(plainTitle, style)}${top}${picture}${rest}</html>\n`;
}

/** In pixels, as in the style. */
const [firstLane, laneWidth, rowHeight, top] = [20, 28, 72, 32];

function pictureOf(all: readonly PastRun[], { clock }: ReportHead): string {
  const sorted = [...all].sort((a, b) => a.at - b.at);
  const runs = sorted.slice(-mostShown);
  if (runs.length === 0) return "";
  const hosts = [...new Set(runs.map(({ entry }) => entry.host))].sort();
  const laneOf = (run: PastRun) => firstLane + hosts.indexOf(run.entry.host) * laneWidth;
  const heightOf = (run: PastRun) => top + runs.indexOf(run) * rowHeight + 18;
  const causes = causesAcross(runs);
  const bottom = top + runs.length * rowHeight;
  const width = firstLane + hosts.length * laneWidth;
  const lanes = hosts.map(
    (_, at) =>
      `<line x1="${firstLane + at * laneWidth}" y1="${top}" x2="${firstLane + at * laneWidth}" y2="${bottom}"/>`,
  );
  const arrows = [...causes].map(([run, { run: cause }]) => {
    const [x1, y1, x2, y2] = [laneOf(cause), heightOf(cause) + 6, laneOf(run), heightOf(run) - 7];
    const bend = x1 === x2 ? -18 : 0;
    return `<path d="M${x1} ${y1} C${x1 + bend} ${y1 + 24} ${x2 + bend} ${y2 - 24} ${x2} ${y2}" marker-end="url(#end)"/>`;
  });
  const dots = runs.map(
    (run) =>
      `<circle cx="${laneOf(run)}" cy="${heightOf(run)}" r="6" class="${classOf(run)}"><title>${html(run.entry.host)}</title></circle>`,
  );
  const rows = runs.map((run) => {
    const { entry } = run;
    const command = html(commandText(entry.argv.map(bytesOf)));
    const what = `<b class="${classOf(run)}">${wordOf(run)}</b>`;
    const codes = entry.codes.length > 0 ? `: ${html(entry.codes.join(", "))}` : "";
    return `<div class="run" style="padding-left:${width}px"><span>${what.replace("<b", '<b style="display:inline"')} on ${html(entry.host)}${codes}</span><code title="${command}">${command}</code><small>${html(clock(run.at))}</small></div>`;
  });
  const left = sorted.length - runs.length;
  return `<figure class="picture" aria-label="what ran when on which host">
<svg width="${width}" height="${bottom}" aria-hidden="true"><defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
${[...lanes, ...arrows, ...dots].join("\n")}
</svg>
<div class="lanes">${html(`from the left: ${hosts.join(", ")}`)}${left > 0 ? `; ${left} earlier runs are not in the picture` : ""}</div>
${rows.join("\n")}
</figure>
`;
}

const classOf = (run: PastRun): string =>
  run.entry.verdict === "refuse"
    ? "stopped"
    : run.entry.verdict === "observed"
      ? "observed"
      : isLive(run)
        ? "live"
        : "dry";

const words = { stopped: "refused", observed: "ran, would be refused", live: "ran", dry: "dry run" } as const;
const wordOf = (run: PastRun): string => words[classOf(run) as keyof typeof words];
