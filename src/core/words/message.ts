/** Puts a refusal's words together: what a person reads on stderr. */

import type { Bytes } from "../bytes.ts";
import { dryRunCodes, lostVariableCodes } from "../codes.ts";
import type { Invocation } from "../command/parse.ts";
import { durationText } from "../duration.ts";
import { isSettledByDryRun } from "../judge/approval.ts";
import type { DryRunResult } from "../judge/decision.ts";
import type { Refusal } from "../judge/refusal.ts";
import type { Target } from "../place/target.ts";
import { type Kinds, type Plan, type PlanResult, totalOf } from "../plan/plan.ts";
import { isPasteable, showWord } from "../quoting.ts";
import { commandText } from "./command-text.ts";
import { changeText } from "./differences.ts";
import { obstacleText } from "./reasons.ts";
import {
  causeFirst,
  lineOf,
  listed,
  lostDirectoryText,
  nextOf,
  permanentLine,
  textWord,
  topLevelText,
} from "./refusals.ts";

export { refusalJson } from "./refusal-json.ts";

/** What a message needs to know of a run; without an invocation where it could not be read. */
export interface Message {
  readonly argv: readonly Bytes[];
  readonly invocation: Invocation | null;
  readonly targets: readonly Target[];
  readonly refusals: readonly Refusal[];
  /** What it would do, where that was found out; or why it could not be. */
  readonly plan?: PlanResult<{ readonly plan: Plan }> | null;
  /** The ID with which `rsync-guard allow` lets it run; null where it does not. */
  readonly allowId?: string | null;
}

const mostTargets = 5;

