import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { linkedDirectories, machineFacts } from "../../src/io/host/facts.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "facts-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const { place } = machineFacts({ cwd: "/", caller: process.pid, home: undefined });

describe("where links below a directory lead", () => {
  beforeEach(() => {
    for (const directory of ["dst/sub", "outside/deep", "further"])
      mkdirSync(join(folder, directory), { recursive: true });
    writeFileSync(join(folder, "outside/file"), "");
    for (const [link, text] of [
      ["dst/sub/out", "../../outside"],
      ["dst/in", "sub"],
      ["dst/file", "../outside/file"],
      ["dst/up", ".."],
      ["outside/deep/on", "../../further"],
      ["outside/back", "../dst"],
    ] as const)
      symlinkSync(text, join(folder, link));
  });

  const found = (most?: number) => {
    const { places, end } = linkedDirectories(join(folder, "dst"), place, most);
    return { places: places.map(({ path }) => path.slice(folder.length + 1)).sort(), end };
  };

  test("all of them, also by links in these", () => {
    expect(found()).toEqual({ places: ["further", "outside"], end: null });
  });

  test("the search ends after so many entries, and says so", () => {
    // sub, in, file, up; out; back, deep, file; on
    expect(found(9).end).toBeNull();
    expect(found(8).end).toEqual({ directory: join(folder, "dst"), why: "too-many-entries" });
  });

  test("a directory that can't be listed", () => {
    // nobody, not even root, opens a path that is longer than the kernel takes
    const directory = `${folder}/${"x/".repeat(3000)}`;
    expect(linkedDirectories(directory, place)).toEqual({ places: [], end: { directory, why: "unlisted" } });
  });

  test("one that is not there has none", () => {
    expect(linkedDirectories(join(folder, "nowhere"), place)).toEqual({ places: [], end: null });
  });
});
