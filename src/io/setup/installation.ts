/** Puts the shim before the real rsync, and takes it away again. Each step leaves a host on which rsync works. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { shellWord } from "../../core/quoting.ts";
import { divertedTo, isShim } from "../host/real-rsync.ts";

/** Why nothing was installed, or removed; the message says what to do. */
export class InstallError extends Error {}

/** What is installed: absolute paths, but for the shim. */
export interface Program {
  /** What runs it; null: it is an executable. */
  readonly node: string | null;
  /** What the shim asks. */
  readonly guard: string;
  /** What people call; an executable is both. */
  readonly command: string;
  /** The text of shims/rsync. */
  readonly shim: string;
}

export interface Paths extends Program {
  readonly real: string;
}

const commandMark = "rsync-guard:command";

/** The text of an installed shim. */
function shimText({ node, guard, real, shim }: Paths): string {
  const values: Readonly<Record<string, string>> = {
    rsync_guard_node: node ?? "",
    rsync_guard_program: guard,
    rsync_guard_real: real,
  };
  return shim.replace(/^(rsync_guard_(?:node|program|real))=$/gm, (line, name: string) =>
    values[name] ? `${line}${shellWord(values[name])}` : line,
  );
}

const commandText = ({ node, command }: Paths): string =>
  `#!/bin/sh\n# ${commandMark} - written by rsync-guard install\nexec ${[...(node === null ? [] : [node]), command].map(shellWord).join(" ")} "$@"\n`;

/** Also of a symlink that leads nowhere. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Whether a file is one that an installation wrote; a symlink to one is somebody else's. */
const isOwn = (path: string): boolean =>
  lstatSync(path).isFile() && (isShim(path) || readFileSync(path, "latin1").slice(0, 200).includes(commandMark));

/** npm puts a symlink to this program where the command would go; an executable may lie there itself. */
const isProgram = (path: string, command: string): boolean => existsSync(path) && realpathSync(path) === command;

export type Change = "written" | "updated" | "unchanged" | "removed" | "restored" | "not there";

/** Under its name there is the old file or the whole new one. */
function place(path: string, text: string): Change {
  const before = isThere(path);
  if (before && readFileSync(path, "utf8") === text && (lstatSync(path).mode & 0o777) === 0o755) return "unchanged";
  const temporary = join(dirname(path), `.rsync-guard-${process.pid}`);
  try {
    const file = openSync(temporary, "wx", 0o755);
    try {
      writeFileSync(file, text);
      // an empty rsync, after a power failure, would end as if all was done
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // whatever the umask is
    chmodSync(temporary, 0o755);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  return before ? "updated" : "written";
}

/** Takes away what an installation that was killed left behind. */
function sweep(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = /^\.rsync-guard-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAtWork(pid)) rmSync(join(directory, name), { force: true });
  }
}

