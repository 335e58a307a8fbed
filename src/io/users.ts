/**
 * The users, by passwd(5). Not by os.userInfo() and os.homedir(): in the executable these believe HOME and USER, and a
 * session's variables may be gone.
 */
import type * as childProcess from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Bytes } from "../core/text.ts";

export interface User {
  readonly name: Bytes;
  readonly uid: number;
  readonly home: Bytes;
}

/** Those of the host itself; none where the file can't be read. */
export function users(file = "/etc/passwd"): readonly User[] {
  try {
    return usersIn(readFileSync(file, "latin1"));
  } catch {
    return [];
  }
}

const usersIn = (text: Bytes): readonly User[] =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name = "", , uid, , , home = ""] = line.split(":");
      return { name, uid: Number(uid), home };
    });

/** The user of this process, who may be one of a directory service; null where nobody knows them. */
export function ownUser(): User | null {
  const uid = process.geteuid?.();
  return users().find((user) => user.uid === uid) ?? usersIn(askedFor(uid))[0] ?? null;
}

function askedFor(uid: number | undefined): Bytes {
  // loaded here, for most runs do without it, and it takes 2 ms
  const { spawnSync }: typeof childProcess = createRequire("/")("node:child_process");
  const { stdout } = spawnSync("getent", ["passwd", String(uid)], { encoding: "latin1" });
  return stdout ?? "";
}
