/** The lines of a plan's dry run: `%i %n%L` for each entry; and what names of releases look like. */
import { type Bytes, byteOfOctal } from "../bytes.ts";
import type { Kinds } from "./plan.ts";

const kindOfLetter: ReadonlyMap<string, keyof Kinds> = new Map([
  ["f", "files"],
  ["d", "directories"],
  ["L", "symlinks"],
  ["D", "specials"],
  ["S", "specials"],
]);

/** What happens to an entry, in a line of `%i %n%L`, before its kind, its attributes and its name. */
const itemMarks = "<>ch.";
export const deletionMark = "*deleting   ";
export const itemWidth = 12;
/** Behind the two letters, of an entry that would stay as it is. */
export const unchanged = " ".repeat(9);

/** Of what kind the entry is that a line tells of; undefined where it tells of none, or of a deletion. */
export function itemKind(line: Bytes): keyof Kinds | undefined {
  const [mark = "", letter = ""] = line;
  return line[itemWidth - 1] === " " && itemMarks.includes(mark) ? kindOfLetter.get(letter) : undefined;
}

/** The name in a line, without what follows it: `name => other`, `name -> text`, and a directory's slash. */
export function pathOf(line: Bytes, kind: keyof Kinds): Bytes {
  // with --relative an absolute source's are absolute, though they land below the destination
  const whole = unescaped(line.slice(itemWidth));
  const name = whole.startsWith("/") ? whole.replace(/^\/+/, "") : whole;
  if (kind === "directories") return name.endsWith("/") ? name.slice(0, -1) : name;
  return kind === "symlinks" || line[0] === "h" ? beforeArrow(name) : name;
}

/** `name => other` and `name -> text`: a name that holds an arrow itself is cut short, and then found nowhere. */
const beforeArrow = (name: Bytes): Bytes => name.replace(/ [-=]> [\s\S]*$/, "");

/** rsync writes a byte that can't be printed as `\#ooo`, and a backslash before such a text too. */
export const unescaped = (name: Bytes): Bytes =>
  name.includes("\\#") ? name.replace(/\\#([0-7]{3})/g, byteOfOctal) : name;

/** Versions, dates and time stamps; in a directory that is called releases also plain numbers and commits. */
const releaseName =
  /^(?:v|r|rel(?:ease)?[-_.]?)?\d+(?:\.\d+)+(?:[-+_~.]?[\w.+~-]+)?$|^\d{4}-\d\d-\d\d(?:[T_.:-]?\d\d){0,3}Z?$|^(?:19|20)\d{6}(?:[T_.-]?\d{2,6})?$/i;
const inReleases = /^(?:v|r|rel(?:ease)?[-_.]?)?\d|^[0-9a-f]{7,40}$/i;
const releaseParent = /^(?:releases?|versions?|builds?|deploy(?:ment)?s?)$/i;

export const isReleaseName = (name: Bytes, parent: Bytes): boolean =>
  releaseName.test(name) || (releaseParent.test(parent) && inReleases.test(name));
