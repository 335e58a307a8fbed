import {
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
import type { Approval } from "../../src/core/approval.ts";
import { fingerprintOf } from "../../src/core/fingerprint.ts";
import { digestOf, findApproval, recentApprovals, StateError, saveApproval } from "../../src/io/approvals.ts";

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
  const fields = { schema: "1", destination };
  return {
    schema: 1,
    fingerprint: fingerprintOf(fields),
    fields,
    operands: ["build/", destination],
    command: `rsync -a build/ ${destination}`,
    at,
    boot: "boot-1",
    session: { leader: 1, started: "2", terminal: true },
  };
}

const fileOf = ({ fingerprint }: Approval): string => join(directory, `${fingerprint}.json`);
const find = ({ fingerprint }: Approval): Approval | null => findApproval(directory, fingerprint);

const app = approval("/srv/app");

/** What a StateError says, without the folder's name; null where nothing was thrown. */
function problemOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof StateError) return error.message.replaceAll(folder, "FOLDER");
    throw error;
  }
}

describe("kept and found again", () => {
  test("whole", () => {
    saveApproval(directory, app);
    expect(find(app)).toEqual(app);
    expect(recentApprovals(directory)).toEqual([app]);
  });

  test("as one readable file that only its owner may read, in a directory of the same kind", () => {
    saveApproval(directory, app);
    expect(readdirSync(directory)).toEqual([`${app.fingerprint}.json`]);
    expect(statSync(fileOf(app)).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readFileSync(fileOf(app), "utf8")).toContain('\n "command": "rsync -a build/ /srv/app",\n');
  });

  test("the later dry run of the same command takes the earlier one's place", () => {
    saveApproval(directory, { ...app, at: app.at - day });
    saveApproval(directory, app);
    expect(find(app)).toEqual(app);
    expect(recentApprovals(directory)).toHaveLength(1);
  });

  test("none where there is no directory, and none of another name", () => {
    expect(find(app)).toBeNull();
    expect(recentApprovals(directory)).toEqual([]);
    saveApproval(directory, app);
    expect(find(approval("/srv/other"))).toBeNull();
  });

  test("the newest first, 200 at most", () => {
    const many = Array.from({ length: 203 }, (_, at) => approval(`/srv/${at}`));
    for (const [at, one] of many.entries()) {
      saveApproval(directory, one);
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

describe("pruning", () => {
  test.for<[days: number, kept: boolean]>([
    [6.9, true],
    [7.1, false],
  ])("a record of %d days ago is kept: %s", ([days, kept]) => {
    const old = approval("/srv/old");
    saveApproval(directory, old);
    const then = (app.at - days * day) / 1000;
    utimesSync(fileOf(old), then, then);
    saveApproval(directory, app);
    expect(find(old) !== null).toBe(kept);
    expect(find(app)).toEqual(app);
  });

  test("what is no record is left alone", () => {
    saveApproval(directory, app);
    const other = join(directory, "notes.txt");
    writeFileSync(other, "mine");
    utimesSync(other, 1, 1);
    saveApproval(directory, app);
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
    ["of another schema", (file) => writeFileSync(file, JSON.stringify({ ...app, schema: 2 }))],
    ["without its time", (file) => writeFileSync(file, JSON.stringify({ ...app, at: "now" }))],
    ["without fields", (file) => writeFileSync(file, JSON.stringify({ ...app, fields: undefined }))],
    ["with null for fields", (file) => writeFileSync(file, JSON.stringify({ ...app, fields: null }))],
    ["another command's", (file) => writeFileSync(file, JSON.stringify(other))],
    ["without operands", (file) => writeFileSync(file, JSON.stringify({ ...app, operands: undefined }))],
  ])("%s", ([, spoil]) => {
    saveApproval(directory, app);
    saveApproval(directory, other);
    spoil(fileOf(app));
    expect(find(app)).toBeNull();
    expect(recentApprovals(directory)).toEqual([other]);
  });
});

describe("what others may write is not trusted", () => {
  test.for([0o620, 0o602, 0o666])("a record of mode %o", (mode) => {
    saveApproval(directory, app);
    chmodSync(fileOf(app), mode);
    const file = `FOLDER/state/rsync-guard/approvals/${app.fingerprint}.json`;
    expect(problemOf(() => find(app))).toBe(`${file} may be written by others: chmod go-w ${file}`);
    expect(recentApprovals(directory)).toEqual([]);
  });

  test.for([0o770, 0o702, 0o777])("a directory of mode %o", (mode) => {
    saveApproval(directory, app);
    chmodSync(directory, mode);
    const problem =
      "FOLDER/state/rsync-guard/approvals may be written by others: chmod go-w FOLDER/state/rsync-guard/approvals";
    expect(problemOf(() => find(app))).toBe(problem);
    expect(problemOf(() => saveApproval(directory, app))).toBe(problem);
    expect(recentApprovals(directory)).toEqual([]);
  });

  test.skipIf(!isRoot)("a record that belongs to somebody else", () => {
    saveApproval(directory, app);
    chownSync(fileOf(app), nobody, nobody);
    expect(problemOf(() => find(app))).toBe(
      `FOLDER/state/rsync-guard/approvals/${app.fingerprint}.json belongs to another user (uid ${nobody})`,
    );
    expect(recentApprovals(directory)).toEqual([]);
  });

  test.skipIf(!isRoot)("a directory that belongs to somebody else", () => {
    saveApproval(directory, app);
    chownSync(directory, nobody, nobody);
    const problem = `FOLDER/state/rsync-guard/approvals belongs to another user (uid ${nobody})`;
    expect(problemOf(() => find(app))).toBe(problem);
    expect(problemOf(() => saveApproval(directory, app))).toBe(problem);
    expect(recentApprovals(directory)).toEqual([]);
  });
});

describe("a place that can't be used", () => {
  test("a file stands where the directory should be", () => {
    mkdirSync(dirname(directory), { recursive: true });
    writeFileSync(directory, "");
    expect(problemOf(() => saveApproval(directory, app))).toMatch(
      /^FOLDER\/.*approvals can't be used \(EEXIST\); XDG_STATE_HOME names another place$/,
    );
    expect(problemOf(() => find(app))).toMatch(
      /^FOLDER\/.*approvals.* can't be used \(ENOTDIR\); XDG_STATE_HOME names another place$/,
    );
    expect(recentApprovals(directory)).toEqual([]);
  });

  test("a directory in which nothing can be written", () => {
    saveApproval(directory, app);
    chmodSync(directory, 0o500);
    if (isRoot) {
      // root writes everywhere, so somebody else tries
      for (let at = directory; at !== dirname(folder); at = dirname(at)) chownSync(at, nobody, nobody);
      chownSync(fileOf(app), nobody, nobody);
      process.seteuid?.(nobody);
    }
    try {
      expect(problemOf(() => saveApproval(directory, approval("/srv/other")))).toBe(
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
    expect(problemOf(() => saveApproval(directory, app))).toBe(
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
    expect(await digestOf(Buffer.from("/dev/null"))).toBe("stream");
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
