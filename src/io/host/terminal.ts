/** The person's terminal: questions, whatever standard input and output are. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";

export interface Terminal {
  readonly fd: number;
  tell(text: string): void;
  /** Waits for a line. */
  ask(question: string): string;
}

/** Hands the terminal to the work; null where there is none. */
export async function atTerminal<T>(work: (terminal: Terminal) => T | Promise<T>): Promise<T | null> {
  let fd: number;
  try {
    fd = openSync("/dev/tty", "r+");
  } catch {
    return null;
  }
  const tell = (text: string): void => {
    writeSync(fd, text);
  };
  const ask = (question: string): string => {
    tell(question);
    const buffer = Buffer.alloc(4096);
    // the terminal hands out one line at a time
    return buffer.toString("utf8", 0, readSync(fd, buffer)).replace(/\r?\n$/, "");
  };
  try {
    return await work({ fd, tell, ask });
  } finally {
    closeSync(fd);
  }
}
