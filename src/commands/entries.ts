/** What log, report and suggest have in common: which entries of the journal are meant. */

import { sinceOf } from "../core/duration.ts";
import { clockNotes, clocksOf, corrected } from "../core/history/hosts.ts";
import type { Entry } from "../core/history/journal.ts";
import { type Unread, unreadLines } from "../core/history/unread.ts";
import { selfAndAncestors } from "../core/paths.ts";
import { linesText } from "../core/words/lines.ts";
import { type Journals, journalsOf, readJournals } from "../io/store/journal-read.ts";
import { journalInFile, journalOfHost } from "../io/store/journal-sources.ts";
import { type CommandCall, type Flag, type Output, unexpectedArgument, usage } from "./command.ts";

export const sinceFlag: Flag = {
  value: "TIME",
  does: "only what happened since: 90m, 6h or 7d ago, or 2026-07-01T10:00",
};
export const destinationFlag: Flag = {
  value: "GLOB",
  does: "only runs to a place that matches, or below it: /srv/app, '/srv/*', 'web1:/srv/**'",
};

export const sourceFlags: Readonly<Record<string, Flag>> = {
  journal: {
    value: "FILE",
    isRepeatable: true,
    does: "read that journal instead of this host's; - is standard input; can be repeated",
  },
  hosts: { value: "HOSTS", does: "read the journals of these hosts by ssh: web1,web2" },
};

export const sourcesText =
  "With --journal and --hosts the entries of several hosts are put in order of time. How far a host's clock is ahead is asked of each of --hosts; for files it is taken from the pushes that both sides have in their journals. Times are corrected by that, and it is said.";

export interface JournalRead extends Journals {
  /** About the clocks; known once the entries are read. */
  readonly notes: readonly string[];
  /** Whether they are this host's. */
  readonly isOwn: boolean;
  /** Milliseconds since 1970; null: from the start. */
  readonly since: number | null;
  readonly now: number;
}

/** The entries since the time that was given, or what was not understood. */
export function readEntries(
  { flags, lists, words, env }: CommandCall,
  defaultSince: string | null = null,
): JournalRead | Output {
  if (words[0] !== undefined) return unexpectedArgument(words[0]);
  const now = Date.now();
  const text = typeof flags["since"] === "string" ? flags["since"] : defaultSince;
  const since = text === null ? null : sinceOf(text, now);
  if (text !== null && since === null)
    return usage(`--since ${text} is not a time: give a number and a unit (90m, 6h, 7d), or a date (2026-07-01T10:00)`);
  const files = lists["journal"] ?? [];
  const hosts = typeof flags["hosts"] === "string" ? flags["hosts"].split(",") : [];
  const odd = hosts.find((host) => !/^[\w@.:[\]-]+$/.test(host));
  if (odd !== undefined) return usage(`--hosts takes names of hosts, with commas between them: ${odd} is none`);
  if (files.length + hosts.length === 0)
    return { ...readJournals(journalsOf(env), since ?? 0), since, now, notes: [], isOwn: true };
  return { ...readSources(files, hosts, since ?? 0, now), since, now, isOwn: false };
}

/** What several hosts have written, as one clock has it: this host's where they were asked by ssh, else the first one's. */
function readSources(files: readonly string[], hosts: readonly string[], since: number, now: number) {
  const inFiles = files.map(journalInFile);
  const overSsh = hosts.map((host) => journalOfHost(host, Math.ceil((now - since) / 1000)));
  const all = [...inFiles, ...overSsh];
  const entries = all.flatMap((source) => source.entries);
  const asked = overSsh.flatMap(({ entries: [first], ahead }) =>
    first && ahead !== null ? [[first.host, ahead] as const] : [],
  );
  const clocks = new Map([...clocksOf(inFiles.flatMap((source) => source.entries)), ...asked]);
  const unread: Unread = {
    leftOut: all.flatMap(({ leftOut }) => leftOut ?? []),
    skipped: all.reduce((sum, { skipped }) => sum + skipped, 0),
  };
  return {
    entries: corrected(entries, clocks).filter(({ time }) => Date.parse(time) >= since),
    unread: () => unread,
    notes: clockNotes(clocks),
  };
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
