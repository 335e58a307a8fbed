/** The files that an installation writes: the shim, and the command rsync-guard. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Changed, InstallProblem } from "../../core/setup/installation.ts";
import { installProblemText } from "../../core/words/installation.ts";
import { isShim } from "../host/real-rsync.ts";
import { replaceFile } from "../store/replace-file.ts";

/** Nothing was installed, or removed. */
export class InstallError extends Error {
  readonly problem: InstallProblem;

  constructor(problem: InstallProblem) {
    super(installProblemText(problem));
    this.problem = problem;
  }
}

/** In the first lines of the command rsync-guard that an installation wrote. */
export const commandMark = "rsync-guard:command";

/** Also of a symlink that leads nowhere. */
export const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Whether a file is one that an installation wrote; a symlink to one is somebody else's. */
export const isOwn = (path: string): boolean =>
  lstatSync(path).isFile() && (isShim(path) || readFileSync(path, "latin1").slice(0, 200).includes(commandMark));

/** npm puts a symlink to this program where the command would go; an executable may lie there itself. */
export const isProgram = (path: string, command: string): boolean => existsSync(path) && realpathSync(path) === command;

const temporaryName = /^\.rsync-guard-(\d+)$/;

/** Writes a program. */
export function place(path: string, text: string): Changed["change"] {
  const before = isThere(path);
  if (before && readFileSync(path, "utf8") === text && (lstatSync(path).mode & 0o777) === 0o755) return "unchanged";
  const temporary = join(dirname(path), `.rsync-guard-${process.pid}`);
  // an empty rsync, after a power failure, would end as if all was done
  replaceFile(path, text, { temporary, mode: 0o755, synced: true });
  return before ? "updated" : "written";
}

/** Takes away what an installation that was killed left behind. */
export function sweep(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = temporaryName.exec(name)?.[1];
    if (pid !== undefined && !isAtWork(pid)) rmSync(join(directory, name), { force: true });
  }
}

/**
 * Whether another process of that pid may be an installation: a container gives out the same few again and again, also to
 * this process and its threads.
 */
function isAtWork(pid: string): boolean {
  try {
    return !existsSync(`/proc/self/task/${pid}`) && readlinkSync(`/proc/${pid}/exe`) === readlinkSync("/proc/self/exe");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

/** Turns what the system says into an InstallError. */
export function asInstallError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const isDenied = code === "EACCES" || code === "EPERM" || code === "EROFS";
    throw new InstallError(
      isDenied ? { is: "not-writable", path: String(path), error: code } : { is: "failed", error: message },
    );
  }
}
