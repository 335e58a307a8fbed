/**
 * The users, by passwd(5). Not by os.userInfo() and os.homedir(): in the executable these believe HOME and USER, and a
 * session's variables may be gone.
 */
import type * as childProcess from "node:child_process";
import { createRequire } from "node:module";
import type { Bytes } from "../../core/bytes.ts";
import { readSystemFile } from "./system-file.ts";

export interface User {
  readonly name: Bytes;
  readonly uid: number;
  readonly home: Bytes;
}

/** Those of the host itself; none where the file can't be read. */
export function users(file = "/etc/passwd"): readonly User[] {
  try {
    return usersIn(readSystemFile(file));
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

let own: User | null | undefined;

/** The user of this process, who may be one of a directory service; null where nobody knows them. Looked up once. */
export function ownUser(): User | null {
  if (own === undefined) {
    const uid = process.geteuid?.();
    own = users().find((user) => user.uid === uid) ?? usersIn(askedFor(uid))[0] ?? null;
  }
  return own;
}

/** For whom sudo runs this process as root; only said, never decided by: anybody can set the variable. */
export const sudoCaller = ({ SUDO_USER: name }: Readonly<Record<string, string | undefined>>): User | null =>
  name === undefined || process.geteuid?.() !== 0 ? null : (users().find((user) => user.name === name) ?? null);

function askedFor(uid: number | undefined): Bytes {
  // loaded here, for most runs do without it, and it takes 2 ms
  const { spawnSync }: typeof childProcess = createRequire("/")("node:child_process");
  const { stdout } = spawnSync("getent", ["passwd", String(uid)], { encoding: "latin1" });
  return stdout ?? "";
}
