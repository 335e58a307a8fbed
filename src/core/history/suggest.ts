/** Proposes a configuration that lets ordinary runs pass, from those that ran only because mode is observe. */

import { posix } from "node:path";
import { bytesOf } from "../bytes.ts";
import { type Code, dryRunCodes } from "../codes.ts";
import { presentIn } from "../judge/plan-rules.ts";
import { largest } from "../largest.ts";
import { readsStream } from "../plan/command.ts";
import { type Plan, totalOf } from "../plan/plan.ts";
import { showText, showTextWord, tomlText } from "../quoting.ts";
import { presets } from "../setup/presets.ts";
import { addPreset } from "../words/clients.ts";
import { commandText } from "../words/command-text.ts";
import { linesText } from "../words/lines.ts";
import { plural } from "../words/message.ts";
import { type Accident, accidentFinder } from "./accident.ts";
import { byDepth, codesOf, groupedBy, type Habit, habitsOf, isCovered, isPattern, several } from "./habits.ts";
import type { Entry } from "./journal.ts";
import { callerText, whoText } from "./listing.ts";
import { type PastRun, pastRun, steadyText } from "./past-run.ts";

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

interface Keys {
  /** `never`: no plan is possible here. */
  readonly required: "auto" | "never" | null;
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
      shareOf: (plan) => largest(plan.directories.map(({ entries }) => share(entries, presentIn(plan)))),
    },
  ],
  [
    "plan-empties-directory",
    {
      key: "reduced_directory",
      shareOf: ({ reduced }) => largest(reduced.map(({ deleted, present }) => share(deleted, present ?? deleted))),
    },
  ],
  ["plan-makes-older", { key: "older", shareOf: ({ older }) => share(older.count, older.compared) }],
]);

/** In percent, to the next 5. */
const share = (part: number, whole: number): number => Math.ceil((part * 20) / Math.max(whole, 1)) * 5;

/** Of the places that are to be loosened, a [[destination]] each, with the evidence in comments. */
export interface Suggestion {
  readonly blocks: readonly Block[];
  /** What is said before these, and after them. */
  readonly head: readonly string[];
  readonly tail: readonly string[];
}

export interface Block {
  readonly path: string;
  readonly lines: readonly string[];
}

/** TOML, with the evidence in comments. */
export const suggestText = (entries: readonly Entry[], scope: SuggestScope): string =>
  suggestionText(suggestionOf(entries, scope));

export function suggestionText({ head, blocks, tail }: Suggestion): string {
  const said = [...head, ...(blocks.length > 0 ? advice : []), ...blocks.flatMap(({ lines }) => ["", ...lines])];
  return linesText([...said, ...tail]);
}

export function suggestionOf(entries: readonly Entry[], { since, clock }: SuggestScope): Suggestion {
  const runs = entries.map(pastRun);
  const observed = runs.filter(({ entry }) => entry.verdict === "observed");
  const from = since === null ? "since the journal began" : `since ${clock(since)}`;
  if (observed.length === 0)
    return {
      head: [`# nothing to suggest: ${from}, no run passed only because mode is observe`],
      blocks: [],
      tail: [],
    };
  const accidentOf = accidentFinder(runs);
  const judged = habitsOf(observed).map((habit) => ({ habit, ...judge(habit, accidentOf, clock) }));
  const loosened = judged.filter(({ keys }) => keys !== null);
  const others = judged.filter(({ keys }) => keys === null);
  return {
    head: [
      `# from ${plural(observed.length, "run")} ${from} that passed only because mode is observe`,
      ...(loosened.length > 0 ? [] : ["# nothing to suggest"]),
    ],
    blocks: destinations(loosened, clock),
    tail: [
      ...(others.length > 0 ? ["", "# not loosened:"] : []),
      ...others.flatMap(({ habit, why }) => ["#", ...evidence(habit, clock), `#   ${why}`, ...presetHint(habit)]),
    ],
  };
}

const advice = [
  "# Read it, and copy what is right into /etc/rsync-guard.toml, or let rsync-guard suggest --write do it. The first",
  "# [[destination]] that matches applies, whoever runs rsync: if there is one for the place already, add the keys there.",
  "# Leave mode on observe for some days more, then suggest again: a run that passes now may still be refused for its plan.",
];

