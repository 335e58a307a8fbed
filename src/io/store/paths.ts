/** Where configuration, records and the journal are. */
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
  return directory === null ? stateDirectoryIn(homeDirectory()) : `${directory}/rsync-guard`;
}

const stateDirectoryIn = (home: string): string => `${home}/.local/state/rsync-guard`;

export const approvalsDirectory = (env: Environment): string => `${stateDirectory(env)}/approvals`;
export const allowancesDirectory = (env: Environment): string => `${stateDirectory(env)}/allowed`;
export const mountsDirectory = (env: Environment): string => `${stateDirectory(env)}/mounts`;
export const journalFile = (env: Environment): string => journalIn(stateDirectory(env));
/** Another user's, whose variables are not known. */
export const journalFileOf = (home: string): string => journalIn(stateDirectoryIn(home));
const journalIn = (directory: string): string => `${directory}/journal.jsonl`;
