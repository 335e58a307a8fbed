/** rsync-guard where runs arrive over ssh: on the far side, on this one, and on both. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { canonical } from "../../src/core/judge/fingerprint.ts";
import { shellWord } from "../../src/core/quoting.ts";
import { serverArgvs } from "../cases/server-argv.ts";
import { wordsOf } from "../cases/words.ts";
import { rsyncs } from "../conformance/referee.ts";
import { invocationOf } from "../support/run.ts";
import { codesOf, expectRefused, test } from "../support/ssh.ts";
import { realRsync, sameMany, type World } from "../support/world.ts";

/** Which ends are guarded; `$bare` calls the far side's rsync by its full path. */
const ends = {
  neither: [realRsync, "$bare"],
  near: ["rsync", "$bare"],
  far: [realRsync, ""],
  both: ["rsync", ""],
} as const;
type End = keyof typeof ends;

const data = (world: World) =>
  world.make({
    "src/a": "new\n",
    "src/my dir/b": "b\n",
    "src/link": "-> a",
    "src/empty/": "",
    "there/a": "old, longer\n",
    "there/old": "old\n",
    list: "a\nmy dir/b\n",
    // here the destination can't be seen, so that each push would need a dry run
    "config/rsync-guard.toml": '[dry_run]\nrequired = "deletes"\n',
  });

const options = [
  { options: "-ai" },
  { options: "-ai --delete", dry: true },
  { options: "-aiz" },
  { options: "-ais" },
  { options: "-ai --old-args" },
  { options: '-ai --files-from=":$PWD/list"' },
  { options: '-ai --link-dest="$PWD/previous"' },
];
const directions = ["push", "pull"] as const;

test.for(options.flatMap((row) => directions.map((direction) => ({ direction, dry: false, ...row }))))(
  "$direction $options: the same with a guard on one end or on both",
  async ({ direction, dry, options }, { world, far }) => {
    data(world);
    await world.sh("cp -a src previous");
    await far.connects();
    const transfer = async (end: End) => {
      const [client, there] = ends[end];
      const operands = direction === "push" ? 'src/ "web1:$PWD/to/"' : '"web1:$PWD/src/" to/';
      const run = (more: string) => far.sh(`${client} ${there} ${options} ${more} ${operands}`);
      await world.sh("rm -rf to && cp -a there to");
      const runs = [...(dry ? [await run("-n")] : []), await run("")];
      const { stdout: linked } = await world.sh("cd to && find . -links +1 -type f");
      return { runs: runs.map(({ code, stdout }) => ({ code, stdout })), linked, tree: world.tree("to") };
    };
    const unguarded = await transfer("neither");
    expect(unguarded).toMatchObject({ runs: dry ? [{ code: 0 }, { code: 0 }] : [{ code: 0 }] });
    expect(unguarded.linked !== "").toBe(options.includes("--link-dest"));
    for (const end of ["near", "far", "both"] as const) expect([end, await transfer(end)]).toEqual([end, unguarded]);
  },
);

test.for(["push", "pull"] as const)(
  "--partial, %s: ended by a signal, then taken up again",
  async (direction, { world, far }) => {
    data(world);
    await world.sh("head -c 3000000 /dev/urandom >src/big");
    const operands = direction === "push" ? 'src/big "web1:$PWD/to/"' : '"web1:$PWD/src/big" to/';
    const stopped = await far.sh(`
    rsync -a --partial --bwlimit=1000 ${operands} & client=$!
    until [ -s to/.big.?????? ] || ! kill -0 $client; do sleep 0.05; done
    kill $client; wait $client; code=$?
    for second in 1 2 3 4 5; do [ -s to/big ] && break; sleep 1; done
    exit $code`);
    expect(stopped.code).toBe(20);
    expect(Object.keys(world.tree("to"))).toEqual([".", "big"]);
    expect((await world.sh("cmp src/big to/big")).code).toBe(1);
    expect(await far.sh(`rsync -a --partial ${operands}`)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await world.sh("cmp src/big to/big")).code).toBe(0);
  },
);

