/** A terminal at which nobody sits: that of a job's `ssh -tt`. */
import { expect } from "vitest";
import { test } from "../support/ssh.ts";

test("a command of ssh -tt is asked nothing, and its dry run counts in the next session", async ({ world, far }) => {
  world.make({ "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" });
  await far.connects();
  const run = (options: string) =>
    far.sh(`$RSYNC_RSH -tt web1 "cd $PWD && rsync ${options} --delete src/ dst/" </dev/null`);
  const refused = await run("-a");
  expect(refused.code).toBe(77);
  expect(refused.stdout).toContain("codes: no-dry-run ");
  expect(refused.stdout).not.toContain("[y/N]");
  const dry = await run("-an");
  expect(dry.stdout).toMatch(/approved for 15 min\r?$/m);
  expect((await run("-a")).code).toBe(0);
  expect(world.tree("dst")).toEqual(world.tree("src"));
});

test("a person's shell over ssh is asked, and its dry run counts there only", async ({ world, far }) => {
  world.make({ "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" });
  await far.connects();
  const type = (line: string) =>
    far.sh(
      // what comes while the shell still reads is the shell's
      `{ printf '%s\n' "cd $PWD" '${line}'; sleep 2; echo n; sleep 1; echo exit; } | timeout 20 $RSYNC_RSH -tt web1 sh -i`,
    );
  const dry = await type("rsync -an --delete src/ dst/");
  expect(dry.stdout).toContain("approved for 15 min, in this login session");
  const { stdout } = await type("rsync -a --delete src/ dst/");
  expect(stdout).toContain("codes: other-session ");
  expect(stdout).toContain("[y/N]");
});
