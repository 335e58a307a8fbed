/** The guard's reading of a command line against rsync's own. */

import { bytesOf } from "../../src/core/bytes.ts";
import { isRemote, operandOf } from "../../src/core/command/operand.ts";
import { has, isOn, lastValue, parse } from "../../src/core/command/parse.ts";
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

/** What the two disagree on, a line each; none where nothing was started, since nothing can then be lost. */
export function disagreements({ argv, env }: Case, rsync: Reading): readonly string[] {
  const parsed = parse(argv.map(bytesOf), env);
  if ("unreadable" in parsed) {
    // rsync has to refuse it too, or never to end
    const { argument, problem } = parsed.unreadable;
    // what these hand to the other side may be anything, and is refused without asking rsync, which hands it on unread
    if (/^(?:-M|--rsync-path=)/.test(argument)) return [];
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
  const on = (...names: string[]) => names.some((name) => !["", "0", undefined].includes(rsync.variables[name]));
  const { sources, destination } = endsOf(invocation);
  const remote = [...sources, ...(destination ? [destination] : [])].some((operand) => isRemote(operand));
  // a batch is replayed without a child
  const isServer = rsync.why === "server" && !invocation.readBatch;
  const listing = on("list-only");
  const pairs: [string, unknown, unknown][] = [
    ["operands", invocation.operands, rsync.operands ?? []],
    ["server", invocation.kind === "receiver" || invocation.kind === "sender", isServer],
    ["sender", invocation.kind === "sender", isServer && rsync.delivered.includes("sender")],
    ["removes source", invocation.removesSource, on("remove-source-files")],
    ["relative", invocation.relative, on("relative")],
    ...keptValues.flatMap((name): [string, unknown, unknown][] => {
      const value = lastValue(invocation.options, name);
      // of :FILE, which is read over there, rsync keeps the name
      const isThere = name === "files-from" && value !== null && isRemote(operandOf(value));
      return value === null || isThere ? [] : [[name, value, rsync.variables[name] ?? ""]];
    }),
  ];
  if (!isServer) {
    // a dry run with one operand lists, but is told what its live run lacks
    const lists = invocation.kind === "dry-run" && destination === null;
    pairs.push(["listing", invocation.kind === "listing" || lists, listing]);
    if (!listing && !invocation.readBatch) pairs.push(["remote", remote, rsync.why !== "local"]);
  }
  // the batch, or what -M hands to rsync's own receiving half, may say otherwise
  if (!invocation.readBatch && invocation.remoteOptions.length === 0)
    pairs.push(["recursive", invocation.recursive, on("recursive")]);
  // a batch that is only written counts as a dry run inside rsync; -M-n makes one half of rsync a dry run, and it hangs
  const handsOn = invocation.remoteOptions.some((given) => has(given, "dry-run"));
  if (lastValue(invocation.options, "only-write-batch") === null && !listing && !handsOn)
    pairs.push(["dry run", invocation.dryRun, on("dry-run")]);
  if (!listing && invocation.remoteOptions.length === 0)
    pairs.push(
      ...deletions.map((name): [string, unknown, unknown] => [name, isOn(invocation.options, name), on(name)]),
      [
        "deletes",
        invocation.deletes,
        on("delete", "delete-before", "delete-during", "delete-after", "delete-excluded", "force") ||
          rsync.variables["delete-missing-args"] === "2",
      ],
    );
  return pairs
    .filter(([, guard, real]) => JSON.stringify(guard) !== JSON.stringify(real))
    .map(([what, guard, real]) => `${what}: guard ${JSON.stringify(guard)}, rsync ${JSON.stringify(real)}`);
}