test("a sparse file of 256 MiB", async ({ world, far }) => {
  data(world);
  await world.sh(
    "truncate -s 256M src/disk; for at in 1 100 250; do echo $at | dd of=src/disk bs=1M seek=$at conv=notrunc; done",
  );
  // -z, since ssh would encrypt all of it
  expect(await far.sh('rsync -aSz src/disk "web1:$PWD/to/"')).toEqual({ code: 0, stdout: "", stderr: "" });
  const { code, stdout } = await world.sh("cmp src/disk to/disk && du -m to/disk");
  expect([code, Number.parseInt(stdout, 10)]).toEqual([0, expect.toSatisfy((size: number) => size < 20)]);
});

test("2,000 small files", async ({ world, far }) => {
  data(world);
  await world.sh("mkdir many && seq 2000 | split -l 1 -a 3 - many/f");
  expect(await far.sh('rsync -a many/ "web1:$PWD/to/"')).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(await world.sh(sameMany("many", "to"))).toEqual({ code: 0, stdout: "2001\n", stderr: "" });
});

/** Debian's other one, where scripts/setup could have it. */
const other = rsyncs()[1];
if (!other) console.warn("there is only one rsync: the tests of two versions against each other are skipped");
const versions = [
  { client: other ?? "", there: realRsync, what: "an older client" },
  { client: realRsync, there: other ?? "", what: "an older far side" },
];

test
  .skipIf(!other)
  .for(
    versions.flatMap((row) => ["-ais --delete", "-aiz --delete --protocol=29"].map((options) => ({ ...row, options }))),
  )("$what, $options: the same with a guard there", async ({ client, there, options }, { world, far }) => {
  data(world);
  far.standsOn(there);
  await far.connects();
  const transfer = async (bare: string) => {
    await world.sh("rm -rf to back && cp -a there to");
    const run = (more: string) =>
      far.sh(
        `${client} ${bare} ${options} ${more} src/ "web1:$PWD/to/" && ${client} ${bare} ${options} ${more} "web1:$PWD/src/" back`,
      );
    const outcomes = [await run("-n"), await run("")].map(({ code, stdout }) => ({ code, stdout }));
    return { outcomes, tree: world.tree("to"), back: world.tree("back") };
  };
  const version = (rsync: string) => world.sh(`${rsync} --version | head -1`);
  expect((await far.sh("$RSYNC_RSH web1 rsync --version | head -1")).stdout).toBe((await version(there)).stdout);
  const unguarded = await transfer(`--rsync-path=${there}`);
  expect(unguarded).toMatchObject({ outcomes: [{ code: 0 }, { code: 0 }] });
  expect(await transfer("")).toEqual(unguarded);
});

const site = (world: World) =>
  world.make({
    "src/a": "new\n",
    "to/a": "old, longer\n",
    "to/old": "old\n",
    "www/releases/1.2.1/index.html": "1.2.1\n",
    "www/releases/1.2.2/index.html": "1.2.2\n",
    "www/current": "-> releases/1.2.2",
  });

const there = (path: string) => `src/ "web1:$PWD/${path}"`;
const none = "no-dry-run";
const rules = [
  { what: "no dry run", options: "-a --delete", to: there("to/"), codes: [none], twin: there("to/") },
  { what: "no dry run, with --force", options: "-a --force", to: there("to/"), codes: [none], twin: there("to/") },
  {
    what: "a release root",
    options: "-a --delete",
    to: there("www/releases/"),
    codes: ["release-root", none],
    twin: there("www/releases/1.2.2/"),
  },
  {
    what: "an empty variable",
    options: "-a",
    to: there("www//$NONE/"),
    codes: ["empty-variable"],
    twin: there("www/new/"),
  },
  {
    what: "a protected directory",
    options: "-a",
    to: "src/ web1:/usr/local/",
    codes: ["protected-destination"],
    twin: there("to/"),
  },
];

