/** For each code that configuration can allow: a run that it refuses, and that the lines on its page let pass. */
import type { Code } from "../../src/core/codes.ts";
import type { World } from "../support/facts.ts";
import type { Line } from "./words.ts";

/** On top of the host of cases/rules.ts. */
export const places = {
  "/srv/app/logs": "directory",
  "/srv/app/releases/1.0.0": "directory",
  "/srv/app/current": { link: "releases/1.0.0" },
  "/srv/mirror/x": "file",
  "/srv/one/notes": "file",
  "/srv/two/notes": "file",
} satisfies World["places"];

/** Judged by the rules alone; `config` is there in both cases, above the page's lines. */
export const byRules: readonly (readonly [code: Code, argv: Line, config?: string])[] = [
  ["protected-destination", "-a build/ /srv"],
  ["protected-destination", "-a build/ /srv/shared", 'protect = ["/srv/shared"]'],
  ["protected-below", "--server -re.L --delete . /srv/app", 'protect = ["/srv/app/shared"]'],
  ["protected-from-delete", "-a --delete build/ /mnt/backup"],
  ["release-root", "-a build/ /srv/app/releases"],
  ["empty-argument", "-a --backup-dir= build/ /srv/app"],
  ["empty-variable", "-a build/ /srv/app//x/"],
  ["new-top-level", "-a --delete build/ web1:/output/"],
  ["root-source", "-a --delete /. /backup/host"],
  ["unexpanded-variable", "-a build/ /srv/templates/{{app}}/"],
  ["placeholder-value", "-a build/ /srv/types/None"],
  ["empty-source", "-a --delete empty/ /srv/mirror"],
  ["same-place", "-a --delete /srv/app/logs/ /srv/app"],
  ["same-names", "-a /srv/one/notes /srv/two/notes /srv/all/"],
  ["not-mounted", "-a build/ /mnt/usb/x"],
];

/** Judged by running it: `run` is refused, and with the page's lines below `config` it passes. */
export interface Run {
  readonly code: Code;
  readonly run: string;
  /** Before each of the two. */
  readonly before?: string;
  readonly config?: string;
}

const twelve = "for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $n >$n; done";
/** What both sides have: so only a part goes. */
const staying = "for n in 1 2 3 4 5 6 7 8; do echo $n >$n; cp -p $n ../src; done";
/** In the directory that the page's lines are about, if any; `src` is beside it. */
const dryThenLive = (args: string) => `rsync -n ${args} && rsync ${args}`;

export const byRunning: readonly Run[] = [
  { code: "missing-destination", run: "rsync -a --delete ../src/" },
  { code: "no-dry-run", run: "rsync -a --delete ../src/ ./" },
  {
    code: "stale-dry-run",
    config: '[dry_run]\nfresh_for = "0s"',
    run: "rsync -an --delete ../src/ ./ && sleep 0.01 && rsync -a --delete ../src/ ./",
  },
  {
    code: "other-session",
    config: '[dry_run]\nsession = "always"',
    run: "rsync -an --delete ../src/ ./ && setsid -w rsync -a --delete ../src/ ./",
  },
  { code: "changed-since-dry-run", run: "rsync -an --delete ../src/ ./ && rsync -ac --delete ../src/ ./" },
  { code: "plan-too-large", before: `${twelve}; cp -p 1 2 3 4 ../src`, run: dryThenLive("-a --delete ../src/ ./") },
  {
    code: "plan-deletes-releases",
    before: `${staying}; mkdir 1.0.1 1.0.2`,
    run: dryThenLive("-a --delete ../src/ ./"),
  },
  {
    code: "plan-deletes-directory",
    before: `${twelve}; cp -p * ../src; ${twelve.replace("for", "mkdir up; for").replace(">$n", ">up/$n")}; for n in $(seq 30); do echo $n >a$n; cp -p a$n ../src; done`,
    run: dryThenLive("-a --delete ../src/ ./"),
  },
  {
    code: "plan-empties-directory",
    before: `mkdir up ../src/up; ${twelve.replace(">$n", ">up/$n")}; cp -p up/1 up/2 ../src/up; for n in $(seq 30); do echo $n >a$n; cp -p a$n ../src; done`,
    run: dryThenLive("-a --delete ../src/ ./"),
  },
  { code: "plan-deletes-own", before: "echo 1 >.env", run: dryThenLive("-a --delete ../src/ ./") },
  {
    code: "plan-makes-older",
    before: "for n in 1 2 3 4 5; do echo $n >$n; echo old $n >../src/$n; touch -d 2020-01-01 ../src/$n; done",
    run: dryThenLive("-a ../src/ ./"),
  },
  {
    code: "plan-deletes-backups",
    before: `${staying}; mkdir backups; echo 1 >backups/1`,
    run: dryThenLive("-ab --delete --backup-dir=backups ../src/ ./"),
  },
  {
    code: "plan-joins-files",
    before: "echo 1 >log; echo 2345 >../src/log",
    run: dryThenLive("-a --append ../src/ ./"),
  },
  { code: "plan-replaces-symlinks", before: "ln -s ../src media", run: dryThenLive("-a --delete ../src/ ./") },
  {
    code: "plan-deletes-kept",
    before: "echo 1 >env.php",
    config: '[limits]\nkeep = ["env.php"]',
    run: dryThenLive("-a --delete ../src/ ./"),
  },
  {
    code: "plan-changed",
    before: "echo 1 >x; cp -p x ../src",
    run: "rsync -an --delete ../src/ ./ && rm ../src/x && rsync -a --delete ../src/ ./",
  },
];
