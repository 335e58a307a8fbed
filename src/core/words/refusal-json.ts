/** A refusal for programs that run commands for people: one line of JSON after the words. */
import { dryRunCodes, lostVariableCodes } from "../codes.ts";
import type { Refusal } from "../judge/refusal.ts";
import { asciiJson } from "../quoting.ts";
import { causeFirst, lineOf, nextOf } from "./refusals.ts";

interface Refused {
  readonly refusals: readonly Refusal[];
  readonly allowId: string | null;
}

export function refusalJson({ allowId, ...refused }: Refused, exitCode: number): string {
  const refusals = causeFirst(refused.refusals);
  const [first] = refusals;
  const codes = [...new Set(refusals.map(({ code }) => code))];
  return `${asciiJson({
    "rsync-guard": "refused",
    exitCode,
    code: codes[0] ?? null,
    codes,
    why: [...new Set(refusals.map(lineOf))],
    next: first ? nextOf(first) : null,
    needsPerson: needsPerson(refusals),
    allowId,
  })}\n`;
}

/**
 * Whether a person has to decide: not where only a dry run is missing, which the caller can make, and not where a variable
 * was lost, which the caller can set, and which explains what else the run is refused for.
 */
const needsPerson = (refusals: readonly Refusal[]): boolean =>
  !refusals.some(({ code }) => lostVariableCodes.has(code)) && !refusals.every(({ code }) => dryRunCodes.has(code));
