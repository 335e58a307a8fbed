/** `rsync-guard approvals`: lists, shows and revokes the records of dry runs. */

import { durationText } from "../core/duration.ts";
import { idOf } from "../core/history/journal.ts";
import type { Approval } from "../core/judge/approval.ts";
import { asciiJson, showText } from "../core/quoting.ts";
import { linesText } from "../core/words/lines.ts";
import { planText } from "../core/words/message.ts";
import type { Environment } from "../io/host/environment.ts";
import { approvalsNamed, recentApprovals, revokeApprovals } from "../io/store/approvals.ts";
import { approvalsDirectory } from "../io/store/paths.ts";
import { FileError } from "../io/store/private-file.ts";
import { type Command, type Output, problem, usage } from "./command.ts";
import { ownShim } from "./program.ts";

export const approvals: Command = {
  usage: ["[--json]", "show ID [--json]", "revoke ID", "revoke --all", "import FILE"],
  does: "list, show and revoke records of dry runs; import a signed plan",
  flags: {
    json: { value: null, does: "print the records as JSON, one per line" },
    all: { value: null, does: "with revoke: all records" },
  },
  more: [
    "A record says that a dry run of exactly this command succeeded: when, in which login session, and what the live run would do. It counts for as long as dry_run.fresh_for says. Each record is a text file in ~/.local/state/rsync-guard/approvals. The newest 200 are listed.",
    "import makes a plan that plan -o wrote on another machine stand for a dry run here, if enough people have signed it (approvals.signers, approvals.signatures), it is fresh, and the command is the same in this directory. The live run is planned anew, and may delete, overwrite and replace nothing that the imported plan does not name. docs/plans.md says more.",
  ],
  completes: (env) => [
    ...["show", "revoke", "import"],
    ...recentApprovals(approvalsDirectory(env)).map(({ fingerprint }) => idOf(fingerprint)),
  ],
  run: async ({ words, flags, env }) => {
    const directory = approvalsDirectory(env);
    const [action, id = ""] = words;
    if (action === undefined) return list(recentApprovals(directory), flags["json"] === true);
    if (action === "import")
      return id === "" || words.length !== 2 ? usage("approvals import: which file? Give one plan") : bring(id, env);
    if (action !== "show" && action !== "revoke")
      return usage(`approvals: ${action} is not understood: use show, revoke or import`);
    if (action === "revoke" && flags["all"] && words.length === 1) return revoke(directory, "");
    if (words.length !== 2 || !/^[0-9a-f]{4,64}$/.test(id))
      return usage(`approvals ${action}: which one? Give its ID, from rsync-guard approvals`);
    return action === "revoke" ? revoke(directory, id) : show(directory, id, flags["json"] === true);
  },
};

function list(records: readonly Approval[], json: boolean): Output {
  if (json) return { text: linesText(records.map((record) => asciiJson(record))), exitCode: 0 };
  return { text: linesText(records.length > 0 ? records.flatMap(recordLines) : ["none"]), exitCode: 0 };
}

const recordLines = ({ fingerprint, at, command, plan, session, imported }: Approval): readonly string[] => [
  `${idOf(fingerprint)}  ${durationText(Date.now() - at)} ago, ${session?.terminal ? "at a terminal" : "without a terminal"}`,
  `  ${showText(command)}`,
  ...(imported
    ? [`  imported: made by ${showText(imported.by)}, signed by ${showText(imported.signers.join(", ")) || "nobody"}`]
    : []),
  `  ${plan ? `would ${planText(plan)}` : "no plan could be made of the live run"}`,
];

function show(directory: string, id: string, json: boolean): Output {
  const [record] = approvalsNamed(directory, id);
  if (!record) return noSuchRecord(id);
  if (json) return { text: `${asciiJson(record, 1)}\n`, exitCode: 0 };
  // a field that is empty says nothing
  const fields = Object.entries(record.fields).filter(([name, value]) => value !== "" && name !== "schema");
  const width = Math.max(...fields.map(([name]) => name.length));
  const told = fields.map(([name, value]) => `    ${name.padEnd(width)}  ${showText(value)}`);
  const lines = [...recordLines(record), "  it counts for a run with the same:", ...told];
  return { text: linesText(lines), exitCode: 0 };
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

/** Imports a plan. */
async function bring(path: string, env: Environment): Promise<Output> {
  const [{ importPlan, ImportError }, { PlanFileError }, { importProblemText, madeText }] = await Promise.all([
    import("../io/import-plan.ts"),
    import("../core/plan/read-document.ts"),
    import("../core/words/imports.ts"),
  ]);
  try {
    const { header, signers, commands, freshFor } = await importPlan(path, env, ownShim(), importProblemText);
    const lines = [
      `imported ${path}: ${madeText(header, Date.now())}; signed by ${showText(signers.join(", ")) || "nobody"}`,
      ...commands.map((operands) => `  counts as a dry run to ${showText(operands.at(-1) ?? "")}`),
      `  for ${durationText(freshFor)}`,
    ];
    return { text: linesText(lines), exitCode: 0 };
  } catch (error) {
    if (error instanceof PlanFileError) return problem(`${path} is not imported: not a whole plan: ${error.message}`);
    const isExpected = error instanceof ImportError || error instanceof FileError;
    if (!isExpected && !(error as NodeJS.ErrnoException).code) throw error;
    return problem(`${path} is not imported: ${(error as Error).message}`);
  }
}

const noSuchRecord = (id: string): Output => problem(`no record has the ID ${id}`);
