/** Proposes a configuration that lets ordinary runs pass, from those that ran only because mode is observe. */
import { posix } from "node:path";
import { bytesOf, textOf } from "../bytes.ts";
import { type Code, dryRunCodes } from "../codes.ts";
import { totalOf } from "../plan/plan.ts";
import { shown, shownWord } from "../quoting.ts";
import { commandText } from "../words/message.ts";
import type { Entry } from "./journal.ts";
import { callerText, whoText } from "./listing.ts";
import { ancestors, isSystem, type PastRun, pastRun } from "./past-run.ts";

/** Fewer runs show no habit. */
const several = 3;

/** Signs in the command that may be meant: where the very same command is run again and again, they are. */
const suggestibleCodes: ReadonlySet<Code> = new Set([
  "release-root",
  "empty-variable",
  "new-top-level",
  "root-source",
  "unexpanded-variable",
  "placeholder-value",
]);

/** What a lost variable leaves behind. */
const traces: ReadonlySet<Code> = new Set([
  "empty-argument",
  "empty-variable",
  "unexpanded-variable",
  "placeholder-value",
  "missing-destination",
]);

export interface SuggestScope {
  /** From when on; null: from the start of the journal. */
  readonly since: number | null;
  /** A time for people. */
  readonly clock: (at: number) => string;
}

/** Runs of one job by one caller to one place, or to places side by side. */
interface Habit {
  /** A pattern, as for `path` in a [[destination]]. */
  readonly path: string;
  readonly runs: readonly PastRun[];
  readonly last: PastRun;
}

interface Keys {
  readonly auto: boolean;
  /** Percent; null: what holds now is enough. */
  readonly maxDelete: number | null;
  readonly allow: readonly Code[];
}

