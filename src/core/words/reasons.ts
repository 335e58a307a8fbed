/** The words for facts that stand in refusals and plans: what is wrong with an argument, a path, a plan, a file. */
import { type Bytes, textOf } from "../bytes.ts";
import type { ArgumentProblem } from "../command/parse.ts";
import type { SecludedProblem } from "../command/secluded.ts";
import type { Nobody } from "../judge/agents.ts";
import type { FileProblem, MountReason, Part, Refusal, Sign, Undecidable, UndoObstacle } from "../judge/refusal.ts";
import type { SearchEnd } from "../place/facts.ts";
import { type PlanObstacle, stoppedByLimit } from "../plan/plan.ts";
import { showBytes, showWord } from "../quoting.ts";

/** Each member of a union to its words. */
type Table<T extends string, F> = Readonly<Record<T, F>>;

export const partText = (part: Part): string =>
  part === "destination" || part === "source" ? `the ${part}` : showBytes(part);

const signs: Table<Sign, string> = {
  "double-slash": "contains //",
  "trailing-double-slash": "ends in //",
  "no-host": "names no host",
  "no-user": "names no user",
  "no-path": "names no path",
  "no-module": "names no module",
  "remote-root": "names only /",
  root: "is only a slash",
};

export const signText = (sign: Sign): string => signs[sign];

const mountReasons: Table<Extract<MountReason, string>, string> = {
  fstab: "which /etc/fstab has as a mount point",
  "earlier-runs": "where earlier runs found a file system",
  require_mount: "and require_mount is set for it",
};

export const mountReasonText = (reason: Extract<MountReason, string>): string => mountReasons[reason];

const argumentProblems: Table<Exclude<ArgumentProblem["is"], "unknown-letter">, string> = {
  unknown: "is not an option that rsync-guard knows",
  "not-in-help": "is an option that only some vendors' rsync has, and this rsync's --help does not list it",
  "no-value": "lacks its value",
  "takes-no-value": "gives a value to an option that takes none",
  "popt-operand": "contains !#:+, and there is no operand that popt could put in its place",
  "server-only": "is only for a server, and rsync refuses it",
  "not-an-option": "hands on something that is not an option",
  "hidden-deletion": "contains text that may be an option to delete",
  "changes-other-side": "hands on an option that changes what the other side is",
};

/** The end of a sentence about the argument. */
export const argumentProblemText = (problem: ArgumentProblem): string =>
  problem.is === "unknown-letter"
    ? `contains -${showBytes(problem.letter)}, which rsync-guard does not know`
    : argumentProblems[problem.is];

function secludedProblemText(problem: SecludedProblem): string {
  switch (problem.is) {
    case "bound-to-standard-input":
      return "they can't be put on the command line";
    case "no-end-of-options":
      return "they have no end of options";
    case "iconv":
      return "--iconv would convert them to another character set";
    case "incomplete":
      return "they are not complete";
    case "not-read":
      return "they are not known here";
    case "unknown-expansion":
      return `it is not known what rsync would make of ${showWord(problem.word)}`;
  }
}

type ObstacleOf<I extends PlanObstacle["is"]> = Extract<PlanObstacle, { readonly is: I }>;

const endText = ({ ended, said }: ObstacleOf<"rsync-failed" | "unreachable">): string =>
  `rsync -n ended with ${typeof ended === "number" ? `exit code ${ended}` : (ended ?? "nothing")}${said ? `: ${showBytes(said)}` : ""}${
    ended === stoppedByLimit ? " (limits.max_delete of the host that receives it)" : ""
  }`;

const obstacles: { readonly [I in PlanObstacle["is"]]: (obstacle: ObstacleOf<I>) => string } = {
  "receiving-host": () => "the other side's files can't be seen from here",
  "remote-plan-never": () => 'dry_run.remote_plan is "never"',
  "only-write-batch": () => "--only-write-batch writes nothing but a batch",
  stream: ({ path }) => `${showWord(path)} can be read only once`,
  "unreadable-command": () => "the command can't be read",
  openrsync: () => "the real rsync is openrsync, whose dry run does not name what would be lost: install rsync itself",
  "not-started": ({ error }) => `rsync -n can't be started: ${error}`,
  "rsync-failed": endText,
  unreachable: endText,
  "incomplete-output": () => "rsync's output was not complete",
  "more-than-present": () => "rsync would delete more than the target contains",
  "outside-targets": ({ path }) => `rsync would change ${showWord(path)}, which is outside the targets`,
  "brings-filter": ({ path }) =>
    `the run brings ${showWord(path)}, by which rsync then decides what to delete: copy that file first, or use --delete-before`,
  "hidden-loss": ({ path }) =>
    `rsync would remove or change ${showWord(path)} without listing it: it is in the way of --partial-dir or a backup, or has another name that --inplace would change too`,
  unlisted: ({ path }) => `${showWord(path)} can't be listed, so its symlinks can't be seen`,
};

