/** `rsync-guard report`: what happened, for those who have to understand it later. */
import { hostname } from "node:os";
import { reportText, timelinesOf } from "../core/history/report.ts";
import { reportHtml } from "../core/history/report-html.ts";
import { unreadLines } from "../core/history/unread.ts";
import { markSeen } from "../io/store/seen.ts";
import type { Command } from "./command.ts";
import {
  destinationFilter,
  destinationFlag,
  exitCodeWith,
  isOutput,
  localTime,
  localZone,
  readEntries,
  sinceFlag,
  sourceFlags,
  sourcesText,
  withUnread,
} from "./entries.ts";

export const report: Command = {
  usage: ["[--since TIME] [--destination GLOB] [--html]", "[--journal FILE]… [--hosts HOSTS] …"],
  does: "report in Markdown what was run to each place, and what it did",
  flags: {
    since: { ...sinceFlag, does: `${sinceFlag.does} (default 24h)` },
    destination: destinationFlag,
    html: { value: null, does: "as a page of HTML, with a picture of what ran when on which host" },
    ...sourceFlags,
  },
  more: [
    "Use it to understand what happened. Related runs are shown together: those to a directory and to directories in it, and those that differ only in their destination. With --destination, related runs are shown if at least one of them went there.",
    "What a run did is taken from its plan, which was made before it; whether rsync itself succeeded is not known. root sees the journals of all users.",
    `${sourcesText} The report then also says which run is the other side of which, and which mirror sent on what a run wrote.`,
  ],
  run: async (given) => {
    const read = readEntries(given, "24h");
    if (isOutput(read)) return read;
    const goesThere = await destinationFilter(given.flags["destination"]);
    const timelines = timelinesOf([...read.entries]).filter((timeline) =>
      timeline.some(({ entry }) => goesThere(entry)),
    );
    if (given.flags["destination"] === undefined && read.isOwn && process.stdout.isTTY) markSeen(given.env, read.now);
    const head = {
      host: read.isOwn ? hostname() : null,
      notes: read.notes,
      from: read.since ?? 0,
      to: read.now,
      clock: localTime,
      zone: localZone(read.now),
    };
    if (given.flags["html"]) {
      const notes = [...read.notes, ...unreadLines(read.unread())];
      return { text: reportHtml(timelines, { ...head, notes }), exitCode: exitCodeWith(read.unread()) };
    }
    return withUnread(reportText(timelines, head), read.unread(), "\n");
  },
};
