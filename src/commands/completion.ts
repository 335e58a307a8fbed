/** What each shell needs to complete the command rsync-guard: its commands, and the flags of each. */
import { shellWord } from "../core/quoting.ts";
import type { Command, Flag } from "./command.ts";
import { flagName } from "./manual.ts";

export type Commands = Readonly<Record<string, Command>>;

const help: Flag = { value: null, does: "say more about it" };

const flagsOf = ({ flags }: Command): readonly (readonly [name: string, flag: Flag])[] =>
  Object.entries({ ...flags, help });

const flagWords = (command: Command): string =>
  flagsOf(command)
    .map(([name]) => flagName(name))
    .join(" ");

/** A line of a shell's `case` for each command. */
const perCommand = (commands: Commands, line: (flags: string) => string): readonly string[] =>
  Object.entries(commands).map(([name, command]) => `    ${name}) ${line(flagWords(command))} ;;`);

/** What is no command and no flag is left to the shell, which completes paths. Works under `set -eu`. */
export const completions = {
  bash: (commands: Commands): readonly string[] => [
    "_rsync_guard() {",
    '  local all= word="${COMP_WORDS[${COMP_CWORD-0}]-}"',
    `  if [ "\${COMP_CWORD-0}" -le 1 ]; then all=${shellWord(Object.keys(commands).join(" "))}`,
    "  elif [[ $word == -* ]]; then",
    '    case "${COMP_WORDS[1]}" in',
    ...perCommand(commands, (flags) => `all=${shellWord(flags)}`),
    "    esac",
    "  fi",
    // nothing that fits is no error, which would end a shell with set -e
    '  COMPREPLY=($(compgen -W "$all" -- "$word")) || true',
    "}",
    "complete -o default -F _rsync_guard rsync-guard",
  ],
  zsh: (commands: Commands): readonly string[] => [
    "_rsync_guard() {",
    `  if (( CURRENT == 2 )); then compadd -- ${Object.keys(commands).join(" ")}`,
    '  elif [[ "${words[CURRENT]-}" == -* ]]; then',
    '    case "${words[2]}" in',
    ...perCommand(commands, (flags) => `compadd -- ${flags}`),
    "    esac",
    "  else _files",
    "  fi",
    "}",
  ],
  fish: (commands: Commands): readonly string[] =>
    Object.entries(commands).flatMap(([name, command]) => [
      `complete -c rsync-guard -f -n __fish_use_subcommand -a ${name} -d ${shellWord(command.does)}`,
      ...flagsOf(command).map(
        ([flag, { value, does }]) =>
          `complete -c rsync-guard -n '__fish_seen_subcommand_from ${name}' ${flag.length === 1 ? "-s" : "-l"} ${flag} ${value === null ? "" : "-r "}-d ${shellWord(does)}`,
      ),
    ]),
};
