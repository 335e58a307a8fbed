/**
 * What the journal tells, as metrics for Prometheus. The journal is rotated, and a counter must not fall: so each text
 * goes on counting where the one before ended.
 */
import { type Code, codes, undecidableCodes } from "../codes.ts";
import { totalOf } from "../plan/plan.ts";
import { linesText } from "../words/lines.ts";
import type { Entry } from "./journal.ts";

export interface Metrics {
  /** By their names with their labels. */
  readonly counters: ReadonlyMap<string, number>;
  /** The entries up to that time are counted: milliseconds since 1970. */
  readonly until: number;
  /** When the oldest refusal was that nobody has read; null: there is none. */
  readonly oldestUnread: number | null;
}

interface Family {
  readonly type: "counter" | "gauge" | "summary";
  readonly help: string;
  /** The labels of the samples that are there from the start: a rate is known only from the second value on. */
  readonly samples: readonly string[];
}

const verdicts: readonly Entry["verdict"][] = ["run", "approve", "refuse", "observed", "allowed", "recorded", "failed"];

const families: Readonly<Record<string, Family>> = {
  decisions_total: {
    type: "counter",
    help: "Entries of the journal, by verdict.",
    samples: verdicts.map((verdict) => `{verdict="${verdict}"}`),
  },
  refusals_total: { type: "counter", help: "Refused runs, once for each of their codes.", samples: [] },
  observed_total: {
    type: "counter",
    help: "Runs that ran only because mode is observe, once for each of their codes.",
    samples: [],
  },
  approvals_total: { type: "counter", help: "Dry runs that count, and plans that were imported.", samples: [""] },
  failures_total: { type: "counter", help: "Runs that could not be decided: exit code 78.", samples: [""] },
  deleted_entries_total: {
    type: "counter",
    help: "Entries that runs deleted, by their plans.",
    samples: [""],
  },
  decision_seconds: {
    type: "summary",
    help: "Time from the start of the guard to its decision, with and without a plan, where there is no terminal.",
    samples: ["false", "true"].flatMap((planned) => ["sum", "count"].map((part) => `_${part}{planned="${planned}"}`)),
  },
  oldest_unread_refusal_seconds: {
    type: "gauge",
    help: "Age of the oldest refusal that nobody has read at a terminal with rsync-guard log or report; 0: none.",
    samples: [],
  },
  journals_left_out: { type: "gauge", help: "Journals that can't be read, or that others may write.", samples: [] },
};

const fullName = (name: string): string => `rsync_guard_${name}`;

/** What an entry adds to which sample. */
function* additions({
  verdict,
  codes,
  kind,
  plan,
  took,
  terminal,
}: Entry): Generator<readonly [sample: string, by: number]> {
  yield [`decisions_total{verdict="${verdict}"}`, 1];
  if (verdict === "refuse" || verdict === "observed") {
    const name = verdict === "refuse" ? "refusals_total" : "observed_total";
    for (const code of new Set(codes.map(known))) yield [`${name}{code="${code}"}`, 1];
  }
  if (verdict === "refuse" && codes.some((code) => undecidableCodes.has(code))) yield ["failures_total", 1];
  if (verdict === "recorded") yield ["approvals_total", 1];
  if (plan && ran.has(verdict) && kind !== "dry-run") yield ["deleted_entries_total", totalOf(plan.deleted)];
  // at a terminal a person may have been asked
  if (terminal !== true) {
    yield [`decision_seconds_sum{planned="${plan !== null}"}`, took / 1000];
    yield [`decision_seconds_count{planned="${plan !== null}"}`, 1];
  }
}

const ran: ReadonlySet<Entry["verdict"]> = new Set(["run", "observed", "allowed"]);

/** Of other users' journals any number of names could come. */
const known = (code: Code): string => (codes.includes(code) ? code : "other");

/** With the entries that came after the metrics before. `seen`: the refusals up to that time were read. */
export function metricsOf(before: Metrics | null, entries: Iterable<Entry>, seen: number, until: number): Metrics {
  const counters = new Map(before?.counters);
  for (const [name, { samples }] of Object.entries(families))
    for (const sample of samples) counters.set(name + sample, counters.get(name + sample) ?? 0);
  const unread = before?.oldestUnread ?? null;
  let oldestUnread = unread !== null && unread > seen ? unread : null;
  for (const entry of entries) {
    const at = Date.parse(entry.time);
    if (at > until) continue;
    if (entry.verdict === "refuse" && at > seen) oldestUnread = Math.min(at, oldestUnread ?? at);
    if (at > (before?.until ?? 0))
      for (const [sample, by] of additions(entry))
        counters.set(sample, Math.round(((counters.get(sample) ?? 0) + by) * 1e4) / 1e4);
  }
  return { counters, until, oldestUnread };
}

/** From when on entries are needed. */
export const neededSince = (before: Metrics | null, seen: number): number =>
  before === null
    ? 0
    : before.oldestUnread !== null && before.oldestUnread <= seen
      ? Math.min(seen, before.until)
      : before.until;

const untilMark = "# rsync-guard has counted the journal until ";
const unreadMark = "# rsync-guard's oldest unread refusal: ";

export function metricsText({ counters, until, oldestUnread }: Metrics, leftOut: number): string {
  const gauges: Readonly<Record<string, number>> = {
    oldest_unread_refusal_seconds: oldestUnread === null ? 0 : Math.round((until - oldestUnread) / 1000),
    journals_left_out: leftOut,
  };
  const all = [...counters, ...Object.entries(gauges)];
  return linesText([
    ...Object.entries(families).flatMap(([name, { type, help }]) => {
      const samples = all.filter(([sample]) => sample.startsWith(name));
      return [
        `# HELP ${fullName(name)} ${help}`,
        `# TYPE ${fullName(name)} ${type}`,
        ...samples.map(([sample, value]) => `${fullName(sample)} ${value}`).sort(),
      ];
    }),
    `${untilMark}${new Date(until).toISOString()}`,
    ...(oldestUnread === null ? [] : [`${unreadMark}${new Date(oldestUnread).toISOString()}`]),
  ]);
}

/** What such a text says; null where it is none. */
export function readMetrics(text: string): Metrics | null {
  const lines = text.split("\n");
  const timeBehind = (mark: string): number | null => {
    const at = Date.parse(lines.find((line) => line.startsWith(mark))?.slice(mark.length) ?? "");
    return Number.isNaN(at) ? null : at;
  };
  const until = timeBehind(untilMark);
  if (until === null) return null;
  const samples = lines.flatMap((line) => {
    const [, name = "", labels = "", value = ""] = /^rsync_guard_(\w+)(\{[^}]*\})? (\d+(?:\.\d+)?)$/.exec(line) ?? [];
    return /_(?:total|sum|count)$/.test(name) ? [[name + labels, Number(value)] as const] : [];
  });
  return { counters: new Map(samples), until, oldestUnread: timeBehind(unreadMark) };
}
