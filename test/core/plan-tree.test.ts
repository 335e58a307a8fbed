/** The entries of a plan as people and programs are shown them: whatever a file is called, it stays a name. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesOf, textOf } from "../../src/core/bytes.ts";
import { documentPieces, type PlanHeader } from "../../src/core/plan/document.ts";
import { type PlanEntry, readStoredEntry, sectionOf, sortKey, storedEntry } from "../../src/core/plan/entry.ts";
import { ListingReader } from "../../src/core/plan/listing.ts";
import { Renames } from "../../src/core/plan/renames.ts";
import { rowsOf } from "../../src/core/plan/tree.ts";
import { htmlPieces } from "../../src/core/words/plan-html.ts";
import { markdownPieces } from "../../src/core/words/plan-markdown.ts";
import { headLines, treeLines } from "../../src/core/words/plan-rows.ts";
import { progressText } from "../../src/core/words/progress.ts";
import { bytesText } from "../../src/core/words/size.ts";
import { emptyPlan } from "../cases/plans.ts";
import type { World } from "../support/facts.ts";
import { contextFor, printed } from "../support/plan.ts";
import { problemsIn } from "../support/schema.ts";

const at = Date.UTC(2026, 0, 1) / 1000;
const file = (size: number, modified = at) => ({ size, modified });
const noFile = { file: null, present: null, renamed: null };

const deleted = (path: string, size: number | null = null, modified = at): PlanEntry => ({
  ...noFile,
  action: "delete",
  kind: path.endsWith("/") ? "directories" : "files",
  path: bytesOf(path.replace(/\/$/, "")),
  file: size === null ? null : file(size, modified),
});
const added = (path: string, size: number | null = null, modified = at): PlanEntry => ({
  ...deleted(path, size, modified),
  action: "add",
});
const changed = (path: string, size: number, present: PlanEntry["present"]): PlanEntry => ({
  ...deleted(path, size),
  action: "change",
  present,
});

/** As io sorts them. */
function sorted(all: readonly PlanEntry[]): readonly PlanEntry[] {
  const renames = new Renames();
  for (const entry of all) renames.note(entry);
  renames.match();
  for (const entry of all) renames.name(entry);
  return all
    .map((entry) => ({ key: sortKey(entry), entry: renames.with(entry) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ entry }) => entry);
}

const linesOf = (all: readonly PlanEntry[]): readonly string[] => [...treeLines(rowsOf(sorted(all)), false)];

