/** Shows text at a terminal: through the person's pager where it is longer than the screen. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { WriteStream } from "node:tty";
import { shellOptions } from "./environment.ts";
import { copyAll, openScratch, writePieces } from "./scratch.ts";

/** Whether a person may be shown colours there. */
export const isColoured = ({ NO_COLOR, TERM }: Readonly<Record<string, string | undefined>>): boolean =>
  !NO_COLOR && TERM !== undefined && TERM !== "dumb";

/** `lines`: each without its end. */
export function showLines(terminal: number, lines: Iterable<string>): void {
  const scratch = openScratch();
  try {
    let count = 0;
    const counted = function* () {
      for (const line of lines) {
        count++;
        yield `${line}\n`;
      }
    };
    writePieces(scratch, counted());
    const rows = new WriteStream(terminal).rows || 24;
    if (count < rows || !page(terminal, scratch)) copyAll(scratch, terminal);
  } finally {
    closeSync(scratch);
  }
}

/** Whether the pager has shown it. */
function page(terminal: number, scratch: number): boolean {
  const file = openSync(`/proc/self/fd/${scratch}`, "r");
  // less shows colours, leaves what it has shown on the screen, and ends with this program at Ctrl-C
  const env = { ...process.env, LESS: `-K ${process.env["LESS"] ?? "FRX"}` };
  const { status } = spawnSync("/bin/sh", [...shellOptions(process.ppid), "-c", process.env["PAGER"] || "less"], {
    stdio: [file, terminal, terminal],
    env,
  });
  closeSync(file);
  return status === 0;
}
