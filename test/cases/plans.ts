/** The plan of a run: the arguments that it is made with, what rsync then prints, and what that is read as. */

import type { ParseEnvironment } from "../../src/core/command/parse.ts";
import type { DryRun, Limits } from "../../src/core/configuration/settings.ts";
import type { Kinds, Plan } from "../../src/core/plan/plan.ts";
import type { World } from "../support/facts.ts";
import type { Line } from "./words.ts";

/** The options that a plan leaves out: what they change is only printed, or they write something in a dry run too. */
export const leftOut =
  "dry-run write-batch only-write-batch verbose info debug stderr msgs2stderr quiet motd stats human-readable progress log-file log-file-format out-format itemize-changes 8-bit-output outbuf".split(
    " ",
  );

/** argv → the plan's options and operands, besides what each plan has. */
type Rebuilt = readonly [argv: Line, options: Line, operands: string, env?: ParseEnvironment];

export const rebuilt: Readonly<Record<string, readonly Rebuilt[]>> = {
  "an option stays as one word with its value": [
    ["-a --delete src/ dst", "-a --delete", "src/ dst"],
    ["-rlpt src dst", "-r -l -p -t", "src dst"],
    ["src dst -xx --no-r", "-x -x --no-r", "src dst"],
    ["-e ssh src host:dst", "-e=ssh", "src host:dst"],
    ["-essh src host:dst", "-e=ssh", "src host:dst"],
    ["-e=ssh src host:dst", "-e=ssh", "src host:dst"],
    ["-e==x src host:dst", "-e==x", "src host:dst"],
    ["-e =x src host:dst", "-e==x", "src host:dst"],
    ["-e= src host:dst", "-e=", "src host:dst"],
    ["-ae ssh src host:dst", "-a -e=ssh", "src host:dst"],
    ["--rsh ssh src host:dst", "--rsh=ssh", "src host:dst"],
    [["-e", "ssh -n", "src", "host:dst"], ["-e=ssh -n"], "src host:dst"],
    ["--exclude==x --exclude =x src dst", "--exclude==x --exclude==x", "src dst"],
    [["-f- *.o", "--filter", ". rules\n", "src", "dst"], ["-f=- *.o", "--filter=. rules\n"], "src dst"],
    ["--temp-dir= --files-from - src dst", "--temp-dir= --files-from=-", "src dst"],
    ["--del --protect-args --zc lz4 src host:dst", "--del --protect-args --zc=lz4", "src host:dst"],
  ],
  "what a value swallows stays swallowed": [
    ["-a -e -n src dst", "-a -e=-n", "src dst"],
    ["-T --dry-run src dst", "-T=--dry-run", "src dst"],
    ["--exclude --dry-run src dst", "--exclude=--dry-run", "src dst"],
    ["--exclude -- -a src dst", "--exclude=-- -a", "src dst"],
    ["--files-from --delete src dst", "--files-from=--delete", "src dst"],
  ],
  "what is only printed, or is written in a dry run too, is left out": [
    ["-navvhiP8q --stats --progress --no-v src dst", "-a --partial", "src dst"],
    ["-a --dry-run --out-format=%n --log-format %i --log-file F --log-file-format=%o src dst", "-a", "src dst"],
    ["-a --info=all0 --debug ALL --stderr=all --outbuf N --motd src dst", "-a", "src dst"],
    ["-a --write-batch=F src dst", "-a", "src dst"],
    ["-a --only-write-batch F src dst", "-a", "src dst"],
  ],
  "operands stay operands": [
    ["-a -- -n --delete", "-a", "-n --delete"],
    ["src -a dst -- --delete", "-a", "src dst --delete"],
    ["-a -- src -- dst", "-a", "src -- dst"],
    ["-a - dst", "-a", "- dst"],
    ["-a src ''", "-a", "src ''"],
    ["-a src dst -n", "-a", "src dst -n", { POSIXLY_CORRECT: "" }],
  ],
  "what -M hands on is read as the command's own": [
    ["-a -M--delete src host:dst", "-a -M--delete", "src host:dst"],
    ["-a -M--log-file=F src host:dst", "-a", "src host:dst"],
    ["-a -M-vr -M -n -M-P src host:dst", "-a -M-r -M--partial", "src host:dst"],
    ["-M--exclude==x -M-f=x -a src host:dst", "-a -M--exclude==x -M-f=x", "src host:dst"],
    [["--rsync-path=sudo rsync --delete", "src", "host:dst"], ["--rsync-path=sudo rsync --delete"], "src host:dst"],
    [["--rsync-path=sudo rsync -x", "-M-p", "src", "host:dst"], ["--rsync-path=sudo rsync -x", "-M-p"], "src host:dst"],
  ],
};

