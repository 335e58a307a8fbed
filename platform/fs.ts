/**
 * node:fs, as far as the guard and what is bundled with it use it, with Node's results and errors.
 *
 * Where Node's own type has overloads that one implementation can't satisfy, it returns any: what calls it is checked
 * against Node's types.
 */

import type * as fs from "node:fs";
import * as host from "host";
import { Buffer } from "./buffer.ts";
import { type Attempt, checked, failureOf } from "./errors.ts";
import { bytesIn, textOf } from "./text.ts";

type Path = fs.PathLike;
type Encoding = BufferEncoding | "buffer" | null | undefined;
type EncodingOption = Encoding | { readonly encoding?: Encoding };

export const constants = {
  F_OK: 0,
  X_OK: 1,
  W_OK: 2,
  R_OK: 4,
  O_RDONLY: 0,
  O_WRONLY: 0o1,
  O_RDWR: 0o2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  // these two are others on arm64
  O_DIRECTORY: host.O_DIRECTORY,
  O_NOFOLLOW: host.O_NOFOLLOW,
};

const flagsOf: Readonly<Record<string, number>> = {
  r: constants.O_RDONLY,
  "r+": constants.O_RDWR,
  w: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC,
  wx: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_EXCL,
  "w+": constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
};

/** As bytes. What comes behind a NUL would be lost. */
function bytesOfPath(path: Path): string {
  // nothing here names a file by a URL
  const bytes = bytesIn(path as string | Buffer);
  if (bytes.includes("\0"))
    throw Object.assign(new TypeError("The argument 'path' must be a string or Uint8Array without null bytes"), {
      code: "ERR_INVALID_ARG_VALUE",
    });
  return bytes;
}

const encodingOf = (option: EncodingOption | object): Encoding =>
  typeof option === "string" ? option : (option as { readonly encoding?: Encoding } | null | undefined)?.encoding;

/** Names are text unless something else is asked for. */
function named(bytes: string, option: EncodingOption | object): string | Buffer {
  const encoding = encodingOf(option);
  if (encoding === "latin1") return bytes;
  return encoding === "buffer" ? Buffer.from(bytes, "latin1") : textOf(bytes);
}

/** A call about one path. */
function at<T>(path: Path, syscall: string, call: (bytes: string) => T | number): T {
  const bytes = bytesOfPath(path);
  return checked(call(bytes), syscall, { path: textOf(bytes) });
}

/** A call about two. */
function between(from: Path, to: Path, syscall: string, call: (from: string, to: string) => number): void {
  const [path, dest] = [bytesOfPath(from), bytesOfPath(to)];
  checked(call(path, dest), syscall, { path: textOf(path), dest: textOf(dest) });
}

const fileTypes = { file: 0o10, directory: 0o04, symlink: 0o12 } as const;
const typeOfMode = (mode: number | bigint): number => (Number(mode) >> 12) & 0o17;

class Stats {
  declare readonly mode: number | bigint;

  isFile(): boolean {
    return typeOfMode(this.mode) === fileTypes.file;
  }
  isDirectory(): boolean {
    return typeOfMode(this.mode) === fileTypes.directory;
  }
  isSymbolicLink(): boolean {
    return typeOfMode(this.mode) === fileTypes.symlink;
  }
}

/** What the host does not tell is no undefined, with which one could go on. */
for (const name of ["atime", "atimeMs", "atimeNs", "birthtime", "birthtimeMs", "blksize", "ctime", "mtime", "rdev"])
  Object.defineProperty(Stats.prototype, name, {
    get: () => {
      throw new Error(`platform/fs.ts has no ${name}`);
    },
  });

const statBy =
  (syscall: "stat" | "lstat") =>
  // biome-ignore lint/suspicious/noExplicitAny: by the options it is of numbers or of bigints, or undefined
  (path: Path, options?: fs.StatSyncOptions): any => {
    const bytes = bytesOfPath(path);
    const result = host.stat(bytes, syscall === "lstat", options?.bigint === true);
    if (typeof result !== "number") return Object.setPrototypeOf(result, Stats.prototype);
    if (options?.throwIfNoEntry === false && result === -2) return undefined;
    throw failureOf(result, syscall, { path: textOf(bytes) });
  };

export const statSync = statBy("stat") satisfies (...args: Parameters<typeof fs.statSync>) => unknown;
export const lstatSync = statBy("lstat") satisfies (...args: Parameters<typeof fs.lstatSync>) => unknown;

export const fstatSync = ((fd: number) =>
  Object.setPrototypeOf(checked(host.stat(fd, false, false), "fstat"), Stats.prototype)) satisfies (
  fd: number,
) => fs.Stats;

export const accessSync = ((path, mode = constants.F_OK) => {
  at(path, "access", (bytes) => host.access(bytes, mode));
}) satisfies typeof fs.accessSync;

export const existsSync = ((path) => {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}) satisfies typeof fs.existsSync;

