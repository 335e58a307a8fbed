/** From the text of one file to what it says, checked by the table of keys. */
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { didYouMean } from "../did-you-mean.ts";
import {
  camelCase,
  isKey,
  type Key,
  keys,
  keysOf,
  type PlacePattern,
  type SaidValues,
  type Section,
  type Where,
} from "./keys.ts";
import { readerOf } from "./kinds.ts";
import { lineOfKey } from "./line-of-key.ts";
import type { Overlay } from "./settings.ts";

export interface ConfigFile {
  readonly name: string;
  readonly text: string;
  readonly isUsers: boolean;
}

/** What one file says. */
export interface Said extends Overlay, SaidValues<typeof keys.file> {
  readonly destination?: readonly (Overlay & SaidValues<typeof keys.destination> & { readonly path: PlacePattern })[];
  readonly receiver?: Overlay & SaidValues<typeof keys.receiver>;
}

export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  /** Null where the file is not TOML. */
  readonly key: string | null;
  readonly problem: string;
}

export function parseFile({ name: file, text, isUsers }: ConfigFile): Said | { readonly broken: ConfigProblem } {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const problem = error.message.split("\n", 1)[0]?.replace(/^Invalid TOML document: /, "") ?? "";
    const hint = rightLine(text.split("\n")[error.line - 1] ?? "");
    return { broken: { file, line: error.line, key: null, problem: problem + hint } };
  }
  const read = v.safeParse(fileReader(isUsers ? ["a user's file"] : []), raw);
  // the reader is made from the table that the type is made from
  if (read.success) return read.output as Said;
  const [issue] = read.issues;
  const path = issue.path?.map((item) => item.key as string | number) ?? [];
  const key = path.filter((part) => typeof part === "string").join(".");
  return { broken: { file, line: lineOfKey(text, path), key, problem: problemOf(issue, path) } };
}

/** `; write it as mode = "observe"`, or empty for a line that is wrong in another way. */
function rightLine(line: string): string {
  const [, key, value] = /^\s*([\w.]+)\s*[=:]\s*"?([^"'[\]{}#\s]+)"?\s*(?:#.*)?$/.exec(line) ?? [];
  if (key === undefined || value === undefined || /^(?:true|false|[\d.]+)$/.test(value)) return "";
  const right = `${key} = ${JSON.stringify(value)}`;
  return line.trim() === right ? "" : `; write it as ${right}`;
}

type Entries = Readonly<Record<string, v.GenericSchema>>;

const fileReader = (where: readonly Where[]): v.GenericSchema =>
  tableReader({
    ...entriesOf(keys.settings, where),
    ...entriesOf(keys.file, where),
    ...refusedEntries(keys.destination, "has no effect at the top of a file: it belongs in a [[destination]]"),
    ...refusedEntries(keys.receiver, "has no effect at the top of a file: it belongs in [receiver]"),
    destination: v.optional(
      v.array(
        tableReader({
          ...entriesOf(keys.settings, where),
          ...entriesOf(keys.destination, where),
          ...refusedEntries(keys.file, "has no effect in a [[destination]]: it belongs at the top of the file"),
          ...refusedEntries(keys.receiver, "has no effect in a [[destination]]: it belongs in [receiver]"),
        }),
      ),
    ),
    receiver: v.optional(
      tableReader({
        ...entriesOf(keys.settings, ["[receiver]", ...where]),
        ...entriesOf(keys.receiver, where),
        ...refusedEntries(keys.file, "has no effect in [receiver]: it belongs at the top of the file"),
        ...refusedEntries(keys.destination, "has no effect in [receiver]: it belongs in a [[destination]]"),
      }),
    ),
  });

/** Reads a table that holds these entries only; the values get their names in the program. */
const tableReader = (entries: Entries): v.GenericSchema =>
  v.pipe(
    v.strictObject(entries),
    v.transform((table) => Object.fromEntries(Object.entries(table).map(([name, value]) => [camelCase(name), value]))),
  );

const entriesOf = (section: Section, where: readonly Where[]): Entries =>
  Object.fromEntries(
    Object.entries(section).map(([name, row]) => [
      name,
      isKey(row) ? keyReader(row, where) : v.optional(tableReader(entriesOf(row, where))),
    ]),
  );

function keyReader(key: Key, where: readonly Where[]): v.GenericSchema {
  const place = where.find((one) => key.noEffectIn?.[one] !== undefined);
  if (place) return refused(`has no effect in ${place}: ${key.noEffectIn?.[place]}`);
  return key.required ? readerOf(key) : v.optional(readerOf(key));
}

const refusedEntries = (section: Section, problem: string): Entries =>
  Object.fromEntries(Object.keys(section).map((name) => [name, refused(problem)]));

const refused = (problem: string): v.GenericSchema => v.optional(v.custom(() => false, problem));

const typeNames: Readonly<Record<string, string>> = {
  Array: "a list",
  Object: "a table",
  string: "a string",
  boolean: "true or false",
};

/** The places of a file, as they are written. */
const tables: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [keys.settings, keys.file]
      .flatMap((section) => Object.entries<Key | Section>(section))
      .flatMap(([name, row]) => (isKey(row) ? [] : [[name, `[${name}]`]])),
  ),
  destination: "[[destination]]",
  receiver: "[receiver]",
};

const names = [keys.settings, keys.file, keys.destination, keys.receiver].flatMap((section) =>
  keysOf(section).map(([name]) => name),
);

/** For a key that nobody knows: the one that was meant, by its place or its spelling. */
function meant(path: readonly (string | number)[]): string {
  const own = path.filter((part, at) => typeof part === "string" && (at > 0 || path.length === 1 || !isPlace(part)));
  const last = String(own.at(-1));
  const elsewhere = names.find((name) => name.endsWith(`.${last}`));
  if (elsewhere) return `; did you mean ${elsewhere}?`;
  const nearest = didYouMean(own.join("."), [...names, ...Object.keys(tables)]);
  return nearest.replace(/mean (\w+)\?/, (whole, name: string) => (tables[name] ? `mean ${tables[name]}?` : whole));
}

const isPlace = (part: string): boolean => part === "destination" || part === "receiver";

function problemOf({ expected, received, message }: v.BaseIssue<unknown>, path: readonly (string | number)[]): string {
  if (expected === "never") return `is not a key that rsync-guard knows${meant(path)}`;
  if (expected === "Array" && path.join() === "destination") return "must be a list of places: write [[destination]]";
  if (received === "undefined") return "is missing";
  const type = expected && message.startsWith("Invalid type") ? typeNames[expected] : undefined;
  return type ? `must be ${type}` : message;
}