export const none: Kinds = { files: 0, directories: 0, symlinks: 0, specials: 0 };
const nothing = { first: [], count: 0 };

export const emptyPlan: Plan = {
  created: none,
  changed: none,
  attributes: 0,
  deleted: none,
  renewed: 0,
  kept: 0,
  present: null,
  topLevel: { first: [], others: 0 },
  releases: [],
  directories: [],
  reduced: [],
  own: nothing,
  older: { ...nothing, compared: 0 },
  trusted: nothing,
  backups: nothing,
  intoItself: nothing,
  joined: nothing,
  symlinks: nothing,
  keeps: nothing,
  protected: nothing,
  unapproved: nothing,
  overwritten: nothing,
};

interface Sample {
  readonly command: string;
  readonly world: World;
  readonly printed: string;
  readonly plan: Plan;
}

const app: World = {
  places: {
    "/srv/app/old": "directory",
    "/srv/app/socket": "pipe",
    "/srv/app/css": "directory",
    "/srv/app/media": { link: "../shared/media" },
    "/srv/app/conf.php": { link: "../shared/conf.php" },
    "/srv/app/dangling": { link: "nowhere" },
    "/srv/app/start": { link: "index.php" },
    "/srv/app/index.php": "file",
    "/srv/shared/media": "directory",
    "/srv/shared/conf.php": "file",
  },
};

