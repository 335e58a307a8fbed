import { describe, expect, test } from "vitest";
import { sinceOf } from "../../src/core/duration.ts";
import { type Entry, maskSecrets, shortenList } from "../../src/core/history/journal.ts";
import { runsIn, tableText, wouldRefuseText } from "../../src/core/history/listing.ts";
import { pastRun } from "../../src/core/history/past-run.ts";
import { changeOf } from "../../src/core/history/path-change.ts";
import { reportText, timelinesOf } from "../../src/core/history/report.ts";
import { suggestText } from "../../src/core/history/suggest.ts";
import { code } from "../../src/core/words/markdown.ts";
import { type Line, wordsOf } from "../cases/words.ts";
import { clock, deleting, entryOf, planOf } from "../support/entry.ts";

describe("secrets", () => {
  test.for<[words: Line, kept: Line]>([
    ["-a rsync://user:secret@host/mod/ dst/", "-a rsync://user:***@host/mod/ dst/"],
    ["-a RSYNC://user:secret@host/mod/ dst/", "-a RSYNC://user:***@host/mod/ dst/"],
    ["rsync://user:se@cret@host/mod", "rsync://user:***@host/mod"],
    ["rsync://user:se/cret@host/mod", "rsync://user:***@host/mod"],
    ["rsync://user:873@host/mod", "rsync://user:***@host/mod"],
    ["rsync://:secret@host/mod", "rsync://:***@host/mod"],
    // a target's path is cleaned
    ["rsync:/user:secret@host/mod", "rsync:/user:***@host/mod"],
    ["--password-file=/etc/secret a b", "--password-file=*** a b"],
    [["--password-file=/etc/my secret", "a"], "--password-file=*** a"],
    ["--password-file /etc/secret a b", "--password-file *** a b"],
    ["-M--password-file=/etc/secret a b", "-M--password-file=*** a b"],
    [
      ["-e", "sshpass -p secret ssh", "a"],
      ["-e", "sshpass -p *** ssh", "a"],
    ],
    [
      ["-e", "sshpass -psecret ssh", "a"],
      ["-e", "sshpass -p*** ssh", "a"],
    ],
    [
      ["-e", "sshpass -v -p 'my secret' ssh", "a"],
      ["-e", "sshpass -v -p *** ssh", "a"],
    ],
    // as the caller of rsync
    ["sshpass -p secret rsync -a a b", "sshpass -p *** rsync -a a b"],
    ["/usr/bin/sshpass -v -psecret rsync -pa a b", "/usr/bin/sshpass -v -p*** rsync -pa a b"],
    [
      ["sh", "-c", "RSYNC_PASSWORD=secret rsync a b"],
      // what follows may be the rest of it
      ["sh", "-c", "RSYNC_PASSWORD=***"],
    ],
    [
      ["sh", "-c", "export RSYNC_PASSWORD='my secret'; rsync --password-file F a b"],
      ["sh", "-c", "export RSYNC_PASSWORD=***; rsync --password-file *** a b"],
    ],
    [["env", "SSHPASS=my secret", "sshpass", "-e", "ssh"], "env SSHPASS=*** sshpass -e ssh"],
  ])("%j", ([words, kept]) => {
    expect(maskSecrets(wordsOf(words))).toEqual(wordsOf(kept));
  });

  test.for<Line>([
    "-avp --delete src/ user@host:/srv/a@b/",
    "rsync://host:873/mod/a@b dst/",
    "rsync://host:/mod/a@b dst/",
    "rsync://user@host:873/mod/a:b@c dst/",
    "rsync://[::1]:873/mod/a@b dst/",
    "host::mod/a:b@c dst/",
    "-p a b",
    [["-e", "ssh -p 22"], "a"].flat(),
    "--password-files=F a b",
    "--exclude=sshpass -p a b",
  ])("none in %j", (words) => {
    expect(maskSecrets(wordsOf(words))).toEqual(wordsOf(words));
  });
});

test.for<[most: number, kept: readonly string[]]>([
  [100, ["aa", "bb", "cc", "dd", "ee"]],
  [10, ["aa", "bb", "cc", "dd", "ee"]],
  [9, ["aa", "bb", "(1 more)", "dd", "ee"]],
  [4, ["aa", "(3 more)", "ee"]],
  [1, ["(5 more)"]],
])("of a list that fits in %d characters: %j", ([most, kept]) => {
  expect(shortenList(["aa", "bb", "cc", "dd", "ee"], most)).toEqual(kept);
});

test.for<[text: string, at: string | null]>([
  ["90s", "2026-06-30T23:58:30Z"],
  ["5m", "2026-06-30T23:55:00Z"],
  ["6h", "2026-06-30T18:00:00Z"],
  ["7d", "2026-06-24T00:00:00Z"],
  ["2026-06-30T10:00Z", "2026-06-30T10:00:00Z"],
  ["2026-06-30 10:00:05+02:00", "2026-06-30T08:00:05Z"],
  ["2026-06-30", new Date(2026, 5, 30).toISOString()],
  ["2026-06-30T10:00", new Date(2026, 5, 30, 10).toISOString()],
  ["5", null],
  ["5w", null],
  ["-5m", null],
  ["yesterday", null],
  ["2026-13-01", null],
  ["2026-06-30T25:00", null],
  ["2026", null],
  ["", null],
])("--since %s is %s", ([text, at]) => {
  expect(sinceOf(text, Date.UTC(2026, 6, 1))).toBe(at === null ? null : Date.parse(at));
});