/** Whether another process of that pid may be an installation: a container gives out the same few again and again. */
function isAtWork(pid: string): boolean {
  try {
    return pid !== String(process.pid) && readlinkSync(`/proc/${pid}/exe`) === readlinkSync("/proc/self/exe");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

export interface Changed {
  readonly path: string;
  readonly change: Change;
}

/** Writes the shim and the command rsync-guard into a directory. Throws InstallError. */
export function installIn(directory: string, paths: Paths): readonly Changed[] {
  return asInstallError(() => {
    mkdirSync(directory, { recursive: true });
    sweep(directory);
    const files = filesIn(directory, paths.command);
    const other = otherAmong(files);
    if (other)
      throw new InstallError(
        `${other} is there, and install did not write it: ${other === diverted.path ? "install --divert takes its place" : "move it away"}, or name another --bin-dir`,
      );
    const texts = { "rsync-guard": commandText(paths), rsync: shimText(paths) };
    // the shim last: what its messages name is there then
    return files.map(({ name, path, isProgram }) => ({
      path,
      change: isProgram ? "unchanged" : place(path, texts[name]),
    }));
  });
}

/** Takes them away again. Throws InstallError. */
export function uninstallFrom(directory: string, command: string): readonly Changed[] {
  return asInstallError(() => {
    if (existsSync(directory)) sweep(directory);
    const files = [...filesIn(directory, command)].reverse();
    const other = otherAmong(files);
    if (other) throw new InstallError(`${other} was not written by install: nothing was removed`);
    return files.map(({ path, isProgram }): Changed => {
      if (isProgram || !isThere(path)) return { path, change: isProgram ? "unchanged" : "not there" };
      rmSync(path);
      return { path, change: "removed" };
    });
  });
}

const filesIn = (directory: string, command: string) =>
  (["rsync-guard", "rsync"] as const).map((name) => {
    const path = join(directory, name);
    return { name, path, isProgram: isProgram(path, command) };
  });

/** The first that is somebody else's. */
const otherAmong = (files: ReturnType<typeof filesIn>): string | undefined =>
  files.find(({ path, isProgram }) => !isProgram && isThere(path) && !isOwn(path))?.path;

/** Debian's rsync, and where it is moved to. */
export const diverted = { path: "/usr/bin/rsync", to: divertedTo };

/** The same name whether the guard came as a package or not: dpkg-divert --list says whose it is, and either undoes it. */
const ours = ["--package", "rsync-guard", "--no-rename", "--divert", divertedTo];

/** The package's own, whether it was diverted or not. */
const isDiverted = (): boolean => divert("--truename", diverted.path) === diverted.to;

function divert(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("dpkg-divert", args, { encoding: "utf8" });
  if (error) throw new InstallError("dpkg-divert can't be started: --divert is for Debian and its kind");
  if (status !== 0) throw new InstallError(`dpkg-divert ${args.join(" ")}: ${stderr.trim()}`);
  return stdout.trim();
}

/** What is there of Debian's rsync. Throws InstallError where that is not certain. */
function debians() {
  const { path, to } = diverted;
  if (process.geteuid?.() !== 0) throw new InstallError(`${path} is root's: try with sudo, or --user`);
  sweep(dirname(path));
  const isReal = isThere(path) && !isShim(path);
  const isMoved = isThere(to);
  if (!isReal && !isMoved)
    throw new InstallError(`there is no rsync at ${path} or ${to}: apt-get install --reinstall rsync`);
  if (isReal && isMoved && !isSameFile(path, to))
    throw new InstallError(
      `${path} and ${to} are two different programs: look which is the package's (dpkg -V rsync), and mv the other away`,
    );
  return { path, to, isReal, isMoved };
}

/**
 * Puts the shim in the place of Debian's rsync, and tells dpkg, so that an upgrade of the package goes to the other
 * name. The real rsync is never missing: it has both names for a moment. Throws InstallError.
 */
export function installDiverted(paths: Omit<Paths, "real">): readonly Changed[] {
  return asInstallError(() => {
    const { path, to, isReal, isMoved } = debians();
    if (!isDiverted()) divert(...ours, "--add", path);
    if (!isMoved) linkSync(path, to);
    const change = place(path, shimText({ ...paths, real: to }));
    return [{ path, change: isReal ? "written" : change }];
  });
}

export function uninstallDiverted(): readonly Changed[] {
  return asInstallError(() => {
    const { path, to, isReal, isMoved } = debians();
    if (!isReal) renameSync(to, path);
    else if (isMoved) rmSync(to);
    if (isDiverted()) divert(...ours, "--remove", path);
    return [{ path, change: isReal ? "unchanged" : "restored" }];
  });
}

const isSameFile = (a: string, b: string): boolean =>
  statSync(a).ino === statSync(b).ino && statSync(a).dev === statSync(b).dev;

function asInstallError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const isDenied = code === "EACCES" || code === "EPERM" || code === "EROFS";
    throw new InstallError(isDenied ? `${path} can't be written (${code}): try with sudo, or --user` : message);
  }
}

const oldestNode = 18;

/** The Node for an installation: one of the system's where there is one, for another user's may vanish or be unreadable. */
export function nodeFor(): { readonly path: string; readonly isSystems: boolean } {
  for (const path of ["/usr/bin/node", "/usr/local/bin/node"]) {
    const { status, stdout } = spawnSync(path, ["-p", "process.versions.node"], { encoding: "utf8" });
    if (status === 0 && Number.parseInt(stdout, 10) >= oldestNode) return { path, isSystems: true };
  }
  return { path: realpathSync(process.execPath), isSystems: false };
}
