/** -s: the far side's guard reads the arguments from standard input, and rsync goes on where it stopped. */
import { expect } from "vitest";
import { rsyncs } from "../conformance/referee.ts";
import { codesOf, expectRefused, test } from "../support/ssh.ts";
import { realRsync, sameMany, type World } from "../support/world.ts";

const make = (world: World) =>
  world.make({
    "src/a": "new\n",
    "src/my dir/b": "b\n",
    "src/my dir/.dot": "dot\n",
    "src/link": "-> a",
    "to/a": "old, longer\n",
    "to/old": "old\n",
    "sub/deep/a/": "",
    "two/": "",
    link: "-> sub/deep",
    list: "a\nmy dir/b\n",
  });

/** What has arrived: names, kinds, modes and contents, and the times of what is no directory. */
const arrived = async (world: World): Promise<string> =>
  (
    await world.sh(`
    find to* here new* -type d -printf '%p %m\\n' -o -printf '%p %y %m %T@ %l\\n' 2>/dev/null | sort | cat -v
    find to* here new* -type f -exec cksum {} + 2>/dev/null | sort | cat -v`)
  ).stdout;

const transfers = [
  { what: "a push", run: '-as src/ "web1:$PWD/to/"' },
  { what: "a push that deletes", dry: true, run: '-as --delete src/ "web1:$PWD/to/"' },
  { what: "to a name with blanks", run: '-as src/ "web1:$PWD/new  dir/"' },
  { what: "to a name that is not UTF-8", dry: true, run: "-as --delete src/ \"web1:$PWD/$(printf 'to\\351')/\"" },
  { what: "to a name that a shell would read", run: '-as src/ "web1:$PWD/new\';&|#(x)/"' },
  { what: "to what a wildcard stands for", dry: true, run: '-as --delete src/ "web1:$PWD/t[n-p]/"' },
  { what: "through a real directory and ..", dry: true, run: '-as --delete src/ "web1:$PWD/sub/deep/../../to/"' },
  { what: "from behind ..", run: '-as "web1:$PWD/sub/deep/../../sr*/my dir" here/' },
  { what: "a pull", run: '-as "web1:$PWD/src/" here/' },
  { what: "a pull that deletes", dry: true, run: '-as --delete "web1:$PWD/src/" to/' },
  {
    what: "names with blanks, and not UTF-8",
    run: '-as "web1:$PWD/src/my dir" ":$PWD/src/$(printf \'caf\\351\')" here/',
  },
  { what: "--files-from here, pushed", run: '-as --files-from=list src/ "web1:$PWD/to/"' },
  { what: "--files-from here, pulled", run: '-as --files-from=list "web1:$PWD/src/" here/' },
  { what: "--files-from there, pushed", run: '-as --files-from=":$PWD/list" src/ "web1:$PWD/to/"' },
  { what: "--files-from there, pulled", run: '-as --files-from=":$PWD/list" "web1:$PWD/src/" here/' },
  { what: "protocol 29", dry: true, run: '-as --delete --protocol=29 src/ "web1:$PWD/to/"' },
  { what: "--iconv", run: '-as --iconv=utf8,utf8 "web1:$PWD/src/my dir/" here/' },
];

test.for(transfers.map((row) => ({ dry: false, ...row })))(
  "$what: the same with a guard there",
  async ({ dry, run }, { world, far }) => {
    make(world);
    // with names that are not UTF-8
    await world.sh(`printf x >"$(printf 'src/caf\\351')"; touch -d @0 src; mkdir kept
      cp -a to kept; cp -a to "$(printf 'kept/to\\351')"; cp -a kept/* .`);
    await far.connects();
    const transfer = async (there: string) => {
      await world.sh("rm -rf to* here new*; cp -a kept/to* .");
      const rsync = (more: string) => far.sh(`${realRsync} ${there} ${run} -i ${more}`);
      return { outcomes: [...(dry ? [await rsync("-n")] : []), await rsync("")], arrived: await arrived(world) };
    };
    const before = await arrived(world);
    const unguarded = await transfer("$bare");
    expect(unguarded.outcomes.map(({ code }) => code)).toEqual(dry ? [0, 0] : [0]);
    expect(unguarded.arrived).not.toBe(before);
    expect(await transfer("")).toEqual(unguarded);
  },
);

