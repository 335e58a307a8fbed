/** Plans that travel: what a file has to be, what has to be the same elsewhere, and who has to have signed. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { builtInConfig } from "../../src/core/configuration/settings.ts";
import type { Fields } from "../../src/core/judge/fingerprint.ts";
import {
  destinationsOf,
  type ImportProblem,
  judgePlanFile,
  judgeRunHere,
  type Signature,
  signersOf,
} from "../../src/core/judge/import.ts";
import { destinationHost, hostsOf, patternsIn, portableFieldsOf, withHost } from "../../src/core/judge/portable.ts";
import { documentPieces, type PortableHeader } from "../../src/core/plan/document.ts";
import type { PlanEntry } from "../../src/core/plan/entry.ts";
import { PlanFileError, readDocument } from "../../src/core/plan/read-document.ts";
import { importProblemText } from "../../src/core/words/imports.ts";
import { importedDifferenceText } from "../../src/core/words/message.ts";
import { emptyPlan, none } from "../cases/plans.ts";
import type { World } from "../support/facts.ts";
import { contextFor, printed, readPlan, setOf } from "../support/plan.ts";
import { invocationOf } from "../support/run.ts";
import { problemsIn } from "../support/schema.ts";

const noFile = { file: null, present: null, renamed: null };
const entries: readonly PlanEntry[] = [
  { ...noFile, action: "delete", kind: "directories", path: "cache" },
  { ...noFile, action: "delete", kind: "files", path: "cache/caf\xe9\n", file: { size: 3, modified: 9 } },
  { ...noFile, action: "delete", kind: "files", path: "old", file: { size: 3, modified: 8 }, renamed: "new" },
  { ...noFile, action: "replace", kind: "symlinks", path: "l", present: { size: 1, modified: 1 } },
  {
    ...noFile,
    action: "change",
    kind: "files",
    path: "x",
    file: { size: 2, modified: 2 },
    present: { size: 1, modified: 5 },
  },
  { ...noFile, action: "add", kind: "files", path: "new", file: { size: 3, modified: 8 }, renamed: "old" },
  { ...noFile, action: "attributes", kind: "specials", path: "p" },
];
const header: PortableHeader = {
  schema: 1,
  command: ["-a", "src/", "web1:/srv/app"],
  targets: [],
  plan: emptyPlan,
  refusals: [{ code: "plan-too-large", message: "m", next: "n" }],
  id: "0123456789abcdef0123456789abcdef",
  made: { at: "2026-01-01T10:00:00.000Z", by: "anna", host: "ci", directory: "/job" },
  destinations: ["web[1-3]"],
  fields: { rsync: "3.5.0", options: "-r" },
};
const written = (all = entries, head: object = header) => [...documentPieces(head as PortableHeader, all)].join("");

function readAll(text: string) {
  const lines = text.split("\n");
  // what no newline ends is no line
  lines.pop();
  const { header: read, entries: rest } = readDocument(lines);
  return { header: read, entries: [...rest] };
}

describe("a plan's file", () => {
  test.for([0, 1, entries.length])("is read as it was written, with %d entries", (count) => {
    expect(readAll(written(entries.slice(0, count)))).toEqual({ header, entries: entries.slice(0, count) });
  });

  test("is what docs/plan.schema.json describes", () => {
    const schema = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../docs/plan.schema.json"), "utf8"));
    expect(problemsIn(JSON.parse(written()), schema)).toEqual([]);
    expect(problemsIn({ ...JSON.parse(written()), made: { at: 1 } }, schema)).toContain("$.made.at is integer");
    expect(Object.keys(header).filter((field) => !(field in schema.properties))).toEqual([]);
  });

  test("half of it is none, wherever it was cut", () => {
    const text = written();
    for (let cut = 0; cut < text.length; cut++) expect(() => readAll(text.slice(0, cut))).toThrow(PlanFileError);
  });

  test("the name of a wrong field is escaped", () => {
    const wrong = { ...header, fields: { "\u001b[31m": 1 } };
    expect(() => readAll(written(entries, wrong))).toThrow("its field fields.\\e[31m is not what it should be");
  });

  test.for<[what: string, change: (text: string) => string]>([
    ["more behind its end", (text) => `${text}x\n`],
    ["a line less at the end of the list", (text) => text.replace(/,\n.*\n \]/, ",\n ]")],
    ["a comma too few", (text) => text.replace('},\n{"action":"add"', '}\n{"action":"add"')],
    ["an unknown action", (text) => text.replace('"action":"add"', '"action":"bad"')],
    ["a size that is text", (text) => text.replace('"size":2', '"size":"<b>2"')],
    ["a field more", (text) => text.replace('"action":"add"', '"action":"add","also":1')],
    ["a count that is text", (text) => text.replace('"attributes": 0', '"attributes": "\\u001b[31m"')],
    ["a code that is none", (text) => text.replace("plan-too-large", "<b>")],
    ["another schema", (text) => text.replace('"schema": 1', '"schema": 2')],
    ["an ID that is a path", (text) => text.replace(header.id, "../../x")],
    ["a time that is none", (text) => text.replace("2026-01-01T10", "soon")],
    ["laid out anew", (text) => JSON.stringify(JSON.parse(text), null, 2)],
    ["nothing", () => ""],
  ])("%s is refused", ([, change]) => {
    expect(change(written())).not.toBe(written());
    expect(() => readAll(change(written()))).toThrow(PlanFileError);
  });
});

const digest = "0".repeat(64);
const fieldsOf = (line: string, { cwd = "/job", ...also }: Partial<Parameters<typeof portableFieldsOf>[0]> = {}) =>
  portableFieldsOf({
    invocation: invocationOf(line),
    digests: new Map(),
    environment: {},
    version: "3.5.0",
    shell: null,
    cwd,
    ...also,
  });

describe("what has to be the same elsewhere", () => {
  const here = fieldsOf("-a --delete build/ /srv/app");

  test.for<[line: string, cwd: string]>([
    ["-av --delete build/ /srv/app", "/job"],
    ["-n -a --delete ./build/ /srv/x/../app/", "/job"],
    ["-a --delete build// app", "/srv"],
    ["-a --delete build/. /srv/app", "/home/ci"],
  ])("%s in %s is", ([line, cwd]) => {
    expect(fieldsOf(line, { cwd })).toEqual(here);
  });

  test.for<[line: string, cwd: string]>([
    ["-a --delete build /srv/app", "/job"],
    ["-a --delete other/ /srv/app", "/job"],
    ["-a --delete build/ /srv/app2", "/job"],
    ["-a --delete build/ app", "/job"],
    ["-a build/ /srv/app", "/job"],
    ["-a --delete --exclude=x build/ /srv/app", "/job"],
    ["-a --delete build/ web1:/srv/app", "/job"],
  ])("%s in %s is not", ([line, cwd]) => {
    expect(fieldsOf(line, { cwd })).not.toEqual(here);
  });

  test("nor another rsync, variable, or content of a file that is named", () => {
    const line = "-a --exclude-from=list build/ /srv/app";
    const digests = new Map([["list", digest]]);
    const one = fieldsOf(line, { digests });
    expect(fieldsOf(line, { digests })).toEqual(one);
    for (const other of [
      { digests, version: "3.2.7" },
      { digests, environment: { RSYNC_ICONV: "latin1" } },
      { digests, shell: "ssh -p 23" },
      { digests: new Map([["list", "1".repeat(64)]]) },
    ])
      expect(fieldsOf(line, other)).not.toEqual(one);
  });

  test.for<[what: string, also: Parameters<typeof fieldsOf>[1], unseen: string, line?: string]>([
    ["a list in a pipe", { digests: new Map([["-", "stream"]]) }, "-"],
    ["a file that is told apart by its inode", { digests: new Map([["big", "8:1 99 1"]]) }, "big"],
    ["one that can't be read", { digests: new Map([["list", null]]) }, "list"],
    ["an rsync that does not say its version", { version: null }, "rsync --version"],
    ["a variable that may hold a password", { environment: { RSYNC_PROXY: "me:secret@proxy:80" } }, "RSYNC_PROXY"],
    ["no current directory", { cwd: null }, "."],
    ["a descriptor", {}, "/dev/fd/7", "-a --exclude-from=/dev/fd/7 build/ /srv/app"],
  ])("%s keeps a plan from travelling", ([, also, unseen, line = "-a build/ /srv/app"]) => {
    expect(fieldsOf(line, also)).toEqual({ unseen });
  });

  test("two hosts have the same fields, two users on them have not", () => {
    const on = (word: string) => fieldsOf(`-a build/ ${word}`);
    expect(on("web2:/srv/app")).toEqual(on("web1:/srv/app"));
    expect(on("deploy@web1:/srv/app")).not.toEqual(on("web1:/srv/app"));
    expect(on("web1::srv/app")).not.toEqual(on("web1:srv/app"));
  });
});

test.for<[line: string, host: string | null, moved: string]>([
  ["-a build/ web1:/srv/web1/", "web1", "-a build/ web9:/srv/web1/"],
  ["-a build/ web1@web1:/srv", "web1", "-a build/ web1@web9:/srv"],
  ["-a build/ web1::m/x", "web1", "-a build/ web9::m/x"],
  ["-a build/ rsync://u@web1:873/m/x", "web1", "-a build/ rsync://u@web9:873/m/x"],
  ["-a web1:/srv/ web1:/srv/ -v", "web1", "-a web1:/srv/ web9:/srv/ -v"],
  ["-a build/ /srv/app", null, "-a build/ /srv/app"],
])("%s goes to %s, and elsewhere as %s", ([line, host, moved]) => {
  // rsync takes no two remote ends, but the last operand is the one that counts
  const invocation = invocationOf(line);
  expect(destinationHost(invocation)).toBe(host);
  expect(withHost(invocation, "web9").join(" ")).toBe(moved);
});

test.for<[pattern: string, hosts: readonly string[] | null]>([
  ["web1", ["web1"]],
  ["web[1-3]", ["web1", "web2", "web3"]],
  ["web[08-11].example.org", ["web08", "web09", "web10", "web11"].map((name) => `${name}.example.org`)],
  ["[a,b][1,3-4]", ["a1", "a3", "a4", "b1", "b3", "b4"]],
  ["web[1-300]", null],
  ["web[1-20][1-20]", null],
  ["web[2-1]", null],
  ["web[]", null],
  ["web[1-3", null],
  ["web*", null],
  ["", null],
  ["a b", null],
  ["web1;id", null],
])("%s stands for %j", ([pattern, hosts]) => {
  expect(hostsOf(pattern)).toEqual(hosts);
});

test("a comma within brackets parts no patterns", () => {
  expect(patternsIn("web[1-3],db[1,5], x")).toEqual(["web[1-3]", "db[1,5]", "x"]);
  expect(destinationsOf({ destinations: ["web[1-2]", "web2", "x*"] })).toEqual(["web1", "web2"]);
});

const good = (signer: string, key = signer): Signature => ({ is: "good", signer, key });
const { approvals } = builtInConfig;
const now = Date.parse(header.made.at) + 3_600_000;

describe("signatures", () => {
  test.for<[what: string, signatures: readonly Signature[], makerCounts: boolean, signers: readonly string[]]>([
    ["two people", [good("anna@x"), good("ben@x")], true, ["anna@x", "ben@x"]],
    ["one, twice", [good("ben@x"), good("ben@x", "other")], true, ["ben@x"]],
    ["one key under two names", [good("ben@x", "key"), good("carol@x", "key")], true, ["ben@x"]],
    [
      "unknown and bad ones",
      [
        { is: "unknown", said: "" },
        { is: "bad", signer: "ben@x", said: "" },
      ],
      true,
      [],
    ],
    ["the maker", [good("Anna@x"), good("ben@x")], false, ["ben@x"]],
    ["the maker, by the whole name", [good("anna"), good("ben@x")], false, ["ben@x"]],
    ["somebody who is called much the same", [good("annabel@x")], false, ["annabel@x"]],
  ])("%s", ([, signatures, makerCounts, signers]) => {
    const found = signersOf(signatures, header.made, { makerCounts });
    expect(found.signers).toEqual(signers);
    expect(found.uncounted.length).toBe(signatures.length - signers.length);
  });

  type Row = readonly [
    what: string,
    is: ImportProblem["is"] | null,
    also: object,
    signatures?: readonly Signature[] | undefined,
    at?: object,
  ];
  test.for<Row>([
    ["one of one", null, {}],
    ["none", "unsigned", {}, []],
    ["none is needed", null, { signatures: 0 }, []],
    ["one of two", "unsigned", { signatures: 2 }],
    ["two of two", null, { signatures: 2 }, [good("a"), good("b")]],
    ["an hour old, of an hour", null, { freshFor: 3_600_000 }],
    ["older", "old", { freshFor: 3_599_999 }],
    ["from a clock that is a little ahead", null, {}, undefined, { now: now - 3_600_000 - 60_000 }],
    ["from the future", "future", {}, undefined, { now: now - 3_600_000 - 60_001 }],
    ["imported before", "again", {}, undefined, { importedAt: now - 5 }],
    ["imported before, and unsigned", "unsigned", {}, [], { importedAt: now - 5 }],
  ])("%s: %s", ([, is, also, signatures = [good("a")], at = {}]) => {
    const problem = judgePlanFile(header, signatures, { ...approvals, ...also }, { now, importedAt: null, ...at });
    expect(problem?.is ?? null).toBe(is);
  });
});

describe("the run on the other machine", () => {
  const { fields } = header;
  test.for<[what: string, here: Fields, host: string, is: ImportProblem["is"] | null]>([
    ["the same", fields, "web2", null],
    ["another host", fields, "web4", "elsewhere"],
    ["another option", { ...fields, options: "-r --delete" }, "web2", "differs"],
    ["a field that is known here alone", { ...fields, more: "x" }, "web2", "differs"],
    ["a field that is known there alone", { rsync: "3.5.0" }, "web2", "differs"],
  ])("%s: %s", ([, here, host, is]) => {
    expect(judgeRunHere(header, here, host)?.is ?? null).toBe(is);
  });
});

test("every reason has its words, and what others have chosen is escaped in them", () => {
  const texts = (
    [
      { is: "no-signers", path: "/etc/rsync-guard.signers" },
      {
        is: "unsigned",
        needed: 2,
        signers: ["anna\u001b[31m"],
        uncounted: [
          { is: "unknown", said: "" },
          { is: "bad", signer: "ben", said: "not \u001b[31m\nvalid" },
          { is: "maker", signer: "carol" },
          { is: "twice", signer: "dan" },
        ],
      },
      { is: "old", age: 2 * 86_400_000, freshFor: 86_400_000 },
      { is: "future", age: -600_000 },
      { is: "again", age: 60_000 },
      { is: "elsewhere", host: "db1", destinations: ["web[1-3]"] },
      { is: "differs", differences: [{ field: "options", before: "-r", now: "" }] },
    ] satisfies readonly ImportProblem[]
  ).map(importProblemText);
  expect(texts.join("\n")).toMatchInlineSnapshot(`
    "there is no /etc/rsync-guard.signers (approvals.signers), so nobody can sign a plan for this machine
    it needs 2 signatures, and has only that of anna\\e[31m
      does not count: a signature by a key that the file of signers does not have, or that has expired there
      does not count: a signature of ben that is not valid: not \\e[31m
      does not count: carol made the plan (approvals.maker_counts is false)
      does not count: another signature of dan
    it was made 2 days ago, and counts for 24 h (approvals.fresh_for)
    it was made in the future, by 10 min: compare the clocks
    it was imported already, 60 s ago: make a new plan
    it is for web[1-3], and this would go to db1 (plan --destinations names the hosts)
    the command is not the same here
      options  -r  ->  (none)"
  `);
});

const world: World = {
  places: { "/srv/app/x": "file", "/srv/app/l": "file", "/srv/app/d/": "directory", "/srv/app/f": "file" },
};
describe("by an imported plan, nothing is lost that it does not name", () => {
  const outside = (lines: readonly string[], command = "-a --delete build/ /srv/app") => {
    const approved = {
      deletions: setOf(["old", "cache/"]),
      overwritten: setOf(["x", "l"]),
      changed: 2,
      at: Number.POSITIVE_INFINITY,
    };
    const { plan } = readPlan(contextFor(command, world, {}, { approved }), [printed(lines)]);
    return [...(plan?.unapproved.first ?? ["no plan"]), ...(plan?.overwritten.first ?? [])];
  };

  test.for<[line: string, outside: readonly string[], command?: string]>([
    ["*deleting   old", []],
    ["*deleting   cache/", []],
    // now a directory, now a file
    ["*deleting   old/", ["old/"]],
    ["*deleting   cache", ["cache"]],
    ["*deleting   other", ["other"]],
    [">f.st...... x", []],
    [">f.st...... f", ["f"]],
    ["cLc.T...... l -> a", []],
    // something is there, and goes without a line of its own
    [">f+++++++++ f", ["f"]],
    ["cd+++++++++ f/", ["f"]],
    ["cL+++++++++ f -> a", ["f"]],
    [">f+++++++++ l", []],
    [">f+++++++++ new", []],
    [".f...p..... f", []],
    // on another host
    ["<f.st...... x", [], "-a --delete build/ host:/srv/app"],
    ["<f.st...... f", ["f"], "-a --delete build/ host:/srv/app"],
    ["*deleting   other", ["other"], "-a --delete build/ host:/srv/app"],
    // with options by which an ordinary dry run would let it pass
    [">f.st...... f", ["f"], "-a --delete --inplace build/ /srv/app"],
    [">f.st...... f", ["f"], "-a --delete --partial build/ /srv/app"],
  ])("%s: %j", ([line, expected, command]) => {
    expect(outside([line], command)).toEqual(expected);
  });

  test("less than it names is fine, and is said", () => {
    expect(outside([])).toEqual([]);
    const plan = { ...emptyPlan, deleted: { ...none, files: 2 }, created: { ...none, files: 1 } };
    expect(importedDifferenceText(plan, plan)).toBe("");
    expect(importedDifferenceText(plan, emptyPlan)).toBe(
      "rsync-guard: not quite what the imported plan names: deletes 0 entries instead of 2, adds 0 entries instead of 1\n",
    );
  });
});
