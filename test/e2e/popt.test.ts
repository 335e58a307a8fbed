/** popt's alias files can make a dry run a live one; where one names rsync, nothing runs. */
import { expect } from "vitest";
import { outlook, realRsync, test } from "../support/world.ts";

const files = { "src/a": "a\n", "dst/b": "b\n" };
const command = "-a --delete -n src/ dst/";

test("the real rsync takes -n for what the file says", async ({ world }) => {
  world.make({ ...files, "home/.popt": "rsync alias -n -v\n" });
  const { code } = await world.sh(`${realRsync} ${command}`);
  expect(code).toBe(0);
  expect(Object.keys(world.tree("dst"))).toEqual([".", "a"]);
});

test.for([
  "rsync alias -n -v\n",
  "rsync alias --dry-run --verbose\n",
  "\t rsync\talias -a -a --delete\n",
  "# a comment\nrsync exec --version /bin/true\n",
  "rs* alias -n -v\n",
  "[r]sync alias -n -v\n",
])("with %j every run is refused", async (popt, { world }) => {
  world.make({ ...files, "home/.popt": popt });
  for (const args of [command, "-a src/ new", "src/", "--version"]) {
    const before = world.tree("dst");
    const { code, stderr } = await world.sh(`rsync ${args}`);
    expect({ args, code, dst: world.tree("dst") }).toEqual({ args, code: 78, dst: before });
    expect(world.mask(stderr)).toMatch(/^rsync-guard: refused, nothing ran: FOLDER\/home\/\.popt defines options/);
  }
});

test.for(["", "rpm alias -n -v\n", "# rsync alias -n -v\n", "rsyncd alias -n -v\n"])(
  "with %j it runs",
  async (popt, { world }) => {
    world.make({ ...files, "home/.popt": popt });
    expect(await world.sh(`rsync ${command}`)).toMatchObject({
      code: 0,
      stderr: outlook("delete 1 file (b); add 1 file"),
    });
  },
);

test("a server has no aliases, and runs", async ({ world }) => {
  // a remote shell that stays here: the client is unguarded, its far side is not
  world.make({ ...files, "home/.popt": "rsync alias -x -v\n", shell: 'shift\nexec "$@"\n' });
  const far = `${realRsync} -a -e 'sh shell' src/ host:new`;
  expect(await world.sh(far)).toMatchObject({ code: 0 });
  expect(Object.keys(world.tree("new"))).toEqual([".", "a"]);
});
