/** `rsync-guard allow`: lets exactly one refused run go, once. */
import { hostname } from "node:os";
import { bytesOf } from "../core/bytes.ts";
import { neverAllowedCodes } from "../core/codes.ts";
import { type Entry, idOf } from "../core/history/journal.ts";
import { shown, shownWord } from "../core/quoting.ts";
import { atTerminal } from "../io/host/terminal.ts";
import { allowedFor, giveAllowance } from "../io/store/allowances.ts";
import { writeJournal } from "../io/store/journal.ts";
import { type Journal, readJournals } from "../io/store/journal-read.ts";
import { allowancesDirectory, journalFile } from "../io/store/paths.ts";
import { type Command, type Output, problem, usage } from "./command.ts";

/** Older refusals are of another situation. */
const recent = 24 * 3_600_000;

export const allow: Command = {
  usage: ["ID"],
  does: "let exactly one refused command run once, within 5 minutes",
  flags: {},
  more: [
    "For a refusal that you have understood, and that a line of configuration would be too much for. ID is in the last column of rsync-guard log --refused. It asks for this host's name at the terminal, and is journalled.",
    "It can't lift a refusal that protects a directory (protected-*), or of a command that can't be read (cannot-decide and its kind). The command has to be the same in every respect: paths, options, what is at these paths, this user.",
  ],
  run: async ({ words, env }) => {
    const [id = ""] = words;
    if (!/^[0-9a-f]{8,64}$/.test(id))
      return usage("allow what? the ID of a refusal, as rsync-guard log --refused shows it");
    const own: Journal = { file: journalFile(env), uid: process.geteuid?.() ?? -1, user: null };
    const refusals = [...readJournals([own], Date.now() - recent).entries].filter(
      ({ verdict }) => verdict === "refuse",
    );
    const refusal = refusals.findLast(({ fingerprint }) => fingerprint?.startsWith(id));
    if (!refusal) return problem(`no refusal of the last 24 hours has the ID ${id}`);
    const fixed = refusal.codes.filter((code) => neverAllowedCodes.has(code));
    if (fixed.length > 0)
      return problem(`${fixed.join(", ")} can't be lifted for one run: change the command, or the configuration`);
    const given = await atTerminal(({ tell, ask }) => {
      tell(`${told(refusal)}\n`);
      return (
        ask(`  to let it run once within ${allowedFor / 60_000} minutes, type the name of this host: `) === hostname()
      );
    });
    if (given === null) return problem("only at a terminal");
    if (!given) return problem("that is not this host's name: nothing was allowed");
    return allowed(refusal, env);
  },
};

/** What is asked about, on the terminal. */
const told = ({ argv, cwd, targets, codes }: Entry): string =>
  [
    ["rsync", ...argv.map((word) => shownWord(bytesOf(word)))].join(" "),
    `  in ${shown(bytesOf(cwd ?? "(a directory that is gone)"))}, writes in ${targets.map((path) => shownWord(bytesOf(path))).join(", ")}`,
    `  refused for: ${codes.join(", ")}`,
  ].join("\n");

async function allowed(refusal: Entry, env: Parameters<typeof journalFile>[0]): Promise<Output> {
  const { argv, targets, codes, fingerprint } = refusal;
  if (fingerprint === null) return problem("that refusal has no fingerprint");
  giveAllowance(allowancesDirectory(env), fingerprint);
  const said = {
    argv,
    targets,
    codes,
    fingerprint,
    kind: "allow",
    verdict: "allowed",
    approvedAt: null,
    plan: null,
  } as const;
  await writeJournal(journalFile(env), said, env, { syslog: false });
  return { text: `allowed once, for 5 minutes: ${idOf(fingerprint)}\n`, exitCode: 0 };
}
