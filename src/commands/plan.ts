/** `rsync-guard plan`: what a command would delete, change and add. Records nothing. */
import { hostname } from "node:os";
import { type Bytes, bytesOf, textOf } from "../core/bytes.ts";
import { exitCodes } from "../core/exit-codes.ts";
import { maskSecrets } from "../core/history/journal.ts";
import { type Decision, withPlanOfDryRun } from "../core/judge/decision.ts";
import type { Fields } from "../core/judge/fingerprint.ts";
import { destinationHost, hostsOf, patternsIn } from "../core/judge/portable.ts";
import { documentPieces, isPortable, type PlanHeader, type PortableHeader } from "../core/plan/document.ts";
import type { PlanEntry } from "../core/plan/entry.ts";
import type { Plan } from "../core/plan/plan.ts";
import { PlanFileError } from "../core/plan/read-document.ts";
import { rowsOf } from "../core/plan/tree.ts";
import { showWord } from "../core/quoting.ts";
import { madeText } from "../core/words/imports.ts";
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
import { allowProgress } from "../io/host/progress.ts";
import { ownUser } from "../io/host/users.ts";
import { openPlanFile, type PlanFile, randomId, writePlanFile } from "../io/plan-file.ts";
import { makePlan } from "../io/planner.ts";
import { portableFields } from "../io/portable.ts";
import { type Command, type Output, problem, unexpectedArgument, usage } from "./command.ts";
import { ownShim } from "./program.ts";

const formats = ["json", "markdown", "html"] as const;

export const plan: Command = {
  usage: [
    "[--json | --markdown | --html] [-o FILE [--destinations HOSTS] [--by NAME]] -- ARGS…",
    "show [--json | --markdown | --html] FILE",
  ],
  does: "show what a command would delete, change and add, as a tree",
  flags: {
    json: { value: null, does: "print it as one JSON object, a line for each entry" },
    markdown: { value: null, does: "print it for a pull request or the summary of a CI step" },
    html: { value: null, does: "print it as one HTML page that loads nothing else" },
    o: { value: "FILE", does: "also write it to a file that can be signed, and imported on another machine" },
    destinations: { value: "HOSTS", does: "with -o: the hosts that it may be carried out on, as web1,db[1-3]" },
    by: { value: "NAME", does: "with -o: who makes it, where that is not the user" },
  },
  more: [
    "Makes the plan of the command, with or without -n, and records nothing: it is no dry run, and approves no live run. What goes comes first. A directory that goes or comes as a whole is one line. A file that goes and comes again with the same size and time is shown as renamed, if it is the only one with these.",
    "At a terminal, what is longer than the screen goes through $PAGER, and NO_COLOR switches colours off. The JSON object is described in docs/plan.schema.json.",
    "With -o the plan is also written to FILE. rsync-guard approve signs it, and rsync-guard approvals import makes it count as a dry run on another machine; show prints it. It is for the host that the command writes to, or for this one, unless --destinations names others.",
    `Exits with 0 if nothing is wrong with the live run, ${exitCodes.refused} if it would be refused for the command or its plan, ${exitCodes.undecidable} if it can't be decided, and 1 if no plan could be made.`,
  ],
  run: async ({ words, flags, after, env }) => {
    const chosen = formats.filter((format) => flags[format] === true);
    if (chosen.length > 1) return usage(`give one of ${chosen.map((format) => `--${format}`).join(" and ")}, not both`);
    const format = chosen[0] ?? "text";
    const { o: path, destinations, by } = flags;
    if (words[0] === "show" && !after) return showFile(words.slice(1), format, env);
    if (words[0] !== undefined) return unexpectedArgument(words[0]);
    if (!after) return usage("plan what? Give the arguments of an rsync command after --");
    if (typeof path !== "string")
      return destinations || by ? usage("--destinations and --by are for -o") : planned(after, format, null, env);
    const patterns = typeof destinations === "string" ? patternsIn(destinations) : null;
    const bad = patterns?.find((pattern) => hostsOf(pattern) === null);
    if (bad !== undefined) return usage(`--destinations: ${bad} names no host: give names, or web[1-9]`);
    return planned(after, format, { path, patterns, by: typeof by === "string" ? by : null }, env);
  },
};

