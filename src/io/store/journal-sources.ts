/** Journals from elsewhere: files, standard input, and other hosts by ssh. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Entry } from "../../core/history/journal.ts";
import { entryOf } from "../../core/history/journal-line.ts";
import type { LeftOut } from "../../core/history/unread.ts";

export interface JournalSource {
  readonly entries: readonly Entry[];
  /** Lines that are no whole entry. */
  readonly skipped: number;
  readonly leftOut: LeftOut | null;
  /** By how much that host's clock is ahead of this one's, in milliseconds; null where it is not known. */
  readonly ahead: number | null;
}

const sourceOf = (lines: readonly string[], ahead: number | null): JournalSource => {
  const written = lines.filter((line) => line !== "");
  const entries = written.flatMap((line) => entryOf(line) ?? []);
  return { entries, skipped: written.length - entries.length, leftOut: null, ahead };
};

const unreadable = (path: string, error: string): JournalSource => ({
  entries: [],
  skipped: 0,
  leftOut: { problem: "unreadable", path, error },
  ahead: null,
});

/** A file that somebody has named; `-` is standard input. */
export function journalInFile(name: string): JournalSource {
  try {
    return sourceOf(readFileSync(name === "-" ? 0 : name, "utf8").split("\n"), null);
  } catch (error) {
    return unreadable(name, (error as NodeJS.ErrnoException).code ?? String(error));
  }
}

const longestAnswer = 512 * 1024 * 1024;

/** The journals of a host, as the user who logs in there; its clock is asked at the end, just before it hangs up. */
export function journalOfHost(host: string, seconds: number): JournalSource {
  const command = `rsync-guard log --json --since ${seconds}s; date +%s.%N`;
  const { status, stdout, stderr, error } = spawnSync("ssh", ["-o", "BatchMode=yes", "--", host, command], {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: longestAnswer,
  });
  const now = Date.now();
  if (error) return unreadable(host, error.message);
  if (status !== 0) return unreadable(host, `ssh ended with ${status}: ${stderr.trim().split("\n").at(-1)}`);
  const lines = stdout.trimEnd().split("\n");
  const there = Number(lines.pop()) * 1000;
  const source = sourceOf(lines, Number.isNaN(there) ? null : there - now);
  return /command not found|rsync-guard: (?:inaccessible or )?not found/.test(stderr)
    ? unreadable(host, "there is no rsync-guard")
    : source;
}