/** Printed by both, and with the same lines by the other one. */
export const samples: Readonly<Record<string, Sample>> = {
  "rsync 3.5.0, a copy on this host": {
    command: "-a --delete build/ /srv/app/",
    world: app,
    printed: String.raw`*deleting   old/esc\#134#012
*deleting   old/a
*deleting   old/
*deleting   socket
*deleting   dangling
*deleting   conf.php
cL+++++++++ a -> b -> same.php
>f+++++++++ back\slash
>f+++++++++ esc\#134#012
>f.st...... index.php
>f+++++++++ new\#012line
cS+++++++++ queue
cLc.t...... start -> same.php
.d...p..... css/
.f...p..... css/style.css
cd+++++++++ media/
>f+++++++++ media/logo.png

Number of files: 13 (reg: 7, dir: 3, link: 2, special: 1)
Number of created files: 7 (reg: 4, dir: 1, link: 1, special: 1)
Number of deleted files: 6 (reg: 2, dir: 1, link: 2, special: 1)
Number of regular files transferred: 5
Total file size: 39 bytes
Total transferred file size: 14 bytes
Literal data: 0 bytes
Matched data: 0 bytes
File list size: 0
File list generation time: 0.001 seconds
File list transfer time: 0.000 seconds
Total bytes sent: 332
Total bytes received: 121

sent 332 bytes  received 121 bytes  906.00 bytes/sec
total size is 39  speedup is 0.09 (DRY RUN)
`,
    plan: {
      ...emptyPlan,
      created: { files: 4, directories: 1, symlinks: 1, specials: 1 },
      changed: { files: 1, directories: 0, symlinks: 1, specials: 0 },
      attributes: 2,
      deleted: { files: 2, directories: 1, symlinks: 2, specials: 1 },
      kept: 5,
      topLevel: {
        first: [
          ["old/", 3],
          ["socket", 1],
          ["dangling", 1],
          ["conf.php", 1],
        ],
        others: 0,
      },
      symlinks: {
        first: [
          { link: "conf.php", text: "../shared/conf.php" },
          { link: "media", text: "../shared/media" },
        ],
        count: 2,
      },
    },
  },
  // over there links and pipes can't be told from files
  "rsync 3.2.7, a push": {
    command: "-a --delete build/ host:/srv/app/",
    world: app,
    printed: String.raw`*deleting   old/esc\#134#012
*deleting   old/a
*deleting   old/
*deleting   socket
*deleting   dangling
*deleting   conf.php
cL+++++++++ a -> b -> same.php
<f+++++++++ back\slash
<f+++++++++ esc\#134#012
<f.st...... index.php
<f+++++++++ new\#012line
cS+++++++++ queue
cLc.t...... start -> same.php
.d...p..... css/
.f...p..... css/style.css
cd+++++++++ media/
<f+++++++++ media/logo.png

Number of files: 13 (reg: 7, dir: 3, link: 2, special: 1)
Number of created files: 7 (reg: 4, dir: 1, link: 1, special: 1)
Number of deleted files: 6 (reg: 2, dir: 1, link: 2, special: 1)
Number of regular files transferred: 5
Total file size: 39 bytes
Total transferred file size: 14 bytes
Literal data: 0 bytes
Matched data: 0 bytes
File list size: 0
File list generation time: 0.001 seconds
File list transfer time: 0.000 seconds
Total bytes sent: 342
Total bytes received: 125

sent 342 bytes  received 125 bytes  934.00 bytes/sec
total size is 39  speedup is 0.08 (DRY RUN)
`,
    plan: {
      ...emptyPlan,
      created: { files: 4, directories: 1, symlinks: 1, specials: 1 },
      changed: { files: 1, directories: 0, symlinks: 1, specials: 0 },
      attributes: 2,
      deleted: { files: 5, directories: 1, symlinks: 0, specials: 0 },
      kept: 5,
      topLevel: {
        first: [
          ["old/", 3],
          ["socket", 1],
          ["dangling", 1],
          ["conf.php", 1],
        ],
        others: 0,
      },
    },
  },
  "rsync 3.2.7, the accident": {
    command: "-a --delete build/ /var/www/releases//",
    world: {
      places: {
        "/var/www/current": { link: "releases/1.2.2" },
        "/var/www/releases/1.2.1/media": { link: "../../../shared/media" },
        "/var/www/releases/1.2.2/media": { link: "../../../shared/media" },
        "/var/shared/media": "directory",
      },
    },
    printed: `*deleting   1.2.2/app/a.php
*deleting   1.2.2/app/
*deleting   1.2.2/media
*deleting   1.2.2/index.php
*deleting   1.2.2/
*deleting   1.2.1/app/a.php
*deleting   1.2.1/app/
*deleting   1.2.1/media
*deleting   1.2.1/index.php
*deleting   1.2.1/
>f+++++++++ index.php
cd+++++++++ app/
>f+++++++++ app/a.php

Number of files: 4 (reg: 2, dir: 2)
Number of created files: 3 (reg: 2, dir: 1)
Number of deleted files: 10 (reg: 4, dir: 4, link: 2)
Number of regular files transferred: 2
Total file size: 4 bytes
Total transferred file size: 4 bytes
Literal data: 0 bytes
Matched data: 0 bytes
File list size: 0
File list generation time: 0.001 seconds
File list transfer time: 0.000 seconds
Total bytes sent: 137
Total bytes received: 183

sent 137 bytes  received 183 bytes  640.00 bytes/sec
total size is 4  speedup is 0.01 (DRY RUN)
`,
    plan: {
      ...emptyPlan,
      created: { files: 2, directories: 1, symlinks: 0, specials: 0 },
      deleted: { files: 4, directories: 4, symlinks: 2, specials: 0 },
      topLevel: {
        first: [
          ["1.2.2/", 5],
          ["1.2.1/", 5],
        ],
        others: 0,
      },
      releases: [
        {
          directory: "/var/www/releases",
          names: { first: ["1.2.1", "1.2.2"], count: 2 },
          current: "/var/www/current",
        },
      ],
      symlinks: {
        first: [
          { link: "1.2.2/media", text: "../../../shared/media" },
          { link: "1.2.1/media", text: "../../../shared/media" },
        ],
        count: 2,
      },
    },
  },
};