describe("the tree", () => {
  test.for<[what: string, entries: readonly PlanEntry[], lines: readonly string[]]>([
    ["nothing", [], []],
    [
      "what goes comes first, whatever rsync's order",
      [added("a", 1), changed("b", 2, file(1)), deleted("c", 3)],
      [
        "would delete 1 file, 3 B",
        "- c  3 B",
        "",
        "would change 1 file, 2 B",
        "~ b  2 B",
        "",
        "would add 1 file, 1 B",
        "+ a  1 B",
        "",
      ],
    ],
    [
      "a directory that goes as a whole is one line, with what is in it",
      [deleted("up/a", 1000), deleted("up/b/"), deleted("up/b/c", 500), deleted("up/"), deleted("up.txt", 7)],
      [
        "would delete 3 files, 2 directories, 1.5 kB",
        "- up/  all of it: 2 files, 1 directory, 1.5 kB",
        "- up.txt  7 B",
        "",
      ],
    ],
    [
      "one that stays has a line for what goes in it",
      [deleted("lib/a", 1), deleted("lib/b", 2), deleted("lib/c/"), deleted("lib/c/d", 3)],
      [
        "would delete 3 files, 1 directory, 6 B",
        "- lib/  3 files, 1 directory, 6 B",
        "-   a  1 B",
        "-   b  2 B",
        "-   c/  all of it: 1 file, 3 B",
        "",
      ],
    ],
    [
      "directories in which nothing is but the next one share a line",
      [deleted("a/b/c/x", 1), deleted("a/b/c/y", 1), deleted("d/e", 1)],
      [
        "would delete 3 files, 3 B",
        "- a/b/c/  2 files, 2 B",
        "-   x  1 B",
        "-   y  1 B",
        "- d/  1 file, 1 B",
        "-   e  1 B",
        "",
      ],
    ],
    [
      "but not with one beside them that has as many",
      [deleted("a/x", 1), deleted("b/y", 1)],
      ["would delete 2 files, 2 B", "- a/  1 file, 1 B", "-   x  1 B", "- b/  1 file, 1 B", "-   y  1 B", ""],
    ],
    [
      "a file that is newer than what replaces it",
      [changed("x", 1, file(1, at + 3 * 86_400)), changed("y", 1, file(1, at))],
      [
        "would change 2 files, 2 B, 1 newer than what replaces it",
        "~ x  1 B, newer by 3 days than what replaces it",
        "~ y  1 B",
        "",
      ],
    ],
    [
      "a size that can't be seen, as on another host",
      [deleted("x"), deleted("y")],
      ["would delete 2 files", "- x", "- y", ""],
    ],
    ["an empty directory", [deleted("x/")], ["would delete 1 directory", "- x/  all of it: empty", ""]],
    [
      "the destination itself, which is new",
      [added("./"), added("x", 1)],
      ["would add 1 file, 1 directory, 1 B", "+ ./  directory", "+ x  1 B", ""],
    ],
    [
      "times and modes are only counted by directory, and named",
      [
        { ...deleted("d/x"), action: "attributes" },
        { ...deleted("d/"), action: "attributes" },
      ],
      ["would set times, modes or owners of 2 entries", ". d/  2 entries", ".   x", ""],
    ],
    [
      "a file in the place of a symlink",
      [{ ...added("x", 1), action: "replace" }],
      ["would change 1 file, 1 B", "~ x  1 B, takes the place of what is there", ""],
    ],
  ])("%s", ([, entries, lines]) => {
    expect(linesOf(entries)).toEqual(lines);
    // in whatever order rsync names them
    expect(linesOf([...entries].reverse())).toEqual(lines);
  });

  test("colours add nothing but themselves", () => {
    const all = sorted([deleted("a/b", 1), changed("c", 1, file(1)), added("d", 2)]);
    const coloured = [...treeLines(rowsOf(all), true)];
    expect(coloured[1]).toBe("\u001b[31m- a/\u001b[0m  1 file, 1 B");
    expect(coloured.map((line) => line.replace(/\u001b\[\d+m/g, ""))).toEqual([...treeLines(rowsOf(all), false)]);
  });
});

describe("renames", () => {
  const renamed = (all: readonly PlanEntry[]) =>
    sorted(all).flatMap((entry) => (entry.renamed === null ? [] : [`${entry.path} ${entry.action} ${entry.renamed}`]));

  test.for<[what: string, entries: readonly PlanEntry[], renamed: readonly string[]]>([
    ["same size and time", [deleted("a", 5), added("b", 5)], ["a delete b", "b add a"]],
    ["another size", [deleted("a", 5), added("b", 6)], []],
    ["another time", [deleted("a", 5), added("b", 5, at + 1)], []],
    ["two that come", [deleted("a", 5), added("b", 5), added("c", 5)], []],
    ["two that go", [deleted("a", 5), deleted("b", 5), added("c", 5)], []],
    [
      "two pairs",
      [deleted("a", 5), added("b", 5), deleted("c", 6), added("d", 6)],
      ["a delete b", "c delete d", "b add a", "d add c"],
    ],
    ["empty files", [deleted("a", 0), added("b", 0)], []],
    ["a change", [deleted("a", 5), changed("b", 5, file(1))], []],
    ["unseen", [deleted("a"), added("b", 5)], []],
  ])("%s", ([, entries, pairs]) => {
    expect(renamed(entries)).toEqual(pairs);
  });

  test("of a directory that was renamed, how many of its files", () => {
    const all = [
      deleted("old/"),
      deleted("old/x", 5),
      deleted("old/y", 6),
      added("new/"),
      added("new/x", 5),
      added("new/y", 7),
    ];
    expect(linesOf(all)).toContain("- old/  all of it: 2 files, 11 B, 1 renamed");
  });
});

const world: World = {
  places: {
    "/srv/app/old.php": "file",
    "/srv/app/d/x": "file",
    "/srv/app/page": "file",
    "/srv/app/media": { link: "/data" },
  },
};

function listed(command: string, lines: readonly string[], cut = 1_000_000): readonly PlanEntry[] {
  const all: PlanEntry[] = [];
  const reader = new ListingReader(
    contextFor(command, world),
    () => file(7, at),
    (entry) => all.push(entry),
  );
  const output = printed(lines);
  for (let from = 0; from < output.length; from += cut) reader.read(output.slice(from, from + cut));
  expect(reader.end().plan).not.toBeNull();
  return all;
}

test.for([1, 7, 1_000_000])("entries are read from rsync's lines, in pieces of %d", (cut) => {
  const coming = Date.UTC(2026, 10, 27, 2, 28, 34) / 1000 + new Date(2026, 10, 27).getTimezoneOffset() * 60;
  const lines = [
    "*deleting   0 1970/01/01-00:00:00 d/x",
    "*deleting   0 1970/01/01-00:00:00 d/",
    ">f.st...... 12 2026/11/27-02:28:34 page",
    ">f+++++++++ 1 2026/11/27-02:28:34 new\\#012name",
    "cd+++++++++ 4096 2026/11/27-02:28:34 e/",
    "cL+++++++++ 1 2026/11/27-02:28:34 l -> x",
    "cd+++++++++ 4096 2026/11/27-02:28:34 media/",
    ".f...p..... 9 2026/11/27-02:28:34 m",
    "created directory x",
  ];
  expect(listed("-a --delete build/ /srv/app", lines, cut)).toEqual([
    { ...noFile, action: "delete", kind: "files", path: "d/x", file: file(7) },
    { ...noFile, action: "delete", kind: "directories", path: "d" },
    { ...noFile, action: "change", kind: "files", path: "page", file: file(12, coming), present: file(7) },
    { ...noFile, action: "add", kind: "files", path: "new\nname", file: file(1, coming) },
    { ...noFile, action: "add", kind: "directories", path: "e" },
    { ...noFile, action: "add", kind: "symlinks", path: "l" },
    { ...noFile, action: "replace", kind: "directories", path: "media", present: file(7) },
    { ...noFile, action: "attributes", kind: "files", path: "m", file: file(9, coming) },
  ]);
});

test("on another host only what comes can be seen", () => {
  const [gone, come] = listed("-a --delete build/ host:/srv/app", [
    "*deleting   0 1970/01/01-00:00:00 x",
    "<f.st...... 12 2026/11/27-02:28:34 page",
  ]);
  expect([gone?.file, come?.present, come?.file?.size]).toEqual([null, null, 12]);
});

const hostile = [
  "</details><h1>x",
  "<script>alert(1)</script>",
  "a`b``c",
  "[link](https://example.org)",
  "@everyone #1",
  "line\nbreak",
  "\u001b[31mred\u001b[0m",
  "\u202etxt.exe",
  '" onclick="x',
  "it's $(id) \\ &amp;",
  " blank ",
  "é",
];
const entries = sorted([
  ...hostile.map((name, index) => deleted(`d/${name}`, index)),
  { ...deleted("d/x"), path: "d/caf\xe9" },
  ...hostile.map((name, index) => changed(name, index + 20, file(1, at + 1))),
  ...hostile.map((name, index) => added(`e/${name}`, index)),
  added("e/"),
]);
const header: PlanHeader = {
  schema: 1,
  command: ["-a", "--delete", "src/", "/srv/<b>`x`\u001b[31m"],
  targets: [{ path: "/srv/<b>`x`\u001b[31m", remote: false, writes: true, deletes: true }],
  plan: {
    ...emptyPlan,
    deleted: { files: 13, directories: 0, symlinks: 0, specials: 0 },
    topLevel: { first: [["<b>@x", 13]], others: 0 },
  },
  refusals: [
    { code: "plan-too-large", message: "the run would delete <b>`@x\u001b[31m`</b>", next: "check\n both paths" },
  ],
};
const formats = {
  text: () => [...headLines(header), ...treeLines(rowsOf(entries), false)].join("\n"),
  markdown: () => [...markdownPieces(header, rowsOf(entries))].join(""),
  html: () => [...htmlPieces(header, rowsOf(entries))].join(""),
  json: () => [...documentPieces(header, entries)].join(""),
};

describe("hostile names", () => {
  test.for(["text", "markdown", "html", "json"] as const)("in %s", async (format) => {
    const text = formats[format]();
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    await expect(text).toMatchFileSnapshot(`../golden/plan/${format}.txt`);
  });

  test("in HTML there are no tags and no attributes but the page's own", () => {
    const tags = formats.html().match(/<[^>]*>/g) ?? [];
    const own =
      /^<(?:!doctype html|html lang="en"|\/?(?:html|title|style|h1|h2|p|code|ul|li|small|strong|summary|details|section|div)|(?:p|div|section) class="\w+"|details open|meta [^<>]*)>$/;
    expect(tags.filter((tag) => !own.test(tag))).toEqual([]);
  });

  test("in Markdown a name is within backquotes, of which it has fewer in a row", () => {
    const outside = formats.markdown().replace(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, "");
    expect(outside).not.toMatch(/script|link\]|everyone|onclick|h1/);
  });
});

