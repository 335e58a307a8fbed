/** How a path differs from an earlier one: what a lost variable took out of it. */
import { code } from "../words/markdown.ts";

/** In words, by the components of both; null where they are the same but for slashes. */
export function changeOf(before: string, now: string): string | null {
  const [old, current] = [componentsOf(before), componentsOf(now)];
  const gone = extraIn(old, current);
  if (gone?.length === 0) return null;
  if (gone) return `${codes(gone)} ${gone.length === 1 ? "is" : "are"} gone`;
  const added = extraIn(current, old);
  if (added) return `${codes(added)} ${added.length === 1 ? "was" : "were"} added`;
  if (old.length === current.length)
    return old
      .map((component, at) => [component, current[at] ?? ""] as const)
      .filter(([component, other]) => component !== other)
      .map(([component, other]) => componentChange(component, other))
      .join(", ");
  const { onlyA, onlyB } = align(old, current);
  return `${code(onlyA.join("/"))} became ${code(onlyB.join("/"))}`;
}

const componentsOf = (path: string): readonly string[] => path.split("/").filter((part) => part !== "");

const codes = (parts: readonly string[]): string => parts.map(code).join(", ");

/** What a list has besides the parts of another one, if it holds all of those in their order; else null. */
function extraIn(list: readonly string[], parts: readonly string[]): readonly string[] | null {
  const extra: string[] = [];
  let found = 0;
  for (const one of list) {
    if (one === parts[found]) found++;
    else extra.push(one);
  }
  return found === parts.length ? extra : null;
}

/** `app-1.2.3` became `app-`: then `1.2.3` is gone. A digit of a number is no part of its own. */
function componentChange(before: string, now: string): string {
  const { head, tail, onlyA, onlyB } = align([...before], [...now]);
  const isPart = onlyB.length === 0 && !isWordCharacter(head.at(-1)) && !isWordCharacter(tail[0]);
  return isPart ? `${code(onlyA.join(""))} is gone` : `${code(before)} became ${code(now)}`;
}

const isWordCharacter = (character = ""): boolean => /[\p{L}\d]/u.test(character);

/** What two lists begin with, what they end with, and what each of them has in between. */
function align(a: readonly string[], b: readonly string[]) {
  const start = sharedLength(a, b);
  const shared = sharedLength(a.slice(start).reverse(), b.slice(start).reverse());
  const [endOfA, endOfB] = [a.length - shared, b.length - shared];
  return {
    head: a.slice(0, start),
    tail: a.slice(endOfA),
    onlyA: a.slice(start, endOfA),
    onlyB: b.slice(start, endOfB),
  };
}

/** How many of their first elements are the same. */
function sharedLength(a: readonly string[], b: readonly string[]): number {
  const end = a.findIndex((one, at) => one !== b[at]);
  return end < 0 ? a.length : end;
}
