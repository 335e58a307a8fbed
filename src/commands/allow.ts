/** `rsync-guard allow`: lets exactly one refused run go, once. */
import { hostname } from "node:os";
import { bytesOf } from "../core/bytes.ts";
import { neverAllowedCodes } from "../core/codes.ts";
import { type Entry, idOf } from "../core/history/journal.ts";
import { cwdText } from "../core/history/listing.ts";
import { showTextWord } from "../core/quoting.ts";
import { nobodyText } from "../core/words/reasons.ts";
import { usableConfiguration } from "../io/decide.ts";
import type { Environment } from "../io/host/environment.ts";
import { allowProgress } from "../io/host/progress.ts";
import { whyNobody } from "../io/host/session.ts";
import { atTerminal, isAnswered } from "../io/host/terminal.ts";
import { allowedFor, giveAllowance } from "../io/store/allowances.ts";
import { journalSettings, writeJournal } from "../io/store/journal.ts";
import { type Journal, readJournals } from "../io/store/journal-read.ts";
import { allowancesDirectory, journalFile } from "../io/store/paths.ts";
import { type Command, problem, usage } from "./command.ts";
import { ownShim } from "./program.ts";

/** Older refusals are of another situation. */
const recent = 24 * 3_600_000;

const minutes = `${allowedFor / 60_000} minutes`;

export const allow: Command = {
  usage: ["ID"],
  does: `let one refused command run once, within ${minutes}`,
  flags: {},
  more: [
    "Use it when you understand the refusal and don't want to change the configuration. The ID is in the column id of rsync-guard log --refused. It asks you to type this host's name at the terminal, and the journal records that you allowed it.",
    "Some refusals can't be lifted: those that protect a directory (protected-*), and those of a command that can't be read (exit code 78). The command has to be the same in every respect: options, paths, what is at these paths, and user.",
  ],
  completes: (env) => [
    ...new Set(
      recentRefusals(env)
        .filter(({ codes }) => !codes.some((code) => neverAllowedCodes.has(code)))
        .map(({ fingerprint }) => idOf(fingerprint)),
    ),
  ],
  run: async ({ words, env }) => {
    const [id = ""] = words;
    if (!/^[0-9a-f]{8,64}$/.test(id))
      return usage("allow what? Give the ID of a refusal, from rsync-guard log --refused");
    const refusal = findRefusal(id, env);
    if (!refusal) return problem(`no refusal of the last 24 hours has the ID ${id}`);
    const fixed = refusal.codes.filter((code) => neverAllowedCodes.has(code));
    if (fixed.length > 0)
      return problem(`${fixed.join(", ")} can't be lifted for one run: change the command, or the configuration`);
    const nobody = whyNobody();
    if (nobody !== null) return problem(`allow works only where a person sits: ${nobodyText(nobody)}`);
    const given = await atTerminal(async (terminal) => {
      terminal.tell(`${describe(refusal)}
  ${await effectText(refusal, env)}
`);
      const question = `  to let it run once within ${minutes}, type the name of this host: `;
      return isAnswered(terminal, question, (typed) => typed.trim() === hostname());
    });
    if (given === null) return problem("allow works only at a terminal");
    if (!given) return problem("that is not this host's name: nothing was allowed");
    await letRun(refusal, env);
    return { text: `allowed once, within ${minutes}: ${idOf(refusal.fingerprint)}\n`, exitCode: 0 };
  },
};

type Refused = Entry & { readonly fingerprint: string };

/** Those that have a fingerprint, the newest last. */
function recentRefusals(env: Environment): readonly Refused[] {
  const own: Journal = { file: journalFile(env), uid: process.geteuid?.() ?? -1, user: null };
  const { entries } = readJournals([own], Date.now() - recent);
  return [...entries].filter((entry): entry is Refused => entry.verdict === "refuse" && entry.fingerprint !== null);
}

/** The latest refusal whose fingerprint begins so. */
const findRefusal = (id: string, env: Environment): Refused | undefined =>
  recentRefusals(env).findLast(({ fingerprint }) => fingerprint.startsWith(id));

/** What the person is asked about, on the terminal: the whole command. */
const describe = (refusal: Refused): string =>
  [
    ["rsync", ...refusal.argv.map(showTextWord)].join(" "),
    `  in ${cwdText(refusal)}, writes to ${refusal.targets.map(showTextWord).join(", ")}`,
    `  refused for: ${refusal.codes.join(", ")}`,
  ].join("\n");

/** What it would do, planned now, since much may have happened after it was refused. */
async function effectText({ argv, cwd, fingerprint }: Refused, env: Environment): Promise<string> {
  const [{ commandLineOf }, { decide }, { makePlan }, { planText }, { obstacleText }] = await Promise.all([
    import("../io/command-line.ts"),
    import("../io/decide.ts"),
    import("../io/planner.ts"),
    import("../core/words/message.ts"),
    import("../core/words/reasons.ts"),
  ]);
  try {
    process.chdir(cwd ?? "");
    const decision = await decide(commandLineOf(argv.map(bytesOf), env), env, { shim: ownShim(), real: null });
    if (decision.record?.fingerprint !== fingerprint)
      return "what it would do can't be shown: from here, or by now, it would be another run";
    allowProgress();
    const made = await makePlan(decision);
    return made.plan
      ? `would now ${planText(made.plan)}`
      : `what it would do can't be shown: ${obstacleText(made.obstacle)}`;
  } catch (error) {
    return `what it would do can't be shown: ${(error as Error).message}`;
  }
}

async function letRun({ argv, targets, codes, fingerprint }: Refused, env: Environment): Promise<void> {
  giveAllowance(allowancesDirectory(env), fingerprint);
  const event = {
    argv,
    targets,
    codes,
    fingerprint,
    kind: "allow",
    verdict: "allowed",
    approvedAt: null,
    plan: null,
    risk: null,
    undo: null,
  } as const;
  await writeJournal(journalFile(env), event, env, journalSettings(await usableConfiguration(env)));
}
