/** What is kept of runs that can be undone: how it is counted, and what expires. */
import { chownSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { UndoRecord } from "../../src/core/history/undo.ts";
import { expire, makeFolder, measure, undoRecords, writeRecord } from "../../src/io/store/undo-records.ts";

let top: string;
let records: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "rsync-guard-undo-"));
  records = join(top, "undo");
});

afterEach(() => rmSync(top, { recursive: true }));

const idAt = (at: number): string => `20261127-0051${at}-007abc`;

/** A run that ended, of which these files were set aside. */
function kept(at: number, until: number, files: readonly string[]): UndoRecord {
  const id = idAt(at);
  const { folder, folderId } = makeFolder(join(top, "set-aside"), id);
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "x");
  }
  const record: UndoRecord = {
    schema: 1,
    id,
    at,
    until,
    user: "u",
    argv: [],
    targets: [],
    base: "/w",
    keepsNames: true,
    keepsDirectoryLinks: false,
    folder,
    folderId,
    logged: true,
    pid: 1,
    started: null,
    partial: false,
    expired: false,
  };
  writeRecord(records, record);
  return record;
}

const idsLeft = (): readonly string[] => undoRecords(records).map(({ id }) => id);
const files = ["a", "a.b", "b/c", "b/d/e", "b.c", "f"];
const limits = { now: 100, maxSize: { bytes: 1e9 } };

test.for([1, 2, 3, 7, 100])("counted %i at a time, it comes to the same", (left) => {
  const record = kept(10, 1000, files);
  let found = measure(records, record, { left });
  let rounds = 1;
  for (; !found.whole; rounds++) found = measure(records, record, { left });
  expect(found).toMatchObject({ entries: 8, bytes: expect.any(Number) });
  expect(rounds).toBe(Math.max(1, Math.ceil((8 + (8 % left === 0 ? 1 : 0)) / left)));
});

test("what is large and new does not keep what is old", () => {
  kept(10, 50, ["a"]);
  kept(
    20,
    1000,
    Array.from({ length: 30 }, (_, at) => `f${at}`),
  );
  expect(expire(records, limits, { left: 10 })).toBe(1);
  expect(idsLeft()).toEqual([idAt(20)]);
});

test.runIf(process.geteuid?.() === 0)("the folder of another owner stays", () => {
  const { folder } = kept(10, 50, ["a"]);
  chownSync(folder, 65_534, 65_534);
  expect(expire(records, limits)).toBe(0);
  expect(existsSync(join(folder, "a"))).toBe(true);
});

test("a folder that was renamed stays, and so does the one in its place", () => {
  const { folder } = kept(10, 50, ["a"]);
  renameSync(folder, join(top, "aside"));
  mkdirSync(folder);
  writeFileSync(join(folder, "precious"), "p");
  expect(expire(records, limits)).toBe(0);
  expect([existsSync(join(top, "aside/a")), existsSync(join(folder, "precious"))]).toEqual([true, true]);
});

test("where its file system is not mounted, a record stays", () => {
  kept(10, 50, ["a"]);
  renameSync(join(top, "set-aside"), join(top, "unmounted"));
  expect(expire(records, limits)).toBe(0);
  expect(existsSync(join(records, idAt(10)))).toBe(true);
});
