/** What rsync does not say in so many words: where its dry run is no plan, and what --link-dest and its kind take away. */
import { expect, test } from "vitest";
import type { PlanContext } from "../../src/core/plan/context.ts";
import { type Plan, totalOf } from "../../src/core/plan/plan.ts";
import type { World } from "../support/facts.ts";
import { contextFor, printed, readPlan } from "../support/plan.ts";

const app: World = {
  places: {
    "/srv/app/css/style.css": "file",
    "/srv/app/index.php": "file",
    "/srv/app/.begun/index.php": "file",
    "/srv/app/index.php~": "directory",
    "/srv/app/media": { link: "../shared/media" },
    "/srv/app/secret": "unreadable directory",
    "/srv/shared/media": "directory",
    "/srv/note": "file",
  },
};

/** Why these lines are no plan, and what names the trouble; null: they are one. */
function obstacleOf(context: PlanContext, lines: readonly string[]): string | null {
  const { obstacle } = { obstacle: null, ...readPlan(context, [printed(lines)]) };
  return obstacle && `${obstacle.is}${"path" in obstacle ? ` ${obstacle.path}` : ""}`;
}

/** Command, lines, why they are no plan. */
type Row = readonly [command: string, lines: readonly string[], obstacle: string | null];

// what was not judged must not change
test.for<Row>([
  ["-a --delete build /srv/app", ["*deleting   build/a"], null],
  ["-a --delete build /srv/app", ["*deleting   builds/a"], "outside-targets builds/a"],
  ["-a --delete build /srv/app", ["*deleting   other/", "*deleting   more/"], "outside-targets other"],
  ["-a --delete build /srv/app", [">f.st...... other/a"], "outside-targets other/a"],
  ["-a --delete build /srv/app", [">f+++++++++ other/a"], "outside-targets other/a"],
  ["-a --delete build host:app", ["*deleting   other/a"], "outside-targets other/a"],
  // the target, and the destination that holds it
  ["-a --delete build /srv/app", ["cd+++++++++ build/", "cd+++++++++ ./"], null],
  ["-a --delete build /srv/app", ["*deleting   build/"], null],
  ["-a --delete build /srv/app", ["*deleting   build"], null],
  // nothing is lost
  ["-a --delete build /srv/app", [".f...p..... other/a"], null],
  ["-a --delete build/ /srv/app", ["*deleting   other/a"], null],
  // whatever it is called
  ["-a page /srv/note", [">f.st...... page"], null],
  // with --relative rsync names an absolute source as it stands
  ["-aR --delete /job/build /srv/app", ["cd+++++++++ /job/", "cd+++++++++ /job/build/"], null],
])("%s: %j: %s", ([command, lines, obstacle]) => {
  expect(obstacleOf(contextFor(command, app), lines)).toBe(obstacle);
});

test.for<[line: string, obstacle: string | null]>([
  ["cd+++++++++ a/", null],
  ["cd+++++++++ a/b/", null],
  ["*deleting   a/", null],
  ["*deleting   a/b/x", null],
  // a file in the place of a directory that leads to the target
  ["*deleting   a", "outside-targets a"],
  [">f+++++++++ a", "outside-targets a"],
  ["cd+++++++++ a/c/", "outside-targets a/c"],
  ["cd+++++++++ aa/", "outside-targets aa"],
])("of a run to a/b: %s: %s", ([line, obstacle]) => {
  expect(obstacleOf(contextFor("-a build/ /srv/app", app, { within: ["a/b"] }), [line])).toBe(obstacle);
});

// a directory that may be written but not listed may hold symlinks
test.for<Row>([
  ["-a --delete build/ /srv/app", ["*deleting   secret/a"], "unlisted secret"],
  ["-a --delete build/ /srv/app", ["*deleting   secret/a", "*deleting   css/a"], "unlisted secret"],
  ["-a --delete build/ /srv/app", ["*deleting   css/style.css", "*deleting   secret/a"], "unlisted secret"],
  ["-a --delete build/ /srv/app", [">f+++++++++ secret/a"], "unlisted secret"],
  ["-a --delete build/ /srv/app", [">f.st...... secret/a"], null],
  ["-a --delete build/ /srv/app", ["*deleting   secret/"], null],
  ["-a --delete build/ host:/srv/app", ["*deleting   secret/a"], null],
])("%s: %j: %s", ([command, lines, obstacle]) => {
  expect(obstacleOf(contextFor(command, app), lines)).toBe(obstacle);
});