/** The file that a plan is written to. */
interface Target {
  readonly path: string;
  /** Null: the host that the command writes to. */
  readonly patterns: readonly string[] | null;
  /** Null: the user. */
  readonly by: string | null;
}

async function planned(argv: readonly Bytes[], format: Format, file: Target | null, env: Environment): Promise<Output> {
  const made = await planOf(argv, env);
  if ("text" in made) return made;
  if (file === null) return shown(made, format, env);
  const portable = await portableHeader(made, argv, file, env);
  if ("text" in portable) return portable;
  try {
    writePlanFile(file.path, portable, made.entries);
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code) throw error;
    return problem(`the plan can't be written: ${(error as Error).message}`);
  }
  return shown({ ...made, header: portable }, format, env);
}

async function portableHeader(
  { header, decision }: Planned,
  argv: readonly Bytes[],
  { patterns, by }: Target,
  env: Environment,
): Promise<PortableHeader | Output> {
  if (!argv.every((word, at) => bytesOf(header.command[at] ?? "") === word))
    return problem(
      "a plan of this command can't be written to a file: it holds a password, or bytes that are not UTF-8",
    );
  const { invocation } = decision;
  const fields = await portableFields(decision, env);
  if (!invocation || "unseen" in fields)
    return problem(
      `a plan of this command can't stand for one elsewhere: it depends on ${"unseen" in fields ? showWord(String(fields["unseen"])) : "what can't be read"}`,
    );
  // a variable may hold what ssh is logged in with
  if (Object.values(fields).some((field) => maskSecrets([field])[0] !== field))
    return problem("a plan of this command can't be written to a file: a variable holds a password");
  const here = hostname();
  return {
    ...header,
    id: randomId(),
    made: {
      at: new Date().toISOString(),
      by: by ?? textOf(ownUser()?.name ?? String(process.geteuid?.())),
      host: here,
      directory: textOf(decision.inputs?.facts.cwd ?? ""),
    },
    destinations: patterns ?? [destinationHost(invocation) ?? here],
    fields: fields as Fields,
  };
}

function showFile([path, other]: readonly string[], format: Format, env: Environment): Output {
  if (path === undefined) return usage("plan show: which file?");
  if (other !== undefined) return unexpectedArgument(other);
  let file: PlanFile | null = null;
  try {
    file = openPlanFile(path);
    const { header } = file.read();
    // read to its end before anything is shown: half a plan is none
    const list = new EntryList();
    for (const entry of file.read().entries) list.add(entry);
    return shown({ header, entries: list.end(), exitCode: 0 }, format, env);
  } catch (error) {
    if (error instanceof PlanFileError) return problem(`${path} is not a whole plan: ${error.message}`);
    if (!(error as NodeJS.ErrnoException).code) throw error;
    return problem(`${path}: ${(error as Error).message}`);
  } finally {
    file?.close();
  }
}

interface Shown {
  readonly header: PlanHeader;
  readonly entries: Iterable<PlanEntry>;
  readonly exitCode: number;
}

interface Planned extends Shown {
  readonly decision: Decision;
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
  if (process.stderr.isTTY) allowProgress();
  const list = new EntryList();
  const made = await makePlan(decision, { take: (entry) => list.add(entry) });
  if (!made.plan) return problem(`no plan of it could be made: ${obstacleText(made.obstacle)}`);
  const judged = withPlanOfDryRun(decision, made);
  return {
    header: headerOf(judged, argv, made.plan),
    decision,
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

function shown({ header, entries, exitCode }: Shown, format: Format, env: Environment): Output {
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
  const lines = headLines(header);
  yield* isPortable(header) ? [...lines.slice(0, -1), `  ${madeText(header, Date.now())}`, ""] : lines;
  yield* treeLines(rowsOf(entries), colours);
}

function* withEnds(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}
