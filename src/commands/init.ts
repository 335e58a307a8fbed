/** `rsync-guard init`: shell code for an rc file. It starts no program and works under `set -eu`. */
import { dirname } from "node:path";
import which from "which";
import { shellWord } from "../core/quoting.ts";
import { linesText } from "../core/words/lines.ts";
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
  does: "print shell code for an rc file: it sets PATH and completion",
  flags: {},
  more: [
    'In ~/.bashrc: eval "$(rsync-guard init bash)"; in ~/.zshrc: eval "$(rsync-guard init zsh)"; in ~/.config/fish/config.fish: rsync-guard init fish | source',
    "It puts the shim's directory first on PATH, unless it is first already, and completes the commands of rsync-guard and their options. You don't need it where the shim is in /usr/local/bin and that comes first on PATH.",
  ],
  run: async ({ words, env }) => {
    const [name = ""] = words;
    const shell = Object.hasOwn(shells, name) ? shells[name] : undefined;
    if (!shell || words.length > 1) return usage(`init for which shell? ${Object.keys(shells).join(", ")}`);
    const all = which.sync("rsync", { all: true, nothrow: true, path: env["PATH"] ?? "" }) ?? [];
    const shim = all.find((one) => one.startsWith("/") && isShim(one)) ?? ownShim();
    return { text: linesText(shell(shellWord(dirname(shim)), commands())), exitCode: 0 };
  },
});
