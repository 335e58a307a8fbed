/** Reads the configuration files. Loaded only where there is one: two thirds of the code are for TOML. */
import { readFileSync, statSync } from "node:fs";
import { configOf } from "../../core/configuration/configuration.ts";
import type { Config } from "../../core/configuration/settings.ts";

/** A configuration that can't be used: where it is wrong, and how. */
export class ConfigError extends Error {}

/** The configuration of these files: the system's, and then the user's. One that doesn't exist says nothing. */
export function readConfig(files: readonly string[]): Config {
  const config = configOf(files.map((name, at) => ({ name, text: textOf(name), isUsers: at > 0 })));
  if (!("broken" in config)) return config;
  const { file, line, key, problem } = config.broken;
  throw new ConfigError(`${file}:${line}: ${key === null ? "" : `${key}: `}${problem}`);
}

/** Only what nobody else can have written counts. */
function textOf(file: string): string {
  try {
    const stats = statSync(file);
    if (stats.mode & 0o022)
      throw new ConfigError(
        `${file}: others may write it (mode ${(stats.mode & 0o777).toString(8)}): chmod go-w ${file}`,
      );
    if (stats.uid !== 0 && stats.uid !== process.geteuid?.())
      throw new ConfigError(`${file}: belongs to another user (uid ${stats.uid})`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw new ConfigError(`${file}: can't be read (${code ?? message})`);
  }
}
