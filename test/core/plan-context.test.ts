import { expect, test } from "vitest";
import { builtInConfig } from "../../src/core/configuration/settings.ts";
import { contextOf } from "../../src/core/judge/plan-context.ts";
import { planPath } from "../../src/core/judge/plan-rules.ts";
import { judge } from "../../src/core/judge/verdict.ts";
import { targetsOf } from "../../src/core/place/target.ts";
import type { PlanContext } from "../../src/core/plan/context.ts";
import { emptyPathSet } from "../../src/core/plan/path-set.ts";
import type { Line } from "../cases/words.ts";
import { factsOf, planFilesOf, type World } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

const world: World = {
  places: {
    "/srv/app/css": "directory",
    "/srv/app/page": "file",
    "/srv/app/.begun/page": "file",
    "/srv/app/css/.begun/style": "file",
    "/srv/app/page~": "directory",
    "/srv/app/page.old": "directory",
    "/srv/app/bak/page": "directory",
    "/srv/app/bak/css/style": "file",
    "/srv/app/css/style": "file",
    "/srv/app/note/css": "file",
    "/srv/begun/page": "file",
    "/srv/old/page": "directory",
    "/srv/app/media": { link: "../shared" },
    "/srv/app/latest": { link: "css" },
    "/srv/app/gone": { link: "nowhere" },
    "/srv/app/php": { link: "/usr/bin/php" },
    "/srv/shared": "directory",
    "/usr/bin/php": "file",
    "/srv/note": "file",
    "/job/to-app": { link: "/srv/app" },
    "/job/to-note": { link: "/srv/note" },
    "/disks/one": "directory",
  },
  lists: { "/job/nested": ["- *.o", ": .keep"] },
  homes: { "/disks/two/ann": "ann" },
  mounts: ["/disks/one"],
};

function contextFor(line: Line, given: Partial<Parameters<typeof contextOf>[3]> = {}, protect: string[] = []) {
  const invocation = invocationOf(line);
  const facts = factsOf(world);
  const { settings } = builtInConfig;
  const keep = [{ pattern: "x", matches: (path: string) => path === "x" }];
  const config = { ...builtInConfig, protect, settings: { ...settings, limits: { ...settings.limits, keep } } };
  const files = { ...planFilesOf(world), ...given };
  return contextOf(invocation, judge(invocation, facts, config), { facts, config }, files, {
    deletions: emptyPathSet,
    overwritten: null,
    changed: 0,
    at: 0,
  });
}

test.for<[line: string, names: Pick<PlanContext, "name" | "base" | "only" | "within">]>([
  ["-a build/ /srv/app/", { name: "/srv/app", base: "/srv/app", only: null, within: [""] }],
  ["-a build/ to-app", { name: "/srv/app", base: "/srv/app", only: null, within: [""] }],
  ["-a build/ /srv/new", { name: "/srv/new", base: "/srv/new", only: null, within: [""] }],
  ["-a build other /srv/app", { name: "/srv/app", base: "/srv/app", only: null, within: ["build", "other"] }],
  ["-aR build/./css/x /srv/app", { name: "/srv/app", base: "/srv/app", only: null, within: ["css", "css/x"] }],
  // what is sent to a file takes its place, whatever it is called
  ["-a page /srv/note", { name: "/srv/note", base: "/srv", only: "note", within: ["note"] }],
  // a link to a file is replaced, not followed
  ["-a page to-note", { name: "/job/to-note", base: "/job", only: "to-note", within: [] }],
  // on another host nothing can be looked at
  ["-a build/ host:/srv/app//", { name: "/srv/app", base: null, only: null, within: [""] }],
  ["-a build host:/srv/app", { name: "/srv/app", base: null, only: null, within: ["build"] }],
  // where options write is no target of the plan's names
  ["-a --backup-dir=/srv/old build/ /srv/app", { name: "/srv/app", base: "/srv/app", only: null, within: [""] }],
  // nor is a source whose files are removed
  ["-a --remove-source-files /srv/app/css/ /srv/app", { name: "/srv/app", base: "/srv/app", only: null, within: [""] }],
])("the names in the plan of %s", ([line, names]) => {
  expect(contextFor(line)).toMatchObject(names);
});

