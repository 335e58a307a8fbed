/** The person's terminal: questions, whatever standard input and output are. */
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";

export interface Terminal {
  readonly fd: number;
  tell(text: string): void;
  /** The line that is typed after it was asked; "" where none came in time, or there was no more to come. */
  ask(question: string): string;
}

/** Hands the terminal to the work; null where there is none. `patience`: in milliseconds, for each question. */
export async function atTerminal<T>(
  work: (terminal: Terminal) => T | Promise<T>,
  patience = 60_000,
): Promise<T | null> {
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
    const isOver = dropTypedAhead();
    tell(question);
    if (isOver) return "";
    // another program, since nobody may be there: a job's terminal would be waited for without an end
    const { status, stdout } = spawnSync("head", ["-n", "1"], { stdio: [fd, "pipe", fd], timeout: patience });
    if (status !== 0) tell(`\nrsync-guard: nothing was typed for ${patience / 1000} s\n`);
    return status === 0 ? stdout.toString("utf8").replace(/\r?\n$/, "") : "";
  };
  try {
    return await work({ fd, tell, ask });
  } finally {
    closeSync(fd);
  }
}

/** Whether the right answer comes, if not at once then to the same question again: a slip is no refusal. */
export function isAnswered(
  { ask }: Terminal,
  question: string,
  isRight: (typed: string) => boolean,
  isFinal: (typed: string) => boolean = () => false,
): boolean {
  const first = ask(question);
  if (isRight(first)) return true;
  if (first.trim() === "" || isFinal(first)) return false;
  return isRight(ask(`  that is not it; ${question.trimStart()}`));
}

/** What was typed before a question was meant for something else. Tells whether it has come to an end. */
function dropTypedAhead(): boolean {
  // opened anew, since only this one must not wait
  const fd = openSync("/dev/tty", constants.O_RDONLY | constants.O_NONBLOCK);
  const piece = Buffer.alloc(4096);
  try {
    while (readSync(fd, piece, 0, piece.length, null) > 0);
    return true;
  } catch {
    // nothing is left
    return false;
  } finally {
    closeSync(fd);
  }
}
