/** Where configuration, records and the journal are. */
import { accessSync, constants, lstatSync } from "node:fs";
import { textOf } from "../../core/bytes.ts";
import type { Environment } from "../host/environment.ts";
import { ownUser } from "../host/users.ts";

/** Home comes from the passwd entry: a variable may be gone, which is what this is about. */
const homeDirectory = (): string => textOf(ownUser()?.home || "/nonexistent");

/** What a variable names; where the user was raised or lowered it is another's variable, and counts for nothing. */
const chosen = (directory: string | undefined): string | null =>
  directory?.startsWith("/") && process.getuid?.() === process.geteuid?.() ? directory : null;

/** The system's, and the user's on top of it. */
export const configFiles = ({ XDG_CONFIG_HOME: config }: Environment): readonly string[] => {
  const users = `${chosen(config) ?? `${homeDirectory()}/.config`}/rsync-guard.toml`;
  // XDG_CONFIG_HOME may be /etc
  return [...new Set(["/etc/rsync-guard.toml", users])];
};

/** Where approvals and the journal are kept: one directory a user. */
export function stateDirectory({ XDG_STATE_HOME: state }: Environment): string {
  const directory = chosen(state);
  if (directory !== null) return `${directory}/rsync-guard`;
  const home = homeDirectory();
  return (canWrite(home) ? null : homelessDirectory(process.geteuid?.() ?? -1)) ?? stateDirectoryIn(home);
}

const stateDirectoryIn = (home: string): string => `${home}/.local/state/rsync-guard`;

/** For users whose home is not there, or not theirs (mysql, www-data). `install` makes it; anybody may add a directory. */
export const homelessState = "/var/lib/rsync-guard";

/** Null where it can't be used, or somebody else has made it. */
function homelessDirectory(uid: number): string | null {
  const directory = homelessDirectoryOf(uid);
  const stats = lstatSync(directory, { throwIfNoEntry: false });
  const isOwn = stats ? stats.isDirectory() && stats.uid === uid && !(stats.mode & 0o022) : canWrite(homelessState);
  return isOwn ? directory : null;
}

const homelessDirectoryOf = (uid: number): string => `${homelessState}/${uid}`;

function canWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export const approvalsDirectory = (env: Environment): string => `${stateDirectory(env)}/approvals`;
export const allowancesDirectory = (env: Environment): string => `${stateDirectory(env)}/allowed`;
export const mountsDirectory = (env: Environment): string => `${stateDirectory(env)}/mounts`;
export const undoDirectory = (env: Environment): string => `${stateDirectory(env)}/undo`;
export const setAsideDirectory = (env: Environment): string => `${stateDirectory(env)}/set-aside`;
/** Which plans were imported. */
export const importsDirectory = (env: Environment): string => `${stateDirectory(env)}/imported`;
export const journalFile = (env: Environment): string => journalIn(stateDirectory(env));
/** Where another user's may be, whose variables are not known. */
export const journalFilesOf = (uid: number, home: string): readonly string[] =>
  [...(/^\/./.test(home) ? [stateDirectoryIn(home.replace(/\/+$/, ""))] : []), homelessDirectoryOf(uid)].map(journalIn);
const journalIn = (directory: string): string => `${directory}/journal.jsonl`;
