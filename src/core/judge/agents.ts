/** Programs that run commands in a terminal of their own, at which no person sits. */

/** By the name of the process, or of the script that an interpreter runs. */
const agents: ReadonlySet<string> = new Set([
  ..."aider amp claude codex copilot crush cursor-agent droid gemini goose kiro-cli opencode openhands q qwen".split(
    " ",
  ),
  ..."expect unbuffer".split(" "),
]);

const interpreter = /^(?:node|nodejs|bun|deno|python[\d.]*|ruby|tclsh[\d.]*)$/;

/** Why no person sits at a terminal. */
export type Nobody = { readonly is: "agent"; readonly name: string } | { readonly is: "no-session" };

export interface Process {
  readonly name: string;
  /** Its command line. */
  readonly words: readonly string[];
}

/** The first of these processes that is one; null where there is none. */
export function agentAmong(processes: Iterable<Process>): string | null {
  for (const { name, words } of processes) {
    const [program = "", ...others] = words;
    const script = interpreter.test(lastPart(program)) ? others.find((word) => !word.startsWith("-")) : undefined;
    const found = [name, lastPart(program), nameOf(script ?? "")].find((one) => agents.has(one));
    if (found !== undefined) return found;
  }
  return null;
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const nameOf = (script: string): string => lastPart(script).replace(/\.[cm]?js$|\.py$/, "");
