/** node:child_process, as far as the guard uses it, with Node's results and errors. */
import * as host from "host";
import { Buffer } from "./buffer.ts";
import { failureOf, failureOfProcess } from "./errors.ts";
import { children, hearChildren, signalName, signalNumber, waitFor, writers } from "./loop.ts";
import { process } from "./process.ts";
import { Emitter, pieceSize, Readable } from "./readable.ts";
import { bytesOf } from "./text.ts";

type Stdio = "pipe" | "ignore" | "inherit" | number;

interface Options {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdio?: Stdio | readonly Stdio[];
  readonly detached?: boolean;
}

interface SyncOptions extends Options {
  readonly encoding?: "utf8" | "latin1";
  readonly timeout?: number;
  readonly killSignal?: NodeJS.Signals;
  /** More than that of one stream ends the process. */
  readonly maxBuffer?: number;
  readonly input?: Uint8Array;
}

/** An option that is not carried out may not be passed over. */
function checkOptions(options: object, known: string): void {
  const unknown = Object.keys(options).find((name) => !known.split(" ").includes(name));
  if (unknown !== undefined) throw new Error(`platform/child_process.ts has no option ${unknown}`);
}

interface Started {
  /** Of the process, or -errno. */
  readonly pid: number;
  /** This side's ends of the pipes; undefined where there is none. */
  readonly own: readonly (number | undefined)[];
}

/** Starts it with three descriptors; nothing stays open where that fails. */
function start(file: string, args: readonly string[], { env, stdio = "pipe", detached = false }: Options): Started {
  const own: (number | undefined)[] = [];
  const others: number[] = [];
  const end = (pid: number): Started => {
    for (const fd of others) host.close(fd);
    if (pid < 0) for (const fd of own) if (fd !== undefined) host.close(fd);
    return { pid, own: pid < 0 ? [] : own };
  };
  const given: number[] = [];
  for (const [at, one] of (typeof stdio === "string" || typeof stdio === "number"
    ? [stdio, stdio, stdio]
    : stdio
  ).entries()) {
    if (typeof one === "number") given.push(one);
    else if (one === "inherit") given.push(at);
    else if (one === "ignore") {
      const fd = host.open("/dev/null", 2, 0);
      if (fd < 0) return end(fd);
      others.push(fd);
      given.push(fd);
    } else {
      const pipe = host.pipe();
      if (typeof pipe === "number") return end(pipe);
      const [reading, writing] = pipe;
      const [theirs, ours] = at === 0 ? [reading, writing] : [writing, reading];
      others.push(theirs);
      own[at] = ours;
      given.push(theirs);
    }
  }
  const variables = Object.entries(env ?? process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [bytesOf(`${name}=${value}`)],
  );
  const [stdin = 0, stdout = 1, stderr = 2] = given;
  return end(host.spawn([file, ...args].map(bytesOf), variables, stdin, stdout, stderr, detached));
}

/** The exit code, or the signal that killed it. */
const endOf = (status: number): readonly [number | null, NodeJS.Signals | null] => {
  const signal = status & 0x7f;
  return signal === 0 ? [(status >> 8) & 0xff, null] : [null, signalName(signal)];
};

/** Why it was not started. */
const notStarted = (result: number, call: "spawn" | "spawnSync", file: string): NodeJS.ErrnoException =>
  Object.assign(failureOfProcess(result, `${call} ${file}`), { path: file });