test.for(rules)(
  "pushed from an unguarded host, refused: $what",
  async ({ options, to, codes, twin }, { world, far }) => {
    site(world);
    const push = (more: string, to: string) => far.sh(`${realRsync} ${options} ${more} ${to}`);
    const stderr = await expectRefused(world, () => push("", to), codes);
    // the whole of it, before what rsync makes of it
    expect(stderr).toMatch(
      /^rsync-guard: refused, nothing ran: [\s\S]*\n {2}codes: .*\nrsync: connection unexpectedly closed/,
    );
    expect((await push("-n", twin)).code).toBe(0);
    expect(await push("", twin)).toEqual({ code: 0, stdout: "", stderr: "" });
  },
);

test("on the far side nothing is said on standard output", async ({ world, far }) => {
  site(world);
  const server = (options: string) => far.sh(`$RSYNC_RSH web1 "rsync --server ${options} . $PWD/to/" </dev/null`);
  expect(await server("-logDtpre.iLsfxCIvu --delete")).toMatchObject({ code: 77, stdout: "" });
  expect(await server("-logDtpre.iLsfxCIvu --nonsense")).toMatchObject({ code: 78, stdout: "" });
  // rsync itself says its version first
  for (const letters of ["-logDtpre.iLsfxCIvu", "-nlogDtpre.iLsfxCIvu --delete"])
    expect((await server(letters)).stdout).toBe(
      (await far.sh(`$RSYNC_RSH web1 "${realRsync} --server ${letters} . $PWD/to/" </dev/null`)).stdout,
    );
});

const push = `${realRsync} -a --delete ${there("to/")}`;
const elsewhere = `RSYNC_RSH="$RSYNC_RSH -b 127.0.0.2"; ${push}`;
const always = { "far/home/config/rsync-guard.toml": '[dry_run]\nsession = "always"\n' };
const connections = [
  { what: "the same address", dry: push, live: push, counts: true },
  { what: "another login session", dry: push, live: push, counts: true, config: always },
  { what: "another one of the same host's addresses", dry: elsewhere, live: elsewhere, counts: true },
  { what: "another address", dry: push, live: elsewhere, counts: false },
  { what: "another address, the other way round", dry: elsewhere, live: push, counts: false },
];

test.for(connections)(
  "a dry run from $what counts: $counts",
  async ({ dry, live, config = {}, counts }, { world, far }) => {
    site(world);
    world.make(config);
    expect(await far.sh(`${dry} -n`)).toEqual({ code: 0, stdout: "", stderr: "" });
    if (counts) {
      expect(await far.sh(live)).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(world.tree("to")).toEqual(world.tree("src"));
    } else {
      const stderr = await expectRefused(world, () => far.sh(live), ["changed-since-dry-run"]);
      expect(stderr).toMatch(/^ {4}client {2}127\.0\.0\.[12] {2}-> {2}127\.0\.0\.[12]$/m);
    }
  },
);

const byKey = { "far/home/config/rsync-guard.toml": '[receiver]\nbind = "key"\n' };
const otherKey = `RSYNC_RSH="$RSYNC_RSH -i ssh/other -o IdentityFile=none"; ${push}`;
const withKeys = [
  { what: "the same key", dry: push, live: push, counts: true },
  { what: "the same key at another address", dry: push, live: elsewhere, counts: true },
  { what: "another key", dry: push, live: otherKey, counts: false },
  { what: "another key, the other way round", dry: otherKey, live: push, counts: false },
  { what: "the other key", dry: otherKey, live: otherKey, counts: true },
];