test("what is to be kept, may be deleted and is looked at goes on to the reader", () => {
  const files = planFilesOf(world);
  const context = contextFor("-a --delete build/ /srv/app", files);
  expect(context.keep.map(({ matches }) => matches("x"))).toEqual([true]);
  expect(context.approved).toBe(emptyPathSet);
  expect([context.oddEntries, context.kindAt]).toEqual([files.oddEntries, files.kindAt]);
  expect(context.releaseLinks("/srv/app").map(({ link }) => link)).toEqual(["/srv/app/latest"]);
});

test.for<[line: string, shielded: string, protect?: string[]]>([
  ["-a --delete build/ /disks", "the home of ann: /disks/two/ann, a mount point: /disks/one"],
  ["-a --delete build/ /srv/app", ""],
  ["-a --delete build/ /srv/app", "protected: /srv/app/css, protected: /srv/app/css", ["/srv/app/css"]],
  ["-a --delete build/ host:/srv/app", "protected: /srv/app/css", ["/srv/app/css"]],
  // nothing is deleted there
  ["-a build/ /disks", ""],
  ["-a --remove-source-files /disks/ /srv/app", ""],
])("what %s may not empty: %s", ([line, shielded, protect]) => {
  expect(
    contextFor(line, {}, protect)
      .shielded.map(({ below, what }) => `${what}: ${below}`)
      .join(", "),
  ).toBe(shielded);
});

test.for<[link: string, text: string | null]>([
  ["/srv/app/media", "../shared"],
  ["/srv/app/latest", null],
  ["/srv/app/gone", null],
  // an interpreter is no loss
  ["/srv/app/php", null],
])("that %s is lost: %s", ([link, text]) => {
  expect(contextFor("-a --delete build/ /srv/app").leadsOut(link, "/srv/app")).toBe(text);
});

test("a link that can't be read is no lost one", () => {
  expect(
    contextFor("-a --delete build/ /srv/app", { linkText: () => null }).leadsOut("/srv/app/media", "/srv/app"),
  ).toBe(null);
});

test.for<[options: Line, hasAllEntries: boolean]>([
  ["-a", false],
  ["-a --link-dest=../last", true],
  ["-a --copy-dest=../last", true],
  ["-a --compare-dest=../last", true],
  ["-a --backup-dir=../last", false],
  // else an entry that stays has none, though the begun file of its name is gone
  ["-a --partial-dir=.begun", true],
  ["-a --partial-dir=.rsync-partial", false],
])("with %s each entry has a line: %s", ([options, hasAllEntries]) => {
  expect(contextFor(`${options} build/ /srv/app`).hasAllEntries).toBe(hasAllEntries);
  // on another host the begun files can't be seen
  expect(contextFor(`${options} build/ host:app`).hasAllEntries).toBe(hasAllEntries && !options.includes("partial"));
});

test.for<[options: Line, ...names: string[]]>([
  [["-a", "--delete-after", "-F"], ".rsync-filter"],
  [["-a", "--delete-after", "-f. nested"], ".keep"],
  [["-a", "--delete-after", "-C"], ".cvsignore"],
  [["-a", "--delete-after", "-f: .keep"], ".keep"],
  [["-a", "--delete-after", "-f: /conf/.keep"], ".keep"],
  [["-a", "--delete-after", "-f:C"], ".cvsignore"],
  [["-a", "--delete-after", "-f: .keep", "-F"], ".rsync-filter", ".keep"],
  [["-a", "-M--delete-after", "-F"], ".rsync-filter"],
  [["-a", "--delete-after", "-f- *.o", "--exclude=.keep"]],
  [["-a", "--delete-after", "-f. rules"]],
  // read before anything is transferred
  [["-a", "--delete", "-F"]],
  [["-a", "--delete-delay", "-F"]],
])("with %j filter files that decide late: %s", ([options, ...names]) => {
  const { isLateFilter } = contextFor([...options, "build/", "/srv/app"]);
  expect([".rsync-filter", ".cvsignore", ".keep", "page"].filter((name) => isLateFilter?.(name))).toEqual(names);
  // else each directory is looked into for nothing
  expect(isLateFilter === null).toBe(names.length === 0);
});

