/** Finds the habits among past runs: what one caller does again and again, at one place or at places of one pattern. */
import { type Code, dryRunCodes } from "../codes.ts";
import { isWithin } from "../paths.ts";
import { callerOf, isSystem, type PastRun, pathOf } from "./past-run.ts";

/** Fewer runs show no habit. */
export const several = 3;

export interface Habit {
  /** A pattern, as for `path` in a [[destination]]. */
  readonly path: string;
  /** In the order of time. */
  readonly runs: readonly PastRun[];
  readonly last: PastRun;
}

/** All that a caller does at a place is one habit: a program of which only half is let go does not work. */
export const habitsOf = (runs: readonly PastRun[]): readonly Habit[] =>
  groupedBy(runs, callerOf).flatMap((own) => {
    const ofTasks = groupedBy(own, ({ task }) => task).flatMap(placesOf);
    const apart = ofTasks.filter(({ runs: some }) => isRareAndOdd(some));
    const others = ofTasks.filter((one) => !apart.includes(one));
    const atPlaces = groupedBy(others, ({ path }) => path).map((same) => habitOf(same[0]?.path ?? "", allRuns(same)));
    return [...withCovered(atPlaces), ...apart.map(({ path, runs: some }) => habitOf(path, some))];
  });

type Placed = Pick<Habit, "path" | "runs">;

const allRuns = (habits: readonly Placed[]): readonly PastRun[] => habits.flatMap(({ runs }) => runs);

function habitOf(path: string, runs: readonly PastRun[]): Habit {
  const ordered = [...runs].sort((one, other) => one.at - other.at);
  return { path, runs: ordered, last: ordered.at(-1) as PastRun };
}

export const codesOf = (runs: readonly PastRun[]): readonly Code[] => [
  ...new Set(runs.flatMap(({ entry }) => entry.codes)),
];

/** What was done seldom belongs to the rest only if it lacks nothing but a dry run. */
const isRareAndOdd = (runs: readonly PastRun[]): boolean =>
  runs.length < several && codesOf(runs).some((code) => !dryRunCodes.has(code));

/** What was done seldom, below a place where the caller is often, belongs to that place: a [[destination]] covers both. */
function withCovered(habits: readonly Habit[]): readonly Habit[] {
  const frequent = habits.filter(({ runs }) => runs.length >= several);
  const coverOf = ({ path, runs }: Habit) =>
    runs.length >= several
      ? undefined
      : frequent
          .filter((one) => one.path !== "" && isBelow(path, one.path))
          .sort((one, other) => other.path.length - one.path.length)[0];
  const covered = groupedBy(
    habits.filter((habit) => coverOf(habit)),
    (habit) => coverOf(habit)?.path ?? "",
  );
  const withOwn = frequent.map((habit) => {
    const below = covered.find(([one]) => one && coverOf(one) === habit) ?? [];
    return below.length > 0 ? habitOf(habit.path, [...habit.runs, ...allRuns(below)]) : habit;
  });
  return [...withOwn, ...habits.filter((habit) => habit.runs.length < several && !coverOf(habit))];
}

/** The runs of one task, apart by their place; places that differ only where a name changes are taken together. */
function placesOf(runs: readonly PastRun[]): readonly Placed[] {
  const placeOf = new Map(groupedBy(runs, ({ command }) => command).flatMap(settledPlaces));
  const placed = (run: PastRun): string => placeOf.get(run) ?? "";
  const paths = patternsOf([...new Set(placeOf.values())]);
  return groupedBy(runs, (run) => paths.get(placed(run)) ?? "").map((same) => ({
    path: paths.get(placed(same[0] as PastRun)) ?? "",
    runs: same,
  }));
}

/** A command that was run before its destination was there, and after it, goes to the upper one of both places. */
function settledPlaces(runs: readonly PastRun[]): readonly (readonly [run: PastRun, place: string])[] {
  const places = [...new Set(runs.map(({ place }) => place ?? ""))].sort((a, b) => a.length - b.length);
  const top = places.find((one) => !isSystem(one) && places.every((place) => isWithin(place, one)));
  return runs.map((run) => [run, top ?? run.place ?? ""]);
}

/** Places by the pattern that stands for them. */
function patternsOf(places: readonly string[]): ReadonlyMap<string, string> {
  const alike = groupedBy(places, (place) => {
    const path = pathOf(place);
    return JSON.stringify([place.slice(0, place.length - path.length), path.split("/").length]);
  });
  return new Map(
    alike.flatMap((same) => {
      const common = commonPattern(same);
      return same.map((place): [string, string] => [place, common ?? patternOf(place)]);
    }),
  );
}

/** The pattern of places that differ in one component, or in several that have digits, as dates; null: there is none. */
function commonPattern(places: readonly string[]): string | null {
  const [first = ""] = places;
  const host = first.slice(0, first.length - pathOf(first).length);
  const split = places.map((place) => pathOf(place).split("/"));
  const [parts = []] = split;
  const changing = new Set([...parts.keys()].filter((at) => split.some((one) => one[at] !== parts[at])));
  const top = parts.findIndex((_, at) => changing.has(at));
  const above = parts.slice(0, top).join("/");
  if (top <= 0 || isSystem(host + (above || "/"))) return null;
  const hasDigits = (at: number) => split.every((one) => /\d/.test(one[at] ?? ""));
  if (changing.size > 1 && ![...changing].every(hasDigits)) return null;
  return patternOf(host) + parts.map((part, at) => (changing.has(at) ? "*" : patternOf(part))).join("/");
}

/** A pattern that matches that path and no other. */
const patternOf = (path: string): string => path.replace(/[\\*?[\]{}()!+@|"^$#]/g, "\\$&");

const isWildcard = (component: string): boolean => component === "*";

export const isPattern = (path: string): boolean => path.split("/").some(isWildcard);

const depthOf = (path: string): number => path.split("/").length;

/** What is further down first, and one place before a pattern for it. */
export const byDepth = (a: string, b: string): number =>
  depthOf(b) - depthOf(a) ||
  Number(isPattern(a)) - Number(isPattern(b)) ||
  b.length - a.length ||
  (a < b ? -1 : a > b ? 1 : 0);

/** Whether what one pattern stands for is what another one stands for, or among it. */
export function isCovered(path: string, pattern: string): boolean {
  const [parts, others] = [path.split("/"), pattern.split("/")];
  return parts.length === others.length && others.every((one, at) => isWildcard(one) || one === parts[at]);
}

/** Whether that is so of a path or of a directory above it. */
const isBelow = (path: string, pattern: string): boolean => {
  return isCovered(path.split("/").slice(0, depthOf(pattern)).join("/"), pattern);
};

export function groupedBy<T>(list: readonly T[], keyOf: (one: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}
