/** What the rules ask of this machine. Made by io/facts.ts; the tests make it from a table. */
import type { Bytes } from "../bytes.ts";

export interface Place {
  /** Absolute and physical: links resolved as the kernel does, the part that doesn't exist resolved by its text. */
  readonly path: Bytes;
  /** `unknown`: there, but this user may not see it. A link is what it leads to; one that leads nowhere is `missing`. */
  readonly kind: "directory" | "file" | "other" | "missing" | "unknown";
  /** `device:inode` of what exists. */
  readonly id: string | null;
  /** The last component is itself a symlink. */
  readonly isLink: boolean;
}

export interface ReleaseLink {
  /** The symlink, e.g. /var/www/current. */
  readonly link: Bytes;
  /** What it holds, as readlink tells. */
  readonly text: Bytes;
  /** Where it leads. */
  readonly leadsTo: Bytes;
}

/** Where symlinks in a directory and below it lead. */
export interface LinkedDirectories {
  /** The directories outside of it, and those to which links in these lead. */
  readonly places: readonly Place[];
  /** Where the search ended: there may be more. Null where everything was seen. */
  readonly end: SearchEnd | null;
}

export interface SearchEnd {
  readonly directory: Bytes;
  readonly why: "unlisted" | "too-many-entries";
}

/** The rsync that the shim stands before. */
export interface RealRsync {
  readonly path: string;
  /** Path, device, inode, size and mtime: changes with each other or updated rsync. */
  readonly identity: string;
}

export interface Facts {
  /** Null where the current directory has been deleted. */
  readonly cwd: Bytes | null;
  /** What is at a path that is relative to the current directory or absolute. */
  place(path: Bytes): Place;
  /**
   * The same for a directory that is only compared with others. One on another host's file system that nothing else of
   * the run lies on is not looked at, for the look might not come back.
   */
  knownPlace(path: Bytes): Place;
  /** The same, but a link as the last component is what is there (`other`), not what it leads to. */
  entry(path: Bytes): Place;
  /** Null where that can't be seen. */
  isEmpty(directory: Bytes): boolean | null;
  /** The regular files in a directory, of the first thousand entries; null where it can't be listed. */
  fileNames(directory: Bytes): readonly Bytes[] | null;
  /** The lines of a text file that is not too large; null where it can't be read. */
  lines(file: Bytes): readonly Bytes[] | null;
  /** Where the file system was mounted that earlier runs found at a target; null: at no mount point, or no run is known. */
  lastMount(target: Bytes): Bytes | null;
  /** The symlinks in that directory that name a release, such as `current`. */
  releaseLinks(directory: Bytes): readonly ReleaseLink[];
  linkedDirectories(directory: Bytes): LinkedDirectories;
  /** Each user's home: path → user. */
  readonly homes: ReadonlyMap<Bytes, Bytes>;
  /** Null where it can't be known, as without /proc. */
  readonly mounts: ReadonlySet<Bytes> | null;
  /** What /etc/fstab says should be mounted. */
  readonly fstab: ReadonlySet<Bytes>;
  /** popt's alias files that name rsync, and so may change what an option means. */
  readonly aliasFiles: readonly Bytes[];
}