test.for<[before: string, now: string, change: string | null]>([
  ["/srv/rel/1.2.3/", "/srv/rel//", "`1.2.3` is gone"],
  ["/srv/rel/1.2.3/", "/srv/rel/", "`1.2.3` is gone"],
  ["/srv/rel/1.2.3", "/srv/rel", "`1.2.3` is gone"],
  ["/srv/app/releases/1.2.3/", "/srv//releases//", "`app`, `1.2.3` are gone"],
  ["/srv/app-1.2.3/", "/srv/app-/", "`1.2.3` is gone"],
  ["web1:/srv/app/", ":/srv/app/", "`web1` is gone"],
  ["deploy@web1:/srv/", "@web1:/srv/", "`deploy` is gone"],
  ["/srv/1.2.3app/", "/srv/app/", "`1.2.3app` became `app`"],
  ["web1:/srv/app/", "web2:/srv/app/", "`web1:` became `web2:`"],
  ["/srv/rel/1.2.3/", "/srv/rel/1.2.4/", "`1.2.3` became `1.2.4`"],
  ["/srv/rel/1.2.31/", "/srv/rel/1.2.3/", "`1.2.31` became `1.2.3`"],
  ["/srv/rel/1.2.3/", "/srv/rel/undefined/", "`1.2.3` became `undefined`"],
  ["/srv/rel//", "/srv/rel/1.2.3/", "`1.2.3` was added"],
  ["/srv/a/b/c", "/srv/x/c", "`a/b` became `x`"],
  ["/srv/rel/", "/srv/rel", null],
  ["/srv/rel", "/srv/rel", null],
])("from %s to %s: %s", ([before, now, change]) => {
  expect(changeOf(before, now)).toBe(change);
});

test.for<[text: string, inMarkdown: string]>([
  ["/srv/app", "`/srv/app`"],
  ["a`b", "``a`b``"],
  ["`a`", "`` `a` ``"],
  ["a``b`c", "```a``b`c```"],
  ["a\nb\u001b[2J\u202e", "`a\\nb\\e[2J\\u202e`"],
  ["", "(none)"],
])("as code: %j", ([text, inMarkdown]) => {
  expect(code(text)).toBe(inMarkdown);
});

test.for<[line: Line, given: Partial<Entry>, place: string | null]>([
  ["-a --delete build/ /srv/app/", {}, "/srv/app"],
  ["-a a b /srv/app", { targets: ["/srv/app/a", "/srv/app/b"] }, "/srv/app"],
  ["-a --delete --backup-dir=/srv/old a/ /srv/app", { targets: ["/srv/app", "/srv/old"] }, "/srv/app"],
  ["-a --remove-source-files spool/ /srv/app", { targets: ["/srv/app", "/home/deploy/spool"] }, "/srv/app"],
  ["-a a b web1:/srv/app", { targets: ["web1:/srv/app/a", "web1:/srv/app/b"] }, "web1:/srv/app"],
  ["--nope a b", { targets: [], kind: null }, null],
])("the place of %j", ([line, given, place]) => {
  expect(pastRun(entryOf("10:00:00", line, given)).place).toBe(place);
});

/** The accident: VERSION is lost between the dry run and the live run. */
const before = { ssh: "10.0.0.5 50022 10.0.0.1 22" };
const after = { ssh: "10.0.0.5 50111 10.0.0.1 22" };
const created = { files: 3, directories: 1, symlinks: 0, specials: 0 };
const accident: readonly Entry[] = [
  entryOf("09:00:00", "-a --delete db/ /backup/db/", {
    user: "root",
    sudoUser: "alice",
    terminal: false,
    plan: deleting(2),
    callers: [{ name: "sh", command: "/bin/sh -c mirror" }],
  }),
  entryOf("10:00:00", "-avn --delete build/ /srv/www/releases/1.2.3/", { ...before, verdict: "approve" }),
  entryOf("10:00:02", "-avn --delete build/ /srv/www/releases/1.2.3/", { ...before, plan: planOf({ created }) }),
  entryOf("10:07:40", "-a --delete build/ /srv/www/releases//", {
    ...after,
    verdict: "refuse",
    codes: ["release-root", "empty-variable", "no-dry-run"],
    fingerprint: "0123456789abcdef",
  }),
  entryOf("10:08:00", "-a --delete build/ /srv/www/releases//", {
    ...after,
    verdict: "refuse",
    codes: ["release-root", "empty-variable", "no-dry-run"],
    fingerprint: "0123456789abcdef",
  }),
  entryOf("10:20:00", "-a --delete build/ /srv/www/releases/1.2.3/", { ...after, plan: planOf({ created }) }),
];

