/** `rsync-guard approvals`: lists, shows and revokes the records of dry runs. */

import { bytesOf } from "../core/bytes.ts";
import { durationText } from "../core/duration.ts";
import { idOf } from "../core/history/journal.ts";
import { shown } from "../core/quoting.ts";
import { planText } from "../core/words/message.ts";
import { approvalsNamed, recentApprovals, revokeApprovals, StateError } from "../io/store/approvals.ts";
import { approvalsDirectory } from "../io/store/paths.ts";
import { type Command, type Output, problem, usage } from "./command.ts";

export const approvals: Command = {
  usage: ["[--json]", "show ID", "revoke ID", "revoke --all"],
  does: "list, show and revoke the records of dry runs",
  flags: {
    json: { value: null, does: "print the records as JSON lines" },
    all: { value: null, does: "revoke: all of them" },
  },
  more: [
    "A record says that a dry run of exactly that run succeeded, when, in which login session, and what the live run would do. How long it counts is said by dry_run.fresh_for. They are files in the state directory, readable as text, one a dry run. The newest 200 are listed.",
  ],
  run: async ({ words, flags, env }) => {
    const directory = approvalsDirectory(env);
    const [what, id = ""] = words;
    if (what === undefined) return listed(recentApprovals(directory), flags["json"] === true);
    if (what !== "show" && what !== "revoke") return usage(`approvals: ${what} is not understood: show or revoke`);
    if (what === "revoke" && flags["all"] && words.length === 1) return revoked(directory, "");
    if (words.length !== 2 || !/^[0-9a-f]{4,64}$/.test(id))
      return usage(`approvals ${what}: which one? its ID, as rsync-guard approvals shows it`);
    if (what === "revoke") return revoked(directory, id);
    const [found] = approvalsNamed(directory, id);
    return found ? { text: `${JSON.stringify(found, null, 1)}\n`, exitCode: 0 } : missing(id);
  },
};

function revoked(directory: string, id: string): Output {
  try {
    const count = revokeApprovals(directory, id);
    return count === 0 && id !== "" ? missing(id) : { text: `revoked: ${count}\n`, exitCode: 0 };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return problem(error.message);
  }
}

const missing = (id: string): Output => problem(`no record has the ID ${id}`);

function listed(records: ReturnType<typeof recentApprovals>, json: boolean): Output {
  if (json) return { text: records.map((record) => `${JSON.stringify(record)}\n`).join(""), exitCode: 0 };
  const lines = records.map(({ fingerprint, at, command, plan, session }) => {
    const where = session?.terminal ? "at a terminal" : "without a terminal";
    return `${idOf(fingerprint)}  ${durationText(Date.now() - at)} ago, ${where}\n  ${shown(bytesOf(command))}\n  would ${
      plan ? planText(plan) : "do what could not be planned"
    }\n`;
  });
  return { text: lines.join("") || "none\n", exitCode: 0 };
}
