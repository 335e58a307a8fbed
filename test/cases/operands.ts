/** A word → where it is, as rsync's own check_for_hostspec() reads it. The disk is never asked. */
import type { Operand } from "../../src/core/command/operand.ts";

type Read = readonly [word: string, at: Operand["at"], path: string, host?: string, user?: string | null];

export const operands: readonly Read[] = [
  // a colon before any slash
  ["host:p", "shell", "p", "host"],
  ["host:", "shell", "", "host"],
  ["host:/srv//a/", "shell", "/srv//a/", "host"],
  ["u@host:p", "shell", "p", "host", "u"],
  [":p", "shell", "p", ""],
  ["user@:p", "shell", "p", "", "user"],
  ["@host:p", "shell", "p", "host", ""],
  ["a@b@host:p", "shell", "p", "host", "a@b"],
  ["user:pw@host:p", "shell", "pw@host:p", "user"],
  ["host:8022:p", "shell", "8022:p", "host"],
  ["[::1]:p", "shell", "p", "::1"],
  ["u@[::1]:p", "shell", "p", "::1", "u"],
  ["[host]:p", "shell", "p", "host"],
  [".:p", "shell", "p", "."],
  ["..:p", "shell", "p", ".."],
  ["=:p", "shell", "p", "="],
  ["$HOST:p", "shell", "p", "$HOST"],
  ["ho st:p", "shell", "p", "ho st"],
  ["C:/x", "shell", "/x", "C"],
  ["C:x", "shell", "x", "C"],
  ["http://h/p", "shell", "//h/p", "http"],
  ["rsync:/x", "shell", "/x", "rsync"],
  ["host:a\nb", "shell", "a\nb", "host"],
  // two colons
  ["host::m", "daemon", "m", "host"],
  ["host::", "daemon", "", "host"],
  ["host::m/p", "daemon", "m/p", "host"],
  ["u@host::m", "daemon", "m", "host", "u"],
  ["[::1]::m", "daemon", "m", "::1"],
  ["::m", "daemon", "m", ""],
  ["host:::p", "daemon", ":p", "host"],
  // rsync:// in any case
  ["rsync://h", "daemon", "", "h"],
  ["rsync://h/", "daemon", "", "h"],
  ["rsync://h/m/p", "daemon", "m/p", "h"],
  ["rsync://h:99/m/p", "daemon", "m/p", "h"],
  ["rsync://u@h:99/m", "daemon", "m", "h", "u"],
  ["rsync://[::1]:99/m", "daemon", "m", "::1"],
  ["RSYNC://h/m", "daemon", "m", "h"],
  ["Rsync://h/m", "daemon", "m", "h"],
  ["rsync:///m", "daemon", "m", ""],
  // what doesn't parse as a URL is read again as host:path
  ["rsync://h:x/m", "shell", "//h:x/m", "rsync"],
  // a slash before any colon, or none
  ["./a:b", "local", "./a:b"],
  ["a/b:c", "local", "a/b:c"],
  ["/a:b", "local", "/a:b"],
  ["../a:b", "local", "../a:b"],
  ["~/a:b", "local", "~/a:b"],
  ["/srv/rsync://h/m", "local", "/srv/rsync://h/m"],
  ["a@b", "local", "a@b"],
  ["", "local", ""],
  ["dst", "local", "dst"],
  ["caf\u00e9", "local", "caf\u00e9"],
  // brackets mean something only at the start of the host, around something
  ["[::1]", "local", "[::1]"],
  ["[::1]p:q", "local", "[::1]p:q"],
  ["[]:p", "local", "[]:p"],
  ["[::1:p", "local", "[::1:p"],
  ["a[b]:c", "local", "a[b]:c"],
  ["a[b:c", "local", "a[b:c"],
];
