/** The guard's answers: fragments for the shim's shell, which evaluates them. */
import type { Bytes } from "./bytes.ts";
import { quoteWord } from "./quoting.ts";

/** What a shell changed in the environment that it was started with. */
export interface EnvironmentDiff {
  /** `NAME=VALUE` words that it lost or changed. */
  readonly set: readonly Bytes[];
  /** Names that it added. */
  readonly unset: readonly Bytes[];
}

/** The words that start a program with the environment as it was before the shell changed it. */
export function startWords(program: Bytes, { set, unset }: EnvironmentDiff): readonly Bytes[] {
  if (unset.length + set.length === 0) return [quoteWord(program)];
  // behind --, for a variable's name may look like an option
  return [
    "/usr/bin/env",
    ...unset.flatMap((name) => ["-u", quoteWord(name)]),
    "--",
    ...set.map(quoteWord),
    quoteWord(program),
  ];
}

/** The shim becomes the real rsync; `shellWords`: the arguments, as the shim's shell writes them; `before`: more of them. */
export const execAnswer = (start: readonly Bytes[], shellWords: Bytes, before: readonly Bytes[] = []): Bytes =>
  ["exec", ...start, ...before.map(quoteWord), shellWords].join(" ");

/**
 * The shim runs a dry run, waits for it, and hands back its fingerprint, empty if it has none. `spareDescriptor`: one
 * that the shim's shell has free; null where it has none.
 */
export const dryRunAnswer = (
  start: readonly Bytes[],
  shellWords: Bytes,
  fingerprint: string,
  spareDescriptor: number | null,
): Bytes =>
  `rsync_guard_dry_run '${fingerprint}' '${spareDescriptor ?? ""}' ${start.length} ${start.join(" ")} ${shellWords}`;
