#!/usr/bin/env node
/** The command that people call: rsync-guard. */
import minimist from "minimist";
import { allow } from "./commands/allow.ts";
import { approvals } from "./commands/approvals.ts";
import { approve } from "./commands/approve.ts";
import { type Command, type Output, usage } from "./commands/command.ts";
import { completions } from "./commands/completion.ts";
import { config } from "./commands/config.ts";
import { daemonCheck } from "./commands/daemon-check.ts";
import { doctor } from "./commands/doctor.ts";
import { explain } from "./commands/explain.ts";
import { initOf } from "./commands/init.ts";
import { install, uninstall } from "./commands/install.ts";
import { log } from "./commands/log.ts";
import { configurationFile, configurationPage, flagName, help, helpOf, manPage } from "./commands/manual.ts";
import { metrics } from "./commands/metrics.ts";
import { plan } from "./commands/plan.ts";
import { presets } from "./commands/presets.ts";
import { version } from "./commands/program.ts";
import { report } from "./commands/report.ts";
import { suggest } from "./commands/suggest.ts";
import { undo } from "./commands/undo.ts";
import { type Bytes, bytesOf } from "./core/bytes.ts";
import { codes } from "./core/codes.ts";
import { didYouMean } from "./core/did-you-mean.ts";
import { exitCodes } from "./core/exit-codes.ts";
import { linesText } from "./core/words/lines.ts";
import { exactArguments } from "./io/host/argv.ts";

/** In the order in which they are shown. */
export const commands: Readonly<Record<string, Command>> = {
  install,
  uninstall,
  init: initOf(() => commands),
  doctor,
  config,
  explain,
  plan,
  approve,
  approvals,
  allow,
  undo,
  log,
  report,
  metrics,
  suggest,
  presets,
  "daemon-check": daemonCheck,
};

async function main(): Promise<Output> {
  const exact = exactArguments() ?? process.argv.slice(2).map(bytesOf);
  const dashes = exact.indexOf("--");
  const own = process.argv.slice(2, dashes < 0 ? undefined : 2 + dashes);
  const [name, ...rest] = own;
  if (name === undefined) return { text: help(commands), exitCode: 2, isProblem: true };
  if (name === "--version" || name === "-V") return { text: `rsync-guard ${version}\n`, exitCode: 0 };
  if (["--help", "-h", "help"].includes(name)) return helpFor(rest[0]);
  // for the build
  const file = name === "--file" && files[rest[0] ?? ""];
  if (file) return { text: file(), exitCode: 0 };
  // for shells
  if (name === "--complete")
    return { text: linesText(commandOf(rest[0] ?? "")?.completes?.(process.env) ?? []), exitCode: 0 };
  if (name.startsWith("-"))
    return usage(`${name} is not an option of rsync-guard; put -- before the arguments of rsync`);
  const command = commandOf(name);
  if (!command) return unknownCommand(name);
  return run(name, command, rest, dashes < 0 ? null : withoutProgram(exact.slice(dashes + 1)));
}

/** Whoever pastes a whole command means its arguments. */
const withoutProgram = (words: readonly Bytes[]): readonly Bytes[] =>
  words.length > 1 && /^(?:.*\/)?rsync$/.test(words[0] ?? "") ? words.slice(1) : words;

const commandOf = (name: string): Command | undefined => (Object.hasOwn(commands, name) ? commands[name] : undefined);

function helpFor(name: string | undefined): Output {
  if (name === undefined) return { text: help(commands), exitCode: 0 };
  const command = commandOf(name);
  return command ? { text: helpOf(name, command), exitCode: 0 } : unknownCommand(name);
}

const unknownCommand = (name: string): Output =>
  usage(
    `${name} is not a command of rsync-guard${didYouMean(name, Object.keys(commands))}\nrsync-guard --help lists the commands`,
  );

/** What packages bring besides the program. */
const files: Readonly<Record<string, () => string>> = {
  "rsync-guard.1": () => manPage(commands, codes, version),
  "rsync-guard.toml.5": () => configurationPage(version),
  "rsync-guard.toml": configurationFile,
  ...Object.fromEntries(Object.entries(completions).map(([shell, lines]) => [shell, () => linesText(lines(commands))])),
};

async function run(name: string, command: Command, rest: readonly string[], after: readonly string[] | null) {
  const flagNames = Object.keys(command.flags);
  const {
    _: words,
    help: wantsHelp,
    h: _short,
    ...flags
  } = minimist([...rest], {
    boolean: ["help", ...flagNames.filter((flag) => command.flags[flag]?.value === null)],
    string: ["_", ...flagNames.filter((flag) => command.flags[flag]?.value !== null)],
    alias: { help: "h" },
  });
  if (wantsHelp) return { text: helpOf(name, command), exitCode: 0 };
  const unknown = Object.keys(flags).find((flag) => !flagNames.includes(flag));
  if (unknown !== undefined) {
    return usage(`${flagName(unknown)} is not an option of rsync-guard ${name}`);
  }
  const all = Object.entries(flags).filter(([, value]) => value !== false);
  const isList = ([flag, value]: (typeof all)[number]) =>
    command.flags[flag]?.isRepeatable === true && ![value].flat().includes("");
  const lists = Object.fromEntries(all.filter(isList).map(([flag, value]) => [flag, [value].flat()]));
  const given = all.filter((one) => !isList(one));
  const [bad] =
    given.find(([flag, value]) => command.flags[flag]?.value != null && (value === "" || Array.isArray(value))) ?? [];
  if (bad !== undefined) return usage(`${flagName(bad)} takes one ${command.flags[bad]?.value}`);
  return command.run({ words, flags: Object.fromEntries(given), lists, after, env: process.env });
}

// a reader that has seen enough, such as head, is no error
process.stdout.on("error", () => process.exit(0));

/** Makes no more of it than the reader takes. */
async function writePieces(stream: NodeJS.WriteStream, pieces: Iterable<string>): Promise<void> {
  let waiting = "";
  const write = async () => {
    if (!stream.write(waiting)) await new Promise((fulfil) => stream.once("drain", fulfil));
    waiting = "";
  };
  for (const piece of pieces) {
    waiting += piece;
    if (waiting.length >= 65_536) await write();
  }
  await write();
}

main().then(
  async ({ text, exitCode, isProblem }) => {
    const stream = isProblem ? process.stderr : process.stdout;
    if (typeof text === "string") stream.write(text);
    else await writePieces(stream, text);
    process.exitCode = exitCode;
  },
  (error: Error) => {
    process.stderr.write(`rsync-guard: ${error.message}\n`);
    process.exitCode = exitCodes.undecidable;
  },
);