test.for(withKeys)(
  "bound to the key, a dry run with $what counts: $counts",
  async ({ dry, live, counts }, { world, far }) => {
    site(world);
    world.make(byKey);
    await world.sh("ssh-keygen -q -t ed25519 -N '' -f ssh/other && cat ssh/other.pub >>ssh/authorized_keys");
    expect(await far.sh(`${dry} -n`)).toEqual({ code: 0, stdout: "", stderr: "" });
    if (counts) {
      expect(await far.sh(live)).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(world.tree("to")).toEqual(world.tree("src"));
    } else {
      const stderr = await expectRefused(world, () => far.sh(live), ["changed-since-dry-run"]);
      const { stdout } = await world.sh("ssh-keygen -lf ssh/key.pub; ssh-keygen -lf ssh/other.pub");
      const [first, second] = stdout.split("\n").map((line) => line.split(" ")[1]);
      const [before, now] = live === otherKey ? [first, second] : [second, first];
      expect(stderr).toContain(`\n    client  ${before}  ->  ${now}\n`);
    }
  },
);

test("bound to the key, where sshd does not tell it no dry run counts", async ({ world, far }) => {
  site(world);
  world.make(byKey);
  const untold = `RSYNC_RSH="$RSYNC_RSH -b 127.0.0.3"; ${push}`;
  expect((await far.sh(`${untold} -n`)).code).toBe(0);
  const stderr = await expectRefused(world, () => far.sh(untold), [none]);
  expect(stderr).toContain("it is bound to the key that logged in (receiver.bind), which is not known here\n");
  expect(stderr).toContain(
    '  next: log in with a key, and have "ExposeAuthInfo yes" in the sshd_config of this host\n',
  );
});

test("a dry run on the far side is told what its live run would be refused for", async ({ world, far }) => {
  site(world);
  const before = world.tree("www");
  const { code, stdout, stderr } = await far.sh(`${realRsync} -a --delete -n ${there("www/releases/")}`);
  expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 0, stdout: "", codes: ["release-root"] });
  expect(world.tree("www")).toEqual(before);
});

const pull = (from: string, options = "") => `${realRsync} -a ${options} "web1:$PWD/${from}" here/`;
const removes = "--remove-source-files";
const senders = [
  { what: "no dry run", from: "to/", codes: [none] },
  { what: "a release root", from: "www/releases/", codes: ["release-root"], dry: true },
  { what: "a protected directory", from: "kept/", codes: ["protected-destination"], dry: true },
  { what: "what a link leads to", from: "to-kept/", codes: ["protected-destination"], dry: true },
];

test.for(senders)(
  "pulled with --remove-source-files, refused: $what",
  async ({ from, codes, dry = false }, { world, far }) => {
    site(world);
    world.make({ "kept/a": "a\n", "to-kept": "-> kept" });
    world.make({ "far/home/config/rsync-guard.toml": `protect = ["${world.folder}/kept"]\n` });
    if (dry) expect((await far.sh(`${pull(from, removes)} -n`)).code).toBe(0);
    await expectRefused(world, () => far.sh(pull(from, removes)), codes);
    // what only reads them is none of the guard's business
    expect(await far.sh(pull(from))).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(world.tree("here")).toEqual(world.tree(from));
  },
);

test("pulled with --remove-source-files, after a dry run", async ({ world, far }) => {
  site(world);
  const before = world.tree("to");
  expect(await far.sh(`${pull("to/", removes)} -n`)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("to")).toEqual(before);
  expect(await far.sh(pull("to/", removes))).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("here")).toEqual(before);
  expect(Object.keys(world.tree("to"))).toEqual(["."]);
});

