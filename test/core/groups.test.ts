import fc from "fast-check";
import { expect, test } from "vitest";
import type { Bytes } from "../../src/core/bytes.ts";
import { generatedIn } from "../../src/core/plan/generated.ts";
import { groupsOf } from "../../src/core/plan/groups.ts";
import { PathSetBuilder } from "../../src/core/plan/path-set.ts";
import { contextFor, printed, readPlan, setOf } from "../support/plan.ts";

test.for<[text: Bytes, groups: readonly (readonly [start: Bytes, ...names: readonly Bytes[]])[]]>([
  ["", [[""]]],
  ["*deleting   a", [["*deleting   ", "a"]]],
  ["*deleting   d/a\n*deleting   d/b", [["*deleting   d/", "a", "b"]]],
  [
    ">f+++++++++ d/a\n>f.st...... d/b",
    [
      [">f+++++++++ d/", "a"],
      [">f.st...... d/", "b"],
    ],
  ],
  // in a directory whose name goes on, and in one within it
  [
    "*deleting   d/a\n*deleting   de/b",
    [
      ["*deleting   d/", "a"],
      ["*deleting   de/", "b"],
    ],
  ],
  [
    "*deleting   d/a\n*deleting   d/e/b",
    [
      ["*deleting   d/", "a"],
      ["*deleting   d/e/", "b"],
    ],
  ],
  [
    "*deleting   a\n*deleting   d/b\n*deleting   c",
    [
      ["*deleting   ", "a"],
      ["*deleting   d/", "b"],
      ["*deleting   ", "c"],
    ],
  ],
  // a directory
  [
    "*deleting   d/a\n*deleting   d/\n*deleting   b",
    [["*deleting   d/", "a"], ["*deleting   d/"], ["*deleting   ", "b"]],
  ],
  ["*deleting   d/\n*deleting   d/a", [["*deleting   d/"], ["*deleting   d/", "a"]]],
  // an escape, wherever it is
  [
    "*deleting   d/a\n*deleting   d/\\#011\n*deleting   d/b",
    [["*deleting   d/", "a"], ["*deleting   d/\\#011"], ["*deleting   d/", "b"]],
  ],
  ["*deleting   \\#011/a", [["*deleting   \\#011/a"]]],
  ["*deleting   a\\b", [["*deleting   ", "a\\b"]]],
  // no entries, and half ones
  ["\nNumber of files: 12 (reg: 1, dir: 2)", [[""], ["Number of fi", "les: 12 (reg: 1, dir: 2)"]]],
  ["a/b\na/c", [["a/b"], ["a/c"]]],
  ["*deleting   ", [["*deleting   "]]],
  ["cL+++++++++ d/l -> ../x/y", [["cL+++++++++ d/l -> ../x/", "y"]]],
  ["\xe4/\xff\n*deleting   \xe4/\xff\n*deleting   \xe4/\xfe", [["\xe4/\xff"], ["*deleting   \xe4/", "\xff", "\xfe"]]],
])("%j", ([text, groups]) => {
  expect(groupsOf(text).map(({ start, names }) => [start, ...names])).toEqual(groups);
});

const starts = [
  "*deleting   ",
  ">f+++++++++ ",
  ">f.st...... ",
  ".f...p..... ",
  "cL+++++++++ ",
  "hf+++++++++ ",
  "*deleting",
];
const directories = ["", "css/", "css/old/", "cs\\#011s/", "releases/1.2.3/", "secret/", "new/", "/job/build/"];
const names = [
  "a",
  "b",
  ".env",
  "main.c5f0cbbe.css",
  "link",
  "a => b",
  "a -> b/c",
  "\xe4\xff",
  "x\\#011",
  "\\",
  "d/",
  "",
];
const line = fc
  .tuple(...[starts, directories, names].map((of) => fc.constantFrom(...of)))
  .map((parts) => parts.join(""));

