import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Approval } from "../../src/core/judge/approval.ts";
import { fingerprintOf } from "../../src/core/judge/digest.ts";
import type { PlanWithDeletions } from "../../src/core/plan/plan.ts";
import {
  approvedDeletions,
  digestOf,
  findApproval,
  findFailure,
  recentApprovals,
  saveApproval,
  saveFailure,
} from "../../src/io/store/approvals.ts";
import { FileError } from "../../src/io/store/private-file.ts";
import { emptyPlan, none } from "../cases/plans.ts";
import { setOf } from "../support/plan.ts";

const isRoot = process.geteuid?.() === 0;
const nobody = 65534;
const day = 86_400_000;

let folder: string;
let directory: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rsync-guard-approvals-"));
  directory = join(folder, "state", "rsync-guard", "approvals");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function approval(destination: string, at = Date.now()): Approval {
  const fields = { schema: "2", destination };
  return {
    schema: 3,
    fingerprint: fingerprintOf(fields),
    fields,
    operands: ["build/", destination],
    command: `rsync -a build/ ${destination}`,
    at,
    boot: "boot-1",
    session: { leader: 1, started: "2", terminal: true },
    plan: null,
  };
}

/** A plan that deletes these paths. */
type PlannedDeletions = Pick<PlanWithDeletions, "plan" | "deletions">;

function deleting(...paths: readonly string[]): PlannedDeletions {
  return {
    plan: {
      ...emptyPlan,
      deleted: { ...none, files: paths.length },
      kept: 3,
      topLevel: { first: paths.map((path) => [path, 1]), others: 0 },
    },
    deletions: setOf(paths),
  };
}

const save = ({ plan: _, ...one }: Approval, whole: PlannedDeletions | null = null): void =>
  saveApproval(directory, one, whole);

const fileOf = ({ fingerprint }: Approval): string => join(directory, `${fingerprint}.json`);
const find = ({ fingerprint }: Approval): Approval | null => findApproval(directory, fingerprint);

const app = approval("/srv/app");

/** The names of what lies in the directory, HEX for a digest. */
const names = (): readonly string[] =>
  readdirSync(directory)
    .map((name) => name.replace(/[0-9a-f]{64}/, "HEX"))
    .sort();

const deletionsFile = (): string =>
  join(directory, readdirSync(directory).find((name) => name.endsWith(".deletions")) ?? expect.unreachable());

/** What a FileError says, without the folder's name; null where nothing was thrown. */
function problemOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof FileError) return error.message.replaceAll(folder, "FOLDER");
    throw error;
  }
}

describe("kept and found again", () => {
  test("whole", () => {
    save(app);
    expect(find(app)).toEqual(app);
    expect(recentApprovals(directory)).toEqual([app]);
  });

  test("as one readable file that only its owner may read, in a directory of the same kind", () => {
    save(app);
    expect(readdirSync(directory)).toEqual([`${app.fingerprint}.json`]);
    expect(statSync(fileOf(app)).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readFileSync(fileOf(app), "utf8")).toContain('\n "command": "rsync -a build/ /srv/app",\n');
  });

  test("the later dry run of the same command takes the earlier one's place", () => {
    save({ ...app, at: app.at - day });
    save(app);
    expect(find(app)).toEqual(app);
    expect(recentApprovals(directory)).toHaveLength(1);
  });

  test("none where there is no directory, and none of another name", () => {
    expect(find(app)).toBeNull();
    expect(recentApprovals(directory)).toEqual([]);
    save(app);
    expect(find(approval("/srv/other"))).toBeNull();
  });

  test("the newest first, 200 at most", () => {
    const many = Array.from({ length: 203 }, (_, at) => approval(`/srv/${at}`));
    for (const [at, one] of many.entries()) {
      save(one, deleting(`${at}`));
      utimesSync(fileOf(one), at + 1, Date.now() / 1000 - 1000 + at);
    }
    const recent = recentApprovals(directory);
    expect(recent.map(({ operands }) => operands[1])).toEqual(
      many
        .map(({ operands }) => operands[1])
        .reverse()
        .slice(0, 200),
    );
  });
});

