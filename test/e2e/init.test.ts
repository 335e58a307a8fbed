/** rsync-guard init: what a shell's rc file evaluates. */
import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { build, checkout, program } from "../support/build.ts";
import { test, type World } from "../support/world.ts";

/** How each shell evaluates the file `init`, strictly and without a program, and completes `rsync-guard do`. */
const shells = {
  bash: {
    strict: "--norc -euc",
    evaluate: 'eval "$(<init)"',
    unset: "unset PATH",
    complete:
      'COMP_WORDS=(rsync-guard do); COMP_CWORD=1; _rsync_guard; echo "${COMPREPLY[@]}"; complete -p rsync-guard',
    completes: /^doctor\ncomplete .*-F _rsync_guard rsync-guard\n$/,
  },
  zsh: {
    strict: "-f -euc",
    evaluate: 'eval "$(<init)"',
    unset: "unset PATH",
    complete: 'compadd() { echo "${(@)argv:#-*}"; }; CURRENT=2; _rsync_guard',
    completes: / doctor /,
  },
  fish: {
    strict: "--no-config -c",
    evaluate: "source init",
    unset: "set -e PATH",
    complete: 'complete -C "rsync-guard do"',
    completes: /^doctor\b/,
  },
} as const;
type Shell = keyof typeof shells;

const names = Object.keys(shells) as Shell[];
const missing = names.filter((name) => spawnSync(name, ["-c", "true"]).error);
if (missing.length > 0) console.warn(`rsync-guard init is not tested with: ${missing.join(", ")}`);
const here = names.filter((name) => !missing.includes(name));

/** What the shell prints in which the file `init` was evaluated. */
async function shown(world: World, shell: Shell, script: string, path = "/usr/bin:/bin") {
  const quoted = `'${script.replaceAll("'", "'\\''")}'`;
  const { code, stdout, stderr } = await world.sh(
    `exec env PATH="${path}" "$(command -v ${shell})" ${shells[shell].strict} ${quoted}`,
  );
  expect({ script, code, stderr }).toEqual({ script, code: 0, stderr: "" });
  return stdout;
}

async function printed(world: World, shell: Shell, path = "/usr/bin:$PWD/bin:/bin") {
  const { code, stderr } = await world.sh(`mkdir home; PATH="${path}"; ${program} init ${shell} >init`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

test.for(here)("%s: PATH begins with the shim's directory, however often it is evaluated", async (shell, { world }) => {
  const { evaluate, unset } = shells[shell];
  await printed(world, shell);
  const own = `${world.folder}/bin`;
  const paths = [
    { before: "/usr/bin:/bin", after: `${own}:/usr/bin:/bin` },
    { before: "/nowhere", after: `${own}:/nowhere` },
    { before: `${own}:/usr/bin:/bin`, after: `${own}:/usr/bin:/bin` },
    { before: own, after: own },
    { before: `/usr/bin:${own}:/bin`, after: `${own}:/usr/bin:${own}:/bin` },
    { before: `${own}-other:/bin`, after: `${own}:${own}-other:/bin` },
  ];
  for (const { before, after } of paths) {
    const stdout = await shown(world, shell, `${evaluate}; ${evaluate}; echo "$PATH"`, before);
    expect({ before, after: stdout }).toEqual({ before, after: `${after}\n` });
  }
  expect(await shown(world, shell, `${unset}; ${evaluate}; echo "$PATH"`)).toBe(`${own}\n`);
});

test.for(here)("%s: completes the commands", async (shell, { world }) => {
  const { evaluate, complete, completes } = shells[shell];
  await printed(world, shell);
  expect(await shown(world, shell, `${evaluate}; ${complete}`)).toMatch(completes);
});

test.for(here)("%s: a directory with blanks, quotes and dollars", async (shell, { world }) => {
  const { evaluate } = shells[shell];
  world.make({ "a b'c $d*/rsync": `-> ${checkout}/${build.shim}` });
  await printed(world, shell, "$PWD/a b'c \\$d*:/usr/bin:/bin");
  const stdout = await shown(world, shell, `${evaluate}; ${evaluate}; echo "$PATH"`);
  expect(stdout).toBe(`${world.folder}/a b'c $d*:/usr/bin:/bin\n`);
});

test.for(["", "tcsh", "constructor", "bash zsh"])(
  "init %s: exit code 2 and how it is meant",
  async (words, { world }) => {
    const { code, stdout, stderr } = await world.sh(`${program} init ${words}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("bash, zsh, fish");
  },
);
