/** THE rules, in order. A rule looks at one run and says what it refuses; it never words it, and never lets it run. */

import { posix } from "node:path";
import { type Bytes, bytesOf, textOf } from "../bytes.ts";
import { isRemote, type Operand } from "../command/operand.ts";
import {
  allOptions,
  type GivenOption,
  has,
  type Invocation,
  isOn,
  lastValue,
  loses,
  mergedFile,
} from "../command/parse.ts";
import { type Config, destinationOf } from "../configuration/settings.ts";
import { cleanPath, isWithin, selfAndAncestors, sendsContents } from "../paths.ts";
import type { Facts, Place, ReleaseLink } from "../place/facts.ts";
import { builtInProtect, isBuiltIn } from "../place/known-directories.ts";
import { mountedTargets, mountOf } from "../place/mounts.ts";
import { unquotedWord } from "../place/old-rsync.ts";
import { type Ends, endOfLinkSearch, type Location, locationOf, type Target } from "../place/target.ts";
import type { ShieldedDirectory } from "../plan/context.ts";
import { sampleOf } from "../plan/plan.ts";
import type { MountReason, Part, Refusal, Sign } from "./refusal.ts";

/** One run, with all that the rules look at. */
export interface Run {
  readonly invocation: Invocation;
  readonly ends: Ends;
  /** The destination as such; the run may write only in a child of it. */
  readonly destination: Location | null;
  readonly targets: readonly Target[];
  readonly facts: Facts;
  readonly config: Config;
}

type Rule = (run: Run) => readonly Refusal[];

/** A word of the command line in which a variable may have been, and what to call it. */
interface TypedPath {
  readonly word: Bytes;
  readonly which: Part;
  readonly operand: Operand | null;
}

const destinationWord = ({ invocation, ends }: Run): readonly TypedPath[] => {
  const word = invocation.operands.at(-1);
  return ends.destination && word !== undefined ? [{ word, which: "destination", operand: ends.destination }] : [];
};

const sourceWords = ({ invocation, ends }: Run): readonly TypedPath[] =>
  ends.sources.map((operand, at) => ({
    word: (invocation.kind === "sender" ? operand.path : invocation.operands[at]) ?? "",
    which: "source",
    operand,
  }));

const optionWords = ({ invocation }: Run, traits: readonly ("writes-path" | "reads-path")[]): readonly TypedPath[] =>
  allOptions(invocation)
    .filter((given) => given.value !== null && traits.some((trait) => has(given, trait)))
    .map((given) => ({ word: given.value ?? "", which: spelled(given), operand: null }));

const spelled = ({ as }: GivenOption): `-${string}` => (as.length === 1 ? `-${as}` : `--${as}`);

/** All that is written to, as it was typed. */
const writtenWords = (run: Run): readonly TypedPath[] => [
  ...destinationWord(run),
  ...optionWords(run, ["writes-path"]),
];

/** The destination and every path that an option takes. */
const pathWords = (run: Run): readonly TypedPath[] => [
  ...destinationWord(run),
  ...optionWords(run, ["writes-path", "reads-path"]),
];

const popt: Rule = ({ facts, invocation }) =>
  // --server switches aliases off
  invocation.argv[0] === "--server" ? [] : facts.aliasFiles.slice(0, 1).map((file) => ({ code: "popt-alias", file }));

const oldArgs: Rule = ({ invocation, ends }) => {
  const isEmpty = invocation.oldArgs > 0 && ends.destination !== null && invocation.operands.at(-1) === "";
  const word = isEmpty ? "" : unquotedWord(invocation);
  return word === null ? [] : [{ code: "old-args", word }];
};

