/** Plans in files: written as a whole, and read from a copy that nobody changes meanwhile. Large ones are compressed. */
import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { documentPieces, type PlanHeader } from "../core/plan/document.ts";
import type { PlanEntry } from "../core/plan/entry.ts";
import { PlanFileError, readDocument } from "../core/plan/read-document.ts";
import { copyAll, linesIn, openScratch, writePieces } from "./host/scratch.ts";

/** Larger ones are compressed. */
const readableUpTo = 1024 * 1024;
/** Nothing that was ever planned is so large; in blocks of 512 bytes, as ulimit counts. */
const mostBlocks = 16 * 1024 * 1024;

export function writePlanFile(path: string, header: PlanHeader, entries: Iterable<PlanEntry>): void {
  const scratch = openScratch();
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writePieces(scratch, documentPieces(header, entries));
    const file = openSync(temporary, "wx", 0o666);
    try {
      if (fstatSync(scratch).size <= readableUpTo) copyAll(scratch, file);
      else filter(["gzip", "-nc"], scratch, file);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } finally {
    closeSync(scratch);
    rmSync(temporary, { force: true });
  }
}

/** 32 hexadecimal digits. */
export function randomId(): string {
  const bytes = Buffer.alloc(16);
  const file = openSync("/dev/urandom", "r");
  try {
    if (readSync(file, bytes) !== bytes.length) throw new Error("/dev/urandom can't be read");
    return bytes.toString("hex");
  } finally {
    closeSync(file);
  }
}

export interface PlanFile {
  /** A copy of what the file held. */
  readonly fd: number;
  /** Throws PlanFileError, and so do the entries, for what is not a whole plan. */
  read(): ReturnType<typeof readDocument>;
  close(): void;
}

/** Throws as openSync() does. */
export function openPlanFile(path: string): PlanFile {
  const fd = openScratch();
  const file = openSync(path, "r");
  try {
    copyAll(file, fd);
  } finally {
    closeSync(file);
  }
  let text: number | null = null;
  return {
    fd,
    read() {
      text ??= isCompressed(fd) ? openScratch() : fd;
      if (text !== fd && fstatSync(text).size === 0)
        filter(["/bin/sh", "-c", `ulimit -f ${mostBlocks}; exec gzip -dc`], fd, text);
      return readDocument(linesIn(text));
    },
    close() {
      if (text !== null && text !== fd) closeSync(text);
      closeSync(fd);
    },
  };
}

function isCompressed(fd: number): boolean {
  const start = Buffer.alloc(2);
  return readSync(fd, start, 0, 2, 0) === 2 && start[0] === 0x1f && start[1] === 0x8b;
}

/** What a program makes of a file, into another one. */
function filter([command = "", ...args]: readonly string[], from: number, to: number): void {
  // opened anew, to be read from the start
  const input = openSync(`/proc/self/fd/${from}`, "r");
  const { status } = spawnSync(command, args, { stdio: [input, to, "ignore"] });
  closeSync(input);
  if (status !== 0) throw new PlanFileError("gzip can't make or read it");
}
