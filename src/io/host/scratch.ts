/** A file that has no name any more, so that nothing stays behind however this ends. */
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Its descriptor, for reading and writing. */
export function openScratch(): number {
  const folder = mkdtempSync(join(tmpdir(), "rsync-guard-"));
  try {
    return openSync(join(folder, "scratch"), "w+", 0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
