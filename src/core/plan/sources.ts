/** From what a plan names in the destination to where that comes from on this host. */
import { posix } from "node:path";
import type { Bytes } from "../bytes.ts";
import { isRemote, type Operand } from "../command/operand.ts";
import type { Invocation } from "../command/parse.ts";
import { isWithin, sendsContents } from "../paths.ts";

/** The paths on this host from which an entry may come, by its name below the destination; the first one wins. */
export function sourcesOf(invocation: Invocation, sources: readonly Operand[]): (name: Bytes) => readonly Bytes[] {
  const isRelative = invocation.relative && invocation.filesFrom === null;
  const roots = sources.flatMap((source) => (isRemote(source) ? [] : [rootOf(source.path, isRelative)]));
  return (name) =>
    roots.flatMap(({ root, only }) => (only === null || isWithin(name, only) ? [posix.join(root, name)] : []));
}

/** `only`: nothing else below the destination is its. */
function rootOf(path: Bytes, isRelative: boolean): { readonly root: Bytes; readonly only: Bytes | null } {
  if (!isRelative)
    return sendsContents(path) ? { root: path, only: null } : { root: posix.dirname(path), only: posix.basename(path) };
  const cut = path.lastIndexOf("/./");
  const root = cut >= 0 ? path.slice(0, cut + 1) : path.startsWith("/") ? "/" : ".";
  const named = posix.normalize(cut >= 0 ? path.slice(cut + 3) : path).replace(/^\/+|\/+$/g, "");
  return { root, only: named === "." ? null : named };
}
