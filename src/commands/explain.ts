/** `rsync-guard explain`: what the guard makes of a command line, or what a code means. Runs nothing. */

import { type Bytes, textOf } from "../core/bytes.ts";
import { type Code, codes } from "../core/codes.ts";
import type { GivenOption, Invocation } from "../core/command/parse.ts";
import { type Decision, exitCodeOf } from "../core/judge/decision.ts";
import { canLose } from "../core/judge/verdict.ts";
import { shownWord } from "../core/quoting.ts";
import { allowPermanently } from "../core/words/allow-permanently.ts";
import { commandText } from "../core/words/message.ts";
import { factTexts, obstacleText } from "../core/words/reasons.ts";
import { lineOf, nextOf, pageOf } from "../core/words/refusals.ts";
import { commandLineOf } from "../io/command-line.ts";
import { decide } from "../io/decide.ts";
import type { Environment } from "../io/host/environment.ts";
import { type Command, type Output, usage } from "./command.ts";
import { wrapped } from "./manual.ts";
import { ownShim } from "./program.ts";

export const explain: Command = {
  usage: ["[--json] -- ARGS…", "CODE"],
  does: "say what would become of rsync ARGS, or what a refusal's code means",
  flags: { json: { value: null, does: "print the explanation as JSON" } },
  more: [
    "Runs nothing. Exits as the guard would: 0 would run, 77 would be refused, 78 can't be decided.",
    "What a plan would show is not among it, since that takes a run of rsync; it says when one would be made.",
  ],
  run: async ({ words, flags, after, env }) => {
    if (after) return explainCommand(after, env, { json: flags["json"] === true, shim: ownShim() });
    const [word] = words;
    if (word === undefined)
      return usage(`explain what? after --, the arguments of an rsync command; or one of these codes:\n${codeList()}`);
    return (
      explainCode(word) ??
      usage(`${word} is not a code; to explain a command, put -- before its arguments. The codes:\n${codeList()}`)
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
  const text = json ? JSON.stringify(explanationOf(decision)) : readable(decision);
  return { text: `${text}\n`, exitCode: exitCodeOf(decision) };
}

const verdicts = {
  run: "run",
  approve: "run, and record the dry run once it has succeeded",
  refuse: "refuse",
} as const;

function readable(decision: Decision): string {
  const { argv, invocation, verdict, risk, refusals, targets, rsync, record, settings, planning } = decision;
  const rows: [string, string][] = [["command", commandText(argv)]];
  if (invocation) {
    rows.push(["kind", kindText(invocation)], ["options", invocation.options.map(optionText).join(" ") || "(none)"]);
    invocation.operands.forEach((operand, at) => {
      rows.push([`operand ${at + 1}`, shownWord(operand)]);
    });
  }
  for (const { path, writes, deletes } of targets)
    rows.push([
      "target",
      `${shownWord(path)} (${[writes && "writes", deletes && "deletes"].filter(Boolean).join(", ")})`,
    ]);
  if (invocation && canLose(invocation))
    rows.push(["can lose", risk], ["needs dry run", settings.dryRun.required], ["plan", planText(planning)]);
  rows.push(["real rsync", rsync?.path ?? "(none found)"]);
  if (record) rows.push(["fingerprint", record.fingerprint]);
  const failed = new Map<Code, string[]>();
  for (const refusal of refusals) failed.set(refusal.code, [...(failed.get(refusal.code) ?? []), lineOf(refusal)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const ruleWidth = Math.max(...codes.map((code) => code.length));
  const [first] = refusals;
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    "rules",
    ...codes.map(
      (code) =>
        `  ${code.padEnd(ruleWidth)}  ${failed.get(code)?.join("; ") ?? (code.startsWith("plan-") ? "(not planned)" : "-")}`,
    ),
    `${"verdict".padEnd(width)}  ${verdicts[verdict]}${verdict === "refuse" ? "" : refusals.length > 0 ? "; the live run would be refused" : ""}`,
    ...(first ? [`${"next".padEnd(width)}  ${nextOf(first)}`] : []),
  ].join("\n");
}

const planText = ({ purpose, obstacle }: Decision["planning"]): string =>
  ({
    tell: "made after the dry run",
    compare: "made before the run, and compared with that of the dry run",
    replace: "made before the run, instead of a dry run",
    none: obstacle === null ? "none needed" : `none can be had: ${obstacleText(obstacle)}`,
  })[purpose ?? "none"];

const kindText = ({ kind, dryRun, deletes, removesSource }: Invocation): string =>
  [kind, kind !== "dry-run" && dryRun && "dry run", deletes && "deletes", removesSource && "removes source files"]
    .filter(Boolean)
    .join(", ");

const optionText = ({ option, as, value }: GivenOption): string => {
  const name = shownWord(as.length === 1 ? `-${as}` : `--${as}`);
  const text = value === null ? name : `${name}${as.length === 1 ? " " : "="}${shownWord(value)}`;
  return option.since === null ? text : `${text} (since rsync ${option.since})`;
};

/** Explains a code; null for a word that is none. */
export function explainCode(word: string): Output | null {
  const code = codes.find((known) => known === word);
  if (!code) return null;
  const { says, toml } = allowPermanently[code];
  const lines = toml === null ? [] : [toml.replace(/^(?=.)/gm, "    ")];
  const blocks = [code, ...pageOf(code).map(wrapped), "to allow it permanently:", ...says.map(wrapped), ...lines];
  return { text: `${blocks.join("\n\n")}\n`, exitCode: 0 };
}

/** All codes, a line each. */
export const codeList = (): string => `${codes.join("\n")}\n`;
