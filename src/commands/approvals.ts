/** `rsync-guard approvals`: lists, shows and revokes the records of dry runs. */

import { durationText } from "../core/duration.ts";
import { idOf } from "../core/history/journal.ts";
import type { Approval } from "../core/judge/approval.ts";
import { asciiJson, showText } from "../core/quoting.ts";
import { linesText } from "../core/words/lines.ts";
import { planText } from "../core/words/message.ts";
import { approvalsNamed, recentApprovals, revokeApprovals } from "../io/store/approvals.ts";
import { approvalsDirectory } from "../io/store/paths.ts";
import { FileError } from "../io/store/private-file.ts";
import { type Command, type Output, problem, usage } from "./command.ts";

export const approvals: Command = {
  usage: ["[--json]", "show ID", "revoke ID", "revoke --all"],
  does: "list, show and revoke the records of dry runs",
  flags: {
    json: { value: null, does: "print the records as JSON, one per line" },
    all: { value: null, does: "with revoke: all records" },
  },
  more: [
    "A record says that a dry run of exactly this command succeeded: when, in which login session, and what the live run would do. It counts for as long as dry_run.fresh_for says. Each record is a text file in ~/.local/state/rsync-guard/approvals. The newest 200 are listed.",
  ],
  run: async ({ words, flags, env }) => {
    const directory = approvalsDirectory(env);
    const [action, id = ""] = words;
    if (action === undefined) return list(recentApprovals(directory), flags["json"] === true);
    if (action !== "show" && action !== "revoke")
      return usage(`approvals: ${action} is not understood: use show or revoke`);
    if (action === "revoke" && flags["all"] && words.length === 1) return revoke(directory, "");
    if (words.length !== 2 || !/^[0-9a-f]{4,64}$/.test(id))
      return usage(`approvals ${action}: which one? Give its ID, from rsync-guard approvals`);
    return action === "revoke" ? revoke(directory, id) : show(directory, id);
  },
};

function list(records: readonly Approval[], json: boolean): Output {
  if (json) return { text: linesText(records.map((record) => asciiJson(record))), exitCode: 0 };
  return { text: linesText(records.length > 0 ? records.flatMap(recordLines) : ["none"]), exitCode: 0 };
}

const recordLines = ({ fingerprint, at, command, plan, session }: Approval): readonly string[] => [
  `${idOf(fingerprint)}  ${durationText(Date.now() - at)} ago, ${session?.terminal ? "at a terminal" : "without a terminal"}`,
  `  ${showText(command)}`,
  `  ${plan ? `would ${planText(plan)}` : "no plan could be made of the live run"}`,
];

function show(directory: string, id: string): Output {
  const [record] = approvalsNamed(directory, id);
  return record ? { text: `${asciiJson(record, 1)}\n`, exitCode: 0 } : noSuchRecord(id);
}

function revoke(directory: string, id: string): Output {
  try {
    const count = revokeApprovals(directory, id);
    return count === 0 && id !== "" ? noSuchRecord(id) : { text: `revoked: ${count}\n`, exitCode: 0 };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return problem(error.message);
  }
}

const noSuchRecord = (id: string): Output => problem(`no record has the ID ${id}`);
