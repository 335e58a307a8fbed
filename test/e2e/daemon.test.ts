/** rsync-guard daemon-check as the `pre-xfer exec` of a real daemon on loopback. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { rsyncs } from "../conformance/referee.ts";
import { program } from "../support/build.ts";
import { codesOf, freePort } from "../support/ssh.ts";
import { type Outcome, realRsync, test, type World } from "../support/world.ts";

const site = (world: World, toml = "") =>
  world.make({
    "src/a": "new\n",
    "mod/to/a": "old, longer\n",
    "mod/to/old": "old\n",
    "mod/kept/a": "a\n",
    "mod/www/releases/1.2.1/index.html": "1.2.1\n",
    "mod/www/releases/1.2.2/index.html": "1.2.2\n",
    "mod/www/current": "-> releases/1.2.2",
    "config/rsync-guard.toml": `protect = ["${world.folder}/mod/kept", "${world.folder}/mod"]\n${toml}`,
  });

/** Runs a command of the real rsync against a daemon; `$mod` is its module. */
async function withDaemon(world: World, daemon: string, command: string, flags = ""): Promise<Outcome> {
  const port = await freePort();
  const owner = process.getuid?.() === 0 ? "uid = root\ngid = root\n" : "";
  world.make({
    "rsyncd.conf": `use chroot = no
address = 127.0.0.1
port = ${port}
pid file = ${world.folder}/pid
log file = ${world.folder}/log
${owner}[mod]
path = ${world.folder}/mod
read only = no
pre-xfer exec = ${program} daemon-check ${flags}
`,
  });
  const outcome = await world.sh(
    `rm -f pid; ${daemon} --daemon --no-detach --config="$PWD/rsyncd.conf" </dev/null >daemon.out 2>&1 & daemon=$!
    until ${realRsync} rsync://127.0.0.1:${port}/ >/dev/null 2>&1 || ! kill -0 $daemon; do sleep 0.05; done
    mod=rsync://127.0.0.1:${port}/mod; ${command}; code=$?
    kill $daemon; wait $daemon; exit $code`,
  );
  await world.sh("rm -f rsyncd.conf log pid daemon.out");
  return outcome;
}

const push = (to: string, options = "-a --delete") => `${realRsync} ${options} src/ "$mod/${to}"`;
const cases = [
  { what: "a protected directory", refused: push("kept/"), codes: ["protected-destination"], twin: push("to/") },
  { what: "with -s", refused: push("kept/", "-as"), codes: ["protected-destination"], twin: push("to/", "-as") },
  { what: "the module itself", refused: push(""), codes: ["protected-destination"], twin: push("new/") },
  { what: "by way of ..", refused: push("to/../kept/"), codes: ["protected-destination"], twin: push("kept/../to/") },
  {
    what: "a release root",
    refused: push("www/releases/"),
    codes: ["release-root"],
    twin: push("www/releases/1.2.2/"),
  },
  {
    what: "a protected --backup-dir, which is absolute in the module",
    refused: push("to/", "-ab --backup-dir=/kept"),
    codes: ["protected-destination"],
    twin: push("to/", "-ab --backup-dir=/old"),
  },
  {
    what: "what is removed at a protected source",
    refused: `${realRsync} -a --remove-source-files "$mod/kept/" here/`,
    codes: ["protected-destination"],
    twin: `${realRsync} -a --remove-source-files "$mod/to/" here/`,
  },
  { what: "an unknown option", refused: push("to/", "-a -M--nonsense"), codes: ["unknown-option"], twin: push("to/") },
];

test.for(rsyncs().flatMap((daemon) => cases.map((row) => ({ daemon, ...row }))))(
  "$daemon refuses, with what the guard says: $what",
  async ({ daemon, refused, codes, twin }, { world }) => {
    site(world);
    const before = world.tree();
    const { code, stdout, stderr } = await withDaemon(world, daemon, refused);
    expect({ codes: codesOf(stdout + stderr), tree: world.tree() }).toEqual({ codes, tree: before });
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/^rsync-guard: refused, nothing ran: /m);
    expect(await withDaemon(world, daemon, twin)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(world.tree()).not.toEqual(before);
  },
);

test.for(rsyncs())("%s: what is not refused is as it is without the guard", async (daemon, { world }) => {
  site(world, 'mode = "observe"\n');
  const silent = { code: 0, stdout: "", stderr: "" };
  expect(await withDaemon(world, daemon, push("kept/", "-an --delete"))).toEqual(silent);
  expect(world.tree("mod/kept")).toHaveProperty("a");
  expect(await withDaemon(world, daemon, `${realRsync} -a "$mod/www/" here/`)).toEqual(silent);
  expect(world.tree("here")).toEqual(world.tree("mod/www"));
  expect(await withDaemon(world, daemon, push("kept/"))).toEqual(silent);
  expect(world.tree("mod/kept")).toEqual(world.tree("src"));
  const journal = readFileSync(join(world.folder, "state/rsync-guard/journal.jsonl"), "utf8").trim().split("\n");
  expect(journal.map((line) => JSON.parse(line)).at(-1)).toMatchObject({
    verdict: "observed",
    kind: "receiver",
    codes: ["protected-destination"],
    targets: [join(world.folder, "mod/kept")],
  });
});

test.for(rsyncs())(
  "%s: a push that deletes has to have a limit, where that is asked for",
  async (daemon, { world }) => {
    site(world);
    world.make(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`mod/full/f${at}`, "x\n"])));
    const limited = (options: string) => withDaemon(world, daemon, push("full/", options), "--require-limit");
    const before = world.tree("mod");
    for (const options of ["-a --delete", "-a --delete --max-delete=11"]) {
      const { code, stdout, stderr } = await limited(options);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain(
        "rsync-guard: refused, nothing ran: this push may delete 10 entries at most, and has to say so\n",
      );
      expect(stdout + stderr).toContain("  next: run it again with --max-delete=10, ");
    }
    expect((await limited("-an --delete")).code).toBe(0);
    expect(world.tree("mod")).toEqual(before);
    expect((await limited("-a")).code).toBe(0);
    // a daemon's exit code doesn't reach the client
    expect(await limited("-a --delete --max-delete=10")).toMatchObject({
      code: 0,
      stderr: "Deletions stopped due to --max-delete limit (10 skipped)\n",
    });
    expect(Object.keys(world.tree("mod/full"))).toHaveLength(12);
  },
);

test("outside a daemon it says what it is for", async ({ world }) => {
  const { code, stderr } = await world.sh(`${program} daemon-check`);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: "rsync-guard: daemon-check is for pre-xfer exec in rsyncd.conf: there is no RSYNC_MODULE_PATH\n",
  });
});
