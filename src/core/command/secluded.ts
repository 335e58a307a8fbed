/**
 * Secluded arguments (-s): a server gets most of its arguments on standard input. Once they are read there, they are
 * put on its command line, which means the same to rsync but for what is said here.
 */

import type { Bytes } from "../bytes.ts";
import { shortOption } from "./options.ts";
import { type GivenOption, type Invocation, isServer, parse } from "./parse.ts";

/** Why arguments that came on standard input can't stand on the command line. */
export type SecludedProblem =
  | { readonly is: "bound-to-standard-input" | "no-end-of-options" | "iconv" | "incomplete" | "not-read" }
  | { readonly is: "unknown-expansion" | "many-destinations"; readonly word: Bytes };

/** Whether a run gets its arguments on standard input. */
export const readsArguments = (invocation: Invocation): boolean => invocation.secluded && isServer(invocation);

/**
 * The server's argv with the arguments that it was sent (the first one is the word rsync), as if they had come without -s;
 * or why that is not exactly the same.
 */
export function unsecluded(
  { argv, options }: Invocation,
  sent: readonly Bytes[],
  files: GlobFiles,
): readonly Bytes[] | { readonly problem: SecludedProblem } {
  const own = argv.flatMap(withoutSecluded);
  if (!isSameBut(options, own)) return { problem: { is: "bound-to-standard-input" } };
  const [, ...words] = sent;
  const dot = words.indexOf(".");
  if (dot < 0) return { problem: { is: "no-end-of-options" } };
  if (argv.some((word) => word.startsWith("--iconv")) && words.some((word) => /[\x80-\xff]/.test(word)))
    return { problem: { is: "iconv" } };
  const operands: Bytes[] = [];
  for (const word of words.slice(dot + 1)) {
    const paths = expanded(word, files);
    if (!paths) return { problem: { is: "unknown-expansion", word } };
    // rsync writes to the one that its directory happens to list first
    if (paths.length > 1 && !argv.includes("--sender")) return { problem: { is: "many-destinations", word } };
    operands.push(...paths);
  }
  return [...own, ...words.slice(0, dot + 1), ...operands];
}

/** `-s` among the letters of a bundle, up to the one that takes the rest as its value. */
function withoutSecluded(word: Bytes): readonly Bytes[] {
  if (word === "--secluded-args" || word === "--protect-args") return [];
  if (!/^-[^-]/.test(word)) return [word];
  const letters = [...word.slice(1)];
  const end = letters.findIndex((letter) => ["value", "list"].includes(shortOption(letter)?.repeat ?? ""));
  const cut = end < 0 ? letters.length : end;
  const kept = letters.filter((letter, at) => at >= cut || letter !== "s").join("");
  return kept === "" ? [] : [`-${kept}`];
}

/** Whether all that was taken away is that arguments come on standard input. */
function isSameBut(before: readonly GivenOption[], own: readonly Bytes[]): boolean {
  const after = parse(own, {});
  if ("unreadable" in after) return false;
  const text = (options: readonly GivenOption[]) =>
    JSON.stringify(options.filter(({ option }) => option.name !== "secluded-args").map(({ as, value }) => [as, value]));
  const { options, operands, secluded } = after.invocation;
  return !secluded && operands.length === 0 && text(options) === text(before);
}

/** What has to be looked at to know what rsync makes of a path with wildcards. */
export interface GlobFiles {
  names(directory: Bytes): readonly Bytes[];
  /** Null where there is nothing. */
  isDirectory(path: Bytes): boolean | null;
  isLink(path: Bytes): boolean;
}

/** The paths that a path with wildcards stands for, as rsync's glob_expand() finds them; itself where there are none. */
function expanded(path: Bytes, files: GlobFiles): readonly Bytes[] | null {
  if (!leadsAsItSays(path, files)) return null;
  const found: Bytes[] = [];
  let isKnown = true;
  const walk = (at: Bytes, [part = "", ...rest]: readonly Bytes[]): void => {
    const isPattern = wildcard.test(part);
    const pattern = isPattern ? patternOf(part) : null;
    if (isPattern && !pattern) isKnown = false;
    const names = isPattern ? files.names(at || ".").filter((name) => pattern?.test(name)) : [part];
    for (const name of names) {
      const isDirectory = isPattern || (rest.length > 0 && name !== "") ? files.isDirectory(at + name) : true;
      if (isDirectory === null || (rest.length > 0 && !isDirectory)) continue;
      if (rest.length > 0) walk(`${at}${name}/`, rest);
      else found.push(at + name);
    }
  };
  walk("", path.split("/"));
  return !isKnown ? null : found.length > 0 ? found : [path];
}

/** rsync takes `..` by the path's text, and `./..` for nothing; on a command line it is what lies above in the end. */
function leadsAsItSays(path: Bytes, files: GlobFiles): boolean {
  const above: Bytes[] = [];
  let hasDot = false;
  for (const [at, part] of path.split("/").entries()) {
    if (part === ".") hasDot = true;
    else if (part === ".." && hasDot) return false;
    else if (part === ".." && above.length > 0 && above.at(-1) !== "..") {
      const directory = above.join("/") || "/";
      if (files.isLink(directory) || !files.isDirectory(directory)) return false;
      if (directory !== "/") above.pop();
    } else if (part !== "" || at === 0) above.push(part);
  }
  return true;
}

const wildcard = /[*?[]/;

/** rsync's wildmatch() of one component: dotfiles match too. Null for a set that is not plain, or a `\` at the end. */
function patternOf(part: Bytes): RegExp | null {
  let text = "";
  for (const [word] of part.matchAll(/\\[\s\S]|\*+|\?|\[[!^]?\]?[^\]]*\]|[\s\S]/g)) {
    if (word.startsWith("*")) text += "[\\s\\S]*";
    else if (word === "?") text += "[\\s\\S]";
    else if (word.startsWith("[")) {
      if (!/^\[[!^]?[^[\]\\^]+\]$/.test(word)) return null;
      text += word.replace(/^\[!/, "[^");
    } else if (word === "\\") return null;
    else text += (word.length > 1 ? word.slice(1) : word).replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  }
  try {
    return new RegExp(`^${text}$`);
  } catch {
    // a range that runs backwards
    return null;
  }
}