describe("log", () => {
  const table = (entries: readonly Entry[], width: number | null = null) =>
    tableText(runsIn(entries), { clock, width });

  test("the accident", () => {
    expect(table(accident)).toMatchInlineSnapshot(`
      "time                 user                  what     id        codes                                   command
      2026-07-01 09:00:00  root (sudo by alice)  ran      -         -                                       rsync -a --delete db/ /backup/db/
      2026-07-01 10:00:02  deploy                dry run  -         -                                       rsync -avn --delete build/ /srv/www/releases/1.2.3/
      2026-07-01 10:07:40  deploy                refused  01234567  release-root,empty-variable,no-dry-run  rsync -a --delete build/ /srv/www/releases//
      2026-07-01 10:08:00  deploy                refused  01234567  release-root,empty-variable,no-dry-run  rsync -a --delete build/ /srv/www/releases//
      2026-07-01 10:20:00  deploy                ran      -         -                                       rsync -a --delete build/ /srv/www/releases/1.2.3/
      5 in all: 2 ran, 1 dry run, 2 refused
      "
    `);
  });

  test("on a terminal each run is a line of its width, which ends with where it goes and why it was refused", () => {
    const text = table(accident, 80);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).toMatchInlineSnapshot(`
      "time         user          what     id        command
      07-01 09:00  alice (sudo)  ran      -         rsync -a --delete db/ /backup/db/
      07-01 10:00  deploy        dry run  -         …e build/ /srv/www/releases/1.2.3/
      07-01 10:07  deploy        refused  01234567  …ww/releases// (empty-variable +2)
      07-01 10:08  deploy        refused  01234567  …ww/releases// (empty-variable +2)
      07-01 10:20  deploy        ran      -         …e build/ /srv/www/releases/1.2.3/
      5 in all: 2 ran, 1 dry run, 2 refused
      "
    `);
  });

  test("a dry run is one line, also where it has not ended, or has failed", () => {
    const dryRun = (time: string, verdict: Entry["verdict"], fingerprint: string) =>
      entryOf(time, "-an a/ /srv/a/", { kind: "dry-run", verdict, fingerprint });
    const entries = [
      dryRun("10:00:00", "approve", "a"),
      dryRun("10:00:01", "approve", "b"),
      dryRun("10:00:02", "failed", "b"),
      dryRun("10:00:03", "approve", "a"),
      dryRun("10:00:04", "recorded", "a"),
    ];
    expect(table(entries)).toMatchInlineSnapshot(`
      "time                 user    what            id  codes  command
      2026-07-01 10:00:00  deploy  dry run         -   -      rsync -an a/ /srv/a/
      2026-07-01 10:00:02  deploy  failed dry run  -   -      rsync -an a/ /srv/a/
      2026-07-01 10:00:04  deploy  dry run         -   -      rsync -an a/ /srv/a/
      3 in all: 2 dry run, 1 failed dry run
      "
    `);
  });

  test("what can't be printed is escaped, and stays on its line", () => {
    const text = table([entryOf("10:00:00", ["-a", "a\nb\u001b[2J", "/srv/\u202ex"], { user: "e\u0007vil" })]);
    expect(text.split("\n")[1]).toBe(
      "2026-07-01 10:00:00  e\\x07vil  ran   -   -      rsync -a 'a\\nb\\e[2J' '/srv/\\u202ex'",
    );
  });

  const observed = (time: string, line: Line, given: Partial<Entry> = {}) =>
    entryOf(time, line, { verdict: "observed", codes: ["no-dry-run"], ...given });

  test("what would be refused, by command and caller", () => {
    const cron = {
      callers: [
        { name: "sh", command: "sh mirror" },
        { name: "cron", command: "cron -f" },
      ],
    };
    const entries = [
      observed("01:00:00", "-a a/ /srv/a/", cron),
      observed("02:00:00", "-a b/ /srv/b/"),
      observed("03:00:00", "-a a/ /srv/a/", { ...cron, codes: ["no-dry-run", "release-root"] }),
      observed("04:00:00", "-a a/ /srv/a/"),
    ];
    expect(wouldRefuseText(entries, { clock, width: null })).toBe(
      `1 time, last 2026-07-01 02:00:00, deploy, called by -bash
  rsync -a b/ /srv/b/
  in /home/deploy
  codes: no-dry-run
2 times, last 2026-07-01 03:00:00, deploy, called by sh mirror < cron
  rsync -a a/ /srv/a/
  in /home/deploy
  codes: no-dry-run, release-root
1 time, last 2026-07-01 04:00:00, deploy, called by -bash
  rsync -a a/ /srv/a/
  in /home/deploy
  codes: no-dry-run
`,
    );
  });
});

