/** What the caller has handed on besides arguments: variables, the current directory, descriptors. */
import { readlinkSync } from "node:fs";
import { type Bytes, bytesOf } from "../../core/bytes.ts";
import { readSystemFile } from "./system-file.ts";

/** Variables by their names, as text. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The current directory, or null where it has been deleted. */
export function currentDirectory(): Bytes | null {
  // the shim has left it
  if (process.env["rsync_guard_nowhere"] !== undefined) return null;
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
  // bash sets _ for each command that it starts, but not for this process
  const isOther = (name: Bytes) =>
    after.get(name) !== before.get(name) || ownNames.test(name) || (name === "_" && isBash(shell));
  const isTaken = (name: Bytes) => name === "PATH" || (takenNames.test(name) && !after.has(name));
  return {
    set: [...before].filter(([name]) => !isTaken(name) && isOther(name)).map(([name, value]) => `${name}=${value}`),
    unset: [...after.keys(), "_"].filter((name) => name !== "PATH" && !before.has(name) && isOther(name)),
  };
}

/** What the shim takes away from the guard alone. */
export const takenNames =
  /^(?:(?:NODE|OPENSSL|SSL|UV|ICU|BUN|JSC|WTF|MIMALLOC|mimalloc|SIMDUTF|DYLD)_|JavaScriptCore|WebKit|Malloc)/;

/** The shim's own variables: a caller that exported one would have it changed later. */
const ownNames = /^rsync_guard_/;

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
