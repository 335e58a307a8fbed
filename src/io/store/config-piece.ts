/** Pieces of the system's configuration that rsync-guard itself writes. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
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
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  checkSystemDirectory(directory);
  replaceFile(path, text, { temporary: join(directory, `.rsync-guard-${process.pid}`), mode: 0o644, synced: true });
}

export const removePiece = (path: string): void => rmSync(path);