// rsync removes these, and says nothing
test.for<Row>([
  ["-a --partial-dir=.begun build/ /srv/app", [">f.st...... index.php"], "hidden-loss .begun/index.php"],
  ["-a --partial-dir=.begun build/ /srv/app", ["<f.st...... index.php"], "hidden-loss .begun/index.php"],
  ["-a --partial-dir=.begun build/ /srv/app", [">f+++++++++ index.php"], "hidden-loss .begun/index.php"],
  ["-a --partial-dir=.begun build/ /srv/app", ["hf+++++++++ index.php => x"], null],
  ["-a --partial-dir=.begun build/ /srv/app", [">f.st...... css/style.css"], null],
  ["-a --partial-dir=.begun build/ /srv/app", [".f...p..... index.php"], "hidden-loss .begun/index.php"],
  ["-a --partial-dir=.begun build/ /srv/app", [".f          index.php"], "hidden-loss .begun/index.php"],
  ["-a --partial-dir=.begun build/ /srv/app", [".f          css/style.css"], null],
  ["-a --partial-dir=.rsync-partial build/ /srv/app", [".f...p..... index.php"], null],
  ["-a --partial-dir=.begun build/ /srv/app", ["*deleting   index.php"], null],
  ["-ab build/ /srv/app", [">f.st...... index.php"], "hidden-loss index.php~/"],
  ["-ab build/ /srv/app", ["hf+++++++++ index.php => x"], "hidden-loss index.php~/"],
  ["-ab --delete build/ /srv/app", ["*deleting   index.php"], "hidden-loss index.php~/"],
  ["-ab build/ /srv/app", ["cL+++++++++ index.php -> x"], "hidden-loss index.php~/"],
  ["-ab build/ /srv/app", ["cd+++++++++ index.php/"], "hidden-loss index.php~/"],
  ["-ab build/ /srv/app", [">f.st...... css/style.css"], null],
  ["-ab --delete build/ /srv/app", ["*deleting   css/"], null],
  // the first one is told
  [
    "-ab --partial-dir=.begun build/ /srv/app",
    [">f.st...... index.php", ">f.st...... index.php"],
    "hidden-loss .begun/index.php",
  ],
])("%s: %j: %s", ([command, lines, obstacle]) => {
  expect(obstacleOf(contextFor(command, app), lines)).toBe(obstacle);
});

// what is deleted then depends on rules that nobody has seen
test.for<Row>([
  ["-aF --delete-after build/ /srv/app", [">f+++++++++ css/.rsync-filter"], "brings-filter css/.rsync-filter"],
  ["-aF --delete-after build/ /srv/app", [">f.st...... .rsync-filter"], "brings-filter .rsync-filter"],
  ["-aF --delete-after build/ /srv/app", [".f...p..... .rsync-filter"], null],
  ["-aF --delete-after build/ /srv/app", [">f+++++++++ css/rules"], null],
  ["-aF --delete build/ /srv/app", [">f+++++++++ css/.rsync-filter"], null],
  // in a new directory there is nothing to delete
  ["-aF --delete-after build/ /srv/new", [">f+++++++++ .rsync-filter"], null],
  ["-aF --delete-after build/ /srv/app", ["cd+++++++++ new/", ">f+++++++++ new/.rsync-filter"], null],
  ["-aF --delete-after build/ host:app", ["cd+++++++++ new/", ">f+++++++++ new/.rsync-filter"], null],
  ["-aF --delete-after build/ host:app", ["cd+++++++++ ./", ">f+++++++++ .rsync-filter"], null],
  ["-aF --delete-after build/ host:app", [">f+++++++++ new/.rsync-filter"], "brings-filter new/.rsync-filter"],
  [
    "-aF --delete-after build/ host:app",
    [".d..t...... new/", ">f+++++++++ new/.rsync-filter"],
    "brings-filter new/.rsync-filter",
  ],
  [
    "-aF --delete-after build/ host:app",
    [">f+++++++++ new", ">f+++++++++ new/.rsync-filter"],
    "brings-filter new/.rsync-filter",
  ],
  [
    "-aF --delete-after build/ /srv/app",
    [">f+++++++++ .rsync-filter", ">f+++++++++ css/.rsync-filter"],
    "brings-filter .rsync-filter",
  ],
])("%s: %j: %s", ([command, lines, obstacle]) => {
  expect(obstacleOf(contextFor(command, app), lines)).toBe(obstacle);
});

