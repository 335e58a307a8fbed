/** Until when a person has seen the refusals of the journals: that of log or report at a terminal. */
import { readFileSync } from "node:fs";
import type { Environment } from "../host/environment.ts";
import { seenFile } from "./paths.ts";
import { replaceFile } from "./replace-file.ts";

/** Whoever may not write there has read them all the same. */
export function markSeen(env: Environment, at: number): void {
  const path = seenFile(env);
  try {
    replaceFile(path, `${at}\n`, { temporary: `${path}.${process.pid}`, mode: 0o600, synced: false });
  } catch {
    // metrics then still calls them unread
  }
}

/** Milliseconds since 1970; 0: never. */
export function seenAt(env: Environment): number {
  try {
    return Number(readFileSync(seenFile(env), "utf8")) || 0;
  } catch {
    return 0;
  }
}
