/** Help texts and man pages, from the table of commands and that of the configuration's keys. */
import { type Key, keys, keysOf, type Section } from "../core/configuration/keys.ts";
import { exitCodes } from "../core/exit-codes.ts";
import type { Command } from "./command.ts";

/** `-o`, `--json`. */
export const flagName = (name: string): string => `${name.length === 1 ? "-" : "--"}${name}`;

const flagText = (name: string, { value }: Command["flags"][string]): string =>
  `${flagName(name)}${value === null ? "" : ` ${value}`}`;

/** All commands, a line each, so that they fit on a screen. */
export function help(commands: Readonly<Record<string, Command>>): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return `${[
    wrap(`rsync-guard is ${purpose}.`),
    "",
    ...Object.entries(commands).map(([name, { does }]) => `  ${name.padEnd(width)}  ${does}`),
    "",
    "rsync-guard COMMAND --help says more, and so does man rsync-guard.",
    "Exit codes: 0 all is well, 1 something is wrong, 2 it was not understood.",
  ].join("\n")}\n`;
}

/** One command in full. */
export const helpOf = (name: string, command: Command): string =>
  `${["usage:", ...formsOf(name, command).map((form) => `  ${form}`), `      ${command.does}`, ...details(command)].join("\n")}\n`;

/** Each way to call a command. */
const formsOf = (name: string, { usage }: Command): readonly string[] =>
  usage.map((form) => `rsync-guard ${name}${form === "" ? "" : ` ${form}`}`);

function details({ flags, more }: Command): readonly string[] {
  const width = Math.max(0, ...Object.entries(flags).map(([name, flag]) => flagText(name, flag).length));
  return [
    ...Object.entries(flags).map(([name, flag]) => `  ${flagText(name, flag).padEnd(width)}  ${flag.does}`),
    ...more.flatMap((paragraph) => ["", wrap(paragraph)]),
  ];
}

/** For a terminal of 80 columns. */
export const wrap = (paragraph: string): string => paragraph.replace(/(.{1,78})(?: |$)/g, "$1\n").trimEnd();

