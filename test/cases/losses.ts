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
const hasAny = ({ invocation }: LossyRun, names: string): boolean =>
  allOptions(invocation).some(({ option, negated }) => !negated && names.split(" ").includes(option.name));
const isBelow = (path: Bytes, run: LossyRun): boolean => isWithin(path, run.destination);
/** A value that is relative to the destination may mean a directory in each of its directories. */
const isIn = (path: Bytes, directory: Bytes, run: LossyRun): boolean =>
  directory.startsWith("/")
    ? isWithin(`/${path}`, directory)
    : `/${path}/`.includes(`/${posix.basename(directory)}/`) || isWithin(path, posix.join(run.destination, directory));

export const knownLosses: readonly KnownLoss[] = [
  // 7: the batch and the script beside it are written over what is there
  {
    kind: "a batch over a file",
    is: ({ path }, run) =>
      ["write-batch", "only-write-batch"].some((name) =>
        valuesOf(run, name).some((value) => [value, `${value}.sh`].includes(path)),
      ),
  },
  // 25: an option that only prints may differ from the dry run's, and rsync appends to any file
  {
    kind: "a log in a file",
    is: ({ path }, run) => valuesOf(run, "log-file").some((value) => posix.resolve("/", value) === `/${path}`),
  },
  // 5: a file of that name there is taken for a begun one, and removed
  {
    kind: "in --partial-dir",
    is: ({ path }, run) =>
      [
        ...valuesOf(run, "partial-dir"),
        ...(hasAny(run, "delay-updates") ? [".~tmp~"] : []),
        // RSYNC_PARTIAL_DIR
        ...(hasAny(run, "partial P") ? ["old"] : []),
      ].some((value) => isIn(path, value, run)),
  },
  // 5: what is in a backup's place goes
  {
    kind: "in --backup-dir",
    is: ({ path }, run) => valuesOf(run, "backup-dir").some((value) => isIn(path, value, run)),
  },
  // 1: per-directory rules that the run itself brings are read after the transfer
  {
    kind: "by filter files that the run brings",
    is: ({ path }, run) =>
      isBelow(path, run) &&
      hasAny(run, "delete-after delete-delay delay-updates") &&
      (hasAny(run, "F cvs-exclude") || valuesOf(run, "filter").some((rule) => /^(?::|dir-merge)/.test(rule))),
  },
  // 2: what is taken from there as it is has no line
  {
    kind: "with --link-dest and its kind",
    is: ({ path }, run) => isBelow(path, run) && hasAny(run, "link-dest copy-dest compare-dest"),
  },
  // new: the older backup is overwritten, and a directory of that name is removed with all that is in it
  {
    kind: "in a backup's place",
    is: ({ path }, run) => {
      const suffix = valuesOf(run, "suffix").at(-1) ?? "~";
      const isBackup = hasAny(run, "backup backup-dir") && suffix !== "";
      return isBackup && path.split("/").some((name) => name.endsWith(suffix));
    },
  },
  // new: what is written in place has other names, which may lie outside of the target
  {
    kind: "by another name of a file that is written in place",
    is: ({ was, now }, run) =>
      was.startsWith("file") && now?.startsWith("file") === true && hasAny(run, "inplace append append-verify"),
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