export const openSync = ((path, flags = "r", mode = 0o666) => {
  const bits = typeof flags === "number" ? flags : flagsOf[flags];
  if (bits === undefined) throw new TypeError(`flags ${flags}`);
  return at(path, "open", (bytes) => host.open(bytes, bits, Number(mode)));
}) satisfies typeof fs.openSync;

export const closeSync = ((fd) => {
  checked(host.close(fd), "close");
}) satisfies typeof fs.closeSync;

/** With its parameters one by one; a position of null is where the file is. */
export const readSync = (
  fd: number,
  buffer: Uint8Array,
  offset = 0,
  length = buffer.byteLength - offset,
  position: number | null = null,
): number =>
  // Node asks nobody for nothing
  length === 0 ? 0 : checked(host.read(fd, buffer, offset, length, position ?? -1), "read");

export const writeSync = (fd: number, data: Uint8Array | string, offset = 0, length?: number): number => {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  return checked(host.write(fd, bytes, offset, length ?? bytes.length - offset), "write");
};

const pieceSize = 64 * 1024;

function readAll(fd: number): Buffer {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.alloc(pieceSize);
    const size = readSync(fd, piece);
    if (size === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, size));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: by the encoding it is a string or a Buffer
export const readFileSync = ((path: fs.PathOrFileDescriptor, options?: EncodingOption): any => {
  const fd = typeof path === "number" ? path : openSync(path);
  try {
    const bytes = readAll(fd);
    const encoding = encodingOf(options);
    return encoding ? bytes.toString(encoding as "utf8" | "latin1") : bytes;
  } finally {
    if (typeof path !== "number") closeSync(fd);
  }
}) satisfies typeof fs.readFileSync;

export const writeFileSync = (
  path: fs.PathOrFileDescriptor,
  data: Uint8Array | string,
  { flag = "w", mode = 0o666 }: { readonly flag?: string; readonly mode?: number } = {},
): void => {
  const fd = typeof path === "number" ? path : openSync(path, flag, mode);
  try {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } finally {
    if (typeof path !== "number") closeSync(fd);
  }
};

// biome-ignore lint/suspicious/noExplicitAny: by the encoding it is a string or a Buffer
export const readlinkSync = ((path: Path, options?: EncodingOption | object): any =>
  named(at(path, "readlink", host.readlink), options)) satisfies typeof fs.readlinkSync;

// biome-ignore lint/suspicious/noExplicitAny: by the encoding it is a string or a Buffer
const realpath = (path: Path, options?: EncodingOption | object): any =>
  named(at(path, "realpath", host.realpath), options);

export const realpathSync = Object.assign(realpath, { native: realpath }) satisfies typeof fs.realpathSync;

class Dirent {
  readonly name: string | Buffer;
  readonly #type: number;

  constructor(name: string | Buffer, type: number) {
    this.name = name;
    this.#type = type;
  }
  isFile(): boolean {
    return this.#type === fileTypes.file;
  }
  isDirectory(): boolean {
    return this.#type === fileTypes.directory;
  }
  isSymbolicLink(): boolean {
    return this.#type === fileTypes.symlink;
  }
}

class Dir {
  readonly #fd: number;
  readonly #path: string;
  readonly #options: EncodingOption | object;
  #entries: readonly (string | number)[] = [];
  #next = 0;

  constructor(fd: number, path: string, options: EncodingOption | object) {
    this.#fd = fd;
    this.#path = path;
    this.#options = options;
  }

