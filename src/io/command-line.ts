/** The command line that is asked about, with the arguments that a server's client sends on standard input. */
import type { Bytes } from "../core/bytes.ts";
import { type Parsed, parse } from "../core/command/parse.ts";
import { readsArguments, type SecludedProblem, unsecluded } from "../core/command/secluded.ts";
import { isLexical, type Version } from "../core/place/old-rsync.ts";
import { quoteWord } from "../core/quoting.ts";
import { readSecludedArguments } from "./host/argv.ts";
import type { Environment } from "./host/environment.ts";
import { globFiles } from "./host/facts.ts";
import { askRsync, findRealRsync, type InstalledAt } from "./host/real-rsync.ts";

export interface CommandLine {
  readonly argv: readonly Bytes[];
  readonly parsed: Parsed;
  /** How the shim's shell writes these arguments. */
  readonly shellWords: Bytes;
  /** Why the arguments that a client sends on standard input are not among them; null where there are none. */
  readonly secludedProblem: SecludedProblem | null;
}

/** Where the shim has put the standard input of a server. */
const serverInput = 8;

/** A command line as it was typed; what a client sends is not read. */
export function commandLineOf(argv: readonly Bytes[], env: Environment): CommandLine {
  const parsed = parse(argv, env);
  const isSecluded = "invocation" in parsed && readsArguments(parsed.invocation);
  return { argv, parsed, shellWords: '"$@"', secludedProblem: isSecluded ? { is: "not-read" } : null };
}

/** The same with what a client sends. */
export function readCommandLine(argv: readonly Bytes[], env: Environment, installedAt: InstalledAt): CommandLine {
  const typed = commandLineOf(argv, env);
  if (typed.secludedProblem === null || !("invocation" in typed.parsed)) return typed;
  const sent = readSecludedArguments(serverInput);
  const whole = sent
    ? unsecluded(typed.parsed.invocation, sent, {
        ...globFiles,
        takesAwayDotDots: () => isLexical(versionOf(env, installedAt)),
      })
    : { problem: { is: "incomplete" as const } };
  return "problem" in whole
    ? { ...typed, secludedProblem: whole.problem }
    : { ...commandLineOf(whole, env), shellWords: whole.map(quoteWord).join(" ") };
}

function versionOf(env: Environment, { shim, real }: InstalledAt): Version | null {
  const rsync = findRealRsync(env["PATH"], shim, real);
  return rsync && askRsync(rsync).version();
}
