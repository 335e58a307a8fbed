/** Help texts, from the table of commands. */
import type { Command } from "./command.ts";

const flagText = (name: string, { value }: Command["flags"][string]): string =>
  `--${name}${value === null ? "" : ` ${value}`}`;

/** All commands in short; of one alone, all that is to be said. */
export function help(commands: Readonly<Record<string, Command>>): string {
  const all = Object.entries(commands);
  const forms = all.flatMap(([name, { usage, does }]) => [
    ...usage.map((form) => `  rsync-guard ${name}${form === "" ? "" : ` ${form}`}`),
    `      ${does}`,
  ]);
  const [only] = all;
  if (all.length === 1 && only) return `${[`usage:`, ...forms, ...details(only[1])].join("\n")}\n`;
  return `${[
    "rsync-guard stands before rsync and refuses the run that would delete the wrong directory.",
    "",
    "usage:",
    ...forms,
    "  rsync-guard COMMAND --help",
    "  rsync-guard --version",
    "  rsync-guard --help",
    "",
    "exit codes: 0 all is well, 1 something is not, 2 this command was not understood, 77 would be refused, 78 can't be decided",
  ].join("\n")}\n`;
}

function details({ flags, more }: Command): readonly string[] {
  const width = Math.max(0, ...Object.entries(flags).map(([name, flag]) => flagText(name, flag).length));
  return [
    ...Object.entries(flags).map(([name, flag]) => `  ${flagText(name, flag).padEnd(width)}  ${flag.does}`),
    ...more.flatMap((paragraph) => ["", wrapped(paragraph)]),
  ];
}

/** For a terminal of 80 columns. */
export const wrapped = (paragraph: string): string => paragraph.replace(/(.{1,78})(?: |$)/g, "$1\n").trimEnd();
