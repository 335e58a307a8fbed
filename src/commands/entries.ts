/** What log, report and suggest have in common: which entries of the journal are meant. */

import { sinceOf } from "../core/duration.ts";
import type { Entry } from "../core/history/journal.ts";
import { selfAndAncestors } from "../core/paths.ts";
import { journalsOf, readJournals } from "../io/store/journal-read.ts";
import { type CommandCall, type Flag, type Output, usage } from "./command.ts";

export const sinceFlag: Flag = {
  value: "TIME",
  does: "only what happened since then: 90m, 6h, 7d, or 2026-07-01T10:00",
};
export const destinationFlag: Flag = {
  value: "GLOB",
  does: "only what went to a place that matches, or below it: /srv/app, '/srv/*', 'web1:/srv/**'",
};

export interface JournalRead {
  readonly entries: Iterable<Entry>;
  /** Milliseconds since 1970; null: from the start. */
  readonly since: number | null;
  readonly now: number;
  /** What could not be read, once the entries are. */
  readonly notes: () => readonly string[];
}

/** The entries since the time that was given, or what was not understood. */
export function readEntries(
  { flags, words, env }: CommandCall,
  defaultSince: string | null = null,
): JournalRead | Output {
  if (words.length > 0) return usage(`${words[0]} is one word too many`);
  const now = Date.now();
  const text = typeof flags["since"] === "string" ? flags["since"] : defaultSince;
  const since = text === null ? null : sinceOf(text, now);
  if (text !== null && since === null)
    return usage(`--since ${text} is not a time: give a number and a unit (90m, 6h, 7d), or a date (2026-07-01T10:00)`);
  const journals = readJournals(journalsOf(env), since ?? 0);
  const notes = () => {
    const skipped = journals.skipped();
    return [
      ...journals.leftOut.map((why) => `left out: ${why}`),
      ...(skipped > 0 ? [`${skipped} ${skipped === 1 ? "line" : "lines"} of the journal can't be read`] : []),
    ];
  };
  return { entries: journals.entries, since, now, notes };
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
export function withNotes(text: string, notes: readonly string[], before = ""): Output {
  const isIncomplete = notes.some((note) => note.startsWith("left out"));
  return { text: text + notes.map((note) => `${before}${note}\n`).join(""), exitCode: isIncomplete ? 1 : 0 };
}
