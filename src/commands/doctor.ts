/** `rsync-guard doctor`: which calls of rsync on this host are guarded, and what is wrong. */
import { asciiJson, showText } from "../core/quoting.ts";
import type { CheckName } from "../core/setup/check.ts";
import { brokenCheck, type Finding, findingOf } from "../core/words/findings.ts";
import { linesText } from "../core/words/lines.ts";
import type { Host } from "../io/setup/checks/asking.ts";
import { checks } from "../io/setup/checks.ts";
import { type Command, unexpectedArgument } from "./command.ts";
import { ownShim } from "./program.ts";

const marks: Readonly<Record<Finding["status"], string>> = { ok: "ok", warning: "look", failed: "FAIL" };

export const doctor: Command = {
  usage: ["[--json]"],
  does: "check which calls of rsync are guarded, and what is wrong",
  flags: { json: { value: null, does: "print the findings as JSON" } },
  more: [
    "Each check is a line: ok, look (it works, but may not be what you want) or FAIL, and what was found. The line below it says what to do. Exits with 1 if a check fails.",
    "It starts your shell as a login shell and as an interactive one, to see which rsync they call. As root it also checks sudoers and all crontabs.",
  ],
  run: async ({ words: [word], flags: { json }, env }) => {
    if (word !== undefined) return unexpectedArgument(word);
    const host = { env, shim: ownShim() };
    const findings = (Object.keys(checks) as CheckName[]).map((name) => ({ name, ...runCheck(name, host) }));
    const exitCode = findings.some(({ status }) => status === "failed") ? 1 : 0;
    if (json) return { text: `${asciiJson(findings)}\n`, exitCode };
    const width = Math.max(...findings.map(({ name }) => name.length));
    const lines = findings.flatMap(({ name, status, found, remedy }) => [
      `${marks[status].padEnd(4)}  ${name.padEnd(width)}  ${showText(found)}`,
      ...(remedy === null ? [] : [`${" ".repeat(width + 8)}do: ${remedy}`]),
    ]);
    return { text: linesText(lines), exitCode };
  },
};

function runCheck(name: CheckName, host: Host): Finding {
  try {
    return findingOf(name, checks[name](host));
  } catch (error) {
    return brokenCheck(error as Error);
  }
}