describe("report", () => {
  const about = { host: "web1", from: Date.UTC(2026, 6, 1), to: Date.UTC(2026, 6, 2), clock, zone: "UTC" };
  const report = (entries: readonly Entry[]) => reportText(timelinesOf(entries), about);

  test("the accident", async () => {
    await expect(report(accident)).toMatchFileSnapshot("../golden/report.md");
  });

  test("a plan that was imported is told from a dry run", () => {
    const text = (kind: string) => report([entryOf("10:00:00", "-an a/ /srv/a", { kind })]);
    expect(text("import")).toContain("**a plan was imported, and counts as a dry run**");
    expect(text("dry-run")).toContain("**dry run**");
  });

  test("nothing", () => {
    expect(report([])).toBe("# rsync on web1, 2026-07-01 00:00:00 to 2026-07-02 00:00:00 (UTC)\n\nNo runs.\n");
  });

  test.for<[what: string, lines: readonly (Line | [Line, Partial<Entry>])[], together: readonly (readonly number[])[]]>(
    [
      ["a release and the directory of all", ["-a b/1/ /srv/w/rel/1", "-a b// /srv/w/rel/"], [[0, 1]]],
      ["two releases by other jobs", ["-a b/1/ /srv/w/rel/1", "-a b/2/ /srv/w/rel/2"], [[0], [1]]],
      ["two releases by the same job", ["-a b/ /srv/w/rel/1", "-a b/ /srv/w/rel/2"], [[0, 1]]],
      [
        "two releases and the directory of all",
        ["-a b/1/ /srv/w/rel/1", "-a b/2/ /srv/w/rel/2", "-a b// /srv/w/rel/"],
        [[0, 1, 2]],
      ],
      ["two apps", ["-a x/ /srv/x", "-a y/ /srv/y"], [[0], [1]]],
      ["two apps and /srv by somebody else", ["-a x/ /srv/x", "-a y/ /srv/y", "-a z/ /srv"], [[0], [1], [2]]],
      ["an app and /srv by the same job", ["-an x/ /srv/x/", "-a y/ /srv/y", "-a x/ /srv//"], [[0, 2], [1]]],
      [
        "the same relative source in other directories",
        [
          ["-a b/ /srv/x", { cwd: "/x" }],
          ["-a b/ /srv/y", { cwd: "/y" }],
        ],
        [[0], [1]],
      ],
      ["a name that another one begins with", ["-a x/ /srv/w/rel", "-a y/ /srv/w/relic"], [[0], [1]]],
      ["another host", ["-a x/ web1:/srv/w/rel/1", "-a y/ web2:/srv/w/rel"], [[0], [1]]],
      [
        "two apps on a host and its /srv",
        ["-a x/ web1:/srv/x", "-a y/ web1:/srv/y", "-a z/ web1:/srv"],
        [[0], [1], [2]],
      ],
      ["the same host", ["-a x/ web1:/srv/w/rel/1", "-a y/ web1:/srv/w/rel"], [[0, 1]]],
      [
        "receivers to other places",
        [
          ["--server -logDtpre.iLsfxCIvu . /srv/w/x", { kind: "receiver" }],
          ["--server -logDtpre.iLsfxCIvu . /srv/w/y", { kind: "receiver" }],
        ],
        [[0], [1]],
      ],
      [
        "what can't be read",
        [
          ["--nope a b", { kind: null, targets: [], verdict: "refuse", codes: ["unknown-option"] }],
          ["-a x/ /srv/x", {}],
          ["-a --delete x", { kind: "listing", targets: [], verdict: "refuse", codes: ["missing-destination"] }],
        ],
        [[0, 2], [1]],
      ],
      [
        "a sender",
        [["--server --sender -logDtpre.iLsfxCIvu . a", { kind: "sender", targets: [] }], "-a x/ /srv/x"],
        [[1]],
      ],
      [
        "what was refused comes first",
        ["-a x/ /srv/x", ["-a y/ /srv/y", { verdict: "refuse", codes: ["no-dry-run"] }]],
        [[1], [0]],
      ],
    ],
  )("told together: %s", ([, lines, together]) => {
    const entries = lines.map((line, at) => {
      const [command, given] = Array.isArray(line) && typeof line[1] === "object" ? line : [line, {}];
      return entryOf(`10:00:0${at}`, command as Line, given as Partial<Entry>);
    });
    expect(timelinesOf(entries).map((timeline) => timeline.map(({ entry }) => entries.indexOf(entry)))).toEqual(
      together,
    );
  });

  const changeIn = (entries: readonly Entry[]) =>
    report(entries)
      .split("\n")
      .filter((line) => line.startsWith("Between"));
  const dry = entryOf("10:00:00", "-an --delete build/ /srv/www/rel/1.2.3/", before);

  test.for<[what: string, live: Entry, change: readonly string[]]>([
    [
      "the variable is lost",
      entryOf("10:05:00", "-a --delete build/ /srv/www/rel//", before),
      ["the destination changed: `/srv/www/rel/1.2.3/` -> `/srv/www/rel//`: `1.2.3` is gone."],
    ],
    [
      "the connection, too",
      entryOf("10:05:00", "-a --delete build/ /srv/www/rel//", after),
      [
        "the destination changed: `/srv/www/rel/1.2.3/` -> `/srv/www/rel//`: `1.2.3` is gone. The run came over another ssh connection (10.0.0.5 port 50022 -> 10.0.0.5 port 50111).",
      ],
    ],
    [
      "source and destination",
      entryOf("10:05:00", "-a --delete / /srv/www/rel/", before),
      [
        "the destination changed: `/srv/www/rel/1.2.3/` -> `/srv/www/rel/`: `1.2.3` is gone.",
        "the source changed: `build/` -> `/`: `build` is gone.",
      ],
    ],
    ["nothing", entryOf("10:05:00", "-a --delete build/ /srv/www/rel/1.2.3/", after), []],
    ["only what is printed", entryOf("10:05:00", "-av --delete build/ /srv/www/rel/1.2.3/", after), []],
    ["it is a dry run, too", entryOf("10:05:00", "-an --delete build/ /srv/www/rel//", before), []],
  ])("what changed since the dry run: %s", ([, live, change]) => {
    expect(changeIn([dry, live])).toEqual(
      change.map((text) => `Between the dry run at 2026-07-01 10:00:00 and the run at 2026-07-01 10:05:00, ${text}`),
    );
  });

  test("nothing changed since a dry run that was not the last one", () => {
    const other = entryOf("10:01:00", "-an --delete build/ /srv/www/rel/1.2.4/", before);
    const live = (name: string) => entryOf("10:05:00", `-a --delete build/ /srv/www/rel/${name}/`, before);
    expect(changeIn([dry, other, live("1.2.3")])).toEqual([]);
    expect(changeIn([dry, other, live("1.2.5")])).toHaveLength(1);
  });

  test("the same words in another directory", () => {
    const given = (cwd: string) => ({ cwd, targets: [`${cwd}/rel`] });
    const runs = [
      entryOf("10:00:00", "-an --delete /b/ rel/", given("/srv/www/app")),
      entryOf("10:05:00", "-a --delete /b/ rel/", given("/srv/www")),
    ];
    expect(changeIn(runs).join()).toMatch(/changed: `\/srv\/www\/app\/rel` -> `\/srv\/www\/rel`: `app` is gone\.$/);
  });

  const summaryOf = (entries: readonly Entry[]) => report(entries).split("\n\n")[1]?.split("\n");

  test.for<[what: string, entries: readonly Entry[], summary: readonly string[]]>([
    [
      "runs with plans",
      [
        entryOf("10:00:00", "-a --delete a/ /srv/a", { plan: deleting(1) }),
        entryOf("10:00:00", "-a --delete a/ /srv/a", { plan: deleting(2), verdict: "allowed" }),
        entryOf("10:00:00", "-an --delete a/ /srv/a", { plan: deleting(4) }),
        entryOf("10:00:00", "-a --delete a/ /srv/a", { plan: deleting(8), verdict: "refuse" }),
      ],
      ["4 runs: 1 dry run, 2 live runs, 1 refused.", "By their plans, the live runs deleted 3 entries."],
    ],
    [
      "a run without a plan that deletes, and one that does not",
      [
        entryOf("10:00:00", "-a --delete a/ /srv/a", { verdict: "observed", codes: ["no-dry-run"] }),
        entryOf("10:00:00", "-a a/ /srv/a"),
      ],
      [
        "2 runs: 0 dry runs, 2 live runs (1 only because mode is observe), 0 refused.",
        "By their plans, the live runs deleted nothing.",
        "1 live run had no plan: it is not known what it deleted.",
      ],
    ],
    [
      "a run that deletes into a new directory, which needs no plan",
      [entryOf("10:00:00", "-a --delete a/ /srv/a", { risk: "nothing" })],
      ["1 run: 0 dry runs, 1 live run, 0 refused.", "By their plans, the live runs deleted nothing."],
    ],
    [
      "dry runs that begin and end",
      [
        entryOf("10:00:00", "-an a/ /srv/a", { verdict: "approve" }),
        entryOf("10:00:01", "-an a/ /srv/a", { verdict: "approve" }),
        entryOf("10:00:02", "-an a/ /srv/a", { verdict: "failed" }),
        entryOf("10:00:03", "-an a/ /srv/a", { verdict: "recorded" }),
        entryOf("10:00:04", "-an a/ /srv/a", { verdict: "approve" }),
      ],
      ["3 runs: 3 dry runs, 0 live runs, 0 refused."],
    ],
  ])("in short: %s", ([, entries, summary]) => {
    expect(summaryOf(entries)).toEqual(summary);
  });

  test("the same run several times in a row is told once", () => {
    const entries = ["10:00:00", "10:01:00", "10:02:00"].map((time) => entryOf(time, "-a a/ /srv/a"));
    const text = report([...entries, entryOf("10:03:00", "-a a/ /srv/a", { user: "root" })]);
    expect(text.split("\n").filter((line) => line.startsWith("- 2026"))).toEqual([
      "- 2026-07-01 10:00:00 deploy: **live run** (3 times, until 2026-07-01 10:02:00)",
      "- 2026-07-01 10:03:00 root: **live run**",
    ]);
  });

  test("thousands of places of one job", () => {
    const entries = Array.from({ length: 5000 }, (_, at) => entryOf("10:00:00", `-a b/ /srv/w/rel/${at}/`));
    expect(timelinesOf(entries)).toHaveLength(1);
  });
});

