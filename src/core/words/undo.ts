/** What is said of runs that can be undone, or can't. */
import type { UndoObstacle } from "../judge/refusal.ts";
import { undoObstacleText } from "./reasons.ts";

/** After what is said of a run that goes though it would be refused. */
export const undoByText = (id: string): string => `  to undo it: rsync-guard undo ${id}\n`;

export const notAloneText = (other: UndoObstacle): string =>
  `rsync-guard: ${undoObstacleText(other)}: of what both make and delete, not all can be brought back\n`;

export const notSetAsideText = (why: UndoObstacle): string =>
  `rsync-guard: this run can't be undone, since what it replaces can't be set aside: ${undoObstacleText(why)}\n`;
