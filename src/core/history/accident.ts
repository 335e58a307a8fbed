/** Finds, among past runs, those that a lost variable may have led to the wrong directory. */
import { lostVariableCodes } from "../codes.ts";
import { ancestors, isSystem, type PastRun } from "./past-run.ts";

/** A run that went where it hardly was to go, and one that shows where it was to go. */
export interface Accident {
  readonly run: PastRun;
  readonly meant: PastRun;
}

const isRefused = ({ entry }: PastRun): boolean => entry.verdict === "observed" || entry.verdict === "refuse";
const hasTrace = ({ entry }: PastRun): boolean => entry.codes.some((code) => lostVariableCodes.has(code));

/** Tells which accident speaks against loosening anything for a run: one of the same job, or at its place or above it. */
export function accidentFinder(runs: readonly PastRun[]): (run: PastRun) => Accident | undefined {
  const meantBy = meantFinder(runs);
  const byJob = new Map<string, Accident>();
  const byPlace = new Map<string, Accident>();
  for (const run of runs.filter(isRefused)) {
    const meant = meantBy(run);
    if (meant === undefined || run.place === null) continue;
    byJob.set(run.job, { run, meant });
    byPlace.set(run.place, { run, meant });
  }
  return ({ job, place }) => {
    const sameJob = byJob.get(job);
    if (sameJob || place === null) return sameJob;
    // what goes to `/` or `/srv` is above everything: that counts for its own job only
    const above = [...ancestors(place)].filter((one) => !isSystem(one));
    const at = [place, ...above].find((one) => byPlace.has(one));
    return at === undefined ? undefined : byPlace.get(at);
  };
}

/** Finds the run that shows where another one was to go; none where nothing says that it went astray. */
function meantFinder(runs: readonly PastRun[]): (run: PastRun) => PastRun | undefined {
  /** By a directory: a run that went to a place below it. */
  const runBelow = new Map<string, PastRun>();
  /** By a job: the same for the runs of that job. */
  const jobsBelow = new Map<string, Map<string, PastRun>>();
  /** By a job: its runs, by their places. */
  const jobsPlaces = new Map<string, Map<string, PastRun>>();
  for (const run of runs) {
    const { place, job } = run;
    if (place === null) continue;
    mapOf(jobsPlaces, job).set(place, run);
    for (const upper of ancestors(place)) {
      runBelow.set(upper, run);
      mapOf(jobsBelow, job).set(upper, run);
    }
  }
  return (run) => {
    const { place, job, loses } = run;
    if (place === null) return undefined;
    return (
      jobsBelow.get(job)?.get(place) ??
      (loses ? runBelow.get(place) : undefined) ??
      (hasTrace(run) ? otherThan(place, jobsPlaces.get(job)) : undefined)
    );
  };
}

/** The map of a key, which is made where there is none. */
function mapOf<K, V>(maps: Map<string, Map<K, V>>, key: string): Map<K, V> {
  const map = maps.get(key) ?? new Map<K, V>();
  maps.set(key, map);
  return map;
}

/** The first run that went to another place. */
function otherThan(place: string, byPlace: ReadonlyMap<string, PastRun> = new Map()): PastRun | undefined {
  for (const [other, run] of byPlace) if (other !== place) return run;
  return undefined;
}
