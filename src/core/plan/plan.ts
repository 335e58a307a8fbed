/**
 * What a run would do, as rsync's own dry run of it tells: the command for that dry run, what a plan is, and which plans
 * are refused.
 */
import type { Limits, Settings } from "../judge/settings.ts";
import type { Facts } from "../place/facts.ts";
import { isRemote } from "../command/operand.ts";
import { type Given, has, type Invocation, lastValue, mergedFile } from "../command/parse.ts";
import type { PathSet } from "./path-set.ts";
import type { Refusal } from "../words/refusals.ts";
import type { Ends } from "../place/target.ts";
import { type Bytes, bytesOf, shownWord } from "../bytes.ts";

/** Of what there may be many: the first ones, and how many there are. Paths are as rsync shows them, below the destination. */
export interface Found<T = string> {
  readonly first: readonly T[];
  readonly count: number;
}

export interface Kinds {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  /** Devices, sockets, pipes. */
  readonly specials: number;
}

export const totalOf = ({ files, directories, symlinks, specials }: Kinds): number =>
  files + directories + symlinks + specials;

/** A symlink that would go, and what it holds. */
export interface LostLink {
  readonly link: string;
  readonly text: string;
}

/** Sibling directories that would go, each of which looks like a release. */
export interface LostReleases {
  readonly directory: string;
  readonly names: Found;
  /** The link that leads to one of them, such as /var/www/current. */
  readonly current: string | null;
}

/** What a run would do. Kept as text with the approval of its dry run. */
export interface Plan {
  readonly created: Kinds;
  readonly changed: Kinds;
  /** Entries of which only times, modes or owners would change. */
  readonly attributes: number;
  readonly deleted: Kinds;
  /** The entries of the target that the source has, too; those that a filter shields are not among them. */
  readonly kept: number;
  /** The entries that are now in the target, counted no further than it matters; null where they can't be seen. */
  readonly present: number | null;
  /** Deleted entries by their top-level name in the destination, most first; `others` are in further ones. */
  readonly topLevel: { readonly first: readonly (readonly [name: string, count: number])[]; readonly others: number };
  readonly releases: readonly LostReleases[];
  readonly symlinks: Found<LostLink>;
  readonly keeps: Found;
  readonly protected: Found<{ readonly path: string; readonly below: string; readonly what: string }>;
  /** Deletions that the approved plan did not have. */
  readonly unapproved: Found;
}

/** A plan with what is too large for a record of text. */
export interface WholePlan {
  readonly plan: Plan;
  readonly deletions: PathSet;
}

/** Why no plan of a run can be had, or null. What says so here is known before anything is started. */
export function obstacleTo(invocation: Invocation, ends: Ends, facts: Facts, settings: Settings): string | null {
  if (invocation.kind !== "live" && invocation.kind !== "dry-run")
    return "the other side's files can't be seen from here";
  if (isElsewhere(ends) && settings.dryRun.remotePlan === "never") return "dry_run.remote_plan is never";
  if (lastValue(invocation.options, "only-write-batch") !== null)
    return "--only-write-batch writes nothing but a batch";
  const stream = invocation.options.flatMap((given) => readBy(given)).find((path) => isStream(path, facts));
  return stream === undefined ? null : `${shownWord(stream)} can be read only once`;
}

/** Whether a run has another host's end. */
export const isElsewhere = ({ sources, destination }: Ends): boolean =>
  [...sources, ...(destination ? [destination] : [])].some(isRemote);

/** The files that an option has rsync read. */
const readBy = (given: Given): readonly Bytes[] => {
  const { option, value } = given;
  const path = value !== null && option.name === "filter" ? mergedFile(value) : has(given, "reads-path") ? value : null;
  return path === null ? [] : [path];
};

/** Standard input, a pipe, and whatever else the caller has opened and handed on. */
const isStream = (path: Bytes, facts: Facts): boolean =>
  path === "-" ||
  /^\/(?:dev|proc\/self)\/(?:fd\/|std)/.test(path) ||
  (path !== "/dev/null" && facts.place(path).kind === "other");

/** Options that a plan leaves out: those that only print, and those that write something even in a dry run. */
const leftOut: ReadonlySet<string> = new Set(["dry-run", "write-batch", "only-write-batch"]);

const isLeftOut = ({ option }: Given): boolean => leftOut.has(option.name) || option.traits.includes("output");

/**
 * The arguments of the dry run that is a plan. It is a dry run whatever the command holds: each option is written anew
 * as one word that carries its value, all stand before `--`, and rsync has no option that takes -n back.
 */
export function planArguments({ options, remoteOptions, operands }: Invocation): readonly Bytes[] {
  const own = options.filter((given) => !isLeftOut(given) && given.option.name !== "remote-option");
  // what stands behind rsync in --rsync-path stays there, and needs no -M
  const handedOn = remoteOptions.filter((given) => given.by === "remote-option" && !isLeftOut(given));
  return [
    "-n",
    ...own.map(oneWord),
    ...handedOn.map((given) => `-M${oneWord(given)}`),
    "--out-format=%i %n%L",
    "--stats",
    "--no-h",
    "--no-motd",
    "--",
    ...operands,
  ];
}

const oneWord = ({ as, value }: Given): Bytes =>
  // -P shows progress too
  as === "P" ? "--partial" : `${as.length === 1 ? "-" : "--"}${as}${value === null ? "" : `=${value}`}`;

/** A share is judged from so many entries in the target on. */
const fewEntries = 10;

/**
 * How many entries in the target are enough to know that what would be deleted is not too large a share; 0 where that
 * doesn't matter. rsync lists neither what a filter shields nor what --link-dest and its kind spare, so they are counted.
 */
export function enoughFor(plan: Plan, { maxDelete }: Limits): number {
  const deleted = totalOf(plan.deleted);
  if ("percent" in maxDelete) return (deleted * 100) / Math.max(maxDelete.percent, 1);
  // for the words of a refusal
  return deleted > maxDelete.entries ? Number.POSITIVE_INFINITY : 0;
}

/** What is out of proportion in a plan. */
export function judgePlan(plan: Plan, { limits, allow }: Settings, path: Bytes): readonly Refusal[] {
  const deleted = totalOf(plan.deleted);
  const present = plan.present ?? plan.kept + deleted;
  const { maxDelete } = limits;
  const isTooLarge =
    "entries" in maxDelete
      ? deleted > maxDelete.entries
      : present >= fewEntries && deleted * 100 > maxDelete.percent * present;
  const [touched] = plan.protected.first;
  const refusals: readonly (Refusal | false)[] = [
    touched !== undefined && {
      code: "protected-below",
      path,
      below: bytesOf(touched.below),
      what: touched.what,
      deletes: { first: plan.protected.first.map((one) => one.path), count: plan.protected.count },
    },
    isTooLarge && { code: "plan-too-large", path, deleted, present, maxDelete, topLevel: plan.topLevel },
    ...plan.releases.map((releases): Refusal => ({ code: "plan-deletes-releases", ...releases })),
    plan.symlinks.count > 0 && { code: "plan-replaces-symlinks", path, symlinks: plan.symlinks },
    plan.keeps.count > 0 && { code: "plan-deletes-kept", keeps: plan.keeps },
    plan.unapproved.count > 0 && { code: "plan-changed", unapproved: plan.unapproved },
  ];
  return refusals.filter((one) => one !== false).filter(({ code }) => !allow.includes(code));
}
