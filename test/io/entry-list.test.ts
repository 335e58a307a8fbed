/** The entries of a plan come out sorted and with their other names, whether they were held or lay in a file. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { PlanEntry } from "../../src/core/plan/entry.ts";
import { EntryList } from "../../src/io/entry-list.ts";

const entry = (index: number): PlanEntry => ({
  action: index % 3 === 0 ? "delete" : "add",
  kind: "files",
  path: `d${(index * 7) % 5}/\xe9\n${(index * 7919) % 1000}`,
  file: { size: 1 + Math.floor(index / 3), modified: 1 },
  present: null,
  renamed: null,
});

function listed(most: number, count: number): readonly PlanEntry[] {
  const list = new EntryList(most);
  for (let index = 0; index < count; index++) list.add(entry(index));
  const all = list.end();
  const first = [...all];
  expect([...all]).toEqual(first);
  list.close();
  return first;
}

const folder = mkdtempSync(join(tmpdir(), "rsync-guard-"));
beforeAll(() => void vi.stubEnv("TMPDIR", folder));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test("the same from a file as from memory", () => {
  const held = listed(10_000, 1000);
  expect(held.slice(0, 2).map(({ action, path }) => [action, path])).toEqual([
    ["delete", "d0/\xe9\n0"],
    ["delete", "d0/\xe9\n100"],
  ]);
  expect(listed(7, 1000)).toEqual(held);
  expect(listed(500, 1000)).toEqual(held);
  // nothing stays behind
  expect(readdirSync(folder)).toEqual([]);
});

test("one that has the same size and time under another name", () => {
  const list = new EntryList(1);
  const one = { ...entry(0), file: { size: 5, modified: 9 } };
  list.add(one);
  list.add({ ...one, action: "add", path: "new" });
  expect([...list.end()].map(({ renamed }) => renamed)).toEqual(["new", one.path]);
});

test("none", () => {
  expect(listed(1, 0)).toEqual([]);
});
