/** `rsync-guard suggest`: from mode observe to a configuration. Writes nothing, unless it is told to. */
import { configOf } from "../core/configuration/configuration.ts";
import type { Config } from "../core/configuration/settings.ts";
import { type Block, type Suggestion, suggestionOf, suggestionText } from "../core/history/suggest.ts";
import { suggestedBlocks, withSuggested } from "../core/history/suggested-part.ts";
import { selfAndAncestors } from "../core/paths.ts";
import { linesText } from "../core/words/lines.ts";
import type { Environment } from "../io/host/environment.ts";
import { ConfigError, configText, readConfig } from "../io/store/config-file.ts";
import { pieceOf, writePiece, writeUsersConfig } from "../io/store/config-piece.ts";
import { type ConfigPath, configFiles, usersConfig } from "../io/store/paths.ts";
import { FileError } from "../io/store/private-file.ts";
import { type Command, type Output, problem } from "./command.ts";
import { isOutput, localTime, readEntries, sinceFlag, withUnread } from "./entries.ts";

export const suggest: Command = {
  usage: ["[--since TIME] [--write]"],
  does: "propose configuration for what passed only in mode observe",
  flags: {
    since: sinceFlag,
    write: { value: null, does: "write it: as root into /etc/rsync-guard.d, else into the user's file" },
  },
  more: [
    'Prints TOML, with the evidence in comments and what is still refused beside each key; without --write it writes no file. Runs without a terminal that lack a dry run get dry_run.required = "auto" for their place, and allow = ["no-dry-run"] where a list comes on standard input; runs whose plans delete much get a limit of their own; and a code that the very same command would be refused for each time is allowed there. What one program does at a place is let go as a whole, or not at all.',
    "It never loosens the protection of directories, nor anything for a place to which a run may have gone because a variable was lost: a comment says which places and why.",
    "--write replaces what it has written before, and keeps everything else in the file. A place for which a person has written a [[destination]] is left to that person.",
  ],
  run: async (given) => {
    const read = readEntries(given);
    if (isOutput(read)) return read;
    const suggestion = suggestionOf([...read.entries], { since: read.since, clock: localTime });
    const text = given.flags["write"] ? write(suggestion, given.env) : suggestionText(suggestion);
    return typeof text === "string" ? withUnread(text, read.unread(), "# ") : text;
  },
};

/** Writes what is suggested, and says what was written. */
function write({ head, blocks, tail }: Suggestion, env: Environment): string | Output {
  const isRoot = process.geteuid?.() === 0;
  const file: ConfigPath = isRoot
    ? { name: pieceOf("suggested"), whose: "system's" }
    : { name: usersConfig(env), whose: "user's" };
  try {
    const config = readConfig(configFiles(env));
    if (config.locked && !isRoot) return problem("a system's file says locked = true: nothing was written");
    const before = configText(file);
    const own = new Set(suggestedBlocks(before).map(({ path }) => path));
    const others = config.destinations.filter(({ path }) => !own.has(path));
    const free = blocks.filter(({ path }) => !isTaken(path, others));
    const taken = blocks.filter((block) => !free.includes(block));
    const after = withSuggested(before, free);
    if (free.length > 0 && after !== before) {
      if (!isOnlyAdded(file.name, before, after))
        return problem(`${file.name} can't be added to: copy what rsync-guard suggest prints`);
      (isRoot ? writePiece : writeUsersConfig)(file.name, after);
    }
    const outcome =
      free.length === 0 ? "nothing was written" : `${after === before ? "unchanged" : "written"}  ${file.name}`;
    return linesText([
      ...head,
      `# ${outcome}`,
      ...linesOf(free),
      ...(taken.length > 0
        ? ["", "# not written, since there is a [[destination]] for the place: add the keys to that one"]
        : []),
      ...linesOf(taken),
      ...tail,
    ]);
  } catch (error) {
    if (error instanceof ConfigError || error instanceof FileError) return problem(error.message);
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return problem(`${file.name} can't be written (${code})`);
  }
}

const linesOf = (blocks: readonly Block[]): readonly string[] => blocks.flatMap(({ lines }) => ["", ...lines]);

/** Whether somebody else has said something about the places of a pattern. */
const isTaken = (path: string, destinations: Config["destinations"]): boolean => {
  const place = path.replaceAll("*", "x").replaceAll("\\", "");
  return destinations.some((one) => one.path === path || [...selfAndAncestors(place)].some(one.matches));
};

/** Whether a file says what it said, and more destinations. */
function isOnlyAdded(name: string, before: string, after: string): boolean {
  const [old, now] = [before, after].map((text) => configOf([{ name, text, isUsers: false }]));
  if (!old || !now || "broken" in old || "broken" in now) return false;
  const rest = ({ destinations: _, ...others }: Config) => JSON.stringify(others);
  const count = ({ destinations }: Config) => destinations.length;
  const added = count(now) - count(old) === suggestedBlocks(after).length - suggestedBlocks(before).length;
  return added && rest(old) === rest(now);
}
