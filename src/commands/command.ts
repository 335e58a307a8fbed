/** What a command of rsync-guard is made of. Its help, its man page and its completions come from here. */
import type { Environment } from "../io/host/environment.ts";

export interface Output {
  /** In pieces where it may be large: they are made while they are written. */
  readonly text: string | Iterable<string>;
  readonly exitCode: number;
  /** Says why nothing was done, and is no answer to what was asked: it goes to stderr. */
  readonly isProblem?: true;
}

export interface Flag {
  /** What its value is called, e.g. `DIR`; null for a switch. */
  readonly value: string | null;
  /** It may be given several times. */
  readonly isRepeatable?: true;
  readonly does: string;
}

export interface CommandCall {
  readonly words: readonly string[];
  /** By name: a string, or true for a switch; what was not given is not there. */
  readonly flags: Readonly<Record<string, string | true>>;
  /** The values of those that may be given several times. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** The bytes of what stands behind the first `--`; null without one. */
  readonly after: readonly string[] | null;
  readonly env: Environment;
}

export interface Command {
  /** One line a form, without `rsync-guard NAME`. */
  readonly usage: readonly string[];
  /** What it does, in half a line. */
  readonly does: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** More about it for the manual, in paragraphs. */
  readonly more: readonly string[];
  /** The words that a shell may complete behind it: codes, IDs. */
  readonly completes?: (env: Environment) => readonly string[];
  readonly run: (given: CommandCall) => Promise<Output>;
}

/** What was asked can't be done. */
export const problem = (text: string): Output => ({ text: `rsync-guard: ${text}\n`, exitCode: 1, isProblem: true });

/** The command was not understood. */
export const usage = (text: string): Output => ({ ...problem(text), exitCode: 2 });

export const unexpectedArgument = (word: string): Output => usage(`unexpected argument: ${word}`);
