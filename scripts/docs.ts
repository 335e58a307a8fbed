/**
 * `npm run docs`: writes docs/codes, a page per refusal code, and docs/clients, a page per preset, the figures in
 * docs/measured.md, the presets in docs/clients.md, the table of keys in docs/configuration.md, and docs/refusal.svg. A
 * test compares them with this.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Code, codes, dryRunCodes, undecidableCodes } from "../src/core/codes.ts";
import { camelCase, type Key, keys, keysOf, type Section } from "../src/core/configuration/keys.ts";
import { planSigns } from "../src/core/judge/plan-rules.ts";
import { type Preset, presetLines, presetNamed, presets } from "../src/core/setup/presets.ts";
import { allowPermanently } from "../src/core/words/allow-permanently.ts";
import { nextOf, pageOf, summaryOf } from "../src/core/words/refusals.ts";
import { examplesOf, messageOf } from "../test/cases/refusals.ts";
import { type RowName, readFigures, rows } from "../test/corpus/measured.ts";
import { terminalPicture } from "./picture.ts";

const root = resolve(import.meta.dirname, "..");
export const folder = join(root, "docs");

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
        `| [\`${name}\`](clients/${name}.md) | ${title} | ${packages} | ${guarded} | ${unguarded} | ${words} |`,
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

/** Where docs/clients.md has more of a program, by the start of a heading. */
const sections: Readonly<Record<string, string>> = {
  rsnapshot: "rsnapshot",
  lsyncd: "lsyncd",
  ansible: "ansibles-synchronize",
};

/** A page: what lets the program go, what is refused then, and where that is said. */
function clientPage(name: string, preset: Preset): string {
  const { title, packages, settings, isFixed, example, guarded, unguarded, words, afterwards } = preset;
  const places = isFixed
    ? "It needs no place."
    : `${settings ? `It takes the places from \`${settings.file}\`, or` : "It takes"} those that follow the name, such as \`'${example}'\`.`;
  const section = sections[name];
  return `${[
    `# ${title}`,
    `Packages of Debian or npm: ${packages}.`,
    "## What lets it run",
    fenced(`sudo rsync-guard presets add ${name}`, "sh"),
    `It writes these lines into \`/etc/rsync-guard.d/${name}.toml\`. ${places}`,
    fenced(presetLines(preset, [example]).join("\n"), "toml"),
    "## With these lines",
    [
      "| | |",
      "|---|---|",
      `| still refused | ${guarded} |`,
      `| not judged | ${unguarded} |`,
      `| the words of a refusal are in | ${words} |`,
      `| after a refusal | ${afterwards} |`,
    ].join("\n"),
    "Wherever the words end up, `rsync-guard log --refused` has them, as the user that the program runs as, or as root for all users. With `journal.syslog = true` the codes are in syslog and systemd's journal too.",
    ...(section === undefined ? [] : [`[What it runs, and more](../clients.md#${section})`]),
    "[All programs](../clients.md)",
    "<!-- written by npm run docs, from src/core/setup/presets.ts -->",
  ].join("\n\n")}\n`;
}

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

const configurationFile = join(root, "docs/configuration.md");

/** Where a key counts, beside the top of a file. */
const placesOf = ({ noEffectIn }: Key): string =>
  ["a `[[destination]]`", ...(noEffectIn?.["[receiver]"] ? [] : ["`[receiver]`"])].join(", ");

/** Every key, with what it is without configuration. */
function keysTable(): string {
  const rowsOf = (section: Section, where: (key: Key) => string) =>
    keysOf(section).map(([name, key]) => {
      const value = key.builtIn === null ? "none" : `\`${key.written}\``;
      return `| \`${name}\` | ${value} | ${where(key)} | ${escaped(key.text.replaceAll("|", "\\|"))} |`;
    });
  return [
    "| key | default | in | says |",
    "|---|---|---|---|",
    ...rowsOf(keys.settings, (key) => `the file, ${placesOf(key)}`),
    ...rowsOf(keys.file, () => "the file"),
    ...rowsOf(keys.destination, () => "a `[[destination]]`"),
    ...rowsOf(keys.receiver, () => "`[receiver]`"),
  ].join("\n");
}

/** docs/configuration.md with the table of keys. */
export const configurationText = (): string =>
  readFileSync(configurationFile, "utf8").replace(
    /(?<=<!-- keys -->\n).*?(?=<!-- \/keys -->)/s,
    () => `${keysTable()}\n`,
  );

const readme = join(root, "README.md");
export const pictureFile = join(root, "docs/refusal.svg");

/** The refusal in README, which a test compares with what the program says. */
export function pictureText(): string {
  const [, transcript = ""] = /^```\n(\$ .*?)\n```$/ms.exec(readFileSync(readme, "utf8")) ?? [];
  const live = transcript.slice(transcript.lastIndexOf("\n$ ") + 1).split("\n");
  return terminalPicture("rsync-guard refuses a live run whose variable is gone", live);
}

/** The folders below docs that are written whole. */
export const folders = ["codes", "clients"] as const;

/** By the path below docs. */
export const pages = (): ReadonlyMap<string, string> =>
  new Map([
    ["codes/README.md", indexPage()],
    ...codes.map((code) => [`codes/${code}.md`, codePage(code)] as const),
    ...Object.entries(presets).map(([name, preset]) => [`clients/${name}.md`, clientPage(name, preset)] as const),
  ]);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = pages();
  for (const name of folders) {
    mkdirSync(join(folder, name), { recursive: true });
    for (const file of readdirSync(join(folder, name)))
      if (!all.has(`${name}/${file}`)) rmSync(join(folder, name, file));
  }
  for (const [name, text] of all) writeFileSync(join(folder, name), text);
  writeFileSync(measured, measuredText());
  writeFileSync(clientsFile, clientsText());
  writeFileSync(configurationFile, configurationText());
  writeFileSync(pictureFile, pictureText());
}
