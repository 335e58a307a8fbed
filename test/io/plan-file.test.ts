/** Plans in files: the same when they are read again, compressed where they are large, and written as a whole or not at all. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PlanHeader } from "../../src/core/plan/document.ts";
import type { PlanEntry } from "../../src/core/plan/entry.ts";
import { PlanFileError } from "../../src/core/plan/read-document.ts";
import { openPlanFile, randomId, writePlanFile } from "../../src/io/plan-file.ts";
import { emptyPlan } from "../cases/plans.ts";

const header: PlanHeader = { schema: 1, command: [], targets: [], plan: emptyPlan, refusals: [] };
const entries = (count: number): readonly PlanEntry[] =>
  Array.from({ length: count }, (_, at) => ({
    action: "delete",
    kind: "files",
    path: `directory/\xff${at}`,
    file: { size: at, modified: at },
    present: null,
    renamed: null,
  }));

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rsync-guard-"));
  path = join(folder, "plan.json");
  vi.stubEnv("TMPDIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function read() {
  const file = openPlanFile(path);
  try {
    const { header: found, entries: all } = file.read();
    return { header: found, entries: [...all] };
  } finally {
    file.close();
  }
}

test.for([
  [3, false],
  [20_000, true],
] as const)("%d entries; compressed: %s", ([count, isCompressed]) => {
  writePlanFile(path, header, entries(count));
  expect(
    readFileSync(path)
      .subarray(0, 2)
      .equals(Buffer.from([0x1f, 0x8b])),
  ).toBe(isCompressed);
  expect(read()).toEqual({ header, entries: entries(count) });
  // cut short
  truncateSync(path, readFileSync(path).length - 9);
  expect(read).toThrow(PlanFileError);
  expect(readdirSync(folder)).toEqual(["plan.json"]);
});

test("the file that was there stays where the new one can't be made", () => {
  writeFileSync(path, "old");
  const failing = function* (): Generator<PlanEntry> {
    yield* entries(2);
    throw new Error("failed");
  };
  expect(() => writePlanFile(path, header, failing())).toThrow("failed");
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["plan.json"]);
});

test("no two plans have one ID", () => {
  expect(new Set(Array.from({ length: 50 }, randomId)).size).toBe(50);
  expect(randomId()).toMatch(/^[0-9a-f]{32}$/);
});
