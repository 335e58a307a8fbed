/** Writes a file as a whole: whatever happens, under its name there is the old file or the new one. */
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";

export interface Replacement {
  /** Another name in the same directory, under which it is written first. */
  readonly temporary: string;
  readonly mode: number;
  /** Also after a power failure, which takes time. */
  readonly synced: boolean;
}

export function replaceFile(
  path: string,
  content: string | Uint8Array,
  { temporary, mode, synced }: Replacement,
): void {
  try {
    const file = openSync(temporary, "wx", mode);
    try {
      writeFileSync(file, content);
      if (synced) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // whatever the umask is
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
