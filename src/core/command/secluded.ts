/**
 * Secluded arguments (-s): a server gets most of its arguments on standard input. Once they are read there, they are
 * put on its command line, which means the same to rsync but for what is said here.
 */
import { shortOption } from "./options.ts";
import { type Given, type Invocation, isServer, parse } from "./parse.ts";
import { type Bytes, shownWord } from "../bytes.ts";

/** Whether a run gets its arguments on standard input. */
export const readsArguments = (invocation: Invocation): boolean => invocation.secluded && isServer(invocation);

/**
 * The server's argv with the arguments that it was sent (the first one is the word rsync), as if they had come without -s;
 * or why that is not exactly the same.
 */
export function unsecluded(
  argv: readonly Bytes[],
  sent: readonly Bytes[],
  look: Look,
): readonly Bytes[] | { readonly why: string } {
  const own = argv.flatMap(withoutSecluded);
  if (!isSameBut(argv, own)) return { why: "they can't be put on the command line" };
  const [, ...words] = sent;
  const dot = words.indexOf(".");
  if (dot < 0) return { why: "they have no end of options" };
  if (argv.some((word) => word.startsWith("--iconv")) && words.some((word) => /[\x80-\xff]/.test(word)))
    return { why: "--iconv would convert them" };
  const operands: Bytes[] = [];
  for (const word of words.slice(dot + 1)) {
    const paths = expanded(word, look);
    if (!paths) return { why: `what rsync would make of ${shownWord(word)} is not known` };
    // rsync writes to the one that its directory happens to list first
    if (paths.length > 1 && !argv.includes("--sender")) return { why: `${shownWord(word)} stands for more than one` };
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
function isSameBut(argv: readonly Bytes[], own: readonly Bytes[]): boolean {
  const [before, after] = [parse(argv, {}), parse(own, {})];
  if ("unreadable" in before || "unreadable" in after) return false;
  const text = (options: readonly Given[]) =>
    JSON.stringify(options.filter(({ option }) => option.name !== "secluded-args").map(({ as, value }) => [as, value]));
  const { options, operands, secluded } = after.invocation;
  return !secluded && operands.length === 0 && text(options) === text(before.invocation.options);
}

/** What has to be looked at to know what rsync makes of a path. */
export interface Look {
  names(directory: Bytes): readonly Bytes[];
  /** Null where there is nothing. */
  isDirectory(path: Bytes): boolean | null;
  isLink(path: Bytes): boolean;
}

/** The paths that a path with wildcards stands for, as rsync's glob_expand() finds them; itself where there are none. */
function expanded(path: Bytes, look: Look): readonly Bytes[] | null {
  if (!leadsAsItSays(path, look)) return null;
  const found: Bytes[] = [];
  let isKnown = true;
  const walk = (at: Bytes, [part = "", ...rest]: readonly Bytes[]): void => {
    const isPattern = wildcard.test(part);
    const pattern = isPattern ? patternOf(part) : null;
    if (isPattern && !pattern) isKnown = false;
    const names = isPattern ? look.names(at || ".").filter((name) => pattern?.test(name)) : [part];
    for (const name of names) {
      const isDirectory = isPattern || (rest.length > 0 && name !== "") ? look.isDirectory(at + name) : true;
      if (isDirectory === null || (rest.length > 0 && !isDirectory)) continue;
      if (rest.length > 0) walk(`${at}${name}/`, rest);
      else found.push(at + name);
    }
  };
  walk("", path.split("/"));
  return !isKnown ? null : found.length > 0 ? found : [path];
}

/** rsync takes `..` by the path's text, and `./..` for nothing; on a command line it is what lies above in the end. */
function leadsAsItSays(path: Bytes, look: Look): boolean {
  const above: Bytes[] = [];
  let hasDot = false;
  for (const [at, part] of path.split("/").entries()) {
    if (part === ".") hasDot = true;
    else if (part === ".." && hasDot) return false;
    else if (part === ".." && above.length > 0 && above.at(-1) !== "..") {
      const directory = above.join("/") || "/";
      if (look.isLink(directory) || !look.isDirectory(directory)) return false;
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
