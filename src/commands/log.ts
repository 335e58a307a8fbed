/** `rsync-guard log`: what the guard decided. */
import type { Entry } from "../core/history/journal.ts";
import { tableText, wouldRefuseText } from "../core/history/listing.ts";
import { type Command, usage } from "./command.ts";
import {
  destinationFilter,
  destinationFlag,
  isOutput,
  localTime,
  readEntries,
  sinceFlag,
  withNotes,
} from "./entries.ts";

/** How many are shown where no time is given. */
const shownEntries = 50;

export const log: Command = {
  usage: ["[--since TIME] [--refused | --would-refuse] [--destination GLOB] [--user NAME] [--json]"],
  does: "show what was run and what was refused, the newest last",
  flags: {
    since: sinceFlag,
    refused: { value: null, does: "only what was refused" },
    "would-refuse": { value: null, does: "only what ran because mode is observe, by command and caller" },
    destination: destinationFlag,
    user: { value: "NAME", does: "only what that user did, sudo seen through" },
    json: { value: null, does: "print the entries as lines of JSON, with all that is known of each" },
  },
  more: [
    `Without --since the last ${shownEntries} are shown. root sees the journals of all users.`,
    "verdict: run; approve, a dry run that begins; recorded or failed, a dry run that has ended and counts or does not; refuse; observed, which ran because mode is observe; allowed, which ran because of rsync-guard allow. The id names a refusal for rsync-guard allow.",
    "Exits with 1 where a journal was left out, because it can't be read or others may write it; log without --json says which.",
  ],
  run: async (given) => {
    const { flags } = given;
    if (flags["refused"] && flags["would-refuse"]) return usage("--refused or --would-refuse, not both");
    const read = readEntries(given);
    if (isOutput(read)) return read;
    const goesThere = await destinationFilter(flags["destination"]);
    const verdict = flags["refused"] ? "refuse" : flags["would-refuse"] ? "observed" : null;
    const { user } = flags;
    const isMeant = (entry: Entry) =>
      (verdict === null || entry.verdict === verdict) &&
      (user === undefined || entry.user === user || entry.sudoUser === user) &&
      goesThere(entry);
    const printed = { clock: localTime, width: process.stdout.isTTY ? process.stdout.columns : null };
    if (flags["would-refuse"] && !flags["json"])
      return withNotes(wouldRefuseText(chosen(read.entries, isMeant), printed) || "nothing\n", read.notes());
    const isShort = read.since === null && verdict !== "observed";
    const entries = latest(chosen(read.entries, isMeant), isShort ? shownEntries : Number.POSITIVE_INFINITY);
    if (flags["json"]) {
      const { exitCode } = withNotes("", read.notes());
      return { text: entries.map((entry) => `${ascii(JSON.stringify(entry))}\n`).join(""), exitCode };
    }
    return withNotes(entries.length > 0 ? tableText(entries, printed) : "nothing\n", read.notes());
  },
};

function* chosen(entries: Iterable<Entry>, isMeant: (entry: Entry) => boolean): Generator<Entry> {
  for (const entry of entries) if (isMeant(entry)) yield entry;
}

/** The last ones, of which no more are held than asked for. */
function latest(entries: Iterable<Entry>, most: number): readonly Entry[] {
  const held: Entry[] = [];
  for (const entry of entries) {
    held.push(entry);
    if (held.length >= 2 * most) held.splice(0, held.length - most);
  }
  return held.slice(-most);
}

/** A terminal obeys some characters above ASCII, too; escaped, they are the same JSON. */
const ascii = (json: string): string =>
  json.replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
