/** What is in a directory besides its plain files, of which there may be many. */

import { type Dirent, opendirSync } from "node:fs";
import { type Bytes, fsPath } from "../../core/bytes.ts";

export interface Contents {
  /** Of all entries. */
  readonly count: number;
  readonly directories: readonly Bytes[];
  readonly symlinks: readonly Bytes[];
  readonly specials: readonly Bytes[];
}

/** In the directory's own order. Throws where it isn't there, or can't be listed. */
export function* listDirectory(directory: Bytes): Generator<Dirent> {
  const opened = opendirSync(fsPath(directory) as string, { encoding: "latin1", bufferSize: 256 });
  try {
    for (let entry = opened.readSync(); entry; entry = opened.readSync()) yield entry;
  } finally {
    opened.closeSync();
  }
}

/** Throws as listDirectory() does. */
export function contentsOf(directory: Bytes): Contents {
  const directories: Bytes[] = [];
  const symlinks: Bytes[] = [];
  const specials: Bytes[] = [];
  let count = 0;
  for (const entry of listDirectory(directory)) {
    count++;
    if (entry.isFile()) continue;
    const alike = entry.isDirectory() ? directories : entry.isSymbolicLink() ? symlinks : specials;
    alike.push(entry.name);
  }
  return { count, directories, symlinks, specials };
}