test("a name that ends a line has one row in each format", () => {
  const all = [deleted("a\nb", 1)];
  expect(linesOf(all)).toEqual(["would delete 1 file, 1 B", "- 'a\\nb'  1 B", ""]);
});

test("JSON is one object as docs/plan.schema.json has it, with a line for each entry", () => {
  const schema = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../docs/plan.schema.json"), "utf8"));
  const text = formats.json();
  const document = JSON.parse(text);
  expect(problemsIn(document, schema)).toEqual([]);
  expect(problemsIn({ ...document, entries: [{ action: "go", path: 1, more: 1 }] }, schema)).toEqual([
    "$.entries[0].kind is missing",
    "$.entries[0].action is go",
    "$.entries[0].path is integer",
    "$.entries[0].more is unknown",
  ]);
  expect(text.match(/^\{"action".*\}(?:,)?$/gm)).toHaveLength(entries.length);
  const paths = document.entries.map(({ path, bytes }: { path: string; bytes?: string }) =>
    bytes === undefined ? bytesOf(path) : Buffer.from(bytes, "hex").toString("latin1"),
  );
  expect(paths).toEqual(entries.map(({ kind, path }) => (kind === "directories" ? `${path}/` : path)));
  expect([...documentPieces(header, [])].join("")).toMatch(/"entries": \[\n \]\n\}\n$/);
});