/** TOML, with the evidence in comments. */
export function suggestText(entries: readonly Entry[], { since, clock }: SuggestScope): string {
  const runs = entries.map(pastRun);
  const observed = runs.filter(({ entry }) => entry.verdict === "observed");
  const from = since === null ? "since the journal began" : `since ${clock(since)}`;
  if (observed.length === 0) return `# nothing to suggest: ${from} nothing ran only because mode is observe\n`;
  const accidentOf = accidentsAmong(runs);
  const judged = habitsOf(observed).map((habit) => ({ habit, ...judge(habit, accidentOf, clock) }));
  const loosened = judged.filter(({ keys }) => keys !== null);
  const others = judged.filter(({ keys }) => keys === null);
  const lines = [
    `# from ${observed.length} ${observed.length === 1 ? "run" : "runs"} ${from} that ran only because mode is observe`,
    ...(loosened.length > 0 ? advice : [`# nothing to suggest`]),
    ...destinations(loosened, clock),
    ...(others.length > 0 ? ["", "# not loosened:"] : []),
    ...others.flatMap(({ habit, why }) => ["#", ...evidence(habit, clock), `#   ${why}`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

const advice = [
  "# Read it, and put what is right into /etc/rsync-guard.toml. The first [[destination]] that matches counts, for whoever",
  "# runs rsync there: where the file has one for the place, put the keys into that one.",
  "# Leave mode on observe for some days, and ask again: what passes now may be stopped by its plan.",
];

/** Runs of one job by one caller, apart by their place; places side by side, as releases are, are taken together. */
function habitsOf(runs: readonly PastRun[]): readonly Habit[] {
  const byCaller = groupedBy(runs, ({ job, entry }) =>
    JSON.stringify([job, entry.user, entry.sudoUser, entry.callers.map(({ name }) => name)]),
  );
  return byCaller.flatMap((same) => {
    const places = new Set(same.map(({ place }) => place ?? ""));
    const parents = new Set([...places].map((place) => posix.dirname(place)));
    const [parent = ""] = parents;
    const areSiblings = places.size > 1 && parents.size === 1 && !isSystem(parent) && parent !== ".";
    const groups = areSiblings ? [same] : groupedBy(same, ({ place }) => place ?? "");
    return groups.map((group): Habit => {
      const last = group.at(-1) as PastRun;
      return { path: areSiblings ? `${pattern(parent)}/*` : pattern(last.place ?? ""), runs: group, last };
    });
  });
}

function groupedBy<T>(list: readonly T[], keyOf: (one: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}

/** A pattern that matches that path and no other. */
const pattern = (path: string): string => path.replace(/[\\*?[\]{}()!+@|"^$#]/g, "\\$&");

/** A run that looks like the accident, and one that went where it was meant to go. */
interface Accident {
  readonly run: PastRun;
  readonly meant: PastRun;
}

const isRefused = ({ entry }: PastRun): boolean => entry.verdict === "observed" || entry.verdict === "refuse";

/**
 * Finds the accident that speaks against a run's place, if any: a run that a variable may have led astray, to a directory
 * above that of another run, or, with a trace of it in the command, elsewhere than its job went before or after.
 */
function accidentsAmong(runs: readonly PastRun[]): (run: PastRun) => Accident | undefined {
  const below = new Map<string, PastRun>();
  const places = new Map<string, Map<string, PastRun>>();
  for (const run of runs) {
    const { place, job } = run;
    if (place === null) continue;
    for (const upper of ancestors(place)) below.set(upper, run).set(`${job} ${upper}`, run);
    places.set(job, (places.get(job) ?? new Map()).set(place, run));
  }
  const byPlace = new Map<string, Accident>();
  const byJob = new Map<string, Accident>();
  for (const run of runs.filter(isRefused)) {
    const { place, job, loses, entry } = run;
    if (place === null) continue;
    const isTrace = entry.codes.some((one) => traces.has(one));
    const elsewhere = isTrace ? otherThan(place, places.get(job)) : undefined;
    const meant = below.get(`${job} ${place}`) ?? (loses ? below.get(place) : undefined) ?? elsewhere;
    if (!meant) continue;
    byPlace.set(place, { run, meant });
    byJob.set(job, { run, meant });
  }
  // what goes to `/` or `/srv` is above all others; that counts for its own job only
  return ({ place, job }) =>
    byJob.get(job) ??
    [place ?? "", ...[...ancestors(place ?? "")].filter((upper) => !isSystem(upper))]
      .map((at) => byPlace.get(at))
      .find((accident) => accident !== undefined);
}

function otherThan(place: string, runs: ReadonlyMap<string, PastRun> = new Map()): PastRun | undefined {
  for (const [other, run] of runs) if (other !== place) return run;
  return undefined;
}

type Judged = { readonly keys: Keys; readonly why: null } | { readonly keys: null; readonly why: string };

function judge(
  { runs, last }: Habit,
  accidentOf: (run: PastRun) => Accident | undefined,
  clock: SuggestScope["clock"],
): Judged {
  const not = (why: string): Judged => ({ keys: null, why });
  const seen = [...new Set(runs.flatMap(({ entry }) => entry.codes))];
  const accident = runs.map(accidentOf).find((one) => one !== undefined);
  if (accident) {
    const { run, meant } = accident;
    return not(
      `at ${clock(run.at)} a run went to ${word(run.place)}, and another one goes to ${word(meant.place)}: as where a variable is lost`,
    );
  }
  if (last.place === null) return not("it has no destination that is known");
  const fixed = seen.filter(
    (code) => !dryRunCodes.has(code) && code !== "plan-too-large" && !suggestibleCodes.has(code),
  );
  if (fixed.length > 0)
    return not(`what ${fixed.join(", ")} stops is never suggested (rsync-guard explain ${fixed[0]})`);
  if (runs.length < several) return not(`it ran ${runs.length === 1 ? "once" : "twice"}: that shows no habit`);
  if (last.invocation?.removesSource)
    return not("it removes its source, which lies outside of any [[destination]] for it");
  const auto = seen.some((code) => dryRunCodes.has(code));
  if (auto && last.invocation?.kind === "receiver")
    return not("it comes from another host, and can't be planned here: make the dry run there");
  if (auto && runs.some(({ entry }) => entry.terminal !== false))
    return not("it was run at a terminal: there, make a dry run first");
  const allow = seen.filter((code) => suggestibleCodes.has(code));
  const commands = new Set(runs.map(({ entry }) => JSON.stringify([entry.cwd, entry.argv])));
  if (allow.length > 0 && commands.size > 1) return not(`${allow.join(", ")}: not always of the very same command`);
  const maxDelete = seen.includes("plan-too-large") ? Math.max(...runs.map(shareOf)) : null;
  if (maxDelete !== null && maxDelete >= 100) return not("it would delete all that is there, or nearly");
  return { keys: { auto, maxDelete, allow }, why: null };
}

/** How much of what was there a run deleted, in percent, to the next 5; all of it where that is not known. */
function shareOf({ entry: { codes, plan } }: PastRun): number {
  if (!codes.includes("plan-too-large")) return 0;
  if (!plan) return 100;
  const deleted = totalOf(plan.deleted);
  return Math.ceil((deleted * 20) / Math.max(plan.present ?? plan.kept + deleted, 1)) * 5;
}

interface Loosened {
  readonly habit: Habit;
  readonly keys: Keys | null;
}

/** A [[destination]] for each place. One place before the pattern for it and its neighbours, and with its keys too. */
function destinations(loosened: readonly Loosened[], clock: SuggestScope["clock"]): readonly string[] {
  const byPath = new Map(
    groupedBy(loosened, ({ habit }) => habit.path).map((same) => [same[0]?.habit.path ?? "", same]),
  );
  const isPattern = (path: string) => path.endsWith("/*") && !path.endsWith("\\*");
  return [...byPath.keys()]
    .sort((a, b) => Number(isPattern(a)) - Number(isPattern(b)) || b.length - a.length || (a < b ? -1 : 1))
    .flatMap((path) => {
      const covering = `${posix.dirname(path)}/*`;
      const here = [...(byPath.get(path) ?? []), ...(byPath.get(covering) ?? [])];
      const keys = here.flatMap((one) => one.keys ?? []);
      const maxDelete = Math.max(...keys.map((one) => one.maxDelete ?? 0));
      const allow = [...new Set(keys.flatMap((one) => one.allow))];
      return [
        "",
        ...here.flatMap(({ habit }) => evidence(habit, clock)),
        "[[destination]]",
        `path = ${tomlText(path)}`,
        ...(allow.length > 0 ? [`allow = [${allow.map(tomlText).join(", ")}]`] : []),
        ...(keys.some(({ auto }) => auto) ? [`dry_run = { required = "auto" }`] : []),
        ...(maxDelete > 0 ? [`limits = { max_delete = "${maxDelete}%" }`] : []),
      ];
    });
}

/** On what it rests. */
function evidence({ runs, last }: Habit, clock: SuggestScope["clock"]): readonly string[] {
  const { entry } = last;
  const [first] = runs;
  const codes = [...new Set(runs.flatMap((run) => run.entry.codes))].join(", ");
  return [
    `# ${runs.length} ${runs.length === 1 ? "run" : "runs"}, from ${clock(first?.at ?? last.at)} to ${clock(last.at)}, by ${whoText(entry)}, called by ${callerText(entry)}${
      entry.terminal === false ? ", without a terminal" : ""
    }`,
    `#   ${commandText(entry.argv.map(bytesOf))}`,
    `#   would be refused for ${shown(bytesOf(codes))}`,
  ];
}

const word = (place: string | null): string => shownWord(bytesOf(place ?? ""));

/** A basic string of TOML: JSON's, but DEL has to be escaped, too, and halves of characters are not allowed. */
const tomlText = (text: string): string => JSON.stringify(textOf(bytesOf(text))).replaceAll("\u007f", "\\u007f");
