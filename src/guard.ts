/**
 * The shim's question: may this run? Answers on stdout with a fragment for the shim's shell, or refuses with exit 77
 * or 78 and words on stderr. Beside a dry run the shim asks again, to have it planned and recorded.
 */
import { readFileSync } from "node:fs";
import { type Bytes, textOf } from "./core/bytes.ts";
import { isQuestion } from "./core/command/question.ts";
import { exitCodes } from "./core/exit-codes.ts";
import { type Decision, dependsOnPlan } from "./core/judge/decision.ts";
import { failureText, unknownQuestionText } from "./core/words/failure.ts";
import { answer, answerAtTerminal } from "./io/answer.ts";
import { type CommandLine, commandLineOf, readCommandLine } from "./io/command-line.ts";
import { decide } from "./io/decide.ts";
import { exactArguments } from "./io/host/argv.ts";
import { allowProgress } from "./io/host/progress.ts";
import type { InstalledAt } from "./io/host/real-rsync.ts";
import { say } from "./io/host/streams.ts";

const env = process.env;

async function main(): Promise<number> {
  const words = exactArguments();
  const [question, shim = "", real = "", ...argv] = words ?? [];
  if (!isQuestion(question)) return refuse(unknownQuestionText(words === null));
  const installedAt = { shim: textOf(shim), real: real === "" ? null : textOf(real) };
  const isTerminal = question.endsWith("-at-terminal");
  if (isTerminal) (await import("./io/host/speech.ts")).speakAtTerminal();
  if (!question.startsWith("decide")) {
    const { record, watch } = await import("./io/record.ts");
    const look = (dryRun: readonly Bytes[]) => () => decide(commandLineOf(dryRun, env), env, installedAt);
    if (question.startsWith("watch")) return watch(look(argv), env, isTerminal);
    const [exitCode = "", ...dryRun] = argv;
    const end = { exitCode: Number(exitCode), fingerprint: readFileSync(0, "latin1") };
    if (isTerminal) allowProgress();
    return record(end, look(dryRun), env, isTerminal);
  }
  if (isTerminal) allowProgress();
  const command = readCommandLine(argv, env, installedAt);
  const decision = await decidePlanned(command, installedAt);
  return (isTerminal ? answerAtTerminal : answer)(decision, command, env);
}

async function decidePlanned(command: CommandLine, installedAt: InstalledAt): Promise<Decision> {
  const decision = await decide(command, env, installedAt);
  if (!dependsOnPlan(decision)) return decision;
  const { addPlan } = await import("./io/planner.ts");
  return addPlan(decision, env);
}

function refuse(text: string): number {
  say(text);
  return exitCodes.undecidable;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => process.exit(refuse(failureText(error))),
);
