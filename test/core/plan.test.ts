import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bytes, bytesOf } from "../../src/core/bytes.ts";
import type { Code } from "../../src/core/codes.ts";
import { options, takesValue } from "../../src/core/command/options.ts";
import { type GivenOption, type Invocation, type ParseEnvironment, parse } from "../../src/core/command/parse.ts";
import { builtInConfig, type Limits, type Settings } from "../../src/core/configuration/settings.ts";
import { judgePlan } from "../../src/core/judge/plan-rules.ts";
import { isWithin } from "../../src/core/paths.ts";
import { endsOf } from "../../src/core/place/target.ts";
import { obstacleTo, planArguments } from "../../src/core/plan/command.ts";
import type { PlanContext, ShieldedDirectory } from "../../src/core/plan/context.ts";
import type { Plan, PlanWithDeletions } from "../../src/core/plan/plan.ts";
import {
  counted,
  emptyPlan,
  keeps,
  keptPaths,
  leftOut,
  linkWorld,
  lostLinks,
  names,
  obstacles,
  rebuilt,
  releaseNames,
  releaseParents,
  releases,
  releaseWorld,
  runs,
  samples,
  sizes,
} from "../cases/plans.ts";
import { type Line, wordsOf } from "../cases/words.ts";
import { commandLine } from "../conformance/grammar.ts";
import { factsOf, type World } from "../support/facts.ts";
import { contextFor, printed, readPlan, setOf } from "../support/plan.ts";
import { invocationOf, named } from "../support/run.ts";

/** What each plan has behind its options, before its operands. */
const fixed = ["--out-format=%i %n%L", "--stats", "--no-h", "--no-motd", "--"];

function isRebuilt([line, opts, operands, env]: readonly [Line, Line, Line, ParseEnvironment?]): void {
  const allEntries = /--(?:compare|copy|link)-dest|--partial-dir=-n/.test(String(line)) ? ["-ii"] : [];
  expect(planArguments(invocationOf(line, env))).toEqual(
    ["-n", ...allEntries, ...wordsOf(opts), ...fixed, ...wordsOf(operands)].map(bytesOf),
  );
}

describe.each(Object.entries(rebuilt))("%s", (_, rows) => {
  test.for(rows)("%j", isRebuilt);
});

test("bytes that are no UTF-8 stay what they are", () => {
  const parsed = parse(["--exclude=\xff", "-e", "\xfe", "s\xff", "d"], {});
  expect("invocation" in parsed && planArguments(parsed.invocation)).toEqual([
    "-n",
    "--exclude=\xff",
    "-e=\xfe",
    ...fixed,
    "s\xff",
    "d",
  ]);
});

/** These make another kind of run, which is not planned. */
const kinds = ["help", "version", "server", "sender", "daemon", "list-only"] as const;

const spellings = options
  .filter(({ name, traits }) => name !== "remote-option" && !kinds.some((kind) => traits.includes(kind)))
  .flatMap((option) => {
    const { name, short, aliases, negations } = option;
    const value = takesValue(option, false) ? "=-n" : "";
    return [
      ...[name, ...aliases].filter((own) => own !== short).map((own) => ({ name, word: `--${own}${value}` })),
      ...(short ? [{ name, word: `-${short}${value}` }] : []),
      ...negations.map((own) => ({ name, word: `--${own}` })),
    ];
  });

test.for(spellings)("$word", ({ name, word }) => {
  const kept = word === "-P" ? "--partial" : word;
  isRebuilt([[word, "src", "dst"], leftOut.includes(name) ? [] : [kept], "src dst"]);
});

test("each name that is left out is an option's", () => {
  expect(leftOut.filter((name) => !spellings.some((one) => one.name === name))).toEqual([]);
});

const given = (all: readonly GivenOption[]) =>
  all
    .filter(({ option }) => !leftOut.includes(option.name) && option.name !== "remote-option")
    // -P is --partial, and what only prints
    .map(({ as, value }) => [as === "P" ? "partial" : as, value]);