const deleting = `${realRsync} -a --delete`;
const copying = `${realRsync} -a`;
const configs = [
  { what: "none", config: "", refused: `${deleting} ${there("to/")}`, runs: `${copying} ${there("to/")}` },
  {
    what: "required = always",
    config: '[receiver.dry_run]\nrequired = "always"',
    refused: `${copying} ${there("new/")}`,
    runs: pull("to/"),
  },
  {
    what: "required = never",
    config: '[receiver.dry_run]\nrequired = "never"',
    refused: `${deleting} ${there("www/releases/")}`,
    codes: ["release-root"],
    runs: `${deleting} ${there("to/")}`,
  },
  {
    what: "required = never, but not for receivers",
    config: '[dry_run]\nrequired = "never"\n[receiver.dry_run]\nrequired = "deletes"',
    refused: `${deleting} ${there("to/")}`,
    runs: `${copying} ${there("to/")}`,
  },
  {
    what: "allowed in one place",
    config: '[[destination]]\npath = "FOLDER/to"\nallow = ["no-dry-run"]',
    refused: `${deleting} ${there("www/releases/1.2.1/")}`,
    runs: `${deleting} ${there("to/")}`,
  },
  {
    what: "observe",
    config: '[receiver]\nmode = "observe"\n[[destination]]\npath = "FOLDER/www"\nmode = "enforce"',
    refused: `${deleting} ${there("www/releases/1.2.1/")}`,
    runs: `${deleting} ${there("to/")}`,
  },
];

test.for(configs)(
  "the far side's configuration: $what",
  async ({ config, refused, codes = [none], runs }, { world, far }) => {
    site(world);
    world.make({ "far/home/config/rsync-guard.toml": `${config.replaceAll("FOLDER", world.folder)}\n` });
    await expectRefused(world, () => far.sh(refused), codes);
    const { code, stdout, stderr } = await far.sh(runs);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
  },
);

test("a configuration that can't be read there", async ({ world, far }) => {
  site(world);
  world.make({ "far/home/config/rsync-guard.toml": "[receiver]\nnonsense = 1\n" });
  await expectRefused(world, () => far.sh(`${copying} ${there("new/")}`), ["cannot-decide"], 78);
  expect(await far.sh(pull("to/"))).toEqual({ code: 0, stdout: "", stderr: "" });
});

/** As a remote shell: notes what it is to start, and of secluded arguments what follows on standard input. */
const recorder = `#!/bin/bash
shift
printf '%s\\0' "\${@:2}" >>sent
case " $* " in
*" -s"*)
	printf '<\\0' >>sent
	while IFS= read -r -d '' word && [ -n "$word" ]; do printf '%s\\0' "$word" >>sent; done
	;;
esac
echo >>sent
exit 1
`;

test.for(rsyncs())(
  "%s sends what the table of server command lines says, and the same for a dry run",
  async (rsync, { world }) => {
    world.make({ record: recorder, "src/f": "f\n", list: "f\n" });
    const rows = Object.values(serverArgvs).flat();
    const run = (words: readonly string[]) => `${rsync} -e ./record ${words.map(shellWord).join(" ")} || :`;
    const script = rows.flatMap(([client]) => [run(wordsOf(client)), run(["-n", ...wordsOf(client)])]);
    expect((await world.sh(`chmod +x record\n${script.join("\n")}`)).code).toBe(0);
    const sent = readFileSync(join(world.folder, "sent"), "latin1").split("\n").slice(0, -1);
    const words = sent.map((line) => line.split("\0").slice(0, -1));
    expect(words.filter((_, at) => at % 2 === 0)).toEqual(rows.map(([, server]) => wordsOf(server)));
    // but for the n, a dry run is sent as its live run is: else it would not stand for it
    const options = words.map((line) => {
      const { options, dryRun } = invocationOf(line.filter((word) => word !== "<" && word !== "rsync"));
      return { options: canonical(options), dryRun };
    });
    for (const [at, [client]] of rows.entries()) {
      // rsync does not send this one in a dry run; over there nothing is changed by either
      if (client.includes("--only-write-batch")) continue;
      expect([client, options[2 * at + 1]]).toEqual([client, { ...options[2 * at], dryRun: true }]);
    }
  },
);

const rrsync = "/usr/bin/rrsync";

/**
 * Debian's rrsync for the key, with the shim where its documentation has RSYNC be changed. It hands rsync a descriptor
 * for each path: the first free one, after `before`, is for its own directory.
 */
