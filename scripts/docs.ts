/** `npm run docs`: writes docs/codes, a page per refusal code. A test compares the pages with what this would write. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Code, codes } from "../src/core/codes.ts";
import { allowPermanently } from "../src/core/words/allow-permanently.ts";
import { nextOf, pageOf } from "../src/core/words/refusals.ts";
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
    "[All codes](../../README.md#codes)",
    "<!-- written by npm run docs; its words are in src/core/words -->",
  ].join("\n\n")}\n`;
}

/** File name → text. */
export const pages = (): ReadonlyMap<string, string> => new Map(codes.map((code) => [`${code}.md`, codePage(code)]));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = pages();
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!all.has(name)) rmSync(join(folder, name));
  for (const [name, text] of all) writeFileSync(join(folder, name), text);
}
