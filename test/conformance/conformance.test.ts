import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kept } from "../cases/conformance.ts";
import { disagreements } from "./compare.ts";
import { commandLine } from "./grammar.ts";
import { type Case, readings, rsyncs, skipped } from "./referee.ts";

/** `npm run conformance` asks for more, with a seed of its own; `npm test` for the same ones each time. */
const count = Number(process.env["CONFORMANCE_RUNS"] ?? 1000);
const seed = Number(process.env["CONFORMANCE_SEED"] ?? 1);

/** Ready to paste into test/cases/conformance.ts. */
const row = ({ argv, env }: Case): string => `{ argv: ${JSON.stringify(argv)}, env: ${JSON.stringify(env)} },`;

const wrong = (rsync: string, cases: readonly Case[]): readonly string[] =>
  readings(rsync, cases).flatMap((reading, at) => {
    const one = cases[at];
    const lines = one ? disagreements(one, reading) : [];
    return one && lines.length > 0 ? [row(one), ...lines] : [];
  });

describe.skipIf(skipped)("reads a command line as the real rsync does", () => {
  test.for(rsyncs())("%s: cases that once differed", { timeout: 600_000 }, (rsync) => {
    expect(wrong(rsync, kept)).toEqual([]);
  });

  test.for(rsyncs())("%s: generated command lines", { timeout: 3_600_000 }, (rsync) => {
    expect(wrong(rsync, fc.sample(commandLine, { numRuns: count, seed }))).toEqual([]);
  });
});
