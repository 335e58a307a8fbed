import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytesOf } from "../../src/core/bytes.ts";
import { settingsFor } from "../../src/core/configuration/settings.ts";
import type { Entry, JournalEvent } from "../../src/core/history/journal.ts";
import { suggestText } from "../../src/core/history/suggest.ts";
import type { Target } from "../../src/core/place/target.ts";
import { journalFiles, writeJournal } from "../../src/io/store/journal.ts";
import { type Journal, journalsOf, readJournals } from "../../src/io/store/journal-read.ts";
import { configFrom } from "../support/configuration.ts";
import { clock, deleting, entryOf, planOf } from "../support/entry.ts";

const isRoot = process.geteuid?.() === 0;
const uid = process.geteuid?.() ?? 0;
const nobody = 65534;
const size = 10 * 1024 * 1024;

let folder: string;
let file: string;
let temporary: string | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rsync-guard-journal-"));
  file = join(folder, "state/rsync-guard/journal.jsonl");
  mkdirSync(dirname(file), { recursive: true });
  temporary = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
});
afterEach(() => {
  if (temporary === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = temporary;
  rmSync(folder, { recursive: true });
});

const said: JournalEvent = {
  argv: ["-a", "a/", "/srv/a"],
  kind: "live",
  targets: ["/srv/a"],
  verdict: "run",
  codes: [],
  fingerprint: null,
  approvedAt: null,
  plan: null,
  risk: null,
  undo: null,
};
const write = (given: Partial<JournalEvent> = {}) => writeJournal(file, { ...said, ...given }, {}, { syslog: false });

const own = (): Journal => ({ file, uid, user: null });
/** What was read, by the time of day, and what was not. */
function read(journals: readonly Journal[] = [own()], since = 0) {
  const { entries, unread } = readJournals(journals, since);
  const times = [...entries].map(({ time }) => time.slice(11, 19));
  const { leftOut, skipped } = unread();
  return { times, leftOut: leftOut.map((why) => ({ ...why, path: why.path.replaceAll(folder, "FOLDER") })), skipped };
}
const all = (...times: string[]) => ({ times, leftOut: [], skipped: 0 });

const lines = (...entries: readonly (Entry | string)[]) =>
  entries.map((entry) => `${typeof entry === "string" ? entry : JSON.stringify(entry)}\n`).join("");
const at = (time: string, given: Partial<Entry> = {}) => entryOf(time, "-a a/ /srv/a", given);

describe("writing", () => {
  test("what was said, who says it, and from where, is read again", async () => {
    const plan = planOf({ kept: 3, topLevel: { first: [["old", 2]], others: 1 } });
    const given: Partial<JournalEvent> = {
      codes: ["no-dry-run"],
      verdict: "refuse",
      fingerprint: "f".repeat(64),
      plan,
    };
    const start = Math.floor(Date.now() / 1000);
    expect(await write(given)).toBeNull();
    const [entry, ...others] = readJournals([own()]).entries;
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ ...said, ...given, cwd: process.cwd(), sudoUser: null, ssh: null });
    expect(Date.parse(entry?.time ?? "") / 1000).toBeGreaterThanOrEqual(start);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("who called sudo, and by which connection", async () => {
    const env = { SUDO_USER: "alice", SSH_CONNECTION: "10.0.0.5 50022 10.0.0.1 22" };
    await writeJournal(file, said, env, { syslog: false });
    expect([...readJournals([own()]).entries]).toMatchObject([
      { sudoUser: "alice", ssh: "10.0.0.5 50022 10.0.0.1 22" },
    ]);
  });

  test("no secret, neither in the arguments nor in the targets", async () => {
    await write({ argv: ["-a", "a/", "rsync://u:secret@h/m/"], targets: ["rsync:/u:secret@h/m"] });
    const text = readFileSync(file, "utf8");
    expect(text).not.toContain("secret");
    expect(text).toContain("rsync://u:***@h/m/");
  });

  test("of megabytes of arguments, the first and the last", async () => {
    const names = Array.from({ length: 100_000 }, (_, one) => `/srv/files/${one}`);
    await write({ argv: ["-a", ...names, "/srv/a"], targets: names });
    expect(statSync(file).size).toBeLessThan(100_000);
    const [entry] = readJournals([own()]).entries;
    expect([entry?.argv[0], entry?.argv.at(-1)]).toEqual(["-a", "/srv/a"]);
    await write({ argv: ["-a", ...names.slice(0, 100), "/srv/a"] });
    expect([...readJournals([own()]).entries][1]?.argv).toHaveLength(102);
  });
});

describe("rotation", () => {
  const rotated = () => readdirSync(dirname(file)).sort();
  const fill = (bytes: number) => {
    writeFileSync(file, lines(at("01:00:00")), { mode: 0o600 });
    truncateSync(file, bytes);
  };

  test.for<[bytes: number, files: readonly string[]]>([
    [size - 2000, ["journal.jsonl"]],
    [size, ["journal.jsonl.1"]],
  ])("of a file of %d bytes", async ([bytes, files]) => {
    fill(bytes);
    await write();
    expect(rotated()).toEqual(files);
    await write();
    expect(read().leftOut).toEqual([]);
  });

  test("five are kept, and the oldest goes", async () => {
    for (let number = 1; number <= 7; number++) {
      fill(size);
      await write({ argv: [String(number)] });
    }
    expect(rotated()).toEqual([1, 2, 3, 4, 5].map((number) => `journal.jsonl.${number}`));
    const numbers = [...readJournals([own()]).entries].flatMap(({ argv }) => (argv.length === 1 ? argv : []));
    expect(numbers).toEqual(["3", "4", "5", "6", "7"]);
  });

  test.for<[what: string, seconds: number, files: readonly string[]]>([
    ["held now: it is the other's work", 0, ["journal.jsonl", "journal.jsonl.lock"]],
    ["left behind: it goes, and the next one rotates", 61, ["journal.jsonl"]],
  ])("a lock that is %s", async ([, seconds, files]) => {
    fill(size);
    const then = Date.now() / 1000 - seconds;
    writeFileSync(`${file}.lock`, "1");
    utimesSync(`${file}.lock`, then, then);
    expect(await write()).toBeNull();
    expect(rotated()).toEqual(files);
  });
});

describe("a journal that can't be written", () => {
  const ofAnother: [what: string, spoil: () => void, why: string] = [
    "another user's directory",
    () => chownSync(dirname(file), 65534, 65534),
    "FOLDER/state/rsync-guard belongs to another user (uid 65534)",
  ];

  test.for<[what: string, spoil: () => void, why: string]>([
    [
      "a file where its directory should be",
      () => {
        rmSync(dirname(file), { recursive: true });
        writeFileSync(dirname(file), "");
      },
      "ENOTDIR",
    ],
    ...(process.geteuid?.() === 0 ? [ofAnother] : []),
    ["a directory of its name", () => mkdirSync(file), "EISDIR"],
    ["a pipe that nobody reads", () => spawnSync("mkfifo", [file]), "ENXIO"],
    ["a symlink, wherever it leads", () => symlinkSync(join(folder, "elsewhere"), file), "ELOOP"],
  ])("%s: said once", async ([, spoil, why]) => {
    spoil();
    const text = await write();
    expect(text?.replaceAll(folder, "FOLDER")).toBe(
      `rsync-guard: the journal FOLDER/state/rsync-guard/journal.jsonl can't be written (${why}), so this run is not in it; XDG_STATE_HOME names another place\n`,
    );
    expect(await write()).toBeNull();
  });
});

describe("reading", () => {
  test("the older files first", () => {
    const times = ["01:00:00", "02:00:00", "03:00:00", "04:00:00", "05:00:00", "06:00:00"];
    for (const [number, name] of journalFiles(file).entries()) writeFileSync(name, lines(at(times[number] ?? "")));
    writeFileSync(`${file}.6`, lines(at("00:00:00")));
    expect(read()).toEqual(all(...times));
  });

  test("none", () => {
    expect(read()).toEqual(all());
    expect(read([{ file: join(folder, "nowhere/journal.jsonl"), uid, user: "x" }])).toEqual(all());
  });

  const whole = JSON.stringify(at("02:00:00"));
  const without = (key: keyof Entry) => JSON.stringify({ ...at("02:00:00"), [key]: undefined });
  test.for<[what: string, text: string, times: readonly string[], skipped: number]>([
    ["whole lines", lines(whole), ["02:00:00"], 0],
    ["the last one without its end", whole, ["02:00:00"], 0],
    ["cut short", whole.slice(0, 100), [], 1],
    ["cut short, and one behind it", `${whole.slice(0, 100)}${lines(whole)}`, ["02:00:00"], 1],
    ["zeros, as after a power failure", `${"\0".repeat(5000)}\n`, [], 1],
    ["zeros, and one behind them", `${"\0".repeat(5000)}${lines(whole)}`, ["02:00:00"], 1],
    ["empty", "\n", [], 1],
    ["null", "null\n", [], 1],
    ["an empty object", "{}\n", [], 1],
    ["a list", "[]\n", [], 1],
    ["without a time", lines(without("time")), [], 1],
    ["a time that is none", lines(JSON.stringify(at("25:00:00"))), [], 1],
    ["without arguments", lines(without("argv")), [], 1],
    ["arguments that are no text", lines(JSON.stringify({ ...at("02:00:00"), argv: [1] })), [], 1],
    ["a verdict that nobody knows", lines(JSON.stringify({ ...at("02:00:00"), verdict: "maybe" })), [], 1],
    ["a plan that is none", lines(JSON.stringify({ ...at("02:00:00"), plan: {} })), [], 1],
    ["a plan", lines(at("02:00:00", { plan: deleting(3) })), ["02:00:00"], 0],
    ["of an older make, without a terminal", lines(without("terminal")), ["02:00:00"], 0],
    ["of a newer make", lines(JSON.stringify({ ...at("02:00:00"), codes: ["new-code"], more: 1 })), ["02:00:00"], 0],
    [
      "longer than a piece that is read at once",
      lines(at("02:00:00", { argv: ["x".repeat(200_000)] })),
      ["02:00:00"],
      0,
    ],
    ["longer than any entry", `${"x".repeat(17 * 1024 * 1024)}\n`, [], 1],
    ["characters of several bytes", lines(at("02:00:00", { argv: ["é€😀".repeat(30_000)] })), ["02:00:00"], 0],
  ])("a line that is %s", ([, text, times, skipped]) => {
    writeFileSync(file, `${lines(at("01:00:00"))}${text}${text.endsWith("\n") ? lines(at("03:00:00")) : ""}`);
    const expected = ["01:00:00", ...times, ...(text.endsWith("\n") ? ["03:00:00"] : [])];
    expect(read()).toEqual({ times: expected, leftOut: [], skipped });
  });

  test("each character is what was written", () => {
    writeFileSync(file, lines(at("01:00:00", { argv: ["é€😀".repeat(30_000)] })));
    expect([...readJournals([own()]).entries][0]?.argv).toEqual(["é€😀".repeat(30_000)]);
  });

  test("what is since then; a file that was last written before is not read", () => {
    writeFileSync(`${file}.1`, "nothing of it is read\n");
    utimesSync(`${file}.1`, 1, 1);
    writeFileSync(file, lines(at("01:00:00"), at("02:00:00")));
    expect(read([own()], Date.parse(at("01:30:00").time))).toEqual(all("02:00:00"));
    expect(read()).toEqual({ ...all("01:00:00", "02:00:00"), skipped: 1 });
  });

  test("none is missed or met twice where the files are renamed meanwhile", () => {
    writeFileSync(file, lines(at("02:00:00"), at("03:00:00")));
    const { entries } = readJournals([own()]);
    const reading = entries[Symbol.iterator]();
    expect(reading.next().value?.time).toContain("02:00:00");
    renameSync(file, `${file}.1`);
    writeFileSync(file, lines(at("04:00:00")));
    expect(reading.next().value?.time).toContain("03:00:00");
    expect(reading.next().done).toBe(true);
    // as it looks where the newest file was opened before it was renamed, and then again by its new name
    rmSync(file);
    linkSync(`${file}.1`, file);
    expect(read()).toEqual(all("02:00:00", "03:00:00"));
  });
});

describe("what is not to be trusted is left out, and said so", () => {
  test.for<[what: string, spoil: (name: string) => void, why: object | null]>([
    ["for its owner alone", () => {}, null],
    ["that others may read", (name) => chmodSync(name, 0o644), null],
    ["that its group may write", (name) => chmodSync(name, 0o620), { problem: "others-may-write" }],
    ["that all may write", (name) => chmodSync(name, 0o602), { problem: "others-may-write" }],
    [
      "that is a pipe",
      (name) => {
        rmSync(name);
        spawnSync("mkfifo", [name]);
      },
      { problem: "not-a-file" },
    ],
    [
      "that is a directory",
      (name) => {
        rmSync(name);
        mkdirSync(name);
      },
      { problem: "not-a-file" },
    ],
    [
      "that is a link",
      (name) => {
        renameSync(name, `${name}.real`);
        symlinkSync(`${name}.real`, name);
      },
      { problem: "unreadable", error: "ELOOP" },
    ],
  ])("a file %s", ([, spoil, why]) => {
    for (const name of [file, `${file}.1`])
      writeFileSync(name, lines(at(name === file ? "02:00:00" : "01:00:00")), { mode: 0o600 });
    spoil(`${file}.1`);
    const path = "FOLDER/state/rsync-guard/journal.jsonl.1";
    expect(read()).toEqual(
      why === null ? all("01:00:00", "02:00:00") : { times: ["02:00:00"], leftOut: [{ ...why, path }], skipped: 0 },
    );
  });

  test.runIf(isRoot).for<[owner: number, uid: number, isRead: boolean]>([
    [nobody, nobody, true],
    [0, nobody, true],
    [1, nobody, false],
    [nobody, 0, false],
  ])("a file of uid %d, in the home of uid %d", ([owner, home, isRead]) => {
    writeFileSync(file, lines(at("01:00:00")), { mode: 0o600 });
    chownSync(file, owner, owner);
    const leftOut = [{ problem: "other-owner", path: "FOLDER/state/rsync-guard/journal.jsonl", uid: owner }];
    expect(read([{ file, uid: home, user: "x" }])).toEqual(
      isRead ? all("01:00:00") : { times: [], leftOut, skipped: 0 },
    );
  });
});

describe("the journals of all users", () => {
  const homeFile = (user: string) => join(folder, "home", user, ".local/state/rsync-guard/journal.jsonl");
  const passwd = () => join(folder, "passwd");
  beforeEach(() => {
    for (const user of ["alice", "bob"]) mkdirSync(dirname(homeFile(user)), { recursive: true });
    const row = (user: string, id: number, home: string) => `${user}:x:${id}:${id}::${home}:/bin/sh`;
    const home = (user: string) => join(folder, "home", user);
    writeFileSync(
      passwd(),
      [
        row("root", 0, join(folder, "root")),
        row("alice", uid, home("alice")),
        row("daemon", 1, "/"),
        row("bob", uid, `${home("bob")}/`),
        row("alias", uid, home("bob")),
        row("sync", 4, "/nonexistent"),
        "",
      ].join("\n"),
    );
  });
  const journals = () => journalsOf({ XDG_STATE_HOME: join(folder, "state") }, passwd());

  test.runIf(isRoot)("root sees them all, by their time", () => {
    writeFileSync(file, lines(at("02:00:00", { user: "root" }), at("05:00:00", { user: "root" })), { mode: 0o600 });
    writeFileSync(homeFile("alice"), lines(at("01:00:00", { user: "alice" }), at("04:00:00", { user: "alice" })), {
      mode: 0o600,
    });
    writeFileSync(`${homeFile("bob")}.1`, lines(at("00:00:00", { user: "bob" })), { mode: 0o600 });
    // what somebody writes of others is not believed
    writeFileSync(homeFile("bob"), lines(at("03:00:00", { user: "root" })), { mode: 0o600 });
    const entries = [...readJournals(journals()).entries];
    expect(entries.map(({ time, user }) => `${time.slice(11, 13)} ${user}`)).toEqual([
      "00 bob",
      "01 alice",
      "02 root",
      "03 bob",
      "04 alice",
      "05 root",
    ]);
  });

  test.runIf(isRoot)("one's own is not read twice", () => {
    writeFileSync(homeFile("alice"), lines(at("01:00:00")), { mode: 0o600 });
    const found = journalsOf({ XDG_STATE_HOME: join(folder, "home/alice/.local/state") }, passwd());
    expect(read(found)).toEqual(all("01:00:00"));
  });

  test("somebody else sees only the own one", () => {
    const { getuid, geteuid } = process;
    process.getuid = process.geteuid = () => 1000;
    try {
      expect(journals()).toEqual([{ file, uid: 1000, user: null }]);
    } finally {
      Object.assign(process, { getuid, geteuid });
    }
  });

  test.runIf(isRoot)("without a passwd, one's own", () => {
    rmSync(passwd());
    expect(journals()).toEqual([{ file, uid: 0, user: null }]);
  });
});

describe("a suggestion is a configuration that lets those runs pass", () => {
  const cron: Partial<Entry> = { terminal: false, verdict: "observed", callers: [{ name: "cron", command: "cron" }] };
  const times = (line: string | readonly string[], given: Partial<Entry>) =>
    ["01:00:00", "02:00:00", "03:00:00"].map((time) => entryOf(time, line, { ...cron, ...given }));
  const settingsOf = (entries: readonly Entry[], paths: readonly string[]) => {
    const config = configFrom(suggestText(entries, { since: null, clock }));
    const targets = paths.map((path) => ({ path: bytesOf(path), role: "destination" }) as Target);
    const { mode, allow, dryRun, limits } = settingsFor(config, targets, false);
    const { maxDelete, wholeDirectory, reducedDirectory, older } = limits;
    const shares = [wholeDirectory, reducedDirectory, older].map(({ percent }) => percent);
    return { mode, allow, required: dryRun.required, maxDelete, shares };
  };
  const usual = { mode: "enforce", allow: [], required: "risky", maxDelete: { percent: 50 }, shares: [10, 80, 50] };
  const whole = (entries: number) => ({ ...deleting(20), directories: [{ path: "old", entries, moved: 0 }] });

  test.for<[what: string, entries: readonly Entry[], paths: readonly string[], settings: object]>([
    ["a dry run", times("-a a/ /srv/a", { codes: ["no-dry-run"] }), ["/srv/a"], { required: "auto" }],
    [
      "several sources",
      times("-a a b /srv/a", { codes: ["no-dry-run"], targets: ["/srv/a/a", "/srv/a/b"] }),
      ["/srv/a/a", "/srv/a/b"],
      { required: "auto" },
    ],
    ["another place", times("-a a/ /srv/a", { codes: ["no-dry-run"] }), ["/srv/ab"], {}],
    ["the directory above", times("-a a/ /srv/w/a", { codes: ["no-dry-run"] }), ["/srv/w"], {}],
    [
      "a limit",
      times("-a --delete a/ /srv/a", { codes: ["plan-too-large"], plan: deleting(61) }),
      ["/srv/a"],
      { maxDelete: { percent: 65 } },
    ],
    [
      "the largest share of a directory, of those that were refused for it and of the others",
      [
        ...times("-a --delete a/ /srv/a", { codes: ["plan-deletes-directory"], plan: whole(12) }),
        entryOf("04:00:00", "-a --delete a/ /srv/a", { ...cron, codes: ["no-dry-run"], plan: whole(22) }),
      ],
      ["/srv/a"],
      { required: "auto", shares: [25, 80, 50] },
    ],
    [
      "a limit of what is emptied, and of what gets older",
      times("-a --delete a/ /srv/a", {
        codes: ["plan-empties-directory", "plan-makes-older"],
        plan: {
          ...deleting(12),
          reduced: [{ path: "d", deleted: 12, moved: 0, present: 14, isSourceEmpty: false }],
          older: { first: ["x"], count: 7, compared: 9 },
        },
      }),
      ["/srv/a"],
      { shares: [10, 90, 80] },
    ],
    ["what belongs to the target", times("-a --delete a/ /srv/a", { codes: ["plan-deletes-own"] }), ["/srv/a"], {}],
    ["a sign", times("-a a/ /srv//a", { codes: ["empty-variable"] }), ["/srv/a"], { allow: ["empty-variable"] }],
    ["on another host", times("-a a/ [::1]:/srv/a", { codes: ["no-dry-run"] }), ["[::1]:/srv/a"], { required: "auto" }],
    ...[
      "/srv/w/a b",
      "/srv/w/a\"b'c",
      "/srv/w/[a]{b}(c)*?!+@|^$#~",
      "/srv/w/a\\xff",
      "/srv/w/é€😀",
      "/srv/w/a\nb\t\u007f\u001b",
      "/srv/w/ # = [[destination]]",
      "!/srv/w",
    ].flatMap((path): [string, readonly Entry[], readonly string[], object][] => [
      [
        `the name ${JSON.stringify(path)}`,
        times(["-a", "a/", path], { codes: ["no-dry-run"], targets: [path] }),
        [path],
        { required: "auto" },
      ],
      [
        `beside ${JSON.stringify(path)}`,
        times(["-a", "a/", path], { codes: ["no-dry-run"], targets: [path] }),
        [`${path}x`],
        {},
      ],
    ]),
    [
      "releases side by side",
      ["1", "2", "3"].flatMap((name) =>
        entryOf("10:00:00", `-a b/ /srv/w/{x}/${name}`, { ...cron, codes: ["no-dry-run"] }),
      ),
      ["/srv/w/{x}/4"],
      { required: "auto" },
    ],
    [
      "the directory that holds them",
      ["1", "2", "3"].flatMap((name) =>
        entryOf("10:00:00", `-a b/ /srv/w/{x}/${name}`, { ...cron, codes: ["no-dry-run"] }),
      ),
      ["/srv/w/{x}"],
      {},
    ],
    ["nothing", [], ["/srv/a"], {}],
    ["what is not loosened", times("-a a/ /srv/a", { codes: ["protected-below"] }), ["/srv/a"], {}],
  ])("%s", ([, entries, paths, settings]) => {
    expect(settingsOf(entries, paths)).toEqual({ ...usual, ...settings });
  });
});
