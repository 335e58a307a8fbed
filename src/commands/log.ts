/** `rsync-guard log`: what ran, and what was refused. */

import type { Entry } from "../core/history/journal.ts";
import { runsIn, tableText, wouldRefuseText } from "../core/history/listing.ts";
import { asciiJson } from "../core/quoting.ts";
import { linesText } from "../core/words/lines.ts";
import { markSeen } from "../io/store/seen.ts";
import { type Command, usage } from "./command.ts";
import {
  destinationFilter,
  destinationFlag,
  exitCodeWith,
  isOutput,
  localTime,
  readEntries,
  sinceFlag,
  sourceFlags,
  sourcesText,
  withUnread,
} from "./entries.ts";

/** How many are shown where no time is given. */
const shownEntries = 50;

export const log: Command = {
  usage: [
    "[--since TIME] [--refused | --would-refuse] [--destination GLOB] [--user NAME] [--json]",
    "[--journal FILE]… [--hosts HOSTS] …",
  ],
  does: "show what ran and what was refused, the newest last",
  flags: {
    since: sinceFlag,
    refused: { value: null, does: "only what was refused" },
    "would-refuse": { value: null, does: "only what ran because mode is observe, grouped by command and caller" },
    destination: destinationFlag,
    user: { value: "NAME", does: "only that user's runs, also through sudo" },
    ...sourceFlags,
    json: { value: null, does: "print the entries as JSON, one per line, with all that is known of each" },
  },
  more: [
    `Without --since, the last ${shownEntries} entries are shown. root sees the journals of all users.`,
    "One line a run: ran; refused; dry run; failed dry run, one that does not count; would be refused, it ran only because mode is observe; allowed, it ran because of rsync-guard allow, which has a line of its own (allow). The id of a refusal is the ID that rsync-guard allow takes. At a terminal the beginning of a long command is left out.",
    "With --json each decision is an entry, a dry run two: verdict is approve where it begins, then recorded or failed; the others are run, refuse, observed and allowed.",
    sourcesText,
    "Exits with 1 if a journal was left out, because it can't be read or others may write it; log without --json says which.",
  ],
  run: async (given) => {
    const { flags } = given;
    if (flags["refused"] && flags["would-refuse"]) return usage("give --refused or --would-refuse, not both");
    const read = readEntries(given);
    if (isOutput(read)) return read;
    const goesThere = await destinationFilter(flags["destination"]);
    const verdict = flags["refused"] ? "refuse" : flags["would-refuse"] ? "observed" : null;
    const { user } = flags;
    const isMeant = (entry: Entry) =>
      (verdict === null || entry.verdict === verdict) &&
      (user === undefined || entry.user === user || entry.sudoUser === user) &&
      goesThere(entry);
    const isWhole = verdict !== "observed" && user === undefined && flags["destination"] === undefined;
    if (isWhole && read.isOwn && process.stdout.isTTY) markSeen(given.env, read.now);
    const view = {
      clock: localTime,
      withHost: !read.isOwn,
      width: process.stdout.isTTY ? process.stdout.columns : null,
    };
    if (flags["would-refuse"] && !flags["json"])
      return withUnread(wouldRefuseText(filter(read.entries, isMeant), view) || nothing, read.unread());
    const isShort = read.since === null && verdict !== "observed";
    const entries = last(filter(read.entries, isMeant), isShort ? shownEntries : Number.POSITIVE_INFINITY);
    if (flags["json"]) {
      const text = linesText(entries.map((entry) => asciiJson(entry)));
      return { text, exitCode: exitCodeWith(read.unread()) };
    }
    const text = entries.length > 0 ? tableText(runsIn(entries), view) : nothing;
    return withUnread(text + linesText(read.notes), read.unread());
  },
};

const nothing = "no entries\n";

function* filter(entries: Iterable<Entry>, isMeant: (entry: Entry) => boolean): Generator<Entry> {
  for (const entry of entries) if (isMeant(entry)) yield entry;
}

/** The last ones, of which no more are held than asked for. */
function last(entries: Iterable<Entry>, most: number): readonly Entry[] {
  const held: Entry[] = [];
  for (const entry of entries) {
    held.push(entry);
    if (held.length >= 2 * most) held.splice(0, held.length - most);
  }
  return held.slice(-most);
}
