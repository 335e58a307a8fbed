/** `rsync-guard daemon-check`: the `pre-xfer exec` of an rsync daemon's module. The daemon runs the transfer after it. */
import { daemonArguments, daemonParsed } from "../core/command/daemon.ts";
import { lastValue } from "../core/command/parse.ts";
import { exitCodes } from "../core/exit-codes.ts";
import { eventOf } from "../core/history/journal.ts";
import { type Decision, exitCodeOf, isJournalled, verdictOf } from "../core/judge/decision.ts";
import { commandText } from "../core/words/command-text.ts";
import { linesText } from "../core/words/lines.ts";
import { plural, refusalText } from "../core/words/message.ts";
import { decide, usableConfiguration } from "../io/decide.ts";
import { type Environment, readEnvironment } from "../io/host/environment.ts";
import { limitOf } from "../io/receiver-limit.ts";
import { journalSettings, writeJournal } from "../io/store/journal.ts";
import { journalFile } from "../io/store/paths.ts";
import { type Command, type Output, unexpectedArgument, usage } from "./command.ts";
import { ownShim } from "./program.ts";

export const daemonCheck: Command = {
  usage: ["[--require-limit]"],
  does: "judge a transfer with a daemon, as pre-xfer exec of a module",
  flags: {
    "require-limit": {
      value: null,
      does: "refuse a push that deletes, unless it has a --max-delete within limits.max_delete",
    },
  },
  more: [
    "A daemon starts it before each transfer, if the module has pre-xfer exec = /usr/local/bin/rsync-guard daemon-check. The rules on the command apply. There are no plans, and a dry run is neither needed nor recorded; one is never refused, unless it can't be read. If it exits with anything but 0, the daemon ends the transfer, and shows its standard output to the client.",
    "Nothing can be put among the arguments of a daemon, so limits.max_delete counts only with --require-limit, and clients then have to give --max-delete themselves.",
  ],
  run: async ({ words: [word], flags, env }) => {
    if (word !== undefined) return unexpectedArgument(word);
    const { RSYNC_MODULE_PATH: modulePath } = env;
    if (!modulePath) return usage("daemon-check is for pre-xfer exec in rsyncd.conf: there is no RSYNC_MODULE_PATH");
    return checkTransfer(modulePath, env, flags["require-limit"] === true);
  },
};

async function checkTransfer(modulePath: string, env: Environment, requiresLimit: boolean): Promise<Output> {
  const variables = readEnvironment("self");
  const argv = daemonArguments(variables);
  try {
    // the paths of a request are relative to the module
    process.chdir(modulePath);
  } catch (error) {
    return refused(
      exitCodes.undecidable,
      `rsync-guard: refused, nothing ran: the module can't be entered: ${(error as Error).message}\n`,
    );
  }
  const parsed = daemonParsed(argv, variables.get("RSYNC_MODULE_PATH") ?? "");
  const command = { argv, parsed, shellWords: "", secludedProblem: null };
  const decision = withoutDryRun(await decide(command, env, { shim: ownShim(), real: null }));
  const limit = requiresLimit && decision.verdict === "run" ? lackingLimit(decision) : null;
  await writeEntry(limit === null ? decision : { ...decision, verdict: "refuse" }, env);
  if (decision.verdict === "refuse")
    return refused(exitCodeOf(decision), refusalText(decision, "refused, nothing ran"));
  return limit === null ? { text: "", exitCode: 0 } : refused(exitCodes.refused, limitText(decision, limit));
}

/** The daemon shows its clients what stands on standard output, and nothing else. */
const refused = (exitCode: number, text: string): Output => ({ text, exitCode });

/** A daemon's dry runs leave no record, so none can be lacking. */
function withoutDryRun(decision: Decision): Decision {
  const { invocation, lackingDryRun, settings } = decision;
  if (!invocation) return decision;
  const refusals = decision.refusals.filter((one) => one !== lackingDryRun);
  return { ...decision, lackingDryRun: null, refusals, verdict: verdictOf(invocation, refusals, settings) };
}

/** The limit of this push, where it has none that is as small. */
function lackingLimit(decision: Decision): number | null {
  const limit = limitOf(decision);
  const own = lastValue(decision.invocation?.options ?? [], "max-delete");
  return limit === null || (own !== null && Number.parseInt(own, 10) <= limit) ? null : limit;
}

const limitText = ({ argv }: Decision, limit: number): string =>
  linesText([
    `rsync-guard: refused, nothing ran: this push may delete ${plural(limit, "entry", "entries")} at most, and has to say so`,
    `  ${commandText(argv)}`,
    `  next: run it again with --max-delete=${limit}, with which rsync stops there; to allow more, raise limits.max_delete in a [[destination]] on the daemon's host`,
  ]);

async function writeEntry(decision: Decision, env: Environment): Promise<void> {
  if (!isJournalled(decision)) return;
  const isObserved = decision.verdict === "run" && decision.refusals.length > 0;
  const event = eventOf(decision, isObserved ? "observed" : decision.verdict);
  // nobody reads here that it failed, and the decision stands without it
  await writeJournal(
    journalFile(env),
    event,
    env,
    journalSettings(decision.inputs?.config ?? (await usableConfiguration(env))),
  );
}
