/**
 * Secluded arguments (-s): a server gets most of its arguments on standard input. Once they are read there, they are
 * put on its command line, which means the same to rsync but for what is said here.
 */

import { type Bytes, bufferOf } from "../bytes.ts";
import { shortOption } from "./options.ts";
import { type GivenOption, type Invocation, isServer, lastValue, parse } from "./parse.ts";

/** Why arguments that came on standard input can't stand on the command line. */
export type SecludedProblem =
  | { readonly is: "bound-to-standard-input" | "no-end-of-options" | "iconv" | "incomplete" | "not-read" }
  | { readonly is: "unknown-expansion"; readonly word: Bytes };

/** Whether a run gets its arguments on standard input. */
export const readsArguments = (invocation: Invocation): boolean => invocation.secluded && isServer(invocation);

/**
 * The server's argv with the arguments that it was sent (the first one is the word rsync), as if they had come without -s;
 * or why that is not exactly the same.
 */
export function unsecluded(
  { argv, options }: Invocation,
  sent: readonly Bytes[],
  files: PathFacts,
): readonly Bytes[] | { readonly problem: SecludedProblem } {
  const own = argv.flatMap(withoutSecluded);
  if (!isSameBut(options, own)) return { problem: { is: "bound-to-standard-input" } };
  const words: Bytes[] = [];
  for (const word of sent.slice(1)) {
    const converted = convertedTo(lastValue(options, "iconv"), word);
    if (converted === null) return { problem: { is: "iconv" } };
    words.push(converted);
  }
  const dot = words.indexOf(".");
  if (dot < 0) return { problem: { is: "no-end-of-options" } };
  const operands: Bytes[] = [];
  for (const word of words.slice(dot + 1)) {
    const paths = expanded(word, files);
    if (!paths) return { problem: { is: "unknown-expansion", word } };
    // a receiver writes to the one that its directory happens to list first
    for (const path of argv.includes("--sender") ? paths : paths.slice(0, 1)) operands.push(path);
  }
  return [...own, ...words.slice(0, dot + 1), ...operands];
}

/** What --iconv makes of a word, which is sent in UTF-8; null where that is not known here. */
function convertedTo(iconv: Bytes | null, word: Bytes): Bytes | null {
  if (iconv === null || !/[\x80-\xff]/.test(word)) return word;
  const charset = iconv.replace(/^.*,/, "").replace(/[-_]/g, "").toUpperCase();
  // bytes that are no UTF-8 stay as they are
  if (charset === "UTF8") return word;
  const text = bufferOf(word).toString("utf8");
  return ["ISO88591", "LATIN1"].includes(charset) && /^[\0-\xff]*$/.test(text) ? text : null;
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

/** What has to be looked at to know what rsync makes of a path. */
export interface GlobFiles {
  /** In the directory's own order. */
  names(directory: Bytes): readonly Bytes[];
  /** Null where there is nothing. */
  isDirectory(path: Bytes): boolean | null;
  isLink(path: Bytes): boolean;
}

/** The same, and whether this rsync is known to take away every `..` by the path's text. */
export interface PathFacts extends GlobFiles {
  takesAwayDotDots(): boolean;
}

/** The paths that a path with wildcards stands for, as rsync's glob_expand() finds them; itself where there are none. */
function expanded(typed: Bytes, files: PathFacts): readonly Bytes[] | null {
  const path = withoutDotDots(typed, files);
  if (path === null) return null;
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

/**
 * rsync takes away each `..` with what stands before it, by the path's text. 3.4.2 to 3.4.4 do so only at the start of a
 * relative path, and so do older ones with that patch, as Debian's 3.2.7, whose version doesn't tell.
 */
function withoutDotDots(path: Bytes, files: PathFacts): Bytes | null {
  if (!/(?:^|\/)\.\.(?:\/|$)/.test(path)) return path;
  const everywhere = collapsed(path, true);
  if (collapsed(path, false) === everywhere || files.takesAwayDotDots()) return everywhere;
  return leadsAsItSays(path, files) ? path : null;
}

/** rsync's clean_fname(), which also takes `./..` for nothing. */
function collapsed(path: Bytes, everywhere: boolean): Bytes {
  const isAbsolute = path.startsWith("/");
  const kept: Bytes[] = [];
  // what may not be taken away: a `..`, and what stands before it
  let fixed = 0;
  let ends = "";
  for (const part of path.split("/")) {
    ends = part === "" || part === ".." ? "/" : "";
    if (part === "" || (part === ".." && isAbsolute && kept.length === 0)) continue;
    if (part === ".." && kept.length > fixed && (everywhere || (!isAbsolute && kept.length === 1))) {
      kept.pop();
      continue;
    }
    kept.push(part);
    if (part === "..") {
      fixed = kept.length;
      ends = "";
    }
  }
  return (isAbsolute ? "/" : "") + (kept.length > 0 ? kept.join("/") + ends : "") || ".";
}

/** On a command line `..` is what lies above in the end: whether that is the same. */
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
