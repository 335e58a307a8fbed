/** The guard's reading of a command line against rsync's own. */

import { isRemote, operandOf, type Remote } from "../../src/core/command/operand.ts";
import { type Invocation, isOn, lastValue, parse } from "../../src/core/command/parse.ts";
import { cleanPath } from "../../src/core/paths.ts";
import { endsOf } from "../../src/core/place/target.ts";
import type { Case, Reading } from "./referee.ts";

/** Options whose value rsync keeps as it was given, in the variable of the same name. */
const keptValues = [
  "temp-dir",
  "backup-dir",
  "files-from",
  "rsh",
  "rsync-path",
  "suffix",
  "read-batch",
  "write-batch",
  "password-file",
  "copy-as",
  "early-input",
];

/** Kinds of deletion that each have a variable of their own. */
const deletions = ["delete-before", "delete-after", "delete-excluded", "force"];

/** What is compared, the guard's reading of it, and rsync's. */
type Pair = [what: string, guard: unknown, rsync: unknown];

/** What the two disagree on, a line each; none where nothing was started, since nothing can then be lost. */
export function disagreements({ argv, env }: Case, rsync: Reading): readonly string[] {
  const parsed = parse(argv, env);
  if ("unreadable" in parsed) {
    // rsync has to refuse it too, or never to end
    const { argument, problem } = parsed.unreadable;
    // what these hand to the other side may be anything, and is refused without asking rsync, which hands it on unread
    if (/^(?:-M|--rsync-path=)/.test(argument)) return [];
    // as the last word it stays as it is, which the plan's command line could not say
    if (problem.is === "popt-operand") return [];
    // popt 1.18 drops such a value, but which popt an rsync has isn't known
    if (problem.is === "takes-no-value" && isOld(rsync)) return [];
    return rsync.why === "exit" && rsync.code !== 0
      ? []
      : rsync.why === "hang"
        ? []
        : [`guard: ${argument} ${problem.is}; rsync: ${rsync.why}`];
  }
  const { invocation } = parsed;
  // the rest of its arguments would come on standard input
  if (invocation.secluded && rsync.why === "server") return [];
  if (rsync.why === "hang") return ["rsync hangs"];
  if (rsync.why === "exit") {
    // a daemon's own -h prints its help
    const told = rsync.code === 0 && invocation.kind !== "daemon";
    return told && invocation.kind !== "information"
      ? [`kind: guard ${invocation.kind}, rsync prints and exits 0`]
      : [];
  }
  const { variables, childs } = rsync;
  const isSet = (values: Reading["variables"], names: readonly string[]) =>
    names.some((name) => !["", "0", undefined].includes(values[name]));
  const on = (...names: string[]) => isSet(variables, names);
  const { sources, destination } = endsOf(invocation);
  const remote = [...(destination ? [destination] : []), ...sources].find(isRemote);
  // a batch is replayed without a child
  const isServer = rsync.why === "server" && !invocation.readBatch;
  const listing = on("list-only");
  const pairs: Pair[] = [
    ["operands", invocation.operands, rsync.operands ?? []],
    ["server", invocation.kind === "receiver" || invocation.kind === "sender", isServer],
    ["sender", invocation.kind === "sender", isServer && rsync.delivered.includes("sender")],
    ["removes source", isOn(invocation.options, "remove-source-files"), on("remove-source-files")],
    ["relative", invocation.relative, on("relative")],
    ...keptValues.flatMap((name): Pair[] => {
      const value = lastValue(invocation.options, name);
      // of :FILE, which is read over there, rsync keeps the name
      const isThere = name === "files-from" && value !== null && isRemote(operandOf(value));
      if (value === null || isThere) return [];
      const real = variables[name] ?? "";
      // rsync cleans the path of this one
      return [name === "backup-dir" ? [name, cleanPath(value), cleanPath(real)] : [name, value, real]];
    }),
  ];
  if (!isServer) {
    // a dry run with one operand lists, but is told what its live run lacks
    const lists = invocation.kind === "dry-run" && destination === null;
    pairs.push(["listing", invocation.kind === "listing" || lists, listing]);
    if (!isOld(rsync)) pairs.push(["secluded", invocation.secluded, on("secluded-args", "protect-args")]);
    const oldArgs = Number(variables["no-old-args"] ?? 0);
    if (rsync.why === "remote" && !isOld(rsync))
      pairs.push(["old-args", invocation.oldArgs, oldArgs < 0 ? 1 : Math.min(oldArgs, 2)]);
    if (!listing && !invocation.readBatch) {
      pairs.push(["remote", remote !== undefined, rsync.why !== "local"]);
      // behind a remote source `:path` is one more source: rsync lists it, and the guard refuses it
      const isListed = remote === destination && remote?.host === "" && sources[0] && isRemote(sources[0]);
      if (remote && !isListed) pairs.push(...connection(rsync, invocation, env, remote, remote === destination));
    }
  }
  // the batch may say otherwise
  if (!invocation.readBatch) pairs.push(["recursive", invocation.recursive, on("recursive")]);
  // a batch that is only written counts as a dry run inside rsync
  if (lastValue(invocation.options, "only-write-batch") === null && !listing)
    pairs.push(["dry run", invocation.dryRun, on("dry-run")]);
  if (!listing) {
    const removes = (values: Reading["variables"]) =>
      isSet(values, ["delete", "delete-before", "delete-during", "delete-after", "delete-excluded", "force"]) ||
      values["delete-missing-args"] === "2";
    // what -M holds is known of a local copy, whose receiving half is the child
    const isKnown = invocation.remoteOptions.length === 0 || rsync.why === "local";
    pairs.push(
      ...deletions.map((name): Pair => [name, isOn(invocation.options, name), on(name)]),
      ...(isKnown ? [["deletes", invocation.deletes, removes(variables) || removes(childs)] satisfies Pair] : []),
    );
  }
  return pairs
    .filter(([, guard, real]) => JSON.stringify(guard) !== JSON.stringify(real))
    .map(([what, guard, real]) => `${what}: guard ${JSON.stringify(guard)}, rsync ${JSON.stringify(real)}`);
}

/** Before RSYNC_OLD_ARGS, for which RSYNC_PROTECT_ARGS is then ignored; and with the popt of that time. */
const isOld = ({ version }: Reading): boolean => version.localeCompare("3.2.4", "en", { numeric: true }) < 0;

/** Where rsync connects to, as whom, and which way. */
function connection(
  { why, started }: Reading,
  { options }: Invocation,
  env: Case["env"],
  { host, user }: Remote,
  isPush: boolean,
): readonly Pair[] {
  if (why === "daemon") {
    // these two connect to it in another way
    return env["RSYNC_PROXY"] || env["RSYNC_CONNECT_PROG"] ? [] : [["host", host, started[0]]];
  }
  const path = lastValue(options, "rsync-path") ?? "rsync";
  const at = started.findIndex((word, index) => word === path && started[index + 1] === "--server");
  const [role = ""] = started.slice(at + 2);
  // what -e holds may name the user
  const shell = lastValue(options, "rsh") ?? env["RSYNC_RSH"] ?? "";
  const before = started.slice(0, at - 1).filter((word) => word !== "-4" && word !== "-6");
  const named = before.at(-2) === "-l" ? before.at(-1) : null;
  return [
    ["host", host, started[at - 1]],
    ...(role === "--daemon" ? [] : [["push", isPush, role !== "--sender"] satisfies Pair]),
    ...(role === "--daemon" || shell.includes("-l") ? [] : [["user", user, named] satisfies Pair]),
  ];
}
