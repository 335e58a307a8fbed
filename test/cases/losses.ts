/**
 * Kinds of loss that no line of a dry run names and that the guard lets go, each with the reason why it stays. One that
 * is closed is taken off this list.
 */
import { posix } from "node:path";
import type { Bytes } from "../../src/core/bytes.ts";
import { isRemote, operandOf } from "../../src/core/command/operand.ts";
import { allOptions, type Invocation, isOn, lastValue } from "../../src/core/command/parse.ts";
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
  readonly destination: Bytes;
  readonly world: Bytes;
  /** What was changed between the dry run and the live run, by its path below its side. */
  readonly changed: readonly Bytes[];
}

interface KnownLoss {
  readonly kind: string;
  readonly is: (loss: Loss, run: LossyRun) => boolean;
}

/** An option's path; one that is relative, as it stands. */
const inWorld = (value: Bytes, { world }: LossyRun): Bytes => posix.normalize(value.replace(`${world}/`, ""));
const valuesOf = (run: LossyRun, name: string): readonly Bytes[] =>
  allOptions(run.invocation).flatMap(({ option, value }) =>
    option.name === name && value !== null ? [inWorld(value, run)] : [],
  );
const given = ({ invocation }: LossyRun, ...names: readonly string[]): boolean =>
  names.some((name) => isOn(allOptions(invocation), name));
const isFile = (was: string | null): boolean => was?.startsWith("file ") === true;
const goesElsewhere = ({ invocation }: LossyRun): boolean => isRemote(operandOf(invocation.operands.at(-1) ?? ""));

export const knownLosses: readonly KnownLoss[] = [
  // it is a target, so that the run needs a dry run: a batch, and the script beside it
  {
    kind: "a batch over a file",
    is: ({ path }, run) =>
      ["write-batch", "only-write-batch"].some((name) =>
        valuesOf(run, name).some((value) => [value, `${value}.sh`].includes(path)),
      ),
  },
  // rsync appends to it, also through a link, so that nothing is lost that was in it
  {
    kind: "a log in a file",
    is: ({ was, now }, run) =>
      now?.startsWith(was) === true &&
      /^\d{4}(?:\/\d\d){2} /.test(now.slice(was.length)) &&
      valuesOf(run, "log-file").length > 0,
  },
  // a link that leads nowhere is no loss (plan-replaces-symlinks); 3.2.0 makes the destination in its place
  {
    kind: "a destination that is a dangling link",
    is: ({ path, was, now }, { destination }) => path === destination && was.startsWith("-> ") && now === "directory",
  },
  // -b is asked for so that the last version is kept, not all of them
  {
    kind: "an older backup",
    is({ path, was, now }, run) {
      // what else stands in its place is closed where it can be seen
      if ((was === "directory" && !goesElsewhere(run)) || now === null || now === "directory") return false;
      const [directory = null] = valuesOf(run, "backup-dir").slice(-1);
      const suffix = lastValue(allOptions(run.invocation), "suffix") ?? (directory === null ? "~" : "");
      if (!path.endsWith(suffix)) return false;
      return directory === null
        ? given(run, "backup")
        : [directory, posix.join(run.destination, directory)].some((one) => isWithin(path, one));
    },
  },
  // it holds nothing, and was all that was there, so that no dry run is asked for
  {
    kind: "a target that is an empty directory",
    is: ({ path, was, isEmpty }, { invocation, destination }) =>
      was === "directory" &&
      isEmpty &&
      invocation.operands.slice(0, -1).some((source) => posix.join(destination, posix.basename(source)) === path),
  },
  // where the other host is this one (ssh localhost), a file that is sent onto itself is removed; that can't be known
  {
    kind: "at another host that is this one",
    is: ({ path }, run) =>
      isWithin(path, run.destination) &&
      run.invocation.removesSource &&
      run.invocation.operands.some((operand) => isRemote(operandOf(operand))),
  },
  // rsync takes files of one size and time for the same, and does not send them; only -c would tell
  {
    kind: "a source that is taken for the same as its other version",
    is: ({ path, was, now }, run) =>
      run.invocation.removesSource &&
      now === null &&
      isFile(was) &&
      path.startsWith("src") &&
      !given(run, "checksum", "ignore-times"),
  },
  // these three are closed where the destination can be seen
  {
    kind: "in --partial-dir on another host",
    is({ path, now }, run) {
      const directory = run.invocation.partialDir ?? lastValue(run.invocation.remoteOptions, "partial-dir");
      if (!goesElsewhere(run) || now !== null || directory === null) return false;
      return `/${path}/`.includes(`/${inWorld(directory, run)}/`);
    },
  },
  {
    kind: "another name of a file that is written in place, on another host",
    // with -H it depends on the source, how many are expected
    is: ({ was, now }, run) =>
      (goesElsewhere(run) ||
        (given(run, "hard-links") && run.invocation.operands.some((one) => isRemote(operandOf(one))))) &&
      isFile(was) &&
      isFile(now) &&
      given(run, "inplace", "append", "append-verify"),
  },
  {
    kind: "in the way of --compare-dest on another host",
    is: ({ path, now }, run) =>
      goesElsewhere(run) && now === null && isWithin(path, run.destination) && valuesOf(run, "compare-dest").length > 0,
  },
  // by design: sources live, so that other versions are sent than the dry run saw; what is deleted then is compared
  {
    kind: "overwritten, and changed since the dry run",
    is: ({ path, now }, { changed }) => now !== null && changed.some((one) => `/${path}`.endsWith(`/${one}`)),
  },
];
