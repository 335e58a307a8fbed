/** The report: what was run to a place, in the order in which it happened, for those who have to understand it later. */

import { bytesOf } from "../bytes.ts";
import { isWithin } from "../paths.ts";
import { totalOf } from "../plan/plan.ts";
import { commandText } from "../words/command-text.ts";
import { code, markdownText } from "../words/markdown.ts";
import { planText, plural } from "../words/message.ts";
import { type Cause, causesOf } from "./hosts.ts";
import type { Entry } from "./journal.ts";
import { ancestors, isLive, isSystem, type PastRun, pastRun } from "./past-run.ts";
import { changeOf } from "./path-change.ts";

/** Runs that belong together, the oldest first. */
export type Timeline = readonly PastRun[];

/**
 * Runs that have to do with one another: one goes to a directory in which the other one's lies, or they are the same but
 * for the destination, as where a variable in it was lost. What goes to `/` or `/srv` is above all others, and tells
 * nothing by that.
 */
export function timelinesOf(entries: readonly Entry[]): readonly Timeline[] {
  const runs = withoutBegins(entries.map(pastRun)).filter(
    ({ place, entry }) => place !== null || entry.codes.length > 0,
  );
  const places = new Set(runs.flatMap(({ place }) => place ?? []));
  const groups = new DisjointSets();
  for (const place of places)
    for (const upper of ancestors(place)) if (places.has(upper) && !isSystem(upper)) groups.join(upper, place);
  for (const { place, job } of runs) if (place !== null) groups.join(`job ${job}`, place);
  for (const [run, cause] of causesAcross(runs))
    if (run.place !== null && cause.run.place !== null) groups.join(cause.run.place, run.place);
  const timelines = new Map<string | null, PastRun[]>();
  for (const run of runs) {
    const key = run.place === null ? null : groups.nameOf(run.place);
    const known = timelines.get(key);
    if (known) known.push(run);
    else timelines.set(key, [run]);
  }
  // first what people look for
  const hasStopped = (timeline: Timeline) => timeline.some(isStopped);
  const all = [...timelines.values()];
  return [...all.filter(hasStopped), ...all.filter((timeline) => !hasStopped(timeline))];
}

/** On one host a run that sends on what another one wrote has nothing to tell of it. */
export const causesAcross = (runs: readonly PastRun[]): ReadonlyMap<PastRun, Cause> =>
  new Set(runs.map(({ entry }) => entry.host)).size > 1 ? causesOf(runs) : new Map();

/** A dry run is one thing, though the journal holds its begin and its end. */
function withoutBegins(runs: readonly PastRun[]): readonly PastRun[] {
  const begun = new Map<string, PastRun[]>();
  const ended = new Set<PastRun>();
  for (const run of runs) {
    const { user, cwd, argv, verdict } = run.entry;
    const key = JSON.stringify([user, cwd, argv]);
    if (verdict === "approve") begun.set(key, [...(begun.get(key) ?? []), run]);
    const begin = verdict === "recorded" || verdict === "failed" ? begun.get(key)?.shift() : undefined;
    if (begin) ended.add(begin);
  }
  return runs.filter((run) => !ended.has(run));
}

/** Names that were said to belong together, directly or by others. */
class DisjointSets {
  readonly #above = new Map<string, string>();

  nameOf(name: string): string {
    const above = this.#above.get(name);
    if (above === undefined) return name;
    const top = this.nameOf(above);
    this.#above.set(name, top);
    return top;
  }

  join(a: string, b: string): void {
    const [top, other] = [this.nameOf(a), this.nameOf(b)];
    if (top !== other) this.#above.set(other, top);
  }
}

/** Enough to tell which script it was. */
const longestCaller = 80;
const mostRefused = 5;

export interface ReportHead {
  /** Null where the journals are those of other hosts. */
  readonly host: string | null;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** A time for people. */
  readonly clock: (at: number) => string;
  /** The time zone of these times. */
  readonly zone: string;
  /** About the journals. */
  readonly notes?: readonly string[];
}

