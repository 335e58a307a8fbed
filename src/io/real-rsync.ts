/** Finds the rsync that the shim stands before. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import which from "which";

export interface RealRsync {
  readonly path: string;
  /** Path, device, inode, size and mtime: changes with each other or updated rsync. */
  readonly identity: string;
}

/** Where Debian and most others have it, for a caller whose PATH is short or unset. */
const defaultPath = "/usr/local/bin:/usr/bin:/bin";

/** In the first lines of every copy of the shim, wherever it was copied to. */
const shimMark = "rsync-guard:shim";

/** The first rsync on PATH that is neither the shim nor a copy of it, or null. */
export function findRealRsync(path: string | undefined, shim: string | null): RealRsync | null {
  const self = shim === null ? null : identityOf(shim);
  // an empty or a relative element of PATH makes which answer relative names, which hang on the current directory
  const found = which
    .sync("rsync", { all: true, nothrow: true, path: path ? `${path}:${defaultPath}` : defaultPath })
    ?.filter((candidate) => candidate.startsWith("/"));
  for (const candidate of found ?? []) {
    const identity = identityOf(candidate);
    if (identity && identity.file !== self?.file && !isShim(candidate))
      return { path: candidate, identity: `${candidate} ${identity.file} ${identity.state}` };
  }
  return null;
}

function identityOf(path: string) {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats ? { file: `${stats.dev}:${stats.ino}`, state: `${stats.size} ${stats.mtimeNs}` } : null;
}

function isShim(path: string): boolean {
  const head = Buffer.alloc(512);
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    // a script that can't be read can't be run either
    return false;
  }
  try {
    return head.toString("latin1", 0, readSync(file, head)).includes(shimMark);
  } finally {
    closeSync(file);
  }
}