const nested: World = {
  places: { ...app.places, "/srv/app/js/deep": "directory" },
  lists: {
    "/srv/app/.rsync-filter": ["- *.o", ": .also"],
    "/srv/app/css/.also": ["dir-merge .further", ". ../once"],
    "/srv/.rsync-filter": ["merge above"],
    "/job/build/.rsync-filter": [": .sent"],
  },
};

// files that are named by those that are there already
test.for<Row>([
  ["-aF --delete-after build/ /srv/app", [">f+++++++++ js/deep/.also"], "brings-filter js/deep/.also"],
  ["-aF --delete-after build/ /srv/app", [">f.st...... css/.further"], "brings-filter css/.further"],
  ["-aF --delete-after build/ /srv/app", [">f.st...... css/once"], "brings-filter css/once"],
  ["-aF --delete-after build/ /srv/app", [">f.st...... above"], "brings-filter above"],
  // it is named in css only
  ["-aF --delete-after build/ /srv/app", [">f.st...... js/.further"], null],
  ["-aF --delete build/ /srv/app", [">f.st...... .also"], null],
  ["-a --delete-after build/ /srv/app", [">f.st...... .also"], null],
  // on another host there is what the source has, unless it is brought
  ["-aF --delete-after build/ host:app", [">f.st...... css/.sent"], "brings-filter css/.sent"],
  ["-aF --delete-after build host:app", [">f.st...... build/css/.sent"], "brings-filter build/css/.sent"],
  ["-aFR --delete-after build/./css host:app", [">f.st...... css/.sent"], "brings-filter css/.sent"],
  ["-aF --delete-after build/ host:app", [">f.st...... css/.also"], null],
])("nested: %s: %j: %s", ([command, lines, obstacle]) => {
  expect(obstacleOf(contextFor(command, nested), lines)).toBe(obstacle);
});

test("output that is cut short is no plan, whatever it holds", () => {
  expect(readPlan(contextFor("-a build/ /srv/app"), ["*deleting   a\n"])).toEqual({
    plan: null,
    obstacle: { is: "incomplete-output" },
  });
});

function planOf(context: PlanContext, lines: readonly string[]): Plan {
  const { plan } = readPlan(context, [printed(lines)]);
  return plan ?? expect.unreachable("no plan");
}

/** Such as `changed files`; the links that would be lost are named. */
function effectOf(context: PlanContext, line: string): string {
  const { created, changed, deleted, attributes, symlinks } = planOf(context, [line]);
  const counted = Object.entries({ created, changed, deleted }).flatMap(([verb, tally]) =>
    Object.entries(tally).flatMap(([kind, count]) => (count > 0 ? [`${verb} ${kind}`] : [])),
  );
  return [
    ...counted,
    ...(attributes > 0 ? ["attributes"] : []),
    ...symlinks.first.map(({ link }) => `lost ${link}`),
  ].join(", ");
}

const linked = "-a --link-dest=../last build/";

test.for<[destination: string, line: string, effect: string]>([
  // it stays as it is
  ["/srv/app", ".f          index.php", ""],
  ["/srv/app", ".d          css/", ""],
  ["/srv/app", ".L          media -> ../shared/media", ""],
  ["/srv/app", "hf          index.php", ""],
  // it is taken from elsewhere, and what stands in its place is gone
  ["/srv/app", ".f          new.php", "created files"],
  ["/srv/app", "hf          new.php", "created files"],
  ["/srv/app", ".f...p..... new.php", "created files"],
  ["/srv/app", ".f          css", "created files"],
  ["/srv/app", ".d          media/", "created directories, lost media"],
  ["/srv/app", "hf          media", "created files, lost media"],
  ["/srv/app", "cL..t...... new -> x", "created symlinks"],
  // as ever
  ["/srv/app", ".f...p..... index.php", "attributes"],
  ["/srv/app", ">f.st...... index.php", "changed files"],
  ["/srv/app", "cLc.t...... media -> x", "changed symlinks"],
  ["/srv/app", ">f+++++++++ new.php", "created files"],
  // hard-linked to another file
  ["/srv/app", "hf          index.php => x", "changed files"],
  // on another host it may be taken from elsewhere
  ["host:app", "hf          index.php", "created files"],
  ["host:app", ".f          index.php", ""],
  ["host:app", ".f...p..... index.php", "attributes"],
  ["host:app", ">f.st...... index.php", "created files"],
])("with --link-dest to %s: %j: %s", ([destination, line, effect]) => {
  expect(effectOf(contextFor(`${linked} ${destination}`, app), line)).toBe(effect);
});

