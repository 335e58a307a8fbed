/** log and report of several hosts: by files, and by ssh. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { program } from "../support/build.ts";
import { test } from "../support/ssh.ts";

test("journals of files, of standard input and of a host over ssh", async ({ world, far }) => {
  const { folder } = world;
  world.make({
    "build/a": "a\n",
    "old/b": "b\n",
    "bin/ssh": `#!/bin/sh\nexec /usr/bin/ssh -F ${folder}/ssh/config "$@"\n`,
    "far/shim/rsync-guard": `#!/bin/sh\nexec ${program} "$@"\n`,
  });
  for (const name of ["bin/ssh", "far/shim/rsync-guard"]) chmodSync(join(folder, name), 0o755);
  await far.sh(
    "rsync -a build/ new/; rsync -a build/ web1:$PWD/there/ || :; $RSYNC_RSH web1 rsync -a --delete $PWD/build/ $PWD/old//",
  );
  const own = "state/rsync-guard/journal.jsonl";
  const verdicts = (stdout: string) => stdout.match(/(?<= )(?:ran|refused)(?= {2})/g);

  const files = await world.sh(`${program} log --journal ${own} --journal - <far/home/${own}`);
  expect(files).toMatchObject({ code: 0, stderr: "" });
  expect(files.stdout).toMatch(/^time +host +user/);
  const count = verdicts(files.stdout)?.length ?? 0;
  expect(count).toBeGreaterThanOrEqual(3);

  const hosts = await world.sh(`${program} log --json --journal ${own} --hosts web1`);
  expect(hosts).toMatchObject({ code: 0, stderr: "" });
  expect(hosts.stdout.trim().split("\n")).toHaveLength(count);
  const page = await world.sh(`${program} report --html --hosts web1`);
  expect(page.stdout).toMatch(/^<!doctype html>.*<circle .*<\/html>\n$/s);

  const gone = await world.sh(`${program} report --journal nothing.jsonl --hosts web1,-web2`);
  expect(gone).toMatchObject({ code: 1, stderr: "" });
  expect(gone.stdout).toContain("left out: nothing.jsonl can't be read (ENOENT)\n");
  expect(gone.stdout).toMatch(/^left out: -web2 can't be read \(.+\)$/m);
  await world.sh("rm far/shim/rsync-guard");
  expect((await world.sh(`${program} log --hosts web1`)).stdout).toContain(
    "left out: web1 can't be read (there is no rsync-guard)\n",
  );
  expect((await world.sh(`${program} log --hosts 'a b'`)).stderr).toContain("a b is none");
});