class Writable extends Emitter {
  readonly #fd: number;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  /** A piece that fits into the pipe at once, whenever it has room: the guard can be ended meanwhile. */
  end(bytes: Uint8Array): void {
    let at = 0;
    writers.set(this.#fd, () => {
      const size = host.write(this.#fd, bytes, at, Math.min(atomic, bytes.length - at));
      at += Math.max(0, size);
      if (size >= 0 && at < bytes.length) return;
      writers.delete(this.#fd);
      host.close(this.#fd);
      if (size < 0) this.emit("error", failureOf(size, "write"));
    });
  }
}

/** PIPE_BUF: a pipe that poll(2) calls writable takes as much without waiting. */
const atomic = 4096;

// biome-ignore lint/suspicious/noExplicitAny: what the guard uses of a ChildProcess
export function spawn(file: string, args: readonly string[], options: Options = {}): any {
  checkOptions(options, "env stdio detached");
  hearChildren();
  const { pid, own } = start(file, args, options);
  const child = new Emitter();
  if (pid < 0) {
    Promise.resolve().then(() => child.emit("error", notStarted(pid, "spawn", file)));
    return child;
  }
  children.set(pid, (status) => child.emit("exit", ...endOf(status)));
  const [stdin, stdout, stderr] = own;
  return Object.assign(child, {
    pid,
    stdin: stdin === undefined ? null : new Writable(stdin),
    stdout: stdout === undefined ? null : new Readable(stdout),
    stderr: stderr === undefined ? null : new Readable(stderr),
  });
}

// biome-ignore lint/suspicious/noExplicitAny: by the encoding the output is strings or Buffers
export function spawnSync(file: string, args: readonly string[] = [], options: SyncOptions = {}): any {
  checkOptions(options, "env stdio detached encoding timeout killSignal maxBuffer input");
  const { maxBuffer = 1024 * 1024, input: given = new Uint8Array() } = options;
  hearChildren();
  const { pid, own } = start(file, args, options);
  const nothing = { status: null, signal: null, output: null, stdout: null, stderr: null };
  if (pid < 0) return { ...nothing, pid: 0, error: notStarted(pid, "spawnSync", file) };
  const [input, ...outputs] = own;
  let written = 0;
  let unwritten: number | null = null;
  const writing = new Set(input === undefined ? [] : [input]);
  const endInput = (fd: number) => {
    writing.delete(fd);
    host.close(fd);
  };
  if (input !== undefined && given.length === 0) endInput(input);
  const pieces = new Map(outputs.flatMap((fd) => (fd === undefined ? [] : [[fd, [] as Buffer[]]])));
  const open = new Set(pieces.keys());
  const until = options.timeout ? host.now() + options.timeout : null;
  let status = -1;
  let failure: number | null = null;
  while (status < 0 || open.size > 0) {
    const left = until === null ? -1 : Math.max(0, Math.ceil(until - host.now()));
    if (left === 0) failure ??= -110;
    if (failure !== null) break;
    for (const fd of waitFor([...open], [...writing], status < 0 || open.size > 0 ? left : 0)) {
      if (writing.has(fd)) {
        const size = host.write(fd, given, written, Math.min(atomic, given.length - written));
        written += Math.max(0, size);
        if (size < 0) unwritten = size;
        if (size < 0 || written === given.length) endInput(fd);
        continue;
      }
      const piece = Buffer.alloc(pieceSize);
      const size = host.read(fd, piece, 0, pieceSize, -1);
      const read = pieces.get(fd) ?? [];
      if (size > 0) read.push(piece.subarray(0, size));
      else {
        open.delete(fd);
        host.close(fd);
      }
      if (read.reduce((sum, { length }) => sum + length, 0) > maxBuffer) failure ??= -105;
    }
    if (status < 0) status = host.wait(pid);
  }
  for (const fd of [...open, ...writing]) host.close(fd);
  if (status < 0) {
    host.kill(pid, signalNumber(options.killSignal ?? "SIGTERM"));
    for (status = host.wait(pid); status < 0; status = host.wait(pid)) waitFor([], [], -1);
  }
  const textOf = (fd: number | undefined) => {
    if (fd === undefined) return null;
    const whole = Buffer.concat(pieces.get(fd) ?? []).subarray(0, maxBuffer);
    return options.encoding ? whole.toString(options.encoding) : whole;
  };
  const [code, signal] = endOf(status);
  const [stdout, stderr] = outputs.map(textOf);
  const why = failure ?? unwritten;
  const error = why === null ? {} : { error: notStarted(why, "spawnSync", file) };
  return {
    pid,
    status: code,
    signal,
    stdout: stdout ?? null,
    stderr: stderr ?? null,
    output: [null, stdout, stderr],
    ...error,
  };
}
