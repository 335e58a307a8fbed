/** `rsync-guard report`: what happened, for those who have to understand it later. */
import { hostname } from "node:os";
import { reportText, timelinesOf } from "../core/history/report.ts";
import type { Command } from "./command.ts";
import {
  destinationFilter,
  destinationFlag,
  isOutput,
  localTime,
  localZone,
  readEntries,
  sinceFlag,
  withNotes,
} from "./entries.ts";

export const report: Command = {
  usage: ["[--since TIME] [--destination GLOB]"],
  does: "tell in Markdown what was run to each place, what it would have done, and what changed in between",
  flags: { since: { ...sinceFlag, does: `${sinceFlag.does}; 24h, if nothing is said` }, destination: destinationFlag },
  more: [
    "For after something unexpected happened. Runs that have to do with one another are told together: those to a directory and to others in it, and those that are the same but for their destination. With --destination, all of which at least one goes there.",
    "What a run did is told by its plan, which was made before it; whether rsync itself ended well is not known. root sees the journals of all users.",
  ],
  run: async (given) => {
    const read = readEntries(given, "24h");
    if (isOutput(read)) return read;
    const goesThere = await destinationFilter(given.flags["destination"]);
    const timelines = timelinesOf([...read.entries]).filter((timeline) =>
      timeline.some(({ entry }) => goesThere(entry)),
    );
    const reported = {
      host: hostname(),
      from: read.since ?? 0,
      to: read.now,
      clock: localTime,
      zone: localZone(read.now),
    };
    return withNotes(reportText(timelines, reported), read.notes(), "\n");
  },
};
