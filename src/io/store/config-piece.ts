/** Configuration that rsync-guard itself writes: pieces of the system's, and a part of a user's file. */
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { presetMark } from "../../core/words/clients.ts";
import { configPieces } from "./paths.ts";
import { checkSystemDirectory } from "./private-file.ts";
import { replaceFile } from "./replace-file.ts";

export const pieceOf = (name: string): string => join(configPieces, `${name}.toml`);

export const isAdded = (name: string): boolean => existsSync(pieceOf(name));

/** Null where there is none. */
export const pieceText = (path: string): string | null => (existsSync(path) ? readFileSync(path, "utf8") : null);

/** Whether it was written by `presets add`, and not by a person. */
export const isOwnPiece = (text: string): boolean => text.startsWith(presetMark);

export function writePiece(path: string, text: string): void {
  makeDirectory(dirname(path));
  write(path, text, 0o644);
}

/** Leaves a symlink, as to a directory of dotfiles, and the file's mode. */
export function writeUsersConfig(path: string, text: string): void {
  const isThere = existsSync(path);
  if (!isThere) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  write(isThere ? realpathSync(path) : path, text, isThere ? statSync(path).mode & 0o755 : 0o600);
}

/** Whatever the umask is, the runs of all users have to read what is in it. */
function makeDirectory(directory: string): void {
  if (!existsSync(directory)) {
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o755);
  }
}

function write(path: string, text: string, mode: number): void {
  const directory = dirname(path);
  checkSystemDirectory(directory);
  replaceFile(path, text, { temporary: join(directory, `.rsync-guard-${process.pid}`), mode, synced: true });
}

export const removePiece = (path: string): void => rmSync(path);