/** A program for which there is a preset, which may let go what is not proposed here. */
function presetHint({ runs }: Habit): readonly string[] {
  const names = new Set(runs.flatMap(({ entry }) => entry.callers.map(({ name }) => name)));
  const found = Object.entries(presets).find(([, { signs }]) =>
    signs.some((sign) => /\/s?bin\//.test(sign) && names.has(posix.basename(sign))),
  );
  return found ? [`#   there is a preset for it: ${addPreset(found[0])}`] : [];
}

type Judged = { readonly keys: Keys; readonly why: null } | { readonly keys: null; readonly why: string };

function judge(
  { path, runs, last }: Habit,
  accidentOf: (run: PastRun) => Accident | undefined,
  clock: SuggestScope["clock"],
): Judged {
  const not = (why: string): Judged => ({ keys: null, why });
  const seen = codesOf(runs);
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
  if (runs.some(({ invocation }) => invocation?.removesSource))
    return not("it removes its source files, which a [[destination]] does not cover");
  const lacksDryRun = seen.some((code) => dryRunCodes.has(code));
  const isReceived = runs.some(({ invocation }) => invocation?.kind === "receiver");
  if (lacksDryRun && isReceived && (isPattern(path) || clientOf(runs) === null))
    return not("it comes from another host, and can't be planned here: make the dry run there");
  if (lacksDryRun && runs.some(({ entry }) => entry.terminal !== false))
    return not("it was run at a terminal, where a person can make the dry run first");
  const allow = seen.filter((code) => suggestibleCodes.has(code));
  const changing = allow.filter((code) => !isSameCommand(runs.filter(({ entry }) => entry.codes.includes(code))));
  if (changing.length > 0)
    return not(`the command was not the same each time, as it has to be to allow ${changing.join(", ")}`);
  const limits = new Map(
    [...limited].flatMap(([code, { key, shareOf }]) =>
      seen.includes(code) ? [[key, largest(runs.map((run) => reachedShare(run, code, shareOf)))]] : [],
    ),
  );
  if ((limits.get("max_delete") ?? 0) >= 100) return not("it would delete all, or nearly all, of what is there");
  const readsList = lacksDryRun && runs.some(({ invocation }) => invocation !== null && readsStream(invocation));
  return {
    keys: {
      required: lacksDryRun ? (isReceived ? "never" : "auto") : null,
      limits,
      allow: readsList ? [...allow, "no-dry-run"] : allow,
    },
    why: null,
  };
}

/** Whether each of the tasks is always the same command, but for what programs name anew. */
const isSameCommand = (runs: readonly PastRun[]): boolean =>
  groupedBy(runs, ({ task }) => task).every(
    (same) =>
      new Set(same.map(({ entry, destination }) => JSON.stringify([entry.cwd, steadyText(destination ?? "")]))).size ===
      1,
  );

/** The one address that runs come from; null where there are several, or it is not known. */
function clientOf(runs: readonly PastRun[]): string | null {
  const [client = null, ...others] = new Set(runs.map(({ entry }) => entry.ssh?.split(" ", 1)[0] ?? null));
  return others.length === 0 ? client : null;
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

/** A [[destination]] for each place. What is further down comes first, one place before a pattern for it, with its keys too. */
function destinations(loosened: readonly Loosened[], clock: SuggestScope["clock"]): readonly Block[] {
  const paths = [...new Set(loosened.map(({ habit }) => habit.path))].sort(byDepth);
  return paths.map((path) => {
    const here = loosened.filter(({ habit }) => isCovered(path, habit.path));
    const lines = [
      ...here.flatMap(({ habit }) => evidence(habit, clock)),
      "[[destination]]",
      `path = ${tomlText(path)}`,
      ...keyLines(
        here.flatMap(({ keys }) => keys ?? []),
        clientOf(here.flatMap(({ habit }) => habit.runs)),
      ),
    ];
    return { path, lines };
  });
}

/** Each key below what it changes, and what it leaves. */
function keyLines(keys: readonly Keys[], client: string | null): readonly string[] {
  const limits = new Map<string, number>();
  for (const [key, percent] of keys.flatMap((one) => [...one.limits]))
    limits.set(key, Math.max(percent, limits.get(key) ?? 0));
  const allow = [...new Set(keys.flatMap((one) => one.allow))];
  const isUnplanned = allow.includes("no-dry-run");
  const unchecked = allow.filter((code) => code !== "no-dry-run");
  const required = keys.some((one) => one.required === "never")
    ? ("never" as const)
    : keys.some((one) => one.required === "auto")
      ? ("auto" as const)
      : null;
  return [
    ...(unchecked.length > 0 ? [`# not checked here any more: ${unchecked.join(", ")}; all other rules are`] : []),
    ...(isUnplanned ? guarded["no-dry-run"] : []),
    ...(allow.length > 0 ? [`allow = [${allow.map(tomlText).join(", ")}]`] : []),
    ...(required === null ? [] : guarded[required](client)),
    ...(required === null ? [] : [`dry_run = { required = "${required}" }`]),
    ...(limits.size > 0 ? ["# as much as a run would have reached; one that goes further is still refused"] : []),
    ...(limits.size > 0
      ? [`limits = { ${[...limits].map(([key, percent]) => `${key} = "${percent}%"`).join(", ")} }`]
      : []),
  ];
}

const guarded = {
  auto: () => [
    "# each run is planned right before it; still refused: a source that is empty or not mounted, a plan that goes beyond",
    "# the limits, protected directories, the traces of a lost variable",
  ],
  never: (client: string | null) => [
    `# what comes from ${showText(client ?? "there")} needs no dry run any more, a person's push too; still refused: protected directories,`,
    "# release roots; and rsync stops before it deletes more than limits.max_delete (half of what is there, unless set)",
  ],
  "no-dry-run": [
    "# a list on standard input can be read only once, so a run with one has no plan: nothing checks how much it deletes;",
    "# still refused: a source that is empty or not mounted, protected directories, the traces of a lost variable",
  ],
};

/** So many commands show what a habit is. */
const fewCommands = 3;

/** The runs that a suggestion rests on. */
function evidence({ runs, last }: Habit, clock: SuggestScope["clock"]): readonly string[] {
  const { entry } = last;
  const [first] = runs;
  const tasks = groupedBy(runs, ({ task }) => task).map((same) => same.at(-1) ?? last);
  const shown = tasks.slice(-fewCommands);
  return [
    `# ${plural(runs.length, "run")}, from ${clock(first?.at ?? last.at)} to ${clock(last.at)}, by ${whoText(entry)}, called by ${callerText(entry)}${
      entry.terminal === false ? ", without a terminal" : ""
    }`,
    ...shown.map((run) => `#   ${commandText(run.entry.argv.map(bytesOf))}`),
    ...(tasks.length > shown.length ? [`#   and ${plural(tasks.length - shown.length, "other command")}`] : []),
    `#   would be refused for ${showText(codesOf(runs).join(", "))}`,
  ];
}