describe("suggest", () => {
  const cron: Partial<Entry> = {
    terminal: false,
    verdict: "observed",
    callers: [
      { name: "sh", command: "sh mirror" },
      { name: "cron", command: "cron" },
    ],
  };
  const times = (count: number, line: Line, given: Partial<Entry>) =>
    Array.from({ length: count }, (_, at) => entryOf(`0${at}:00:00`, line, { ...cron, ...given }));
  const suggest = (entries: readonly Entry[]) => suggestText(entries, { since: null, clock });
  /** Without the comments. */
  const configOf = (entries: readonly Entry[]) =>
    suggest(entries)
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
  /** Why something is not loosened. */
  const whyNot = (entries: readonly Entry[]) =>
    /# not loosened:\n#\n(?:# .*\n){3}# {3}(.*)\n(?:#|$)/.exec(suggest(entries))?.[1];

  test("nothing was seen", () => {
    expect(suggest([entryOf("10:00:00", "-a a/ /srv/a")])).toBe(
      "# nothing to suggest: since the journal began, no run passed only because mode is observe\n",
    );
  });

  test("with its evidence", () => {
    expect(suggest(times(3, "-a --delete db/ /backup/db/", { codes: ["no-dry-run"] }))).toBe(
      `# from 3 runs since the journal began that passed only because mode is observe
# Read it, and copy what is right into /etc/rsync-guard.toml, or let rsync-guard suggest --write do it. The first
# [[destination]] that matches applies, whoever runs rsync: if there is one for the place already, add the keys there.
# Leave mode on observe for some days more, then suggest again: a run that passes now may still be refused for its plan.

# 3 runs, from 2026-07-01 00:00:00 to 2026-07-01 02:00:00, by deploy, called by sh mirror < cron, without a terminal
#   rsync -a --delete db/ /backup/db/
#   would be refused for no-dry-run
[[destination]]
path = "/backup/db"
# each run is planned right before it; still refused: a source that is empty or not mounted, a plan that goes beyond
# the limits, protected directories, the traces of a lost variable
dry_run = { required = "auto" }
`,
    );
  });

  const auto = 'dry_run = { required = "auto" }';
  const at = (path: string, ...keys: string[]) => ["[[destination]]", `path = ${JSON.stringify(path)}`, ...keys];
  const share = (deleted: number, present = 100) => ({
    codes: ["plan-too-large" as const],
    plan: deleting(deleted, present),
  });

  test.for<[what: string, entries: readonly Entry[], config: readonly string[]]>([
    ["a script without a dry run", times(3, "-a a/ /srv/a", { codes: ["no-dry-run"] }), at("/srv/a", auto)],
    [
      "dry runs that were old, or of another session",
      [
        ...times(2, "-a a/ /srv/a", { codes: ["stale-dry-run"] }),
        ...times(1, "-a a/ /srv/a", { codes: ["other-session"] }),
      ],
      at("/srv/a", auto),
    ],
    [
      "to another host",
      times(3, "-a a/ web1:/srv/a/", { codes: ["no-dry-run"], targets: ["web1:/srv/a"] }),
      at("web1:/srv/a", auto),
    ],
    [
      "releases side by side",
      ["1.2.3", "1.2.4", "1.2.5"].map((name) =>
        entryOf("10:00:00", `-a b/ /srv/w/rel/${name}/`, { ...cron, codes: ["no-dry-run"] }),
      ),
      at("/srv/w/rel/*", auto),
    ],
    [
      "apps side by side in /srv are no pattern",
      ["x", "x", "x", "y", "y", "y"].map((name) =>
        entryOf("10:00:00", `-a b/ /srv/${name}/`, { ...cron, codes: ["no-dry-run"] }),
      ),
      [...at("/srv/x", auto), ...at("/srv/y", auto)],
    ],
    [
      "the largest share",
      [...times(2, "-a --delete a/ /srv/a", share(61)), ...times(1, "-a --delete a/ /srv/a", share(72))],
      at("/srv/a", 'limits = { max_delete = "75%" }'),
    ],
    [
      "a share that is exact",
      times(3, "-a --delete a/ /srv/a", share(60)),
      at("/srv/a", 'limits = { max_delete = "60%" }'),
    ],
    [
      "the very same command, again and again",
      times(3, "-a --delete rel/ /srv/w//rel/", { codes: ["release-root", "empty-variable"] }),
      at("/srv/w/rel", 'allow = ["release-root", "empty-variable"]'),
    ],
    [
      "several at once",
      times(3, "-a --delete / /backup/web1/", { codes: ["root-source", "no-dry-run"] }),
      at("/backup/web1", 'allow = ["root-source"]', auto),
    ],
    [
      "two jobs to one place",
      [...times(3, "-a a/ /srv/a", { codes: ["no-dry-run"] }), ...times(3, "-a --delete b/ /srv/a", share(55))],
      at("/srv/a", auto, 'limits = { max_delete = "55%" }'),
    ],
    [
      "one place before the pattern that it is under, with its keys",
      [
        ...["1", "2", "3"].map((name) =>
          entryOf("10:00:00", `-a b/ /srv/w/rel/${name}/`, { ...cron, codes: ["no-dry-run"] }),
        ),
        ...times(3, "-a --delete c/ /srv/w/rel/3/", share(55)),
      ],
      [...at("/srv/w/rel/3", auto, 'limits = { max_delete = "55%" }'), ...at("/srv/w/rel/*", auto)],
    ],
    [
      "a name that is a pattern",
      times(3, ["-a", "a/", "/srv/w/[a] {b}*"], { codes: ["no-dry-run"] }),
      at("/srv/w/\\[a\\] \\{b\\}\\*", auto),
    ],
    [
      "a date in the middle, and a --link-dest",
      ["01", "02", "03"].map((day) =>
        entryOf("10:00:00", `-a --delete --link-dest=/b/2026-06-${day}/tree /d/ /b/2026-07-${day}/tree/`, {
          ...cron,
          codes: ["no-dry-run"],
        }),
      ),
      at("/b/*/tree", auto),
    ],
    [
      "sources with a random name, and a list with one",
      ["aB3xYz9", "k0Lm2nO", "pQ7rSt1"].map((name) =>
        entryOf("10:00:00", `-a --files-from=/tmp/list.${name} /tmp/tmp.${name}/ /srv/a/`, {
          ...cron,
          codes: ["no-dry-run"],
        }),
      ),
      at("/srv/a", auto),
    ],
    [
      "a list on standard input",
      times(3, "-a --delete --files-from=- a/ /srv/a/", { codes: ["no-dry-run"] }),
      at("/srv/a", 'allow = ["no-dry-run"]', auto),
    ],
    [
      "what one host sends to a mirror again and again",
      times(3, "--server -logDtpre.iLsfxCIvu --delete . /srv/a", {
        kind: "receiver",
        codes: ["no-dry-run"],
        ssh: "10.0.0.1 50022 10.0.0.2 22",
      }),
      at("/srv/a", 'dry_run = { required = "never" }'),
    ],
    [
      "a command whose target was not there the first time",
      [
        ...times(1, "-a --relative /d/e/ /b/x/", { codes: ["new-top-level"], targets: ["/b/x"], verdict: "run" }),
        ...times(1, "-a --relative /d/e/ /b/x/", { codes: ["no-dry-run"], targets: ["/b/x"] }),
        ...times(2, "-a --relative /d/e/ /b/x/", { codes: ["no-dry-run"], targets: ["/b/x/d", "/b/x/d/e"] }),
      ],
      at("/b/x", auto),
    ],
  ])("loosens: %s", ([, entries, config]) => {
    expect(configOf(entries)).toEqual(config);
  });

  const toRelease = times(3, "-a --delete b/ /srv/w/rel/1.2.3/", { codes: ["no-dry-run"] });

  test.for<[what: string, entries: readonly Entry[], why: string]>([
    [
      "at a terminal",
      times(3, "-a a/ /srv/a", { codes: ["no-dry-run"], terminal: true }),
      "it was run at a terminal, where a person can make the dry run first",
    ],
    [
      "where that is not known",
      times(3, "-a a/ /srv/a", { codes: ["no-dry-run"], terminal: null }),
      "it was run at a terminal, where a person can make the dry run first",
    ],
    ["once", times(1, "-a a/ /srv/a", { codes: ["no-dry-run"] }), "it ran only once: that is no habit"],
    ["twice", times(2, "-a a/ /srv/a", { codes: ["release-root"] }), "it ran only twice: that is no habit"],
    [
      "a receiver",
      times(3, "--server -logDtpre.iLsfxCIvu --delete . /srv/a", { kind: "receiver", codes: ["no-dry-run"] }),
      "it comes from another host, and can't be planned here: make the dry run there",
    ],
    [
      "sources that are removed",
      times(3, "-a --remove-source-files a/ /srv/a", { codes: ["no-dry-run"] }),
      "it removes its source files, which a [[destination]] does not cover",
    ],
    [
      "all that is there",
      times(3, "-a --delete a/ /srv/a", share(97)),
      "it would delete all, or nearly all, of what is there",
    ],
    [
      "a share that is not known",
      times(3, "-a --delete a/ /srv/a", { ...share(60), plan: null }),
      "it would delete all, or nearly all, of what is there",
    ],
    [
      "a protected directory",
      times(3, "-a a/ /srv", { codes: ["protected-destination", "no-dry-run"] }),
      "it would be refused for protected-destination, which is never loosened (rsync-guard explain protected-destination)",
    ],
    ...(
      [
        "protected-below",
        "protected-from-delete",
        "empty-source",
        "same-place",
        "wrong-name",
        "plan-deletes-releases",
        "plan-deletes-kept",
        "plan-replaces-symlinks",
        "plan-changed",
      ] as const
    ).map((one): [string, readonly Entry[], string] => [
      one,
      times(5, "-a --delete a/ /srv/a", { codes: [one] }),
      `it would be refused for ${one}, which is never loosened (rsync-guard explain ${one})`,
    ]),
    [
      "not the very same command",
      ["-a a/ /srv/a//", "-av a/ /srv/a//", "-a a/ /srv//a"].map((line) =>
        entryOf("10:00:00", line, { ...cron, codes: ["empty-variable"] }),
      ),
      "the command was not the same each time, as it has to be to allow empty-variable",
    ],
    [
      "the directory above was refused",
      [
        ...toRelease,
        entryOf("10:00:00", "-a --delete b/ /srv/w/rel//", { verdict: "refuse", codes: ["release-root"] }),
      ],
      "at 2026-07-01 10:00:00 a run went to /srv/w/rel, and another one goes to /srv/w/rel/1.2.3: a variable may have been lost",
    ],
    [
      "another job deletes above",
      [...toRelease, entryOf("10:00:00", "-a --delete c/ /srv/w/rel", { verdict: "refuse", codes: ["no-dry-run"] })],
      "at 2026-07-01 10:00:00 a run went to /srv/w/rel, and another one goes to /srv/w/rel/1.2.3: a variable may have been lost",
    ],
    [
      "the same job, which deletes nothing, went to the directory above",
      [
        ...times(3, "-a b/ /srv/w/rel/1.2.3/", { codes: ["no-dry-run"] }),
        entryOf("10:00:00", "-a b/ /srv/w/rel", { verdict: "refuse", codes: ["no-dry-run"] }),
      ],
      "at 2026-07-01 10:00:00 a run went to /srv/w/rel, and another one goes to /srv/w/rel/1.2.3: a variable may have been lost",
    ],
    [
      "the same job went to /srv",
      [
        ...toRelease,
        entryOf("10:00:00", "-a --delete b/ /srv", { verdict: "refuse", codes: ["protected-destination"] }),
      ],
      "at 2026-07-01 10:00:00 a run went to /srv, and another one goes to /srv/w/rel/1.2.3: a variable may have been lost",
    ],
    [
      "the same job went beside it, with the trace of a variable",
      [
        ...toRelease,
        entryOf("10:00:00", "-a --delete b/ /srv/w//1.2.3/", { verdict: "refuse", codes: ["empty-variable"] }),
      ],
      "at 2026-07-01 10:00:00 a run went to /srv/w/1.2.3, and another one goes to /srv/w/rel/1.2.3: a variable may have been lost",
    ],
    [
      "the date is gone from a dated job",
      [
        ...["01", "02", "03"].map((day) =>
          entryOf("09:00:00", `-a --delete --link-dest=/b/x/2026-06-${day} /d/ /b/x/2026-07-${day}`, {
            ...cron,
            codes: ["no-dry-run"],
          }),
        ),
        entryOf("10:00:00", "-a --delete --link-dest=/b/x/2026-07-03 /d/ /b/x/", {
          verdict: "refuse",
          codes: ["no-dry-run"],
        }),
      ],
      "at 2026-07-01 10:00:00 a run went to /b/x, and another one goes to /b/x/2026-07-01: a variable may have been lost",
    ],
    [
      "the version is lost between releases, three times",
      ["1.2.1", "", "1.2.2", "", "1.2.3", ""].map((name) =>
        entryOf("10:00:00", `-a --delete b/ /srv/w/rel/${name}`, { ...cron, codes: ["no-dry-run"] }),
      ),
      "at 2026-07-01 10:00:00 a run went to /srv/w/rel, and another one goes to /srv/w/rel/1.2.1: a variable may have been lost",
    ],
    [
      "a program goes to both in turn, with the trace of a variable",
      [1, 2, 3, 4].flatMap(() => [
        entryOf("10:00:00", "-a --delete b/ /srv/w/rel/x", { ...cron, codes: ["no-dry-run"] }),
        entryOf("10:00:00", "-a --delete b/ /srv/w/rel//", { ...cron, codes: ["empty-variable"] }),
      ]),
      "at 2026-07-01 10:00:00 a run went to /srv/w/rel, and another one goes to /srv/w/rel/x: a variable may have been lost",
    ],
    [
      "another job deletes above in turn, with the trace of a variable",
      [1, 2, 3, 4].flatMap(() => [
        entryOf("10:00:00", "-a --delete b/ /srv/w/rel/x", { ...cron, codes: ["no-dry-run"] }),
        entryOf("10:00:00", "-a --delete c/ /srv/w/rel//", { ...cron, verdict: "refuse", codes: ["empty-variable"] }),
      ]),
      "at 2026-07-01 10:00:00 a run went to /srv/w/rel, and another one goes to /srv/w/rel/x: a variable may have been lost",
    ],
    [
      "it is the accident itself, again and again",
      [
        ...times(4, "-a --delete b/ /srv/w/rel//", { codes: ["empty-variable", "release-root"] }),
        entryOf("10:00:00", "-an --delete b/ /srv/w/rel/1.2.3/"),
      ],
      "at 2026-07-01 03:00:00 a run went to /srv/w/rel, and another one goes to /srv/w/rel/1.2.3: a variable may have been lost",
    ],
  ])("does not loosen: %s", ([, entries, why]) => {
    expect(configOf(entries)).toEqual([]);
    expect(whyNot(entries)).toBe(why);
  });

  test.for<[what: string, other: Entry]>([
    [
      "somebody else's run to /srv",
      entryOf("10:00:00", "-a --delete c/ /srv", { verdict: "refuse", codes: ["protected-destination"] }),
    ],
    [
      "a run to the directory above from which nothing could be lost",
      entryOf("10:00:00", "-a --delete c/ /srv/w/rel", {
        verdict: "refuse",
        codes: ["new-top-level"],
        risk: "nothing",
      }),
    ],
    ["a run to the directory above that was let go", entryOf("10:00:00", "-a --delete c/ /srv/w/rel")],
    [
      "a copy to the directory above, without deletion",
      entryOf("10:00:00", "-a c/ /srv/w/rel", { verdict: "refuse", codes: ["no-dry-run"] }),
    ],
    [
      "the same job to a directory beside it, without a trace",
      entryOf("10:00:00", "-a --delete b/ /srv/w/rel/1.2.4", { verdict: "refuse", codes: ["no-dry-run"] }),
    ],
  ])("is not held up by %s", ([, other]) => {
    expect(configOf([...toRelease, other])).toEqual(at("/srv/w/rel/1.2.3", auto));
  });

  test("all that a program does at a place is loosened, or nothing", () => {
    const start = times(1, "-a --delete a/ /srv/a/", { codes: ["no-dry-run"] });
    const change = times(3, "-a --include-from=- a/ /srv/a/", { codes: ["no-dry-run"] });
    expect(configOf([...start, ...change])).toEqual(at("/srv/a", 'allow = ["no-dry-run"]', auto));
    const odd = times(3, "-a --delete c/ /srv/a/", { codes: ["plan-deletes-kept"] });
    expect(configOf([...start, ...change, ...odd])).toEqual([]);
    // by somebody else
    const others = odd.map((entry): Entry => ({ ...entry, user: "backup" }));
    expect(configOf([...start, ...change, ...others])).toEqual(at("/srv/a", 'allow = ["no-dry-run"]', auto));
  });

  test("no control character gets into the comments", () => {
    const text = suggest(
      times(3, ["-a", "a\n[[destination]]\npath = '/**'", "/srv/w/x"], { codes: ["no-dry-run"], user: "a\nb" }),
    );
    expect(text.split("\n").filter((line) => line === "[[destination]]")).toHaveLength(1);
  });
});
