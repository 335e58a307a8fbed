/** Kinds of loss that no dry run names and that the guard still lets go. One that is closed is taken off this list. */
import { posix } from "node:path";
import type { Bytes } from "../../src/core/bytes.ts";
import { isRemote, operandOf } from "../../src/core/command/operand.ts";
import { allOptions, type Invocation } from "../../src/core/command/parse.ts";
import { isWithin } from "../../src/core/paths.ts";

/** What is gone or another, by its path in the world. */
export interface Loss {
  readonly path: Bytes;
  readonly was: string;
  /** Null: nothing is there. */
  readonly now: string | null;
  /** Nothing was in it. */
  readonly isEmpty: boolean;
}

/** The run that lost it. */
export interface LossyRun {
  readonly invocation: Invocation;
  /** Below the world. */
  readonly destination: Bytes;
  readonly world: Bytes;
  /** Something was changed between the dry run and the live run. */
  readonly hasChanged: boolean;
}

interface KnownLoss {
  readonly kind: string;
  readonly is: (loss: Loss, run: LossyRun) => boolean;
}

const valuesOf = ({ invocation, world }: LossyRun, name: string): readonly Bytes[] =>
  allOptions(invocation).flatMap(({ option, value }) =>
    option.name === name && value !== null ? [value.replace(`${world}/`, "/")] : [],
  );
const isBelow = (path: Bytes, run: LossyRun): boolean => isWithin(path, run.destination);
export const knownLosses: readonly KnownLoss[] = [
  // told as targets, and let go only after a dry run: a batch, and the script beside it
  {
    kind: "a batch over a file",
    is: ({ path }, run) =>
      ["write-batch", "only-write-batch"].some((name) =>
        valuesOf(run, name).some((value) => [value, `${value}.sh`].includes(path)),
      ),
  },
  // told as a target, and the same in the dry run: rsync appends to a log file
  {
    kind: "a log in a file",
    is: ({ path }, run) => valuesOf(run, "log-file").some((value) => posix.resolve("/", value) === `/${path}`),
  },
  // new: where the other host is this one (ssh localhost), a file that is sent onto itself is removed; the guard can't know
  {
    kind: "at another host that is this one",
    is: ({ path }, run) =>
      isBelow(path, run) &&
      run.invocation.removesSource &&
      run.invocation.operands.some((operand) => isRemote(operandOf(operand))),
  },
  // by design: what is empty holds nothing, so that no dry run is asked for
  { kind: "an empty directory", is: ({ was, isEmpty }) => was === "directory" && isEmpty },
  // 3 and others: a plan that can't be made anew, or is compared by its deletions only, or not made at all
  { kind: "what has changed since the dry run", is: (_, run) => run.hasChanged },
];