/** A shell command that changes where a path leads before rsync is started. */
const movesAway = /(?:^|[\s;&|(])(?:cd|pushd|chroot)\s/;

/** What can't be known of where the run goes. */
export const unseen: Rule = ({ invocation, ends: { sources, destination }, targets, facts }) => {
  const operands = [...sources, ...(destination ? [destination] : [])];
  const relative = operands.some((operand) => !isRemote(operand) && !operand.path.startsWith("/"));
  if (facts.cwd === null && relative) return [{ code: "cannot-decide", why: { reason: "no-current-directory" } }];
  const path = lastValue(invocation.options, "rsync-path") ?? "";
  // "unknown" is not "none"
  if (invocation.deletes && destination && !isRemote(destination) && facts.mounts === null)
    return [{ code: "cannot-decide", why: { reason: "no-mounts" } }];
  const end = loses(invocation) ? endOfLinkSearch(invocation, targets, facts) : null;
  if (end) return [{ code: "cannot-decide", why: { reason: "links-unseen", ...end } }];
  if (destination && isRemote(destination) && movesAway.test(path) && !destination.path.startsWith("~"))
    return [{ code: "cannot-decide", why: { reason: "rsync-path-moves", path } }];
  return [];
};

/** Where the run writes: the destination as such, and each target. */
const locations = ({ destination, targets }: Run): readonly Location[] =>
  destination && !targets.some(({ path }) => path === destination.path) ? [destination, ...targets] : targets;

const stem = (entry: Bytes): Bytes => cleanPath(entry.replace(/\/\*\*$/, "") || "/");

const isSame = (a: Place | null, b: Place | null): boolean =>
  a !== null && b !== null && (a.path === b.path || (a.id !== null && a.id === b.id));

/** Whether a `protect` entry covers a place, by its text and, where it can be seen, by what it is. */
function covers(entry: Bytes, { hostPath, place }: Location, facts: Facts): boolean {
  const root = stem(entry);
  const rootPlace = place && facts.knownPlace(root);
  if (isSame(place, rootPlace) || hostPath === root) return true;
  if (!entry.endsWith("/**") || hostPath === null) return false;
  return isWithin(hostPath, root) || (rootPlace !== null && isWithin(hostPath, rootPlace.path));
}

const protectedDestination: Rule = (run) =>
  locations(run).flatMap((location): Refusal[] => {
    const { path, hostPath, place } = location;
    const refusal = (same: Bytes, configured: boolean): Refusal[] => [
      { code: "protected-destination", path, same, configured },
    ];
    if (hostPath !== null && isBuiltIn(hostPath)) return refusal(location.remote ? path : hostPath, false);
    const configured = run.config.protect.find((entry) => covers(entry, location, run.facts));
    if (configured !== undefined)
      return refusal(configured.endsWith("/**") || location.remote ? path : stem(configured), true);
    const same =
      place?.kind === "directory" && builtInProtect.find((entry) => isSame(place, run.facts.knownPlace(entry)));
    return same ? refusal(same, false) : [];
  });

const deletingTargets = ({ targets }: Run): readonly Target[] => targets.filter(({ deletes }) => deletes);

/** Whether filter rules or -x may keep what lies in the destination, which only a plan can tell. */
const mayKeep = (invocation: Invocation): boolean =>
  hasFilter(invocation) || isOn(invocation.options, "one-file-system");

const hasFilter = ({ options }: Invocation): boolean => options.some((given) => has(given, "filter"));

/** What may not be emptied and lies below a directory; on another host what is listed. */
export function* shieldedBelow(
  { hostPath, remote }: Location,
  { config, facts }: Pick<Run, "config" | "facts">,
): Generator<ShieldedDirectory> {
  if (hostPath === null) return;
  const isBelow = (other: Bytes) => other !== hostPath && isWithin(other, hostPath);
  const named = [...config.protect.map(stem), ...builtInProtect];
  for (const below of named) if (isBelow(below)) yield { below, what: "protected" };
  if (remote) return;
  for (const below of named.map((entry) => facts.knownPlace(entry).path))
    if (isBelow(below)) yield { below, what: "protected" };
  for (const [below, user] of facts.homes) if (isBelow(below)) yield { below, what: `the home of ${user}` };
  for (const below of facts.mounts ?? []) if (isBelow(below)) yield { below, what: "a mount point" };
}

const protectedBelow: Rule = (run) =>
  deletingTargets(run).flatMap((target): Refusal[] => {
    // files that are removed after they were sent are not lost
    if (target.role !== "destination") return [];
    for (const { below, what } of shieldedBelow(target, run))
      if (what === "protected" || !mayKeep(run.invocation))
        return [{ code: "protected-below", path: target.path, below, what, deletes: null }];
    return [];
  });

const protectedFromDelete: Rule = (run) =>
  deletingTargets(run).flatMap(({ path, place, hostPath, remote, role, isRemoteHome }): Refusal[] => {
    const user = remote ? undefined : run.facts.homes.get(path);
    if (user !== undefined) return [{ code: "protected-from-delete", path, what: `the home of ${user}` }];
    // of a remote host, and of users that are not in passwd, only the name is known
    if (hostPath !== null && place?.kind !== "missing" && /^\/home\/[^/]+$/.test(hostPath))
      return [{ code: "protected-from-delete", path, what: "a home directory" }];
    if (role === "destination" && isRemoteHome) return [{ code: "protected-from-delete", path, what: "a remote home" }];
    return place && run.facts.mounts?.has(path) ? [{ code: "protected-from-delete", path, what: "a mount point" }] : [];
  });

const releaseRoot: Rule = ({ targets, facts, invocation, ends }) => {
  // a mirror of releases brings the link itself
  const sent = ends.sources.flatMap((source) =>
    isRemote(source) || !sendsContents(source.path) ? [] : facts.releaseLinks(facts.place(source.path).path),
  );
  const isSent = ({ link, text }: ReleaseLink) =>
    sent.some((own) => own.text === text && posix.basename(own.link) === posix.basename(link));
  return targets.flatMap(({ path, place, role }): Refusal[] => {
    if (role === "option" || place?.kind !== "directory") return [];
    // a receiver isn't told whether it gets a directory's contents or one new child
    if (invocation.kind === "receiver" && !invocation.deletes) return [];
    // `latest -> dump.sql` is no release; a link whose release is gone still tells
    const isChild = (at: Bytes) =>
      at !== path && !["file", "other"].includes(facts.place(at).kind) && isSame(facts.place(posix.dirname(at)), place);
    const found = [path, posix.dirname(path)]
      .flatMap((directory) => facts.releaseLinks(directory))
      .find((link) => isChild(link.leadsTo) && !isSent(link));
    return found ? [{ code: "release-root", path, link: found.link, text: found.text }] : [];
  });
};

const wrongName: Rule = ({ targets, config }) =>
  targets.flatMap(({ path, role }): Refusal[] => {
    if (role !== "destination") return [];
    for (const { name, matches, matchesParent } of config.destinations) {
      if (!name) continue;
      const refusal = (own: string | null): Refusal[] => [
        { code: "wrong-name", path, name: own, pattern: name.source },
      ];
      if (matchesParent(textOf(path))) return refusal(null);
      const place = [...selfAndAncestors(textOf(path))].find(matches);
      if (place === undefined) continue;
      const own = posix.basename(place);
      return name.test(own) ? [] : refusal(own);
    }
    return [];
  });

const emptyArgument: Rule = (run) =>
  [...destinationWord(run), ...sourceWords(run), ...optionWords(run, ["writes-path", "reads-path"])]
    .filter(({ word }) => word === "")
    .map(({ which }) => ({ code: "empty-argument", which }));

/** `image//usr/share`: a staging directory with an absolute path behind it, as build systems join them. */
const stagedPath = /\/\/(?:bin|boot|etc|lib\w*|opt|sbin|usr|var)\//g;

/** What a variable that expanded to nothing leaves in a word that is written to, or null. */
function signOf({ word, operand }: TypedPath, deletes: boolean): Sign | null {
  const doubled = (path: Bytes) => (deletes ? path : path.replace(stagedPath, "/")).includes("//");
  if (!operand || !isRemote(operand)) return doubled(word) ? "double-slash" : null;
  if (doubled(operand.path)) return "double-slash";
  if (operand.host === "") return "no-host";
  if (operand.user === "") return "no-user";
  if (operand.path === "") return operand.at === "daemon" ? "no-module" : "no-path";
  return operand.path === "/" ? "remote-root" : null;
}

/** A filter rule that leaves out what no backup of a whole system takes. */
const leavesOutSystem = /^(?:-[^ ]* ?|exclude[^ ]*[ _])?\/(?:proc|sys|dev|\*)(?:\/|$)/;
/** A last rule that leaves out all that was not named before. */
const leavesOutRest = /^(?:- ?|exclude[ ,])?\/?\*{1,3}$/;

/**
 * Whether all that can be deleted is in one directory, of which each component is named, two or more levels down:
 * `--include=a --include=a/b/ --include='a/b/***' --exclude='*'`, as programs delete in a tree with an empty source.
 * git-annex names one key in both of the places where it may be.
 */
export function namesOneDirectory({ options }: Invocation): boolean {
  if (isOn(options, "delete-excluded")) return false;
  const filters = options.filter((given) => has(given, "filter"));
  const isRest = ({ option, value }: GivenOption) => option.name === "exclude" && leavesOutRest.test(value ?? "");
  if (!filters.slice(-1).every(isRest)) return false;
  const included = filters.slice(0, -1).map(({ option, value }) => (option.name === "include" ? (value ?? "") : "*"));
  const paths = included.map((value) => value.replace(/\/(?:\*{2,3})?$/, "").replace(/^\//, ""));
  if (paths.some((path) => /[*?[\\]/.test(path))) return false;
  const deepest = paths.filter((path) => !paths.some((other) => other.startsWith(`${path}/`)));
  const names = new Set(deepest.map((path) => posix.basename(path)));
  return names.size === 1 && deepest.every((path) => path.includes("/"));
}

/** Leaving out /proc and its kind, or naming what to take, says that / is meant: a backup of the whole system. */
function isWholeSystem({ options, filesFrom }: Invocation, facts: Facts): boolean {
  if (filesFrom !== null) return true;
  const filters = options.filter((given) => has(given, "filter"));
  const last = filters.at(-1)?.value ?? "";
  const isNamed = filters.some(({ option, value }) => option.name === "include" || /^(?:\+|include)/.test(value ?? ""));
  if (isNamed && leavesOutRest.test(last)) return true;
  return filters
    .flatMap(({ option, value }) => {
      const file = option.name.endsWith("-from") ? value : value === null ? null : mergedFile(value);
      return file === null ? [value ?? ""] : (facts.lines(file) ?? []);
    })
    .some((rule) => leavesOutSystem.test(rule));
}

/** `-e 'ssh -p 2222 ann@web1'`: the remote shell already names the host, and the operand is `:path`. */
const namesHost = ({ options }: Invocation): boolean => {
  const [, ...words] = (lastValue(options, "rsh") ?? "").split(" ").filter((word) => word !== "");
  const last = words.at(-1);
  // the last word may be an option's value
  return last !== undefined && !last.startsWith("-") && (words.length === 1 || !/^-[A-Za-z]$/.test(words.at(-2) ?? ""));
};

/** Files, and no directory, to a remote home: nothing in it can be lost but what is named. */
const sendsFilesOnly = ({ invocation, ends, facts }: Run): boolean =>
  !loses(invocation) &&
  ends.sources.every((source) => !isRemote(source) && source.path !== "" && facts.place(source.path).kind === "file");

const emptyVariable: Rule = (run) => {
  const sources = sourceWords(run);
  const isMeant = (sign: Sign | null): boolean =>
    (sign === "no-host" && namesHost(run.invocation)) || (sign === "no-path" && sendsFilesOnly(run));
  const written = writtenWords(run).map((word) => {
    const sign = signOf(word, loses(run.invocation));
    return { word, sign: isMeant(sign) ? null : sign };
  });
  // a later source without a host means the first one's
  const hostless = sources.slice(0, 1).map((word) => {
    const named = word.operand && isRemote(word.operand) && word.operand.host === "" && !namesHost(run.invocation);
    return { word, sign: named ? ("no-host" as const) : null };
  });
  const emptied = loses(run.invocation)
    ? sources.map((word) => {
        const path = word.operand?.path ?? "";
        if (/\/\/\.?$/.test(path)) return { word, sign: "trailing-double-slash" as const };
        if (word.operand?.at === "daemon" && path === "") return { word, sign: "no-module" as const };
        return { word, sign: path === "/" && !isWholeSystem(run.invocation, run.facts) ? ("root" as const) : null };
      })
    : [];
  return [...written, ...hostless, ...emptied].flatMap(({ word: { word, which }, sign }): Refusal[] =>
    sign === null ? [] : [{ code: "empty-variable", word, which, sign }],
  );
};

const isTopLevel = (path: Bytes | null): boolean => path !== null && /^\/[^/]+$/.test(path);

/** What hosts and container images commonly have right below /, or get there by a copy. */
const commonTopLevel: ReadonlySet<Bytes> = new Set(
  ["app", "backup", "backups", "code", "data", "src", "tmp", "vagrant", "work", "workspace"].map((name) => `/${name}`),
);

const ofImageBuild = /^\/(?:usr|opt|tmp|var\/tmp)\/./;

const newTopLevel: Rule = ({ destination, invocation, ends, facts }) => {
  if (!destination || !isTopLevel(destination.hostPath)) return [];
  const { path, remote, place, hostPath } = destination;
  if (hostPath === null || isBuiltIn(hostPath) || commonTopLevel.has(hostPath)) return [];
  // from one directory right below / to another, as in /efi -> /efi.old
  if (ends.sources.some((source) => isTopLevel(locationOf(source, facts).hostPath))) return [];
  // builds of images copy installed or temporary files to directories of their own
  if (ends.sources.length > 0 && ends.sources.every((source) => !isRemote(source) && ofImageBuild.test(source.path)))
    return [];
  // what a remote host has can't be seen
  const refuses = remote ? invocation.deletes : place?.kind === "missing";
  return refuses ? [{ code: "new-top-level", path, remote }] : [];
};

const rootSource: Rule = (run) =>
  loses(run.invocation) && !isWholeSystem(run.invocation, run.facts)
    ? sourceWords(run).flatMap(({ word, operand }): Refusal[] => {
        if (!operand) return [];
        // the current directory may be / too: it is in cron and in containers
        const isRoot =
          sendsContents(operand.path) &&
          (operand.at === "local" ? run.facts.place(operand.path).path === "/" : cleanPath(operand.path) === "/") &&
          operand.at !== "daemon";
        const isHome = operand.at === "shell" && operand.path === "";
        return isRoot || isHome ? [{ code: "root-source", word }] : [];
      })
    : [];

const variable =
  /\$(?:[A-Za-z_]\w*|\{[^}]*\}|\([^)]*\)|[0-9@*#?](?![\w]))|`[^`]*`|%[A-Za-z_]\w*%|\{\{.*?\}\}|<[A-Za-z_][\w .-]*>/s;
const placeholder = /(?:^|[/:])(undefined|null|None|NaN|nil|\[object Object\])(?=\/|$)/;

/** A rule that looks for a text in the destination and in the paths that options take. */
const lookFor =
  (code: "unexpanded-variable" | "placeholder-value", pattern: RegExp): Rule =>
  (run) =>
    pathWords(run).flatMap(({ word, which }): Refusal[] => {
      const match = word === "/dev/null" ? null : pattern.exec(word);
      return match ? [{ code, word, which, found: match[1] ?? match[0] }] : [];
    });

const missingDestination: Rule = ({ invocation: { kind, dryRun, options, operands, readBatch } }) => {
  if (operands.length !== 1 || readBatch || (kind !== "listing" && !(kind === "dry-run" && dryRun))) return [];
  if (options.some((given) => has(given, "list-only"))) return [];
  const option = options.find((given) => has(given, "transfer"));
  return option ? [{ code: "missing-destination", option: spelled(option), operand: operands[0] ?? "" }] : [];
};

/** There is nothing to lose where the target isn't there, or holds nothing. */
export const holdsNothing = (place: Place | null, facts: Facts): boolean =>
  place !== null && (place.kind === "missing" || (place.kind === "directory" && facts.isEmpty(place.path) === true));

/**
 * Places that are emptied by a mirror of an empty directory, which is faster than rm. What is deeper in them may be a whole
 * tree of somebody's, like anywhere.
 */
const scratch = /\/(?:\.?cache|tmp|temp|scratch|\.?trash)(?:\/[^/]+)?$/i;

const emptySource: Rule = ({ invocation, ends, targets, facts }) =>
  invocation.deletes && !targets.every(({ place }) => holdsNothing(place, facts))
    ? ends.sources.flatMap((source): Refusal[] => {
        if (isRemote(source) || source.path === "") return [];
        const { path, kind } = facts.place(source.path);
        if (kind !== "directory") return [];
        const unmounted = facts.fstab.has(path) && facts.mounts?.has(path) === false;
        if (!unmounted && targets.every((target) => target.hostPath !== null && scratch.test(target.hostPath)))
          return [];
        return unmounted || facts.isEmpty(path) ? [{ code: "empty-source", path, unmounted }] : [];
      })
    : [];

const samePlace: Rule = ({ invocation, ends, targets, facts }) => {
  if (!loses(invocation)) return [];
  const sources = ends.sources.flatMap((source): Place[] => {
    const place = isRemote(source) || source.path === "" ? null : facts.place(source.path);
    return place?.kind === "directory" ? [place] : [];
  });
  const written = targets.flatMap(({ role, place }): Place[] =>
    role === "destination" && place && !holdsNothing(place, facts) ? [place] : [],
  );
  // an older rsync removes a file that it was to send onto itself
  if (invocation.removesSource) {
    const own = new Set(written.map(({ path }) => path));
    const sent = ends.sources.flatMap((source) => (isRemote(source) ? [] : facts.entry(source.path).path));
    const same = sent.find((path) => own.has(path));
    if (same !== undefined) return [{ code: "same-place", source: same, target: same }];
  }
  const targetAround = containerAmong(written);
  const sourceAround = containerAmong(sources);
  for (const source of sources) {
    const target = targetAround(source);
    if (target) return [{ code: "same-place", source: source.path, target: target.path }];
  }
  // a filter rule may keep the target from being sent
  if (invocation.deletes && !invocation.removesSource && hasFilter(invocation)) return [];
  for (const target of written) {
    const source = sourceAround(target);
    if (source) return [{ code: "same-place", source: source.path, target: target.path }];
  }
  return [];
};

/**
 * Finds among these directories the one that another directory is, or is in. There may be thousands of both, so each is
 * looked up by its path and its identity. That everything is in `/` is a question of root-source.
 */
function containerAmong(directories: readonly Place[]): (place: Place) => Place | undefined {
  const byPath = new Map(directories.map((directory) => [directory.path, directory]));
  const byIdentity = new Map(directories.map((directory) => [directory.id, directory]));
  return ({ path, id }) => {
    for (const at of selfAndAncestors(path)) {
      const found = byPath.get(at);
      if (found) return found;
    }
    return id === null ? undefined : byIdentity.get(id);
  };
}

/** What two lists of names have in common, of the longer one. */
const isMostlyShared = (a: readonly Bytes[], b: readonly Bytes[]): boolean => {
  const known = new Set(a);
  const shared = b.filter((name) => known.has(name)).length;
  return shared > 1 && 2 * shared >= Math.max(a.length, b.length);
};

const sameNames: Rule = ({ invocation, ends, destination, facts }) => {
  if (ends.sources.length < 2 || invocation.relative || destination === null) return [];
  const local = ends.sources.flatMap((source) => (isRemote(source) || source.path === "" ? [] : [source.path]));
  const found = (names: readonly Bytes[]): Refusal[] => [
    {
      code: "same-names",
      names: sampleOf(names.map(textOf)),
      into: destination.path,
    },
  ];
  // the same file named twice loses nothing
  const files = new Map(
    local.flatMap((path) => {
      const { kind, path: real } = facts.place(path);
      return kind === "file" ? [[real, posix.basename(path)]] : [];
    }),
  );
  const seen = new Set<Bytes>();
  const repeated = [...files.values()].filter((name) => seen.size === seen.add(name).size);
  if (repeated.length > 0) return found([...new Set(repeated)]);
  if (!invocation.deletes) return [];
  const contents = local
    .filter((path) => sendsContents(path) && facts.place(path).kind === "directory")
    .map((path) => facts.fileNames(facts.place(path).path) ?? []);
  for (const [at, names] of contents.entries()) {
    const other = contents.slice(0, at).find((earlier) => isMostlyShared(earlier, names));
    if (other) return found(names.filter((name) => other.includes(name)));
  }
  return [];
};

const notMounted: Rule = ({ targets, facts, config }) =>
  mountedTargets(targets).flatMap((target): Refusal[] => {
    const { path } = target;
    const { mounts } = facts;
    if (mounts === null) return [];
    const refusal = (mount: Bytes, why: MountReason): Refusal[] => [{ code: "not-mounted", path, mount, why }];
    const missing = [...selfAndAncestors(path)].find((at) => facts.fstab.has(at) && !mounts.has(at));
    if (missing !== undefined) return refusal(missing, "fstab");
    const last = facts.lastMount(path);
    if (last !== null && !mounts.has(last)) return refusal(last, "earlier-runs");
    const place = destinationOf(config, [target]);
    if (!place) return [];
    const top = bytesOf(place.top);
    if (place.requireMount && !isWithin(mountOf(path, mounts), top)) return refusal(top, "require_mount");
    const { marker } = place;
    return marker !== null && facts.place(posix.join(top, marker)).kind === "missing"
      ? refusal(top, { marker: posix.join(top, marker) })
      : [];
  });

/** Every static rule, in the order in which refusals are shown. */
export const rules: readonly Rule[] = [
  popt,
  oldArgs,
  unseen,
  protectedDestination,
  protectedBelow,
  protectedFromDelete,
  releaseRoot,
  wrongName,
  emptyArgument,
  emptyVariable,
  newTopLevel,
  rootSource,
  lookFor("unexpanded-variable", variable),
  lookFor("placeholder-value", placeholder),
  missingDestination,
  emptySource,
  samePlace,
  sameNames,
  notMounted,
];
