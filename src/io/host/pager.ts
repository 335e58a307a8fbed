/** Shows text at a terminal: through the person's pager where it is longer than the screen. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { WriteStream } from "node:tty";
import { shellOptions } from "./environment.ts";
import { openScratch } from "./scratch.ts";

/** Whether a person may be shown colours there. */
export const isColoured = ({ NO_COLOR, TERM }: Readonly<Record<string, string | undefined>>): boolean =>
  !NO_COLOR && TERM !== undefined && TERM !== "dumb";

/** `lines`: each without its end. */
export function showLines(terminal: number, lines: Iterable<string>): void {
  const scratch = openScratch();
  try {
    let count = 0;
    let piece = "";
    for (const line of lines) {
      count++;
      piece += `${line}\n`;
      if (piece.length < 65_536) continue;
      writeAll(scratch, Buffer.from(piece));
      piece = "";
    }
    writeAll(scratch, Buffer.from(piece));
    const rows = new WriteStream(terminal).rows || 24;
    if (count < rows || !page(terminal, scratch)) copy(scratch, terminal);
  } finally {
    closeSync(scratch);
  }
}

/** Whether the pager has shown it. */
function page(terminal: number, scratch: number): boolean {
  const file = openSync(`/proc/self/fd/${scratch}`, "r");
  // less shows colours, and leaves what it has shown on the screen
  const env = { LESS: "FRX", ...process.env };
  const { status } = spawnSync("/bin/sh", [...shellOptions(process.ppid), "-c", process.env["PAGER"] || "less"], {
    stdio: [file, terminal, terminal],
    env,
  });
  closeSync(file);
  return status === 0;
}

function copy(from: number, to: number): void {
  const piece = Buffer.alloc(65_536);
  for (let at = 0; ; ) {
    const size = readSync(from, piece, 0, piece.length, at);
    if (size === 0) return;
    at += size;
    writeAll(to, piece.subarray(0, size));
  }
}

/** A terminal that was made not to wait takes only a part at a time. */
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}
