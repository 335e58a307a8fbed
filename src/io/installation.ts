/** Puts the shim before the real rsync, and takes it away again. Each step leaves a host on which rsync works. */
import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { shellWord } from "../core/text.ts";
import { isShim } from "./real-rsync.ts";

/** Why nothing was installed, or removed; the message says what to do. */
export class InstallError extends Error {}

/** What the shim is written with: absolute paths. */
export interface Paths {
  readonly node: string;
  /** The folder that holds dist/ and shims/. */
  readonly root: string;
  readonly real: string;
}

const commandMark = "rsync-guard:command";

/** The text of an installed shim. */
export function shimText({ node, root, real }: Paths): string {
  const values: Readonly<Record<string, string>> = {
    rsync_guard_node: node,
    rsync_guard_bundle: join(root, "dist/guard.cjs"),
    rsync_guard_real: real,
  };
  return readFileSync(join(root, "shims/rsync"), "utf8").replace(
    /^(rsync_guard_(?:node|bundle|real))=$/gm,
    (_, name: string) => `${name}=${shellWord(values[name] ?? "")}`,
  );
}

const commandText = ({ node, root }: Paths): string =>
  `#!/bin/sh\n# ${commandMark} - written by rsync-guard install\nexec ${shellWord(node)} ${shellWord(join(root, "dist/cli.cjs"))} "$@"\n`;

/** Whether a file is one that an installation wrote. */
const isOwn = (path: string): boolean =>
  isShim(path) || (existsSync(path) && readFileSync(path, "latin1").slice(0, 200).includes(commandMark));

export type Change = "written" | "updated" | "unchanged" | "removed" | "not there";

/** Under its name there is the old file or the whole new one. Throws InstallError where it is somebody else's. */
function place(path: string, text: string, mayReplace = isOwn): Change {
  const isThere = existsSync(path);
  if (isThere && !mayReplace(path))
    throw new InstallError(`${path} is there, and is not rsync-guard's: move it away, or name another --bin-dir`);
  if (isThere && readFileSync(path, "utf8") === text && isExecutable(path)) return "unchanged";
  replace(path, text);
  return isThere ? "updated" : "written";
}

function replace(path: string, text: string): void {
  const temporary = join(dirname(path), `.rsync-guard-${process.pid}`);
  try {
    writeFileSync(temporary, text, { mode: 0o755, flag: "wx" });
    // whatever the umask is
    chmodSync(temporary, 0o755);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function remove(path: string): Change {
  if (!existsSync(path)) return "not there";
  if (!isOwn(path)) throw new InstallError(`${path} is not rsync-guard's: nothing was removed`);
  rmSync(path);
  return "removed";
}

export interface Changed {
  readonly path: string;
  readonly change: Change;
}

/** Writes the shim and the command rsync-guard into a directory. Throws InstallError. */
export function installIn(directory: string, paths: Paths): readonly Changed[] {
  return asInstallError(() => {
    mkdirSync(directory, { recursive: true });
    // the shim last: what its messages name is there then
    const texts = { "rsync-guard": commandText(paths), rsync: shimText(paths) };
    return Object.entries(texts).map(([name, text]) => {
      const path = join(directory, name);
      return { path, change: place(path, text) };
    });
  });
}

export const uninstallFrom = (directory: string): readonly Changed[] =>
  asInstallError(() =>
    ["rsync", "rsync-guard"].map((name) => {
      const path = join(directory, name);
      return { path, change: remove(path) };
    }),
  );

/** Debian's rsync, and where it is moved to. */
export const diverted = { path: "/usr/bin/rsync", to: "/usr/bin/rsync.distrib" };

/** The package's own, whether it was diverted or not. */
const isDiverted = (): boolean => divert("--truename", diverted.path) === diverted.to;

function divert(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("dpkg-divert", args, { encoding: "utf8" });
  if (error) throw new InstallError("dpkg-divert can't be started: --divert is for Debian and its kind");
  if (status !== 0) throw new InstallError(`dpkg-divert ${args.join(" ")}: ${stderr.trim()}`);
  return stdout.trim();
}

/**
 * Puts the shim in the place of Debian's rsync, and tells dpkg, so that an upgrade of the package goes to the other
 * name. The real rsync is never missing: it has both names for a moment. Throws InstallError.
 */
export function installDiverted(paths: Omit<Paths, "real">): readonly Changed[] {
  return asInstallError(() => {
    const { path, to } = diverted;
    if (!isDiverted()) divert("--local", "--no-rename", "--divert", to, "--add", path);
    if (!isShim(path)) {
      if (!existsSync(path)) throw new InstallError(`there is no ${path}: install rsync first`);
      rmSync(to, { force: true });
      linkSync(path, to);
    }
    if (!existsSync(to))
      throw new InstallError(`there is no ${to}: install rsync again (apt-get install --reinstall rsync)`);
    // over the real rsync, which has another name by now
    return [{ path, change: place(path, shimText({ ...paths, real: to }), () => true) }];
  });
}

export function uninstallDiverted(): readonly Changed[] {
  return asInstallError(() => {
    const { path, to } = diverted;
    let change: Change = "not there";
    if (isShim(path)) {
      if (!existsSync(to)) throw new InstallError(`there is no ${to} to put back: apt-get install --reinstall rsync`);
      renameSync(to, path);
      change = "removed";
    }
    if (isDiverted()) {
      if (existsSync(to) && existsSync(path) && isSameFile(to, path)) rmSync(to);
      divert("--local", "--no-rename", "--divert", to, "--remove", path);
    }
    return [{ path, change }];
  });
}

const isSameFile = (a: string, b: string): boolean =>
  statSync(a).ino === statSync(b).ino && statSync(a).dev === statSync(b).dev;

function asInstallError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM" || code === "EROFS")
      throw new InstallError(`${path} can't be written (${code}): try with sudo, or --user`);
    throw error;
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
