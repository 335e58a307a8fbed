/** Reads the dry run of a plan of which each entry is wanted: the lines tell size and time of each file that comes. */
import { posix } from "node:path";
import type { Bytes } from "../bytes.ts";
import type { PlanContext } from "./context.ts";
import type { Action, EntryKind, FileState, PlanEntry } from "./entry.ts";
import type { PlanResult } from "./plan.ts";
import { PlanReader } from "./reader.ts";

/** How rsync prints the entries; without size and time PlanReader reads them. */
export const listingFormat = "%i %l %M %n%L";

/** `>f+++++++++ 12 2026/11/27-02:28:34 name`; of a deletion rsync tells neither size nor time. */
const listedLine = /^([*<>ch.]\S{10}|\*deleting {2}|\.[fdLDS] {9}) (-?\d+) (\S+) /;

export class ListingReader {
  readonly #reader: PlanReader;
  readonly #base: Bytes | null;
  readonly #fileAt: (path: Bytes) => FileState | null;
  readonly #take: (entry: PlanEntry) => void;
  #rest: Bytes = "";
  #coming: FileState = { size: 0, modified: 0 };

  /** `fileAt`: null for what is no file, or can't be seen. */
  constructor(context: PlanContext, fileAt: (path: Bytes) => FileState | null, take: (entry: PlanEntry) => void) {
    this.#base = context.base;
    this.#fileAt = fileAt;
    this.#take = take;
    this.#reader = new PlanReader(context, (action, kind, path) => this.#entry(action, kind, path));
  }

  get uncompared(): Bytes[] {
    return this.#reader.uncompared;
  }

  read(piece: Bytes): void {
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  end(): PlanResult {
    return this.#reader.end();
  }

  #line(line: Bytes): void {
    const found = listedLine.exec(line);
    if (!found) {
      this.#reader.read(`${line}\n`);
      return;
    }
    const [whole, item = "", size = "", time = ""] = found;
    this.#coming = { size: Number(size), modified: secondsOf(time) };
    this.#reader.read(`${item} ${line.slice(whole.length)}\n`);
  }

  #entry(action: Action, kind: EntryKind, path: Bytes): void {
    const isLookedAt = this.#base !== null && action !== "add" && action !== "attributes";
    const present = isLookedAt ? this.#fileAt(posix.join(this.#base ?? "", path)) : null;
    const isGone = action === "delete";
    const isFile = kind === "files";
    this.#take({
      action,
      kind,
      path,
      file: isFile ? (isGone ? present : this.#coming) : null,
      present: isGone ? null : present,
      renamed: null,
    });
  }
}

/** rsync writes local time. */
function secondsOf(time: string): number {
  const [year = 0, month = 1, ...rest] = time.split(/[/:-]/).map(Number);
  const [day = 1, hour = 0, minute = 0, second = 0] = rest;
  return Math.floor(new Date(year, month - 1, day, hour, minute, second).getTime() / 1000);
}
