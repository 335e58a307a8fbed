/** node:path, for POSIX paths. */
import type * as path from "node:path";
import { process } from "./process.ts";

export const sep = "/";
export const delimiter = ":";

/** Its components, with the .. that lead to nowhere if it is not absolute. */
function componentsOf(path: string, isRooted: boolean): readonly string[] {
  const kept: string[] = [];
  for (const component of path.split("/")) {
    if (component === "" || component === ".") continue;
    if (component !== "..") kept.push(component);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!isRooted) kept.push("..");
  }
  return kept;
}

export const isAbsolute = ((path) => path.startsWith("/")) satisfies typeof path.posix.isAbsolute;

export const normalize = ((path) => {
  const isRooted = isAbsolute(path);
  const inner = componentsOf(path, isRooted).join("/");
  const end = path.endsWith("/") && inner !== "" ? "/" : "";
  if (isRooted) return `/${inner}${end}`;
  return inner === "" ? (path.endsWith("/") && path !== "" ? "./" : ".") : inner + end;
}) satisfies typeof path.posix.normalize;

export const join = ((...paths) =>
  normalize(paths.filter((one) => one !== "").join("/"))) satisfies typeof path.posix.join;

export const resolve = ((...paths) => {
  const given = paths.filter((one) => one !== "");
  const from = given.findLastIndex(isAbsolute);
  const whole = (from < 0 ? [process.cwd(), ...given] : given.slice(from)).join("/");
  return `/${componentsOf(whole, true).join("/")}`;
}) satisfies typeof path.posix.resolve;

/** Without the slashes at its end, but for so many of its chars. A pattern would be tried at each char. */
function withoutEnd(path: string, kept: number): string {
  let end = path.length;
  while (end > kept && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

export const dirname = ((path) => {
  const end = withoutEnd(path, 1);
  const slash = end.lastIndexOf("/");
  if (slash < 0) return ".";
  if (slash < 2 && end.startsWith("/")) return "/".repeat(slash + 1);
  return end.slice(0, slash);
}) satisfies typeof path.posix.dirname;

export const basename = ((path) => {
  const own = withoutEnd(path, 0);
  return own.slice(own.lastIndexOf("/") + 1);
}) satisfies typeof path.posix.basename;

export const posix = { basename, delimiter, dirname, isAbsolute, join, normalize, resolve, sep };
