/** Proposes a configuration that lets ordinary runs pass, from those that ran only because mode is observe. */
import { posix } from "node:path";
import { bytesOf, textOf } from "../bytes.ts";
import { type Code, dryRunCodes } from "../codes.ts";
import { presentIn } from "../judge/plan-rules.ts";
import { type Plan, totalOf } from "../plan/plan.ts";
import { showText, showTextWord } from "../quoting.ts";
import { commandText } from "../words/command-text.ts";
import { linesText } from "../words/lines.ts";
import { plural } from "../words/message.ts";
import { type Accident, accidentFinder } from "./accident.ts";
import type { Entry } from "./journal.ts";
import { callerText, whoText } from "./listing.ts";
import { isSystem, type PastRun, pastRun } from "./past-run.ts";

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
  /** Of [limits]: by its key, the largest share that a run has reached, in percent; what holds now is enough for the others. */
  readonly limits: ReadonlyMap<string, number>;
  readonly allow: readonly Code[];
}

/** The codes that a limit loosens, with the share that a plan has reached of it. */
const limited: ReadonlyMap<Code, { readonly key: string; readonly shareOf: (plan: Plan) => number }> = new Map([
  [
    "plan-too-large",
    { key: "max_delete", shareOf: (plan) => share(totalOf(plan.deleted) - plan.renewed, presentIn(plan)) },
  ],
  [
    "plan-deletes-directory",
    {
      key: "whole_directory",
      shareOf: (plan) => Math.max(0, ...plan.directories.map(({ entries }) => share(entries, presentIn(plan)))),
    },
  ],
  [
    "plan-empties-directory",
    {
      key: "reduced_directory",
      shareOf: ({ reduced }) =>
        Math.max(0, ...reduced.map(({ deleted, present }) => share(deleted, present ?? deleted))),
    },
  ],
  ["plan-makes-older", { key: "older", shareOf: ({ older }) => share(older.count, older.compared) }],
]);

/** In percent, to the next 5. */
const share = (part: number, whole: number): number => Math.ceil((part * 20) / Math.max(whole, 1)) * 5;

/** TOML, with the evidence in comments. */
export function suggestText(entries: readonly Entry[], { since, clock }: SuggestScope): string {
  const runs = entries.map(pastRun);
  const observed = runs.filter(({ entry }) => entry.verdict === "observed");
  const from = since === null ? "since the journal began" : `since ${clock(since)}`;
  if (observed.length === 0) return `# nothing to suggest: ${from}, no run passed only because mode is observe\n`;
  const accidentOf = accidentFinder(runs);
  const judged = habitsOf(observed).map((habit) => ({ habit, ...judge(habit, accidentOf, clock) }));
  const loosened = judged.filter(({ keys }) => keys !== null);
  const others = judged.filter(({ keys }) => keys === null);
  const lines = [
    `# from ${plural(observed.length, "run")} ${from} that passed only because mode is observe`,
    ...(loosened.length > 0 ? advice : ["# nothing to suggest"]),
    ...destinations(loosened, clock),
    ...(others.length > 0 ? ["", "# not loosened:"] : []),
    ...others.flatMap(({ habit, why }) => ["#", ...evidence(habit, clock), `#   ${why}`]),
  ];
  return linesText(lines);
}

const advice = [
  "# Read it, and copy what is right into /etc/rsync-guard.toml. The first [[destination]] that matches applies, whoever",
  "# runs rsync: if the file has one for the place already, add the keys to that one.",
  "# Leave mode on observe for some days more, then suggest again: a run that passes now may still be refused for its plan.",
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
      `at ${clock(run.at)} a run went to ${showTextWord(run.place ?? "")}, and another one goes to ${showTextWord(meant.place ?? "")}: a variable may have been lost`,
    );
  }
  if (last.place === null) return not("its destination is not known");
  const fixed = seen.filter((code) => !dryRunCodes.has(code) && !limited.has(code) && !suggestibleCodes.has(code));
  if (fixed.length > 0)
    return not(
      `it would be refused for ${fixed.join(", ")}, which is never loosened (rsync-guard explain ${fixed[0]})`,
    );
  if (runs.length < several) return not(`it ran only ${runs.length === 1 ? "once" : "twice"}: that is no habit`);
  if (last.invocation?.removesSource) return not("it removes its source files, which a [[destination]] does not cover");
  const auto = seen.some((code) => dryRunCodes.has(code));
  if (auto && last.invocation?.kind === "receiver")
    return not("it comes from another host, and can't be planned here: make the dry run there");
  if (auto && runs.some(({ entry }) => entry.terminal !== false))
    return not("it was run at a terminal, where a person can make the dry run first");
  const allow = seen.filter((code) => suggestibleCodes.has(code));
  const commands = new Set(runs.map(({ entry }) => JSON.stringify([entry.cwd, entry.argv])));
  if (allow.length > 0 && commands.size > 1)
    return not(`the command was not the same each time, as it has to be to allow ${allow.join(", ")}`);
  const limits = new Map(
    [...limited].flatMap(([code, { key, shareOf }]) =>
      seen.includes(code) ? [[key, Math.max(...runs.map((run) => reachedShare(run, code, shareOf)))]] : [],
    ),
  );
  if ((limits.get("max_delete") ?? 0) >= 100) return not("it would delete all, or nearly all, of what is there");
  return { keys: { auto, limits, allow }, why: null };
}

/** What a run has reached; all of it where that is not known. */
function reachedShare({ entry: { codes, plan } }: PastRun, code: Code, shareOf: (plan: Plan) => number): number {
  if (plan) return shareOf(plan);
  return codes.includes(code) ? 100 : 0;
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
      const limits = new Map<string, number>();
      for (const [key, percent] of keys.flatMap((one) => [...one.limits]))
        limits.set(key, Math.max(percent, limits.get(key) ?? 0));
      const allow = [...new Set(keys.flatMap((one) => one.allow))];
      return [
        "",
        ...here.flatMap(({ habit }) => evidence(habit, clock)),
        "[[destination]]",
        `path = ${tomlText(path)}`,
        ...(allow.length > 0 ? [`allow = [${allow.map(tomlText).join(", ")}]`] : []),
        ...(keys.some(({ auto }) => auto) ? [`dry_run = { required = "auto" }`] : []),
        ...(limits.size > 0
          ? [`limits = { ${[...limits].map(([key, percent]) => `${key} = "${percent}%"`).join(", ")} }`]
          : []),
      ];
    });
}

/** The runs that a suggestion rests on. */
function evidence({ runs, last }: Habit, clock: SuggestScope["clock"]): readonly string[] {
  const { entry } = last;
  const [first] = runs;
  const codes = [...new Set(runs.flatMap((run) => run.entry.codes))].join(", ");
  return [
    `# ${plural(runs.length, "run")}, from ${clock(first?.at ?? last.at)} to ${clock(last.at)}, by ${whoText(entry)}, called by ${callerText(entry)}${
      entry.terminal === false ? ", without a terminal" : ""
    }`,
    `#   ${commandText(entry.argv.map(bytesOf))}`,
    `#   would be refused for ${showText(codes)}`,
  ];
}

/** A basic string of TOML: JSON's, but DEL has to be escaped, too, and halves of characters are not allowed. */
const tomlText = (text: string): string => JSON.stringify(textOf(bytesOf(text))).replaceAll("\u007f", "\\u007f");
