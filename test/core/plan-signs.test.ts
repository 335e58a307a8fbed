/** What a plan says, in a world, and the codes for which it is refused; beside each an ordinary one that passes. */
import { describe, expect, test } from "vitest";
import { judgePlan, planSigns } from "../../src/core/judge/plan-rules.ts";
import { generatedIn } from "../../src/core/plan/generated.ts";
import type { Line } from "../cases/words.ts";
import { configFrom } from "../support/configuration.ts";
import type { World } from "../support/facts.ts";
import { contextFor, printed, readPlan } from "../support/plan.ts";

const numbered = (count: number, name: (at: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, at) => name(at));
const filesIn = (directory: string, count: number): World => ({
  places: Object.fromEntries(numbered(count, (at) => `${directory}/f${at}`).map((path) => [path, "file"])),
});
const deleted = (...names: readonly string[]): readonly string[] => names.map((name) => `*deleting   ${name}`);
const added = (...names: readonly string[]): readonly string[] => names.map((name) => `>f+++++++++ ${name}`);
const changed = (...names: readonly string[]): readonly string[] => names.map((name) => `>f.st...... ${name}`);
/** A directory as rsync deletes it: what is in it first. */
const gone = (directory: string, count: number, name = (at: number) => `f${at}`): readonly string[] =>
  deleted(...numbered(count, (at) => `${directory}/${name(at)}`), `${directory}/`);

interface Row {
  readonly lines: readonly string[];
  /** Entries in the source. */
  readonly source?: number;
  readonly world?: World;
  readonly command?: Line;
  /** Of the [limits]. */
  readonly limits?: string;
  /** The plan that it is compared with: how many entries it would overwrite, and when it was made. */
  readonly approved?: readonly [changed: number, at: number];
  readonly codes: string;
}

const here = "-a --delete build/ /srv/app/";
const there = "-a --delete build/ web1:app/";

const world = (...all: readonly World[]): World => ({
  places: Object.assign({}, ...all.map(({ places }) => places)),
  modified: Object.assign({}, ...all.map(({ modified = {} }) => modified)),
});
const times = (coming: number, present: number, ...names: readonly string[]): World => ({
  places: Object.fromEntries(
    names.flatMap((name) => [`/job/build/${name}`, `/srv/app/${name}`].map((at) => [at, "file"])),
  ),
  modified: Object.fromEntries(
    names.flatMap((name) => [
      [`/job/build/${name}`, coming],
      [`/srv/app/${name}`, present],
    ]),
  ),
});
const five = numbered(5, (at) => `f${at}.css`);

