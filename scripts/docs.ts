/**
 * `npm run docs`: writes docs/codes, a page per refusal code, the figures in docs/measured.md, and the presets in
 * docs/clients.md. A test compares them with this.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Code, codes, dryRunCodes, undecidableCodes } from "../src/core/codes.ts";
import { camelCase, keys, keysOf } from "../src/core/configuration/keys.ts";
import { planSigns } from "../src/core/judge/plan-rules.ts";
import { presetLines, presetNamed, presets } from "../src/core/setup/presets.ts";
import { allowPermanently } from "../src/core/words/allow-permanently.ts";
import { nextOf, pageOf, summaryOf } from "../src/core/words/refusals.ts";
import { examplesOf, messageOf } from "../test/cases/refusals.ts";
import { type RowName, readFigures, rows } from "../test/corpus/measured.ts";

const root = resolve(import.meta.dirname, "..");
export const folder = join(root, "docs/codes");

/** What Markdown would take for its own, outside of what stands in backquotes. */
export const escaped = (paragraph: string): string =>
  paragraph.replace(/`[^`]*`|[<*]/g, (found) => (found === "<" ? "&lt;" : found === "*" ? "\\*" : found));

const fenced = (text: string, language = ""): string => `\`\`\`${language}\n${text}\n\`\`\``;

/** A page: what the code means, an example of its message, each next step, and how to allow it permanently. */
export function codePage(code: Code): string {
  const examples = examplesOf(code);
  const [message = ""] = examples.map(messageOf);
  const steps = [...new Set(examples.map(({ refusal }) => `- ${escaped(nextOf(refusal))}`))];
  const { says, toml } = allowPermanently[code];
  return `${[
    `# ${code}`,
    ...pageOf(code).map(escaped),
    fenced(message.trimEnd()),
    "## What to do",
    steps.join("\n"),
    "## To allow it permanently",
    ...says.map(escaped),
    ...(toml === null ? [] : [fenced(toml, "toml")]),
    "[All codes](README.md)",
    "<!-- written by npm run docs; its words are in src/core/words -->",
  ].join("\n\n")}\n`;
}

const allowedBy = (code: Code): string => {
  const limit = planSigns.find((sign) => sign.code === code)?.limit;
  const [name = "", key] = keysOf(keys.settings.limits).find(([own]) => camelCase(own) === limit) ?? [];
  if (key) return `\`limits.${name}\` (${key.written})`;
  return undecidableCodes.has(code) ? "nothing" : "`allow`";
};

const percent = ({ count, of }: { readonly count: number; readonly of: number }): string =>
  `${((100 * count) / of).toFixed(1)} %`;

/** What a code costs: of the ordinary runs that were measured, those that it refuses. */
function priceOf(code: Code): string {
  const figures = readFigures();
  const figure = figures[planSigns.some((sign) => sign.code === code) ? "releases" : "ordinary-commands"];
  if (!figure || dryRunCodes.has(code)) return "";
  return percent({ count: figure.codes[code]?.count ?? 0, of: figure.of });
}

/** What the rules stop, and what they cost, as it was measured. */
export function measuredTable(): string {
  const figures = readFigures();
  const lines = (Object.keys(rows) as RowName[]).flatMap((name) => {
    const figure = figures[name];
    if (!figure) return [];
    return [`| ${rows[name].title} | ${figure.count} of ${figure.of} | ${percent(figure)} | ${figure.date} |`];
  });
  return ["| measured with `npm run corpus` | | | on |", "|---|---|---|---|", ...lines].join("\n");
}

const measured = join(root, "docs/measured.md");
const measuredPart = /(?<=<!-- measured -->\n).*?(?=\n<!-- \/measured -->)/s;

/** The page with the figures of today. */
export const measuredText = (): string => readFileSync(measured, "utf8").replace(measuredPart, measuredTable);

const clientsFile = join(root, "docs/clients.md");

/** What each program is let do, and where it says that it was refused. */
const clientsTable = (): string =>
  [
    "| preset | program | Debian or npm | still refused | not judged | the words of a refusal are in |",
    "|---|---|---|---|---|---|",
    ...Object.entries(presets).map(
      ([name, { title, packages, guarded, unguarded, words }]) =>
        `| \`${name}\` | ${title} | ${packages} | ${guarded} | ${unguarded} | ${words} |`,
    ),
  ].join("\n");

const presetPart = /(?<=<!-- preset (\S+) (\S+) -->\n).*?(?=\n<!-- \/preset -->)/gs;

/** docs/clients.md with the presets' lines and their table. */
export const clientsText = (): string =>
  readFileSync(clientsFile, "utf8")
    .replace(presetPart, (_, name: string, place: string) => {
      const preset = presetNamed(name);
      if (!preset) throw new Error(`docs/clients.md: there is no preset ${name}`);
      return fenced(presetLines(preset, [place]).join("\n"), "toml");
    })
    .replace(/(?<=<!-- presets -->\n).*?(?=<!-- \/presets -->)/s, () => `${clientsTable()}\n`);

/** The list of all codes: what each refuses, and which key lets it pass. */
const indexPage = (): string =>
  `${[
    "# Codes",
    "A refusal ends with its codes, which are stable. `rsync-guard explain CODE` prints the page of one. `allow` and the limits can be set for the whole host, or in a `[[destination]]` for one place.",
    [
      "| code | refused, because | what lets it pass | price |",
      "|---|---|---|---|",
      ...codes.map((code) => `| [${code}](${code}.md) | ${summaryOf(code)} | ${allowedBy(code)} | ${priceOf(code)} |`),
    ].join("\n"),
    "The price is the share of ordinary runs that are refused for it, together with other codes or alone: for what a plan shows (`plan-…`), of steps from one release of a published package to the next; for the others, of command lines from public scripts. `npm run corpus` measures it.",
    "<!-- written by npm run docs; its words are in src/core/words -->",
  ].join("\n\n")}\n`;

/** File name → text. */
export const pages = (): ReadonlyMap<string, string> =>
  new Map([["README.md", indexPage()], ...codes.map((code) => [`${code}.md`, codePage(code)] as const)]);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = pages();
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!all.has(name)) rmSync(join(folder, name));
  for (const [name, text] of all) writeFileSync(join(folder, name), text);
  writeFileSync(measured, measuredText());
  writeFileSync(clientsFile, clientsText());
}