/** A line of rsync's → what it is counted as. */
export const counted: readonly (readonly [line: string, as: string])[] = [
  [">f+++++++++ a", "created files"],
  ["<f+++++++++ a", "created files"],
  ["cd+++++++++ a/", "created directories"],
  ["cL+++++++++ a -> b", "created symlinks"],
  ["cS+++++++++ a", "created specials"],
  ["cD+++++++++ a", "created specials"],
  ["hf+++++++++ a => b", "created files"],
  [">f.st...... a", "changed files"],
  ["<fcstpogbax a", "changed files"],
  [">f????????? a", "changed files"],
  ["cLc.t...... a -> b", "changed symlinks"],
  ["cD..t...... a", "changed specials"],
  [".f...p..... a", "attributes"],
  [".d..t...... ./", "attributes"],
  [".L..t...... a -> b", "attributes"],
  ["*deleting   a", "deleted files"],
  ["*deleting   a/", "deleted directories"],
  ["*deleting   *deleting   a", "deleted files"],
  // what -v and its kind would print, and notes
  ["sending incremental file list", ""],
  ["created directory /srv/app", ""],
  ['skipping non-regular file "a"', ""],
  ["cannot delete non-empty directory: a", ""],
  ["deleting a", ""],
  ["*deleting  a", ""],
  [">f+++++++++", ""],
  [">x+++++++++ a", ""],
  [">f++++++++ a", ""],
  ["", ""],
  ["hf          a => b", "changed files"],
];

/** With -H: the attributes stay, so rsync prints blanks in their place. */
/** A name as rsync prints it → what it is, in bytes → as text. */
export const names: readonly (readonly [printed: string, bytes: string, text?: string])[] = [
  ["a", "a"],
  ["a b", "a b"],
  [" a ", " a "],
  ["a -> b", "a -> b"],
  ["a\tb", "a\tb"],
  [String.raw`a\b`, "a\\b"],
  [String.raw`a\#12`, "a\\#12"],
  [String.raw`a\#012b`, "a\nb"],
  [String.raw`a\#134#012b`, "a\\#012b"],
  [String.raw`a\#134#999`, "a\\#999"],
  [String.raw`a\#134#134`, "a\\#134"],
  [String.raw`a\#377`, "a\xff", "a\\xff"],
  // an ä where the locale is UTF-8, and where it is C
  ["\xc3\xa4", "\xc3\xa4", "ä"],
  [String.raw`\#303\#244`, "\xc3\xa4", "ä"],
];

/** A directory's name → where it is taken for a release: anywhere, only in a directory called releases, or nowhere. */
export const releaseNames: Readonly<Record<"anywhere" | "in releases" | "nowhere", readonly string[]>> = {
  anywhere:
    "1.2 1.2.3 v1.2 V1.2.3 1.2.3-rc.1 1.2.3+5 1.2.3_4 r1.2 release-1.2.3 rel_2.0 2024-01-31 2024-01-31T12:00:00Z 2024-01-31_12-00 20240131 20240131120000 20240131_1200".split(
      " ",
    ),
  "in releases": "12 1700000000 v3 r7 release-7 a1b2c3d abcdef0123456789abcdef0123456789abcdef01".split(" "),
  nowhere:
    "node_modules lodash css vendor shared current .git v rc1 a1b2c3 abcdef0123456789abcdef0123456789abcdef012 python3.11 jquery-3.6.0 node-v20.1.0 deploy".split(
      " ",
    ),
};

/** A directory's name → whether plain numbers in it are releases. */
export const releaseParents: readonly (readonly [name: string, holdsReleases: boolean])[] = [
  ["releases", true],
  ["release", true],
  ["Releases", true],
  ["versions", true],
  ["builds", true],
  ["deploys", true],
  ["deployments", true],
  ["site", false],
  ["node_modules", false],
  ["old-releases", false],
  ["releases.old", false],
  ["rebuilds", false],
];

export const releaseWorld: World = {
  places: {
    "/var/www/releases/1.2.1/app": "directory",
    "/var/www/releases/1.2.2/app": "directory",
    "/var/www/current": { link: "releases/1.2.2" },
    "/srv/colours/blue": "directory",
    "/srv/colours/green": "directory",
    "/srv/colours/live": { link: "blue" },
    "/srv/plain/1.2.1": "directory",
    "/srv/plain/a/1.0": "directory",
    "/srv/plain/b/1.1": "directory",
  },
};

