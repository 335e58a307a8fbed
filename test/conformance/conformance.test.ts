import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kept } from "../cases/conformance.ts";
import { commandLine } from "./grammar.ts";
import { type Case, disagreements, readings, rsyncs, runtimes, skipped } from "./referee.ts";

/** `npm run conformance` asks for more, with a seed of its own; `npm test` for the same ones each time. */
const count = Number(process.env["CONFORMANCE_RUNS"] ?? 1000);
const seed = Number(process.env["CONFORMANCE_SEED"] ?? 1);

/** Ready to paste into test/cases/conformance.ts. */
const row = ({ argv, env }: Case): string => `{ argv: ${JSON.stringify(argv)}, env: ${JSON.stringify(env)} },`;

/** Asks rsync once, and the guard in each runtime. */
function wrong(rsync: string, cases: readonly Case[]): Readonly<Record<string, readonly string[]>> {
  const read = readings(rsync, cases);
  const pairs = cases.map((one, at) => ({ one, reading: read[at] }));
  const lines = (runtime: (typeof runtimes)[number]) =>
    disagreements(runtime, pairs).flatMap((found, at) => {
      const one = cases[at];
      return one && found.length > 0 ? [row(one), ...found] : [];
    });
  return Object.fromEntries(runtimes.map((runtime) => [runtime, lines(runtime)]));
}

const nothing = Object.fromEntries(runtimes.map((runtime) => [runtime, []]));

describe.skipIf(skipped)("reads a command line as the real rsync does", () => {
  test.for(rsyncs())("%s: cases that once differed", { timeout: 600_000 }, (rsync) => {
    expect(wrong(rsync, kept)).toEqual(nothing);
  });

  test.for(rsyncs())("%s: generated command lines", { timeout: 3_600_000 }, (rsync) => {
    expect(wrong(rsync, fc.sample(commandLine, { numRuns: count, seed }))).toEqual(nothing);
  });
});
