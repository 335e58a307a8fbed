/** Each way in which a refusal is worded, with a command that it may be said of: for the goldens and the pages of the codes. */
import { bytesOf } from "../../src/core/bytes.ts";
import type { Code } from "../../src/core/codes.ts";
import { parse } from "../../src/core/command/parse.ts";
import type { Refusal } from "../../src/core/judge/refusal.ts";
import { targetsOf } from "../../src/core/place/target.ts";
import type { Sample } from "../../src/core/plan/plan.ts";
import { refusalText } from "../../src/core/words/message.ts";
import { factsOf } from "../support/facts.ts";
import { host } from "./rules.ts";
import { type Line, wordsOf } from "./words.ts";

type Example<C extends Code> = readonly [argv: Line, fields: Omit<Extract<Refusal, { code: C }>, "code">];

export const minute = 60_000;
export const elsewhere = {
  age: 40_000,
  differences: [
    {
      field: "destination",
      before: "/var/www/releases/1.2.3/",
      now: "/var/www/releases//",
      maybeEmptyVariable: true,
    },
  ],
};
export const otherOptions = {
  age: 9 * minute,
  differences: [
    { field: "options", before: "", now: "--delete", maybeEmptyVariable: false },
    { field: "named files", before: "list d1", now: "list d2", maybeEmptyVariable: false },
  ],
};

/** Of more than ten, a plan keeps the first ten. */
export const found = <T>(...all: readonly T[]): Sample<T> => ({ first: all.slice(0, 10), count: all.length });
const files = (folder: string): readonly string[] => Array.from({ length: 12 }, (_, at) => `${folder}f${at}`);

