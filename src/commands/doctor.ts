/** `rsync-guard doctor`: what goes through the guard on this host, and what is wrong. */
import { checks, type Finding } from "../io/setup/checks.ts";
import { type Command, usage } from "./command.ts";
import { ownShim } from "./program.ts";

const marks: Readonly<Record<Finding["status"], string>> = { ok: "ok", warning: "look", failed: "FAIL" };

export const doctor: Command = {
  usage: ["[--json]"],
  does: "check what goes through the guard on this host, and what is wrong",
  flags: { json: { value: null, does: "print the findings as JSON" } },
  more: [
    "Each line is a check: ok, look (it works, but may not be what you want) or FAIL, what was found, and what to do. Exits 1 if one fails.",
    "It starts this user's shell as a login shell and as an interactive one, to see what these call. As root it sees more: sudoers, all crontabs.",
  ],
  run: async ({ words, flags: { json }, env }) => {
    if (words.length > 0) return usage(`${words[0]} is one word too many`);
    const host = { env, shim: ownShim() };
    const found = Object.entries(checks).map(([name, check]) => ({ name, ...tried(() => check(host)) }));
    const exitCode = found.some(({ status }) => status === "failed") ? 1 : 0;
    if (json) return { text: `${JSON.stringify(found)}\n`, exitCode };
    const width = Math.max(...found.map(({ name }) => name.length));
    const lines = found.flatMap(({ name, status, found: what, remedy }) => [
      `${marks[status].padEnd(4)}  ${name.padEnd(width)}  ${what}`,
      ...(remedy === null ? [] : [`${" ".repeat(width + 8)}do: ${remedy}`]),
    ]);
    return { text: `${lines.join("\n")}\n`, exitCode };
  },
};

/** A check that breaks is a finding too. */
function tried(check: () => Finding): Finding {
  try {
    return check();
  } catch (error) {
    return { status: "failed", found: `the check broke: ${(error as Error).message}`, remedy: "report it" };
  }
}