describe("a dry run that does not count", () => {
  const failure = `${app.fingerprint}.failed`;

  test.for([23, "changed", "unplanned"] as const)("is found again: %s", (why) => {
    saveFailure(directory, app.fingerprint, { at: app.at, why });
    expect(findFailure(directory, app.fingerprint)).toEqual({ at: app.at, why });
    expect(find(app)).toBeNull();
    expect(recentApprovals(directory)).toEqual([]);
    expect(statSync(join(directory, failure)).mode & 0o777).toBe(0o600);
  });

  test.for([
    "",
    "null",
    '{ "at": 1 }',
    '{ "at": "1", "why": 23 }',
    '{ "at": 1, "why": "\\u001b[2J" }',
    '{ "at": 1, "why": 0 }',
    '{ "at": 1, "why": 2.5 }',
  ])("is not taken from another text: %j", (text) => {
    saveFailure(directory, app.fingerprint, { at: app.at, why: 23 });
    writeFileSync(join(directory, failure), text);
    expect(findFailure(directory, app.fingerprint)).toBeNull();
  });

  test("nor from a file that others may write", () => {
    saveFailure(directory, app.fingerprint, { at: app.at, why: 23 });
    chmodSync(join(directory, failure), 0o666);
    expect(findFailure(directory, app.fingerprint)).toBeNull();
    expect(findFailure(directory, "0".repeat(64))).toBeNull();
  });
});

