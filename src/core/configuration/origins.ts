/** Which file and line each value of the configuration comes from; configOf() says what the values do. */
import { parse } from "smol-toml";
import { type Key, keys, keysOf } from "./keys.ts";
import { lineOfKey } from "./line-of-key.ts";
import type { ConfigFile } from "./parse-file.ts";

export interface Origin {
  readonly file: string;
  readonly line: number;
}

export interface ValueWithOrigin {
  readonly key: string;
  /** As TOML and JSON have it; null: there is none. */
  readonly value: unknown;
  /** Several where lists add up; none where the value is built in. */
  readonly from: readonly Origin[];
}

export interface ConfigOrigins {
  readonly files: readonly string[];
  readonly general: readonly ValueWithOrigin[];
  /** Without the keys for which the general value counts. */
  readonly receiver: readonly ValueWithOrigin[];
  /** The first one that matches counts. */
  readonly destinations: readonly (readonly ValueWithOrigin[])[];
  /** What a user's file says in vain, since a system's file is locked. */
  readonly ignored: readonly ValueWithOrigin[];
}

type Table = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

interface ReadFile {
  readonly file: ConfigFile;
  readonly raw: Table;
  /** Nothing but protect counts in it. */
  readonly isLockedOut: boolean;
}

const generalKeys = { ...keys.settings, ...keys.file };
const receiverKeys = { ...keys.settings, ...keys.receiver };
const destinationKeys = { ...keys.destination, ...keys.settings };

/** Of files in which configOf() finds nothing wrong, in the same order. */
export function originsOf(files: readonly ConfigFile[]): ConfigOrigins {
  const all = readFiles(files);
  const counting = all.filter(({ isLockedOut }) => !isLockedOut);
  const general = (name: string) =>
    all.map((one) => (one.isLockedOut && name !== "protect" ? [] : saidOf(one, [name])));
  return {
    files: files.map(({ name }) => name),
    general: keysOf(generalKeys).map(([name, key]) => mergedOf(name, key, general(name))),
    receiver: keysOf(receiverKeys).flatMap(([name, key]) => {
      // what a file says of all runs ends the exception for receivers, and what the files before it say of them
      const from = key.forReceivers ? general(name).findLastIndex((said) => said.length > 0) : -1;
      const said = counting.filter((one) => all.indexOf(one) >= from).map((one) => saidOf(one, ["receiver", name]));
      if (name in keys.receiver || said.flat().length > 0) return [mergedOf(name, key, said)];
      return key.forReceivers && from < 0 ? [mergedOf(name, { ...key, ...key.forReceivers }, [])] : [];
    }),
    destinations: [...counting]
      .reverse()
      .flatMap((one) =>
        ((one.raw["destination"] ?? []) as readonly unknown[]).map((_, at) =>
          keysOf(destinationKeys).flatMap(([name]) => saidOf(one, ["destination", at, name])),
        ),
      ),
    ignored: all
      .filter(({ isLockedOut }) => isLockedOut)
      .flatMap((one) => Object.keys(one.raw).flatMap((name) => (name === "protect" ? [] : saidOf(one, [name])))),
  };
}

function readFiles(files: readonly ConfigFile[]): readonly ReadFile[] {
  let isLocked = false;
  return files.map((file) => {
    const raw: Table = parse(file.text);
    const isLockedOut = isLocked && file.isUsers;
    if (!file.isUsers) isLocked = (raw["locked"] as boolean | undefined) ?? isLocked;
    return { file, raw, isLockedOut };
  });
}

/** What a file says at that path, whose last part is the full name of a key. */
function saidOf({ file, raw }: ReadFile, place: Path): readonly ValueWithOrigin[] {
  const key = String(place.at(-1));
  const path = [...place.slice(0, -1), ...key.split(".")];
  const value = path.reduce((at: unknown, part) => (at as Table | undefined)?.[part], raw);
  return value === undefined ? [] : [{ key, value, from: [{ file: file.name, line: lineOfKey(file.text, path) }] }];
}

/** The last one, or all together. */
function mergedOf(
  name: string,
  { addsUp, builtIn, written }: Pick<Key, "addsUp" | "builtIn" | "written">,
  said: readonly (readonly ValueWithOrigin[])[],
): ValueWithOrigin {
  const counting = said.flat().slice(addsUp ? 0 : -1);
  const [last] = counting.slice(-1);
  if (!last) return { key: name, value: builtIn === null ? null : parse(`value = ${written}`)["value"], from: [] };
  return addsUp
    ? { key: name, value: counting.flatMap(({ value }) => value), from: counting.flatMap(({ from }) => from) }
    : last;
}
