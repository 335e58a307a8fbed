/** What each shell completes: the commands, and the flags of each, and no others. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Command } from "../../src/commands/command.ts";
import { completions } from "../../src/commands/completion.ts";

const command = (flags: Command["flags"], completes?: Command["completes"]): Command => ({
  usage: [],
  does: "do what's asked",
  flags,
  more: [],
  ...(completes ? { completes } : {}),
  run: async () => ({ text: "", exitCode: 0 }),
});
const commands = {
  put: command({ "bin-dir": { value: "DIR", does: "where it's put" }, user: { value: null, does: "for $USER" } }),
  pull: command({}),
  ask: command({}, () => []),
};

/** The program, as it answers a shell. */
const answer = 'rsync-guard() { [ "$*" = "--complete ask" ] && printf "%s\\n" one other two; }';

/** How a shell that has evaluated them, strictly where it can, completes a line. */
const shells = {
  bash: {
    args: ["--norc", "-euc"],
    answer,
    ask: (words: readonly string[]) =>
      `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _rsync_guard; echo "\${COMPREPLY[@]-}"`,
  },
  zsh: {
    args: ["-f", "-euc"],
    answer,
    ask: (words: readonly string[]) =>
      `compadd() { for one in "\${@:2}"; do [[ $one != "\${words[CURRENT]}"* ]] || echo $one; done }; _files() { }
      words=(${words.map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length}; _rsync_guard`,
  },
  fish: {
    args: ["--no-config", "-c"],
    answer: 'function rsync-guard; test "$argv" = "--complete ask"; and printf "%s\\n" one other two; end',
    // a path that there is not, so that there is no file to complete
    ask: (words: readonly string[]) =>
      `cd /proc/self/fdinfo; complete -C '${words.join(" ")}' | cut -f 1 | grep '^[a-z-]'; or true`,
  },
} as const;

const lines: readonly (readonly [line: string, completed: string])[] = [
  ["rsync-guard pu", "pull put"],
  ["rsync-guard x", ""],
  ["rsync-guard put --", "--bin-dir --help --user"],
  ["rsync-guard put --u", "--user"],
  ["rsync-guard put x --u", "--user"],
  ["rsync-guard put u", ""],
  ["rsync-guard ask o", "one other"],
  ["rsync-guard ask x", ""],
  ["rsync-guard ask --", "--help"],
  ["rsync-guard pull --", "--help"],
  ["rsync-guard pull --u", ""],
];

const names = Object.keys(shells) as (keyof typeof shells)[];
for (const name of names) {
  const isMissing = spawnSync(name, ["-c", "true"]).error !== undefined;
  if (isMissing) console.warn(`completion is not tested with ${name}`);
  const { args, ask } = shells[name];
  describe.skipIf(isMissing)(name, () => {
    test.for(lines)("%s", ([line, completed]) => {
      const script = `${shells[name].answer}\n${completions[name](commands).join("\n")}\n${ask(line.split(" "))}`;
      const { status, stdout, stderr } = spawnSync(name, [...args, script], { encoding: "utf8" });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout.split(/\s+/).filter(Boolean).sort().join(" ")).toBe(completed);
    });
  });
}
