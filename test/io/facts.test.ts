import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

  test.skipIf(process.geteuid?.() !== 0)("another user's, which this one can't even enter, counts as empty", () => {
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, "dst/lost+found"), { mode: 0o700 });
    mkdirSync(join(folder, "dst/own"), { mode: 0 });
    process.seteuid?.(1000);
    try {
      expect(found().end).toBeNull();
      process.seteuid?.(0);
      chownSync(join(folder, "dst/own"), 1000, 1000);
      process.seteuid?.(1000);
      expect(found().end).toEqual({ directory: join(folder, "dst/own"), why: "unlisted" });
    } finally {
      process.seteuid?.(0);
    }
  });

  test("one that is not there has none", () => {
    expect(linkedDirectories(join(folder, "nowhere"), place)).toEqual({ places: [], end: null });
  });
});
