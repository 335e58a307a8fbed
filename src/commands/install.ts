/** `rsync-guard install` and `uninstall`. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { textOf } from "../core/bytes.ts";
import { shellWord } from "../core/quoting.ts";
import { isStandalone } from "../io/host/argv.ts";
import type { Environment } from "../io/host/environment.ts";
import { findRealRsync } from "../io/host/real-rsync.ts";
import { ownUser } from "../io/host/users.ts";
import {
  type Changed,
  diverted,
  InstallError,
  installDiverted,
  installIn,
  nodeFor,
  type Paths,
  uninstallDiverted,
  uninstallFrom,
} from "../io/setup/installation.ts";
import { type Command, type CommandCall, type Output, problem, usage } from "./command.ts";
import { program } from "./program.ts";

const flags = {
  "bin-dir": { value: "DIR", does: "where the shim goes (default /usr/local/bin)" },
  user: { value: null, does: "in ~/.local/bin, for this user" },
  divert: { value: null, does: "in the place of /usr/bin/rsync, through dpkg-divert" },
} as const;

export const install: Command = {
  usage: ["[--bin-dir DIR | --user | --divert]"],
  does: "put the guard before rsync",
  flags,
  more: [
    "Writes the shim, with the absolute paths of node, the guard and the real rsync, and the command rsync-guard beside it. It overwrites nothing that it did not write, and can be called again, after an update of Node for example.",
    "With --bin-dir or --user, what calls `rsync` with that directory before the real one's on its PATH goes through the guard. Cron jobs, systemd units and scripts that name /usr/bin/rsync do not; with --divert they do, and an upgrade of the rsync package keeps it so.",
    "rsync-guard doctor says what goes through it and what does not. rsync-guard uninstall, with the same options, undoes it.",
  ],
  run: async (given) => guarded(given, installed),
};

export const uninstall: Command = {
  usage: ["[--bin-dir DIR | --user | --divert]"],
  does: "take the guard away again",
  flags,
  more: ["Removes only what install wrote. Configuration, approvals and the journal stay."],
  run: async (given) =>
    guarded(given, ({ flags: { divert } }, directory) =>
      lines([
        ...told(divert ? uninstallDiverted() : uninstallFrom(directory, program().command)),
        "open shells may need: hash -r",
      ]),
    ),
};

function guarded(given: CommandCall, work: (given: CommandCall, directory: string) => string): Output {
  const { words, flags: chosen } = given;
  if (words.length > 0) return usage(`${words[0]} is not understood`);
  if (Object.keys(chosen).length > 1) return usage("only one of --bin-dir, --user and --divert can be meant");
  const directory = chosen["user"] ? userDirectory(given.env) : resolve(String(chosen["bin-dir"] ?? "/usr/local/bin"));
  try {
    return { text: work(given, directory), exitCode: 0 };
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    return problem(error.message);
  }
}

/** HOME may be gone, or empty. */
const userDirectory = ({ HOME: home }: Environment): string =>
  join(home || textOf(ownUser()?.home ?? "/"), ".local/bin");

const lines = (all: readonly string[]): string => `${all.join("\n")}\n`;

const told = (changed: readonly Changed[]): readonly string[] =>
  changed.map(({ path, change }) => `${change.padEnd(9)}  ${path}`);

function installed({ flags: { divert }, env }: CommandCall, directory: string): string {
  const own = program();
  if (own.guard.includes("/_npx/"))
    throw new InstallError("npx keeps it only for a while: npm install -g rsync-guard, then rsync-guard install");
  if (!existsSync(own.guard)) throw new InstallError(`there is no ${own.guard}: npm ci makes it`);
  const node = isStandalone ? null : nodeFor();
  const warnings = [
    ...(!node || node.isSystems
      ? []
      : [`node is ${node.path}, not the system's: if it goes away, rsync is refused until install is called again`]),
    ...(/^\/(?:home|root)\//.test(own.guard)
      ? [`the guard lies in a home, ${own.guard}: other users may not be able to read it`]
      : []),
  ];
  if (divert) {
    const changed = installDiverted({ ...own, node: node?.path ?? null });
    return lines([
      ...told(changed),
      `through the guard: every call of rsync on this host, ${diverted.path} itself included; the real one is ${diverted.to}`,
      ...warnings,
      "undo: rsync-guard uninstall --divert",
    ]);
  }
  const real = findRealRsync(pathBehind(directory, env["PATH"] ?? ""), null);
  if (!real) throw new InstallError("there is no rsync on PATH to stand before: install rsync first");
  // the name that it has without a diversion too, else uninstall --divert would take it away from this shim
  const name = real.path === diverted.to ? diverted.path : real.path;
  const paths: Paths = { ...own, node: node?.path ?? null, real: name };
  const changed = installIn(directory, paths);
  return lines([
    ...told(changed),
    ...reach(directory, real.path, env["PATH"] ?? ""),
    ...warnings,
    `undo: rsync-guard uninstall${undoFlags(directory, env)}`,
  ]);
}

/** Beginning with what comes after a directory: an rsync before it may be a wrapper that calls the one in it. */
function pathBehind(directory: string, path: string): string {
  const places = path.split(":");
  const own = places.indexOf(directory);
  return own < 0 ? path : [...places.slice(own + 1), ...places.slice(0, own)].join(":");
}

const undoFlags = (directory: string, env: Environment): string =>
  directory === "/usr/local/bin"
    ? ""
    : directory === userDirectory(env)
      ? " --user"
      : ` --bin-dir ${shellWord(directory)}`;

/** What now goes through the guard, and what does not. */
function reach(directory: string, real: string, path: string): readonly string[] {
  const places = path.split(":");
  const own = places.indexOf(directory);
  const other = places.indexOf(real.replace(/\/[^/]*$/, ""));
  const isFirst = own >= 0 && (other < 0 || own < other);
  return [
    isFirst
      ? `through the guard: what calls rsync with ${directory} before ${real} on its PATH, as this shell does (hash -r in open ones)`
      : `nothing goes through it yet: ${directory} is not before ${real} on this PATH; put it there: export PATH=${shellWord(directory)}:"$PATH"`,
    `not through it: ${real} by its full path, and what has another PATH (cron jobs have /usr/bin:/bin); install --divert covers these`,
    "see also: rsync-guard doctor",
  ];
}
