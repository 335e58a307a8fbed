import { expect, test } from "vitest";
import type { Bytes } from "../../src/core/bytes.ts";
import { emptyPathSet, type PathSet, PathSetBuilder, storedPathSet } from "../../src/core/plan/path-set.ts";
import { setOf } from "../support/plan.ts";

/** Paths as they come in directories, each time the same ones; those with another start are as long. */
const paths = (count: number, start = "here/"): readonly Bytes[] =>
  Array.from({ length: count }, (_, at) => {
    const scattered = Math.imul(at ^ (at >>> 7), 0x9e3779b1) >>> 0;
    const more = Math.imul(scattered ^ (scattered >>> 15), 0x85ebca6b) >>> 0;
    return `${start}d${scattered % 199}/${scattered.toString(36)}-${more.toString(36)}.txt`;
  });

const lacking = (set: PathSet, all: readonly Bytes[]) => all.filter((path) => !set.has(path));

test.for<[what: string, paths: readonly Bytes[], others: readonly Bytes[]]>([
  ["nothing", [], ["", "a"]],
  ["one", ["a"], ["b", "A", "a/", "aa", "", "a\0"]],
  ["the empty path", [""], ["/", "a"]],
  ["a file and a directory of its name", ["a", "a/"], ["a//", "b/"]],
  ["the same letters in another order", ["abc", "cab"], ["bca", "acb"]],
  ["bytes that are no UTF-8", ["\xff", "\xc3\xa4"], ["\xfe", "\xa4\xc3", "\x7f"]],
  ["one twice", ["a", "a", "b"], ["c"]],
  ["long ones", ["x".repeat(4096), `${"x".repeat(4095)}y`], ["x".repeat(4095), `y${"x".repeat(4095)}`]],
])("%s", ([, all, others]) => {
  const set = setOf(all);
  expect(lacking(set, all)).toEqual([]);
  expect(lacking(set, others)).toEqual(others);
  expect(set.size).toBe(all.length);
});

test("in any order it is the same set", () => {
  const all = paths(1000);
  const set = setOf(all);
  expect(setOf([...all].reverse()).bytes).toEqual(set.bytes);
  expect(setOf([...all].sort()).bytes).toEqual(set.bytes);
  expect(setOf(all.slice(1)).bytes).not.toEqual(set.bytes);
});

test("of paths as they come in directories, all are in it and no others", () => {
  const all = paths(20_000);
  const set = setOf(all);
  expect(new Set(all).size).toBe(all.length);
  expect(lacking(set, all)).toEqual([]);
  const others = paths(20_000, "gone/");
  expect(lacking(set, others)).toHaveLength(others.length);
});

// a block holds 65,536
test.for([65_535, 65_536, 65_537, 131_073])("%i paths, and the same set from its bytes", (count) => {
  const all = Array.from({ length: count }, (_, at) => at.toString(36));
  const set = setOf(all);
  expect(set.size).toBe(count);
  expect(set.bytes.length).toBe(8 * count);
  expect(lacking(set, all)).toEqual([]);
  const stored = storedPathSet(set.bytes) ?? expect.unreachable("no set");
  expect(Buffer.compare(stored.bytes, set.bytes)).toBe(0);
  expect(lacking(stored, all.slice(-1000))).toEqual([]);
  expect(stored.has("gone/a")).toBe(false);
});

test("neighbours differ", () => {
  // each two-byte name, and each of these in a directory
  const letters = Array.from({ length: 255 }, (_, at) => String.fromCharCode(at + 1));
  const pairs = letters.flatMap((a) => letters.map((b) => a + b));
  const set = setOf([...pairs, ...pairs.map((pair) => `d/${pair}`)]);
  const hashes = new Float64Array(set.bytes.slice().buffer);
  expect(new Set(hashes).size).toBe(2 * pairs.length);
});

test("what an earlier version has stored is the same set", () => {
  const { bytes } = setOf(["", "a", "old/", "old/a.php", "releases/1.2.2/app/\xe9", "x".repeat(300)]);
  expect([...new Float64Array(bytes.slice().buffer)]).toEqual([
    1357530877045391, 3092677072610438, 4793876770552536, 5234151350413404, 6577808300494765, 7340135540013840,
  ]);
});

test("what was built is not changed by what is added later", () => {
  const builder = new PathSetBuilder();
  builder.add("a");
  const before = builder.build();
  builder.add("b");
  expect(["a", "b"].map((path) => before.has(path))).toEqual([true, false]);
  expect(["a", "b"].map((path) => builder.build().has(path))).toEqual([true, true]);
});

test("stored bytes may lie anywhere in memory, and are not used again", () => {
  const { bytes } = setOf(["a", "b", "c"]);
  const memory = Buffer.alloc(bytes.length + 13, 0xaa);
  memory.set(bytes, 5);
  const stored = storedPathSet(memory.subarray(5, 5 + bytes.length));
  memory.fill(0);
  expect(stored && lacking(stored, ["a", "b", "c"])).toEqual([]);
  expect(stored?.has("d")).toBe(false);
});

test.for([1, 7, 9, 12, 8 * 65_536 - 1])("%i bytes are no set", (length) => {
  expect(storedPathSet(new Uint8Array(length))).toBeNull();
});

test.for([0, 8, 16])("%i bytes may be one", (length) => {
  expect(storedPathSet(new Uint8Array(length))?.size).toBe(length / 8);
});

test("the empty set", () => {
  expect(emptyPathSet.size).toBe(0);
  expect(emptyPathSet.has("")).toBe(false);
  expect(storedPathSet(emptyPathSet.bytes)?.bytes).toEqual(setOf([]).bytes);
});
