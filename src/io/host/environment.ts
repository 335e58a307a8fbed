/** What the caller has handed on besides arguments: variables, the current directory, descriptors. */
import { readlinkSync } from "node:fs";
import { type Bytes, bytesOf } from "../../core/bytes.ts";
import { readSystemFile } from "./system-file.ts";

/** Variables by their names, as text. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The current directory, or null where it has been deleted. */
export function currentDirectory(): Bytes | null {
  try {
    const text = process.cwd();
    return text.includes("\ufffd") ? readlinkSync("/proc/self/cwd", "latin1") : bytesOf(text);
  } catch {
    return null;
  }
}

export interface EnvironmentChange {
  /** `NAME=VALUE` words that the shell that runs the shim lost or changed. */
  readonly set: readonly Bytes[];
  /** Names that it added. */
  readonly unset: readonly Bytes[];
}

/**
 * What the shim's shell changed in the environment that it was started with: dash drops names that aren't identifiers
 * (bash's exported functions) and corrects PWD, bash adds `_` and SHLVL.
 *
 * The kernel keeps the block that a process was started with in /proc/PID/environ; this process's own is what the shell
 * hands on, less what the shim takes away from the guard alone.
 */
export function environmentDiff(shell: number): EnvironmentChange {
  let before: ReadonlyMap<Bytes, Bytes>;
  let after: ReadonlyMap<Bytes, Bytes>;
  try {
    before = readEnvironment(shell);
    after = readEnvironment("self");
  } catch {
    return { set: [], unset: [] };
  }
  // bash sets these for what it starts, but not all of them for this process
  const bashs = isBash(shell) ? ["_", "SHLVL"] : [];
  const isOther = (name: Bytes) => after.get(name) !== before.get(name) || changing.test(name) || bashs.includes(name);
  const isTaken = (name: Bytes) => name === "PATH" || (takenNames.test(name) && !after.has(name));
  return {
    set: [...before].filter(([name]) => !isTaken(name) && isOther(name)).map(([name, value]) => `${name}=${value}`),
    unset: [...new Set([...after.keys(), ...bashs])].filter(
      (name) => name !== "PATH" && !before.has(name) && isOther(name),
    ),
  };
}

/** What the shim takes away from Node alone. */
export const takenNames = /^(?:NODE|OPENSSL|SSL|UV|ICU)_/;

/** Variables that change later: the shim's own, which a caller may have exported, and a clock of bash's and mksh's. */
const changing = /^rsync_guard_|^SECONDS$/;

function isBash(pid: number): boolean {
  try {
    return /\/bash$/.test(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return false;
  }
}

export function readEnvironment(pid: number | "self"): ReadonlyMap<Bytes, Bytes> {
  const words = readSystemFile(`/proc/${pid}/environ`).split("\0").slice(0, -1);
  return new Map(words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));
}

/**
 * What keeps another /bin/sh from making its real user the effective one, as the shim's is kept from it by its first
 * line: -p, which that of busybox doesn't know.
 */
export function shellOptions(shim: number): readonly string[] {
  try {
    return readSystemFile(`/proc/${shim}/cmdline`).split("\0")[1] === "-p" ? ["-p"] : [];
  } catch {
    return [];
  }
}

/** A file descriptor of 3…9 (a POSIX shell can name no others) that a process has free; null where it has none. */
export function spareDescriptor(pid: number): number | null {
  const isOpen = (fd: number): boolean => {
    try {
      readlinkSync(`/proc/${pid}/fd/${fd}`);
      return true;
    } catch {
      return false;
    }
  };
  return [9, 8, 7, 6, 5, 4, 3].find((fd) => !isOpen(fd)) ?? null;
}