/** Those that test/core/secluded.test.ts says are read as rsync reads them. */
const patterns = `sub/one d?e/* d?e/** d?e/a* d?e/? d?e/caf? d?e/.* s?b/one */two sub/*/two */deep/* */deep/ s*/./one d?e/[ax]*
  d?e/[a-b]? d?e/[!ab]* d?e/[^ab]* d?e/[-.]* d?e/a\\*b d?e/x\\[* d?e/back\\\\* d?e/x[1] sub/one/* dang* none/* lin*/
  {sub,link}`;

test.for(rsyncs())("%s: paths with wildcards are what they are without a guard", async (rsync, { world, far }) => {
  far.standsOn(rsync);
  const all = patterns.split(/\s+/);
  // a place for each, so that each one's matches are seen
  const paths = all.map((pattern, at) => `'${at === 0 ? "web1" : ""}:${world.folder}/w${at}/${pattern}'`);
  await world.sh(`mkdir -p w/sub/deep/a 'w/d e' && ln -s sub/deep w/link && ln -s nowhere w/dangling && touch w/sub/one w/sub/deep/two
    (cd 'w/d e' && touch a ab 'b c' .dot 'x[1]' 'a*b' 'back\\' "$(printf 'caf\\351')")
    for at in ${[...all.keys()].join(" ")}; do cp -a w w$at; done`);
  const pull = async (there: string) => {
    const { code, stderr } = await far.sh(
      `rm -rf here; ${realRsync} -asR --trust-sender ${there} ${paths.join(" ")} here/`,
    );
    const { stdout } = await world.sh("cd here && find . | sort | cat -v");
    return { code, stderr: stderr.split("\n").sort(), stdout };
  };
  const unguarded = await pull(`--rsync-path=${rsync}`);
  expect(unguarded).toMatchObject({ code: 23, stdout: expect.stringContaining("/w1/d e/caf") });
  expect(await pull("")).toEqual(unguarded);
});

const live = `${realRsync} -as --delete src/ "web1:$PWD/to/"`;
const plain = live.replace("-as", "-a");
const behind = live.replace("-as", "-as --rsync-path='rsync --protocol=30'");
const dryRuns = [
  { what: "with -s for one with -s", dry: live, live },
  { what: "with -s for one without", dry: live, live: plain },
  { what: "without -s for one with -s", dry: plain, live },
  { what: "behind an option that --rsync-path hands on", dry: behind, live: behind },
  { what: "by a variable", dry: `RSYNC_PROTECT_ARGS=1 ${plain}`, live: `RSYNC_PROTECT_ARGS=1 ${plain}` },
];

