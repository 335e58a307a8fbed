/** Where configuration, records and the journal are. */
import { accessSync, constants, lstatSync, readdirSync } from "node:fs";
import { textOf } from "../../core/bytes.ts";
import type { Environment } from "../host/environment.ts";
import { ownUser } from "../host/users.ts";

/** Home comes from the passwd entry: a variable may be gone, which is what this is about. */
const homeDirectory = (): string => textOf(ownUser()?.home || "/nonexistent");

/** What a variable names; where the user was raised or lowered it is another's variable, and counts for nothing. */
const chosen = (directory: string | undefined): string | null =>
  directory?.startsWith("/") && process.getuid?.() === process.geteuid?.() ? directory : null;

/** A file of the configuration, which need not be there. */
export interface ConfigPath {
  readonly name: string;
  readonly whose: "system's" | "system's piece" | "user's";
}

const systemConfig = "/etc/rsync-guard.toml";
/** Where presets and packages put their own pieces of the system's configuration. */
export const configPieces = "/etc/rsync-guard.d";

/** The system's, its pieces on top of it, and the user's on top of these. */
export function configFiles(env: Environment): readonly ConfigPath[] {
  const users = usersConfig(env);
  return [
    { name: systemConfig, whose: "system's" },
    ...piecesIn(configPieces),
    // XDG_CONFIG_HOME may be /etc
    ...(users === systemConfig ? [] : [{ name: users, whose: "user's" } as const]),
  ];
}

export const usersConfig = ({ XDG_CONFIG_HOME: config }: Environment): string =>
  `${chosen(config) ?? `${homeDirectory()}/.config`}/rsync-guard.toml`;

/** The pieces in a directory, in the order of their bytes. One that can't be listed is its own piece, which can't be read. */
export function piecesIn(directory: string): readonly ConfigPath[] {
  try {
    const names = readdirSync(directory, "latin1").filter((name) => /^[^.].*\.toml$/s.test(name));
    return names.sort().map((name) => ({
      name: `${directory}/${Buffer.from(name, "latin1").toString()}`,
      whose: "system's piece",
    }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? [] : [{ name: directory, whose: "system's" }];
  }
}

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

/** Another user's, whose variables are not known. */
export const approvalsDirectoryIn = (home: string): string => `${stateDirectoryIn(home)}/approvals`;
export const approvalsDirectory = (env: Environment): string => `${stateDirectory(env)}/approvals`;
export const allowancesDirectory = (env: Environment): string => `${stateDirectory(env)}/allowed`;
export const mountsDirectory = (env: Environment): string => `${stateDirectory(env)}/mounts`;
export const seenFile = (env: Environment): string => `${stateDirectory(env)}/seen`;
export const undoDirectory = (env: Environment): string => `${stateDirectory(env)}/undo`;
export const setAsideDirectory = (env: Environment): string => `${stateDirectory(env)}/set-aside`;
/** Which plans were imported. */
export const importsDirectory = (env: Environment): string => `${stateDirectory(env)}/imported`;
export const journalFile = (env: Environment): string => journalIn(stateDirectory(env));
/** Where another user's may be, whose variables are not known. */
export const journalFilesOf = (uid: number, home: string): readonly string[] =>
  [...(/^\/./.test(home) ? [stateDirectoryIn(home.replace(/\/+$/, ""))] : []), homelessDirectoryOf(uid)].map(journalIn);
const journalIn = (directory: string): string => `${directory}/journal.jsonl`;