/** What a run is, but for what it prints and whether it is a dry run. */
const meant = ({ argv: _, kind: __, dryRun: ___, options: own, remoteOptions, ...rest }: Invocation) => ({
  ...rest,
  options: given(own),
  remoteOptions: given(remoteOptions),
});

/** Generated command lines of runs that can be planned. */
const planned = commandLine
  .map(({ argv, env }) => ({ env, parsed: parse(argv.map(bytesOf), env) }))
  .filter(({ parsed }) => "invocation" in parsed && ["live", "dry-run"].includes(parsed.invocation.kind));

test("the plan of any run is its dry run", () => {
  fc.assert(
    fc.property(planned, ({ env, parsed }) => {
      if (!("invocation" in parsed)) return;
      const words = planArguments(parsed.invocation);
      const again = parse(words, env);
      expect(again).toHaveProperty("invocation.kind", "dry-run");
      if ("invocation" in again) expect(meant(again.invocation)).toEqual(meant(parsed.invocation));
      const before = words.slice(0, words.indexOf("--"));
      expect(before[0]).toBe("-n");
      expect(before.filter((word) => !word.startsWith("-"))).toEqual([]);
    }),
    { numRuns: 500, seed: 1 },
  );
});

function read(context: PlanContext, pieces: readonly Bytes[]): PlanWithDeletions | null {
  const made = readPlan(context, pieces);
  return made.plan ? made : null;
}

function readLines(site: PlanContext, lines: readonly string[], entries = 0): PlanWithDeletions {
  return read(site, [printed(lines, entries)]) ?? expect.unreachable("no plan");
}

const here = "-a --delete build/ /srv/app";
const planOf = (site: PlanContext, ...lines: readonly string[]): Plan => readLines(site, lines).plan;

test.for(Object.entries(samples))("%s", ([, { command, world, printed: text, plan }]) => {
  expect(read(contextFor(command, world), [bytesOf(text)])?.plan).toEqual(plan);
});

test.for(Object.entries(samples))("%s, in any pieces", ([, { command, world, printed: text }]) => {
  const bytes = bytesOf(text);
  const site = contextFor(command, world);
  const whole = read(site, [bytes]);
  expect(whole?.deletions.size).toBeGreaterThan(0);
  const isSame = (cuts: readonly number[]) => {
    const pieces = [0, ...cuts].map((cut, at) => bytes.slice(cut, cuts[at]));
    const cut = read(site, pieces);
    expect(cut?.plan).toEqual(whole?.plan);
    expect(cut?.deletions.bytes).toEqual(whole?.deletions.bytes);
  };
  isSame([...bytes].map((_, at) => at));
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => isSame(cuts.sort((a, b) => a - b))),
    { seed: 1 },
  );
});

const lineOfFiles = "Number of files: 13 (reg: 7, dir: 3, link: 2, special: 1)\n";

test.for<[text: string, isWhole: boolean]>([
  ["", false],
  [">f+++++++++ a\n", false],
  ["Number of created files: 7\n", false],
  [lineOfFiles.slice(0, -1), false],
  [`>f+++++++++ ${lineOfFiles}`, false],
  [`*deleting   ${lineOfFiles}`, false],
  [`x ${lineOfFiles}`, false],
  [lineOfFiles, true],
  [`>f+++++++++ a\n\n${lineOfFiles}rest`, true],
  ["Number of files: 1\n", true],
])("%j is a plan: %s", ([text, isWhole]) => {
  expect(read(contextFor(here), [text]) !== null).toBe(isWhole);
});

function isCounted([line, as]: (typeof counted)[number]): void {
  const { created, changed, deleted, attributes } = planOf(contextFor(here), line);
  const found = Object.entries({ created, changed, deleted }).flatMap(([verb, tally]) =>
    Object.entries(tally).flatMap(([kind, count]) => Array.from({ length: count }, () => `${verb} ${kind}`)),
  );
  expect([...found, ...(attributes > 0 ? ["attributes"] : [])].join(", ")).toBe(as);
}

