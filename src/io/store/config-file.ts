/** Reads the configuration files. Loaded only where there is one: two thirds of the code are for TOML. */
import { dirname } from "node:path";
import { configOf } from "../../core/configuration/configuration.ts";
import type { ConfigFile, ConfigProblem } from "../../core/configuration/parse-file.ts";
import type { Config } from "../../core/configuration/settings.ts";
import type { ConfigPath } from "./paths.ts";
import { checkSystemDirectory, FileError, readPrivateFile } from "./private-file.ts";

/** A configuration that can't be used: where it is wrong, and how. */
export class ConfigError extends Error {}

/** The configuration of these files, the later ones on top. One that doesn't exist says nothing. */
export function readConfig(files: readonly ConfigPath[]): Config {
  const config = configOf(readConfigFiles(files));
  if ("broken" in config) throw new ConfigError(configProblemText(config.broken));
  return config;
}

export const configProblemText = ({ file, line, key, problem }: ConfigProblem): string =>
  `${file}:${line}: ${key === null ? "" : `${key}: `}${problem}`;

/** The texts of these files. Throws ConfigError. */
export const readConfigFiles = (files: readonly ConfigPath[]): readonly ConfigFile[] =>
  files.map((file) => ({ name: file.name, text: configText(file), isUsers: file.whose === "user's" }));

/** Nobody writes so much by hand. */
const largest = 1024 * 1024;

/** A file's text; nothing where it doesn't exist. Throws ConfigError. */
export function configText({ name: file, whose }: ConfigPath): string {
  try {
    // who may write there may also take a piece away
    if (whose === "system's piece") checkSystemDirectory(dirname(file));
    return readPrivateFile(file, largest, whose !== "user's");
  } catch (error) {
    if (error instanceof FileError) throw new ConfigError(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    // a piece was just listed
    if (whose !== "system's piece" && (code === "ENOENT" || code === "ENOTDIR")) return "";
    throw new ConfigError(`${file}: can't be read (${code ?? message})`);
  }
}