test("groups give the lines back", () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), (lines) => {
      const back = groupsOf(lines.join("\n")).flatMap((group) =>
        group.names.length === 0 ? [group.start] : group.names.map((name) => group.start + name),
      );
      expect(back).toEqual(lines);
    }),
    { seed: 1 },
  );
});

const world = {
  places: {
    "/srv/app/css/link": { link: "/srv/shared" },
    "/srv/app/css/a": "file",
    "/srv/app/b": "file",
    "/srv/app/link": { link: "/srv/shared" },
    "/srv/app/secret": "unreadable directory",
    "/srv/shared": "directory",
    "/srv/note": "file",
  },
} as const;

const deleting = { deletions: setOf(["a", "css/a", "css/old/b"]), overwritten: null, changed: 1, at: 0 };
const approvals = { none: null, "a dry run": deleting, "a plan file": { ...deleting, overwritten: setOf(["b"]) } };

test.for<[command: string, approval: keyof typeof approvals]>([
  ["-a --delete build/ /srv/app", "none"],
  ["-a --delete build/ /srv/app", "a dry run"],
  ["-a --delete build/ /srv/app", "a plan file"],
  ["-ab --delete --backup-dir=css build/ /srv/app", "none"],
  ["-a --delete --partial-dir=keep build/ /srv/app", "none"],
  ["-a --delete --link-dest=../old build/ /srv/app", "none"],
  ["-a --delete --compare-dest=../old build/ /srv/app", "none"],
  ["-a --delete-after -F build/ /srv/app", "none"],
  ["-a --delete build /srv/app", "none"],
  ["-aR --delete /job/build /srv/app", "none"],
  ["-a page /srv/note", "none"],
  ["-a --delete build/ host:app", "none"],
])("%s, approved: %s: what lines say together, they say one by one", ([command, approval]) => {
  const read = (pieces: readonly Bytes[]) => {
    const result = readPlan(contextFor(command, world, {}, { approved: approvals[approval] }), pieces);
    return result.plan ? { plan: result.plan, deletions: result.deletions.bytes } : result;
  };
  let plans = 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const text = printed(lines, 40);
      const together = read([text]);
      plans += Number(together.plan !== null);
      const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
      // whole lines, and lines in two halves
      for (const cuts of [ends, ends.map((end) => end - 2)]) {
        const pieces = [0, ...cuts].map((cut, at) => text.slice(cut, cuts[at]));
        expect(read(pieces)).toEqual(together);
      }
    }),
    { seed: 1, numRuns: 100 },
  );
  expect(plans).toBeGreaterThan(5);
});

test("hashes of paths that begin alike, in and beyond a block", () => {
  const many = Array.from({ length: 20_000 }, (_, at) => `file-${at}`);
  const [one, all] = [new PathSetBuilder(), new PathSetBuilder()];
  for (const name of ["", ...many]) one.add(`some/where/${name}`);
  all.add("some/where/");
  const returned = all.addAll("some/where/", many);
  expect(all.size).toBe(1 + many.length);
  const parts = (from: number, to: number) => [...all.hashes(from, to)].flatMap((part) => [...part]);
  // thousands of numbers that differ would take minutes to be shown
  const isSame = (found: readonly number[], hashes: Float64Array) => found.join() === hashes.join();
  expect(isSame(parts(1, 1 + many.length), returned)).toBe(true);
  expect(isSame(parts(8_000, 17_000), returned.subarray(7_999, 16_999))).toBe(true);
  expect(parts(5, 5)).toEqual([]);
  expect(Buffer.compare(all.build().bytes, one.build().bytes)).toBe(0);
  const others = new PathSetBuilder().addAll("some/", ["file-1", "where/file-1", "where/file-20000"]);
  expect([...all.build().hasHashes(others)]).toEqual([0, 1, 0]);
});

test("the names that a bundler made, in their order", () => {
  expect(generatedIn(["a.js", "index-DkzFh3_a.js", "b.css", "main.c5f0cbbe.css"])).toEqual([
    "index-DkzFh3_a.js",
    "main.c5f0cbbe.css",
  ]);
});
