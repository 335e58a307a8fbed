/** Puts the shim before the real rsync, and takes it away again. Each step leaves a host on which rsync works. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../core/quoting.ts";
import type { Changed } from "../../core/setup/installation.ts";
import { isTooOld } from "../../core/setup/node.ts";
import { shimWith, withoutPrivilegedMode } from "../../core/setup/shim.ts";
import { divertedTo } from "../host/real-rsync.ts";
import {
  asInstallError,
  commandMark,
  InstallError,
  isOwn,
  isProgram,
  isThere,
  place,
  sweep,
} from "./installed-files.ts";

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

/** Debian's rsync, and where --divert moves it to. */
export const diverted = { path: "/usr/bin/rsync", to: divertedTo } as const;

/** The text of an installed shim. */
export function shimText({ node, guard, real, shim }: Paths): string {
  const text = shimWith({ node: node ?? "", program: guard, real }, shim);
  return spawnSync("/bin/sh", ["-p", "-c", ":"]).status === 0 ? text : withoutPrivilegedMode(text);
}

const commandText = ({ node, command }: Paths): string =>
  `#!/bin/sh\n# ${commandMark} - written by rsync-guard install\nexec ${[...(node === null ? [] : [node]), command].map(shellWord).join(" ")} "$@"\n`;

/** Writes the shim and the command rsync-guard into a directory. Throws InstallError. */
export const installIn = (directory: string, paths: Paths): readonly Changed[] =>
  asInstallError(() => {
    mkdirSync(directory, { recursive: true });
    sweep(directory);
    const files = filesIn(directory, paths.command);
    const path = foreignAmong(files);
    if (path) throw new InstallError({ is: "foreign-file", path, isDebians: path === diverted.path });
    const texts = { "rsync-guard": commandText(paths), rsync: shimText(paths) };
    // the shim last: what its messages name is there then
    return files.map(({ name, path, isProgram }) => ({
      path,
      change: isProgram ? "unchanged" : place(path, texts[name]),
    }));
  });

/** Takes them away again. Throws InstallError. */
export const uninstallFrom = (directory: string, command: string): readonly Changed[] =>
  asInstallError(() => {
    if (existsSync(directory)) sweep(directory);
    const files = filesIn(directory, command);
    const path = foreignAmong([...files].reverse());
    if (path) throw new InstallError({ is: "not-written-by-install", path });
    return [...files].reverse().map(({ path, isProgram }): Changed => {
      if (isProgram) return { path, change: "unchanged" };
      if (!isThere(path)) return { path, change: "not there" };
      rmSync(path);
      return { path, change: "removed" };
    });
  });

const filesIn = (directory: string, command: string) =>
  (["rsync-guard", "rsync"] as const).map((name) => {
    const path = join(directory, name);
    return { name, path, isProgram: isProgram(path, command) };
  });

/** The first that no installation wrote. */
const foreignAmong = (files: ReturnType<typeof filesIn>): string | undefined =>
  files.find(({ path, isProgram }) => !isProgram && isThere(path) && !isOwn(path))?.path;

/** The Node for an installation: one of the system's where there is one, for another user's may vanish or be unreadable. */
export function nodeFor(): { readonly path: string; readonly isSystems: boolean } {
  for (const path of ["/usr/bin/node", "/usr/local/bin/node"]) {
    const { status, stdout } = spawnSync(path, ["-p", "process.versions.node"], { encoding: "utf8" });
    if (status === 0 && !isTooOld(stdout)) return { path, isSystems: true };
  }
  return { path: realpathSync(process.execPath), isSystems: false };
}
