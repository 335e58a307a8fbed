/** What `rsync-guard log` prints: a line for each decision, or a few for each command that would be refused. */

import { bytesOf } from "../bytes.ts";
import { showText } from "../quoting.ts";
import { commandText } from "../words/command-text.ts";
import { plural } from "../words/message.ts";
import { type Entry, idOf } from "./journal.ts";

export interface LogView {
  /** A time for people. */
  readonly clock: (at: number) => string;
  /** The terminal's width; null where it is none, and nothing is cut. */
  readonly width: number | null;
}

export const whoText = ({ user, sudoUser }: Entry): string =>
  showText(sudoUser === null ? user : `${user} (sudo by ${sudoUser})`);

/** The directory in which it was called. */
export const cwdText = ({ cwd }: Entry): string => showText(cwd ?? "(a deleted directory)");

/** The newest last. */
export function tableText(entries: readonly Entry[], { clock, width }: LogView): string {
  const rows = entries.map(
    (entry): Row => [
      clock(Date.parse(entry.time)),
      whoText(entry),
      entry.verdict,
      entry.verdict === "refuse" && entry.fingerprint !== null ? idOf(entry.fingerprint) : "-",
      codesText(entry, width !== null),
      commandText(entry.argv.map(bytesOf)),
    ],
  );
  const all: readonly Row[] = [["time", "user", "verdict", "id", "codes", "command"], ...rows];
  const widths = all.reduce((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), [] as number[]);
  return all
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join("  "))
    .map((line) => `${cut(line, width)}\n`)
    .join("");
}

type Row = readonly string[];

/** On a terminal there is room for the first one. */
function codesText({ codes: [first, ...others], codes }: Entry, short: boolean): string {
  if (first === undefined) return "-";
  return showText(short ? `${first}${others.length > 0 ? ` +${others.length}` : ""}` : codes.join(","));
}

const cut = (line: string, width: number | null): string => {
  const characters = [...line];
  return width === null || characters.length <= width ? line : `${characters.slice(0, width - 1).join("")}…`;
};

interface Group {
  readonly entry: Entry;
  count: number;
  last: Entry;
  readonly codes: Set<string>;
}

/** Commands that ran only because mode is observe, by who called them; the last one to have run comes last. */
export function wouldRefuseText(entries: Iterable<Entry>, { clock, width }: LogView): string {
  const groups = new Map<string, Group>();
  for (const entry of entries) {
    const { user, sudoUser, cwd, argv } = entry;
    const key = JSON.stringify([user, sudoUser, cwd, argv, callerText(entry)]);
    const group = groups.get(key) ?? { entry, count: 0, last: entry, codes: new Set() };
    groups.delete(key);
    groups.set(key, group);
    group.count++;
    group.last = entry;
    for (const code of entry.codes) group.codes.add(code);
  }
  return [...groups.values()]
    .map(({ entry, count, last, codes }) =>
      [
        `${plural(count, "time")}, last ${clock(Date.parse(last.time))}, ${whoText(entry)}, called by ${callerText(entry)}`,
        `  ${commandText(entry.argv.map(bytesOf))}`,
        `  in ${cwdText(entry)}`,
        `  codes: ${showText([...codes].join(", "))}`,
      ]
        .map((line) => `${cut(line, width)}\n`)
        .join(""),
    )
    .join("");
}

/** The nearest caller's command, and what called that: `sh deploy.sh < sshd < sshd`. */
export function callerText({ callers: [nearest, ...others] }: Entry): string {
  if (!nearest) return "an unknown process";
  const names = others.map(({ name }) => showText(name)).join(" < ");
  return `${showText(nearest.command || nearest.name)}${names === "" ? "" : ` < ${names}`}`;
}
