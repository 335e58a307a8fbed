/** The event loop: timers, signals, descriptors that are ready, processes that ended. */
import { signal as handle, now, poll, wait } from "host";

const names =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  );
export const signalNumber = (name: string): number => names.indexOf(name.slice(3)) + 1;
export const signalName = (number: number): NodeJS.Signals | null =>
  names[number - 1] === undefined ? null : (`SIG${names[number - 1]}` as NodeJS.Signals);

interface Timer {
  at: number;
  readonly every: number;
  readonly work: () => void;
}

export const readers = new Map<number, () => void>();
export const writers = new Map<number, () => void>();
/** By pid: what to do with the status. */
export const children = new Map<number, (status: number) => void>();
const timers = new Set<Timer>();
const handlers = new Map<number, Set<(name: NodeJS.Signals) => void>>();

/** The signals that came and that nobody has been told of yet, as bits. */
let signals = 0;

/** Waits until one of these is ready, a signal comes or the time is over (-1: it never is); those that are ready. */
export function waitFor(reading: readonly number[], writing: readonly number[], ms: number): ReadonlySet<number> {
  const [came, ...ready] = poll(reading, writing, ms);
  signals |= came;
  return new Set(ready);
}

/** So that a wait ends when a child does. */
export const hearChildren = (): void => void handle(signalNumber("SIGCHLD"), true);

export function onSignal(name: string, work: (name: NodeJS.Signals) => void): void {
  const number = signalNumber(name);
  const works = handlers.get(number) ?? new Set();
  handlers.set(number, works.add(work));
  handle(number, true);
}

export function offSignal(name: string, work: (name: NodeJS.Signals) => void): void {
  const number = signalNumber(name);
  const works = handlers.get(number);
  if (!works?.delete(work) || works.size > 0) return;
  handlers.delete(number);
  handle(number, false);
}

export function setInterval(work: () => void, ms: number): Timer {
  const timer = { at: now() + ms, every: ms, work };
  timers.add(timer);
  return timer;
}

export const clearInterval = (timer: Timer): void => void timers.delete(timer);

/** How long until the next timer, in whole milliseconds; -1: there is none. */
const untilTimer = (): number =>
  timers.size === 0 ? -1 : Math.max(0, Math.ceil(Math.min(...[...timers].map(({ at }) => at)) - now()));

/** Does what is to be done next; false where nothing ever will be. */
export function turn(): boolean {
  if (readers.size + writers.size + children.size + timers.size === 0) return false;
  const ready = waitFor([...readers.keys()], [...writers.keys()], untilTimer());
  const came = signals;
  signals = 0;
  for (const [number, works] of [...handlers])
    if (came & (1 << number)) for (const work of [...works]) work(signalName(number) as NodeJS.Signals);
  for (const fd of ready) (readers.get(fd) ?? writers.get(fd))?.();
  for (const [pid, work] of [...children]) {
    const status = wait(pid);
    if (status < 0) continue;
    children.delete(pid);
    work(status);
  }
  for (const timer of [...timers]) {
    if (!timers.has(timer) || timer.at > now()) continue;
    timer.at = now() + timer.every;
    timer.work();
  }
  return true;
}
