/** Odd input: a clear message, or rsync's own; never a stack trace, never a run that a rule would have stopped. */
import { expect } from "vitest";
import { build, checkout } from "../support/build.ts";
import { realRsync, test, type World } from "../support/world.ts";

const noStackTrace = /^ {4}at |node:internal|\.cjs:\d+/m;
const many = "$(seq -f 'none%.0f' 100000)";

test("100,000 arguments: rsync's own answer", async ({ world }) => {
  world.make({ "src/a": "a\n" });
  const plain = await world.sh(`${realRsync} -a src/a ${many} one/`);
  const guarded = await world.sh(`rsync -a src/a ${many} two/`);
  expect(plain.code).toBe(23);
  expect(guarded.code).toBe(plain.code);
  expect(guarded.stderr.split("\n").length).toBe(plain.stderr.split("\n").length);
  expect(world.tree("two")).toEqual(world.tree("one"));
});

const kept = { "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" };
const oddArguments = [
  { what: "30,000 sources", args: `-a --delete src/ ${many.replace("100000", "30000")} dst//` },
  { what: "100,000 options", args: `-a $(yes -- --delete | head -n 100000) src/ dst//` },
  { what: "128 KiB - 1 in one argument", args: `-a --delete src/ "dst//$(head -c 131066 /dev/zero | tr '\\0' x)"` },
  { what: "a destination that is not UTF-8", args: `-a --delete src/ "dst//$(printf '\\351\\377')"` },
  { what: "control characters", args: `-a --delete src/ "dst//$(printf '\\033[2Jx\\ny')"` },
];

test.for(oddArguments)("$what: still refused, in few lines", async ({ args }, { world }) => {
  world.make(kept);
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh(`rsync ${args}`);
  expect({ code, stdout }).toEqual({ code: 77, stdout: "" });
  expect(stderr).toContain("empty-variable");
  expect(stderr).not.toMatch(noStackTrace);
  // no byte that moves a cursor or ends a line reaches the terminal, and nothing scrolls away
  expect(stderr).not.toMatch(/[^\P{Cc}\n]/u);
  expect(stderr.split("\n").length).toBeLessThan(30);
  expect(world.tree()).toEqual(before);
});

test("a bundle of letters that rsync does not know: named, exit code 78", async ({ world }) => {
  world.make(kept);
  const { code, stderr } = await world.sh("rsync -aG src/ dst/");
  expect(code).toBe(78);
  expect(stderr).toContain("-aG contains -G, which rsync-guard does not know");
});

const inDeleted = (command: string) => `mkdir gone && cd gone && rmdir ../gone && ${command}`;

test("in a deleted directory, a relative path can't be decided", async ({ world }) => {
  world.make(kept);
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh(inDeleted("rsync -a ../src/ new/"));
  expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
  expect(stderr).toContain("the current directory has been deleted");
  expect(stderr).not.toMatch(noStackTrace);
  expect(world.tree()).toEqual(before);
});

test.for(["-a", "-an"])(
  "in a deleted directory, absolute paths: rsync's own answer to %s",
  async (options, { world }) => {
    world.make({ "src/a": "a\n" });
    const run = (rsync: string, to: string) =>
      world.sh(inDeleted(`${rsync} ${options} "${world.folder}/src/" "${world.folder}/${to}/"`));
    const [guarded, plain] = [await run("rsync", "one"), await run(realRsync, "two")];
    expect({ code: guarded.code, stdout: guarded.stdout }).toEqual({ code: plain.code, stdout: plain.stdout });
    expect(guarded.stderr).not.toMatch(noStackTrace);
    expect("one" in world.tree()).toBe("two" in world.tree());
  },
);

/** As a user who may not see everything; as root that is another one. */
async function unprivileged(world: World, skip: (why: string) => never) {
  if (process.getuid?.() !== 0) return (command: string) => world.sh(command);
  const as = "setpriv --reuid=65534 --regid=65534 --clear-groups --";
  const { code, stderr } = await world.sh(`chown -R 65534:65534 . && ${as} test -r ${checkout}/${build.guard}`);
  if (code !== 0) skip(`another user can't read the checkout: ${stderr.trim()}`);
  return (command: string) => world.sh(`${as} sh -c '${command}'`);
}

test("an unreadable source: rsync's own answer", async ({ world, skip }) => {
  world.make({ "src/a": "a\n", "src/locked/b": "b\n" });
  const run = await unprivileged(world, skip);
  await run("chmod 0 src/locked");
  const plain = await run(`${realRsync} -a src/ two/`);
  const guarded = await run("rsync -a src/ one/");
  await run("chmod -R u+rwx .");
  expect(plain.code).toBe(23);
  expect(guarded).toEqual(plain);
  expect(world.tree("one")).toEqual(world.tree("two"));
});