/** What is deleted in a destination → the releases among it: `directory: names (link)`. */
export const releases: readonly (readonly [what: string, destination: string, deleted: string, ...found: string[]])[] =
  [
    ["two siblings", "/srv/plain/", "1.2.1/ 1.2.2/", "/srv/plain: 1.2.1, 1.2.2"],
    ["one", "/srv/plain/", "1.2.1/"],
    ["one, with all that is in it", "/srv/plain/", "1.2.1/app/a.php 1.2.1/app/ 1.2.1/"],
    ["one, and a directory of another kind", "/srv/plain/", "1.2.1/ css/"],
    ["two that are no siblings", "/srv/plain/", "a/1.0/ b/1.1/"],
    ["two below", "/srv/plain/", "a/1.0/ a/1.1/", "/srv/plain/a: 1.0, 1.1"],
    [
      "two in each of two",
      "/srv/plain/",
      "a/1/ a/1.0/ a/1.1/ b/1.1/ b/1.2/",
      "/srv/plain/a: 1.0, 1.1",
      "/srv/plain/b: 1.1, 1.2",
    ],
    ["two numbers in releases below", "/srv/plain/", "releases/1/ releases/2/", "/srv/plain/releases: 1, 2"],
    ["two files", "/srv/plain/", "1.2.1 1.2.2"],
    ["what is in two, not they themselves", "/srv/plain/", "1.2.1/app/ 1.2.2/app/"],
    ["the one that current leads to", "/var/www/releases/", "1.2.2/", "/var/www/releases: 1.2.2 (/var/www/current)"],
    ["the one that current does not lead to", "/var/www/releases/", "1.2.1/"],
    ["what is in the one that current leads to", "/var/www/releases/", "1.2.2/app/"],
    [
      "whatever it is called, with the link in the same place",
      "/srv/colours/",
      "blue/",
      "/srv/colours: blue (/srv/colours/live)",
    ],
    ["its sibling", "/srv/colours/", "green/"],
    ["seen from above", "/var/www", "releases/1.2.2/", "/var/www/releases: 1.2.2 (/var/www/current)"],
    ["on another host by their names", "host:/srv/plain/", "1.2.1/ 1.2.2/", ": 1.2.1, 1.2.2"],
    ["on another host in releases", "host:releases/", "1/ 2/", ": 1, 2"],
    ["on another host one", "host:/var/www/releases/", "1.2.2/"],
  ];

export const linkWorld: World = {
  places: {
    "/srv/app/media": { link: "../shared/media" },
    "/srv/app/conf/local.php": { link: "/srv/shared/local.php" },
    "/srv/app/css": "directory",
    "/srv/app/latest": { link: "css" },
    "/srv/app/dangling": { link: "../nowhere" },
    "/srv/app/two\nlines": { link: "../shared" },
    "/srv/app/index.php": "file",
    "/srv/shared/media": "directory",
    "/srv/shared/local.php": "file",
  },
};

/** Lines of a run to /srv/app → the symlinks that it would lose. */
export const lostLinks: readonly (readonly [line: string, ...links: string[]])[] = [
  ["*deleting   media", "media -> ../shared/media"],
  ["*deleting   conf/local.php", "conf/local.php -> /srv/shared/local.php"],
  [">f+++++++++ media", "media -> ../shared/media"],
  ["cd+++++++++ media/", "media -> ../shared/media"],
  ["cS+++++++++ media", "media -> ../shared/media"],
  ["hf+++++++++ media => index.php", "media -> ../shared/media"],
  [String.raw`*deleting   two\#012lines`, "two\nlines -> ../shared"],
  [String.raw`>f+++++++++ two\#012lines`, "two\nlines -> ../shared"],
  // replaced by a link
  ["cLc........ media -> ../other"],
  [".L..t...... media -> ../shared/media"],
  // kept by -K
  [".d..t...... media/"],
  [">f+++++++++ media/logo.png"],
  // leads to what is in the target
  ["*deleting   latest"],
  ["cd+++++++++ latest/"],
  // leads nowhere
  ["*deleting   dangling"],
  [">f+++++++++ dangling"],
  // no links
  ["*deleting   index.php"],
  ["*deleting   shared/media"],
  ["cL+++++++++ new -> ../shared/media"],
];

/** What limits.keep names. */
export const keptPaths = ["config.php", ".git", "conf/local.php", "single", "index.php"];

