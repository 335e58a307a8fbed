import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keptRuns } from "../cases/conformance.ts";
import { localRun } from "./grammar.ts";
import { rsyncs, skipped, surprises } from "./referee.ts";

/** Each is a world made, a real rsync run in it, and a comparison of the trees: slower than a question. */
const count = Number(process.env["CONFORMANCE_RUNS"] ?? 1000) / 20;
const seed = Number(process.env["CONFORMANCE_SEED"] ?? 1);

describe.skipIf(skipped)("nothing changes outside the targets", () => {
  test.for(rsyncs())("%s: runs that once surprised", { timeout: 600_000 }, (rsync) => {
    expect(surprises(rsync, keptRuns)).toEqual([]);
  });

  test.for(rsyncs())("%s: generated runs", { timeout: 3_600_000 }, (rsync) => {
    expect(surprises(rsync, fc.sample(localRun, { numRuns: count, seed }))).toEqual([]);
  });
});
