import { describe, expect, test } from "vitest";
import { codes, undecidableCodes } from "../../src/core/codes.ts";
import { durationText } from "../../src/core/duration.ts";
import type { DryRunResult } from "../../src/core/judge/decision.ts";
import type { Refusal } from "../../src/core/judge/refusal.ts";
import { type Kinds, type NoPlan, noPlan, type Plan, type PlanResult } from "../../src/core/plan/plan.ts";
import { commandText } from "../../src/core/words/command-text.ts";
import { outlookText, planText, refusalText, warningText } from "../../src/core/words/message.ts";
import { lineOf, nextOf, pageOf, permanentLine } from "../../src/core/words/refusals.ts";
import { emptyPlan, none } from "../cases/plans.ts";
import { elsewhere, examplesOf, messageOf, minute, told } from "../cases/refusals.ts";
import type { Line } from "../cases/words.ts";
import { configFrom } from "../support/configuration.ts";

test.for(codes)("%s is worded", async (code) => {
  const messages = examplesOf(code).map(messageOf);
  const nexts = new Set(examplesOf(code).map(({ refusal }) => `next: ${nextOf(refusal)}\n`));
  const text = [...messages, [...nexts].join(""), `${[code, ...pageOf(code)].join("\n\n")}\n`].join("\n");
  await expect(text).toMatchFileSnapshot(`../golden/refusals/${code}.txt`);
});

test.for(codes)("%s keeps to the rules of the words", (code) => {
  for (const { refusal } of examplesOf(code)) {
    expect(lineOf(refusal)).not.toMatch(/^[A-Z]|[.!]$|\n/);
    expect(nextOf(refusal)).not.toMatch(/^[A-Z]|[.!]$|\n/);
  }
  expect(pageOf(code).length).toBeGreaterThan(0);
  for (const paragraph of pageOf(code)) expect(paragraph).toMatch(/^\S[^\n!]*\.$/);
});

test("the codes that say it can't be known", () => {
  expect([...undecidableCodes]).toEqual(["unknown-option", "popt-alias", "old-args", "cannot-decide"]);
});

const releaseRoot: Refusal = {
  code: "release-root",
  path: "/var/www/releases",
  link: "/var/www/current",
  text: "releases/1.2.2",
};
const emptyVariable: Refusal = {
  code: "empty-variable",
  word: "/var/www/releases//",
  which: "destination",
  sign: "double-slash",
};
const noDryRun: Refusal = { code: "no-dry-run", nearest: null, unseen: null };
const accident = "-a --delete build/ /var/www/releases//";

test("the accident's message", () => {
  const refusals = [releaseRoot, emptyVariable, { ...noDryRun, nearest: elsewhere }];
  expect(refusalText(told(accident, refusals), "refused, nothing ran")).toBe(
    `rsync-guard: refused, nothing ran: the destination /var/www/releases// contains //: a variable may be empty
  also: /var/www/releases is a release root (/var/www/current -> releases/1.2.2)
  also: no dry run of this command has been made
  rsync -a --delete build/ /var/www/releases//
  would write to and delete in /var/www/releases
  the nearest dry run (40 s ago, this user) went elsewhere:
    destination  /var/www/releases/1.2.3/  ->  /var/www/releases//     a variable may be empty
  next: set the variable, then dry-run again
  codes: empty-variable, release-root, no-dry-run   (rsync-guard explain empty-variable)
`,
  );
});

test("after a dry run it says what the live run would be refused for", () => {
  expect(warningText(told(`-n ${accident}`, [releaseRoot]))).toBe(
    `rsync-guard: the live run would be refused: /var/www/releases is a release root (/var/www/current -> releases/1.2.2)
  rsync -n -a --delete build/ /var/www/releases//
  would write to and delete in /var/www/releases
  next: set the variable, then dry-run again
  codes: release-root   (rsync-guard explain release-root)
`,
  );
});

