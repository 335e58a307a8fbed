/** Several sources of the same names: of each, only one would be in the destination. */
import { expect } from "vitest";
import { codesOf } from "../support/ssh.ts";
import { realRsync, test } from "../support/world.ts";

const files = {
  "mon/notes": "mon\n",
  "mon/plan": "mon\n",
  "tue/notes": "tue\n",
  "tue/plan": "tue\n",
  "wed/other": "wed\n",
  "all/": "",
  "logs/mon.log": "mon\n",
  "logs/tue.log": "tue\n",
};

test.concurrent.for([
  "rsync -a mon/notes tue/notes all/",
  "rsync -a --delete mon/ tue/ all/",
  "rsync -a --remove-source-files mon/notes wed/other tue/notes all/",
])("refused: %s", async (run, { world }) => {
  world.make(files);
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh(run);
  expect({ code, stdout, codes: codesOf(stderr)?.[0] }).toEqual({ code: 77, stdout: "", codes: "same-names" });
  expect(world.tree()).toEqual(before);
});

test.concurrent.for([
  "rsync -a logs/mon.log logs/tue.log all/",
  "rsync -a mon/notes mon/notes all/",
  "rsync -aR mon/notes tue/notes all/",
  "rsync -a mon tue all/",
  "rsync -a --delete mon/ wed/ all/",
  // a newer state over an older one
  "rsync -a mon/ tue/ all/",
])("runs: %s", async (run, { world }) => {
  world.make(files);
  expect(await world.sh(run)).toEqual({ code: 0, stdout: "", stderr: "" });
  await world.sh(`${run.replace("rsync", realRsync).replace("all/", "plain/")}; touch -r all plain`);
  expect(world.tree("all")).toEqual(world.tree("plain"));
});
