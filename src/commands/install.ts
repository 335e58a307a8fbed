/** `rsync-guard install` and `uninstall`. */
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { textOf } from "../core/bytes.ts";
import { shellWord } from "../core/quoting.ts";
import type { Changed, Installed, InstallRisk } from "../core/setup/installation.ts";
import { isInHome } from "../core/setup/node.ts";
import { comesBefore, pathBehind } from "../core/setup/search-path.ts";
import { installedLines, uninstalledLines } from "../core/words/installation.ts";
import { linesText } from "../core/words/lines.ts";
import { isStandalone } from "../io/host/argv.ts";
import type { Environment } from "../io/host/environment.ts";
import { findRealRsync } from "../io/host/real-rsync.ts";
import { ownUser } from "../io/host/users.ts";
import { clientsHere } from "../io/setup/checks/clients.ts";
import { installDiverted, uninstallDiverted } from "../io/setup/diversion.ts";
import { diverted, installIn, nodeFor, type Program, uninstallFrom } from "../io/setup/installation.ts";
import { asInstallError, InstallError } from "../io/setup/installed-files.ts";
import { pieceOf, pieceText, writePiece } from "../io/store/config-piece.ts";
import { homelessState } from "../io/store/paths.ts";
import { FileError } from "../io/store/private-file.ts";
import { type Command, type CommandCall, type Output, problem, unexpectedArgument, usage } from "./command.ts";
import { program } from "./program.ts";

const flags = {
  "bin-dir": { value: "DIR", does: "in DIR, instead of /usr/local/bin" },
  user: { value: null, does: "in ~/.local/bin, for this user only" },
  divert: { value: null, does: "in the place of /usr/bin/rsync, also after upgrades of rsync" },
} as const;

export const install: Command = {
  usage: ["[--bin-dir DIR | --user | --divert] [--observe]"],
  does: "put rsync-guard in front of the real rsync",
  flags: { ...flags, observe: { value: null, does: "have it watch first, and refuse only what can't be judged" } },
  more: [
    "Writes two files: the shim, called rsync, which holds the absolute paths of node, rsync-guard and the real rsync; and the command rsync-guard. It overwrites nothing that it did not write. Call it again when one of these paths changes, for example after an update of Node.",
    "With --bin-dir or --user, calls of rsync are guarded where that directory comes before the real rsync's on the caller's PATH. Cron jobs, systemd units and scripts that name /usr/bin/rsync are not guarded. With --divert they are, and they stay so when the rsync package is upgraded.",
    `With --observe it also writes ${pieceOf("observe")}, before anything else, so that no job of this host is refused meanwhile. Remove that file when it is to guard.`,
    "rsync-guard doctor says which calls are guarded and which are not. rsync-guard uninstall, with the same option, undoes it.",
  ],
  run: async (given) =>
    withDirectory(given, ({ flags: { divert, observe }, env }, directory) => {
      const watching = observe ? [watchFirst()] : [];
      const installed = divert ? installByDiversion(env) : installInto(directory, env);
      return installedLines({ ...installed, changed: [...watching, ...installed.changed] });
    }),
};

export const uninstall: Command = {
  usage: ["[--bin-dir DIR | --user | --divert]"],
  does: "remove what install wrote",
  flags,
  more: ["Use the same option as for install. Configuration, records of dry runs and the journal stay."],
  run: async (given) =>
    withDirectory(given, ({ flags: { divert } }, directory) =>
      uninstalledLines(divert ? uninstallDiverted() : uninstallFrom(directory, program().command)),
    ),
};

/** Writes the piece of configuration for it, or leaves one that says the same. */
function watchFirst(): Changed {
  const path = pieceOf("observe");
  const text = 'mode = "observe"\n';
  const present = pieceText(path);
  if (present !== null && present.trim() !== text.trim()) throw new InstallError({ is: "other-piece", path });
  if (present === null) asInstallError(() => writePiece(path, text));
  return { path, change: present === null ? "written" : "unchanged" };
}

/** Does the work in the directory that is meant; what comes of it is a text. */
function withDirectory(given: CommandCall, work: (given: CommandCall, directory: string) => readonly string[]): Output {
  const { words, flags: chosen } = given;
  if (words[0] !== undefined) return unexpectedArgument(words[0]);
  if (Object.keys(flags).filter((name) => chosen[name]).length > 1)
    return usage("give only one of --bin-dir, --user and --divert");
  if (chosen["user"] && chosen["observe"])
    return usage('--observe is for all users: with --user, write mode = "observe" into ~/.config/rsync-guard.toml');
  const directory = chosen["user"] ? userDirectory(given.env) : resolve(String(chosen["bin-dir"] ?? defaultDirectory));
  try {
    return { text: linesText(work(given, directory)), exitCode: 0 };
  } catch (error) {
    if (!(error instanceof InstallError || error instanceof FileError)) throw error;
    return problem(error.message);
  }
}

const defaultDirectory = "/usr/local/bin";

/** HOME may be gone, or empty. */
const userDirectory = ({ HOME: home }: Environment): string =>
  join(home || textOf(ownUser()?.home ?? "/"), ".local/bin");

/** What is installed, and what may break it later. Throws InstallError. */
function programWithRisks(): { readonly own: Program; readonly risks: readonly InstallRisk[] } {
  const own = program();
  if (own.guard.includes("/_npx/")) throw new InstallError({ is: "kept-by-npx" });
  if (!existsSync(own.guard)) throw new InstallError({ is: "no-guard", path: own.guard });
  const node = isStandalone ? null : nodeFor();
  return {
    own: { ...own, node: node?.path ?? null },
    risks: [
      ...(node && !node.isSystems ? [{ is: "personal-node", path: node.path } as const] : []),
      ...(isInHome(own.guard) ? [{ is: "in-a-home", path: own.guard } as const] : []),
    ],
  };
}

function refusedClients(env: Environment): readonly string[] {
  const found = clientsHere(env);
  return found.is === "refused" ? found.names : [];
}

function installByDiversion(env: Environment): Installed {
  const { own, risks } = programWithRisks();
  makeHomelessState();
  return {
    changed: installDiverted(own),
    reach: { is: "everything", ...diverted },
    risks,
    clients: refusedClients(env),
    undo: " --divert",
  };
}

function installInto(directory: string, env: Environment): Installed {
  const { own, risks } = programWithRisks();
  const path = env["PATH"] ?? "";
  const real = findRealRsync(pathBehind(directory, path), null)?.path;
  if (real === undefined) throw new InstallError({ is: "no-rsync" });
  if (directory === defaultDirectory) makeHomelessState();
  // the name that it has without a diversion too, else uninstall --divert would take it away from this shim
  const lasting = real === diverted.to ? diverted.path : real;
  return {
    changed: installIn(directory, { ...own, real: lasting }),
    reach: {
      is: comesBefore(directory, dirname(real), path) ? "first-on-path" : "not-first-on-path",
      directory,
      real,
    },
    risks,
    // they start /usr/bin/rsync
    clients: [],
    undo: undoFlags(directory, env),
  };
}

/** Like /var/tmp, but nobody can list it. What keeps it from being made is what doctor says of such a user. */
function makeHomelessState(): void {
  try {
    mkdirSync(homelessState, { recursive: true });
    chmodSync(homelessState, 0o1733);
  } catch {
    // the runs of users with a home need none
  }
}

function undoFlags(directory: string, env: Environment): string {
  if (directory === defaultDirectory) return "";
  return directory === userDirectory(env) ? " --user" : ` --bin-dir ${shellWord(directory)}`;
}