test("a refusal that is said twice stands there once", () => {
  const text = refusalText(told(accident, [emptyVariable, emptyVariable]), "refused, nothing ran");
  expect(text.match(/contains \/\//g)).toHaveLength(1);
  expect(text).toContain("  codes: empty-variable   (");
});

describe("the dry run's command, ready to paste", () => {
  const pasteLine = (line: Line, refusals: readonly Refusal[]) =>
    /^ {4}(rsync .*)$/m.exec(refusalText(told(line, refusals), "refused, nothing ran"))?.[1] ?? null;

  test.for<[what: string, line: Line, refusals: readonly Refusal[], command: string | null]>([
    ["only the dry run is missing", "-a build/ /srv/app", [noDryRun], "rsync -n -a build/ /srv/app"],
    ["words are quoted", ["-a", "my build/", "/srv/it's"], [noDryRun], "rsync -n -a 'my build/' '/srv/it'\\''s'"],
    ["something else is wrong too", accident, [emptyVariable, noDryRun], null],
    [
      "never a way past a protected directory",
      "-a build/ /etc",
      [{ code: "protected-destination", path: "/etc", same: "/etc", configured: false }],
      null,
    ],
    ["a word can't be typed", ["-a", "b\u001b/", "/srv/app"], [noDryRun], null],
    ["no dry run can stand for it", "-r --files-from=- b /srv/app", [{ ...noDryRun, unseen: "-" }], null],
    ["on the far side there is nobody to paste it", "--server -re.L . /srv/app", [noDryRun], null],
    ["a command that is too long is not shown cut", ["-a", "b".repeat(500), "/srv/app"], [noDryRun], null],
  ])("%s", ([, line, refusals, command]) => {
    expect(pasteLine(line, refusals)).toBe(command);
  });
});

const changesNothing: Plan = { ...emptyPlan, kept: 12 };
const one: Kinds = { files: 1, directories: 1, symlinks: 1, specials: 1 };
const many: Kinds = { files: 2, directories: 3, symlinks: 4, specials: 5 };
const deletesOne: Partial<Plan> = {
  deleted: { ...none, files: 1 },
  topLevel: { first: [["old.txt", 1]], others: 0 },
};

test.for<[given: Partial<Plan>, text: string]>([
  [{}, "change nothing"],
  [{ created: one }, "add 1 file, 1 directory, 1 symlink, 1 special file"],
  [{ created: many }, "add 2 files, 3 directories, 4 symlinks, 5 special files"],
  [{ changed: { ...none, symlinks: 1 } }, "change 1 symlink"],
  [
    { ...deletesOne, directories: [{ path: "up", entries: 143, moved: 0 }] },
    "delete all of up/ (143 entries, none of them moved); delete 1 file (old.txt)",
  ],
  [
    { reduced: [{ path: "up", deleted: 12, moved: 0, present: 13, isSourceEmpty: false }] },
    "delete 12 of 13 entries in up/",
  ],
  [{ reduced: [{ path: "up", deleted: 12, moved: 0, present: 30, isSourceEmpty: false }] }, "change nothing"],
  [{ own: { first: [".env"], count: 1 } }, "delete .env, which the source does not have"],
  [{ older: { first: ["a"], count: 1, compared: 9 } }, "replace 1 newer file by an older one"],
  [
    { trusted: { first: ["/etc/cron.d/x"], count: 1 }, created: { ...none, files: 1 } },
    "write what the system runs or trusts: /etc/cron.d/x; add 1 file",
  ],
  [{ attributes: 1 }, "set times, modes or owners of 1 entry"],
  [{ attributes: 2 }, "set times, modes or owners of 2 entries"],
  [deletesOne, "delete 1 file (old.txt)"],
  [
    {
      deleted: many,
      topLevel: {
        first: [
          ["cache/", 8],
          ["my \u001b/", 2],
          ["a", 1],
        ],
        others: 3,
      },
    },
    "delete 2 files, 3 directories, 4 symlinks, 5 special files (8 in cache/, 2 in 'my \\e/', a, 3 elsewhere)",
  ],
  [
    { created: one, changed: { ...none, files: 2 }, attributes: 3, ...deletesOne },
    "delete 1 file (old.txt); change 2 files; add 1 file, 1 directory, 1 symlink, 1 special file; set times, modes or owners of 3 entries",
  ],
])("a plan with %j would %s", ([given, text]) => {
  expect(planText({ ...changesNothing, ...given })).toBe(text);
});

test.for<[what: string, made: Plan | NoPlan, text: string]>([
  ["a plan", { ...changesNothing, ...deletesOne }, "the live run would delete 1 file (old.txt); approved for 15 min"],
  ["a plan of nothing", changesNothing, "the live run would change nothing; approved for 15 min"],
  [
    "no plan",
    noPlan({ is: "stream", path: "-" }),
    "no plan of the live run could be made (- can be read only once); approved for 15 min, without a plan (the command matches; its effect was not checked)",
  ],
])("after a dry run, one line: %s", ([, made, text]) => {
  expect(
    outlookText("obstacle" in made ? made : { plan: made }, "approved", { freshFor: 15 * minute, bound: false }),
  ).toBe(`rsync-guard: ${text}\n`);
});

test("after a dry run, a live run that can't succeed is said to fail", () => {
  const standing = { freshFor: 15 * minute, bound: false, lacking: "/srv/a b" };
  expect(outlookText({ plan: changesNothing }, "approved", standing)).toBe(
    "rsync-guard: the live run would fail, since '/srv/a b' is not there (mkdir -p, or --mkpath); with it, it would change nothing; approved for 15 min\n",
  );
});

test.for<[standing: DryRunResult, bound: boolean, text: string]>([
  ["approved", false, "approved for 15 min"],
  ["approved", true, "approved for 15 min, in this login session"],
  ["unneeded", false, "it needs no dry run"],
  ["refused", false, "it would be refused"],
  [
    "unseen",
    false,
    "this dry run does not count: the live run depends on input that rsync-guard can't read (a pipe or standard input)",
  ],
  ["changed", false, "this dry run does not count: something it depends on changed while it ran; dry-run again"],
  ["unplanned", false, "this dry run does not count: its live run has to be planned"],
])("how long a dry run stands for its live run: %s, bound %s", ([standing, bound, text]) => {
  expect(outlookText({ plan: changesNothing }, standing, { freshFor: 15 * minute, bound })).toBe(
    `rsync-guard: the live run would change nothing; ${text}\n`,
  );
});

test("a refusal tells what the run would do, where that is known", () => {
  const [{ line, refusal } = expect.unreachable()] = examplesOf("plan-changed");
  const text = (plan: PlanResult<{ readonly plan: Plan }> | null) =>
    refusalText({ ...told(line, [refusal]), plan }, "refused, nothing ran")
      .split("\n")
      .slice(2, 5);
  const effect = "  would write to and delete in /srv/app";
  const next = "  next: make a dry run of this very command, read it, then run it";
  expect(text({ plan: { ...changesNothing, ...deletesOne } })).toEqual([
    effect,
    "  would delete 1 file (old.txt)",
    next,
  ]);
  expect(text(noPlan({ is: "rsync-failed", ended: 255, said: "" }))).toEqual([
    effect,
    "  no plan of it could be made: rsync -n ended with exit code 255",
    next,
  ]);
  expect(text(null).slice(0, 2)).toEqual([effect, next]);
});

test("long commands are cut, and so are many targets", () => {
  expect(commandText(["x".repeat(1000)])).toBe(`rsync ${"x".repeat(394)} …`);
  const many = Array.from({ length: 7 }, (_, at) => `s${at}`);
  expect(refusalText(told(["-a", ...many, "/srv/app"], [noDryRun]), "refused, nothing ran")).toContain(
    "  would write to /srv/app/s4\n  and 2 more\n",
  );
});

test("paths are shown with what can't be seen escaped", () => {
  const line = ["-a", "b/", "/srv/\u001b[2Jx\ny"];
  expect(refusalText(told(line, [noDryRun]), "refused, nothing ran")).toContain(
    "\n  rsync -a b/ '/srv/\\e[2Jx\\ny'\n  would write to '/srv/\\e[2Jx\\ny'\n",
  );
});

test.for<[milliseconds: number, text: string]>([
  [0, "0 s"],
  [40_000, "40 s"],
  [-119_000, "119 s"],
  [2 * minute, "2 min"],
  [119 * minute, "119 min"],
  [120 * minute, "2 h"],
  [47 * 60 * minute, "47 h"],
  [72 * 60 * minute, "3 days"],
])("%i ms is %s", ([milliseconds, text]) => {
  expect(durationText(milliseconds)).toBe(text);
});

const withLine = codes.flatMap((code) =>
  examplesOf(code).flatMap(({ refusal }) => {
    const line = permanentLine(refusal);
    return line === null ? [] : [{ code, line, refusal }];
  }),
);

test.for(withLine)("the line that lets $code pass for good can be read: $line", ({ line, code, refusal }) => {
  const { destinations } = configFrom(`[[destination]]\npath = "/srv/app"\n${line}`);
  const [{ allow, limits } = expect.unreachable()] = destinations;
  expect(allow ?? Object.keys(limits ?? {})).toHaveLength(1);
  if ("share" in refusal)
    expect(Object.values(limits ?? {})).toEqual([
      { percent: expect.toSatisfy((percent) => percent > refusal.share.percent) },
    ]);
  else if (limits === undefined) expect(allow).toEqual([code]);
});

test("where a variable may be gone, or the place is protected, no line is offered", () => {
  const offered = new Set(withLine.map(({ code }) => code));
  const never = codes.filter((code) =>
    /variable|argument|destination|protected|release-root|dry-run|session/.test(code),
  );
  expect(never.filter((code) => offered.has(code))).toEqual([]);
  expect(never.length).toBeGreaterThan(8);
});
