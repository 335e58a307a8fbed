/** `npm run docs`: writes docs/codes, a page per refusal code. A test compares the pages with what this would write. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { forGood } from "../src/core/for-good.ts";
import { type Code, codes, pageOf } from "../src/core/refusals.ts";

const root = resolve(import.meta.dirname, "..");
export const folder = join(root, "docs/codes");

/** What Markdown would take for its own, outside of what stands in backquotes. */
const escaped = (paragraph: string): string =>
  paragraph.replace(/`[^`]*`|[<*]/g, (found) => (found === "<" ? "&lt;" : found === "*" ? "\\*" : found));

const fenced = (text: string, language = ""): string => `\`\`\`${language}\n${text}\n\`\`\``;

/** A page; `golden` is what the code's messages and next steps are pinned by. */
export function codePage(code: Code, golden: string): string {
  const [example = ""] = golden.split("\n\n");
  const steps = [...golden.matchAll(/^next: (.*)$/gm)].map(([, step = ""]) => `- ${escaped(step)}`);
  const { says, toml } = forGood[code];
  return `${[
    `# ${code}`,
    ...pageOf(code).map(escaped),
    fenced(example),
    "## What to do",
    steps.join("\n"),
    "## To allow it for good",
    ...says.map(escaped),
    ...(toml === null ? [] : [fenced(toml, "toml")]),
    "[All codes](../../README.md#codes)",
    "<!-- written by npm run docs; its words are in src/core/refusals.ts -->",
  ].join("\n\n")}\n`;
}

/** File name → text. */
export const pages = (): ReadonlyMap<string, string> =>
  new Map(
    codes.map((code) => [`${code}.md`, codePage(code, readFileSync(join(root, `test/refusals/${code}.txt`), "utf8"))]),
  );

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = pages();
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!all.has(name)) rmSync(join(folder, name));
  for (const [name, text] of all) writeFileSync(join(folder, name), text);
}