/** Each way in which a code is worded, in a command that it may be said of. */
export const examples: { readonly [C in Code]: readonly Example<C>[] } = {
  "unknown-option": [
    ["-a --nonsense build/ /srv/app", { argument: "--nonsense", why: { is: "unknown" } }],
    ["-aQ build/ /srv/app", { argument: "-aQ", why: { is: "unknown-letter", letter: "Q" } }],
  ],
  "popt-alias": [["-a build/ /srv/app", { file: "/root/.popt" }]],
  "old-args": [
    [["--old-args", "build/", "host:my dir"], { word: "host:my dir" }],
    ["--old-args build/ ''", { word: "" }],
  ],
  "cannot-decide": [["-a build/ /srv/app", { why: { reason: "no-rsync", installedAt: null } }]],
  "protected-destination": [
    ["-a build/ /etc", { path: "/etc", same: "/etc", configured: false }],
    ["-a build/ /jail/etc", { path: "/jail/etc", same: "/etc", configured: false }],
    ["-a build/ /data/x", { path: "/data/x", same: "/data/x", configured: true }],
  ],
  "protected-below": [
    [
      "-a --delete build/ host:/srv/app",
      { path: "host:/srv/app", below: "/srv/app/shared", what: "protected", deletes: null },
    ],
    ["--server -re.L --delete . /disks", { path: "/disks", below: "/disks/one", what: "a mount point", deletes: null }],
    [
      "-a --delete build/ /srv/app",
      { path: "/srv/app", below: "/srv/app/shared", what: "protected", deletes: found("/srv/app/shared/photo 1.jpg") },
    ],
    [
      "-a --delete build/ /disks",
      { path: "/disks", below: "/disks/one", what: "a mount point", deletes: found(...files("/disks/one/")) },
    ],
  ],
  "protected-from-delete": [
    ["-a --delete build/ /home/ann", { path: "/home/ann", what: "the home of ann" }],
    ["-a --delete build/ host:~", { path: "host:~", what: "a remote home" }],
  ],
  "release-root": [
    [
      "-a --delete build/ /var/www/releases//",
      { path: "/var/www/releases", link: "/var/www/current", text: "releases/1.2.2" },
    ],
  ],
  "wrong-name": [
    ["-a build/ /srv/rel/new", { path: "/srv/rel/new", name: "new", pattern: "^\\d+\\.\\d+$" }],
    ["-a build/ /srv/rel", { path: "/srv/rel", name: null, pattern: "^\\d+\\.\\d+$" }],
  ],
  "empty-argument": [
    ["-a build/ ''", { which: "destination" }],
    ["-a --backup-dir= build/ /srv/app", { which: "--backup-dir" }],
  ],
  "empty-variable": [
    ["-a build/ /srv/app//", { word: "/srv/app//", which: "destination", sign: "double-slash" }],
    ["-a build/ host:", { word: "host:", which: "destination", sign: "no-path" }],
    ["-a --delete / /srv/app", { word: "/", which: "source", sign: "root" }],
  ],
  "new-top-level": [
    ["-a build/ /output/", { path: "/output", remote: false }],
    ["-a --delete build/ host:/output/", { path: "host:/output", remote: true }],
  ],
  "root-source": [["-a --delete / /srv/app", { word: "/" }]],
  "unexpanded-variable": [
    ["-a build/ /srv/${APP}/x", { word: "/srv/${APP}/x", which: "destination", found: "${APP}" }],
  ],
  "placeholder-value": [
    ["-a -T /srv/undefined build/ /srv/app", { word: "/srv/undefined", which: "-T", found: "undefined" }],
  ],
  "missing-destination": [["-a --delete build/", { option: "--delete", operand: "build/" }]],
  "empty-source": [
    ["-a --delete empty/ /srv/app", { path: "/job/empty", unmounted: false }],
    ["-a --delete /mnt/usb/ /srv/app", { path: "/mnt/usb", unmounted: true }],
  ],
  "same-place": [
    ["-a --delete build/ build", { source: "/job/build", target: "/job/build" }],
    ["-a --delete build/ .", { source: "/job/build", target: "/job" }],
    [
      "-a --delete --exclude=/home/backup /home/ /home/backup/",
      { source: "/home/backup", target: "/home/backup", into: found("backup/.ssh", "backup/notes") },
    ],
  ],
  "same-names": [
    ["-a day1/notes.txt day2/notes.txt all/", { names: found("notes.txt"), into: "/job/all" }],
    ["-a --delete ann/ bob/ all/", { names: found(...files("")), into: "/job/all" }],
  ],
  "not-mounted": [
    ["-a build/ /mnt/usb/build", { path: "/mnt/usb/build", mount: "/mnt/usb", why: "fstab" }],
    ["-a build/ /media/ann/stick", { path: "/media/ann/stick", mount: "/media/ann/stick", why: "earlier-runs" }],
    ["-a build/ /data/backup/x", { path: "/data/backup/x", mount: "/data/backup", why: "require_mount" }],
    [
      "-a build/ /data/backup/x",
      { path: "/data/backup/x", mount: "/data/backup", why: { marker: "/data/backup/.disk" } },
    ],
  ],
  "no-dry-run": [
    ["-a --delete build/ /srv/app", { nearest: null, unseen: null }],
    ["-a --delete build/ /var/www/releases//", { nearest: elsewhere, unseen: null }],
    ["-a build/ /srv/app", { nearest: otherOptions, unseen: null }],
    ["-r --delete --files-from=- build/ /srv/app", { nearest: null, unseen: "-" }],
    ["-a --delete build/ /srv/app", { nearest: null, unseen: null, sudo: { user: "ann", age: null } }],
    ["-a --delete build/ /srv/app", { nearest: null, unseen: null, sudo: { user: "ann", age: 3000 } }],
    ["-a --delete build/ /srv/app", { nearest: null, unseen: null, failed: { age: minute, why: 23 } }],
    ["-a --delete build/ /srv/app", { nearest: null, unseen: null, failed: { age: minute, why: "changed" } }],
    ["-a --delete build/ /srv/app", { nearest: null, unseen: null, failed: { age: minute, why: "unplanned" } }],
  ],
  "stale-dry-run": [
    ["-a build/ /srv/app", { reason: "old", age: 16 * minute, freshFor: 15 * minute }],
    ["-a build/ /srv/app", { reason: "future", age: -30 * minute, freshFor: 15 * minute }],
    ["-a build/ /srv/app", { reason: "reboot", age: minute, freshFor: 15 * minute }],
  ],
  "other-session": [["-a build/ /srv/app", { age: 3 * minute }]],
  "changed-since-dry-run": [
    ["-a --delete build/ /srv/app", { nearest: { age: minute, differences: otherOptions.differences.slice(0, 1) } }],
    ["-a --delete --files-from=list build/ /srv/app", { nearest: otherOptions }],
  ],
  "plan-too-large": [
    [
      "-a --delete build/ /srv/app",
      {
        path: "/srv/app",
        deleted: 3120,
        present: 4000,
        maxDelete: { percent: 50 },
        topLevel: {
          first: [
            ["pub/", 3000],
            ["my files/", 100],
            ["index.html", 1],
          ],
          others: 19,
        },
      },
    ],
    [
      "-a --delete build/ host:app",
      {
        path: "host:app",
        deleted: 1,
        present: 4000,
        maxDelete: { entries: 0 },
        topLevel: { first: [["index.html", 1]], others: 0 },
      },
    ],
  ],
  "plan-deletes-releases": [
    [
      "-a --delete build/ /var/www/releases",
      { directory: "/var/www/releases", names: found("1.2.1", "1.2.2"), current: "/var/www/current" },
    ],
    [
      "-a --delete build/ /var/www/releases",
      { directory: "/var/www/releases", names: found("1.2.2"), current: "/var/www/current" },
    ],
    [
      "-a --delete build/ host:shop/releases",
      { directory: "shop/releases", names: found(...files("2026-11-1")), current: null },
    ],
    ["-a --delete build/ host:releases", { directory: "", names: found("1.2.1", "1.2.2"), current: null }],
  ],
  "plan-deletes-directory": [
    ["-a --delete build/ /srv/app", { path: "uploads", entries: 143, moved: 0, present: 400, share: { percent: 10 } }],
    [
      "-a --delete build/ host:app",
      { path: "var/my files", entries: 50, moved: 2, present: 60, share: { percent: 10 } },
    ],
  ],
  "plan-empties-directory": [
    [
      "-a --delete build/ /srv/app",
      { path: "docs/3.0", deleted: 12, moved: 0, present: 13, isSourceEmpty: false, share: { percent: 80 } },
    ],
    [
      "-a --delete build/ host:app",
      { path: "my media", deleted: 4, moved: 0, present: 4, isSourceEmpty: true, share: { percent: 80 } },
    ],
  ],
  "plan-deletes-own": [
    ["-a --delete build/ /srv/app", { own: found(".env") }],
    ["-a --delete build/ host:app", { own: found(".git", "pub/.htaccess") }],
  ],
  "plan-makes-older": [
    ["-a --delete build/ /srv/app", { older: { ...found(...files("css/")), compared: 14 }, share: { percent: 50 } }],
  ],
  "plan-deletes-backups": [
    ["-a --delete --backup --backup-dir=old build/ /srv/app", { backups: found("old/index.html") }],
  ],
  "plan-joins-files": [["-a --append logs/ /srv/logs", { joined: found("access.log", "error.log") }]],
  "plan-replaces-symlinks": [
    [
      "-a --delete build/ /srv/app",
      { path: "/srv/app", symlinks: found({ link: "pub/media", text: "../../shared/my media" }) },
    ],
    [
      "-a --delete build/ /srv/app",
      { path: "/srv/app", symlinks: found(...files("pub/").map((link) => ({ link, text: "/shared/media" }))) },
    ],
  ],
  "plan-deletes-kept": [
    ["-a --delete build/ /srv/app", { keeps: found("app/etc/env.php") }],
    ["-a --delete build/ /srv/app", { keeps: found(...files(".git/objects/")) }],
  ],
  "plan-changed": [
    ["-a --delete build/ /srv/app", { unapproved: found("uploads/new one.jpg"), overwritten: found() }],
    ["-a --delete build/ /srv/app", { unapproved: found(...files("uploads/")), overwritten: found("index.html") }],
    ["-a build/ /srv/app", { unapproved: found(), overwritten: found("conf.php", "index.html") }],
    ["-a --delete build/ /srv/app", { unapproved: found("a"), overwritten: found("b"), imported: true }],
  ],
};

const facts = factsOf(host);

/** A command line with all that its message is made of. */
export function told(line: Line, refusals: readonly Refusal[]) {
  const argv = wordsOf(line).map(bytesOf);
  const parsed = parse(argv, {});
  const invocation = "invocation" in parsed ? parsed.invocation : null;
  return { argv, invocation, targets: invocation ? targetsOf(invocation, facts) : [], refusals };
}

/** The codes of runs that were not judged: their targets are not known. */
const unjudged: ReadonlySet<Code> = new Set(["unknown-option", "cannot-decide"]);

export const examplesOf = (code: Code): readonly { line: Line; refusal: Refusal }[] =>
  examples[code].map(([line, fields]) => ({ line, refusal: { code, ...fields } as Refusal }));

/** What a person reads. */
export function messageOf({ line, refusal }: ReturnType<typeof examplesOf>[number]): string {
  const message = told(line, [refusal]);
  return refusalText(unjudged.has(refusal.code) ? { ...message, targets: [] } : message, "refused, nothing ran");
}
