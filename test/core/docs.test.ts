/** The documents: the pages of the codes, what they say of the configuration, and what leads from one to another. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import {
  clientsText,
  codePage,
  configurationText,
  escaped,
  folder,
  folders,
  measuredText,
  pages,
  pictureFile,
  pictureText,
} from "../../scripts/docs.ts";
import { type Code, codes, undecidableCodes } from "../../src/core/codes.ts";
import { judge } from "../../src/core/judge/verdict.ts";
import { allowPermanently } from "../../src/core/words/allow-permanently.ts";
import { byRules, byRunning, places } from "../cases/allow-permanently.ts";
import { host } from "../cases/rules.ts";
import type { Line } from "../cases/words.ts";
import { configFrom } from "../support/configuration.ts";
import { factsOf } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

const root = resolve(import.meta.dirname, "../..");
test.for([...pages()])("docs/%s is what npm run docs writes", ([name, text]) => {
  expect(readFileSync(join(folder, name), "utf8")).toBe(text);
});

test("docs/clients.md has the presets", () => {
  expect(textOf("docs/clients.md")).toBe(clientsText());
  expect(clientsText().match(/^\| \[`\w+`\]/gm)?.length).toBeGreaterThan(8);
});

test("docs/configuration.md has every key", () => {
  expect(textOf("docs/configuration.md")).toBe(configurationText());
  expect(configurationText().match(/^\| `[\w.]+` \|/gm)?.length).toBeGreaterThan(25);
});

test("the picture shows the refusal in README", () => {
  expect(readFileSync(pictureFile, "utf8")).toBe(pictureText());
  expect(pictureText()).toContain("refused, nothing ran: the destination releases// contains //");
});

test("docs/measured.md has the figures of the last measurement", () => {
  expect(textOf("docs/measured.md")).toBe(measuredText());
  expect(measuredText().match(/^\| [^|]+ \| \d+ of \d+ \|/gm)?.length).toBeGreaterThan(5);
});

test("there is a page for each code and for each preset, and no other", () => {
  const there = folders.flatMap((name) => readdirSync(join(folder, name)).map((file) => `${name}/${file}`));
  expect(there.sort()).toEqual([...pages().keys()].sort());
});

test("text is escaped where Markdown would take it for a tag or for emphasis, but not in backquotes", () => {
  expect(escaped("do <x> or * or `<x> *`")).toBe("do &lt;x> or \\* or `<x> *`");
});

test("a page shows the first message, and each next step once", () => {
  const [words, steps] = codePage("new-top-level").split("\n## ");
  expect(words).toMatch(
    /\n```\nrsync-guard: refused, nothing ran: \/output would be [^`]*\n {2}codes: new-top-level [^`\n]*\n```\n$/,
  );
  expect(steps?.match(/^- /gm)).toHaveLength(2);
});

const withToml = codes.filter((code) => allowPermanently[code].toml !== null);

test("only what can't be known has no lines of configuration", () => {
  expect(codes.filter((code) => !withToml.includes(code))).toEqual([...undecidableCodes]);
});

test.for(codes)("what %s says of it keeps to the rules of the words", (code) => {
  const { says, toml } = allowPermanently[code];
  expect(says.length).toBeGreaterThan(0);
  for (const [at, paragraph] of says.entries())
    expect(paragraph).toMatch(toml !== null && at === says.length - 1 ? /^\S[^\n!]*:$/ : /^\S[^\n!]*\.$/);
});

test("each code with lines of configuration has a case", () => {
  const tried = new Set([...byRules.map(([code]) => code), ...byRunning.map(({ code }) => code), "wrong-name"]);
  expect(withToml.filter((code) => !tried.has(code))).toEqual([]);
});

const facts = factsOf({ ...host, places: { ...host.places, ...places } });
const judged = (line: Line, toml: string): readonly Code[] =>
  judge(invocationOf(line), facts, configFrom(toml)).refusals.map(({ code }) => code);

describe("the lines of configuration", () => {
  test.for(byRules)("let %s pass: %s", ([code, line, config = ""]) => {
    expect(judged(line, config)).toEqual([code]);
    expect(judged(line, `${config}\n${allowPermanently[code].toml}`)).toEqual([]);
  });

  test.for<[line: Line, codes: readonly Code[]]>([
    ["-a build/ /srv/app/releases/preview", []],
    ["-a build/ /srv/app/releases/1.2.3", []],
    ["-a build/ /srv/app/releases/other", ["wrong-name"]],
  ])("for wrong-name: %s: %j", ([line, refused]) => {
    expect(judged(line, allowPermanently["wrong-name"].toml ?? "")).toEqual(refused);
  });

  test.for<[code: Code, line: Line, path: string, passes: boolean]>([
    ["empty-variable", "-a build/ host:", "host:.", true],
    ["empty-variable", "-a build/ host:", "host:", false],
    // what is named in full is meant; and it is no place for all below it
    ["protected-destination", "-a build/ /", "/", true],
    ["protected-destination", "-a build/ /etc", "/", false],
  ])("%s: %s with the path %s: %s", ([code, line, path, passes]) => {
    expect(judged(line, `[[destination]]\npath = "${path}"\nallow = ["${code}"]`)).toEqual(passes ? [] : [code]);
  });
});

/** Those that git has, and those that it will have. */
const filesOf = (...patterns: readonly string[]): readonly string[] =>
  execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", ...patterns], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\0")
    .filter((file) => file !== "" && existsSync(join(root, file)));

const documents = filesOf("*.md");
const textOf = (document: string): string => readFileSync(join(root, document), "utf8");

const configurations = documents.flatMap((document) =>
  [...textOf(document).matchAll(/^```toml\n(.*?)^```/gms)].map(([, toml = ""]) => ({ document, toml })),
);

test.for(configurations)("a configuration in $document can be read: $toml", ({ toml }) => {
  expect(() => configFrom(toml)).not.toThrow();
});

/** What a heading is called in a link to it. */
const anchorsOf = (document: string): readonly string[] =>
  [...textOf(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );

const links = documents.flatMap((document) =>
  [...textOf(document).matchAll(/\]\((?!https:)([^)#]*)#?([^)]*)\)/g)].map(([, path = "", anchor = ""]) => ({
    document,
    to: path === "" ? document : join(dirname(document), path),
    anchor,
  })),
);

test.for(links)("the link in $document to $to#$anchor leads there", ({ to, anchor }) => {
  expect(existsSync(join(root, to))).toBe(true);
  if (anchor !== "") expect(anchorsOf(to)).toContain(anchor);
});

/** They lead through the source. */
const guides = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"];

/** Paths in backquotes; one with a word in capitals, such as NAME.ts, is a pattern. */
const named = guides.flatMap((document) =>
  [...textOf(document).matchAll(/`((?:src|shims|scripts|packaging|test|bench|docs)\/[\w./-]+)`/g)].flatMap(
    ([, path = ""]) => (/\b[A-Z]+\b/.test(path) ? [] : [{ document, path }]),
  ),
);

test.for(named)("$path, which $document names, is there", ({ path }) => {
  expect(existsSync(join(root, path))).toBe(true);
});

const source = filesOf("src/*.ts").map(textOf).join("\n");
const functions = new Set([...textOf("ARCHITECTURE.md").matchAll(/`(\w+)\(\)`/g)].map(([, name = ""]) => name));

test.for([...functions])("%s, which ARCHITECTURE.md names, is a function of the source", (name) => {
  expect(new RegExp(`(?:function|const) ${name}\\b`).test(source)).toBe(true);
});
