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

/** The commands that say themselves which words may follow. */
const asked = (commands: Commands): readonly string[] =>
  Object.entries(commands).flatMap(([name, { completes }]) => (completes ? [name] : []));

/** Asks the program for them: they change. */
const ask = (name: string): string => `"$(rsync-guard --complete ${name} 2>/dev/null || true)"`;

/** A branch of a shell's `if` for those, where there are any. */
const ifAsked = (commands: Commands, line: (names: string) => string): readonly string[] => {
  const names = asked(commands).join("|");
  return names === "" ? [] : [line(names)];
};

/** What else is no command and no flag is left to the shell, which completes paths. Works under `set -eu`. */
export const completions = {
  bash: (commands: Commands): readonly string[] => [
    "_rsync_guard() {",
    '  local all= word="${COMP_WORDS[${COMP_CWORD-0}]-}"',
    `  if [ "\${COMP_CWORD-0}" -le 1 ]; then all=${shellWord(Object.keys(commands).join(" "))}`,
    "  elif [[ $word == -* ]]; then",
    '    case "${COMP_WORDS[1]}" in',
    ...perCommand(commands, (flags) => `all=${shellWord(flags)}`),
    "    esac",
    ...ifAsked(
      commands,
      (names) => `  else case "\${COMP_WORDS[1]}" in ${names}) all=${ask('"${COMP_WORDS[1]}"')} ;; esac`,
    ),
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
    ...ifAsked(
      commands,
      (names) => `  elif [[ "\${words[2]}" == (${names}) ]]; then compadd -- \${(f)${ask('"${words[2]}"')}}`,
    ),
    "  else _files",
    "  fi",
    "}",
  ],
  fish: (commands: Commands): readonly string[] =>
    Object.entries(commands).flatMap(([name, command]) => [
      ...(command.completes
        ? [
            `complete -c rsync-guard -f -n '__fish_seen_subcommand_from ${name}' -a '(rsync-guard --complete ${name} 2>/dev/null)'`,
          ]
        : []),
      `complete -c rsync-guard -f -n __fish_use_subcommand -a ${name} -d ${shellWord(command.does)}`,
      ...flagsOf(command).map(
        ([flag, { value, does }]) =>
          `complete -c rsync-guard -n '__fish_seen_subcommand_from ${name}' ${flag.length === 1 ? "-s" : "-l"} ${flag} ${value === null ? "" : "-r "}-d ${shellWord(does)}`,
      ),
    ]),
};
