/** `rsync-guard plan`: what a command would delete, change and add. Records nothing. */
import { type Bytes, textOf } from "../core/bytes.ts";
import { exitCodes } from "../core/exit-codes.ts";
import { maskSecrets } from "../core/history/journal.ts";
import { type Decision, withPlanOfDryRun } from "../core/judge/decision.ts";
import { documentPieces, type PlanHeader } from "../core/plan/document.ts";
import type { PlanEntry } from "../core/plan/entry.ts";
import type { Plan } from "../core/plan/plan.ts";
import { rowsOf } from "../core/plan/tree.ts";
import { refusalText } from "../core/words/message.ts";
import { htmlPieces } from "../core/words/plan-html.ts";
import { markdownPieces } from "../core/words/plan-markdown.ts";
import { headLines, treeLines } from "../core/words/plan-rows.ts";
import { obstacleText } from "../core/words/reasons.ts";
import { lineOf, nextOf } from "../core/words/refusals.ts";
import { commandLineOf } from "../io/command-line.ts";
import { decide } from "../io/decide.ts";
import { EntryList } from "../io/entry-list.ts";
import type { Environment } from "../io/host/environment.ts";
import { isColoured, showLines } from "../io/host/pager.ts";
import { makePlan } from "../io/planner.ts";
import { type Command, type Output, problem, unexpectedArgument, usage } from "./command.ts";
import { ownShim } from "./program.ts";

const formats = ["json", "markdown", "html"] as const;

export const plan: Command = {
  usage: ["[--json | --markdown | --html] -- ARGS…"],
  does: "show what an rsync command would delete, change and add, as a tree by directory",
  flags: {
    json: { value: null, does: "print it as one JSON object, a line for each entry" },
    markdown: { value: null, does: "print it for a pull request or the summary of a CI step" },
    html: { value: null, does: "print it as one HTML page that loads nothing else" },
  },
  more: [
    "Makes the plan of the command, with or without -n, and records nothing: it is no dry run, and approves no live run. What goes comes first. A directory that goes or comes as a whole is one line. A file that goes and comes again with the same size and time is shown as renamed, if it is the only one with these.",
    "At a terminal, what is longer than the screen goes through $PAGER, and NO_COLOR switches colours off. The JSON object is described in docs/plan.schema.json.",
    `Exits with 0 if nothing is wrong with the live run, ${exitCodes.refused} if it would be refused for the command or its plan, ${exitCodes.undecidable} if it can't be decided, and 1 if no plan could be made.`,
  ],
  run: async ({ words: [word], flags, after, env }) => {
    const chosen = formats.filter((format) => flags[format] === true);
    if (chosen.length > 1) return usage(`give one of ${chosen.map((format) => `--${format}`).join(" and ")}, not both`);
    if (word !== undefined) return unexpectedArgument(word);
    if (!after) return usage("plan what? Give the arguments of an rsync command after --");
    const planned = await planOf(after, env);
    return "text" in planned ? planned : shown(planned, chosen[0] ?? "text", env);
  },
};

interface Planned {
  readonly header: PlanHeader;
  readonly entries: Iterable<PlanEntry>;
  readonly exitCode: number;
}

/** The plan of a command, or why there is none. */
async function planOf(argv: readonly Bytes[], env: Environment): Promise<Planned | Output> {
  // as a dry run it lacks none
  const decision = await decide(commandLineOf(["-n", ...argv], env), env, { shim: ownShim(), real: null });
  if (decision.verdict === "refuse")
    return {
      text: refusalText({ ...decision, argv }, "no plan, since this can't be decided"),
      exitCode: exitCodes.undecidable,
      isProblem: true,
    };
  if (decision.verdict === "run") return problem("there is nothing to plan: the command transfers nothing");
  const list = new EntryList();
  const made = await makePlan(decision, null, (entry) => list.add(entry));
  if (!made.plan) return problem(`no plan of it could be made: ${obstacleText(made.obstacle)}`);
  const judged = withPlanOfDryRun(decision, made);
  return {
    header: headerOf(judged, argv, made.plan),
    entries: list.end(),
    exitCode: judged.refusals.length > 0 ? exitCodes.refused : 0,
  };
}

const headerOf = ({ targets, refusals }: Decision, argv: readonly Bytes[], made: Plan): PlanHeader => ({
  schema: 1,
  command: maskSecrets(argv.map(textOf)),
  targets: targets.map(({ path, remote, writes, deletes }) => ({ path: textOf(path), remote, writes, deletes })),
  plan: made,
  refusals: refusals.map((refusal) => ({ code: refusal.code, message: lineOf(refusal), next: nextOf(refusal) })),
});

type Format = (typeof formats)[number] | "text";

function shown({ header, entries, exitCode }: Planned, format: Format, env: Environment): Output {
  const isTerminal = process.stdout.isTTY;
  if (format === "text" && isTerminal) {
    showLines(1, textLines(header, entries, isColoured(env)));
    return { text: "", exitCode };
  }
  const pieces: Readonly<Record<Format, () => Iterable<string>>> = {
    text: () => withEnds(textLines(header, entries, false)),
    json: () => documentPieces(header, entries),
    markdown: () => markdownPieces(header, rowsOf(entries)),
    html: () => htmlPieces(header, rowsOf(entries)),
  };
  return { text: pieces[format](), exitCode };
}

function* textLines(header: PlanHeader, entries: Iterable<PlanEntry>, colours: boolean): Generator<string> {
  yield* headLines(header);
  yield* treeLines(rowsOf(entries), colours);
}

function* withEnds(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}