const hidden = [
  { what: "an unreadable destination", mode: "0", to: "dst/", codes: ["no-dry-run"] },
  { what: "a destination that can be entered, not listed", mode: "111", to: "dst/", codes: ["no-dry-run"] },
  { what: "below an unreadable directory", mode: "0", to: "dst/deeper/", codes: ["no-dry-run"] },
];

test.for(hidden)("$what counts as one that holds something", async ({ mode, to, codes }, { world, skip }) => {
  world.make({ ...kept, "dst/deeper/c": "c\n" });
  const run = await unprivileged(world, skip);
  const before = world.tree("dst");
  await run(`chmod ${mode} dst`);
  const { code, stdout, stderr } = await run(`rsync -a src/ ${to}`);
  await run("chmod 755 dst");
  expect({ code, stdout }).toEqual({ code: 77, stdout: "" });
  for (const word of codes) expect(stderr).toContain(word);
  expect(stderr).not.toMatch(noStackTrace);
  expect(world.tree("dst")).toEqual(before);
});

/** A directory that can be entered, but not listed: what is in it is not seen, and no error. */
const unlistable = [
  {
    what: "above what would be deleted",
    files: { "u/v/x/b": "b\n" },
    lock: "chmod 311 u",
    script: "rsync -a --delete -n src/ u/v/",
    says: /^rsync-guard: the live run would delete 1 file, 1 directory .*; add 1 file.*; approved for 15 min\n$/,
  },
  {
    what: "in which a server looks for names",
    files: { "g/x": "x\n" },
    lock: "chmod 311 g",
    script: `printf "rsync\\\\0-logDtpre.iLsfxCIvu\\\\0.\\\\0g/x*\\\\0\\\\0" | rsync --server -s >answer; [ $? = 12 ]`,
    says: /^(?!rsync-guard)/,
  },
].flatMap((row) => [
  { ...row, name: `${row.what}: not listable` },
  { ...row, name: `${row.what}: listable`, lock: ":" },
]);

test.for(unlistable)("a directory $name", async ({ files, lock, script, says }, { world, skip }) => {
  world.make({ "src/a": "a\n", ...files });
  const run = await unprivileged(world, skip);
  await run(lock);
  const { code, stderr } = await run(script);
  await run("chmod -R u+rwx .");
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(says) });
});

test.for([
  { lock: "chmod 0 m/x", code: 78, says: /where they lead can't be known, since \S*\/m\/x can't be listed\n/ },
  { lock: ":", code: 0, says: /; approved for 15 min\n$/ },
])("with -K, $lock below the destination: $code", async ({ lock, code, says }, { world, skip }) => {
  world.make({ "src/a": "a\n", "m/x/": "" });
  const run = await unprivileged(world, skip);
  await run(lock);
  const dry = await run("rsync -aK -n --delete --exclude=x src/ m");
  await run("chmod -R u+rwx .");
  expect({ ...dry, stdout: "" }).toEqual({ code, stdout: "", stderr: expect.stringMatching(says) });
});

