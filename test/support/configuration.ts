/** A configuration of text, as the system's file and the user's. */
import { configOf } from "../../src/core/configuration/configuration.ts";
import type { Config } from "../../src/core/configuration/settings.ts";

/** Null where there is no such file. */
export function configFrom(system: string | null, user: string | null = null): Config {
  const config = configOf([
    ...(system === null ? [] : [{ name: "SYSTEM", text: system, isUsers: false }]),
    ...(user === null ? [] : [{ name: "USER", text: user, isUsers: true }]),
  ]);
  if (!("broken" in config)) return config;
  const { file, line, key, problem } = config.broken;
  throw new Error(`${file}:${line}: ${key}: ${problem}`);
}
