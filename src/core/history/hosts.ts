/** Entries of several hosts: by how much their clocks differ, and which run arrived where. */
import { textOf } from "../bytes.ts";
import { isRemote, operandOf } from "../command/operand.ts";
import { durationText } from "../duration.ts";
import { isWithin } from "../paths.ts";
import { showText } from "../quoting.ts";
import type { Entry } from "./journal.ts";
import { isLive, type PastRun, pastRun, pathOf } from "./past-run.ts";

/** By host, by how much its clock is ahead of that of the first one, in milliseconds. */
export type Clocks = ReadonlyMap<string, number>;

/** A difference that small may come from the way. */
const leastDifference = 2000;

/** Whether a destination's host is that one: `web2` is also web2.example.org. */
const isHost = (name: string, host: string): boolean =>
  name === host || name.split(".", 1)[0] === host || host.split(".", 1)[0] === name;

function remoteHost({ invocation, destination }: PastRun): string | null {
  const operand = destination === null ? undefined : invocation?.operands.at(-1);
  if (operand === undefined) return null;
  const read = operandOf(operand);
  return isRemote(read) ? textOf(read.host).replace(/^.*@/, "") : null;
}

const isArrival = ({ entry, dryRun }: PastRun): boolean => entry.kind === "receiver" && !dryRun;
const isPush = (run: PastRun): boolean => isLive(run) && remoteHost(run) !== null;

/** A push to a place there, and its arrival, have the same path. */
const samePath = (push: PastRun, arrival: PastRun): boolean =>
  push.place !== null && arrival.place !== null && pathOf(push.place) === arrival.place;

/** From pushes and arrivals in which both hosts agree on how many there were. */
export function clocksOf(entries: readonly Entry[]): Clocks {
  const runs = entries.map(pastRun);
  const hosts = [...new Set(entries.map(({ host }) => host))];
  const [first] = hosts;
  if (first === undefined) return new Map();
  const known = new Map([[first, 0]]);
  const differences = differencesBetween(runs, hosts);
  // a host that is compared may be compared with others, one after the other
  for (let size = 0; size < known.size; ) {
    size = known.size;
    for (const { from, to, ahead } of differences) {
      const [before, after] = [known.get(from), known.get(to)];
      if (before !== undefined && after === undefined) known.set(to, before + ahead);
      if (before === undefined && after !== undefined) known.set(from, after - ahead);
    }
  }
  return known;
}

/** By how much the clock of `to` is ahead of that of `from`, where pushes tell. */
interface Difference {
  readonly from: string;
  readonly to: string;
  readonly ahead: number;
}

/** Each run is looked at once, for there may be fifty hosts. */
function differencesBetween(runs: readonly PastRun[], hosts: readonly string[]): readonly Difference[] {
  const arrivals = new Map(hosts.map((host) => [host, [] as PastRun[]]));
  const pushes = new Map(hosts.map((host) => [host, new Map<string, PastRun[]>()]));
  const hostsOf = new Map<string, readonly string[]>();
  for (const run of runs) {
    if (isArrival(run)) arrivals.get(run.entry.host)?.push(run);
    const name = isLive(run) ? remoteHost(run) : null;
    if (name === null) continue;
    const named = hostsOf.get(name) ?? hosts.filter((host) => isHost(name, host));
    hostsOf.set(name, named);
    const own = pushes.get(run.entry.host);
    for (const to of named) {
      const sent = own?.get(to);
      if (sent) sent.push(run);
      else own?.set(to, [run]);
    }
  }
  return hosts.flatMap((from) =>
    [...(pushes.get(from) ?? [])].flatMap(([to, sent]) => {
      const ahead = from === to ? null : differenceBetween(sent, arrivals.get(to) ?? []);
      return ahead === null ? [] : [{ from, to, ahead }];
    }),
  );
}

function differenceBetween(pushes: readonly PastRun[], all: readonly PastRun[]): number | null {
  const places = new Set(pushes.flatMap(({ place }) => (place === null ? [] : [pathOf(place)])));
  const arrivals = all.filter(({ place }) => place !== null && places.has(place));
  if (pushes.length === 0 || pushes.length !== arrivals.length) return null;
  // no arrival comes before its push, and the quickest is the nearest to the truth
  return arrivals.reduce(
    (least, { at }, index) => Math.min(least, at - (pushes[index]?.at ?? 0)),
    Number.POSITIVE_INFINITY,
  );
}

/** For people, where it is enough to be said. */
export const clockNotes = (clocks: Clocks): readonly string[] =>
  [...clocks]
    .filter(([, ahead]) => Math.abs(ahead) >= leastDifference)
    .map(([host, ahead]) => {
      const by = durationText(Math.abs(ahead));
      return `The clock of ${showText(host)} is ${by} ${ahead > 0 ? "ahead" : "behind"}; its times here are corrected.`;
    });

/** The entries with their times as the first host's clock has them. */
export const corrected = (entries: readonly Entry[], clocks: Clocks): readonly Entry[] =>
  entries
    .map((entry) => {
      const ahead = clocks.get(entry.host) ?? 0;
      return Math.abs(ahead) < leastDifference
        ? entry
        : { ...entry, time: new Date(Date.parse(entry.time) - ahead).toISOString() };
    })
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));

/** What led to a run on another host, or was sent on by it. */
export interface Cause {
  readonly is: "arrived" | "carried";
  readonly run: PastRun;
}

/** How long after a push its arrival may be decided, and how long after a change a mirror may carry it on. */
const arrivesWithin = 60_000;
const carriedWithin = 5 * 60_000;

/** The latest cause of each run, where there is one. The runs are in order. */
export function causesOf(runs: readonly PastRun[]): ReadonlyMap<PastRun, Cause> {
  const causes = new Map<PastRun, Cause>();
  for (const [at, run] of runs.entries()) {
    const kind = isArrival(run) ? "arrived" : isPush(run) ? "carried" : null;
    const isCause = kind === "arrived" ? isPushOf : isCarriedBy;
    if (kind === null) continue;
    const within = kind === "arrived" ? arrivesWithin : carriedWithin;
    for (let before = at - 1; before >= 0; before--) {
      const one = runs[before];
      if (!one || run.at - one.at > within) break;
      if (!isCause(one, run)) continue;
      causes.set(run, { is: kind, run: one });
      break;
    }
  }
  return causes;
}

const isPushOf = (push: PastRun, arrival: PastRun): boolean =>
  isPush(push) && isHost(remoteHost(push) ?? "", arrival.entry.host) && samePath(push, arrival);

/** Whether what a run wrote lies in what another one sends. */
const isCarriedBy = (change: PastRun, { sources, entry }: PastRun): boolean =>
  change.entry.host === entry.host &&
  isLive(change) &&
  !isPush(change) &&
  sources.some((source) => change.place !== null && isWithin(change.place, source.replace(/(?<=.)\/+$/, "")));
