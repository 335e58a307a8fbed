/** What is left where a dry run's recording is interrupted. `install` has such a test of its own. */
import { describe, expect } from "vitest";
import { build } from "../support/build.ts";
import { type Fault, faultAt, faults, programIn } from "../support/program.ts";
import { records } from "../support/records.ts";
import { test } from "../support/world.ts";

const site = { "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" };
const live = "rsync -a --delete src/ dst/";

describe.for<Fault>(["kill", "ENOSPC"])("a dry run's recording is interrupted (%s)", (fault) => {
  test("at each change to the disk: there is a whole record that counts, or none", async ({ world }) => {
    world.make({ ...site, "real/": "" });
    const runtime = build.name === "node" ? "bin/node" : `guard/${build.guard}`;
    programIn(world, "guard");
    await world.sh(`mv ${runtime} real/runtime; cp -a dst was; ln -sfn ../guard/${build.shim} bin/rsync`);
    world.make({
      [runtime]: `#!/bin/sh\n[ -z "$FAULT" ] || exec ${faults()} "${world.folder}/real/runtime" "$@"\nexec "${world.folder}/real/runtime" "$@"\n`,
    });
    await world.sh(`chmod +x ${runtime}`);
    const counts: boolean[] = [];
    for (let isWhole = false; !isWhole && counts.length < 50; ) {
      await world.sh("rm -rf state dst; cp -a was dst");
      const { code, stderr } = await world.sh(`${live} -n`, {
        ...faultAt(fault, counts.length + 1),
        FAULT_IN: "watch",
      });
      expect(code).toBe(0);
      isWhole = stderr.includes("approved for 15 min");
      const before = records(world);
      const { code: decision } = await world.sh(live);
      expect({ decision, stderr }).toEqual({ decision: before.length > 0 ? 0 : 77, stderr });
      counts.push(before.length > 0);
    }
    expect(new Set(counts)).toEqual(new Set([false, true]));
    expect(counts.length).toBeGreaterThan(6);
  });
});
