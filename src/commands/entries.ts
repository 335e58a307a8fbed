/** What log, report and suggest have in common: which entries of the journal are meant. */

import { sinceOf } from "../core/duration.ts";
import type { Entry } from "../core/history/journal.ts";
import { type Unread, unreadLines } from "../core/history/unread.ts";
import { selfAndAncestors } from "../core/paths.ts";
import { linesText } from "../core/words/lines.ts";
import { type Journals, journalsOf, readJournals } from "../io/store/journal-read.ts";
import { type CommandCall, type Flag, type Output, unexpectedArgument, usage } from "./command.ts";

export const sinceFlag: Flag = {
  value: "TIME",
  does: "only what happened since: 90m, 6h or 7d ago, or 2026-07-01T10:00",
};
export const destinationFlag: Flag = {
  value: "GLOB",
  does: "only runs to a place that matches, or below it: /srv/app, '/srv/*', 'web1:/srv/**'",
};

export interface JournalRead extends Journals {
  /** Milliseconds since 1970; null: from the start. */
  readonly since: number | null;
  readonly now: number;
}

/** The entries since the time that was given, or what was not understood. */
export function readEntries(
  { flags, words, env }: CommandCall,
  defaultSince: string | null = null,
): JournalRead | Output {
  if (words[0] !== undefined) return unexpectedArgument(words[0]);
  const now = Date.now();
  const text = typeof flags["since"] === "string" ? flags["since"] : defaultSince;
  const since = text === null ? null : sinceOf(text, now);
  if (text !== null && since === null)
    return usage(`--since ${text} is not a time: give a number and a unit (90m, 6h, 7d), or a date (2026-07-01T10:00)`);
  return { ...readJournals(journalsOf(env), since ?? 0), since, now };
}

export const isOutput = (value: object): value is Output => "exitCode" in value;

/** Whether an entry goes to a place that matches, or below it. */
export async function destinationFilter(glob: string | true | undefined): Promise<(entry: Entry) => boolean> {
  if (typeof glob !== "string") return () => true;
  const { default: picomatch } = await import("picomatch");
  const matches = picomatch(glob.replace(/(?<=.)\/+$/, ""), { dot: true });
  return ({ targets }) => targets.some((target) => [...selfAndAncestors(target)].some((at) => matches(at)));
}

/** Local time, as `2026-07-01 10:02:11`. */
export function localTime(at: number): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** As `UTC+02:00`. */
export function localZone(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const two = (number: number) => String(Math.floor(number)).padStart(2, "0");
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

/** Text that ends with what could not be read; a journal that was left out is not as it should be. */
export const withUnread = (text: string, unread: Unread, before = ""): Output => ({
  text: text + linesText(unreadLines(unread).map((line) => `${before}${line}`)),
  exitCode: exitCodeWith(unread),
});

export const exitCodeWith = ({ leftOut }: Unread): 0 | 1 => (leftOut.length > 0 ? 1 : 0);