test.for(dryRuns)("a dry run counts: $what", async ({ dry, live }, { world, far }) => {
  make(world);
  await far.connects();
  await expectRefused(world, () => far.sh(live), ["no-dry-run"]);
  expect(await far.sh(`${dry} -n`)).toEqual({ code: 0, stdout: "", stderr: "" });
  await expectRefused(world, () => far.sh(live.replace("/to/", "/sub/")), ["no-dry-run"]);
  expect(await far.sh(live)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect((await world.sh("diff -r src to")).stdout).toBe("");
});

const undecided = [
  { what: "a set that is not plain", path: "t[[:alpha:]]/", twin: "t[n-p]/" },
  { what: "a variable makes it so", path: "t[[:alpha:]]/", twin: "t[n-p]/", env: { RSYNC_PROTECT_ARGS: "1" } },
];

test.for(undecided)(
  "pushed to a path that can't be known, refused: $what",
  async ({ path, twin, env }, { world, far }) => {
    make(world);
    await world.sh("mkdir -p two sub/deep/a");
    const push = (to: string) => `${realRsync} ${env ? "-a" : "-as"} src/ "web1:$PWD/${to}"`;
    await expectRefused(world, () => far.sh(push(path), env), ["cannot-decide"], 78);
    expect(await far.sh(push(twin), env)).toEqual({ code: 0, stdout: "", stderr: "" });
  },
);

/** Several names, `..` behind a link, another character set: what they lead to, and whether each rsync tells so. */
const arriving = [
  { path: "$PWD/t*/", isTold: true },
  { path: "$PWD/caf\u00e9/", isTold: true },
  { path: "link/../to/", isTold: true },
  { path: "*/../none/../to/", isTold: true },
  { path: "$PWD/link/../to/", isTold: false },
  { path: "$PWD/sub/./../to/", isTold: false },
];

test.for(rsyncs().flatMap((rsync) => arriving.map((each) => ({ rsync, ...each }))))(
  "$rsync: pushed to $path, what is there is what is there without a guard",
  async ({ rsync, path, isTold }, { world, far }) => {
    far.standsOn(rsync);
    make(world);
    const push = async (server: string) => {
      await world.sh("rm -rf t1 t2 t3 to caf*; mkdir t1 t3 t2 to; touch t2/old");
      await world.sh("cd far/home; rm -rf to; mkdir to; [ -h link ] || ln -s ../../sub/deep link");
      const there = `--rsync-path="cd $PWD/far/home && ${server}"`;
      const { code } = await far.sh(`${realRsync} ${there} -rs --iconv=utf8,latin1 src/ "web1:${path}"`);
      return { code, tree: (await world.sh("find t1 t2 t3 to sub caf* far/home/to | sort | cat -v")).stdout };
    };
    const unguarded = await push(rsync);
    expect(unguarded.code).toBe(0);
    const guarded = await push("rsync");
    if (isTold || rsync === realRsync) expect(guarded).toEqual(unguarded);
    else expect([12, 78]).toContain(guarded.code);
  },
);

test("a pull with --remove-source-files is judged", async ({ world, far }) => {
  make(world);
  const pull = (from: string) => `${realRsync} -as --remove-source-files "web1:$PWD/${from}" here/`;
  world.make({ "far/home/config/rsync-guard.toml": `protect = ["${world.folder}/to"]\n` });
  await expectRefused(world, () => far.sh(pull("src/my*/")), ["no-dry-run"]);
  await expectRefused(world, () => far.sh(pull("t[o]/")), ["protected-destination", "no-dry-run"]);
  expect(await far.sh(`${pull("src/my*/")} -n`)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(await far.sh(pull("src/my*/"))).toEqual({ code: 0, stdout: "", stderr: "" });
  expect([Object.keys(world.tree("src/my dir")), Object.keys(world.tree("here"))]).toEqual([["."], [".", ".dot", "b"]]);
});

const broken = [
  { what: "nothing", sent: "" },
  { what: "no NUL", sent: "nonsense" },
  { what: "an empty list", sent: "\\0" },
  { what: "half of them", sent: "rsync\\0--delete\\0.\\0" },
  { what: "half of them, slowly", sent: "rsync\\0--delete\\0.\\0'; sleep 1; printf 'to" },
  { what: "no end of options", sent: "rsync\\0--delete\\0to\\0\\0" },
  { what: "an unknown option", sent: "rsync\\0--nonsense\\0.\\0to\\0\\0", code: "unknown-option" },
  { what: "an option without its value", sent: "rsync\\0-M\\0.\\0to\\0\\0" },
  { what: "-s once more", sent: "rsync\\0-s\\0.\\0to\\0\\0" },
  { what: "a protocol before them", sent: " \\0\\0\\0rsync\\0.\\0to\\0\\0" },
  { what: "nothing to a server with one dash", server: "-server . to", sent: "" },
  { what: "nothing to one with a value", server: "-server=x . to", sent: "" },
];

test.for(broken)(
  "a client that sends $what is refused",
  async ({ server = "--server -slogDtpre.iLsfxCIvu", sent, code = "cannot-decide" }, { world, far }) => {
    const refused = await far.sh(`(printf '${sent}') | $RSYNC_RSH web1 "cd $PWD; exec rsync ${server}"`);
    expect({ ...refused, stderr: codesOf(refused.stderr) }).toEqual({ code: 78, stdout: "", stderr: [code] });
    expect(world.tree()).not.toHaveProperty("to");
  },
);

test("of a client that is killed in the middle nothing stays behind", async ({ far }) => {
  const guards = "$RSYNC_RSH web1 'ls -l /proc/[0-9]*/exe 2>/dev/null' | grep -c -e node -e rsync-guard";
  const { stdout } = await far.sh(`
    mkfifo input; exec 9<>input
    printf 'rsync\\0--delete\\0' >input
    $RSYNC_RSH web1 'rsync --server -slogDtpre.iLsfxCIvu' <input 9<&- 2>/dev/null & client=$!
    until [ "$(${guards})" = 1 ]; do sleep 0.05; done
    echo waits
    kill -9 $client
    until [ "$(${guards})" = 0 ]; do sleep 0.05; done`);
  expect(stdout).toBe("waits\n");
});

test("what follows the arguments is left to rsync: 10,000 files", async ({ world, far }) => {
  await world.sh("mkdir many && seq 10000 | split -l 1 -a 3 - many/f");
  expect(await far.sh(`${realRsync} -as "web1:$PWD/many/" here/`)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(await world.sh(sameMany("many", "here"))).toEqual({ code: 0, stdout: "10001\n", stderr: "" });
});
