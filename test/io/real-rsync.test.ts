import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findRealRsync } from "../../src/io/host/real-rsync.ts";

const theShim = fileURLToPath(new URL("../../shims/rsync", import.meta.url));

let folder: string;
let shim: string;
const startedIn = process.cwd();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rsync guard-"));
  shim = inFolder("guard/shims/rsync");
  copyFileSync(theShim, shim);
  chmodSync(shim, 0o755);
});
afterEach(() => {
  process.chdir(startedIn);
  rmSync(folder, { recursive: true });
});

/** That path in the folder, with the directories that lead to it. */
function inFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  return path;
}

/** A program called rsync; nothing ever starts it. */
function program(name: string, mode = 0o755): string {
  const path = inFolder(`${name}/rsync`);
  writeFileSync(path, `#!/bin/sh\nexit 3 # ${name}\n`, { mode });
  return path;
}

function linked(at: string): string {
  symlinkSync(shim, at);
  return at;
}

function copied(at: string): string {
  copyFileSync(shim, at);
  return at;
}

const path = (...names: readonly string[]): string => names.map((name) => join(folder, name)).join(":");
const found = (pathVariable: string | undefined, self: string | null = shim) => findRealRsync(pathVariable, self)?.path;

test("the first on PATH", () => {
  program("b");
  expect(found(path("empty", "a", "b"))).toBe(join(folder, "b/rsync"));
  program("a");
  expect(found(path("empty", "a", "b"))).toBe(join(folder, "a/rsync"));
});

test.for<[what: string, make: (at: string) => void]>([
  ["a symlink to the shim", (at) => symlinkSync(shim, at)],
  ["a symlink to a symlink to it", (at) => symlinkSync(linked(`${at}-link`), at)],
  ["a hard link of it", (at) => linkSync(shim, at)],
  ["a copy of it", (at) => copyFileSync(shim, at)],
  ["a symlink to a copy of it", (at) => symlinkSync(copied(`${at}-copy`), at)],
])("%s is not the real one", ([, make]) => {
  make(inFolder("first/rsync"));
  const real = program("real");
  expect(found(path("first", "guard/shims", "real"))).toBe(real);
  expect(found(path("first", "real"))).toBe(real);
  expect(found(path("real", "first"))).toBe(real);
});

test("the shim in its folder by another name is not the real one", () => {
  symlinkSync(join(folder, "guard/shims"), join(folder, "bin"));
  const real = program("real");
  expect(found(path("bin", "real"))).toBe(real);
  expect(found(path("bin/../bin/.", "real"))).toBe(real);
});

test("a copy is known without knowing which shim asks", () => {
  const real = program("real");
  expect(found(path("guard/shims", "real"), null)).toBe(real);
  expect(found(path("guard/shims", "real"), "/nowhere/rsync")).toBe(real);
});

test.for<[what: string, make: (at: string) => void]>([
  ["a file that can't be executed", (at) => writeFileSync(at, "", { mode: 0o644 })],
  ["a directory", (at) => mkdirSync(at)],
  ["a link that leads nowhere", (at) => symlinkSync("/nowhere", at)],
])("%s is passed by", ([, make]) => {
  make(inFolder("first/rsync"));
  const real = program("real");
  expect(found(path("first", "real"))).toBe(real);
});

test.for<[pathVariable: string]>([["here"], ["./here"], ["."], [""], [":"], ["here:.:"], ["../*"]])(
  "PATH's relative element %j is passed by",
  ([element]) => {
    program("here");
    program("");
    const real = program("real");
    process.chdir(folder);
    expect(found(`${element}:${path("real")}`)).toBe(real);
  },
);

// what is called rsync on this machine's usual places, if anything
const usual = findRealRsync("", null)?.path;

test.runIf(usual)("without a PATH, or with one that has none, the usual places are looked at", () => {
  expect(usual).toMatch(/^\/(?:usr\/local\/bin|usr\/bin|bin)\/rsync$/);
  expect(found(undefined)).toBe(usual);
  expect(found("")).toBe(usual);
  expect(found(path("empty", "guard/shims"))).toBe(usual);
});

test.runIf(usual)("null where there is none but the shim", () => {
  // the one of the usual places stands for the shim that asks
  expect(findRealRsync(path("guard/shims"), usual ?? null)).toBeNull();
});

test("its identity changes with each other program, and when it is updated", () => {
  const one = program("one");
  const identity = (name: string) => findRealRsync(path(name), shim)?.identity ?? "";
  const before = identity("one");
  expect(before).toMatch(new RegExp(`^${one} \\d+:\\d+ \\d+ \\d+$`));
  expect(identity("one")).toBe(before);
  linkSync(one, inFolder("two/rsync"));
  expect(identity("two")).not.toBe(before);
  utimesSync(one, 1, 1);
  expect(identity("one")).not.toBe(before);
});

test("one that can't be read is no shim, since a shell could not read it either", () => {
  const real = program("real", 0o111);
  if (process.geteuid?.() === 0) {
    // root reads everything, so somebody else looks
    chmodSync(folder, 0o755);
    process.seteuid?.(65534);
  }
  try {
    expect(found(path("real"))).toBe(real);
  } finally {
    process.seteuid?.(process.getuid?.() ?? 0);
  }
});
