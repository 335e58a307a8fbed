/** What the reader of a plan has to know of the run and of the place where it would be carried out. */
import { posix } from "node:path";
import type { Bytes } from "../bytes.ts";
import { isRemote, type Operand } from "../command/operand.ts";
import { isWithin } from "../paths.ts";
import type { Facts } from "../place/facts.ts";
import { isSystems } from "../place/known-directories.ts";
import { type Location, locationOf, type Target } from "../place/target.ts";
import type { PathSet } from "../plan/path-set.ts";
import type { OddEntries, PlanContext } from "../plan/reader.ts";
import type { Decision } from "./decision.ts";
import { shieldedBelow } from "./rules.ts";

/** What has to be looked at while a plan is read. */
export interface PlanFiles {
  oddEntries(directory: Bytes): OddEntries;
  /** What a symlink holds; null where it can't be read. */
  linkText(link: Bytes): Bytes | null;
}

/** `approved`: what the run may delete; null: anything. */
export function contextOf(
  { ends, targets, settings }: Pick<Decision, "ends" | "targets" | "settings">,
  { facts, config }: NonNullable<Decision["inputs"]>,
  files: PlanFiles,
  approved: PathSet | null,
): PlanContext {
  const { destination } = ends;
  const location = destination && entryOf(destination, facts);
  const deleting = targets.filter(({ deletes, role }) => deletes && role === "destination");
  return {
    name: destination && isRemote(destination) ? destination.path.replace(/\/+$/, "") : (location?.path ?? ""),
    ...namesOf(location, targets),
    keep: settings.limits.keep,
    shielded: deleting.flatMap((target) => [...shieldedBelow(target, { facts, config })]),
    approved,
    oddEntries: files.oddEntries,
    leadsOut: (link, target) => (leadsOut(link, target, facts) ? files.linkText(link) : null),
    releaseLinks: facts.releaseLinks,
    isThere: (path) => facts.entry(path).kind !== "missing",
  };
}

/** A link that doesn't lead to a directory is replaced, not followed. */
function entryOf(destination: Operand, facts: Facts): Location {
  const location = locationOf(destination, facts);
  if (isRemote(destination) || location.place?.kind === "directory") return location;
  const place = facts.entry(destination.path);
  return { ...location, path: place.path, place };
}

/** How the names in a plan's lines are to be read. */
export function namesOf(
  location: Location | null,
  targets: readonly Target[],
): Pick<PlanContext, "base" | "only" | "within"> {
  const kind = location?.place?.kind;
  const isFile = kind !== undefined && kind !== "directory" && kind !== "missing";
  const top = location === null ? "" : isFile ? posix.dirname(location.path) : location.path;
  return {
    base: location && !location.remote ? top : null,
    only: location && isFile ? posix.basename(location.path) : null,
    within: targets.flatMap(({ role, path }) =>
      role === "destination" && isWithin(path, top) ? [path.slice(top.length).replace(/^\//, "")] : [],
    ),
  };
}

/** Whether a symlink leads to something that exists, outside of the target, and not a part of the system. */
function leadsOut(link: Bytes, target: Bytes, facts: Facts): boolean {
  const { path, kind } = facts.place(link);
  return kind !== "missing" && !isWithin(path, target) && !isSystems(path);
}
