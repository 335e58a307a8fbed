import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  longOption,
  type Option,
  optionNamed,
  options,
  shortOption,
  takesValue,
} from "../../src/core/command/options.ts";

/** rsync 3.5.0's own popt table, a row per accepted name. */
const rows = readFileSync(new URL("../cases/rsync-options.tsv", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .slice(1)
  .map((line) => line.split("\t"))
  .map(([long = "", short = "", value]) => ({
    long: long.replace(/^--/, ""),
    short: short.replace(/^-/, ""),
    value: value === "always",
  }));

test.for(rows)("$long $short", ({ long, short, value }) => {
  const named = long === "" ? undefined : longOption(long);
  if (long !== "") {
    expect(named).toBeDefined();
    if (named) expect(takesValue(named.option, named.negated)).toBe(value);
  }
  if (short === "") return;
  const option = shortOption(short);
  expect(option).toBeDefined();
  if (named) expect(option).toBe(named.option);
  if (option) expect(takesValue(option, false)).toBe(value);
});

const known = new Set(rows.map(({ long }) => long));
const letters = new Set(rows.map(({ short }) => short));
const namesOf = ({ name, short, aliases, negations }: Option) => [
  ...(name === short ? [] : [name]),
  ...aliases,
  ...negations,
];
const names = options.flatMap(namesOf);

test("the table has no name and no letter that rsync lacks", () => {
  const vendors = new Set(options.filter(({ isVendors }) => isVendors).flatMap(namesOf));
  expect(names.filter((name) => !known.has(name))).toEqual([...vendors]);
  expect(options.flatMap(({ short }) => (short && !letters.has(short) ? [short] : []))).toEqual([]);
});

test("no name and no letter stands twice", () => {
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  const all = options.flatMap(({ short }) => short ?? []);
  expect(all.filter((letter, at) => all.indexOf(letter) !== at)).toEqual([]);
});

test("what an option stands for is in the table", () => {
  for (const { expands } of options) for (const name of expands) expect(optionNamed(name).name).toBe(name);
  expect(() => optionNamed("nonsense")).toThrow("the option table has no nonsense");
});
