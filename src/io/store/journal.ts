/** The journal: appended to by all runs of a user at once, and kept from growing. */

import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { textOf } from "../../core/bytes.ts";
import type { Config } from "../../core/configuration/settings.ts";
import { type Caller, type Entry, type JournalEvent, maskSecrets, shortenList } from "../../core/history/journal.ts";
import { showBytes } from "../../core/quoting.ts";
import { journalProblemText } from "../../core/words/reasons.ts";
import { currentDirectory, type Environment } from "../host/environment.ts";
import { currentSession, parentOf } from "../host/session.ts";
import { readSystemFile } from "../host/system-file.ts";
import { ownUser } from "../host/users.ts";
import { FileError, openPrivateFile } from "./private-file.ts";

const rotatedAt = 10 * 1024 * 1024;
const keptFiles = 5;
const longestCommand = 200;
/** Of xargs' command lines, which may hold megabytes, a few would push all others out. */
const longestList = 32 * 1024;

export interface JournalSettings {
  readonly syslog: boolean;
  /** Which program is told of refusals; null: none. */
  readonly program?: string | null;
}

export const journalSettings = ({ journal, notify }: Pick<Config, "journal" | "notify">): JournalSettings => ({
  ...journal,
  ...notify,
});

/** Writes a line; returns what to tell people if it could not be written, once, or null. Never throws. */
export async function writeJournal(
  file: string,
  event: JournalEvent,
  env: Environment,
  settings: JournalSettings,
): Promise<string | null> {
  let entry: Entry | null = null;
  try {
    entry = entryOf(event, env);
    append(file, `${JSON.stringify(entry)}\n`);
  } catch (error) {
    return onlyOnce(`rsync-guard: ${journalProblemText(file, reasonOf(error))}\n`);
  } finally {
    if (entry) await copy(entry, settings);
  }
  return null;
}

/** Most hosts have no copies, and pay nothing for them. */
async function copy(entry: Entry, { syslog, program }: JournalSettings): Promise<void> {
  if (!syslog && !program) return;
  const { notify, toSystemLog } = await import("./journal-copies.ts");
  if (syslog) toSystemLog(entry);
  if (program) notify(entry, program, textOf(ownUser()?.home ?? "/"));
}

function entryOf(event: JournalEvent, env: Environment): Entry {
  const cwd = currentDirectory();
  return {
    time: new Date().toISOString(),
    host: hostname(),
    user: textOf(ownUser()?.name ?? String(process.geteuid?.())),
    sudoUser: env["SUDO_USER"] ?? null,
    ssh: env["SSH_CONNECTION"] ?? null,
    terminal: currentSession()?.terminal ?? null,
    cwd: cwd === null ? null : textOf(cwd),
    ...event,
    argv: shortenList(maskSecrets(event.argv), longestList),
    targets: shortenList(maskSecrets(event.targets), longestList),
    callers: callers(process.ppid),
    took: Math.round(performance.now() * 10) / 10,
  };
}

/** The processes above the shim, three at most. */
function callers(shim: number): readonly Caller[] {
  const found: Caller[] = [];
  for (let pid = parentOf(shim); pid > 0 && found.length < 3; pid = parentOf(pid)) {
    try {
      const name = readSystemFile(`/proc/${pid}/comm`).trim();
      const words = readSystemFile(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
      found.push({
        name: showBytes(name),
        command: maskSecrets(words.map(showBytes)).join(" ").slice(0, longestCommand),
      });
    } catch {
      break;
    }
  }
  return found;
}

const reasonOf = (error: unknown): string =>
  error instanceof FileError ? error.message : String((error as NodeJS.ErrnoException).code ?? error);

/** With O_APPEND the kernel puts each write behind all others, whole. */
function append(file: string, line: string): void {
  const { O_APPEND, O_CREAT, O_WRONLY } = constants;
  const open = () => openPrivateFile(file, O_WRONLY | O_APPEND | O_CREAT, 0o600);
  let fd: number;
  try {
    fd = open();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    fd = open();
  }
  try {
    const bytes = Buffer.from(line);
    if (writeSync(fd, bytes) !== bytes.length) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    if (fstatSync(fd).size >= rotatedAt) rotate(file);
  } finally {
    closeSync(fd);
  }
}

/** One process at a time; a line that another one writes meanwhile lands in the file that was renamed. */
function rotate(file: string): void {
  const lock = `${file}.lock`;
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx", mode: 0o600 });
  } catch {
    // its owner may have been killed
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 60_000) rmSync(lock, { force: true });
    return;
  }
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) < rotatedAt) return;
    for (let number = keptFiles - 1; number > 0; number--)
      try {
        renameSync(`${file}.${number}`, `${file}.${number + 1}`);
      } catch {
        // there are not so many yet
      }
    renameSync(file, `${file}.1`);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** The current file and the older ones, the oldest first. */
export const journalFiles = (file: string): readonly string[] => [
  ...Array.from({ length: keptFiles }, (_, at) => `${file}.${keptFiles - at}`),
  file,
];

/** The text, or null where it has been said: a file remembers that, until the host is started again. */
function onlyOnce(text: string): string | null {
  try {
    writeFileSync(join(tmpdir(), `rsync-guard-journal-${process.geteuid?.()}`), "", { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return null;
  }
  return text;
}
