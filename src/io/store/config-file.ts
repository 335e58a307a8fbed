/** Reads the configuration files. Loaded only where there is one: two thirds of the code are for TOML. */
import { configOf } from "../../core/configuration/configuration.ts";
import type { Config } from "../../core/configuration/settings.ts";
import { FileError, readPrivateFile } from "./private-file.ts";

/** A configuration that can't be used: where it is wrong, and how. */
export class ConfigError extends Error {}

/** The configuration of these files: the system's, and then the user's. One that doesn't exist says nothing. */
export function readConfig(files: readonly string[]): Config {
  const config = configOf(files.map((name, at) => ({ name, text: textOf(name, at === 0), isUsers: at > 0 })));
  if (!("broken" in config)) return config;
  const { file, line, key, problem } = config.broken;
  throw new ConfigError(`${file}:${line}: ${key === null ? "" : `${key}: `}${problem}`);
}

/** Nobody writes so much by hand. */
const largest = 1024 * 1024;

function textOf(file: string, isSystems: boolean): string {
  try {
    return readPrivateFile(file, largest, isSystems);
  } catch (error) {
    if (error instanceof FileError) throw new ConfigError(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw new ConfigError(`${file}: can't be read (${code ?? message})`);
  }
}
