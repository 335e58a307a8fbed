/** `rsync-guard suggest`: from mode observe to a configuration. Writes nothing. */
import { suggestText } from "../core/history/suggest.ts";
import type { Command } from "./command.ts";
import { isOutput, localTime, readEntries, sinceFlag, withUnread } from "./entries.ts";

export const suggest: Command = {
  usage: ["[--since TIME]"],
  does: "propose configuration for what passed only in mode observe",
  flags: { since: sinceFlag },
  more: [
    'Prints TOML, with the evidence in comments, and writes no file. Runs without a terminal that lack a dry run get dry_run.required = "auto" for their place; runs whose plans delete much get a limit of their own; and a code that the very same command would be refused for each time is allowed there.',
    "It never loosens the protection of directories, nor anything for a place to which a run may have gone because a variable was lost: a comment says which places and why.",
  ],
  run: async (given) => {
    const read = readEntries(given);
    if (isOutput(read)) return read;
    return withUnread(suggestText([...read.entries], { since: read.since, clock: localTime }), read.unread(), "# ");
  },
};
