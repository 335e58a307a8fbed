/** How the value of each kind of key is read from TOML, and what is said where it can't be. */
import { posix } from "node:path";
import picomatch from "picomatch";
import * as v from "valibot";
import { bytesOf } from "../bytes.ts";
import { type Code, configurableCodes, undecidableCodes } from "../codes.ts";
import { didYouMean } from "../did-you-mean.ts";
import { durationOf } from "../duration.ts";
import { cleanPath, selfAndAncestors } from "../paths.ts";
import type { KeptPath, Key, Kinds, PlacePattern } from "./keys.ts";

type Reader<T> = v.GenericSchema<unknown, T>;

const code = v.picklist(configurableCodes, ({ input }) =>
  typeof input !== "string"
    ? "must be a code, as a string"
    : `${JSON.stringify(input)} is not a code that can be allowed${undecidableCodes.has(input as Code) ? ": it says that the command can't be read" : didYouMean(input, configurableCodes)}`,
);

/** One that is never matched would protect nothing, and say nothing. */
const wildcard = /[*?]|\[[^\]]*\]|\{[^}]*,[^}]*\}/;

const directory = v.pipe(
  v.string(),
  v.startsWith("/", "must be an absolute path"),
  v.transform((path) => path.replace(/(?<=.)\/+$/, "")),
  v.check(
    (path) => !wildcard.test(path.replace(/\/\*\*$/, "")),
    "must be a directory, with no wildcard but /** at its end",
  ),
  v.transform(bytesOf),
);

const numberOrShare = 'must be a number, or a share like "50%"';

const asShare = 'must be a share like "50%"';

const share = v.pipe(
  v.string(asShare),
  v.regex(/^(?:100|\d{1,2})%$/, asShare),
  v.transform((text) => ({ percent: Number.parseInt(text, 10) })),
);

const size = 'must be a size like "20G" (K, M, G, T), or a share like "10%"';

const unitSizes: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

const keptPath = v.pipe(
  v.string(),
  v.regex(/^(?!\.\.(?:\/|$))[^/]/, "must be a path that is relative to the destination"),
  v.transform(keptBy),
);

const kinds: { readonly [K in keyof Kinds]: Reader<Kinds[K]> } = {
  "true or false": v.boolean(),
  duration: v.pipe(
    v.string(),
    v.transform(durationOf),
    v.number('must be a number and a unit, like "15m" (s, m, h, d)'),
  ),
  codes: v.array(code),
  directories: v.array(directory),
  "number or share": v.union(
    [
      v.pipe(
        v.number(),
        v.integer(),
        v.minValue(0),
        v.transform((entries) => ({ entries })),
      ),
      share,
    ],
    numberOrShare,
  ),
  share,
  "size or share": v.union(
    [
      v.pipe(
        v.string(),
        v.regex(/^\d{1,6}[KMGT]$/),
        v.transform((text) => ({ bytes: Number.parseInt(text, 10) * (unitSizes[text.slice(-1)] ?? 1) })),
      ),
      share,
    ],
    size,
  ),
  "kept paths": v.array(keptPath),
  directory: v.pipe(
    v.string(),
    v.regex(/^\/[^\0]*[^/\0]$/, "must be an absolute path"),
    v.transform((path) => cleanPath(bytesOf(path))),
  ),
  place: v.pipe(
    v.string(),
    v.nonEmpty("must not be empty"),
    v.check((path) => !/^[^/]+:\d+::/.test(path), 'must name a module as "host::module", without a port'),
    v.transform((path) => placeOf(path.replace(/^rsync:\/\/([^/]+?)(?::\d+)?\/+/i, "$1::"))),
  ),
  "file name": v.pipe(
    v.string(),
    v.regex(/^(?!\.{1,2}$)[^/\0]+$/, "must be a name without a slash"),
    v.transform(bytesOf),
  ),
  file: v.pipe(v.string(), v.regex(/^\/[^\0]*[^/\0]$/, "must be the absolute path of a file")),
  count: v.pipe(
    v.number("must be a number"),
    v.integer("must be a whole number"),
    v.minValue(0, "must not be negative"),
  ),
  expression: v.pipe(
    v.string(),
    v.check(isExpression, "must be a regular expression"),
    v.transform((text) => new RegExp(text, "u")),
  ),
};

export const readerOf = ({ is }: Key): Reader<unknown> =>
  typeof is === "string"
    ? kinds[is]
    : v.picklist(is, `must be one of ${is.map((word) => JSON.stringify(word)).join(", ")}`);

function isExpression(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}

/** As in a .gitignore: a name without a slash is meant at any depth. What lies below something kept is kept, too. */
function keptBy(pattern: string): KeptPath {
  const plain = pattern.replace(/\/+$/, "");
  const isMatch = matcherOf(plain);
  const anywhere = !plain.includes("/");
  return {
    pattern,
    matches: (path) =>
      [...selfAndAncestors(path)].some((at) => isMatch(at) || (anywhere && isMatch(posix.basename(at)))),
  };
}

function placeOf(path: string): PlacePattern {
  const { base } = picomatch.scan(path);
  return { path, top: base, matches: matcherOf(path), matchesParent: matcherOf(posix.dirname(path)) };
}

/** picomatch's own functions take more arguments, which some() and find() would give them. */
function matcherOf(pattern: string): (path: string) => boolean {
  const isMatch = picomatch(pattern, { dot: true });
  return (path) => isMatch(path);
}
