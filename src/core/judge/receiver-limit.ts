/**
 * The limit of a push on the host that receives it. There is no plan there, so rsync itself has to stop: --max-delete
 * among the server's arguments.
 */
import type { Bytes } from "../bytes.ts";
import { lastValue, type ParseEnvironment, parse } from "../command/parse.ts";
import type { Decision } from "./decision.ts";
import { fewEntries } from "./plan-rules.ts";

/**
 * How many entries a run may delete; null: any number. `countPresent`: how many entries are now in the directories that
 * it may delete in.
 */
export function deletionLimit(
  { invocation, risk, settings, targets }: Decision,
  countPresent: (directories: readonly Bytes[]) => number,
): number | null {
  const { mode, allow, limits } = settings;
  const isJudged = mode === "enforce" && !allow.includes("plan-too-large");
  if (invocation?.kind !== "receiver" || !invocation.deletes || risk !== "deletes" || !isJudged) return null;
  const { maxDelete } = limits;
  if ("entries" in maxDelete) return Math.min(maxDelete.entries, largest);
  if (maxDelete.percent >= 100) return null;
  const present = countPresent(
    targets.flatMap(({ role, deletes, path }) => (role === "destination" && deletes ? [path] : [])),
  );
  return present < fewEntries ? null : Math.floor((present * maxDelete.percent) / 100);
}

/** rsync keeps it in an int. */
const largest = 2 ** 31 - 1;

/** A server's arguments with that limit; null where they already have one that is no larger. */
export function withDeletionLimit(
  argv: readonly Bytes[],
  most: number,
  env: ParseEnvironment,
): readonly Bytes[] | null {
  const before = parse(argv, env);
  if ("unreadable" in before) return null;
  const { options, operands } = before.invocation;
  const own = lastValue(options, "max-delete");
  if (own !== null && Number.parseInt(own, 10) <= most) return null;
  const isLimited = (words: readonly Bytes[]): boolean => {
    const after = parse(words, env);
    return (
      "invocation" in after &&
      after.invocation.options.length === options.length + 1 &&
      lastValue(after.invocation.options, "max-delete") === String(most) &&
      after.invocation.operands.join("\0") === operands.join("\0")
    );
  };
  // a client puts the operands last; a line that somebody wrote may have options behind them, or `--` before them
  for (let at = argv.length - operands.length; at >= 0; at--) {
    const words = [...argv.slice(0, at), `--max-delete=${most}`, ...argv.slice(at)];
    if (isLimited(words)) return words;
  }
  return null;
}