const rows = {
  "plan-deletes-directory": {
    "all of a directory goes": { lines: gone("uploads", 20), source: 100, codes: "plan-deletes-directory" },
    "on another host": { lines: gone("uploads", 20), source: 100, command: there, codes: "plan-deletes-directory" },
    "one below another, which stays": {
      lines: gone("work/today", 10),
      source: 60,
      codes: "plan-deletes-directory",
    },
    "a few of its names turn up elsewhere": {
      lines: [...gone("uploads", 20), ...added("new/f1", "new/f2")],
      source: 100,
      codes: "plan-deletes-directory",
    },
    "it was moved": {
      lines: [...gone("css", 20), ...added(...numbered(20, (at) => `style/f${at}`))],
      source: 100,
      codes: "",
    },
    "a small one": { lines: gone("uploads", 8), source: 20, codes: "" },
    "a small part of the target": { lines: gone("uploads", 20), source: 400, codes: "" },
    "the limit is higher": { lines: gone("uploads", 20), source: 100, limits: 'whole_directory = "20%"', codes: "" },
    "the limit is lower": {
      lines: gone("uploads", 20),
      source: 400,
      limits: 'whole_directory = "2%"',
      codes: "plan-deletes-directory",
    },
    "as many files, but the directories stay": {
      lines: deleted(...numbered(20, (at) => `d${at}/f`)),
      source: 100,
      codes: "",
    },
  },
  "plan-empties-directory": {
    "most of what a directory has goes": {
      lines: deleted(...numbered(12, (at) => `docs/f${at}`)),
      source: 200,
      world: filesIn("/srv/app/docs", 13),
      codes: "plan-empties-directory",
    },
    "on another host, by what the source has": {
      lines: deleted(...numbered(12, (at) => `docs/f${at}`)),
      source: 200,
      command: there,
      world: filesIn("/job/build/docs", 1),
      codes: "plan-empties-directory",
    },
    "an empty directory in the source": {
      lines: deleted("media/a", "media/b", "media/c"),
      source: 200,
      world: world(filesIn("/srv/app/media", 3), { places: { "/job/build/media": "empty directory" } }),
      codes: "plan-empties-directory",
    },
    "a fifth is allowed, and more goes": {
      lines: deleted(...numbered(12, (at) => `docs/f${at}`)),
      source: 200,
      world: filesIn("/srv/app/docs", 50),
      limits: 'reduced_directory = "20%"',
      codes: "plan-empties-directory",
    },
    "a fifth is allowed, and less goes": {
      lines: deleted(...numbered(12, (at) => `docs/f${at}`)),
      source: 200,
      world: filesIn("/srv/app/docs", 70),
      limits: 'reduced_directory = "20%"',
      codes: "",
    },
    "less than four fifths": {
      lines: deleted(...numbered(12, (at) => `docs/f${at}`)),
      source: 200,
      world: filesIn("/srv/app/docs", 16),
      codes: "",
    },
    "a hundredth of the target": {
      lines: deleted(...numbered(12, (at) => `docs/f${at}`)),
      source: 2000,
      world: filesIn("/srv/app/docs", 13),
      codes: "",
    },
    "something new comes": {
      lines: [...deleted(...numbered(12, (at) => `docs/f${at}`)), ...added("docs/new/one")],
      source: 200,
      world: filesIn("/srv/app/docs", 13),
      codes: "",
    },
    "they were moved": {
      lines: [...deleted(...numbered(12, (at) => `docs/f${at}`)), ...added(...numbered(12, (at) => `old/f${at}`))],
      source: 200,
      world: filesIn("/srv/app/docs", 13),
      codes: "",
    },
    "few entries": {
      lines: deleted(...numbered(6, (at) => `docs/f${at}`)),
      source: 200,
      world: filesIn("/srv/app/docs", 7),
      codes: "",
    },
    "a source that can't be seen": {
      lines: deleted(...numbered(12, (at) => `docs/f${at}`)),
      source: 200,
      command: there,
      codes: "",
    },
    "the limit is higher": {
      lines: deleted(...numbered(12, (at) => `docs/f${at}`)),
      source: 200,
      world: filesIn("/srv/app/docs", 13),
      limits: 'reduced_directory = "95%"',
      codes: "",
    },
  },
  "plan-deletes-own": {
    "a secret": { lines: deleted(".env"), source: 50, codes: "plan-deletes-own" },
    "in a directory that stays": {
      lines: deleted("pub/.htaccess"),
      source: 50,
      command: there,
      codes: "plan-deletes-own",
    },
    "a repository": { lines: gone(".git", 3), source: 50, codes: "plan-deletes-own" },
    "it goes with its directory": {
      lines: [...deleted("old/.git/x", "old/.git/", "old/a", "old/")],
      source: 50,
      codes: "",
    },
    "an example of one": { lines: deleted(".env.example"), source: 50, codes: "" },
    "it is only replaced": { lines: changed(".env"), source: 50, codes: "" },
    "the line that takes it away": { lines: deleted(".env"), source: 50, limits: "keep_own = false", codes: "" },
  },
  "plan-makes-older": {
    "most are newer in the target": {
      lines: changed(...five),
      world: times(100, 200, ...five),
      codes: "plan-makes-older",
    },
    "four are": {
      lines: changed(...five),
      world: world(times(100, 200, ...five.slice(1)), times(300, 200, "f0.css")),
      codes: "",
    },
    "they are older there": { lines: changed(...five), world: times(200, 100, ...five), codes: "" },
    // their times are those of the last transfer
    "times are not kept, and the sizes are the same": {
      command: "-r --delete build/ /srv/app/",
      lines: five.map((name) => `>f..T...... ${name}`),
      world: times(100, 200, ...five),
      codes: "",
    },
    "times are not kept, and the sizes differ": {
      command: "-r --delete build/ /srv/app/",
      lines: five.map((name) => `>f.sT...... ${name}`),
      world: times(100, 200, ...five),
      codes: "plan-makes-older",
    },
    "of the same second": { lines: changed(...five), world: times(200, 200, ...five), codes: "" },
    "the limit is higher": {
      lines: changed(...five),
      world: times(100, 200, ...five),
      limits: 'older = "100%"',
      codes: "",
    },
  },
  "plan-deletes-backups": {
    "in the destination": {
      command: "-a --delete --backup-dir=old build/ /srv/app/",
      lines: deleted("old/index.html"),
      source: 50,
      codes: "plan-deletes-backups",
    },
    "by its absolute path": {
      command: "-a --delete --backup-dir=/srv/app/old build/ /srv/app/",
      lines: deleted("old/index.html"),
      source: 50,
      codes: "plan-deletes-backups",
    },
    "beside the destination": {
      command: "-a --delete --backup-dir=../old build/ /srv/app/",
      lines: deleted("old/index.html"),
      source: 50,
      codes: "",
    },
    "another directory": {
      command: "-a --delete --backup-dir=old build/ /srv/app/",
      lines: deleted("older/index.html"),
      source: 50,
      codes: "",
    },
  },
  "same-place": {
    "the destination is copied into itself": {
      command: "-a --delete --exclude=/home/x /srv/ /srv/app/",
      lines: ["cd+++++++++ app/", ...added("app/index.html")],
      source: 50,
      codes: "same-place",
    },
    "only the directory, and nothing in it": {
      command: "-a --delete --exclude=/app/* /srv/ /srv/app/",
      lines: ["cd+++++++++ app/"],
      source: 50,
      codes: "",
    },
    "something of that name from elsewhere": {
      command: "-a --delete /srv2/ /srv/app/",
      lines: added("app/index.html"),
      source: 50,
      codes: "",
    },
  },
  "plan-joins-files": {
    "another content": {
      command: "-a --append build/ /srv/app/",
      lines: changed("log"),
      world: { ...times(2, 1, "log"), others: ["/job/build/log"] },
      codes: "plan-joins-files",
    },
    "the same content, and more": {
      command: "-a --append build/ /srv/app/",
      lines: changed("log"),
      world: times(2, 1, "log"),
      codes: "",
    },
    "--append-verify compares by itself": {
      command: "-a --append-verify build/ /srv/app/",
      lines: changed("log"),
      world: { ...times(2, 1, "log"), others: ["/job/build/log"] },
      codes: "",
    },
  },
  "plan-changed": {
    "what came since the dry run would be overwritten": {
      lines: changed("conf"),
      world: { places: { "/srv/app/conf": "file" }, changed: { "/srv/app/conf": 2000 } },
      approved: [0, 1000],
      codes: "plan-changed",
    },
    "after so many others that these are not compared": {
      lines: changed(...numbered(1001, (at) => `page-${at}`), "etc/conf"),
      world: { places: { "/srv/app/etc/conf": "file" }, changed: { "/srv/app/etc/conf": 2000 } },
      approved: [1001, 1000],
      codes: "plan-changed",
    },
    "it is called otherwise there": {
      command: "-a page /srv/note",
      lines: ["", ...changed("page")],
      world: { places: { "/srv/note": "file" }, changed: { "/srv/note": 2000 } },
      approved: [0, 1000],
      codes: "plan-changed",
    },
    "the dry run has named it": {
      lines: changed("conf"),
      world: { places: { "/srv/app/conf": "file" }, changed: { "/srv/app/conf": 2000 } },
      approved: [1, 1000],
      codes: "",
    },
    "on another host it can't be seen": { command: there, lines: changed("conf"), approved: [0, 1000], codes: "" },
    "it was there before": {
      lines: changed("conf"),
      world: { places: { "/srv/app/conf": "file" }, changed: { "/srv/app/conf": 900 } },
      approved: [0, 1000],
      codes: "",
    },
    "it is new": { lines: added("conf"), approved: [0, 1000], codes: "" },
    "a run that was interrupted goes on": {
      command: "-a --inplace build/ /srv/app/",
      lines: changed("conf"),
      world: { places: { "/srv/app/conf": "file" }, changed: { "/srv/app/conf": 2000 } },
      approved: [0, 1000],
      codes: "",
    },
  },
  "plan-too-large": {
    "of a few entries most go, and nothing comes": {
      lines: deleted("app.js", "style.css"),
      source: 1,
      codes: "plan-too-large",
    },
    "others come": { lines: [...deleted("app.js", "style.css"), ...added("main.js")], source: 2, codes: "" },
    "one of two": { lines: deleted("app.js"), source: 1, codes: "" },
    "a bundle with other names": {
      lines: [
        ...deleted(...numbered(20, (at) => `assets/chunk-${at}abc12f.js`)),
        ...added(...numbered(20, (at) => `assets/chunk-${at}fed98a.js`)),
      ],
      source: 24,
      codes: "",
    },
    "a bundle with a few other names": {
      lines: [
        ...deleted(...numbered(20, (at) => `assets/chunk-${at}abc12f.js`)),
        ...added("assets/chunk-1fed98a.js", "assets/chunk-2fed98a.js"),
      ],
      source: 4,
      codes: "plan-too-large",
    },
    "as many files with names of their own": {
      lines: [
        ...deleted(...numbered(20, (at) => `photos/IMG_${at}.jpg`)),
        ...added(...numbered(20, (at) => `photos/DSC_${at}.jpg`)),
      ],
      source: 24,
      codes: "plan-too-large",
    },
  },
} satisfies Readonly<Record<string, Readonly<Record<string, Row>>>>;

