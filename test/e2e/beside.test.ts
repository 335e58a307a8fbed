/** The plan of a dry run is made beside it, where no other host is in it; a stand-in shows what runs when. */
import { expect } from "vitest";
import { build, checkout } from "../support/build.ts";
import { test, type World } from "../support/world.ts";

/** Has the real rsync do all, but notes the plan's process, which PLAN may hold up, and has the dry run wait for that. */
const standIn = `#!/bin/sh
case "$*" in
*--version*) ;;
*--out-format=*) echo $$ >planning; eval "$PLAN" ;;
*)
	until [ -e planning ] || [ "$ROUNDS" = 0 ]; do sleep 0.1; ROUNDS=$((ROUNDS - 1)); done
	[ ! -e planning ] || echo "planned beside it"
	eval "$DURING"
	;;
esac
exec /usr/bin/rsync "$@"
`;

const args = "-a --delete --exclude-from=rules src/ dst/";

/** The dry run, through the stand-in. */
function dryRun(world: World, env: Readonly<Record<string, string>> = {}, words = args, shell = "/bin/dash") {
  world.make({ "src/a": "a\n", "dst/a": "old\n", "dst/b": "b\n", rules: "*.log\n", "real/rsync": standIn });
  const script = `chmod +x real/rsync; PATH=$PWD/bin:$PWD/real:/usr/bin:/bin; ${shell} bin/rsync -n ${words}`;
  return world.sh(script, { ROUNDS: "100", PLAN: "", DURING: "", ...env });
}

test("both run at a time, and the dry run counts", async ({ world }) => {
  const { code, stdout, stderr } = await dryRun(world);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "planned beside it\n" });
  expect(stderr).toContain("approved for 15 min");
});

test("with another host the plan comes after the dry run", async ({ world }) => {
  world.make({ rsh: '#!/bin/sh\nshift\nexec sh -c "$*"\n' });
  const words = `-e "sh $PWD/rsh" --rsync-path=/usr/bin/rsync -a --delete src/ host:${world.folder}/dst/`;
  const { code, stdout, stderr } = await dryRun(world, { ROUNDS: "10" }, words.replace("$PWD", world.folder));
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr).toContain("approved for 15 min");
  expect((await world.sh("test -e planning")).code).toBe(0);
});

test("where sh is bash it comes after it, too: bash may miss the end of one of two children", async ({ world }) => {
  const { code, stdout, stderr } = await dryRun(world, { ROUNDS: "10" }, args, "/bin/bash");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr).toContain("approved for 15 min");
});

test("a dry run does not count where a file that it names changes after the plan was begun", async ({ world }) => {
  const { code, stderr } = await dryRun(world, { DURING: "sleep 1; echo b >>rules" });
  expect(code).toBe(0);
  expect(stderr).not.toContain("approved");
  expect(stderr).toContain("changed");
});

test.for([
  ["fails", "exit 23", "", 23],
  ["is ended by a signal", "kill -KILL $$", "", 137],
  ["has ended, and its plan is not waited for", "", "& sleep 1; kill $!; wait $!", 143],
] as const)("the plan's process is gone once a dry run %s", async ([, during, after, ended], { world }) => {
  // in one script, since all that is left in a cage is ended with it
  const isGone = "for n in 1 2 3; do kill -0 $(cat planning) 2>/dev/null || exit; sleep 0.1; done; echo left behind";
  const words = `${args} ${after}; code=$?; (${isGone}); exit $code`;
  const { code, stdout, stderr } = await dryRun(world, { PLAN: "exec sleep 60", DURING: during }, words);
  expect({ code, stdout }).toEqual({ code: ended, stdout: "planned beside it\n" });
  expect(stderr).not.toContain("live run");
});

test.for(["dash", "busybox sh"])(
  "where no process is left for the guard, the dry run ends as rsync does: %s",
  async (shell, { world, skip }) => {
    // Node's threads count as well
    if (build.name === "node") skip("it is about the executable");
    if (process.getuid?.() !== 0) skip("only root can be a user without other processes");
    world.make({ "src/a": "a\n", "dst/": "", "real/rsync": "#!/bin/sh\necho ran\nexit 7\n" });
    const asUser = "setpriv --reuid=54321 --regid=54321 --clear-groups --";
    const { code } = await world.sh(
      `chmod +x real/rsync; chown -R 54321 . && ${asUser} test -r ${checkout}/${build.guard}`,
    );
    if (code !== 0) skip("another user can't read the checkout");
    const outcome = await world.sh(
      `PATH=$PWD/bin:$PWD/real:$PATH; ${asUser} prlimit --nproc=2 ${shell} bin/rsync -n -a --delete src/ dst/`,
    );
    expect({ ...outcome, stderr: "" }).toEqual({ code: 7, stdout: "ran\n", stderr: "" });
  },
);
