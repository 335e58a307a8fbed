#!/usr/bin/env node
/** The command that people call: rsync-guard. */
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import minimist from "minimist";
import { codeList, explainCode, explainCommand, type Output } from "./commands/explain.ts";
import { bytesOf } from "./core/text.ts";
import { exactArguments } from "./io/caller.ts";

declare const RSYNC_GUARD_VERSION: string;

interface Command {
  readonly usage: string;
  readonly does: string;
  /** `after`: the bytes of what stands behind the first `--`, null without one. */
  readonly run: (
    words: readonly string[],
    flags: { readonly json: boolean },
    after: readonly string[] | null,
  ) => Promise<Output>;
}

const commands: Readonly<Record<string, Command>> = {
  explain: {
    usage: "explain [--json] -- ARGS…  |  explain CODE",
    does: "say what would become of rsync ARGS, or what a refusal's code means",
    run: async (words, { json }, after) => {
      if (after) return explainCommand(after, process.env, { json, shim: ownShim() });
      const [word] = words;
      if (word === undefined)
        return usage(
          `explain what? after --, the arguments of an rsync command; or one of these codes:\n${codeList()}`,
        );
      return (
        explainCode(word) ??
        usage(`${word} is not a code; to explain a command, put -- before its arguments. The codes:\n${codeList()}`)
      );
    },
  },
};

const help = (): string => `rsync-guard stands before rsync and refuses the run that would delete the wrong directory.

usage:
${Object.values(commands)
  .map(({ usage: text, does }) => `  rsync-guard ${text}\n      ${does}`)
  .join("\n")}
  rsync-guard --version
  rsync-guard --help

exit codes: 0 would run, 77 would be refused, 78 can't be decided, 2 this command was not understood
`;

const usage = (problem: string): Output => ({ text: `rsync-guard: ${problem}`, exitCode: 2 });

/** The shim beside this program, which is not the rsync that it asks for. */
const ownShim = (): string => join(dirname(realpathSync(process.argv[1] ?? "")), "..", "shims", "rsync");

async function main(): Promise<Output> {
  const exact = exactArguments() ?? process.argv.slice(2).map(bytesOf);
  const dashes = exact.indexOf("--");
  const own = process.argv.slice(2, dashes < 0 ? undefined : 2 + dashes);
  const {
    _: words,
    json,
    version,
    help: wantsHelp,
    ...rest
  } = minimist(own, {
    boolean: ["json", "version", "help"],
    string: ["_"],
    alias: { help: "h", version: "V" },
  });
  const unknown = Object.keys(rest).filter((name) => !["h", "V"].includes(name));
  const [name, ...args] = words;
  if (unknown.length > 0)
    return usage(`--${unknown[0]} is not an option of rsync-guard; put -- before the arguments of rsync\n`);
  if (version) return { text: `rsync-guard ${RSYNC_GUARD_VERSION}\n`, exitCode: 0 };
  if (wantsHelp || name === undefined) return { text: help(), exitCode: wantsHelp ? 0 : 2 };
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return usage(`${name} is not a command of rsync-guard\n${help()}`);
  return command.run(args, { json: json === true }, dashes < 0 ? null : exact.slice(dashes + 1));
}

main().then(
  ({ text, exitCode }) => {
    (exitCode === 2 ? process.stderr : process.stdout).write(text);
    process.exitCode = exitCode;
  },
  (error: Error) => {
    process.stderr.write(`rsync-guard: ${error.message}\n`);
    process.exitCode = 78;
  },
);
