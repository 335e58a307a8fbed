/** Reads the journal: the older files first, line by line; for root also the journals of all other users. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { textOf } from "../../core/bytes.ts";
import type { Entry } from "../../core/history/journal.ts";
import { entryOf, lastPart } from "../../core/history/journal-line.ts";
import type { LeftOut, Unread } from "../../core/history/unread.ts";
import type { Environment } from "../host/environment.ts";
import { users } from "../host/users.ts";
import { journalFiles } from "./journal.ts";
import { journalFile, journalFilesOf } from "./paths.ts";

export interface Journals {
  /** The oldest first. To be read once. */
  readonly entries: Iterable<Entry>;
  /** What was not read; known once the entries are read. */
  unread(): Unread;
}

/** A user's journal. */
export interface Journal {
  readonly file: string;
  readonly uid: number;
  /** Null for one's own; what others wrote of themselves is taken to be about them. */
  readonly user: string | null;
}

/** One's own journal, and for root those of the other users in passwd. */
export function journalsOf(env: Environment, passwd = "/etc/passwd"): readonly Journal[] {
  const uid = process.geteuid?.() ?? -1;
  const own = { file: journalFile(env), uid, user: null };
  return uid === 0 ? [own, ...othersIn(passwd).filter(({ file }) => file !== own.file)] : [own];
}

function othersIn(passwd: string): readonly Journal[] {
  const journals = new Map<string, Journal>();
  for (const { name, uid, home } of users(passwd))
    for (const file of journalFilesOf(uid, textOf(home)))
      if (!journals.has(file)) journals.set(file, { file, uid, user: textOf(name) });
  return [...journals.values()];
}

/** All entries of these journals by their time, from that time on (milliseconds since 1970). */
export function readJournals(journals: readonly Journal[], since = 0): Journals {
  const leftOut: LeftOut[] = [];
  let skipped = 0;
  const skip = () => {
    skipped++;
  };
  return {
    unread: () => ({ leftOut, skipped }),
    entries: merged(
      journals.map((journal) => entriesIn(journal, since, { leaveOut: (why) => leftOut.push(why), skip })),
    ),
  };
}

/** Each one is in order, so that one entry of each is held at a time. */
function* merged(sources: readonly Iterator<Entry>[]): Generator<Entry> {
  const heads = sources.map((source) => ({ source, next: source.next() })).filter(({ next }) => !next.done);
  while (heads.length > 0) {
    const first = heads.reduce((a, b) => (b.next.value.time < a.next.value.time ? b : a));
    yield first.next.value;
    first.next = first.source.next();
    if (first.next.done) heads.splice(heads.indexOf(first), 1);
  }
}

interface Reader {
  readonly leaveOut: (why: LeftOut) => void;
  readonly skip: () => void;
}

function* entriesIn({ file, uid, user }: Journal, since: number, { leaveOut, skip }: Reader): Generator<Entry> {
  const opened = openAll(journalFiles(file), uid, since, leaveOut);
  try {
    for (const fd of opened)
      for (const line of linesIn(fd)) {
        if (isOlder(line, since)) continue;
        const whole = entryOf(line);
        if (!whole) skip();
        const read = whole ?? entryOf(lastPart(line));
        if (read && Date.parse(read.time) >= since) yield user === null ? read : { ...read, user };
      }
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** Whether a line's time alone tells that it is from before then, which spares reading it. */
const isOlder = (line: string, since: number): boolean =>
  line.lastIndexOf('{"time":"') === 0 && Date.parse(line.slice(9, 33)) < since;

/**
 * Opens the newest first, so that none is missed if they are renamed meanwhile: one may then be met twice. Returned in
 * the order given.
 */
function openAll(
  files: readonly string[],
  uid: number,
  since: number,
  leaveOut: Reader["leaveOut"],
): readonly number[] {
  const opened = new Map<number, number>();
  for (const file of [...files].reverse()) {
    try {
      // somebody else's home: a pipe would never be read to its end, and a link may lead anywhere
      const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
      const stats = fstatSync(fd);
      const why = problemOf(file, stats, uid);
      if (why !== null) leaveOut(why);
      if (why !== null || stats.mtimeMs < since || opened.has(stats.ino)) closeSync(fd);
      else opened.set(stats.ino, fd);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR")
        leaveOut({ problem: "unreadable", path: file, error: code ?? String(error) });
    }
  }
  return [...opened.values()].reverse();
}

/** A journal is rotated long before: reading one that only seems to be so large (a sparse file) would take for ever. */
const largest = 64 * 1024 * 1024;

/** Why a file can't be that user's journal. */
function problemOf(path: string, stats: Stats, uid: number): LeftOut | null {
  if (!stats.isFile()) return { problem: "not-a-file", path };
  if (stats.uid !== uid && stats.uid !== 0) return { problem: "other-owner", path, uid: stats.uid };
  if (stats.size > largest) return { problem: "too-large", path, most: largest };
  return stats.mode & 0o022 ? { problem: "others-may-write", path } : null;
}

const pieceSize = 64 * 1024;
/** No entry is so long: what is, is no journal. */
const longestLine = 16 * 1024 * 1024;

/** The lines of a file; one that is too long to be held is cut, and so no entry. */
function* linesIn(fd: number): Generator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  const line = () => Buffer.concat(parts).toString("utf8");
  const add = (part: Buffer) => {
    length += part.length;
    if (length <= longestLine) parts.push(part);
  };
  for (;;) {
    const piece = Buffer.alloc(pieceSize);
    const size = readSync(fd, piece, 0, pieceSize, null);
    if (size === 0) break;
    let start = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, start)) {
      add(piece.subarray(start, end));
      yield line();
      parts = [];
      length = 0;
      start = end + 1;
    }
    if (start < size) add(piece.subarray(start, size));
  }
  if (length > 0) yield line();
}
