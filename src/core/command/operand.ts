/**
 * Which operand is local and which is remote, exactly as rsync decides (its check_for_hostspec()).
 * It never looks at the disk: `C:/x` is host "C" even where that file exists.
 */
import type { Bytes } from "../bytes.ts";

export interface Local {
  readonly at: "local";
  readonly path: Bytes;
}

export interface Remote {
  /** Through a remote shell (`host:path`), or to a daemon (`host::module`, `rsync://host/module`). */
  readonly at: "shell" | "daemon";
  /** What stands before the `@`, or null without one. */
  readonly user: Bytes | null;
  /** Empty where none is given. */
  readonly host: Bytes;
  /** For a daemon: module and path. */
  readonly path: Bytes;
}

export type Operand = Local | Remote;

export const isRemote = (operand: Operand): operand is Remote => operand.at !== "local";

export function operandOf(word: Bytes): Operand {
  if (word.slice(0, 8).toLowerCase() === "rsync://") {
    const url = hostOf(word.slice(8), true);
    if (url) return { at: "daemon", user: url.user, host: url.host, path: url.rest };
  }
  const spec = hostOf(word, false);
  if (!spec) return { at: "local", path: word };
  const daemon = spec.rest.startsWith(":");
  return {
    at: daemon ? "daemon" : "shell",
    user: spec.user,
    host: spec.host,
    path: daemon ? spec.rest.slice(1) : spec.rest,
  };
}

interface Host {
  readonly user: Bytes | null;
  readonly host: Bytes;
  /** What follows the `:` or, in a URL, the `/`. */
  readonly rest: Bytes;
}

/** Reads `[user@]host:` from the left; in a URL `[user@]host[:port]/`. Null where it is neither. */
function hostOf(text: Bytes, url: boolean): Host | null {
  let hostStart = 0;
  let literal: Bytes | null = null;
  let at = 0;
  for (; at < text.length && text[at] !== ":" && text[at] !== "/"; at++) {
    if (text[at] === "@") hostStart = at + 1;
    else if (text[at] === "[") {
      // only a whole [address] at the very start of the host
      literal = at === hostStart ? (/^\[([^\]/]+)\](?=[:/]|$)/.exec(text.slice(at))?.[1] ?? null) : null;
      if (literal === null) return null;
      at += literal.length + 1;
    }
  }
  const user = hostStart ? text.slice(0, hostStart - 1) : null;
  const host = literal ?? text.slice(hostStart, at);
  if (!url) return text[at] === ":" ? { user, host, rest: text.slice(at + 1) } : null;
  const port = /^:\d*(?=\/|$)/.exec(text.slice(at))?.[0] ?? "";
  if (text[at] === ":" && !port) return null;
  return { user, host, rest: text.slice(at + port.length + 1) };
}