  readSync(): Dirent | null {
    if (this.#next >= this.#entries.length) {
      this.#entries = checked(host.entries(this.#fd), "scandir", { path: textOf(this.#path) });
      this.#next = 0;
    }
    const name = this.#entries[this.#next++];
    const type = this.#entries[this.#next++];
    if (typeof name !== "string" || typeof type !== "number") return null;
    return new Dirent(named(name, this.#options), type === 0 ? this.#typeOf(name) : type);
  }

  /** Of an entry of which the file system does not tell it. */
  #typeOf(name: string): number {
    const path = `${this.#path}/${name}`;
    return typeOfMode(checked(host.stat(path, true, false), "lstat", { path: textOf(path) }).mode);
  }

  closeSync(): void {
    closeSync(this.#fd);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what the guard uses of a Dir
export const opendirSync = ((path: Path, options?: fs.OpenDirOptions): any => {
  const fd = at(path, "opendir", (bytes) => host.open(bytes, constants.O_RDONLY | constants.O_DIRECTORY, 0));
  return new Dir(fd, bytesOfPath(path), options);
}) satisfies typeof fs.opendirSync;

const namesIn = (path: string, option: EncodingOption = "latin1"): (string | Buffer)[] =>
  entriesIn(path, option).map(({ name }) => name);

function entriesIn(path: string, option: EncodingOption | object): Dirent[] {
  const fd = checked(host.open(path, constants.O_RDONLY | constants.O_DIRECTORY, 0), "scandir", { path: textOf(path) });
  const opened = new Dir(fd, path, option);
  try {
    const entries: Dirent[] = [];
    for (let entry = opened.readSync(); entry; entry = opened.readSync()) entries.push(entry);
    return entries;
  } finally {
    opened.closeSync();
  }
}

/** In no order. */
// biome-ignore lint/suspicious/noExplicitAny: by the options names or entries
export const readdirSync = (path: Path, option?: EncodingOption | { readonly withFileTypes?: boolean }): any => {
  const bytes = bytesOfPath(path);
  const isTyped = typeof option === "object" && option !== null && "withFileTypes" in option && option.withFileTypes;
  return isTyped ? entriesIn(bytes, option) : namesIn(bytes, (option as EncodingOption) ?? "utf8");
};

export const mkdirSync = (path: Path, options: { readonly recursive?: boolean; readonly mode?: number } = {}): void => {
  const bytes = bytesOfPath(path);
  const mode = options.mode ?? 0o777;
  if (options.recursive) makeAll(bytes, mode, { path: textOf(bytes) });
  else at(path, "mkdir", () => host.mkdir(bytes, mode));
};

/** What says that a directory is not there, also if there is one. */
const refusing = [-1, -13, -20, -28];

/** A directory, and those above it that are missing. */
function makeAll(path: string, mode: number, attempt: Attempt): void {
  let result = host.mkdir(path, mode);
  const above = path.replace(/\/*[^/]*\/*$/, "");
  if (result === -2 && above !== "" && above !== path) {
    makeAll(above, mode, attempt);
    result = host.mkdir(path, mode);
  }
  if (result >= 0) return;
  const stats = refusing.includes(result) ? result : host.stat(path, false, false);
  if (typeof stats === "number") throw failureOf(stats, "mkdir", attempt);
  if (typeOfMode(stats.mode) !== fileTypes.directory) throw failureOf(result, "mkdir", attempt);
}

export const mkdtempSync = (prefix: string): string => textOf(at(`${prefix}XXXXXX`, "mkdtemp", host.mkdtemp));

export const renameSync = ((from, to) => between(from, to, "rename", host.rename)) satisfies typeof fs.renameSync;
export const linkSync = ((from, to) => between(from, to, "link", host.link)) satisfies typeof fs.linkSync;

export const chmodSync = ((path, mode) => {
  at(path, "chmod", (bytes) => host.chmod(bytes, Number(mode)));
}) satisfies typeof fs.chmodSync;

export const chownSync = ((path, uid, gid) => {
  at(path, "chown", (bytes) => host.chown(bytes, uid, gid));
}) satisfies typeof fs.chownSync;

/** Times in seconds. */
export const utimesSync = (path: Path, accessed: number, changed: number): void => {
  at(path, "utime", (bytes) => host.utimes(bytes, accessed, changed));
};

export const unlinkSync = ((path) => {
  at(path, "unlink", host.unlink);
}) satisfies typeof fs.unlinkSync;

export const statfsSync = (path: Path): Pick<fs.StatsFs, "bsize" | "blocks" | "bavail"> => {
  const [bsize, blocks, bavail] = at(path, "statfs", host.statfs);
  return { bsize, blocks, bavail };
};

export const fsyncSync = ((fd) => {
  checked(host.fsync(fd), "fsync");
}) satisfies typeof fs.fsyncSync;

export const rmdirSync = ((path) => {
  at(path, "rmdir", host.rmdir);
}) satisfies typeof fs.rmdirSync;

/** The path of one that is open may be cut through /proc. */
export const truncateSync = (path: Path, size = 0): void => {
  const fd = openSync(path, "r+");
  try {
    checked(host.ftruncate(fd, size), "ftruncate");
  } finally {
    closeSync(fd);
  }
};

export const rmSync = ((path, { force = false, recursive = false } = {}) => {
  const bytes = bytesOfPath(path);
  const stats = host.stat(bytes, true, false);
  if (typeof stats === "number") {
    if (force && stats === -2) return;
    throw failureOf(stats, "lstat", { path: textOf(bytes) });
  }
  if (typeOfMode(stats.mode) !== fileTypes.directory) return remove(bytes);
  if (!recursive)
    throw Object.assign(new Error(`Path is a directory: rm returned EISDIR (is a directory) ${textOf(bytes)}`), {
      code: "ERR_FS_EISDIR",
    });
  removeAll(bytes);
}) satisfies typeof fs.rmSync;

/** A file that another process removes meanwhile is as good. */
function remove(path: string): void {
  const result = host.unlink(path);
  if (result < 0 && result !== -2) throw failureOf(result, "unlink", { path: textOf(path) });
}

function removeAll(path: string): void {
  for (const name of namesIn(path)) {
    const entry = `${path}/${name}`;
    const stats = host.stat(entry, true, false);
    if (typeof stats !== "number" && typeOfMode(stats.mode) === fileTypes.directory) removeAll(entry);
    else remove(entry);
  }
  const result = host.rmdir(path);
  if (result < 0 && result !== -2) throw failureOf(result, "rmdir", { path: textOf(path) });
}
