/** Puts the limit of the receiving host among a server's arguments. */
import type { Decision } from "../core/judge/decision.ts";
import { deletionLimit, withDeletionLimit } from "../core/judge/receiver-limit.ts";
import { quoteWord } from "../core/quoting.ts";
import type { CommandLine } from "./command-line.ts";
import type { Environment } from "./host/environment.ts";
import { countEntries } from "./host/facts.ts";

/** A second or two's work; of a larger target the share is one of so many. */
const mostCounted = 1_000_000;

export const limitOf = (decision: Decision): number | null =>
  deletionLimit(decision, (directories) => countEntries(directories, mostCounted));

/** The command line as the shim's shell writes it, with the limit where there is one. */
export function limitedWords(decision: Decision, { argv, shellWords }: CommandLine, env: Environment): string {
  const most = limitOf(decision);
  const limited = most === null ? null : withDeletionLimit(argv, most, env);
  return limited === null ? shellWords : limited.map(quoteWord).join(" ");
}
