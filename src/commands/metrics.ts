/** `rsync-guard metrics`: figures of the journal, for Prometheus. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Metrics, metricsOf, metricsText, neededSince, readMetrics } from "../core/history/metrics.ts";
import { showText } from "../core/quoting.ts";
import { journalsOf, readJournals } from "../io/store/journal-read.ts";
import { replaceFile } from "../io/store/replace-file.ts";
import { seenAt } from "../io/store/seen.ts";
import { type Command, problem, unexpectedArgument } from "./command.ts";

/** An entry gets its time a moment before it is written. */
const settled = 10_000;

export const metrics: Command = {
  usage: ["[--textfile FILE]"],
  does: "print or write figures of the journal for Prometheus",
  flags: { textfile: { value: "FILE", does: "write to FILE, for node_exporter's textfile collector" } },
  more: [
    "Counts runs by verdict, refusals by code, approvals, runs that could not be decided, deleted entries, and the time that decisions took; and tells how old the oldest unread refusal is: one that was not yet there when log or report was last shown at a terminal. As root it counts the journals of all users.",
    "With --textfile it goes on counting from what is in FILE, so that no counter falls when the journal is rotated, and replaces FILE as a whole. The entries of the last ten seconds are left for the next time.",
  ],
  run: async ({ words: [word], flags: { textfile }, env }) => {
    if (word !== undefined) return unexpectedArgument(word);
    const before = typeof textfile === "string" ? metricsIn(textfile) : null;
    const [seen, until] = [seenAt(env), Date.now() - settled];
    const { entries, unread } = readJournals(journalsOf(env), neededSince(before, seen));
    const made = metricsOf(before, entries, seen, until);
    const text = metricsText(made, unread().leftOut.length);
    if (typeof textfile !== "string") return { text, exitCode: 0 };
    try {
      const temporary = join(dirname(textfile), `.rsync-guard-${process.pid}`);
      replaceFile(textfile, text, { temporary, mode: 0o644, synced: false });
    } catch (error) {
      return problem(`${showText(textfile)} can't be written (${(error as NodeJS.ErrnoException).code})`);
    }
    return { text: "", exitCode: 0 };
  },
};

/** Null where there is none, or it is no such file. */
function metricsIn(file: string): Metrics | null {
  try {
    return readMetrics(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
