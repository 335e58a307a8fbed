/** Figures of what the rules stop, and of what they cost: the rows of the table that `npm run corpus` prints. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Code } from "../../src/core/codes.ts";

/** How many runs were counted, and in how many of these each code was among the refusals. */
export interface Measured {
  /** The day on which it was measured. */
  readonly date: string;
  readonly count: number;
  /** Of so many runs. */
  readonly of: number;
  readonly codes: Readonly<Partial<Record<Code, PerCode>>>;
}

export interface PerCode {
  readonly count: number;
  /** Where no other code refused. */
  readonly alone: number;
}

interface Row {
  readonly title: string;
  /** The share in percent that is aimed at. */
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number };
}

/** Those on command lines leave out what a dry run would lift. */
export const rows = {
  "ordinary-commands": { title: "ordinary command lines: refused", goal: { atMost: 0.5 } },
  "wrong-commands": { title: "with a variable emptied: refused before any dry run", goal: { atLeast: 75 } },
  "destructive-commands": { title: "of these, what would delete: refused", goal: { atLeast: 88 } },
  accidents: { title: "accidents as they happened: prevented", goal: { atLeast: 97 } },
  "rehearsed-accidents": { title: "accidents after a dry run in the same state: prevented", goal: { atLeast: 92 } },
  "rehearsed-losses": { title: "of these, what loses data by itself: prevented", goal: { atLeast: 92 } },
  "meant-runs": { title: "the runs that were meant instead: refused", goal: { atMost: 3 } },
  releases: { title: "one release to the next: refused", goal: { atMost: 2.5 } },
  rollbacks: { title: "a release back to the one before: refused" },
  "releases-to-hosts": {
    title: "one release to the next, where a host has files of its own: refused",
    goal: { atMost: 2.5 },
  },
} satisfies Readonly<Record<string, Row>>;

export type RowName = keyof typeof rows;
export type Figures = Readonly<Partial<Record<RowName, Measured>>>;

/** The codes of each refused run, or of each that was prevented. */
export function measured(counted: readonly (readonly Code[])[], of: number): Measured {
  const codes: Partial<Record<Code, { count: number; alone: number }>> = {};
  for (const run of counted) {
    const seen = new Set(run);
    for (const code of seen) {
      codes[code] ??= { count: 0, alone: 0 };
      codes[code].count++;
      if (seen.size === 1) codes[code].alone++;
    }
  }
  const date = new Date().toISOString().slice(0, 10);
  return { date, count: counted.length, of, codes: Object.fromEntries(byCount(codes)) };
}

const byCount = (codes: Measured["codes"]) =>
  Object.entries(codes).sort(([, one], [, other]) => other.count - one.count);

const file = join(import.meta.dirname, "measured.json");

export const readFigures = (): Figures => JSON.parse(readFileSync(file, "utf8"));

/** Rows that were not measured this time stay as they were. */
export function writeFigures(figures: Figures): void {
  const all: Figures = { ...readFigures(), ...figures };
  const names = (Object.keys(rows) as RowName[]).filter((name) => all[name]);
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(names.map((name) => [name, all[name]])), null, 2)}\n`);
}

const share = (count: number, of: number): string => `${((100 * count) / of).toFixed(1)} %`.padStart(8);

function goalText({ goal }: Row, { count, of }: Measured): string {
  if (!goal) return "";
  const percent = (100 * count) / of;
  const text = "atLeast" in goal ? `at least ${goal.atLeast} %` : `at most ${goal.atMost} %`;
  return ("atLeast" in goal ? percent >= goal.atLeast : percent <= goal.atMost) ? text : `${text}: missed`;
}

export const tableText = (figures: Figures): string =>
  (Object.entries(rows) as [RowName, Row][])
    .flatMap(([name, row]) => {
      const figure = figures[name];
      if (!figure) return [];
      return [
        `${row.title.padEnd(68)}${String(figure.count).padStart(4)} of ${String(figure.of).padStart(4)}${share(figure.count, figure.of)}   ${goalText(row, figure)}`,
        ...byCount(figure.codes).map(
          ([code, { count, alone }]) =>
            `    ${code.padEnd(64)}${String(count).padStart(4)}${" ".repeat(8)}${share(count, figure.of)}   alone: ${alone}`,
        ),
      ].map((line) => line.trimEnd());
    })
    .join("\n");
