/** The journal's figures: each entry is counted once, also across texts and when the journal is rotated. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Code } from "../../src/core/codes.ts";
import { metricsOf, metricsText, neededSince, readMetrics } from "../../src/core/history/metrics.ts";
import { deleting, entryOf } from "../support/entry.ts";

const at = (time: string): number => Date.parse(`2026-07-01T${time}.000Z`);
const later = at("23:00:00");

const job = { terminal: false } as const;
const entries = [
  entryOf("10:00:00", "-an --delete a/ /srv/x", { ...job, took: 100 }),
  entryOf("10:00:01", "-a --delete a/ /srv/x", { ...job, plan: deleting(7), took: 250 }),
  entryOf("10:00:02", "-a --delete a/ /srv//", {
    ...job,
    verdict: "refuse",
    codes: ["empty-variable", "no-dry-run"],
    took: 30.5,
  }),
  entryOf("10:00:03", "-a --delete a/ /srv", { verdict: "observed", codes: ["no-dry-run"], plan: deleting(2) }),
  entryOf("10:00:04", "--nonsense", { verdict: "refuse", codes: ["unknown-option"] }),
  entryOf("10:00:05", "-a --delete a/ /srv", { verdict: "refuse", codes: ["of-another-version" as Code] }),
];

const samplesOf = (text: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const [, name = "", value = ""] = /^rsync_guard_(\S+) (\S+)$/.exec(line) ?? [];
      return name === "" ? [] : [[name, Number(value)]];
    }),
  );

const counted = (given: typeof entries, seen = 0) => metricsText(metricsOf(null, given, seen, later), 0);

test("what is counted", () => {
  const samples = samplesOf(counted(entries));
  expect(Object.fromEntries(Object.entries(samples).filter(([, value]) => value > 0))).toEqual({
    'decisions_total{verdict="recorded"}': 1,
    'decisions_total{verdict="run"}': 1,
    'decisions_total{verdict="refuse"}': 3,
    'decisions_total{verdict="observed"}': 1,
    'refusals_total{code="empty-variable"}': 1,
    'refusals_total{code="no-dry-run"}': 1,
    'refusals_total{code="unknown-option"}': 1,
    'refusals_total{code="other"}': 1,
    'observed_total{code="no-dry-run"}': 1,
    approvals_total: 1,
    failures_total: 1,
    deleted_entries_total: 9,
    'decision_seconds_sum{planned="false"}': 0.1305,
    'decision_seconds_count{planned="false"}': 2,
    'decision_seconds_sum{planned="true"}': 0.25,
    'decision_seconds_count{planned="true"}': 1,
    oldest_unread_refusal_seconds: (later - at("10:00:02")) / 1000,
  });
});

test("counters for alerts are there before the first entry", () => {
  expect(samplesOf(counted([]))).toMatchObject({ 'decisions_total{verdict="refuse"}': 0, failures_total: 0 });
});

describe("a text goes on where the one before ended", () => {
  const first = metricsOf(null, entries, 0, at("10:00:02"));
  const before = readMetrics(metricsText(first, 0));

  test("it can be read again", () => {
    expect(before).toEqual(first);
    expect(readMetrics("rsync_guard_failures_total 7\n")).toBeNull();
  });

  test("each entry is counted once, though those before are gone", () => {
    expect(samplesOf(metricsText(metricsOf(before, entries, 0, later), 0))).toEqual(samplesOf(counted(entries)));
    expect(samplesOf(metricsText(metricsOf(before, entries.slice(3), 0, later), 0))).toEqual(
      samplesOf(counted(entries)),
    );
  });

  test.for([
    { what: "read before it", seen: "10:00:01", since: "10:00:02", unread: "10:00:02" },
    { what: "read after it", seen: "10:00:03", since: "10:00:02", unread: "10:00:04" },
    { what: "read after all", seen: "10:00:05", since: "10:00:02", unread: null },
  ])("the oldest unread refusal: $what", ({ seen, since, unread }) => {
    expect(neededSince(before, at(seen))).toBe(at(since));
    const oldest = metricsOf(before, entries, at(seen), later).oldestUnread;
    expect(oldest).toBe(unread === null ? null : at(unread));
  });

  test("refusals that came between what was read and the text before are found again", () => {
    const all = readMetrics(metricsText(metricsOf(null, entries, 0, later), 0));
    expect(neededSince(all, at("10:00:03"))).toBe(at("10:00:03"));
    const after = metricsOf(all, entries.slice(3), at("10:00:03"), later + 1);
    expect(after.oldestUnread).toBe(at("10:00:04"));
    expect(after.counters).toEqual(all?.counters);
  });
});

test("alerts and dashboard name only metrics that there are", () => {
  const names = new Set(
    Object.keys(samplesOf(counted(entries))).map((name) => `rsync_guard_${name.replace(/\{.*/, "")}`),
  );
  const named = [
    "prometheus/rsync-guard.rules.yml",
    "prometheus/rsync-guard.rules.test.yml",
    "grafana/rsync-guard.json",
  ]
    .map((file) => readFileSync(join(import.meta.dirname, "../../fleet", file), "utf8"))
    .flatMap((text) => text.match(/\brsync_guard_\w+/g) ?? []);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !names.has(name))).toEqual([]);
});
