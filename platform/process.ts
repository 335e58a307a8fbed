/** Node's process, as far as the guard and what is bundled with it use it. */
import { chdir, cwd, exit, ids, kill, loop, pid, ppid, size, words, write } from "host";
import { Buffer } from "./buffer.ts";
import { checked, failureOfProcess } from "./errors.ts";
import { readlinkSync } from "./fs.ts";
import { offSignal, onSignal, signalNumber, turn, waitFor } from "./loop.ts";
import { Readable } from "./readable.ts";
import { bytesOf, textOf } from "./text.ts";

const again = -11;

class Stream {
  readonly #fd: number;
  #onError: (() => void) | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get isTTY(): boolean {
    return size(this.#fd) >= 0;
  }

  get columns(): number | undefined {
    const numbers = size(this.#fd);
    return numbers < 0 ? undefined : numbers & 0xffff;
  }

  on(_error: "error", work: () => void): this {
    this.#onError = work;
    return this;
  }

  write(text: string): boolean {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) {
      const written = write(this.#fd, bytes, at, bytes.length - at);
      if (written >= 0) at += written;
      else if (written === again) waitFor([], [this.#fd], -1);
      else {
        this.#onError?.();
        return false;
      }
    }
    return true;
  }
}

let variables: Record<string, string> | undefined;

/** Of two of one name the first counts, as for getenv(3). */
const variablesOf = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs
      .map(textOf)
      .filter((pair) => pair.includes("="))
      .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)])
      .reverse(),
  );

const [uid, euid, gid] = ids();

let input: Readable | undefined;

export const process = {
  // Node has itself and the file before the arguments
  argv: ["", ...words(false).map(textOf)],
  execArgv: [],
  platform: "linux",
  versions: { quickjs: "2025-04-26" },
  exitCode: undefined as number | undefined,
  get execPath(): string {
    return readlinkSync("/proc/self/exe");
  },
  get env(): Record<string, string> {
    variables ??= variablesOf(words(true));
    return variables;
  },
  get pid(): number {
    return pid();
  },
  get ppid(): number {
    return ppid();
  },
  getuid: () => uid,
  geteuid: () => euid,
  getgid: () => gid,
  cwd: (): string => textOf(checked(cwd(), "uv_cwd")),
  chdir: (path: string): void =>
    void checked(chdir(bytesOf(path)), "chdir", { path: textOf(checked(cwd(), "uv_cwd")), dest: path }),
  exit,
  kill(to: number, signal: NodeJS.Signals | number = "SIGTERM"): true {
    const result = kill(to, typeof signal === "number" ? signal : signalNumber(signal));
    if (result < 0) throw failureOfProcess(result, "kill");
    return true;
  },
  on: onSignal,
  off: offSignal,
  get stdin(): Readable {
    input ??= new Readable(0);
    return input;
  },
  stdout: new Stream(1),
  stderr: new Stream(2),
};

loop(() => turn() || (process.exitCode !== undefined && process.exit(process.exitCode)));