/** A run's destination, a line of it → what it would delete or replace of what is kept. */
export const keeps: readonly (readonly [argv: string, line: string, ...kept: string[]])[] = [
  ["build/ /srv/app", "*deleting   config.php", "config.php"],
  ["build/ /srv/app", "*deleting   .git/", ".git"],
  ["build/ /srv/app", "*deleting   .git/HEAD", ".git/HEAD"],
  ["build/ /srv/app", "*deleting   config.php.old"],
  ["build/ /srv/app", "*deleting   other/config.php"],
  ["build/ /srv/app", "<f.st...... config.php", "config.php"],
  ["build/ /srv/app", ">f..t...... .git/HEAD", ".git/HEAD"],
  ["build/ /srv/app", ".f...p..... config.php"],
  ["build/ /srv/app", ">f+++++++++ config.php"],
  ["build/ /srv/app", ">f+++++++++ .git/new"],
  ["build/ /srv/app", "cd+++++++++ .git/new/"],
  ["build/ /srv/app", "cL+++++++++ .git/new -> x"],
  // a link stands there, wherever it leads
  ["build/ /srv/app", ">f+++++++++ conf/local.php", "conf/local.php"],
  // by its path below the target, not below the destination
  ["app /srv", "*deleting   app/config.php", "app/config.php"],
  ["app /srv", ">f.st...... app/conf/local.php", "app/conf/local.php"],
  ["app /srv", "*deleting   app/app/config.php"],
  // the target itself
  ["single /srv", "*deleting   single", "single"],
  ["build/ host:/srv/app", "*deleting   conf/local.php", "conf/local.php"],
  ["build/ host:/srv/app", "<f.st...... config.php", "config.php"],
  ["build/ host:/srv/app", "*deleting   other/conf/local.php"],
  ["app host:/srv", "*deleting   app/conf/local.php", "app/conf/local.php"],
  // a link in its place; a file that stands there makes way for something of another kind
  ["build/ /srv/app", "cLc........ conf/local.php -> ../other", "conf/local.php"],
  ["build/ /srv/app", "cL+++++++++ index.php -> ../other", "index.php"],
  ["build/ /srv/app", "cd+++++++++ index.php/", "index.php"],
];

interface Size {
  readonly deleted: number;
  readonly kept: number;
  /** In the target; more than deleted and kept where filters shield some. */
  readonly present?: number;
}

const half: Limits["maxDelete"] = { percent: 50 };

/** What a plan deletes, against a limit → whether it has to be known how much there is, and whether it is too much. */
export const sizes: readonly (readonly [Size, limit: Limits["maxDelete"], tooLarge: boolean])[] = [
  [{ deleted: 0, kept: 0 }, half, false],
  [{ deleted: 10, kept: 10 }, half, false],
  [{ deleted: 11, kept: 10 }, half, true],
  // of a few entries it is too much if nothing comes for them
  [{ deleted: 9, kept: 0 }, half, true],
  [{ deleted: 1, kept: 0 }, half, false],
  [{ deleted: 10, kept: 0 }, half, true],
  [{ deleted: 6, kept: 3 }, half, true],
  [{ deleted: 4, kept: 4 }, half, false],
  [{ deleted: 6, kept: 4 }, half, true],
  [{ deleted: 11, kept: 0, present: 22 }, half, false],
  [{ deleted: 11, kept: 0, present: 21 }, half, true],
  [{ deleted: 5, kept: 0, present: 9 }, half, true],
  [{ deleted: 4, kept: 0, present: 9 }, half, false],
  [{ deleted: 2_000_000, kept: 1_000_000 }, half, true],
  [{ deleted: 8, kept: 2 }, { percent: 80 }, false],
  [{ deleted: 9, kept: 1 }, { percent: 80 }, true],
  [{ deleted: 0, kept: 10 }, { percent: 0 }, false],
  [{ deleted: 1, kept: 8 }, { percent: 0 }, false],
  [{ deleted: 1, kept: 9 }, { percent: 0 }, true],
  [{ deleted: 1000, kept: 0 }, { percent: 100 }, false],
  [{ deleted: 5, kept: 0 }, { entries: 5 }, false],
  [{ deleted: 6, kept: 1000 }, { entries: 5 }, true],
  [{ deleted: 0, kept: 0 }, { entries: 0 }, false],
  [{ deleted: 1, kept: 1000 }, { entries: 0 }, true],
];

