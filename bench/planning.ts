/**
 * A plan in a process of its own. plan.ts bundles and starts it: `run ARGS` plans that run, `stream FILE` reads what a
 * dry run would have printed. Prints milliseconds, and the MiB of memory that the process has ever had.
 */
import { openSync, readFileSync, readSync } from "node:fs";
import type { WholePlan } from "../src/core/plan/plan.ts";
import { PlanReader, type Site } from "../src/core/plan/reader.ts";
import { bytesOf } from "../src/core/bytes.ts";
import { decide } from "../src/io/decide.ts";
import { planOf, type Unplanned } from "../src/io/planner.ts";

async function run(argv: readonly string[]): Promise<WholePlan | Unplanned> {
  const decision = await decide(argv.map(bytesOf), process.env, { shim: null, fingerprint: false });
  start = performance.now();
  return planOf(decision);
}

/** As of a directory on this host in which nothing is there to be looked at. */
const site: Site = {
  base: "/nonexistent",
  name: "/nonexistent",
  only: null,
  within: [""],
  keep: [],
  shielded: [],
  approved: null,
  specials: () => new Map(),
  leadsOut: () => null,
  releaseLinks: () => [],
  isThere: () => false,
};

/** In pieces as large as a pipe's. */
function stream(file: string): WholePlan | Unplanned {
  const reader = new PlanReader(site);
  const piece = Buffer.alloc(65_536);
  const fd = openSync(file, "r");
  for (let size = readSync(fd, piece); size > 0; size = readSync(fd, piece))
    reader.read(piece.toString("latin1", 0, size));
  return reader.end() ?? { unplanned: "the stream is not whole" };
}

let start = performance.now();
const [, , what, ...words] = process.argv;
Promise.resolve(what === "run" ? run(words) : stream(words.join(" "))).then((whole) => {
  const time = performance.now() - start;
  if ("unplanned" in whole) throw new Error(whole.unplanned);
  // what getrusage() says counts the process that started this one, too
  const peak = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) / 1024;
  process.stdout.write(JSON.stringify({ time, peak }));
});