test.for<[line: string, effect: string]>([
  [".f          index.php", ""],
  [".f          new.php", ""],
  [".d          media/", ""],
  [".f...p..... new.php", "attributes"],
  ["hf          index.php => x", "changed files"],
  ["hf          index.php", "changed files"],
])("without it: %j: %s", ([line, effect]) => {
  expect(effectOf(contextFor("-aH build/ /srv/app", app), line)).toBe(effect);
});

test("a directory is listed once, and the target's own among thousands", () => {
  const asked: string[] = [];
  const oddEntries = (directory: string) => {
    asked.push(directory);
    return new Map();
  };
  const names = Array.from({ length: 600 }, (_, at) => `d${at}`);
  const lines = names.flatMap((name) => [`*deleting   ${name}/a`, `*deleting   ${name}/b`, `*deleting   ${name}.txt`]);
  const plan = planOf(contextFor("-a --delete build/ /srv/app", {}, { oddEntries }), lines);
  expect(totalOf(plan.deleted)).toBe(1800);
  expect(asked.sort()).toEqual(["/srv/app", ...names.map((name) => `/srv/app/${name}`)].sort());
});

test("of the directories that were listed, so many are remembered", () => {
  const asked: string[] = [];
  const oddEntries = (directory: string) => {
    asked.push(directory);
    return new Map();
  };
  const round = Array.from({ length: 256 }, (_, at) => `*deleting   d${at}/a`);
  const context = contextFor("-a --delete build/ /srv/app", {}, { oddEntries });
  planOf(context, [...round, ...round]);
  expect(asked).toHaveLength(256);
  planOf(context, [...round, "*deleting   more/a", "*deleting   d0/a", "*deleting   d255/a"]);
  expect(asked.slice(256 + 256)).toEqual(["/srv/app/more", "/srv/app/d0"]);
});

// removed where --compare-dest has what the source has
test.for<[command: string, line: string, changed: number]>([
  ["-a --compare-dest=../old build/ /srv/app", ".f          index.php", 1],
  ["-a --compare-dest=../old build/ /srv/app", ".f...p..... index.php", 1],
  ["-a --compare-dest=/srv/old build/ /srv/app", ".f          index.php", 1],
  ["-a --compare-dest=../old build/ /srv/app", ".L          media -> ../shared/media", 1],
  // it has none, or nothing is there, or a directory is
  ["-a --compare-dest=../old build/ /srv/app", ".f          css/style.css", 0],
  ["-a --compare-dest=../old build/ /srv/app", ".f          new", 0],
  ["-a --compare-dest=../old build/ /srv/app", ".d          css/", 0],
  ["-a --link-dest=../old build/ /srv/app", ".f          index.php", 0],
  ["-a --compare-dest=../old build/ host:app", ".f          index.php", 0],
])("%s: %s: changes %i", ([command, line, changed]) => {
  const old = {
    "/srv/old/index.php": "file",
    "/srv/old/media": "file",
    "/srv/old/new": "file",
    "/srv/old/css": "directory",
  } as const;
  const { plan } = readPlan(contextFor(command, { places: { ...app.places, ...old } }), [printed([line])]);
  expect(plan && totalOf(plan.changed)).toBe(changed);
});

test.for<[operands: string, line: string, trusted: readonly string[]]>([
  ["build/ host:/etc", "<f+++++++++ cron.d/x", ["/etc/cron.d/x"]],
  ["build/ host:/", "<f+++++++++ etc/cron.d/x", ["/etc/cron.d/x"]],
  // in a home
  ["build/ host:", "<f+++++++++ etc/cron.d/x", []],
  ["build/ host:/home/ann", "<f+++++++++ .ssh/authorized_keys", ["/home/ann/.ssh/authorized_keys"]],
  ["page /home/ann/.ssh/authorized_keys", ">f.st...... page", ["/home/ann/.ssh/authorized_keys"]],
  ["build/ host:/etc", "<f+++++++++ nginx/x", []],
  ["build/ host:/home/ann", "<f+++++++++ ssh/authorized_keys", []],
  ["page /srv/note", ">f.st...... page", []],
])("%s: %s: trusted %j", ([operands, line, trusted]) => {
  const world: World = { places: { ...app.places, "/home/ann/.ssh/authorized_keys": "file" } };
  expect(planOf(contextFor(`-a ${operands}`, world), [line]).trusted.first).toEqual(trusted);
});
