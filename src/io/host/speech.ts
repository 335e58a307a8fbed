/** How the guard speaks where a person sits at the terminal. */
import { closeSync, openSync } from "node:fs";
import { WriteStream } from "node:tty";
import { atTerminalText } from "../../core/words/at-terminal.ts";
import { isColoured } from "./pager.ts";
import { shapeWords } from "./streams.ts";

export const speakAtTerminal = (): void =>
  shapeWords((text) => atTerminalText(text, columns(), isColoured(process.env)));

/** Of the terminal itself: what is said may go there by a pipe of the shim's. */
function columns(): number | null {
  try {
    const fd = openSync("/dev/tty", "r");
    try {
      return new WriteStream(fd).columns || null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}