test.for(counted)("%j is %j", isCounted);

test.for<[created: number, entries: number, kept: number]>([
  [0, 0, 0],
  [0, 7, 7],
  [3, 7, 4],
  [7, 7, 0],
  // with the destination itself
  [8, 7, 0],
])("of %i new ones among %i, %i were there", ([created, entries, kept]) => {
  const lines = Array.from({ length: created }, (_, at) => `>f+++++++++ f${at}`);
  expect(readLines(contextFor(here), lines, entries).plan.kept).toBe(kept);
});

test.for(names)("the name %j is %j", ([name, bytes, text = bytes]) => {
  const { plan, deletions } = readLines(contextFor(here), [`*deleting   ${name}`, `*deleting   ${name}/`]);
  expect([bytes, `${bytes}/`, `${bytes}x`].map((path) => deletions.has(path))).toEqual([true, true, false]);
  expect(plan.topLevel.first.map(([shown]) => shown)).toEqual([text, `${text}/`]);
});

test("the names with the most deletions come first, and there are ten", () => {
  const lines = Array.from({ length: 12 }, (_, at) =>
    Array.from({ length: at + 1 }, (_, n) => `*deleting   d${at}/${n}`),
  );
  expect(planOf(contextFor(here), ...lines.flat()).topLevel).toEqual({
    first: [12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((count) => [`d${count - 1}/`, count]),
    others: 2 + 1,
  });
});

test("one deletion alone is named by its path", () => {
  const deleted = (...paths: readonly string[]) =>
    planOf(contextFor(here), ...paths.map((path) => `*deleting   ${path}`)).topLevel.first;
  expect(deleted("pub/deep/f1", "x")).toEqual([
    ["pub/deep/f1", 1],
    ["x", 1],
  ]);
  expect(deleted("pub/f1", "pub/f2", "pub/")).toEqual([["pub/", 3]]);
});

test("of more than a thousand names the first ones are counted", () => {
  const names = Array.from({ length: 1500 }, (_, at) => `f${at}`);
  const { topLevel, deleted } = planOf(
    contextFor(here),
    ...[...names, "f999", "f999", "f1000"].map((name) => `*deleting   ${name}`),
  );
  expect(topLevel.first[0]).toEqual(["f999", 3]);
  expect(topLevel.first.map(([name]) => name)).not.toContain("f1000");
  expect(topLevel.first.reduce((sum, [, count]) => sum + count, topLevel.others)).toBe(deleted.files);
});

const releasesIn = (site: PlanContext, deleted: readonly string[]): readonly string[] =>
  planOf(site, ...deleted.map((name) => `*deleting   ${name}`)).releases.map(
    ({ directory, names: { first }, current }) =>
      `${directory}: ${first.join(", ")}${current === null ? "" : ` (${current})`}`,
  );

test.for(releases)("releases: %s (%s %s)", ([, destination, deleted, ...found]) => {
  const site = contextFor(`-a --delete build/ ${destination}`, releaseWorld);
  expect(releasesIn(site, deleted.split(" "))).toEqual(found);
});

/** The directories called site and releases in which a deleted directory of that name is a release. */
const whereRelease = (name: string): readonly string[] =>
  ["site", "releases"].filter((parent) =>
    [`/srv/${parent}`, `/srv/x`].every((destination) => {
      const below = destination === "/srv/x" ? `${parent}/` : "";
      const site = contextFor(`-a --delete build/ ${destination}`);
      return releasesIn(site, [`${below}${name}/`, `${below}9.9.9/`]).length > 0;
    }),
  );

test.for(releaseNames.anywhere)("%s is a release", (name) => {
  expect(whereRelease(name)).toEqual(["site", "releases"]);
});
test.for(releaseNames["in releases"])("%s is a release in releases", (name) => {
  expect(whereRelease(name)).toEqual(["releases"]);
});
test.for(releaseNames.nowhere)("%s is no release", (name) => {
  expect(whereRelease(name)).toEqual([]);
});

test.for(releaseParents)("in %s numbers are releases: %s", ([parent, holdsReleases]) => {
  const site = contextFor(`-a --delete build/ /srv/${parent}`);
  expect(releasesIn(site, ["1/", "2/"])).toEqual(holdsReleases ? [`/srv/${parent}: 1, 2`] : []);
});

test("of many releases the first ten are named, and of many directories with some the first thousand", () => {
  const many = Array.from({ length: 12 }, (_, at) => `*deleting   1.${at}/`);
  expect(planOf(contextFor(here), ...many).releases).toEqual([
    {
      directory: "/srv/app",
      names: { first: Array.from({ length: 10 }, (_, at) => `1.${at}`).sort(), count: 12 },
      current: null,
    },
  ]);
  const wide = Array.from({ length: 1200 }, (_, at) => [`*deleting   d${at}/1.0/`, `*deleting   d${at}/1.1/`]);
  expect(planOf(contextFor(here), ...wide.flat()).releases).toHaveLength(1000);
});

const linksOf = ({ symlinks }: Plan) => symlinks.first.map(({ link, text }) => `${link} -> ${text}`);

test.for(lostLinks)("lost links: %s", ([line, ...links]) => {
  const plan = planOf(contextFor(here, linkWorld), line);
  expect(linksOf(plan)).toEqual(links);
  expect(plan.symlinks.count).toBe(links.length);
});

test("a link leads out of the target, which may be less than the destination", () => {
  const beside: World = { places: { "/srv/app/media": { link: "../shared" }, "/srv/shared": "directory" } };
  expect(linksOf(planOf(contextFor("-a --delete app /srv", beside), "*deleting   app/media"))).toEqual([
    "app/media -> ../shared",
  ]);
  expect(linksOf(planOf(contextFor("-a --delete build/ /srv", beside), "*deleting   app/media"))).toEqual([]);
});

const many = Array.from({ length: 12 }, (_, at) => `l${at}`);

test("of many lost links ten are named", () => {
  const places = Object.fromEntries(many.map((name) => [`/srv/app/${name}`, { link: "/srv/shared" }]));
  const site = contextFor(here, { places: { ...places, "/srv/shared": "directory" } });
  const { symlinks } = planOf(site, ...many.map((name) => `*deleting   ${name}`));
  expect(symlinks).toEqual({ first: many.slice(0, 10).map((link) => ({ link, text: "/srv/shared" })), count: 12 });
});

const keep: Limits["keep"] = keptPaths.map((pattern) => ({
  pattern,
  matches: (path) => isWithin(path, pattern),
}));

test.for(keeps)("kept: -a --delete %s: %s", ([argv, line, ...kept]) => {
  const plan = planOf(contextFor(`-a --delete ${argv}`, linkWorld, { keep }), line);
  expect(plan.keeps).toEqual({ first: kept, count: kept.length });
});

test("of many kept paths ten are named", () => {
  const { keeps: found } = planOf(contextFor(here, {}, { keep }), ...many.map((name) => `*deleting   .git/${name}`));
  expect(found).toEqual({ first: many.slice(0, 10).map((name) => `.git/${name}`), count: 12 });
});

test.for<[line: string, path: string | null]>([
  ["*deleting   data/", "/srv/app/data"],
  ["*deleting   data/x", "/srv/app/data/x"],
  ["*deleting   data/x/y/", "/srv/app/data/x/y"],
  ["*deleting   database/x", null],
  ["*deleting   other/data/x", null],
  [">f+++++++++ data/x", null],
  [">f.st...... data/x", null],
])("shielded: %s: %s", ([line, path]) => {
  const shielded: readonly ShieldedDirectory[] = [
    { below: "/srv/other", what: "protected" },
    { below: "/srv/app/data", what: "a mount point" },
  ];
  expect(planOf(contextFor(here, {}, { shielded }), line).protected).toEqual({
    first: path === null ? [] : [{ path, below: "/srv/app/data", what: "a mount point" }],
    count: path === null ? 0 : 1,
  });
});

test.for<[what: string, approved: readonly Bytes[] | null, deleted: readonly string[], unapproved: readonly string[]]>([
  ["anything", null, ["a", "b/"], []],
  ["the same", ["a", "b/", "b/c"], ["b/c", "b/", "a"], []],
  ["less", ["a", "b/", "b/c"], ["b/c"], []],
  ["more", ["a"], ["a", "b", "c/"], ["b", "c/"]],
  ["what was a file is a directory", ["a"], ["a/"], ["a/"]],
  ["all where nothing was approved", [], ["a"], ["a"]],
  ["the name, not how it is printed", ["a\nb"], [String.raw`a\#012b`], []],
  ["a name that only looks like it", ["a\nb"], [String.raw`a\#134#012b`], ["a\\#012b"]],
])("beyond what was approved: %s", ([, approved, deleted, unapproved]) => {
  const plan = planOf(
    contextFor(here, {}, { approved: approved && setOf(approved) }),
    ...deleted.map((name) => `*deleting   ${name}`),
  );
  expect(plan.unapproved).toEqual({ first: unapproved, count: unapproved.length });
});

test("of many that were not approved the first ten are named", () => {
  const site = contextFor(here, {}, { approved: setOf(["l0"]) });
  expect(planOf(site, ...many.map((name) => `*deleting   ${name}`)).unapproved).toEqual({
    first: many.slice(1, 11),
    count: 11,
  });
});

test("a plan may be carried out as it was approved", () => {
  const { command, world, printed: text } = Object.values(samples)[0] ?? expect.unreachable();
  const approved = read(contextFor(command, world), [bytesOf(text)])?.deletions ?? null;
  expect(approved?.size).toBe(6);
  expect(read(contextFor(command, world, { approved }), [bytesOf(text)])?.plan.unapproved.count).toBe(0);
  const more = bytesOf(text).replace("old/a", "old/b");
  expect(read(contextFor(command, world, { approved }), [more])?.plan.unapproved).toEqual({
    first: ["old/b"],
    count: 1,
  });
});

const settings = (limits: Partial<Limits> = {}, allow: readonly Code[] = []): Settings => ({
  ...builtInConfig.settings,
  allow,
  limits: { ...builtInConfig.settings.limits, ...limits },
});

const codesOf = (plan: Plan, given: Settings): readonly Code[] =>
  judgePlan(plan, given, "/srv/app").map(({ code }) => code);

test.for(sizes)("%j against %j: too large %s", ([{ deleted, kept, present }, maxDelete, tooLarge]) => {
  const plan: Plan = { ...emptyPlan, kept, deleted: { files: deleted, directories: 0, symlinks: 0, specials: 0 } };
  const known = { ...plan, present: present ?? deleted + kept };
  expect(codesOf(known, settings({ maxDelete }))).toEqual(tooLarge ? ["plan-too-large"] : []);
  // on another host nothing is counted, and nothing is shielded
  if (present === undefined) expect(codesOf(plan, settings({ maxDelete }))).toEqual(tooLarge ? ["plan-too-large"] : []);
});

test("directories, symlinks and oddEntries count as files do", () => {
  const deleted = { files: 3, directories: 3, symlinks: 3, specials: 3 };
  expect(judgePlan({ ...emptyPlan, deleted, kept: 11 }, settings(), "/srv/app")).toEqual([
    {
      code: "plan-too-large",
      path: "/srv/app",
      deleted: 12,
      present: 23,
      maxDelete: { percent: 50 },
      topLevel: emptyPlan.topLevel,
    },
  ]);
  expect(codesOf({ ...emptyPlan, deleted, kept: 12 }, settings())).toEqual([]);
});

test.for(runs)("%s: %j, refused: %s", ([, { created, changed, same, deleted }, refused]) => {
  const lines = (count: number, start: string) => Array.from({ length: count }, (_, at) => `${start}${at}.js`);
  const { plan } = readLines(
    contextFor(here),
    [...lines(deleted, "*deleting   old"), ...lines(created, ">f+++++++++ new"), ...lines(changed, ">f.st...... page")],
    created + changed + same,
  );
  const present = changed + same + deleted;
  expect(codesOf({ ...plan, present }, settings())).toEqual(refused ? ["plan-too-large"] : []);
});

const lostRelease = { directory: "/srv/app", names: { first: ["1.0", "1.1"], count: 2 }, current: null };
const lostLink = { first: [{ link: "media", text: "../shared" }], count: 1 };
const found = { first: ["a"], count: 1 };
const shieldedPath: Plan["protected"]["first"][number] = {
  path: "/srv/app/daten-ä/x",
  below: "/srv/app/daten-ä",
  what: "a mount point",
};

test.for<[given: Partial<Plan>, refusals: ReturnType<typeof judgePlan>]>([
  [{}, []],
  [{ created: { files: 9, directories: 9, symlinks: 9, specials: 9 }, attributes: 9 }, []],
  [
    { protected: { first: [shieldedPath, { ...shieldedPath, path: "/srv/app/daten-ä/y" }], count: 12 } },
    [
      {
        code: "protected-below",
        path: "/srv/app",
        below: bytesOf("/srv/app/daten-ä"),
        what: "a mount point",
        deletes: { first: ["/srv/app/daten-ä/x", "/srv/app/daten-ä/y"], count: 12 },
      },
    ],
  ],
  [{ releases: [lostRelease] }, [{ code: "plan-deletes-releases", ...lostRelease }]],
  [
    { releases: [lostRelease, { ...lostRelease, directory: "/srv/app/x" }] },
    [
      { code: "plan-deletes-releases", ...lostRelease },
      { code: "plan-deletes-releases", ...lostRelease, directory: "/srv/app/x" },
    ],
  ],
  [{ symlinks: lostLink }, [{ code: "plan-replaces-symlinks", path: "/srv/app", symlinks: lostLink }]],
  [{ keeps: found }, [{ code: "plan-deletes-kept", keeps: found }]],
  [{ unapproved: found }, [{ code: "plan-changed", unapproved: found, overwritten: emptyPlan.overwritten }]],
])("%j", ([given, refusals]) => {
  expect(judgePlan({ ...emptyPlan, ...given }, settings(), "/srv/app")).toEqual(refusals);
});

const wrongPlan: Plan = {
  ...emptyPlan,
  deleted: { files: 100, directories: 0, symlinks: 0, specials: 0 },
  releases: [lostRelease],
  symlinks: lostLink,
  keeps: found,
  protected: { first: [shieldedPath], count: 1 },
  unapproved: found,
};
const allWrong: readonly Code[] = [
  "protected-below",
  "plan-too-large",
  "plan-deletes-releases",
  "plan-replaces-symlinks",
  "plan-deletes-kept",
  "plan-changed",
];

test("all that is wrong with a plan is said", () => {
  expect(codesOf(wrongPlan, settings())).toEqual(allWrong);
});

test.for(allWrong)("allow = [%j]", (code) => {
  expect(codesOf(wrongPlan, settings({}, [code]))).toEqual(allWrong.filter((other) => other !== code));
});

const files = factsOf({ places: { "/job/list": "file", "/job/src": "directory", "/job/dst": "directory" } });
const withPipe: typeof files = {
  ...files,
  place: (path) =>
    path === "pipe" || path === "/dev/null"
      ? { path: "/job/pipe", kind: "other", id: "1:1", isLink: false }
      : files.place(path),
};

function isHindered([line, obstacle, remotePlan = "try"]: (typeof obstacles)[number]): void {
  const invocation = invocationOf(line);
  const found = obstacleTo(invocation, endsOf(invocation), withPipe, remotePlan);
  expect(named(found)).toBe(obstacle);
}

test.for(obstacles)("%j: %j", isHindered);