async function restrict(world: World, before = "exec") {
  const { folder } = world;
  const { code, stderr } = await world.sh(`
    sed "s|^RSYNC = '/usr/bin/rsync'$|RSYNC = '$PWD/far/shim/rsync'|" ${rrsync} >far/rrsync && chmod +x far/rrsync &&
    grep -q "^RSYNC = '$PWD" far/rrsync &&
    printf 'restrict,command="%s" ' "${before} ${folder}/far/rrsync ${folder}/www" | cat - ssh/key.pub >ssh/authorized_keys`);
  expect([code, stderr]).toEqual([0, ""]);
}

const keeps = (world: World) =>
  world.make({
    "www/kept/a": "a\n",
    "far/home/config/rsync-guard.toml": `protect = ["${world.folder}/www/kept"]\n`,
  });

test.skipIf(!existsSync(rrsync))("behind rrsync", async ({ world, far }) => {
  site(world);
  keeps(world);
  await restrict(world);
  const push = (to: string, more = "") => far.sh(`${deleting} ${more} src/ web1:${to}`);
  await expectRefused(world, () => push("kept"), ["protected-destination", none]);
  await expectRefused(world, () => push("releases/"), ["release-root", none]);
  await expectRefused(world, () => push("releases/1.2.2/"), [none]);
  for (const release of ["releases/1.2.2/", "releases/1.2.3"]) {
    expect(await push(release, "-n")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await push(release)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(world.tree(`www/${release}`)).toEqual(world.tree("src"));
  }
  expect(await far.sh(`${copying} web1:releases/1.2.2/ web1:kept here/`)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("here")).toMatchObject({ a: world.tree("src")["a"], "kept/a": world.tree("www/kept")["a"] });
  await expectRefused(world, () => far.sh(`${copying} ${removes} web1:releases/1.2.1/ web1:kept/ here/`), [
    "protected-destination",
    none,
  ]);
});

/** The shim has uses of its own for 8 and 9, and dash reads the shim from 10. */
const descriptors = [8, 9, 10].map((fd) => ({
  fd,
  before: `exec ${Array.from({ length: fd - 4 }, (_, at) => `${at + 3}<&0`).join(" ")}; exec`,
}));

test.skipIf(!existsSync(rrsync)).for(descriptors)(
  "behind rrsync, the directory being descriptor $fd",
  async ({ fd, before }, { world, far }) => {
    site(world);
    keeps(world);
    await restrict(world, before);
    const push = (to: string, more = "") => far.sh(`${deleting} ${more} src/ web1:${to}`);
    const stderr = await expectRefused(world, () => push("kept/"), ["protected-destination", none]);
    expect(stderr).toContain(` /proc/self/fd/${fd}/\n`);
    expect(await push("releases/1.2.2/", "-n")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await push("releases/1.2.2/")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(world.tree("www/releases/1.2.2")).toEqual(world.tree("src"));
  },
);

test("behind sudo, which takes what sshd tells away, the key is still known", async ({ world, far }) => {
  site(world);
  world.make({ ...byKey, "far/shim/sudo": '#!/bin/sh\nunset SSH_CONNECTION SSH_CLIENT SSH_USER_AUTH\n"$@"\n' });
  const sudo = push.replace(" -a ", " -a --rsync-path='sudo rsync' ");
  expect((await far.sh(`chmod +x far/shim/sudo; ${sudo} -n`)).code).toBe(0);
  expect(await far.sh(sudo)).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("behind sudo, which takes the client's address away, it is still told from others", async ({ world, far }) => {
  site(world);
  // its env_reset; the real one would change PATH, HOME and the user too
  world.make({ "far/shim/sudo": '#!/bin/sh\nunset SSH_CONNECTION SSH_CLIENT\n"$@"\n' });
  const sudo = (run: string) => run.replace(" -a ", " -a --rsync-path='sudo rsync' ");
  expect((await far.sh(`chmod +x far/shim/sudo; ${sudo(push)} -n`)).code).toBe(0);
  await expectRefused(world, () => far.sh(sudo(elsewhere)), ["changed-since-dry-run"]);
  expect(await far.sh(sudo(push))).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("to")).toEqual(world.tree("src"));
});

/** Twenty entries, of which the source has those that `kept` says. */
const mirror = (world: World, kept: number, config = "") =>
  world.make({
    ...Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`to/f${at}`, "x\n"])),
    ...Object.fromEntries(Array.from({ length: kept }, (_, at) => [`src/f${at}`, "x\n"])),
    "far/home/config/rsync-guard.toml": config,
  });
