/** What of the journals could not be read, and the words for it. */
import type { FileProblem } from "../judge/refusal.ts";
import { plural } from "../words/message.ts";
import { fileProblemText } from "../words/reasons.ts";

/** Why a journal was left out. */
export type LeftOut = FileProblem | { readonly problem: "unreadable"; readonly path: string; readonly error: string };

export interface Unread {
  readonly leftOut: readonly LeftOut[];
  /** Lines that are no whole entry. */
  readonly skipped: number;
}

export const unreadLines = ({ leftOut, skipped }: Unread): readonly string[] => [
  ...leftOut.map((problem) => `left out: ${leftOutText(problem)}`),
  ...(skipped > 0 ? [`${plural(skipped, "line")} of the journal can't be read`] : []),
];

const leftOutText = (left: LeftOut): string =>
  left.problem === "unreadable" ? `${left.path} can't be read (${left.error})` : fileProblemText(left);
