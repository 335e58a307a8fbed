/** `rsync-guard approvals`: lists, shows and revokes the records of dry runs. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { idOf } from "../core/journal.ts";
import { planText } from "../core/message.ts";
import { span } from "../core/refusals.ts";
import { bytesOf, shown } from "../core/text.ts";
import { recentApprovals } from "../io/approvals.ts";
import { approvalsDirectory } from "../io/look.ts";
import { type Command, type Output, usage } from "./command.ts";

export const approvals: Command = {
  usage: ["[--json]", "show ID", "revoke ID", "revoke --all"],
  does: "list, show and revoke the records of dry runs",
  flags: {
    json: { value: null, does: "print the records as JSON lines" },
    all: { value: null, does: "revoke: all of them" },
  },
  more: [
    "A record says that a dry run of exactly that run succeeded, when, in which login session, and what the live run would do. How long it counts is said by dry_run.fresh_for. They are files in the state directory, readable as text, one a dry run.",
  ],
  run: async ({ words, flags, env }) => {
    const directory = approvalsDirectory(env);
    const records = recentApprovals(directory);
    const [what, id = ""] = words;
    const found = records.filter(({ fingerprint }) => /^[0-9a-f]{4,64}$/.test(id) && fingerprint.startsWith(id));
    switch (what) {
      case undefined:
        return listed(records, flags["json"] === true);
      case "show":
        return found[0] ? { text: `${JSON.stringify(found[0], null, 1)}\n`, exitCode: 0 } : missing(id);
      case "revoke": {
        const revoked = flags["all"] ? records : found;
        if (revoked.length === 0 && !flags["all"]) return missing(id);
        for (const { fingerprint } of revoked) rmSync(join(directory, `${fingerprint}.json`), { force: true });
        return { text: `revoked: ${revoked.length}\n`, exitCode: 0 };
      }
      default:
        return usage(`approvals: ${what} is not understood: show or revoke`);
    }
  },
};

const missing = (id: string): Output => ({ text: `rsync-guard: no record has the ID ${id}\n`, exitCode: 1 });

function listed(records: ReturnType<typeof recentApprovals>, json: boolean): Output {
  if (json) return { text: records.map((record) => `${JSON.stringify(record)}\n`).join(""), exitCode: 0 };
  const lines = records.map(({ fingerprint, at, command, plan, session }) => {
    const where = session?.terminal ? "at a terminal" : "without a terminal";
    return `${idOf(fingerprint)}  ${span(Date.now() - at)} ago, ${where}\n  ${shown(bytesOf(command))}\n  would ${
      plan ? planText(plan) : "do what could not be planned"
    }\n`;
  });
  return { text: lines.join("") || "none\n", exitCode: 0 };
}
