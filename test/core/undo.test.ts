/** Which runs are kept for undo, with which words, and what rsync's log says of them. */
import { describe, expect, test } from "vitest";
import { builtInConfig } from "../../src/core/configuration/settings.ts";
import type { Entry } from "../../src/core/history/journal.ts";
import { placesDeletedIn } from "../../src/core/history/past-run.ts";
import { directoryRowsOf, isUndoId, loggedRun, undoIdOf, undoRecordOf } from "../../src/core/history/undo.ts";
import { isInTarget, undoableRun, undoWords } from "../../src/core/judge/undo.ts";
import { endsOf, type Target } from "../../src/core/place/target.ts";
import { wordsOf } from "../cases/words.ts";
import { entryOf } from "../support/entry.ts";
import { factsOf } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

const facts = factsOf({ cwd: "/w", places: { "/w/src": "directory", "/w/dst": "directory", "/w/file": "file" } });
const undo = { ...builtInConfig.settings.undo, keepFor: 1000 };

const runOf = (line: string, settings: { undo: typeof undo } | typeof builtInConfig.settings = { undo }) => {
  const invocation = invocationOf(wordsOf(line));
  return undoableRun(invocation, endsOf(invocation), settings as never, facts);
};

describe("runs that are kept", () => {
  test.for(["-a src/ dst/", "-a --delete src/ dst", "--server -logDtpre.iLsfxCIvu . dst/", "-a host:src/ dst/"])(
    "%s",
    (line) => {
      expect(runOf(line)).toMatchObject({ base: "/w/dst", keepsNames: true, obstacle: null });
      expect(runOf(line, builtInConfig.settings)).toBeNull();
    },
  );

  test("a file is replaced in its directory, under a name of its own", () => {
    expect(runOf("-a src/a file")).toMatchObject({ base: "/w", keepsNames: false });
  });

  test.for([
    "-an src/ dst/",
    "-a src/ new/",
    "-a src/ host:dst/",
    "-ab src/ dst/",
    "-a --backup-dir=/old src/ dst/",
    "--server --sender -logDtpre.iLsfxCIvu . src/",
    "-a --only-write-batch=x src/ dst/",
    "src/",
  ])("not %s", (line) => {
    expect(runOf(line)).toBeNull();
  });

  test.for([
    ["--suffix=.old", "suffix"],
    ["--no-backup", "no-backup"],
    ["--write-batch=x", "write-batch"],
  ])("with %s nothing can be set aside", ([option, name]) => {
    expect(runOf(`-a ${option} src/ dst/`)).toMatchObject({ obstacle: { is: "option", option: name } });
  });

  test("a log of its own stays the only one", () => {
    expect(runOf("-a --log-file=x src/ dst/")).toMatchObject({ hasOwnLog: true });
    expect(runOf("-a src/ dst/")).toMatchObject({ hasOwnLog: false });
  });
});

describe("the words for rsync", () => {
  test.for([
    ["-a src/ dst/", ["--backup", "--backup-dir=/u/files", "--log-file=/u/log", "--log-file-format=%i %n"]],
    [
      "-avv src/ dst/",
      ["--backup", "--backup-dir=/u/files", "--log-file=/u/log", "--log-file-format=%i %n", "--info=backup0"],
    ],
    [
      "--server -logDtpr . dst/",
      ["--server", "--backup", "--backup-dir=/u/files", "--log-file=/u/log", "--log-file-format=%i %n"],
    ],
  ] as const)("%s", ([line, words]) => {
    expect(undoWords(invocationOf(wordsOf(line)), "/u/files", "/u/log")).toEqual(words);
  });

  test("without a log", () => {
    expect(undoWords(invocationOf(wordsOf("-a src/ dst/")), "/u/files", null)).toEqual([
      "--backup",
      "--backup-dir=/u/files",
    ]);
  });
});

