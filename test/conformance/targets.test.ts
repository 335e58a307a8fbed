import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keptRuns } from "../cases/conformance.ts";
import { localRun } from "./grammar.ts";
import { rsyncs, runtimes, skipped, surprises } from "./referee.ts";

/** Each is a world made, a real rsync run in it, and a comparison of the trees: slower than a question. */
const count = Number(process.env["CONFORMANCE_RUNS"] ?? 1000) / 20;
const seed = Number(process.env["CONFORMANCE_SEED"] ?? 1);

/** The executable reads as Node does (conformance.test.ts), so it gets a fourth, of its own. */
const sampleOf: Readonly<Record<string, { readonly numRuns: number; readonly seed: number }>> = {
  node: { numRuns: count, seed },
  executable: { numRuns: count / 4, seed: seed + 1 },
};
const pairs = rsyncs().flatMap((rsync) => Object.keys(runtimes).map((runtime) => ({ rsync, runtime })));

describe.skipIf(skipped)("nothing changes outside the targets", () => {
  test.for(pairs)("$rsync, $runtime: runs that once surprised", { timeout: 600_000 }, ({ rsync, runtime }) => {
    expect(surprises(runtime, rsync, keptRuns)).toEqual([]);
  });

  test.for(pairs)("$rsync, $runtime: generated runs", { timeout: 3_600_000 }, ({ rsync, runtime }) => {
    expect(surprises(runtime, rsync, fc.sample(localRun, sampleOf[runtime]))).toEqual([]);
  });
});
