/** Paths by their text alone. */
import { posix } from "node:path";
import type { Bytes } from "./bytes.ts";

/** Whether a clean path is that directory or below it. */
export const isWithin = (path: Bytes, directory: Bytes): boolean =>
  path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);

/** A path cleaned by its text, without a slash at its end. POSIX lets `//x` be something else; Linux doesn't. */
export const cleanPath = (path: Bytes): Bytes => posix.normalize(path).replace(/(?<=.)\/$/, "");

/** The last component names nothing of its own: rsync sends what is inside. */
export const sendsContents = (path: Bytes): boolean => path === "" || /(?:^|\/)\.{0,2}$/.test(path);

/** A clean path and the directories above it, itself first; `/` only of itself. */
export function* selfAndAncestors(path: string): Generator<string> {
  if (path === "/") yield path;
  for (let at = path; at !== "" && at !== "/"; at = at.slice(0, at.lastIndexOf("/"))) {
    yield at;
    if (!at.includes("/")) return;
  }
}
