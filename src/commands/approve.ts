/** `rsync-guard approve`: signs a plan with the person's ssh key. */
import { isPortable } from "../core/plan/document.ts";
import { PlanFileError } from "../core/plan/read-document.ts";
import { madeText } from "../core/words/imports.ts";
import { linesText } from "../core/words/lines.ts";
import { headLines } from "../core/words/plan-rows.ts";
import { openPlanFile } from "../io/plan-file.ts";
import { agentKey, sign, signWith } from "../io/signatures.ts";
import { type Command, type Output, problem, unexpectedArgument, usage } from "./command.ts";

export const approve: Command = {
  usage: ["[--key FILE] FILE"],
  does: "sign a plan that plan -o wrote, with your ssh key",
  flags: {
    key: { value: "FILE", does: "the private key, or a public one whose other half the ssh agent has" },
  },
  more: [
    "Read the plan first: rsync-guard plan show FILE. The signature is made by ssh-keygen -Y sign -n rsync-guard and added to FILE.sig; several people can sign, each with a key of their own. Without --key the agent's key is used, if it has just one. Keys on a token ask for a touch as ever.",
    "Where the plan is imported, approvals.signers in the configuration says whose signatures count.",
  ],
  run: async ({ words: [path, other], flags }) => {
    if (path === undefined) return usage("approve which plan? Give the file that rsync-guard plan -o has written");
    if (other !== undefined) return unexpectedArgument(other);
    return approvePlan(path, typeof flags["key"] === "string" ? flags["key"] : null);
  },
};

function approvePlan(path: string, key: string | null): Output {
  let file: ReturnType<typeof openPlanFile> | null = null;
  try {
    file = openPlanFile(path);
    const { header, entries } = file.read();
    if (!isPortable(header)) throw new PlanFileError("it was not made with plan -o");
    // to its end, since half a plan is none
    for (const _ of entries);
    const agents = key === null ? agentKey() : null;
    if (agents && "problem" in agents) return problem(agents.problem);
    const failed = agents ? signWith(path, file.fd, agents.key) : sign(path, file.fd, key ?? "");
    if (failed) return problem(`${path} was not signed: ${failed.problem}`);
    return {
      text: linesText([...headLines(header).slice(0, -1), `  ${madeText(header, Date.now())}`, `signed: ${path}.sig`]),
      exitCode: 0,
    };
  } catch (error) {
    if (error instanceof PlanFileError) return problem(`${path} is not a whole plan: ${error.message}`);
    if ((error as NodeJS.ErrnoException).code) return problem(`${path}: ${(error as Error).message}`);
    throw error;
  } finally {
    file?.close();
  }
}
