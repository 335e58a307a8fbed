/** What `rsync-guard doctor` looks at. A check finds out a fact; the words for it are in core/words/findings.ts. */
import type { Checks } from "./checks/asking.ts";
import { callerChecks } from "./checks/callers.ts";
import { fileChecks } from "./checks/files.ts";
import { programChecks } from "./checks/programs.ts";
import { scriptChecks } from "./checks/scripts.ts";

/** In the order in which they are shown. */
export const checks: Checks = { ...programChecks, ...callerChecks, ...scriptChecks, ...fileChecks };
