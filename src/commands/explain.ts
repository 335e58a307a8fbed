/** `rsync-guard explain`: what would happen to a command, or what a code means. Runs nothing. */

import { type Bytes, textOf } from "../core/bytes.ts";
import { type Code, codes } from "../core/codes.ts";
import type { GivenOption, Invocation } from "../core/command/parse.ts";
import { didYouMean } from "../core/did-you-mean.ts";
import { exitCodes } from "../core/exit-codes.ts";
import { type Decision, exitCodeOf } from "../core/judge/decision.ts";
import { canLose } from "../core/judge/verdict.ts";
import { asciiJson, showWord } from "../core/quoting.ts";
import { commandText } from "../core/words/command-text.ts";
import { linesText } from "../core/words/lines.ts";
import { factTexts, obstacleText } from "../core/words/reasons.ts";
import { causeFirst, lineOf, nextOf } from "../core/words/refusals.ts";
import { commandLineOf } from "../io/command-line.ts";
import { decide } from "../io/decide.ts";
import type { Environment } from "../io/host/environment.ts";
import { type Command, type Output, usage } from "./command.ts";
import { pageText } from "./page-text.ts";
import { ownShim } from "./program.ts";

/** docs/codes, by code. */
declare const RSYNC_GUARD_PAGES: Readonly<Record<Code, string>>;

export const explain: Command = {
  usage: ["[--json] -- ARGS…", "CODE"],
  does: "say what would happen to a command, or what a code means",
  flags: { json: { value: null, does: "print the explanation as JSON" } },
  more: [
    `Runs nothing. Exits with 0 if the command would run, ${exitCodes.refused} if it would be refused, and ${exitCodes.undecidable} if it can't be decided.`,
    "It makes no plan, since that takes a run of rsync; it says when one would be made.",
  ],
  completes: () => codes,
  run: async ({ words, flags, after, env }) => {
    if (after) return explainCommand(after, env, { json: flags["json"] === true, shim: ownShim() });
    const [word] = words;
    if (word === undefined)
      return usage(
        `explain what? Give the arguments of an rsync command after --, or one of these codes:\n${codeList}`,
      );
    return (
      explainCode(word) ??
      usage(
        `${word} is not a code${didYouMean(word, codes)}\nto explain a command, put -- before its arguments; rsync-guard explain lists the codes`,
      )
    );
  },
};

/** What `--json` prints. Paths and arguments are text; a byte that isn't UTF-8 is `\xNN`. */
export interface Explanation {
  readonly kind: Invocation["kind"] | null;
  readonly verdict: Decision["verdict"];
  readonly risk: Decision["risk"];
  readonly refusals: readonly { readonly code: Code; readonly message: string }[];
  readonly operands: readonly string[];
  readonly options: readonly (readonly [name: string, value: string | null])[];
  readonly dryRun: boolean;
  readonly deletes: boolean;
  readonly removesSource: boolean;
  readonly targets: readonly {
    readonly path: string;
    readonly remote: boolean;
    readonly writes: boolean;
    readonly deletes: boolean;
  }[];
  readonly fingerprint: string | null;
}

export function explanationOf({ invocation, verdict, risk, refusals, targets, record }: Decision): Explanation {
  return {
    kind: invocation?.kind ?? null,
    verdict,
    risk,
    refusals: refusals.map((refusal) => ({ code: refusal.code, message: lineOf(refusal), ...factTexts(refusal) })),
    operands: (invocation?.operands ?? []).map(textOf),
    options: (invocation?.options ?? []).map(({ as, value }) => [textOf(as), value === null ? null : textOf(value)]),
    dryRun: invocation?.dryRun ?? false,
    deletes: invocation?.deletes ?? false,
    removesSource: invocation?.removesSource ?? false,
    targets: targets.map(({ path, remote, writes, deletes }) => ({ path: textOf(path), remote, writes, deletes })),
    fingerprint: record?.fingerprint ?? null,
  };
}