test("places in which runs deleted what can't be brought back, the latest last", () => {
  const run = (line: string, given: Partial<Entry> = {}) => entryOf("10:00:00", line, { risk: "deletes", ...given });
  const entries = [
    run("-a --delete src/ /srv/b/"),
    run("-a --delete src/ /srv/a/"),
    run("-a --delete src/ /srv/b/"),
    run("-a --delete src/ /srv/kept/", { undo: { id: "20261127-005138-007abc", until: 1 } }),
    run("-an --delete src/ /srv/dry/"),
    run("-a --delete src/ /srv/refused/", { verdict: "refuse" }),
    run("-a src/ /srv/written/", { risk: "overwrites" }),
    run("-a --delete src/ host:/srv/far/"),
  ];
  expect([...placesDeletedIn(entries)]).toEqual(["/srv/a", "/srv/b"]);
});

test("a folder in a target is none to set aside in", () => {
  const target = { path: "/w/dst", remote: false } as Target;
  expect(isInTarget("/w/dst/undo", "/w/other", [target])).toBe(true);
  expect(isInTarget("/w/dst2/undo", "/w/other", [target])).toBe(false);
  expect(isInTarget("/w/other/undo", "/w/other", [])).toBe(true);
});

const line = (text: string) => `2026/11/27 00:51:38 [11] ${text}\n`;

describe("rsync's log", () => {
  test("what it created, and what it touched", () => {
    const log = [
      "building file list",
      "*deleting   sub/deep/",
      "*deleting    blank",
      ">f..t...... a",
      ".f...p..... mode",
      ".d..t...... dir2/",
      ">f+++++++++ new name",
      "cd+++++++++ dir/",
      "cL+++++++++ link",
      "hf+++++++++ hard",
      "cd+++++++++ ./",
      "sent 228 bytes  received 196 bytes  total size 9",
    ];
    expect(loggedRun(log.map(line).join(""))).toEqual({
      created: ["new name", "dir/", "link", "hard"],
      touched: ["sub/deep/", " blank", "a", "mode", "dir2/", "new name", "dir/", "link", "hard", "./"],
      attributes: ["mode"],
      ended: true,
    });
  });

  test.for([
    ["sent 228 bytes  received 196 bytes  total size 9", true],
    ["rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1394)", true],
    [">f+++++++++ sent 1 bytes", false],
  ] as const)("%s: ended %s", ([last, ended]) => {
    expect(loggedRun(line(last)).ended).toBe(ended);
  });

  test("escaped bytes are themselves again", () => {
    expect(loggedRun(line(">f+++++++++ a\\#012b\\#134c")).created).toEqual(["a\nb\\c"]);
  });

  test.for(["../out", "/etc/passwd", "a/../../b"])("%s is no name below the destination", (name) => {
    expect(loggedRun(line(`>f+++++++++ ${name}`)).touched).toEqual([]);
  });
});

describe("records", () => {
  test("their names sort by time, and look like one", () => {
    const at = Date.UTC(2026, 10, 27, 0, 51, 38, 7);
    expect(undoIdOf(at, "abc")).toBe("20261127-005138-007abc");
    expect(isUndoId(undoIdOf(at, "abc"))).toBe(true);
    for (const other of ["..", "mine", "20261127-005138-007abcd", "20261127-005138-007abc/.."])
      expect(isUndoId(other)).toBe(false);
  });

  test("half a record, another one's, and one with a wrong field are none", () => {
    const record = {
      schema: 1,
      id: "20261127-005138-007abc",
      at: 1,
      until: 2,
      user: "u",
      argv: [],
      targets: [],
      base: "/w",
      keepsNames: true,
      keepsDirectoryLinks: false,
      folder: "/u",
      folderId: "1:2",
      logged: true,
      pid: 1,
      started: null,
      partial: false,
      expired: false,
    };
    const text = JSON.stringify(record);
    expect(undoRecordOf(text, record.id)).toEqual(record);
    expect(undoRecordOf(text, "20261127-005138-007abd")).toBeNull();
    expect(undoRecordOf(text.slice(1), record.id)).toBeNull();
    expect(undoRecordOf(JSON.stringify({ ...record, base: 1 }), record.id)).toBeNull();
  });

  test("directories", () => {
    expect(directoryRowsOf('[["a",493,0,0,1.5]]')).toEqual([["a", 493, 0, 0, 1.5]]);
    expect(directoryRowsOf('[["a"]]')).toEqual([]);
    expect(directoryRowsOf("[")).toEqual([]);
  });
});