describe("with the plan of its live run", () => {
  const whole = deleting("a", "old/", "old/b", "caf\xe9");

  /** The approval as it is found again, and what it says may be deleted. */
  function kept(plan: PlannedDeletions | null) {
    save(app, plan);
    const found = find(app) ?? expect.unreachable();
    return { plan: found.plan, deletions: approvedDeletions(directory, found) };
  }

  test("its deletions lie beside it", () => {
    const { plan, deletions } = kept(whole);
    expect(plan).toEqual({ ...whole.plan, deletions: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(deletionsFile()).toBe(join(directory, `${plan?.deletions}.deletions`));
    expect(names()).toEqual(["HEX.deletions", "HEX.json"]);
    expect(statSync(deletionsFile()).mode & 0o777).toBe(0o600);
    expect(deletions?.size).toBe(4);
    expect(["a", "old/", "old/b", "caf\xe9", "b", "old", ""].filter((path) => deletions?.has(path))).toEqual([
      "a",
      "old/",
      "old/b",
      "caf\xe9",
    ]);
  });

  test("a plan without deletions: nothing may be deleted, and nothing lies beside it", () => {
    const { plan, deletions } = kept(deleting());
    expect(plan).toEqual({ ...deleting().plan, deletions: null });
    expect([deletions?.size, deletions?.has("a")]).toEqual([0, false]);
    expect(names()).toEqual(["HEX.json"]);
  });

  test("no plan: what may be deleted is not known", () => {
    expect(kept(null)).toEqual({ plan: null, deletions: null });
    expect(names()).toEqual(["HEX.json"]);
  });

  test("the later plan of the same command takes the earlier one's place", () => {
    kept(deleting("a"));
    const { deletions } = kept(deleting("b"));
    expect(["a", "b"].filter((path) => deletions?.has(path))).toEqual(["b"]);
  });

  test("two commands that delete the same share what lies beside them", () => {
    save(app, whole);
    save(approval("/srv/other"), whole);
    expect(names()).toEqual(["HEX.deletions", "HEX.json", "HEX.json"]);
  });

  test("the list of records leaves it out", () => {
    save(app, whole);
    expect(recentApprovals(directory).map(({ fingerprint }) => fingerprint)).toEqual([app.fingerprint]);
  });

  const shortened = (bytes: number) => (file: string) => truncateSync(file, statSync(file).size - bytes);

  test.for<[what: string, spoil: (file: string) => void, problem: string]>([
    ["emptied", (file) => truncateSync(file, 0), "FILE is not what was written: dry-run again"],
    ["cut short", shortened(3), "FILE is not what was written: dry-run again"],
    ["one path shorter", shortened(8), "FILE is not what was written: dry-run again"],
    ["one path longer", (file) => appendFileSync(file, Buffer.alloc(8)), "FILE is not what was written: dry-run again"],
    [
      "another plan's",
      (file) => writeFileSync(file, deleting("anything").deletions.bytes),
      "FILE is not what was written: dry-run again",
    ],
    ["missing", (file) => rmSync(file), "FILE is not what was written: dry-run again"],
    [
      "a directory",
      (file) => {
        rmSync(file);
        mkdirSync(file, { mode: 0o700 });
      },
      "FOLDER can't be used (EISDIR); XDG_STATE_HOME names another place",
    ],
    ["writable by others", (file) => chmodSync(file, 0o666), "FILE may be written by others: chmod go-w FILE"],
  ])("what may be deleted is not had from a file that is %s", ([, spoil, problem]) => {
    save(app, whole);
    const found = find(app) ?? expect.unreachable();
    const file = deletionsFile();
    spoil(file);
    expect(
      problemOf(() => approvedDeletions(directory, found))
        ?.replaceAll(file.replace(folder, "FOLDER"), "FILE")
        .replace("FOLDER/state/rsync-guard/approvals", "FOLDER"),
    ).toBe(problem);
    expect(find(app)).toEqual(found);
  });

  test.skipIf(!isRoot)("what may be deleted is not had from somebody else's file", () => {
    save(app, whole);
    chownSync(deletionsFile(), nobody, nobody);
    expect(problemOf(() => approvedDeletions(directory, find(app) ?? expect.unreachable()))).toMatch(
      /\.deletions belongs to another user \(uid 65534\)$/,
    );
  });
});

describe("pruning", () => {
  test.for<[days: number, kept: boolean]>([
    [6.9, true],
    [7.1, false],
  ])("a record of %d days ago is kept: %s", ([days, kept]) => {
    const old = approval("/srv/old");
    save(old);
    const then = (app.at - days * day) / 1000;
    utimesSync(fileOf(old), then, then);
    save(app);
    expect(find(old) !== null).toBe(kept);
    expect(find(app)).toEqual(app);
  });

  test.for<[days: number, names: readonly string[]]>([
    [6.9, ["HEX.deletions", "HEX.deletions", "HEX.json", "HEX.json"]],
    [7.1, ["HEX.deletions", "HEX.json"]],
  ])("what lies beside a record of %d days ago goes with it", ([days, expected]) => {
    save(approval("/srv/old"), deleting("a"));
    const then = (app.at - days * day) / 1000;
    for (const name of readdirSync(directory)) utimesSync(join(directory, name), then, then);
    save(app, deleting("b"));
    expect(names()).toEqual(expected);
    expect(approvedDeletions(directory, find(app) ?? expect.unreachable())?.has("b")).toBe(true);
  });

  test("what an old record shares with a new one stays", () => {
    save(approval("/srv/old"), deleting("a"));
    for (const name of readdirSync(directory)) utimesSync(join(directory, name), 1, 1);
    save(app, deleting("a"));
    expect(names()).toEqual(["HEX.deletions", "HEX.json"]);
    expect(approvedDeletions(directory, find(app) ?? expect.unreachable())?.has("a")).toBe(true);
  });

  test("what is no record is left alone", () => {
    save(app);
    const other = join(directory, "notes.txt");
    writeFileSync(other, "mine");
    utimesSync(other, 1, 1);
    save(app);
    expect(readFileSync(other, "utf8")).toBe("mine");
    expect(recentApprovals(directory)).toEqual([app]);
  });
});

describe("a record that is not whole counts as none", () => {
  const other = approval("/srv/other");

  test.for<[what: string, spoil: (file: string) => void]>([
    ["empty", (file) => truncateSync(file, 0)],
    ["cut short", (file) => truncateSync(file, 40)],
    ["no JSON", (file) => writeFileSync(file, "approved!")],
    ["null", (file) => writeFileSync(file, "null")],
    ["a string", (file) => writeFileSync(file, '"x"')],
    ["an empty object", (file) => writeFileSync(file, "{}")],
    ["of another schema", (file) => writeFileSync(file, JSON.stringify({ ...app, schema: 1 }))],
    ["without its time", (file) => writeFileSync(file, JSON.stringify({ ...app, at: "now" }))],
    ["without fields", (file) => writeFileSync(file, JSON.stringify({ ...app, fields: undefined }))],
    ["with null for fields", (file) => writeFileSync(file, JSON.stringify({ ...app, fields: null }))],
    ["another command's", (file) => writeFileSync(file, JSON.stringify(other))],
    ["without its plan", (file) => writeFileSync(file, JSON.stringify({ ...app, plan: undefined }))],
    [
      "with a plan that doesn't say what it deletes",
      (file) => writeFileSync(file, JSON.stringify({ ...app, plan: deleting("a").plan })),
    ],
    ["with a word for a plan", (file) => writeFileSync(file, JSON.stringify({ ...app, plan: "any" }))],
    ["without operands", (file) => writeFileSync(file, JSON.stringify({ ...app, operands: undefined }))],
  ])("%s", ([, spoil]) => {
    save(app);
    save(other);
    spoil(fileOf(app));
    expect(find(app)).toBeNull();
    expect(recentApprovals(directory)).toEqual([other]);
  });
});

describe("what others may write is not trusted", () => {
  test.for([0o620, 0o602, 0o666])("a record of mode %o", (mode) => {
    save(app);
    chmodSync(fileOf(app), mode);
    const file = `FOLDER/state/rsync-guard/approvals/${app.fingerprint}.json`;
    expect(problemOf(() => find(app))).toBe(`${file} may be written by others: chmod go-w ${file}`);
    expect(recentApprovals(directory)).toEqual([]);
  });

  test.for([0o770, 0o702, 0o777])("a directory of mode %o", (mode) => {
    save(app);
    chmodSync(directory, mode);
    const problem =
      "FOLDER/state/rsync-guard/approvals may be written by others: chmod go-w FOLDER/state/rsync-guard/approvals";
    expect(problemOf(() => find(app))).toBe(problem);
    expect(problemOf(() => save(app))).toBe(problem);
    expect(recentApprovals(directory)).toEqual([]);
  });

  test.skipIf(!isRoot)("a record that belongs to somebody else", () => {
    save(app);
    chownSync(fileOf(app), nobody, nobody);
    expect(problemOf(() => find(app))).toBe(
      `FOLDER/state/rsync-guard/approvals/${app.fingerprint}.json belongs to another user (uid ${nobody})`,
    );
    expect(recentApprovals(directory)).toEqual([]);
  });

  test.skipIf(!isRoot)("a directory that belongs to somebody else", () => {
    save(app);
    chownSync(directory, nobody, nobody);
    const problem = `FOLDER/state/rsync-guard/approvals belongs to another user (uid ${nobody})`;
    expect(problemOf(() => find(app))).toBe(problem);
    expect(problemOf(() => save(app))).toBe(problem);
    expect(recentApprovals(directory)).toEqual([]);
  });
});

describe("a place that can't be used", () => {
  test("a file stands where the directory should be", () => {
    mkdirSync(dirname(directory), { recursive: true });
    writeFileSync(directory, "");
    expect(problemOf(() => save(app))).toMatch(
      /^FOLDER\/.*approvals can't be used \(EEXIST\); XDG_STATE_HOME names another place$/,
    );
    expect(problemOf(() => find(app))).toMatch(
      /^FOLDER\/.*approvals.* can't be used \(ENOTDIR\); XDG_STATE_HOME names another place$/,
    );
    expect(recentApprovals(directory)).toEqual([]);
  });

  test("a directory in which nothing can be written", () => {
    save(app);
    chmodSync(directory, 0o500);
    if (isRoot) {
      // root writes everywhere, so somebody else tries
      for (let at = directory; at !== dirname(folder); at = dirname(at)) chownSync(at, nobody, nobody);
      chownSync(fileOf(app), nobody, nobody);
      process.seteuid?.(nobody);
    }
    try {
      expect(problemOf(() => save(approval("/srv/other")))).toBe(
        "FOLDER/state/rsync-guard/approvals can't be used (EACCES); XDG_STATE_HOME names another place",
      );
      expect(find(app)).toEqual(app);
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(directory, 0o700);
    }
    expect(readdirSync(directory)).toEqual([`${app.fingerprint}.json`]);
  });

  test("a record that is a directory", () => {
    mkdirSync(fileOf(app), { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
    expect(problemOf(() => save(app))).toBe(
      "FOLDER/state/rsync-guard/approvals can't be used (EISDIR); XDG_STATE_HOME names another place",
    );
    expect(readdirSync(directory)).toEqual([`${app.fingerprint}.json`]);
  });
});

describe("what a named file holds", () => {
  const digest = (name: string) => digestOf(Buffer.from(join(folder, name)));

  test("the same content has the same digest, other content another", async () => {
    writeFileSync(join(folder, "a"), "one\n");
    writeFileSync(join(folder, "b"), "one\n");
    writeFileSync(join(folder, "c"), "two\n");
    const first = await digest("a");
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await digest("b")).toBe(first);
    expect(await digest("c")).not.toBe(first);
  });

  test("a file whose name is not UTF-8", async () => {
    const name = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x63, 0xe9])]);
    writeFileSync(name, "one\n");
    expect(await digestOf(name)).toMatch(/^[0-9a-f]{64}$/);
  });

  test("none where there is no file, a stream for what is no file", async () => {
    expect(await digest("missing")).toBe("none");
    expect(await digestOf(Buffer.from("-"))).toBe("stream");
    expect(await digestOf(Buffer.from("/dev/null"))).toBe("none");
    expect(await digestOf(Buffer.from(folder))).toBe("stream");
  });

  test("null where it can't be read", async () => {
    writeFileSync(join(folder, "file"), "");
    expect(await digest("file/below")).toBeNull();
  });

  test("a large file by what it is, not by its content", async () => {
    const large = join(folder, "large");
    writeFileSync(large, "");
    truncateSync(large, 16 * 1024 * 1024 + 1);
    const before = await digest("large");
    expect(before).toContain(` ${16 * 1024 * 1024 + 1} `);
    utimesSync(large, 1, 1);
    expect(await digest("large")).not.toBe(before);
  });
});
