/** `rsync-guard init`: what a shell's rc file evaluates. It starts no program and works under `set -eu`. */
import { dirname } from "node:path";
import which from "which";
import { shellWord } from "../core/quoting.ts";
import { isShim } from "../io/host/real-rsync.ts";
import { type Command, usage } from "./command.ts";
import { type Commands, completions } from "./completion.ts";
import { ownShim } from "./program.ts";

type Shell = (directory: string, commands: Commands) => readonly string[];

const posixPath = (directory: string): readonly string[] => [
  `case \${PATH-} in ${directory} | ${directory}:*) ;; *) export PATH=${directory}\${PATH:+":$PATH"} ;; esac`,
];

const shells: Readonly<Record<string, Shell>> = {
  bash: (directory, commands) => [...posixPath(directory), ...completions.bash(commands)],
  zsh: (directory, commands) => [
    ...posixPath(directory),
    ...completions.zsh(commands),
    "if (( ${+functions[compdef]} )); then compdef _rsync_guard rsync-guard; fi",
  ],
  fish: (directory, commands) => [
    `if test "$PATH[1]" != ${directory}; set -gx PATH ${directory} $PATH; end`,
    ...completions.fish(commands),
  ],
};

export const initOf = (commands: () => Commands): Command => ({
  usage: Object.keys(shells),
  does: "print what a shell's rc file evaluates: PATH and completion",
  flags: {},
  more: [
    'In ~/.bashrc or ~/.zshrc: eval "$(rsync-guard init bash)" (or zsh); in ~/.config/fish/config.fish: rsync-guard init fish | source',
    "It puts the directory of the shim first on PATH, where it is not already, and completes the commands of rsync-guard and their flags. It is not needed where the shim is in /usr/local/bin and that is first.",
  ],
  run: async ({ words, env }) => {
    const [name = ""] = words;
    const shell = Object.hasOwn(shells, name) ? shells[name] : undefined;
    if (!shell || words.length > 1) return usage(`init for which shell? ${Object.keys(shells).join(", ")}`);
    const all = which.sync("rsync", { all: true, nothrow: true, path: env["PATH"] ?? "" }) ?? [];
    const shim = all.find((one) => one.startsWith("/") && isShim(one)) ?? ownShim();
    return { text: `${shell(shellWord(dirname(shim)), commands()).join("\n")}\n`, exitCode: 0 };
  },
});
