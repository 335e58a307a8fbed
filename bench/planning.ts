/**
 * A plan in a process of its own. plan.ts makes it, once for Node and once as an executable, and starts it: `run ARGS` plans that run, `stream FILE` reads what a
 * dry run would have printed. Prints milliseconds, and the MiB of memory that the process has ever had.
 */
import { openSync, readFileSync, readSync } from "node:fs";
import { bytesOf } from "../src/core/bytes.ts";
import type { PlanContext } from "../src/core/plan/context.ts";
import type { PlanResult } from "../src/core/plan/plan.ts";
import { PlanReader } from "../src/core/plan/reader.ts";
import { commandLineOf } from "../src/io/command-line.ts";
import { decide } from "../src/io/decide.ts";
import { makePlan } from "../src/io/planner.ts";

async function run(argv: readonly string[]): Promise<PlanResult> {
  const decision = await decide(commandLineOf(argv.map(bytesOf), process.env), process.env, { shim: null, real: null });
  start = performance.now();
  return makePlan(decision);
}

/** As of a directory on this host in which nothing is there to be looked at. */
const context: PlanContext = {
  base: "/nonexistent",
  name: "/nonexistent",
  only: null,
  within: [""],
  keep: [],
  shielded: [],
  approved: null,
  approvedChanges: 0,
  hasChanged: null,
  mayReplace: null,
  oddEntries: () => new Map(),
  leadsOut: () => null,
  releaseLinks: () => [],
  hasAllEntries: false,
  isLateFilter: null,
  kindAt: () => null,
  makesWay: null,
  lostBeside: null,
  backupDir: null,
  itself: [],
  isOlder: () => null,
  joins: () => false,
  countIn: () => null,
  isSourceEmpty: () => false,
};

/** In pieces as large as a pipe's. */
function stream(file: string): PlanResult {
  const reader = new PlanReader(context);
  const piece = Buffer.alloc(65_536);
  const fd = openSync(file, "r");
  for (let size = readSync(fd, piece); size > 0; size = readSync(fd, piece))
    reader.read(piece.toString("latin1", 0, size));
  return reader.end();
}

let start = performance.now();
const [, , what, ...words] = process.argv;
Promise.resolve(what === "run" ? run(words) : stream(words.join(" "))).then((whole) => {
  const time = performance.now() - start;
  if (!whole.plan) throw new Error(JSON.stringify(whole.obstacle));
  // what getrusage() says counts the process that started this one, too
  const peak = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) / 1024;
  process.stdout.write(JSON.stringify({ time, peak }));
  process.exitCode = 0;
});
