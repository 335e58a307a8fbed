/** The dry run that is a plan: its arguments, and why none may be possible. */
import type { Bytes } from "../bytes.ts";
import { isRemote, operandOf } from "../command/operand.ts";
import { type GivenOption, has, type Invocation, lastValue, mergedFile } from "../command/parse.ts";
import type { Facts } from "../place/facts.ts";
import { type Ends, isElsewhere } from "../place/target.ts";
import type { PlanObstacle } from "./plan.ts";

/** Why no plan of a run can be had, or null: what is known before anything is started. */
export function obstacleTo(
  invocation: Invocation,
  ends: Ends,
  facts: Facts,
  remotePlan: "try" | "require" | "never",
): PlanObstacle | null {
  if (invocation.kind !== "live" && invocation.kind !== "dry-run") return { is: "receiving-host" };
  if (isElsewhere(ends) && remotePlan === "never") return { is: "remote-plan-never" };
  if (lastValue(invocation.options, "only-write-batch") !== null) return { is: "only-write-batch" };
  const stream = invocation.options.flatMap((given) => readBy(given)).find((path) => isStream(path, facts));
  return stream === undefined ? null : { is: "stream", path: stream };
}

/** The files that an option has rsync read. */
const readBy = (given: GivenOption): readonly Bytes[] => {
  const { option, value } = given;
  const path = value !== null && option.name === "filter" ? mergedFile(value) : has(given, "reads-path") ? value : null;
  return path === null ? [] : [path];
};

/** Standard input, and whatever else the caller has opened and handed on, by its name. */
export const isStreamName = (path: Bytes): boolean => path === "-" || /^\/(?:dev|proc\/self)\/(?:fd\/|std)/.test(path);

/** Whether a list is read from what can be read only once, as far as the command line tells. */
export const readsStream = ({ options }: Pick<Invocation, "options">): boolean =>
  options.flatMap((given) => readBy(given)).some(isStreamName);

/** That, and a pipe. */
const isStream = (path: Bytes, facts: Facts): boolean =>
  isStreamName(path) || (path !== "/dev/null" && facts.place(path).kind === "other");

const alternativeDestinations: ReadonlySet<string> = new Set(["compare-dest", "copy-dest", "link-dest"]);

export const isAlternativeDestination = ({ name }: { readonly name: string }): boolean =>
  alternativeDestinations.has(name);

/** Whether files may be taken from elsewhere on the target's host. */
const hasAlternativeDestination = ({ options }: Pick<Invocation, "options">): boolean =>
  options.some(({ option }) => isAlternativeDestination(option));

/** A directory that is called so holds begun files, and nothing else. */
const ownPartialDir = /(?:partial|incomplete|tmp|temp)[^/]*\/?$/i;

/** A --partial-dir that may hold others' files, which are taken for begun ones and removed; null: none. */
export const sharedPartialDir = ({ partialDir }: Pick<Invocation, "partialDir">): Bytes | null =>
  partialDir === null || ownPartialDir.test(partialDir) ? null : partialDir;

/**
 * Whether a plan needs a line for each entry: there is none for what is taken from --link-dest, though what stood in its
 * place is gone, and none for an entry that stays, though the begun file of its name is gone. That one can be seen only
 * here.
 */
export const needsAllEntries = (invocation: Invocation): boolean =>
  hasAlternativeDestination(invocation) ||
  (sharedPartialDir(invocation) !== null && !isRemote(operandOf(invocation.operands.at(-1) ?? "")));

/** Options that a plan leaves out: those that only print, and those that write something even in a dry run. */
const leftOut: ReadonlySet<string> = new Set(["dry-run", "write-batch", "only-write-batch"]);

const isLeftOut = ({ option }: GivenOption): boolean => leftOut.has(option.name) || option.traits.includes("output");

/** What PlanReader reads. */
export const planFormat = "%i %n%L";

/**
 * The arguments of the dry run that is a plan. It is a dry run whatever the command holds: each option is written anew
 * as one word that carries its value, all stand before `--`, and rsync has no option that takes -n back.
 */
export function planArguments(invocation: Invocation, format: string = planFormat): readonly Bytes[] {
  const { options, remoteOptions, operands } = invocation;
  const own = options.filter((given) => !isLeftOut(given) && given.option.name !== "remote-option");
  // what stands behind rsync in --rsync-path stays there, and needs no -M
  const handedOn = remoteOptions.filter((given) => given.by === "remote-option" && !isLeftOut(given));
  return [
    "-n",
    ...(needsAllEntries(invocation) ? ["-ii"] : []),
    ...own.map(oneWord),
    ...handedOn.map((given) => `-M${oneWord(given)}`),
    `--out-format=${format}`,
    "--stats",
    "--no-h",
    "--no-motd",
    "--",
    ...operands,
  ];
}

/** rsync's exit codes where the other host was never spoken to: ssh's own, no connection, no answer to one. */
const unreachableCodes: ReadonlySet<unknown> = new Set([255, 10, 35]);

/** Why a dry run that ended so is no plan; null where it is one. `said`: what it wrote to standard error. */
export function obstacleOfEnd(ended: number | string | null, said: Bytes, elsewhere: boolean): PlanObstacle | null {
  // 24: a source file has vanished, as happens in live directories
  if (ended === 0 || ended === 24) return null;
  const isUnheard = ended === 12 && /\(0 bytes received so far\)/.test(said);
  const isUnauthenticated = ended === 5 && /auth failed/.test(said);
  const isUnreachable = elsewhere && (unreachableCodes.has(ended) || isUnheard || isUnauthenticated);
  const [line = ""] = said.split("\n");
  return { is: isUnreachable ? "unreachable" : "rsync-failed", ended, said: line };
}

const oneWord = ({ as, value }: GivenOption): Bytes =>
  // -P shows progress too
  as === "P" ? "--partial" : `${as.length === 1 ? "-" : "--"}${as}${value === null ? "" : `=${value}`}`;
