/** Says at the terminal that a plan is being made, where that takes its time; in the end nothing of it is left. */
import { closeSync, openSync, writeSync } from "node:fs";
import { progressText } from "../../core/words/progress.ts";
import { isInForeground } from "./session.ts";

/** Who waits no longer wants no word. In milliseconds. */
const firstAfter = 1000;
const every = 250;

const newline = 10;
/** Moves to the start of the line and clears it. */
const erase = "\r\u001b[K";

export interface Progress {
  /** What rsync has printed. */
  count(piece: Uint8Array): void;
  end(): void;
}

const none: Progress = { count: () => {}, end: () => {} };

let allowed: Promise<unknown> | null = null;

/** A person sits at the terminal, and sees standard error there; until `after` is fulfilled, others write on it. */
export function allowProgress(after: Promise<unknown> = Promise.resolve()): void {
  if (process.env["TERM"] !== undefined && process.env["TERM"] !== "dumb") allowed = after;
}

export function startProgress(): Progress {
  if (!allowed) return none;
  const start = performance.now();
  let shownFrom = Number.POSITIVE_INFINITY;
  allowed.then(() => {
    shownFrom = performance.now() + firstAfter;
  });
  let lines = 0;
  let terminal: number | null = null;
  const show = () => {
    // a job in the background would be stopped for it
    if (performance.now() < shownFrom || !isInForeground()) return;
    try {
      terminal ??= openSync("/dev/tty", "w");
      writeSync(terminal, erase + progressText(lines, performance.now() - start));
    } catch {
      // it is no loss
    }
  };
  const timer = setInterval(show, every);
  return {
    count(piece) {
      for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) lines++;
    },
    end() {
      clearInterval(timer);
      if (terminal === null) return;
      try {
        writeSync(terminal, erase);
      } catch {
        // the terminal is gone
      }
      closeSync(terminal);
    },
  };
}