/** The lines of a refusal, the last one naming the codes; `headline` says what came of it. */
export function refusalText(told: Message, headline: string): string {
  const { argv, targets, plan } = told;
  const refusals = causeFirst(told.refusals);
  const [first, ...others] = distinctLines(refusals);
  return lines([
    `rsync-guard: ${headline}: ${first}`,
    ...others.map((line) => `  also: ${line}`),
    `  ${commandText(argv)}`,
    ...effects(targets),
    ...(plan
      ? [
          `  ${plan.plan ? `would ${planText(plan.plan)}` : `no plan of it could be made: ${obstacleText(plan.obstacle)}`}`,
        ]
      : []),
    ...refusals.flatMap(nearestLines),
    ...nextLines({ ...told, refusals }),
    ...permanentLines(told),
    codesLine(refusals),
  ]);
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

export const kindsText = ({ files, directories, symlinks, specials }: Kinds): string =>
  [
    [files, plural(files, "file")] as const,
    [directories, plural(directories, "directory", "directories")] as const,
    [symlinks, plural(symlinks, "symlink")] as const,
    [specials, plural(specials, "special file")] as const,
  ]
    .flatMap(([count, text]) => (count > 0 ? [text] : []))
    .join(", ");

/** Of each kind that is unusual, no more are named. */
const mostNamed = 3;

/** What is unusual about a plan, whether or not it is refused for that. */
function unusualTexts({ directories, reduced, own, older, trusted }: Plan): readonly string[] {
  const emptied = reduced.filter((one) => one.present !== null && 2 * one.deleted > one.present);
  return [
    ...directories.slice(0, mostNamed).map(lostDirectoryText),
    ...emptied
      .slice(0, mostNamed)
      .map(
        ({ path, deleted, present }) => `delete ${deleted} of ${present ?? deleted} entries in ${textWord(`${path}/`)}`,
      ),
    ...(own.count > 0 ? [`delete ${listed(own, textWord)}, which the source does not have`] : []),
    ...(trusted.count > 0 ? [`write what the system runs or trusts: ${listed(trusted, textWord)}`] : []),
    ...(older.count > 0
      ? [`replace ${plural(older.count, "newer file")} by ${older.count === 1 ? "an older one" : "older ones"}`]
      : []),
  ];
}

/** What a run would do, as the end of "would …": first the unusual, then what goes, then the rest. */
export function planText(plan: Plan): string {
  const { created, changed, deleted, attributes, topLevel } = plan;
  const parts = [
    ...unusualTexts(plan),
    totalOf(deleted) > 0 ? `delete ${kindsText(deleted)} (${topLevelText(topLevel)})` : "",
    totalOf(changed) > 0 ? `change ${kindsText(changed)}` : "",
    totalOf(created) > 0 ? `add ${kindsText(created)}` : "",
    attributes > 0 ? `set times, modes or owners of ${plural(attributes, "entry", "entries")}` : "",
  ].filter(Boolean);
  return parts.join("; ") || "change nothing";
}

/** Before a live run by an imported plan: where it does other than that names; empty where it does the same. */
export function importedDifferenceText(imported: Plan, live: Plan): string {
  const parts = (["deleted", "changed", "created"] as const).flatMap((what) => {
    const [named, now] = [totalOf(imported[what]), totalOf(live[what])];
    return named === now ? [] : [`${otherwise[what]} ${plural(now, "entry", "entries")} instead of ${named}`];
  });
  return parts.length === 0 ? "" : `rsync-guard: not quite what the imported plan names: ${parts.join(", ")}\n`;
}

const otherwise = { deleted: "deletes", changed: "changes", created: "adds" } as const;

const doesNotCount = "this dry run does not count";

/** `bound`: it counts in its login session only. */
const resultTexts: Readonly<Record<DryRunResult, (freshFor: number, bound: boolean, isPlanned: boolean) => string>> = {
  unseen: () => `${doesNotCount}: the live run depends on input that rsync-guard can't read (a pipe or standard input)`,
  changed: () => `${doesNotCount}: something it depends on changed while it ran; dry-run again`,
  unplanned: () => `${doesNotCount}: its live run has to be planned`,
  refused: () => "it would be refused",
  unneeded: () => "it needs no dry run",
  approved: (freshFor, bound, isPlanned) =>
    `approved for ${durationText(freshFor)}${bound ? ", in this login session" : ""}${
      isPlanned ? "" : ", without a plan (the command matches; its effect was not checked)"
    }`,
};

interface Outlook {
  readonly freshFor: number;
  /** The dry run counts in its login session only. */
  readonly bound: boolean;
  /** The directory that rsync would have to make the destination in, and that is not there. */
  readonly lacking?: Bytes | null;
}

/** After a dry run: what its live run would do, and how long the dry run stands for it. */
export function outlookText(
  made: PlanResult<{ readonly plan: Plan }>,
  result: DryRunResult,
  { freshFor, bound, lacking = null }: Outlook,
): string {
  const fails =
    lacking === null ? "" : `fail, since ${showWord(lacking)} is not there (mkdir -p, or --mkpath); with it, it would `;
  const effect = made.plan
    ? `the live run would ${fails}${planText(made.plan)}`
    : `no plan of the live run could be made (${obstacleText(made.obstacle)})`;
  return `rsync-guard: ${effect}; ${resultTexts[result](freshFor, bound, made.plan !== null)}\n`;
}

/** After a dry run that failed. `limit`: so many entries may be deleted, and it was stopped there; null: it was not. */
export const failedDryRunText = (exitCode: number, limit: number | null): string =>
  lines([
    `rsync-guard: this dry run ended with exit code ${exitCode}, so it does not count as one`,
    ...(limit === null
      ? []
      : [
          `  it would delete more than ${plural(limit, "entry", "entries")}, the limit of the host that receives it`,
          "  next: check source and destination; if so much is to go, raise limits.max_delete in a [[destination]] on that host",
        ]),
  ]);

/** After a dry run: what its live run would be refused for. */
export const warningText = (told: Message): string => refusalText(told, "the live run would be refused");

const distinctLines = (refusals: readonly Refusal[]): readonly string[] => [...new Set(refusals.map(lineOf))];

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");

type Effect = Pick<Target, "path" | "writes" | "deletes">;

export function effects(targets: readonly Effect[]): readonly string[] {
  const verbs = ({ writes, deletes }: Effect) =>
    [writes ? "write to" : "", deletes ? "delete in" : ""].filter(Boolean).join(" and ");
  const more = targets.length - mostTargets;
  return [
    ...targets.slice(0, mostTargets).map((target) => `  would ${verbs(target)} ${showWord(target.path)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function nearestLines(refusal: Refusal): readonly string[] {
  if (!("nearest" in refusal) || !refusal.nearest) return [];
  const { age, differences } = refusal.nearest;
  const elsewhere = differences.some(({ field }) => field === "destination");
  const width = Math.max(...differences.map(({ field }) => field.length));
  return [
    `  the nearest dry run (${durationText(age)} ago, this user) ${elsewhere ? "went elsewhere" : "differs"}:`,
    ...differences.map((difference) => `    ${difference.field.padEnd(width)}  ${changeText(difference)}`),
  ];
}

/** The next step of the first refusal; where only the dry run is missing, the command for it, ready to paste. */
function nextLines({ argv, invocation, refusals, allowId }: Message): readonly string[] {
  const [first] = refusals;
  if (!first) return [];
  const next = `  next: ${nextOf(first)}`;
  const isMissingOnly = invocation?.kind === "live" && refusals.every(({ code }) => dryRunCodes.has(code));
  const command = `${"sudo" in first && first.sudo ? "sudo " : ""}${commandText(["-n", ...argv])}`;
  const isWhole = !command.endsWith("…") && argv.every(isPasteable);
  if (isMissingOnly) return isSettledByDryRun(first) && isWhole ? [next, `    ${command}`] : [next];
  return allowId && !lostVariableCodes.has(first.code)
    ? [next, `  if it is right as it is: rsync-guard allow ${allowId}`]
    : [next];
}

/** The line of configuration that would let the run pass each time, where that may be right. */
function permanentLines({ targets, refusals }: Message): readonly string[] {
  const target = targets.find(({ role }) => role === "destination");
  const lines = refusals.map(permanentLine);
  if (!target || lines.includes(null)) return [];
  return [`  for good: in a [[destination]] for ${showWord(target.path)}: ${[...new Set(lines)].join(", and ")}`];
}

const codesLine = (refusals: readonly Refusal[]): string => {
  const codes = [...new Set(refusals.map(({ code }) => code))];
  return `  codes: ${codes.join(", ")}   (rsync-guard explain ${codes[0]})`;
};
