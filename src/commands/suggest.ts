/** `rsync-guard suggest`: from watching to a configuration. Writes nothing. */
import { suggestText } from "../core/history/suggest.ts";
import type { Command } from "./command.ts";
import { isOutput, localTime, readEntries, sinceFlag, withNotes } from "./entries.ts";

export const suggest: Command = {
  usage: ["[--since TIME]"],
  does: "propose configuration for the ordinary runs that would be refused, as seen in mode observe",
  flags: { since: sinceFlag },
  more: [
    'Prints TOML, with the evidence in comments; writes nothing. Runs without a terminal that lack a dry run get dry_run.required = "auto" for their place, plans that delete much get a limit of their own, and a sign that the very same command shows again and again is allowed there.',
    "It never loosens the protection of directories, and nothing about a place to which a run went that looks like the accident: it names these in a comment.",
  ],
  run: async (given) => {
    const read = readEntries(given);
    if (isOutput(read)) return read;
    return withNotes(suggestText([...read.entries], { since: read.since, clock: localTime }), read.notes(), "# ");
  },
};
