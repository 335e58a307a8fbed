/** What a run has other than the dry run that comes nearest to it, in the words of those who type commands. */

import { optionNamed } from "../command/options.ts";
import type { NamedDifference } from "../judge/refusal.ts";
import { showBytes } from "../quoting.ts";

/** Its text, without the name of the field. */
export function changeText({ field, before, now, maybeEmptyVariable }: NamedDifference): string {
  const text = (texts[field] ?? fromTo)(before, now);
  return `${showBytes(text)}${maybeEmptyVariable ? "     a variable may be empty" : ""}`;
}

type ChangeText = (before: string, now: string) => string;

const fromTo: ChangeText = (before, now) => `${before || "(none)"}  ->  ${now || "(none)"}`;

const texts: Readonly<Record<string, ChangeText>> = {
  sources: placesText,
  destination: placesText,
  targets: placesText,
  rsync: (before, now) => {
    const [from, to] = [before, now].map((identity) => identity.replace(/ \d+:\d+ .*$/s, ""));
    return from === to ? `${from} was updated or replaced` : fromTo(from ?? "", to ?? "");
  },
  "remote shell": () => "another program, or its configuration changed",
  options: optionsText,
  "named files": filesText,
};

/** As a fingerprint has it: a path, and what is there: its inode, or what kind it is. */
const place = /^(.*) \((\d+:\d+|[a-z]+)\)$/s;

/** Where the paths were typed alike, what is at them has changed. */
function placesText(before: string, now: string): string {
  const [then, today] = [before, now].map((all) => all.split(", ").map((one) => place.exec(one)));
  if (!then || !today || then.length !== today.length || [...then, ...today].includes(null)) return fromTo(before, now);
  return then
    .flatMap((one, at) => {
      const [, path = "", was] = one ?? [];
      const [, newPath = "", is] = today[at] ?? [];
      if (path !== newPath) return [fromTo(path, newPath)];
      if (was === is) return [];
      if (was === "missing") return [`${path} did not exist then`];
      return [is === "missing" ? `${path} is gone` : `${path} was replaced: it is another one now`];
    })
    .join(", ");
}

/** A word in which blanks may be quoted. */
const words = (text: string): readonly string[] => text.match(/(?:'[^']*'|\\.|[^\s'])+/g) ?? [];

const archive = optionNamed("archive").expands.map((name) => `--${name}`);

function optionsText(before: string, now: string): string {
  const [then, today] = [words(before), words(now)];
  const added = asTyped(today.filter((word) => !then.includes(word)));
  const gone = asTyped(then.filter((word) => !today.includes(word)));
  const parts = [
    ...(added.length > 0 ? [`with ${added.join(" ")}`] : []),
    ...(gone.length > 0 ? [`without ${gone.join(" ")}`] : []),
  ];
  return parts.length > 0 ? `now ${parts.join(", ")}` : "in another order";
}

/** -a is kept as what it stands for. */
const asTyped = (all: readonly string[]): readonly string[] =>
  archive.every((word) => all.includes(word)) ? ["-a", ...all.filter((word) => !archive.includes(word))] : all;

/** Each with its digest. */
function filesText(before: string, now: string): string {
  const [then, today] = [before, now].map(
    (all) => new Map(all.split(", ").map((one) => [one.replace(/ [^ ]*$/, ""), one] as const)),
  );
  const names = [...new Set([...(then?.keys() ?? []), ...(today?.keys() ?? [])])].filter((name) => name !== "");
  return names
    .filter((name) => then?.get(name) !== today?.get(name))
    .map((name) => {
      if (!then?.has(name)) return `${name} was not named then`;
      return today?.has(name) ? `${name} has another content` : `${name} is not named now`;
    })
    .join(", ");
}
