/** Entries of a journal, made from a command line and what is special about them. */
import type { Entry } from "../../src/core/history/journal.ts";
import type { Plan } from "../../src/core/plan/plan.ts";
import { emptyPlan, none } from "../cases/plans.ts";
import { type Line, wordsOf } from "../cases/words.ts";

export const planOf = (given: Partial<Plan> = {}): Plan => ({ ...emptyPlan, ...given });

/** A plan that deletes so many files of those that are there. */
export const deleting = (files: number, present = 100): Plan =>
  planOf({
    deleted: { ...none, files },
    kept: present - files,
    present,
    topLevel: { first: [["old", files]], others: 0 },
  });

/** The target is the last word, cleaned, if nothing else is said. */
export function entryOf(time: string, line: Line, given: Partial<Entry> = {}): Entry {
  const argv = wordsOf(line);
  const target = (argv.at(-1) ?? "").replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");
  const dryRun = argv.some((word) => /^-\w*n/.test(word));
  return {
    time: `2026-07-01T${time}.000Z`,
    host: "web1",
    user: "deploy",
    sudoUser: null,
    ssh: null,
    terminal: true,
    cwd: "/home/deploy",
    argv,
    kind: dryRun ? "dry-run" : "live",
    targets: [target],
    verdict: dryRun ? "recorded" : "run",
    codes: [],
    fingerprint: null,
    approvedAt: null,
    plan: null,
    risk: null,
    undo: null,
    callers: [{ name: "bash", command: "-bash" }],
    took: 50,
    ...given,
  };
}

/** As the journal shows times, in UTC. */
export const clock = (at: number): string => new Date(at).toISOString().slice(0, 19).replace("T", " ");
