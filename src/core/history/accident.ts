/** Finds, among past runs, those that a lost variable may have led to the wrong directory. */
import { lostVariableCodes } from "../codes.ts";
import { isWithin } from "../paths.ts";
import { ancestors, callerOf, isSystem, type PastRun, steadyText } from "./past-run.ts";

/** A run that went where it hardly was to go, and one that shows where it was to go. */
export interface Accident {
  readonly run: PastRun;
  readonly meant: PastRun;
}

const isRefused = ({ entry }: PastRun): boolean => entry.verdict === "observed" || entry.verdict === "refuse";
const hasTrace = ({ entry }: PastRun): boolean => entry.codes.some((code) => lostVariableCodes.has(code));

/** A run from which nothing could be lost, and in which no variable is missing, has not gone astray. */
const isSuspect = (run: PastRun): boolean => isRefused(run) && (run.entry.risk !== "nothing" || hasTrace(run));

/** Tells which accident speaks against loosening anything for a run: one of the same task, or at its place or above it. */
export function accidentFinder(runs: readonly PastRun[]): (run: PastRun) => Accident | undefined {
  const meantBy = meantFinder(runs);
  const byTask = new Map<string, Accident>();
  const byPlace = new Map<string, Accident>();
  for (const run of runs.filter(isSuspect)) {
    const meant = meantBy(run);
    if (meant === undefined || run.place === null) continue;
    byTask.set(run.task, { run, meant });
    byPlace.set(run.place, { run, meant });
  }
  return ({ task, place }) => {
    const sameTask = byTask.get(task);
    if (sameTask || place === null) return sameTask;
    // what goes to `/` or `/srv` is above everything: that counts for its own task only
    const above = [...ancestors(place)].filter((one) => !isSystem(one));
    const at = [place, ...above].find((one) => byPlace.has(one));
    return at === undefined ? undefined : byPlace.get(at);
  };
}

/** Finds the run that shows where another one was to go; none where nothing says that it went astray. */
function meantFinder(runs: readonly PastRun[]): (run: PastRun) => PastRun | undefined {
  /** By a directory: runs that went to a place below it, the last one of each command. */
  const runsBelow = new Map<string, Map<string, PastRun>>();
  /** By a task: the same for the runs of that task. */
  const tasksBelow = new Map<string, Map<string, Map<string, PastRun>>>();
  /** By a task: its runs, by their places. */
  const tasksPlaces = new Map<string, Map<string, PastRun>>();
  const takeTurns = turnsFinder(runs);
  for (const run of runs) {
    const { place, task, command } = run;
    if (place === null) continue;
    mapOf(tasksPlaces, task).set(place, run);
    for (const upper of ancestors(place)) {
      mapOf(runsBelow, upper).set(command, run);
      mapOf(mapOf(tasksBelow, task), upper).set(command, run);
    }
  }
  return (run) => {
    const { place, task, command } = run;
    if (place === null) return undefined;
    const below = (byCommand: ReadonlyMap<string, PastRun> = new Map()) =>
      [...byCommand.values()].find((other) => other.command !== command && !takeTurns(run, other));
    return (
      below(tasksBelow.get(task)?.get(place)) ??
      (run.loses ? below(runsBelow.get(place)) : undefined) ??
      (hasTrace(run) ? otherThan(place, tasksPlaces.get(task)) : undefined)
    );
  };
}

/** Who has come back so often has not lost a variable each second time. */
const manyTurns = 3;

/**
 * Tells whether a program goes to that place and to one below it in turn, as one that fills a directory for temporary files
 * in a mirror and then the mirror does. A variable that is gone stays gone, and leaves a trace.
 */
function turnsFinder(runs: readonly PastRun[]): (one: PastRun, other: PastRun) => boolean {
  const answers = new Map<string, boolean>();
  const live = runs.filter(({ dryRun }) => !dryRun);
  return (one, other) => {
    const callers = callerOf(one);
    if (one.place === null || callers !== callerOf(other)) return false;
    // where the place itself has a date in it, no variable was lost
    const steady = steadyText(one.place);
    const nameOf = steady === one.place ? (place: string) => place : steadyText;
    const key = JSON.stringify([callers, steady]);
    const answer =
      answers.get(key) ??
      hasTurns(
        live.filter((run) => callerOf(run) === callers),
        steady,
        nameOf,
      );
    answers.set(key, answer);
    return answer;
  };
}

function hasTurns(runs: readonly PastRun[], place: string, nameOf: (place: string) => string): boolean {
  let visits = 0;
  /** By a place below: after how many visits it was gone to last, and how often there was one in between. */
  const below = new Map<string, { visits: number; turns: number }>();
  for (const run of runs) {
    if (run.place === null) continue;
    const at = nameOf(run.place);
    if (at === place) {
      if (hasTrace(run)) return false;
      visits++;
    } else if (!hasTrace(run) && isWithin(at, place)) {
      const known = below.get(at) ?? { visits: 0, turns: 0 };
      below.set(at, { visits, turns: known.turns + (visits > known.visits ? 1 : 0) });
    }
  }
  return [...below.values()].some(({ turns }) => turns >= manyTurns);
}

/** The map of a key, which is made where there is none. */
function mapOf<K, L, V>(maps: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const map = maps.get(key) ?? new Map<L, V>();
  maps.set(key, map);
  return map;
}

/** The first run that went to another place. */
function otherThan(place: string, byPlace: ReadonlyMap<string, PastRun> = new Map()): PastRun | undefined {
  for (const [other, run] of byPlace) if (other !== place) return run;
  return undefined;
}
