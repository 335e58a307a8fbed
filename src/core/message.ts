/** Puts a refusal's words together: what a person reads on stderr. */
import type { Invocation } from "./parse.ts";
import { dryRunAgain, lineOf, type NamedDifference, nextOf, type Refusal, span } from "./refusals.ts";
import type { Target } from "./target.ts";
import { type Bytes, isPasteable, shown, shownWord } from "./text.ts";

/** What a message needs to know of a run; without an invocation where it could not be read. */
export interface Told {
  readonly argv: readonly Bytes[];
  readonly invocation: Invocation | null;
  readonly targets: readonly Target[];
  readonly refusals: readonly Refusal[];
}

/** Longer commands are cut: the whole one is in the caller's history. */
const longestCommand = 400;
const mostTargets = 5;

export function commandText(argv: readonly Bytes[]): string {
  const text = ["rsync", ...argv.map(shownWord)].join(" ");
  return text.length > longestCommand ? `${text.slice(0, longestCommand)} …` : text;
}

/** The lines of a refusal, the last one naming the codes; `headline` says what came of it. */
export function refusalText(told: Told, headline: string): string {
  const { argv, targets, refusals } = told;
  const [first, ...others] = distinctLines(refusals);
  return lines([
    `rsync-guard: ${headline}: ${first}`,
    ...others.map((line) => `  also: ${line}`),
    `  ${commandText(argv)}`,
    ...effects(targets),
    ...refusals.flatMap(nearestLines),
    ...nextLines(told),
    codesLine(refusals),
  ]);
}

/** After a dry run: what its live run would be refused for. */
export const warningText = (told: Told): string => refusalText(told, "the live run would be refused");

const distinctLines = (refusals: readonly Refusal[]): readonly string[] => [...new Set(refusals.map(lineOf))];

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");

function effects(targets: readonly Target[]): readonly string[] {
  const verbs = ({ writes, deletes }: Target) =>
    [writes ? "write to" : "", deletes ? "delete in" : ""].filter(Boolean).join(" and ");
  const more = targets.length - mostTargets;
  return [
    ...targets.slice(0, mostTargets).map((target) => `  would ${verbs(target)} ${shownWord(target.path)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function nearestLines(refusal: Refusal): readonly string[] {
  if (!("nearest" in refusal) || !refusal.nearest) return [];
  const { age, differences } = refusal.nearest;
  const elsewhere = differences.some(({ field }) => field === "destination");
  const width = Math.max(...differences.map(({ field }) => field.length));
  return [
    `  the nearest dry run (${span(age)} ago, this user) ${elsewhere ? "went elsewhere" : "differs"}:`,
    ...differences.map((difference) => `    ${differenceText(difference, width)}`),
  ];
}

const differenceText = ({ field, before, now, maybeEmptyVariable }: NamedDifference, width: number): string =>
  `${field.padEnd(width)}  ${shown(before) || "(none)"}  ->  ${shown(now) || "(none)"}${
    maybeEmptyVariable ? "     a variable may be empty" : ""
  }`;

const fromHere: ReadonlySet<string> = new Set([
  "no-dry-run",
  "stale-dry-run",
  "other-session",
  "changed-since-dry-run",
]);

/** The next step of the first refusal; where only the dry run is missing, the command for it, ready to paste. */
function nextLines({ argv, invocation, refusals }: Told): readonly string[] {
  const [first] = refusals;
  if (!first) return [];
  const next = `  next: ${nextOf(first)}`;
  const dryRunCommand =
    invocation?.kind === "live" &&
    refusals.every(({ code }) => fromHere.has(code)) &&
    nextOf(first) === dryRunAgain &&
    argv.every(isPasteable);
  const command = commandText(["-n", ...argv]);
  return dryRunCommand && !command.endsWith("…") ? [next, `    ${command}`] : [next];
}

const codesLine = (refusals: readonly Refusal[]): string => {
  const codes = [...new Set(refusals.map(({ code }) => code))];
  return `  codes: ${codes.join(", ")}   (rsync-guard explain ${codes[0]})`;
};
