/** The programs on this host that call rsync, and would be refused. */
import { existsSync } from "node:fs";
import { textOf } from "../../../core/bytes.ts";
import { builtInConfig, type Config } from "../../../core/configuration/settings.ts";
import type { CheckFacts } from "../../../core/setup/check.ts";
import { type Preset, placesOf, presets } from "../../../core/setup/presets.ts";
import type { Environment } from "../../host/environment.ts";
import { isShim } from "../../host/real-rsync.ts";
import { readLines } from "../../host/system-file.ts";
import { ConfigError, readConfig } from "../../store/config-file.ts";
import { isAdded } from "../../store/config-piece.ts";
import { configFiles } from "../../store/paths.ts";

export const isInstalled = ({ signs }: Preset): boolean => signs.some((path) => existsSync(path));

/** The places that its own configuration on this host names. */
export const placesHere = (preset: Preset): readonly string[] =>
  placesOf(preset, (file) => readLines(file).map(textOf).join("\n"));

/** Whether the configuration has a [[destination]] for each place that a client writes to. */
const isConfigured = (preset: Preset, { destinations }: Pick<Config, "destinations">): boolean => {
  const places = placesHere(preset).map((place) => `${place}${preset.below}`.replaceAll("*", "x"));
  return places.length > 0 && places.every((place) => destinations.some(({ matches }) => matches(place)));
};

/** The installed clients that would be refused; most of them call rsync by its path. */
export function clientsHere(env: Environment): CheckFacts["clients"] {
  if (!isShim("/usr/bin/rsync")) return { is: "not-diverted" };
  const config = configHere(env);
  if (config.settings.mode === "observe") return { is: "observed" };
  const refused = Object.entries(presets).filter(
    ([name, preset]) => isInstalled(preset) && !isAdded(name) && !isConfigured(preset, config),
  );
  return refused.length > 0 ? { is: "refused", names: refused.map(([name]) => name) } : { is: "none" };
}

/** What is in force; one that can't be read is another check's business. */
function configHere(env: Environment): Config {
  try {
    return readConfig(configFiles(env));
  } catch (error) {
    if (error instanceof ConfigError) return builtInConfig;
    throw error;
  }
}