/** Explains a command line, given without the word rsync. */
export async function explainCommand(
  argv: readonly Bytes[],
  env: Environment,
  { json, shim }: { readonly json: boolean; readonly shim: string | null },
): Promise<Output> {
  const decision = await decide(commandLineOf(argv, env), env, { shim, real: null }, { needsFingerprint: true });
  const lines = json ? [asciiJson(explanationOf(decision))] : explanationLines(decision);
  return { text: linesText(lines), exitCode: exitCodeOf(decision) };
}

const verdicts = {
  run: "run",
  approve: "run, and record the dry run if it succeeds",
  refuse: "refuse",
} as const;

const whenRequired: Readonly<Record<Decision["settings"]["dryRun"]["required"], string>> = {
  always: "always",
  risky: "if it deletes or overwrites",
  deletes: "if it deletes",
  never: "never",
  auto: "if it deletes or overwrites; rsync-guard makes it itself",
};

function explanationLines(decision: Decision): readonly string[] {
  const { argv, invocation, verdict, risk, refusals, targets, rsync, record, settings, planning } = decision;
  const [first] = causeFirst(refusals);
  const rows: [string, string][] = [
    [
      "verdict",
      `${verdicts[verdict]}${verdict === "refuse" ? "" : refusals.length > 0 ? "; the live run would be refused" : ""}`,
    ],
  ];
  if (first) rows.push(["why", lineOf(first)], ["next", nextOf(first)]);
  rows.push(["command", commandText(argv)]);
  if (invocation) {
    rows.push(["kind", kindText(invocation)], ["options", invocation.options.map(optionText).join(" ") || "(none)"]);
    invocation.operands.forEach((operand, at) => {
      rows.push([`operand ${at + 1}`, showWord(operand)]);
    });
  }
  for (const { path, writes, deletes } of targets)
    rows.push([
      "target",
      `${showWord(path)} (${[writes && "writes", deletes && "deletes"].filter(Boolean).join(", ")})`,
    ]);
  if (invocation && canLose(invocation))
    rows.push(
      ["risk", risk],
      ["needs dry run", whenRequired[settings.dryRun.required]],
      ["plan", planningText(planning)],
    );
  rows.push(["real rsync", rsync?.path ?? "(none found)"]);
  if (record) rows.push(["fingerprint", record.fingerprint]);
  const failed = new Map<Code, string[]>();
  for (const refusal of refusals) failed.set(refusal.code, [...(failed.get(refusal.code) ?? []), lineOf(refusal)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const ruleWidth = Math.max(...codes.map((code) => code.length));
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    "rules",
    ...codes.map(
      (code) =>
        `  ${code.padEnd(ruleWidth)}  ${failed.get(code)?.join("; ") ?? (code.startsWith("plan-") ? "(not planned)" : "-")}`,
    ),
  ];
}

const planningText = ({ purpose, obstacle }: Decision["planning"]): string =>
  ({
    tell: "made after the dry run",
    compare: "made before the run, and compared with the dry run's",
    replace: "made before the run, in place of a dry run",
    none: obstacle === null ? "none needed" : `none can be made: ${obstacleText(obstacle)}`,
  })[purpose ?? "none"];

const kindText = ({ kind, dryRun, deletes, removesSource }: Invocation): string =>
  [kind, kind !== "dry-run" && dryRun && "dry run", deletes && "deletes", removesSource && "removes source files"]
    .filter(Boolean)
    .join(", ");

const optionText = ({ option, as, value }: GivenOption): string => {
  const name = showWord(as.length === 1 ? `-${as}` : `--${as}`);
  const text = value === null ? name : `${name}${as.length === 1 ? " " : "="}${showWord(value)}`;
  return option.since === null ? text : `${text} (since rsync ${option.since})`;
};

/** Explains a code, with its whole page; null for a word that is none. */
export function explainCode(word: string): Output | null {
  const code = codes.find((known) => known === word);
  return code ? { text: pageText(RSYNC_GUARD_PAGES[code]), exitCode: 0 } : null;
}

/** All codes, a line each. */
const codeList = codes.join("\n");