/** A page of Markdown. */
export function reportText(
  timelines: readonly Timeline[],
  { host, from, to, clock, zone, notes = [] }: ReportHead,
): string {
  const runs = timelines.flat();
  const hosts = [...new Set([...(host === null ? [] : [host]), ...runs.map(({ entry }) => entry.host)])];
  const causes = causesAcross([...runs].sort((a, b) => a.at - b.at));
  const blocks = [
    `# rsync on ${hosts.map(markdownText).join(", ")}, ${clock(from)} to ${clock(to)} (${zone})`,
    summary(runs),
    ...(notes.length > 0 ? [notes.map(markdownText).join("\n")] : []),
    ...timelines.flatMap((timeline) => [
      `## ${titleOf(timeline)}`,
      ...changes(timeline, clock),
      items(timeline, clock, hosts.length > 1, causes).join("\n"),
    ]),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function summary(runs: readonly PastRun[]): string {
  if (runs.length === 0) return "No runs.";
  const live = runs.filter(isLive);
  const planned = live.filter((run) => !isUnplanned(run));
  const unplanned = live.length - planned.length;
  const count = (...verdicts: Entry["verdict"][]) =>
    runs.filter(({ entry }) => verdicts.includes(entry.verdict)).length;
  const observed = count("observed");
  const deleted = planned.reduce((sum, { entry }) => sum + (entry.plan ? totalOf(entry.plan.deleted) : 0), 0);
  const among = observed > 0 ? ` (${observed} only because mode is observe)` : "";
  return [
    `${plural(runs.length, "run")}: ${plural(count("approve", "recorded", "failed"), "dry run")}, ${plural(live.length, "live run")}${among}, ${count("refuse")} refused.`,
    ...(planned.length > 0
      ? [`By their plans, the live runs deleted ${deleted === 0 ? "nothing" : plural(deleted, "entry", "entries")}.`]
      : []),
    ...(unplanned > 0
      ? [
          `${plural(unplanned, "live run")} had no plan: it is not known what ${unplanned === 1 ? "it" : "they"} deleted.`,
        ]
      : []),
    ...refusedLines(runs),
  ].join("\n");
}

/** What was refused, or would have been, by its place. */
function refusedLines(runs: readonly PastRun[]): readonly string[] {
  const byPlace = new Map<string, { codes: Set<string>; count: number }>();
  for (const run of runs.filter(isStopped)) {
    const place = run.place ?? commandText(run.entry.argv.map(bytesOf));
    const known = byPlace.get(place) ?? { codes: new Set(), count: 0 };
    known.count++;
    for (const one of run.entry.codes) known.codes.add(one);
    byPlace.set(place, known);
  }
  const lines = [...byPlace].map(
    ([place, { codes, count }]) =>
      `- ${code(place)}, ${count === 1 ? "once" : `${count} times`}: ${markdownText([...codes].join(", "))}`,
  );
  const more = lines.length - mostRefused;
  if (lines.length === 0) return [];
  return [
    "",
    "Refused, or would have been refused:",
    "",
    ...lines.slice(0, mostRefused),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ];
}

/** Refused, or in mode observe would have been. */
const isStopped = ({ entry }: PastRun): boolean => entry.verdict === "refuse" || entry.verdict === "observed";

/** It may have deleted something, and no plan says what. */
const isUnplanned = ({ loses, entry }: PastRun): boolean => loses && entry.plan === null && entry.risk !== "nothing";

function titleOf(timeline: Timeline): string {
  const places = [...new Set(timeline.flatMap(({ place }) => place ?? []))];
  if (places.length === 0) return "commands without a destination";
  const shared = [...ancestors(`${places[0]}/x`)].find((one) => places.every((place) => isWithin(place, one)));
  if (shared !== undefined && !/(?:^|:)\/$/.test(shared)) return code(shared);
  const tops = places.filter((one) => !places.some((other) => other !== one && isWithin(one, other)));
  const more = tops.length - 3;
  return `${tops.slice(0, 3).map(code).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** What was another one in a live run than in the dry run before it: the variable that was lost, most likely. */
function changes(timeline: Timeline, clock: ReportHead["clock"]): readonly string[] {
  const lines = new Map<string, string>();
  const made = new Set<string>();
  const lastOf = new Map<string, PastRun>();
  let last: PastRun | undefined;
  for (const run of timeline) {
    const transfer = JSON.stringify([run.place, run.destination, run.job]);
    if (run.dryRun) {
      made.add(transfer);
      lastOf.set(run.job, run);
      last = run;
    }
    const dry = made.has(transfer) ? undefined : (lastOf.get(run.job) ?? last);
    for (const [what, text] of dry && areAlike(dry, run) ? changesBetween(dry, run, clock) : [])
      if (!lines.has(what)) lines.set(what, text);
  }
  return lines.size > 0 ? [[...lines.values()].join("\n")] : [];
}

/** A run on another host, or the other side of one, has other words for the same. */
const areAlike = ({ entry: dry }: PastRun, { entry: run }: PastRun): boolean =>
  dry.host === run.host && isServerKind(dry) === isServerKind(run);

const isServerKind = ({ kind }: Entry): boolean => kind === "receiver" || kind === "sender";

function changesBetween(
  dry: PastRun,
  run: PastRun,
  clock: ReportHead["clock"],
): readonly (readonly [string, string])[] {
  const ends = [
    ["destination", dry.destination ?? "", run.destination ?? ""],
    ["source", dry.sources.join(" "), run.sources.join(" ")],
  ] as const;
  return ends.flatMap(([name, then, now]) => {
    // the same words lead elsewhere from another directory
    const [from, to] = name === "destination" && then === now ? [dry.place ?? "", run.place ?? ""] : [then, now];
    const change = changeOf(from, to);
    if (change === null) return [];
    const text = `Between the dry run at ${clock(dry.at)} and the run at ${clock(run.at)}, the ${name} changed: ${code(from)} -> ${code(to)}: ${change}.${connection(dry, run)}`;
    return [[JSON.stringify([from, to]), text] as const];
  });
}

function connection({ entry: before }: PastRun, { entry: now }: PastRun): string {
  if (before.ssh === now.ssh || before.ssh === null || now.ssh === null) return "";
  return ` The run came over another ssh connection (${sshText(before.ssh)} -> ${sshText(now.ssh)}).`;
}

/** SSH_CONNECTION: the client's address and port, then the server's. */
const sshText = (connection: string): string => {
  const [address = "", port = ""] = markdownText(connection).split(" ");
  return `${address} port ${port}`;
};

/** A run, or the same one several times in a row. */
function items(
  timeline: Timeline,
  clock: ReportHead["clock"],
  withHost: boolean,
  causes: ReadonlyMap<PastRun, Cause>,
): readonly string[] {
  const rows: { readonly lines: readonly string[]; readonly first: number; last: number; count: number }[] = [];
  for (const run of timeline) {
    const lines = [...linesOf(run, withHost, clock), ...causeLines(causes.get(run), clock)];
    const last = rows.at(-1);
    if (last && last.lines.join("\n") === lines.join("\n")) {
      last.count++;
      last.last = run.at;
    } else rows.push({ lines, first: run.at, last: run.at, count: 1 });
  }
  return rows.map(({ lines: [head, ...details], first, last, count }) =>
    [
      `- ${clock(first)} ${head}${count > 1 ? ` (${count} times, until ${clock(last)})` : ""}`,
      ...details.map((line) => `  - ${line}`),
    ].join("\n"),
  );
}

function linesOf(run: PastRun, withHost: boolean, clock: ReportHead["clock"]): readonly string[] {
  const { entry } = run;
  const { user, sudoUser, ssh, host, codes, plan, argv, callers, undo } = entry;
  const who = [
    markdownText(user),
    ...(sudoUser === null ? [] : [`sudo by ${markdownText(sudoUser)}`]),
    ...(ssh === null ? [] : [`ssh from ${sshText(ssh)}`]),
    ...(withHost ? [`on ${markdownText(host)}`] : []),
  ].join(", ");
  const [caller] = callers;
  return [
    `${who}: **${outcome(run)}**${codes.length > 0 ? `: ${codes.join(", ")}` : ""}`,
    code(commandText(argv.map(bytesOf))),
    ...(run.place === null ? [] : [`${effectText(run)} ${code(run.place)}`]),
    ...(plan ? [`${isLive(run) ? "its plan: " : "would "}${markdownText(planText(plan))}`] : []),
    ...(isLive(run) && isUnplanned(run) ? ["it had no plan: it is not known what it deleted"] : []),
    ...(undo
      ? [
          `can be undone until ${clock(undo.until)}, unless that took too much room: ${code(`rsync-guard undo ${undo.id}`)}`,
        ]
      : []),
    ...(caller ? [`called by ${code((caller.command || caller.name).slice(0, longestCaller))}`] : []),
  ];
}

function causeLines(cause: Cause | undefined, clock: ReportHead["clock"]): readonly string[] {
  if (!cause) return [];
  const { entry, at } = cause.run;
  const run = `the run at ${clock(at)} on ${markdownText(entry.host)}`;
  return [cause.is === "arrived" ? `is the other side of ${run}` : `sends on what ${run} wrote`];
}

function effectText(run: PastRun): string {
  const deletes = run.invocation?.deletes === true;
  if (isLive(run)) return deletes ? "writes to and deletes in" : "writes to";
  return deletes ? "would write to and delete in" : "would write to";
}

function outcome({ entry: { verdict, kind, codes }, dryRun }: PastRun): string {
  const side = kind === "receiver" ? " on the receiving side" : kind === "sender" ? " on the sending side" : "";
  const words: Readonly<Record<Entry["verdict"], string>> = {
    approve: `dry run${side}, no end recorded`,
    recorded:
      kind === "import"
        ? "a plan was imported, and counts as a dry run"
        : `dry run${side}${codes.length > 0 ? " of a run that would be refused" : ""}`,
    failed: `dry run${side} that does not count`,
    refuse: `refused, nothing ran${side}`,
    run: `${dryRun ? "dry run" : "live run"}${side}`,
    observed: `live run${side} that would be refused, but mode is observe`,
    allowed:
      kind === "allow" ? "allowed once, with rsync-guard allow" : `live run${side}, allowed by rsync-guard allow`,
  };
  return words[verdict];
}