const noDryRun = 'dry_run.required = "never"';

const limits = [
  { what: "more than half", kept: 9, config: `[receiver]\n${noDryRun}`, left: 10 },
  { what: "half", kept: 10, config: `[receiver]\n${noDryRun}`, left: null },
  { what: "a number", kept: 16, config: `[receiver]\n${noDryRun}\nlimits.max_delete = 3`, left: 17 },
  { what: "a number that is enough", kept: 16, config: `[receiver]\n${noDryRun}\nlimits.max_delete = 4`, left: null },
  { what: "none at all", kept: 19, config: `[receiver]\n${noDryRun}\nlimits.max_delete = 0`, left: 20 },
  { what: "the general limit", kept: 16, config: `limits.max_delete = "15%"\n${noDryRun}`, left: 17 },
  { what: "that of a place", kept: 1, config: "PLACE", left: null },
  { what: "mode observe", kept: 1, config: `mode = "observe"\n${noDryRun}`, left: null },
  { what: "an allowed code", kept: 1, config: `allow = ["plan-too-large"]\n${noDryRun}`, left: null },
  { what: "the client's smaller one", kept: 16, options: "--max-delete=2", config: noDryRun, left: 18 },
  { what: "the client's larger one", kept: 1, options: "--max-delete=15", config: noDryRun, left: 10 },
  { what: "-s", kept: 1, options: "-s", config: noDryRun, left: 10 },
  { what: "--delete-excluded", kept: 1, options: "--delete-excluded", config: noDryRun, left: 10 },
  { what: "--delete-delay, protocol 29", kept: 1, options: "--delete-delay --protocol=29", config: noDryRun, left: 10 },
];

test.for([realRsync, other].flatMap((there) => (there ? limits.map((row) => ({ there, ...row })) : [])))(
  "on the receiving host, whose rsync is $there, rsync stops at the limit: $what",
  async ({ there, kept, options = "", config, left }, { world, far }) => {
    const place = `[[destination]]\npath = "${world.folder}/to"\nlimits.max_delete = "95%"\n${noDryRun}\n`;
    mirror(world, kept, config === "PLACE" ? place : config);
    far.standsOn(there);
    const { code, stderr } = await far.sh(`${realRsync} -a --delete ${options} src/ "web1:$PWD/to/"`);
    expect(code).toBe(left === null ? 0 : 25);
    if (left === null) expect(stderr).toBe("");
    else expect(stderr).toMatch(/^Deletions stopped due to --max-delete limit \(\d+ skipped\)\n/);
    expect(Object.keys(world.tree("to"))).toHaveLength((left ?? kept) + 1);
  },
);

test("a dry run that the limit stops does not count, and nothing is deleted", async ({ world, far }) => {
  mirror(world, 9);
  const push = (more = "") => far.sh(`${realRsync} -a --delete ${more} src/ "web1:$PWD/to/"`);
  const dry = await push("-n");
  expect(dry.code).toBe(25);
  expect(dry.stderr).toContain("Deletions stopped due to --max-delete limit (1 skipped)\n");
  expect(dry.stderr).toContain(
    "rsync-guard: this dry run ended with exit code 25, so it does not count as one\n  it would delete more than 10 entries, the limit of the host that receives it\n",
  );
  const stderr = await expectRefused(world, () => push(), [none]);
  expect(stderr).toContain("rsync ended it with exit code 25");
  // the host allows it
  world.make({ "far/home/config/rsync-guard.toml": 'limits.max_delete = "60%"\n' });
  expect(await push("-n")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(await push()).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("to")).toEqual(world.tree("src"));
});
