/** The records of runs that can be undone, and what rsync's own log says of such a run. */
import * as v from "valibot";
import { type Bytes, byteOfOctal } from "../bytes.ts";

/** A run of which rsync set aside what it deleted and replaced. Paths are bytes. */
export interface UndoRecord {
  readonly schema: 1;
  readonly id: string;
  /** Milliseconds since 1970: the run began, and is kept until. */
  readonly at: number;
  readonly until: number;
  readonly user: string;
  /** As it was typed, passwords masked, as text. */
  readonly argv: readonly string[];
  readonly targets: readonly string[];
  /** The directory in which it deleted and replaced. */
  readonly base: Bytes;
  readonly keepsNames: boolean;
  readonly keepsDirectoryLinks: boolean;
  /** The folder in which rsync sets aside, and which one it is: `device:inode`. */
  readonly folder: Bytes;
  readonly folderId: string;
  /** Whether rsync wrote a log. */
  readonly logged: boolean;
  /** The process that became rsync, and when it started. */
  readonly pid: number;
  readonly started: string | null;
  /** The directories below base were too many to be all recorded. */
  readonly partial: boolean;
  /** It is being removed, and can't be undone any more. */
  readonly expired: boolean;
}

const texts = v.array(v.string());
const schema = v.object({
  schema: v.literal(1),
  id: v.string(),
  at: v.number(),
  until: v.number(),
  user: v.string(),
  argv: texts,
  targets: texts,
  base: v.string(),
  keepsNames: v.boolean(),
  keepsDirectoryLinks: v.boolean(),
  folder: v.string(),
  folderId: v.string(),
  logged: v.boolean(),
  pid: v.number(),
  started: v.nullable(v.string()),
  partial: v.boolean(),
  expired: v.boolean(),
});

/** Null where the text is no whole record of that name. */
export function undoRecordOf(text: string, id: string): UndoRecord | null {
  try {
    const checked = v.safeParse(schema, JSON.parse(text));
    return checked.success && checked.output.id === id ? checked.output : null;
  } catch {
    return null;
  }
}

const idPattern = /^\d{8}-\d{6}-[0-9a-f]{6}$/;

export const isUndoId = (name: string): boolean => idPattern.test(name);

/** Names sort by time. `random`: three hexadecimal digits. */
export function undoIdOf(at: number, random: string): string {
  const [, date = "", time = "", milliseconds = ""] = /^(.*)T(.*)\.(.*)Z$/.exec(new Date(at).toISOString()) ?? [];
  return `${date.replaceAll("-", "")}-${time.replaceAll(":", "")}-${milliseconds}${random}`;
}

/** A directory as it was before the run: its path below the base, mode, owner, group, and mtime in seconds. */
export type DirectoryRow = readonly [path: Bytes, mode: number, uid: number, gid: number, mtime: number];

const directoryRows = v.array(v.tuple([v.string(), v.number(), v.number(), v.number(), v.number()]));

export function directoryRowsOf(text: string): readonly DirectoryRow[] {
  try {
    const checked = v.safeParse(directoryRows, JSON.parse(text));
    return checked.success ? checked.output : [];
  } catch {
    return [];
  }
}

/** What rsync's log says that it did. */
export interface LoggedRun {
  /** Entries that were not there before; directories end in a slash. */
  readonly created: readonly Bytes[];
  /** All entries that it touched. */
  readonly touched: readonly Bytes[];
  /** Entries, but directories, whose attributes alone it set: rsync sets nothing of them aside. */
  readonly attributes: readonly Bytes[];
  /** It came to its end, so that all is named. A run that is killed has not written its last lines. */
  readonly ended: boolean;
}

const lastLine = /^\S+ \S+ \[\d+\] (?:sent \d[\d,.]* bytes |rsync error: )/m;

const logLine = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[\d+\] (\*deleting {2}|[<>ch.*][fdLDS].{9}) (.*)$/s;

/** A name with `..`, or an absolute one, is none that rsync gives to what is below a destination. */
const isBelow = (name: Bytes): boolean =>
  name !== "" && !name.startsWith("/") && !name.split("/").some((part) => part === "..");

export function loggedRun(log: Bytes): LoggedRun {
  const created: Bytes[] = [];
  const touched: Bytes[] = [];
  const attributes: Bytes[] = [];
  for (const line of log.split("\n")) {
    const [, item = "", escaped = ""] = logLine.exec(line) ?? [];
    const name = escaped.replace(/\\#([0-7]{3})/g, byteOfOctal);
    if (item === "" || !isBelow(name)) continue;
    touched.push(name);
    if (/^\.[^d]/.test(item)) attributes.push(name);
    if (item.endsWith("+++++++++") && name !== "./") created.push(name);
  }
  return { created, touched, attributes, ended: lastLine.test(log) };
}