const roff = (text: string): string =>
  text
    .replace(/\\/g, "\\e")
    .replace(/-/g, "\\-")
    .replace(/^([.'])/gm, "\\&$1");
const title = (name: string, section: number, version: string): string =>
  `.TH ${name.toUpperCase()} ${section} "" "rsync-guard ${version}" "rsync-guard"`;
const heading = (text: string): string => `.SH ${text}`;
const paragraph = (text: string): string => `.PP\n${roff(text)}`;
/** A macro would take plain quotes away. */
const inMacro = (text: string): string => roff(text).replaceAll('"', "\\(dq");
const item = (term: string, text: string): string => `.TP\n.B ${inMacro(term)}\n${roff(text)}`;

const purpose = "a drop-in rsync that refuses the run that would delete the wrong directory";

const ownExitCodes = `0 all is well, 1 something is wrong or could not be done, 2 the command was not understood; from explain also ${exitCodes.refused} would be refused, ${exitCodes.undecidable} can't be decided`;

const rsyncExitCodes: readonly (readonly [code: string, means: string])[] = [
  ["rsync's own", "rsync ran. It uses 0 to 35 and 124 to 127; 255 comes from ssh."],
  [String(exitCodes.refused), "refused, nothing ran"],
  [
    String(exitCodes.undecidable),
    "can't be decided, nothing ran: unknown option, broken configuration, no real rsync, broken guard",
  ],
];

const files: readonly (readonly [path: string, holds: string])[] = [
  [
    "/etc/rsync-guard.toml, /etc/rsync-guard.d/*.toml, ~/.config/rsync-guard.toml",
    "the configuration, see rsync-guard.toml(5)",
  ],
  ["~/.local/state/rsync-guard/approvals", "the records of dry runs, a text file each"],
  ["~/.local/state/rsync-guard/undo", "the records of runs that can be undone"],
  ["~/.local/state/rsync-guard/set-aside", "what those runs deleted and replaced; see undo.directory"],
  ["~/.local/state/rsync-guard/journal.jsonl", "the journal: a line of JSON for each decision; .1 to .5 are older"],
];

const examples: readonly (readonly [lines: string, does: string])[] = [
  [
    "rsync -avn --delete build/ /srv/www/\nrsync -av --delete build/ /srv/www/",
    "A dry run, and then the live run that it stands for.",
  ],
  ["rsync-guard explain -- -a --delete build/ /srv/www//", "What would happen to that command. Nothing runs."],
  ["rsync-guard plan -- -a --delete build/ /srv/www/", "What it would delete, change and add, as a tree."],
  ["rsync-guard log --refused", "What was refused, with the IDs that allow takes."],
  ["rsync-guard allow 5c498699", "Lets that refused command run once, after it has shown what it would do."],
  ["rsync-guard suggest --since 7d", "Configuration for the runs that mode observe has let go in the last week."],
];

const configurationExamples: readonly (readonly [lines: string, does: string])[] = [
  ['mode = "observe"', "Watch first: nothing is refused but commands that can't be read."],
  [
    '[[destination]]\npath = "/srv/backup/*"\ndry_run = { required = "auto" }',
    "Jobs that write there need no dry run of their own: rsync-guard makes it, and judges it.",
  ],
  [
    "[[destination]]\npath = \"/srv/www/releases/*\"\nname = '^\\d+\\.\\d+\\.\\d+$'",
    "Releases are called so; a run to any other name there is refused.",
  ],
];

/** As they are typed, each with what it does below. */
const exampleBlocks = (all: typeof examples): readonly string[] =>
  all.map(([lines, does]) => `.PP\n.nf\n${roff(lines)}\n.fi\n.RS\n${roff(does)}\n.RE`);

/** rsync-guard(1), for man(1). */
export function manPage(
  commands: Readonly<Record<string, Command>>,
  codes: readonly string[],
  version: string,
): string {
  const blocks = Object.entries(commands).flatMap(([name, { usage, does, flags, more }]) => [
    ...usage.map((form) => `.TP\n.B ${roff(`rsync-guard ${name}${form === "" ? "" : ` ${form}`}`)}`),
    roff(`${does}.`),
    ...Object.entries(flags).map(([flag, given]) => `.RS\n${item(flagText(flag, given), given.does)}\n.RE`),
    ...more.map((text) => `.RS\n${paragraph(text)}\n.RE`),
  ]);
  return `${[
    title("rsync-guard", 1, version),
    heading("NAME"),
    roff(`rsync-guard - ${purpose}`),
    heading("SYNOPSIS"),
    ".B rsync\n.I ARGUMENTS",
    ".br\n.B rsync\\-guard\n.I COMMAND",
    heading("DESCRIPTION"),
    paragraph(
      "Its shim, which is called rsync too, comes before the real rsync on PATH. It reads the command line as rsync does; then it becomes the real rsync, or says what is wrong and runs nothing. A run that deletes or overwrites needs a dry run (-n) of the very same command first. After that dry run, one line on standard error says what the live run would do.",
    ),
    heading("COMMANDS"),
    ...blocks,
    heading("EXAMPLES"),
    ...exampleBlocks(examples),
    heading("EXIT STATUS"),
    paragraph("Of rsync:"),
    ...rsyncExitCodes.map(([code, means]) => item(code, means)),
    paragraph(`Of rsync-guard: ${ownExitCodes}.`),
    heading("CODES"),
    paragraph(`${codes.join(", ")}. rsync-guard explain CODE says what each means.`),
    heading("FILES"),
    ...files.map(([path, holds]) => item(path, holds)),
    paragraph("XDG_CONFIG_HOME and XDG_STATE_HOME name other places for the user's files."),
    heading('"SEE ALSO"'),
    roff("rsync-guard.toml(5), rsync(1)"),
  ].join("\n")}\n`;
}

interface Entry {
  readonly line: string;
  /** What the key does, and where it may stand. */
  readonly meaning: string;
}

const entriesOf = (section: Section, placesOf: (key: Key) => string): readonly Entry[] =>
  keysOf(section).map(([name, key]) => ({
    line: `${name} = ${key.written}`,
    meaning: `${key.text}${key.addsUp ? " The lists of all files add up." : ""}${placesOf(key)}`,
  }));

function alsoIn({ noEffectIn, forReceivers }: Key): string {
  if (noEffectIn?.["[receiver]"]) return " Also in a [[destination]].";
  const exception = forReceivers
    ? `; the default there is ${forReceivers.written}, until a file sets the key for all runs`
    : "";
  return ` Also in a [[destination]] and in [receiver]${exception}.`;
}

const general = [...entriesOf(keys.settings, alsoIn), ...entriesOf(keys.file, () => "")];
const ofPlaces = entriesOf(keys.destination, () => " Only in a [[destination]].");
const onlyOfReceivers = entriesOf(keys.receiver, () => " Only in [receiver].");
const adding = [...keysOf(keys.settings), ...keysOf(keys.file)].filter(([, { addsUp }]) => addsUp);
const ofReceivers = keysOf(keys.settings).flatMap(([name, { forReceivers }]) =>
  forReceivers ? [`${name} = ${forReceivers.written}`] : [],
);

/** rsync-guard.toml(5). */
export const configurationPage = (version: string): string =>
  `${[
    title("rsync-guard.toml", 5, version),
    heading("NAME"),
    roff("rsync-guard.toml - configuration of rsync-guard"),
    heading("DESCRIPTION"),
    paragraph(
      `None is needed. /etc/rsync-guard.toml is read first, then /etc/rsync-guard.d/*.toml in the order of their names' bytes, then ~/.config/rsync-guard.toml. The lists of ${adding.map(([name]) => name).join(" and ")} add up; for every other key the later file wins, except that of a user's file only protect counts if a system's file says locked = true. An unknown key, a wrong type, a key that has no effect where it stands, or a file or directory that others may write is an error with file, line and key, and nothing runs.`,
    ),
    paragraph(
      "The keys below stand at the top of the file; most of them can also be used in a [[destination]], for one place, and in [receiver], for runs that arrive as rsync --server. A list there adds to the general one.",
    ),
    heading("KEYS"),
    ...[...general, ...ofPlaces, ...onlyOfReceivers].map(({ line, meaning }) => item(line, meaning)),
    heading("EXAMPLES"),
    ...exampleBlocks(configurationExamples),
    heading('"SEE ALSO"'),
    roff("rsync-guard(1)"),
  ].join("\n")}\n`;

const remark = (text: string): string => wrap(text).replace(/^/gm, "# ");

/** /etc/rsync-guard.toml as a package brings it: every key, none in force. A remark has a blank behind its #, a key has none. */
export function configurationFile(): string {
  const explained = ({ line, meaning }: Entry) => [remark(meaning), `#${line}`, ""];
  return `${[
    remark(
      "Configuration of rsync-guard, for all users of this host. Each key is shown with its default, or with an example where it has none: take the # away from what is to be changed. rsync-guard.toml(5) says more; rsync-guard doctor says what is wrong.",
    ),
    "",
    ...general.flatMap(explained),
    remark('One place, and what is below it. Keys marked "Also in a [[destination]]" can be used here too.'),
    "#[[destination]]",
    ...ofPlaces.flatMap(explained),
    remark('Runs that arrive as rsync --server. Keys marked "and in [receiver]" can be used here.'),
    "#[receiver]",
    ...ofReceivers.map((line) => `#${line}`),
    "",
    ...onlyOfReceivers.flatMap(explained),
  ].join("\n")}\n`;
}