const partial = "--partial-dir=.begun";
const backup = "--backup";

test.for<[options: string, event: "transferred" | "replaced", path: string, lost: string | null]>([
  ["-a", "transferred", "page", null],
  ["-a", "replaced", "page", null],
  // a file of that name is taken for the begun one, and removed
  [partial, "transferred", "page", ".begun/page"],
  [partial, "transferred", "css/style", "css/.begun/style"],
  [partial, "transferred", "css/page", null],
  [partial, "replaced", "page", null],
  ["--partial-dir=/srv/begun", "transferred", "page", "/srv/begun/page"],
  ["--partial-dir=/srv/begun", "transferred", "css/page", "/srv/begun/page"],
  ["--partial-dir=/srv/begun", "transferred", "css/style", null],
  ["--partial-dir=/srv/app/.begun", "transferred", "page", ".begun/page"],
  // a directory that is called so holds nothing else
  ["--partial-dir=.rsync-partial", "transferred", "page", null],
  // a directory in the backup's place is removed
  [backup, "replaced", "page", "page~/"],
  [backup, "replaced", "css/style", null],
  [backup, "transferred", "page", null],
  ["--suffix=.old", "replaced", "page", null],
  ["--backup --suffix=.old", "replaced", "page", "page.old/"],
  ["--backup --backup-dir=bak", "replaced", "page", "bak/page/"],
  ["--backup-dir=bak", "replaced", "page", "bak/page/"],
  // and a file where it needs a directory
  ["--backup-dir=note", "replaced", "css/style", "note/css"],
  ["--backup-dir=/srv/new", "replaced", "css/style", null],
  ["--backup-dir=bak", "replaced", "css/style", null],
  ["--backup-dir=/srv/old", "replaced", "page", "/srv/old/page/"],
  ["--backup-dir=/srv/old --suffix=~", "replaced", "page", null],
  // nothing stands there that would be backed up
  [backup, "replaced", "new", null],
])("%s: what is lost beside what is %s at %s: %s", ([options, event, path, lost]) => {
  expect(contextFor(`-a ${options} build/ /srv/app`).lostBeside?.(path, event) ?? null).toBe(lost);
});

test.for(["tmp", "/srv/temp/", ".rsync-partial", "incomplete-1", "x/.TMP"])("%s holds begun files only", (name) => {
  const kindAt = () => "files" as const;
  expect(contextFor(`-a --partial-dir=${name} build/ /srv/app`, { kindAt }).lostBeside).toBeNull();
});

test.for(["begun", "tmp/x", "partials/of"])("%s may hold other files", (name) => {
  const kindAt = () => "files" as const;
  expect(contextFor(`-a --partial-dir=${name} build/ /srv/app`, { kindAt }).lostBeside?.("page", "transferred")).toBe(
    `${name}/page`,
  );
});

test("on another host what lies beside can't be seen", () => {
  const kindAt = () => expect.unreachable("nothing can be looked up");
  expect(contextFor("-ab --partial-dir=.begun build/ host:app", { kindAt }).lostBeside).toBeNull();
});

test.for<[line: string, path: string]>([
  ["-a build/ /srv/app", "/srv/app"],
  ["-a --delete build/ /srv/app", "/srv/app"],
  ["-a --delete --backup-dir=/srv/old build/ /srv/app", "/srv/app"],
  // where it deletes, rather than the directory that leads there
  ["-aR --delete build/./css/x /srv/app", "/srv/app/css/x"],
  ["-a --remove-source-files /srv/shared/ /srv/app", "/srv/app"],
  ["--server --sender -re.L --remove-source-files . /srv/app", "/srv/app"],
  ["build/", ""],
])("a plan of %s is about %s", ([line, path]) => {
  expect(planPath(targetsOf(invocationOf(line), factsOf(world)))).toBe(path);
});
