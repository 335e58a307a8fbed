/** The lines of a plan's dry run: `%i %n%L` for each entry; and what names of releases look like. */
import { type Bytes, byteOfOctal } from "../bytes.ts";
import { itemWidth } from "./groups.ts";
import type { Kinds } from "./plan.ts";

const kindOfLetter: ReadonlyMap<string, keyof Kinds> = new Map([
  ["f", "files"],
  ["d", "directories"],
  ["L", "symlinks"],
  ["D", "specials"],
  ["S", "specials"],
]);

/** What stands before the name in a line. */
export interface Item {
  readonly mark: string;
  /** A deletion's is not told here: a directory's name ends in a slash. */
  readonly kind: keyof Kinds;
  /** rsync would make it. */
  readonly isNew: boolean;
  /** rsync would leave it as it is. */
  readonly isSame: boolean;
  /** Only its time differs, which the run would not keep. */
  readonly isTouched: boolean;
  /** Whether a name is all that follows. */
  readonly isNamed: boolean;
}

const deletionMark = "*deleting   ";
export const deletion: Item = {
  mark: "*",
  kind: "files",
  isNew: false,
  isSame: false,
  isTouched: false,
  isNamed: true,
};
/** What happens to an entry, its kind, and what of it would change. */
const itemised = /^([<>ch.])([fdLDS])(.{9}) /;
const unchanged = " ".repeat(9);

/** Undefined where a line tells of no entry. */
export function itemOf(line: Bytes): Item | undefined {
  if (line.startsWith(deletionMark)) return deletion;
  const [, mark = "", letter = "", attributes = ""] = itemised.exec(line) ?? [];
  const kind = kindOfLetter.get(letter);
  if (kind === undefined) return undefined;
  const isUnchanged = attributes === unchanged;
  return {
    mark,
    kind,
    isNew: attributes[0] === "+",
    // `name => other`: a hard link to another file takes its place
    isSame: isUnchanged && (mark === "." || !line.includes(" => ")),
    isTouched: attributes[2] === "T" && attributes[1] !== "s",
    isNamed: kind === "files" && mark !== "h",
  };
}

/** The name in a line, without what follows it: `name => other`, `name -> text`, and a directory's slash. */
export function pathOf(line: Bytes, item: Item): Bytes {
  const whole = unescaped(line.slice(itemWidth));
  if (item === deletion) return whole.endsWith("/") ? whole.slice(0, -1) : whole;
  // with --relative an absolute source's are absolute, though they land below the destination
  const name = whole.startsWith("/") ? whole.replace(/^\/+/, "") : whole;
  if (item.kind === "directories") return name.endsWith("/") ? name.slice(0, -1) : name;
  return item.kind === "symlinks" || item.mark === "h" ? beforeArrow(name) : name;
}

/** `name => other` and `name -> text`: a name that holds an arrow itself is cut short, and then found nowhere. */
const beforeArrow = (name: Bytes): Bytes => name.replace(/ [-=]> [\s\S]*$/, "");

/** rsync writes a byte that can't be printed as `\#ooo`, and a backslash before such a text too. */
const unescaped = (name: Bytes): Bytes => (name.includes("\\#") ? name.replace(/\\#([0-7]{3})/g, byteOfOctal) : name);

/** Versions, dates and time stamps; in a directory that is called releases also plain numbers and commits. */
const releaseName =
  /^(?:v|r|rel(?:ease)?[-_.]?)?\d+(?:\.\d+)+(?:[-+_~.]?[\w.+~-]+)?$|^\d{4}-\d\d-\d\d(?:[T_.:-]?\d\d){0,3}Z?$|^(?:19|20)\d{6}(?:[T_.-]?\d{2,6})?$/i;
const inReleases = /^(?:v|r|rel(?:ease)?[-_.]?)?\d|^[0-9a-f]{7,40}$/i;
const releaseParent = /^(?:releases?|versions?|builds?|deploy(?:ment)?s?)$/i;

export const isReleaseName = (name: Bytes, parent: Bytes): boolean =>
  releaseName.test(name) || (releaseParent.test(parent) && inReleases.test(name));
