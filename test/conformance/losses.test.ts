import { describe, expect, test } from "vitest";
import { losses, rsyncs, skipped } from "./referee.ts";

/** Each is a world made, a dry run, a plan and a real run. */
const count = Number(process.env["CONFORMANCE_RUNS"] ?? 100);
const seed = Number(process.env["CONFORMANCE_SEED"] ?? 1);
/** Older ones than Debian has: paths with colons between them. rsync's own repository holds some, in old_versions. */
const older = process.env["CONFORMANCE_RSYNC"]?.split(":") ?? [];

describe.skipIf(skipped)("loses nothing that no dry run has named", () => {
  test.for([...rsyncs(), ...older])("%s", { timeout: 36_000_000 }, (rsync) => {
    const { failures, ...figures } = losses(rsync, seed, count);
    console.info(rsync, JSON.stringify(figures));
    expect(failures.map(({ seed: own, script }) => `# seed ${own}\n${script}`).join("\n\n")).toBe("");
    // a fuzzer whose runs are all refused, or lose nothing, or never end, proves nothing
    expect(figures.named).toBeGreaterThan(count / 20);
    expect(figures.notJudged.length).toBeLessThanOrEqual(count / 100);
  });
});