describe.each(Object.entries(rows))("%s", (_, own) => {
  test.for(Object.entries<Row>(own))(
    "%s",
    ([, { lines, source = 0, command = here, world: at = {}, limits, approved, codes }]) => {
      const config = configFrom(limits ? `[limits]\n${limits}` : "");
      const { plan } = readPlan(
        contextFor(
          command,
          at,
          {},
          {
            config,
            approved: approved ? { deletions: null, overwritten: null, changed: approved[0], at: approved[1] } : null,
          },
        ),
        [printed(lines, source)],
      );
      const refusals = plan ? judgePlan(plan, config.settings, "/srv/app") : [];
      expect(plan).not.toBeNull();
      expect([...new Set(refusals.map(({ code }) => code))].join(" ")).toBe(codes);
    },
  );
});

test("each sign with a limit has rows here, or is tried as a whole elsewhere", () => {
  const limited = planSigns.flatMap(({ code, limit }) => (limit === null || limit === "keep" ? [] : [code]));
  expect(limited.filter((code) => !(code in rows))).toEqual([]);
});

test.for([
  ["index-DkzFh3_a.js", true],
  ["445.e998db9dc9.js", true],
  ["chunk-2QW3ABCD.js.map", true],
  ["main.c5f0cbbe.chunk.css", true],
  ["index-B-x8_aQz.js", true],
  ["IMG_1234.jpg", false],
  ["DSC00012.jpg", false],
  ["bootstrap.min.css", false],
  ["jquery-3.6.0.min.js", false],
  ["notes20240101.txt", false],
  ["foo_1.2.3_amd64.deb", false],
  ["README.md", false],
] as const)("%s has a name that a bundler made: %s", ([name, is]) => {
  expect(generatedIn([name])).toEqual(is ? [name] : []);
});