/** Why there is no plan, as a clause. */
export const obstacleText = (obstacle: PlanObstacle): string =>
  (obstacles[obstacle.is] as (one: PlanObstacle) => string)(obstacle);

/** With what to do about it. */
export function fileProblemText(problem: FileProblem): string {
  const { path } = problem;
  switch (problem.problem) {
    case "other-owner":
      return `${path} belongs to another user (uid ${problem.uid})`;
    case "others-may-write":
      return `${path} may be written by others: chmod go-w ${path}`;
    case "not-a-file":
      return `${path} is not a regular file`;
    case "not-a-directory":
      return `${path} is not a directory`;
    case "too-large":
      return `${path} is larger than ${problem.most} bytes`;
    case "unusable":
      return `${path} can't be used (${problem.error}); XDG_STATE_HOME names another place`;
    case "altered":
      return `${path} is not what was written: dry-run again`;
  }
}

/** Why nobody is asked at the terminal. */
export const nobodyText = (nobody: Nobody): string =>
  nobody.is === "agent"
    ? `this terminal belongs to ${nobody.name}, which is not a person`
    : "nobody sits at this terminal";

export const journalProblemText = (file: string, error: string): string =>
  `the journal ${file} can't be written (${error}), so this run is not in it; XDG_STATE_HOME names another place`;

const searchEnds: Table<SearchEnd["why"], string> = {
  unlisted: "can't be listed",
  "too-many-entries": "has too many entries",
};

/** Why what a run replaces can't be set aside. */
export function undoObstacleText(why: UndoObstacle): string {
  switch (why.is) {
    case "other-file-system":
      return `${showWord(why.directory)} is on another file system than the target`;
    case "in-target":
      return `${showWord(why.directory)} is in the target`;
    case "no-space":
      return `there is no space left at ${showWord(why.directory)}`;
    case "unusable":
      return `${showWord(why.directory)} can't be used: ${why.error}`;
    case "other-run":
      return `another run into ${showWord(why.directory)} is under way (process ${why.pid})`;
    case "option":
      return `the run has --${showBytes(why.option)}`;
  }
}

/** The factual line of cannot-decide. */
export function undecidableText(why: Undecidable): string {
  switch (why.reason) {
    case "argument":
      return `${showBytes(why.argument)} ${argumentProblemText(why.problem)}`;
    case "no-current-directory":
      return "the current directory has been deleted, and a path is relative to it";
    case "no-mounts":
      return "the run deletes, and mount points can't be known, since /proc is not mounted";
    case "links-unseen":
      return `the run follows symlinks to directories, and where they lead can't be known, since ${showWord(why.directory)} ${searchEnds[why.why]}`;
    case "loses-destination":
      return `this rsync can lose the destination of a local copy with ${showBytes(why.option)}: update it to 3.3.0 or newer`;
    case "rsync-path-moves":
      return `--rsync-path goes to another directory there: ${showBytes(why.path)}`;
    case "no-rsync":
      return why.installedAt === null
        ? "there is no rsync on PATH besides rsync-guard's shim"
        : `the real rsync is not at ${why.installedAt}, where it was when rsync-guard was installed: rsync-guard install again`;
    case "secluded":
      return `the client sends its arguments on standard input (-s): ${secludedProblemText(why.problem)}`;
    case "configuration":
      return why.problem;
    case "records":
      return `the records of dry runs: ${fileProblemText(why.problem)}`;
    case "no-plan":
      return `no plan of it could be made: ${obstacleText(why.obstacle)}`;
    case "plan-required":
      return `dry_run.remote_plan is "require", and no plan could be made: ${obstacleText(why.obstacle)}`;
    case "undo-required":
      return `undo.required is true, and what the run replaces can't be set aside: ${undoObstacleText(why.why)}`;
  }
}

/** A refusal's facts for JSON: paths, words and reasons as text. A byte that isn't UTF-8 is `\xNN`. */
export function factTexts({ code, ...facts }: Refusal): Readonly<Record<string, unknown>> {
  const worded: Readonly<Record<string, string>> =
    code === "unknown-option" || code === "cannot-decide" ? { why: whyText({ code, ...facts } as never) } : {};
  const all = Object.entries({ ...facts, ...worded }).map(([name, value]) => {
    if (name === "which") return [name, partText(value as Part)];
    if (name === "sign") return [name, signText(value as Sign)];
    return [name, typeof value === "string" ? textOf(value as Bytes) : value];
  });
  return Object.fromEntries(all);
}

const whyText = (refusal: Extract<Refusal, { code: "unknown-option" | "cannot-decide" }>): string =>
  refusal.code === "unknown-option" ? argumentProblemText(refusal.why) : undecidableText(refusal.why);
