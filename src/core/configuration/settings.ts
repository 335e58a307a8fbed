/** What the configuration says, once it is read: its shape, the built-in values, and the settings of one run. */
import { textOf } from "../bytes.ts";
import { selfAndAncestors } from "../paths.ts";
import type { Target } from "../place/target.ts";
import {
  camelCase,
  isKey,
  type Key,
  keys,
  type PlacePattern,
  type SaidValues,
  type Section,
  type Values,
} from "./keys.ts";

export type Settings = Values<typeof keys.settings>;
export type DryRun = Settings["dryRun"];
export type Limits = Settings["limits"];

/** Settings for one place, or for receivers: what is said there goes before the general ones. */
export type Overlay = SaidValues<typeof keys.settings>;

export type Destination = Overlay & PlacePattern & Omit<Values<typeof keys.destination>, "path">;

/** `protect` is without the built-in directories. */
export interface Config extends Values<typeof keys.file> {
  readonly settings: Settings;
  readonly destinations: readonly Destination[];
  readonly receiver: Overlay & Values<typeof keys.receiver>;
}

/** Goes through the keys of a section with the value that each source has for them; the results keep its shape. */
export function eachKey<T>(
  section: Section,
  sources: readonly unknown[],
  result: (key: Key, values: readonly unknown[]) => unknown,
): T {
  const entries = Object.entries(section).map(([name, row]) => {
    const field = camelCase(name);
    const values = sources.map((source) => (source as Readonly<Record<string, unknown>> | undefined)?.[field]);
    return [field, isKey(row) ? result(row, values) : eachKey(row, values, result)] as const;
  });
  return Object.fromEntries(entries) as T;
}

const builtIn = <S extends Section>(section: S): Values<S> => eachKey(section, [], (key) => key.builtIn);

export const builtInConfig: Config = {
  ...builtIn(keys.file),
  settings: builtIn(keys.settings),
  destinations: [],
  receiver: {
    ...eachKey<Overlay>(keys.settings, [], ({ forReceivers }) => forReceivers?.builtIn),
    ...builtIn(keys.receiver),
  },
};

export const overlaid = (settings: Settings, overlay: Overlay): Settings =>
  eachKey(keys.settings, [settings, overlay], (_, [general, own]) =>
    own === undefined ? general : added(general, own),
  );

/** What a list adds to another one; any other value takes the place of the one before. */
export const added = (before: unknown, own: unknown): unknown =>
  Array.isArray(before) && Array.isArray(own) ? [...before, ...own] : own;

/**
 * The settings of one run: those of the first destination that all its targets lie in, on top of the general ones. Sources
 * that are removed may lie in others, and then nothing is looser than it is there.
 */
export function settingsFor(config: Config, targets: readonly Target[], server: boolean): Settings {
  const general = server ? overlaid(config.settings, config.receiver) : config.settings;
  const settingsIn = (places: readonly Target[]): Settings => {
    const destination = destinationOf(config, places);
    return destination ? overlaid(general, destination) : general;
  };
  const places = targets.filter(({ role }) => role !== "option");
  const sources = places.filter(({ role }) => role === "source");
  const written = places.filter(({ role }) => role !== "source");
  if (sources.length === 0 || written.length === 0 || destinationOf(config, places)) return settingsIn(places);
  return sources.map((source) => settingsIn([source])).reduce(restricted, settingsIn(written));
}

/** By which a run that removes files is the less restricted, the later it stands here. */
const strictness: readonly DryRun["required"][] = ["always", "risky", "deletes", "auto", "never"];

/** Settings, with what other ones restrict a run in. */
function restricted(settings: Settings, by: Settings): Settings {
  const isStricter = strictness.indexOf(by.dryRun.required) < strictness.indexOf(settings.dryRun.required);
  return {
    ...settings,
    mode: by.mode === "enforce" ? by.mode : settings.mode,
    allow: settings.allow.filter((code) => by.allow.includes(code)),
    dryRun: isStricter ? { ...settings.dryRun, required: by.dryRun.required } : settings.dryRun,
  };
}

/** The first [[destination]] that all these places lie in. */
export const destinationOf = (
  { destinations }: Pick<Config, "destinations">,
  places: readonly Pick<Target, "path">[],
): Destination | undefined =>
  destinations.find(
    ({ matches }) => places.length > 0 && places.every(({ path }) => [...selfAndAncestors(textOf(path))].some(matches)),
  );
