/** Copies of the journal's entries for other logs, which take no more than so much of one. */
import { bytesOf } from "../bytes.ts";
import { asciiJson, showText } from "../quoting.ts";
import { commandText } from "../words/command-text.ts";
import { type Entry, shortenList } from "./journal.ts";

/** rsyslog takes messages of 8 KiB, with what is in front of them. */
const longestMessage = 7 * 1024;

/** By how much a long entry's lists are shortened, until the whole of it fits. */
const lists = [4096, 2048, 1024, 512, 128, 0];

/** The entry as JSON, in ASCII, no longer than that: lists are shortened in it, and its plan may be left out. */
export function entryWithin(entry: Entry, most: number): string {
  const fits = (text: string) => text.length <= most;
  const whole = asciiJson(entry);
  if (fits(whole)) return whole;
  const shorter = lists.map((room) => {
    const { argv, targets, callers, plan } = entry;
    return asciiJson({
      ...entry,
      argv: shortenList(argv, room),
      targets: shortenList(targets, room),
      callers: room < 1024 ? [] : callers,
      plan: room < 2048 ? null : plan,
    });
  });
  return shorter.find(fits) ?? asciiJson({ time: entry.time, verdict: entry.verdict, codes: entry.codes });
}

/** For syslog: rsyslog's mmjsonparse knows JSON by the word in front of it. */
export const syslogMessage = (entry: Entry): string => `@cee:${entryWithin(entry, longestMessage)}`;

/** For journald: a field a line. */
export function journaldFields(entry: Entry): string {
  const { verdict, codes, argv, targets, user, fingerprint } = entry;
  const command = commandText(argv.map(bytesOf));
  const fields: Readonly<Record<string, string | null>> = {
    MESSAGE: `${verdict}${codes.length > 0 ? ` (${codes.join(", ")})` : ""}: ${command}`,
    PRIORITY: verdict === "refuse" ? "4" : "5",
    SYSLOG_IDENTIFIER: "rsync-guard",
    SYSLOG_FACILITY: "4",
    RSYNC_GUARD_VERDICT: verdict,
    RSYNC_GUARD_CODES: codes.join(" "),
    RSYNC_GUARD_USER: user,
    RSYNC_GUARD_COMMAND: command,
    RSYNC_GUARD_TARGET: targets[0] ?? null,
    RSYNC_GUARD_FINGERPRINT: fingerprint,
    RSYNC_GUARD_ENTRY: entryWithin(entry, longestField),
  };
  return Object.entries(fields)
    .flatMap(([name, value]) => (value === null || value === "" ? [] : [`${name}=${showText(value)}\n`]))
    .join("");
}

/** journald itself compresses and keeps more. */
const longestField = 32 * 1024;
