/** `rsync-guard config`: the configuration that counts here, and where each value comes from. */
import { readFileSync } from "node:fs";
import { configOf } from "../core/configuration/configuration.ts";
import { originsOf } from "../core/configuration/origins.ts";
import { asciiJson, showText } from "../core/quoting.ts";
import { originsText } from "../core/words/configuration.ts";
import { linesText } from "../core/words/lines.ts";
import type { Environment } from "../io/host/environment.ts";
import { ConfigError, configProblemText, readConfigFiles } from "../io/store/config-file.ts";
import { configFiles } from "../io/store/paths.ts";
import { type Command, type Output, problem, unexpectedArgument, usage } from "./command.ts";

export const config: Command = {
  usage: ["[--json]", "check FILE…"],
  does: "show the configuration and where it comes from, or check files",
  flags: { json: { value: null, does: "print the values and their files and lines as JSON" } },
  more: [
    "Prints what counts for this user on this host, as a configuration file that says the same; a comment behind each value names the file and line that it comes from. Exits with 1 if the configuration can't be used.",
    "check is for files that are not in force yet, as in CI: it says what is wrong with each file, as a system's file, and exits with 1 if something is. Who owns it and who may write it is not checked.",
  ],
  run: async ({ words: [action, ...files], flags, env }) => {
    if (action === undefined) return show(env, flags["json"] === true);
    if (action !== "check") return unexpectedArgument(action);
    return files.length > 0 && !flags["json"] ? check(files) : usage("config check takes the names of files");
  },
};

function show(env: Environment, json: boolean): Output {
  try {
    const files = readConfigFiles(configFiles(env)).filter(({ text }) => text !== "");
    const config = configOf(files);
    if ("broken" in config) return problem(configProblemText(config.broken));
    const origins = originsOf(files);
    return { text: json ? `${asciiJson(origins)}\n` : originsText(origins), exitCode: 0 };
  } catch (error) {
    if (error instanceof ConfigError) return problem(error.message);
    throw error;
  }
}

function check(files: readonly string[]): Output {
  const problems = files.map(problemWith);
  return {
    text: linesText(problems.map((wrong, at) => wrong ?? `${showText(files[at] ?? "")}: ok`)),
    exitCode: problems.some((wrong) => wrong !== null) ? 1 : 0,
  };
}

/** Null where the file can be used. */
function problemWith(file: string): string | null {
  try {
    const config = configOf([{ name: file, text: readFileSync(file, "utf8"), isUsers: false }]);
    return "broken" in config ? showText(configProblemText(config.broken)) : null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `${showText(file)}: can't be read (${code ?? message})`;
  }
}
