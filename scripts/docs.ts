/** `npm run docs`: writes docs/codes, a page per refusal code. A test compares the pages with what this would write. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Code, codes, undecidableCodes } from "../src/core/codes.ts";
import { camelCase, keys, keysOf } from "../src/core/configuration/keys.ts";
import { planSigns } from "../src/core/judge/plan-rules.ts";
import { allowPermanently } from "../src/core/words/allow-permanently.ts";
import { nextOf, pageOf, summaryOf } from "../src/core/words/refusals.ts";
import { examplesOf, messageOf } from "../test/cases/refusals.ts";

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

/** The list of all codes: what each refuses, and which key lets it pass. */
const indexPage = (): string =>
  `${[
    "# Codes",
    "A refusal ends with its codes, which are stable. `rsync-guard explain CODE` prints the page of one. `allow` and the limits can be set for the whole host, or in a `[[destination]]` for one place.",
    [
      "| code | refused, because | what lets it pass |",
      "|---|---|---|",
      ...codes.map((code) => `| [${code}](${code}.md) | ${summaryOf(code)} | ${allowedBy(code)} |`),
    ].join("\n"),
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
}
