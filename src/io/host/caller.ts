/** Who calls, with which arguments and variables, byte for byte, and from which login session. */
import { readlinkSync, readSync } from "node:fs";
import type { Session } from "../../core/judge/approval.ts";
import { type Bytes, bytesOf } from "../../core/bytes.ts";
import { readSystemFile } from "./system-file.ts";

/** Compiled into an executable with a runtime of its own; else Node runs a bundle. */
export const isStandalone = "bun" in process.versions;

/** The arguments after the program's name. process.argv has U+FFFD where a byte is not UTF-8. Null: can't be known. */
export function exactArguments(): readonly Bytes[] | null {
  const decoded = process.argv.slice(2);
  try {
    const words = readSystemFile("/proc/self/cmdline").split("\0").slice(0, -1);
    const own = words.length - decoded.length;
    if (own === (isStandalone ? 1 : process.execArgv.length + 2)) return words.slice(own);
  } catch {
    // no /proc, as in a bare chroot
  }
  return decoded.some((word) => word.includes("\ufffd")) ? null : decoded.map(bytesOf);
}

/**
 * The words that a client sends on a server's standard input, each ended by NUL, up to the empty one. Byte by byte: what
 * follows is the protocol, and it is rsync's. Null where they end before that.
 */
export function secludedArguments(fd: number): readonly Bytes[] | null {
  const words: Bytes[] = [];
  const byte = Buffer.alloc(1);
  for (let word = ""; ; ) {
    if (readOne(fd, byte) === 0) return null;
    if (byte[0] !== 0) word += byte.toString("latin1");
    else if (word === "") return words;
    else {
      words.push(word);
      word = "";
    }
  }
}

/** Of a socket or a pipe that does not block, too. */
function readOne(fd: number, byte: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, byte, 0, 1, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

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
export function shellChanges(shell: number): EnvironmentChange {
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
const takenNames =
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

function readEnvironment(pid: number | "self"): ReadonlyMap<Bytes, Bytes> {
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

/** The address in SSH_CONNECTION; sudo takes that variable away, but the processes above it still have it. */
export function clientAddress(connection: string | undefined): string | null {
  let found: Bytes | undefined = connection;
  for (let pid = process.ppid; found === undefined && pid > 1; pid = parentOf(pid)) {
    try {
      found = readEnvironment(pid).get("SSH_CONNECTION");
    } catch {
      // another user's, or gone
    }
  }
  return found?.split(" ", 1)[0] ?? null;
}

/** The process above that one; 0 where there is none, or it can't be seen. */
export const parentOf = (pid: number): number => processStatus(pid)?.parent ?? 0;

const changesUser: ReadonlySet<string> = new Set(["sudo", "doas", "su", "runuser"]);

/** The login session, or null where /proc doesn't tell. */
export function currentSession(): Session | null {
  const own = processStatus("self");
  if (!own) return null;
  let leader = own.session;
  // sudo gives each command a terminal and a session of its own; the one it was called from is meant
  for (let depth = 0; depth < 8; depth++) {
    const status = processStatus(leader);
    if (!status || !changesUser.has(status.name)) break;
    const outer = processStatus(status.parent)?.session;
    if (!outer || outer === leader) break;
    leader = outer;
  }
  return { leader, started: processStatus(leader)?.started ?? null, terminal: own.terminal !== 0 };
}

/** proc(5): /proc/PID/stat. */
function processStatus(pid: number | "self") {
  let text: string;
  try {
    text = readSystemFile(`/proc/${pid}/stat`);
  } catch {
    return null;
  }
  // the name may hold blanks and parentheses
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  return {
    name: text.slice(text.indexOf("(") + 1, end),
    parent: Number(fields[1]),
    session: Number(fields[3]),
    terminal: Number(fields[4]),
    started: fields[19] ?? null,
  };
}

/** Changes at each start of the host; null where that isn't told. */
export function bootId(): string | null {
  try {
    return readSystemFile("/proc/sys/kernel/random/boot_id").trim();
  } catch {
    return null;
  }
}