/** Entries of each kind → whether the run is refused by what is built in. */
export const runs: readonly (readonly [
  what: string,
  entries: Readonly<Record<"created" | "changed" | "same" | "deleted", number>>,
  refused: boolean,
])[] = [
  ["a release replaced by the next build", { created: 120, changed: 200, same: 40, deleted: 120 }, false],
  ["a first sync into an empty directory", { created: 500, changed: 0, same: 0, deleted: 0 }, false],
  ["a mirror whose source grew", { created: 900, changed: 10, same: 100, deleted: 20 }, false],
  ["a cleanup of 5 files out of 12", { created: 0, changed: 0, same: 7, deleted: 5 }, false],
  ["a small directory whose files have new names", { created: 9, changed: 0, same: 0, deleted: 9 }, false],
  ["another source", { created: 500, changed: 1, same: 0, deleted: 500 }, true],
  ["an empty source", { created: 0, changed: 0, same: 0, deleted: 12 }, true],
];

const farSide = "receiving-host";
const never = "remote-plan-never";

/** Command line → why it can't be planned, or null; `never` is what the configuration says of other hosts. */
export const obstacles: readonly (readonly [argv: Line, obstacle: string | null, remotePlan?: DryRun["remotePlan"]])[] =
  [
    ["-a --delete src/ dst", null],
    ["-an --delete src/ dst", null],
    ["-a --delete src/ dst", null, "never"],
    ["-a src/ host:dst", null],
    ["-a src/ host:dst", null, "require"],
    ["-a src/ host:dst", never, "never"],
    ["-a host:src/ dst", never, "never"],
    ["-a src/ host::mod", never, "never"],
    ["-a rsync://host/mod dst", never, "never"],
    ["-a s1 host:s2 dst", never, "never"],
    ["-r --files-from=list src dst", null],
    ["-r --files-from=- src dst", "stream -"],
    ["-r --files-from=pipe src dst", "stream pipe"],
    ["-r --files-from=missing src dst", null],
    ["-r --files-from=/dev/fd/63 src dst", "stream /dev/fd/63"],
    ["-r --files-from=/dev/stdin src dst", "stream /dev/stdin"],
    ["-r --files-from=/proc/self/fd/3 src dst", "stream /proc/self/fd/3"],
    ["-r --files-from=/job/dev/fd/63 src dst", null],
    ["-r --files-from=host:- src dst", null],
    ["-a --exclude-from=list src dst", null],
    // a device, but an empty one
    ["-a --exclude-from=/dev/null src dst", null],
    ["-a --exclude-from=- src dst", "stream -"],
    ["-a --include-from - src dst", "stream -"],
    ["-a --exclude=- --exclude=pipe src dst", null],
    [["-a", "-f. list", "src", "dst"], null],
    [["-a", "-f. -", "src", "dst"], "stream -"],
    [["-a", "-f. pipe", "src", "dst"], "stream pipe"],
    [["-a", "-fmerge -", "src", "dst"], "stream -"],
    ["-a -f.e_- src dst", "stream -"],
    ["-a -fmerge,n_pipe src dst", "stream pipe"],
    [["-a", "-f: .rsync-filter", "src", "dst"], null],
    [["-a", "-f- *.o", "src", "dst"], null],
    // an exclude rule names nothing that is read
    [["-a", "-f- pipe", "src", "dst"], null],
    [["-a", "-f- -", "src", "dst"], null],
    ["-a -f! src dst", null],
    ["-a --password-file=- src host::mod", "stream -"],
    ["--read-batch=list dst", null],
    ["--read-batch=- dst", "stream -"],
    ["--read-batch=pipe dst", "stream pipe"],
    ["-a --write-batch=pipe src dst", null],
    ["-a --only-write-batch=list src dst", "only-write-batch"],
    ["--server -logDtpre.iLsfxCIvu --delete . /srv/app", farSide],
    ["--server -nlogDtpre.iLsfxCIvu . /srv/app", farSide],
    ["--server --sender -re.L --remove-source-files . src", farSide],
  ];
