/**
 * At a terminal: a live run that lacks only its dry run can have it now. The person sees what rsync would do, and types
 * the destination's last component.
 */
import { posix } from "node:path";
import { type Bytes, bytesOf } from "../core/bytes.ts";
import { type Decision, withPlan } from "../core/judge/decision.ts";
import { locationOf } from "../core/place/target.ts";
import { type PlanResult, totalOf } from "../core/plan/plan.ts";
import { showText, showWord } from "../core/quoting.ts";
import { isColoured, showLines } from "./host/pager.ts";
import { atTerminal, isAnswered } from "./host/terminal.ts";
import { makePlan } from "./planner.ts";

/** What became of the offer: null where it was declined, else the decision with the plan that was shown. */
export const offerDryRun = (decision: Decision): Promise<Decision | null> =>
  atTerminal(async (terminal) => {
    const declined = () => {
      terminal.tell(nothingRan);
      return null;
    };
    const isTyped = (question: string, word: Bytes | null): boolean =>
      word !== null && isAnswered(terminal, question, (typed) => bytesOf(typed).trimEnd() === word.trimEnd());
    if (!isAnswered(terminal, "  make that dry run now, and see it? [y/N] ", isYes, isNo)) return declined();
    const at = Date.now();
    const shown = await showPlan(decision, terminal.fd);
    const judged = withPlan(decision, shown);
    if (!shown.plan || judged.verdict === "refuse") return judged;
    const { planText } = await import("../core/words/message.ts");
    terminal.tell(`rsync-guard: the run would ${planText(shown.plan)}\n`);
    const [whole] = shown.plan.directories;
    const question = whole && `  to let all of it go, type the name of ${showText(whole.path)}/: `;
    if (question && !isTyped(question, bytesOf(posix.basename(whole.path)))) return declined();
    const last = `  to run it, type the last component of ${destinationText(decision)}: `;
    if (!isTyped(last, lastComponent(decision))) return declined();
    // reading takes time, in which more may have come to be deleted
    return withPlan(
      decision,
      await makePlan(decision, {
        approved: { deletions: shown.deletions, overwritten: null, changed: totalOf(shown.plan.changed), at },
      }),
    );
  });

/** A run that puts older files in the place of newer ones, if it is meant so; null where it is not. */
export const confirmRollback = (decision: Decision): Promise<Decision | null> =>
  atTerminal((terminal) => {
    if (isAnswered(terminal, "  if this is a rollback, type older to run it: ", (typed) => /^older\s*$/i.test(typed)))
      return { ...decision, refusals: [], verdict: "run" } satisfies Decision;
    terminal.tell(nothingRan);
    return null;
  });

const nothingRan = "rsync-guard: nothing ran\n";

const isYes = (typed: string): boolean => /^y(es)?\s*$/i.test(typed);
const isNo = (typed: string): boolean => /^no?\s*$/i.test(typed);

/** Makes the plan, and shows what would be deleted, changed and added. */
async function showPlan(decision: Decision, terminal: number): Promise<PlanResult> {
  const [{ EntryList }, { rowsOf }, { treeLines }] = await Promise.all([
    import("./entry-list.ts"),
    import("../core/plan/tree.ts"),
    import("../core/words/plan-rows.ts"),
  ]);
  const list = new EntryList();
  const made = await makePlan(decision, { take: (entry) => list.add(entry) });
  if (made.plan) showLines(terminal, treeLines(rowsOf(list.end()), isColoured(process.env)));
  list.close();
  return made;
}

const destinationText = ({ invocation }: Decision): string => showWord(invocation?.operands.at(-1) ?? "");

/** As it was typed, or where that names nothing of its own (`.`), what it is. */
function lastComponent({ ends: { destination }, inputs }: Decision): Bytes | null {
  if (!destination || !inputs) return null;
  const typed = posix.basename(destination.path);
  const own = /^\.{0,2}$/.test(typed) ? posix.basename(locationOf(destination, inputs.facts).path) : typed;
  return own === "" ? null : own;
}
