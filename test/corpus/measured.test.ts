import { expect, test } from "vitest";
import { measured, readFigures, rows, tableText } from "./measured.ts";

const figure = measured([["empty-source", "same-place", "same-place"], ["empty-source"], ["plan-too-large"]], 200);

test("a run counts once for each of its codes, and apart where it has only one", () => {
  expect(figure).toMatchObject({ count: 3, of: 200 });
  expect(figure.codes).toEqual({
    "empty-source": { count: 2, alone: 1 },
    "same-place": { count: 1, alone: 0 },
    "plan-too-large": { count: 1, alone: 1 },
  });
});

test("the table says which goals are missed", () => {
  const lines = tableText({ releases: figure, "rehearsed-accidents": figure, rollbacks: figure }).split("\n");
  const heads = lines.filter((line) => !line.startsWith(" "));
  expect(heads.map((line) => line.replace(/.*: /, "").replace(/ {2,}/g, "  "))).toEqual([
    "missed",
    "refused  3 of  200  1.5 %  at most 2.5 %",
    "refused  3 of  200  1.5 %",
  ]);
});

test("measured.json has rows of the table only", () => {
  expect(Object.keys(rows)).toEqual(expect.arrayContaining(Object.keys(readFigures())));
});