test("an option's empty file name stands for no file, where that is allowed", async ({ world }) => {
  world.make({ ...kept, "config/rsync-guard.toml": 'allow = ["empty-argument"]\n' });
  const run = "rsync -a --delete --exclude-from= src/ dst/";
  const dry = await world.sh(`${run} -n`);
  expect({ ...dry, stderr: dry.stderr.replace(/.*; /, "") }).toEqual({
    code: 0,
    stdout: "",
    stderr: "approved for 15 min\n",
  });
  expect(await world.sh(run)).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("without a free descriptor a plan can't be made, and that is said", async ({ world }) => {
  world.make(kept);
  for (const limit of [14, 16, 18, 20, 22, 24, 26]) {
    const { stderr } = await world.sh(`ulimit -n ${limit}; rsync -an --delete src/ dst/`);
    expect({ limit, stderr }).toEqual({ limit, stderr: expect.not.stringMatching(/undefined|could not be recorded/) });
  }
});

const servers = [
  { args: "--server -logDtpre.iLsfxCIvu . new", code: 12 },
  { args: "--server -nlogDtpre.iLsfxCIvu --delete . dst", code: 12 },
  { args: "--server --sender -logDtpre.iLsfxCIvu . src/", code: 12 },
  { args: "--server -logDtpre.iLsfxCIvu . dst", code: 12 },
  { args: "--server -logDtpre.iLsfxCIvu --delete . dst", code: 77 },
  { args: "--server -logDtpre.iLsfxCIvu --delete . dst//", code: 77 },
  { args: "--server --sender -logDtpre.iLsfxCIvu --remove-source-files . src/", code: 77 },
  { args: "--server -se.iLsfxCIvu", code: 78 },
  { args: "--server --sender -se.iLsfxCIvu --remove-source-files", code: 78 },
];

test.for(servers)("rsync $args, with nobody on the other side: $code", async ({ args, code }, { world }) => {
  world.make(kept);
  const before = world.tree();
  const guarded = await world.sh(`rsync ${args} >answer`);
  expect(guarded.code).toBe(code);
  expect(guarded.stderr).not.toMatch(noStackTrace);
  const plain = await world.sh(
    `${realRsync} ${args} | head -c 4 >plain; head -c 4 answer | cmp - ${code === 12 ? "plain" : "/dev/null"}`,
  );
  expect(plain.code).toBe(0);
  // a dry run that failed is noted, for its live run to name it
  const others = Object.entries(world.tree()).filter(([name]) => !/^(?:answer|plain|state\b.*)$/.test(name));
  expect(Object.fromEntries(others)).toEqual(before);
});

const openrsync = `#!/bin/sh
case $* in
--version) echo "openrsync: protocol version 29"; echo "rsync version 2.6.9 compatible" ;;
*--no-h*) echo "rsync: unrecognized option --no-h" >&2; exit 1 ;;
*) exec ${realRsync} "$@" ;;
esac
`;

test("behind openrsync a run that needs a plan is refused, and others run", async ({ world }) => {
  world.make({ "src/a": "a\n", "dst/b": "b\n", "real/rsync": openrsync });
  const { code, stdout, stderr } = await world.sh(
    'chmod +x real/rsync; PATH="$PWD/bin:$PWD/real:$PATH"; rsync -a src/ new/ && rsync -an --delete src/ dst/; rsync -a --delete src/ dst/',
  );
  expect({ code, stdout }).toEqual({ code: 77, stdout: "" });
  expect(stderr).toContain("the real rsync is openrsync");
  expect(Object.keys(world.tree("new"))).toContain("a");
  expect(Object.keys(world.tree("dst"))).toContain("b");
});

/** A real rsync that has that option too, as vendors patch it in. */
const lists = (option: string) =>
  `#!/bin/sh\ncase $* in --help) echo "${option}   patched in"; ;; *${option}*) touch patched ;; *) exec ${realRsync} "$@" ;; esac\n`;

test.for([
  { args: "-a --fileflags src/ new/", option: "--fileflags", code: 0 },
  { args: "-a --fileflags src/ new/", option: "--crtimes", code: 78 },
  { args: "-a src/ new/", option: "--fileflags", code: 0 },
])("the real rsync's help lists $option: $args ends with $code", async ({ args, option, code }, { world }) => {
  world.make({ "src/a": "a\n", "real/rsync": lists(option) });
  const run = await world.sh(`chmod +x real/rsync; PATH="$PWD/bin:$PWD/real:$PATH" rsync ${args}`);
  expect(run.code).toBe(code);
  expect(run.stderr).toMatch(code === 0 ? /^$/ : /this rsync's --help\s+does not list it/);
});

/** A real rsync that says it is of that version: older ones can't be had, and only what they say is asked. */
const saysVersion = (version: string) =>
  `#!/bin/sh\ncase $* in --version) echo "rsync  version ${version}  protocol version 31" ;; *) exec ${realRsync} "$@" ;; esac\n`;

test.for([
  { version: "3.1.3", args: "-a src/ 'host:my dir/'", codes: "old-args", code: 78 },
  { version: "3.2.4", args: "-a src/ 'host:my dir/'", codes: "no-dry-run", code: 77 },
  { version: "3.1.3", args: "-a src/ host:dir/", codes: "no-dry-run", code: 77 },
  { version: "3.2.3", args: "-ab --backup-dir='my old' src/ host:dir/", codes: "old-args", code: 78 },
  { version: "3.2.7", args: "-ab --backup-dir='my old' src/ host:dir/", codes: "no-dry-run", code: 77 },
  { version: "3.2.7", args: "-a -M--fake-super src/ new/", codes: "cannot-decide", code: 78 },
  { version: "3.3.0", args: "-a -M--fake-super src/ new/", codes: null, code: 0 },
])("the real rsync is $version: $args ends with $code", async ({ version, args, codes, code }, { world }) => {
  world.make({ "src/a": "a\n", "real/rsync": saysVersion(version) });
  const run = await world.sh(`chmod +x real/rsync; PATH="$PWD/bin:$PWD/real:$PATH" rsync ${args}`);
  expect({ code: run.code, codes: /^ {2}codes: ([\w-]+)/m.exec(run.stderr)?.[1] ?? null }).toEqual({ code, codes });
});