test("an entry is the same after it was stored", () => {
  for (const entry of entries)
    expect(readStoredEntry(storedEntry(entry).toString("latin1").slice(0, -1))).toEqual({ ...entry, renamed: null });
});

test("a long list is cut in Markdown, and fits into a comment", () => {
  const many = sorted(
    ["delete", "change", "add"].flatMap((action) =>
      Array.from({ length: 3000 }, (_, index) => ({
        ...deleted(`${"x".repeat(200)}/${action}${index}`, 1),
        action: action as "add",
      })),
    ),
  );
  const text = [...markdownPieces(header, rowsOf(many))].join("");
  expect(text.length).toBeLessThan(65_536);
  expect(text.match(/^- … and \d+ more; /gm)).toHaveLength(3);
  expect(text.match(/<details/g)).toHaveLength(text.match(/<\/details>/g)?.length ?? 0);
});

test("a long list is cut in HTML, and its tags stay in pairs", () => {
  const many = sorted(Array.from({ length: 9000 }, (_, index) => deleted(`a${index % 9}/b${index % 5}/${index}`, 1)));
  const text = [...htmlPieces(header, rowsOf(many))].join("");
  for (const tag of ["details", "ul", "section"])
    expect([tag, text.split(`<${tag}`).length]).toEqual([tag, text.split(`</${tag}>`).length]);
  expect(text).toMatch(/… and \d+ more/);
  expect(text.match(/<li>/g)?.length).toBeLessThan(5_100);
});

test.for([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [1234, "1.2 kB"],
  [99_949, "100 kB"],
  [999_500, "1.0 MB"],
  [12_345_678, "12 MB"],
  [1e15, "1.0 PB"],
] as const)("%d bytes are %s", ([bytes, text]) => {
  expect(bytesText(bytes)).toBe(text);
});

test.for([
  [0, 1200, "rsync-guard: planning for 1 s: nothing to change yet"],
  [3000, 2000, "rsync-guard: planning for 2 s: 3000 entries to change, 1500 a second"],
] as const)("%d entries after %d ms: %s", ([entries, waited, text]) => {
  expect(progressText(entries, waited)).toBe(text);
});

test("every action has a part of the list", () => {
  expect(
    (["delete", "replace", "change", "add", "attributes"] as const).map((action) => sectionOf({ action })),
  ).toEqual(["delete", "overwrite", "overwrite", "add", "attributes"]);
  expect(textOf(entries[0]?.path ?? "")).toMatch(/^d\//);
});
