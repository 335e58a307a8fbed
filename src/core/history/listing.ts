/** What `rsync-guard log` prints: a line for each decision, or a few for each command that would be refused. */

import { bytesOf } from "../bytes.ts";
import { lostVariableCodes } from "../codes.ts";
import { largest } from "../largest.ts";
import { showText } from "../quoting.ts";
import { commandText } from "../words/command-text.ts";
import { plural } from "../words/message.ts";
import { type Entry, idOf } from "./journal.ts";

export interface LogView {
  /** A time for people. */
  readonly clock: (at: number) => string;
  /** The terminal's width; null where it is none, and nothing is cut. */
  readonly width: number | null;
  /** Whether they are of several hosts. */
  readonly withHost?: boolean;
}

export const whoText = ({ user, sudoUser }: Entry): string =>
  showText(sudoUser === null ? user : `${user} (sudo by ${sudoUser})`);

const shortWhoText = ({ user, sudoUser }: Entry): string => showText(sudoUser === null ? user : `${sudoUser} (sudo)`);

/** The directory in which it was called. */
export const cwdText = ({ cwd }: Entry): string => showText(cwd ?? "(a deleted directory)");

/** What came of a run, by its verdict in the journal. */
const outcomes: Readonly<Record<Entry["verdict"], string>> = {
  run: "ran",
  observed: "would be refused",
  allowed: "allowed",
  refuse: "refused",
  approve: "dry run",
  recorded: "dry run",
  failed: "failed dry run",
};

/** One entry a run: of a dry run that has ended, its beginning is left out. */
export function runsIn(entries: readonly Entry[]): readonly Entry[] {
  const ended = new Map<string, number>();
  const runs: Entry[] = [];
  for (const entry of [...entries].reverse()) {
    const { verdict, host, user, fingerprint, argv } = entry;
    const key = JSON.stringify([host, user, fingerprint, argv]);
    const ends = ended.get(key) ?? 0;
    if (verdict === "approve" && ends > 0) {
      ended.set(key, ends - 1);
      continue;
    }
    if (verdict === "recorded" || verdict === "failed") ended.set(key, ends + 1);
    runs.push(entry);
  }
  return runs.reverse();
}

/** A line for each run, the newest last, and how many came to what. */
export function tableText(runs: readonly Entry[], { clock, width, withHost = false }: LogView): string {
  const hasId = runs.some(({ verdict, fingerprint }) => verdict === "refuse" && fingerprint !== null);
  const rows = runs.map((entry): Row => {
    const { verdict, time, fingerprint, argv, kind } = entry;
    const id = verdict === "refuse" && fingerprint !== null ? idOf(fingerprint) : "-";
    const outcome = kind === "allow" ? "allow" : outcomes[verdict];
    const at = clock(Date.parse(time));
    return {
      cells: [
        width === null ? at : at.replace(/^\d+-|:\d+$/g, ""),
        ...(withHost ? [showText(entry.host)] : []),
        width === null ? whoText(entry) : shortWhoText(entry),
        outcome,
        ...(width === null || hasId ? [id] : []),
        ...(width === null ? [codesText(entry, false)] : []),
      ],
      command: commandText(argv.map(bytesOf)),
      codes: entry.codes.length > 0 ? ` (${codesText(entry, true)})` : "",
    };
  });
  const head = [
    "time",
    ...(withHost ? ["host"] : []),
    "user",
    "what",
    ...(width === null ? ["id", "codes"] : hasId ? ["id"] : []),
  ];
  const widths = head.map((name, at) =>
    largest(
      rows.map(({ cells }) => cells[at]?.length ?? 0),
      name.length,
    ),
  );
  const padded = (cells: readonly string[]) => cells.map((cell, at) => `${cell.padEnd(widths[at] ?? 0)}  `).join("");
  const left = (width ?? 0) - padded([]).length - widths.reduce((sum, one) => sum + one + 2, 0);
  const lines = rows.map(({ cells, command, codes }) =>
    width === null
      ? padded(cells) + command
      : cut(`${padded(cells)}${shortened(command, left - codes.length)}${codes}`, width),
  );
  return [`${padded(head)}command`, ...lines, sumText(runs)].map((line) => `${line}\n`).join("");
}

interface Row {
  readonly cells: readonly string[];
  readonly command: string;
  readonly codes: string;
}

/** On a terminal there is room for one, the cause of the others. */
function codesText({ codes }: Entry, short: boolean): string {
  const first = codes.find((code) => lostVariableCodes.has(code)) ?? codes[0];
  if (first === undefined) return "-";
  return showText(short ? `${first}${codes.length > 1 ? ` +${codes.length - 1}` : ""}` : codes.join(","));
}

/** Of a command, the end says most: where it goes. */
function shortened(command: string, width: number): string {
  const characters = [...command];
  return characters.length <= width
    ? command
    : `…${characters.slice(characters.length - Math.max(width - 1, 0)).join("")}`;
}

/** `3 runs: 1 dry run, 1 ran, 1 refused` */
function sumText(runs: readonly Entry[]): string {
  const counts = new Map<string, number>();
  for (const { verdict, kind } of runs) {
    const outcome = kind === "allow" ? "allow" : outcomes[verdict];
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return `${runs.length} in all: ${[...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", ")}`;
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
