/**
 * At a terminal: a live run that lacks only its dry run can have it now. The person sees what rsync would do, and types
 * the destination's last component.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { WriteStream } from "node:tty";
import { planText } from "../core/words/message.ts";
import type { WholePlan } from "../core/plan/plan.ts";
import { fromHere } from "../core/words/refusals.ts";
import { endsOf, spotOf } from "../core/place/target.ts";
import { type Bytes, bufferOf, bytesOf, shownWord } from "../core/bytes.ts";
import type { Decision } from "./decide.ts";
import { judgedAs, type Planned, planOf, type Unplanned } from "./planner.ts";
import { atTerminal } from "./host/terminal.ts";

/** Whether nothing is wrong with a run but that its dry run is missing, and the guard can make it. */
export const canOffer = ({ refusals, invocation, planning }: Decision): boolean =>
  invocation?.kind === "live" &&
  planning.obstacle === null &&
  refusals.every((one) => fromHere.has(one.code) && !("unseen" in one && one.unseen !== null));

/** What became of the offer: null where it was declined, else the decision with the plan that was shown. */
export const offered = (decision: Decision): Promise<Planned | null> =>
  atTerminal(async (terminal) => {
    if (!/^y(es)?$/i.test(terminal.ask("  make that dry run now, and see it? [y/N] "))) return null;
    const shown = await shownPlan(decision, terminal.fd);
    const judged = judgedAs(decision, shown);
    if ("unplanned" in shown || judged.verdict === "refuse") return judged;
    terminal.tell(`rsync-guard: the run would ${planText(shown.plan)}\n`);
    const typed = terminal.ask(`  to run it, type the last component of ${destinationText(decision)}: `);
    if (bytesOf(typed) !== lastComponent(decision)) {
      terminal.tell("rsync-guard: that is not it, nothing ran\n");
      return null;
    }
    // reading takes time, in which more may have come to be deleted
    return judgedAs(decision, await planOf(decision, shown.deletions));
  });

/** Makes the plan, and shows what rsync printed. */
async function shownPlan(decision: Decision, terminal: number): Promise<WholePlan | Unplanned> {
  const folder = mkdtempSync(join(tmpdir(), "rsync-guard-"));
  const list = openSync(join(folder, "list"), "w+", 0o600);
  // it has no name any more, so that nothing stays behind however this ends
  rmSync(folder, { recursive: true });
  const made = await planOf(decision, null, (piece) => writeSync(list, bufferOf(piece)));
  if (!("unplanned" in made)) show(terminal, `/proc/self/fd/${list}`);
  closeSync(list);
  return made;
}

const destinationText = ({ invocation }: Decision): string => shownWord(invocation?.operands.at(-1) ?? "");

/** As it was typed, or where that names nothing of its own (`.`), what it is. */
function lastComponent({ invocation, seen }: Decision): Bytes | null {
  const destination = invocation && endsOf(invocation).destination;
  if (!destination || !seen) return null;
  const typed = posix.basename(destination.path);
  const own = /^\.{0,2}$/.test(typed) ? posix.basename(spotOf(destination, seen.facts).path) : typed;
  return own === "" ? null : own;
}

/** Without its statistics; through the person's pager where it is longer than the screen. */
function show(terminal: number, list: string): void {
  truncateSync(list, readFileSync(list, "latin1").lastIndexOf("\nNumber of files:"));
  const text = readFileSync(list);
  const rows = new WriteStream(terminal).rows || 24;
  const isLong = text.toString("latin1").split("\n").length > rows;
  if (isLong) {
    const file = openSync(list, "r");
    const { status } = spawnSync("/bin/sh", ["-c", process.env["PAGER"] || "less"], {
      stdio: [file, terminal, terminal],
    });
    closeSync(file);
    if (status === 0) return;
  }
  writeSync(terminal, text);
}
