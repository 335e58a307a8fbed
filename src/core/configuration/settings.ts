/** What the configuration says, once it is read and checked: the shape, the built-in values, what holds for one run. */

import { type Bytes, textOf } from "../bytes.ts";
import type { Code } from "../codes.ts";
import { selfAndAncestors } from "../paths.ts";
import type { Target } from "../place/target.ts";

export interface DryRun {
  /** When a live run needs a dry run of its own. `auto`: when `risky` does, but the guard makes it, right before the run. */
  readonly required: "always" | "risky" | "deletes" | "never" | "auto";
  /** Milliseconds. */
  readonly freshFor: number;
  /** When a dry run counts only in the login session that made it. */
  readonly session: "tty" | "always" | "never";
  /** Whether what another host would do is planned: where it can be had, always (else the run is refused), or never. */
  readonly remotePlan: "try" | "require" | "never";
}

/** What a plan may delete. */
export interface Limits {
  /** So many entries, or so many of a hundred of those that are now in the target. */
  readonly maxDelete: { readonly entries: number } | { readonly percent: number };
  /** What a plan may never delete or replace; `matches` takes a path that is relative to the target. */
  readonly keep: readonly { readonly pattern: string; readonly matches: (path: string) => boolean }[];
}

export interface Settings {
  readonly mode: "enforce" | "observe";
  /** Codes that don't refuse. */
  readonly allow: readonly Code[];
  readonly dryRun: DryRun;
  readonly limits: Limits;
}

/** Settings for one place: what is given wins over the rest. */
export interface Overlay {
  readonly mode?: Settings["mode"] | undefined;
  readonly allow?: readonly Code[] | undefined;
  readonly dryRun?: { readonly [K in keyof DryRun]?: DryRun[K] | undefined } | undefined;
  readonly limits?: { readonly [K in keyof Limits]?: Limits[K] | undefined } | undefined;
}

export interface Destination extends Overlay {
  /** The pattern as written. */
  readonly path: string;
  readonly matches: (path: string) => boolean;
  /** Matches the directory that holds the places that `matches` matches. */
  readonly matchesParent: (path: string) => boolean;
  readonly name: RegExp | null;
}

export interface Config {
  /** Directories; with a trailing `/**` everything below too. The built-in ones are not among them. */
  readonly protect: readonly Bytes[];
  readonly settings: Settings;
  readonly destinations: readonly Destination[];
  readonly receiver: Overlay;
  /** The journal is copied to syslog. */
  readonly syslog: boolean;
}

export const builtInConfig: Config = {
  protect: [],
  settings: {
    mode: "enforce",
    allow: [],
    dryRun: { required: "risky", freshFor: 15 * 60_000, session: "tty", remotePlan: "try" },
    limits: { maxDelete: { percent: 50 }, keep: [] },
  },
  destinations: [],
  // the pusher's own guard has asked for a dry run of what only overwrites; many pushers have none
  receiver: { dryRun: { required: "deletes" } },
  syslog: false,
};

export function overlaid(settings: Settings, overlay: Overlay): Settings {
  const { required, freshFor, session, remotePlan } = overlay.dryRun ?? {};
  return {
    mode: overlay.mode ?? settings.mode,
    allow: [...settings.allow, ...(overlay.allow ?? [])],
    dryRun: {
      required: required ?? settings.dryRun.required,
      freshFor: freshFor ?? settings.dryRun.freshFor,
      session: session ?? settings.dryRun.session,
      remotePlan: remotePlan ?? settings.dryRun.remotePlan,
    },
    limits: {
      maxDelete: overlay.limits?.maxDelete ?? settings.limits.maxDelete,
      keep: [...settings.limits.keep, ...(overlay.limits?.keep ?? [])],
    },
  };
}

/** The settings of one run: those of the first destination that all its targets lie in, on top of the general ones. */
export function settingsFor(config: Config, targets: readonly Target[], server: boolean): Settings {
  const general = server ? overlaid(config.settings, config.receiver) : config.settings;
  const places = targets.filter(({ role }) => role !== "option");
  const destination = config.destinations.find(
    ({ matches }) => places.length > 0 && places.every(({ path }) => [...selfAndAncestors(textOf(path))].some(matches)),
  );
  return destination ? overlaid(general, destination) : general;
}
