/** Merges what the configuration files say, by the table of keys. Loaded only where there is a file. */
import { type Key, keys, type Values } from "./keys.ts";
import { type ConfigFile, type ConfigProblem, parseFile, type Said } from "./parse-file.ts";
import { added, builtInConfig, type Config, eachKey, type Overlay } from "./settings.ts";

/** The configuration of these files, the later ones on top. */
export function configOf(files: readonly ConfigFile[]): Config | { readonly broken: ConfigProblem } {
  let config = builtInConfig;
  for (const file of files) {
    const said = parseFile(file);
    if ("broken" in said) return said;
    config = withFile(config, config.locked && file.isUsers ? { protect: said.protect } : said);
  }
  return config;
}

function withFile(config: Config, said: Said): Config {
  const destinations = (said.destination ?? []).map(({ path, ...own }) => ({
    ...own,
    ...eachKey<Values<typeof keys.destination>>(keys.destination, [own], ({ builtIn }, [value]) => value ?? builtIn),
    ...path,
  }));
  return {
    ...eachKey<Config>(keys.file, [config, said], laterValue),
    settings: eachKey(keys.settings, [config.settings, said], laterValue),
    destinations: [...destinations, ...config.destinations],
    receiver: {
      ...eachKey<Overlay>(keys.settings, [config.receiver, said.receiver, said], (key, [before, own, general]) =>
        // what a file says of all runs counts for receivers too, and ends the exception for them
        laterValue(key, [key.forReceivers && general !== undefined ? undefined : before, own]),
      ),
      ...eachKey<Values<typeof keys.receiver>>(keys.receiver, [config.receiver, said.receiver], laterValue),
    },
  };
}

const laterValue = ({ addsUp }: Key, [before, own]: readonly unknown[]): unknown =>
  own === undefined ? before : addsUp ? added(before, own) : own;
