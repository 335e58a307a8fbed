/** A broken guard refuses: whatever is missing, cut short or unreadable, nothing runs and nothing is touched. */
import { expect } from "vitest";
import { build } from "../support/build.ts";
import { programIn } from "../support/program.ts";
import { realRsync, test, type World } from "../support/world.ts";

/** A copy of the guard, to be broken; its shim is first on PATH. */
async function install(world: World) {
  programIn(world, "guard");
  world.make({ "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" });
  expect((await world.sh(`ln -sfn ../${shim} bin/rsync`)).code).toBe(0);
}

const [shim, guard] = [`guard/${build.shim}`, `guard/${build.guard}`];
const runs = ["-a src/ new/", "-a --delete src/ dst/", "-an src/ new/", "-a --delete src/ dst//"];
const noStackTrace = /^ {4}at |node:internal|\.cjs:\d+/m;

/** In the place of a program, one that does this. */
const instead = (program: string, body: string) =>
  `rm ${program}; printf '%s\\n' '#!/bin/sh' ${body} >${program}; chmod +x ${program}`;
const bundle = (text: string) => `printf '%s' "${text}" >${guard}`;

/** What stands for a runtime: Node, or the executable itself. */
const brokenRuntimes = (program: string) => [
  { what: "a runtime that fails", script: instead(program, "'exit 1'") },
  { what: "a runtime that says nothing", script: instead(program, "'exit 0'") },
  { what: "a runtime that says something else", script: instead(program, "'echo touch dst/said'") },
  { what: "a runtime that is killed", script: instead(program, "'kill -KILL $$'") },
  {
    what: "a runtime that answers half and is killed",
    script: instead(program, `"printf %s 'exec '" 'kill -KILL $$'`),
  },
  { what: "a runtime that can't be started", script: instead(program, "'exit 127'") },
];
const breakages = {
  node: [
    ...brokenRuntimes("bin/node"),
    { what: "no bundle", script: `rm ${guard}` },
    { what: "an empty bundle", script: `: >${guard}` },
    { what: "half a bundle", script: `truncate -s -20000 ${guard}` },
    { what: "a bundle that throws", script: bundle("throw new Error('broken')") },
    { what: "a bundle that rejects", script: bundle("Promise.reject(new Error('broken'))") },
    { what: "a bundle that dies in its answer", script: bundle("process.stdout.write('exec '); process.exit(1)") },
    { what: "a bundle that ends without a verdict", script: bundle("console.log(':')") },
    { what: "a bundle that is a directory", script: `rm ${guard}; mkdir ${guard}` },
  ],
  standalone: [
    ...brokenRuntimes(guard),
    { what: "no executable", script: `rm ${guard}` },
    { what: "an empty executable", script: `: >${guard}` },
    ...["64", "5000", "$((size / 4))", "$((size / 2))", "$((size - 200000))", "$((size - 1))"].map((left) => ({
      what: `an executable cut to ${left} bytes`,
      script: `size=$(stat -c %s ${guard}); truncate -s ${left} ${guard}`,
    })),
    { what: "an executable that may not be run", script: `chmod -x ${guard}` },
    { what: "an executable that is a directory", script: `rm ${guard}; mkdir ${guard}` },
  ],
}[build.name];

test.for(breakages)("$what: every run is refused", async ({ script }, { world }) => {
  await install(world);
  await world.sh(script);
  const before = world.tree();
  for (const args of runs) {
    const { code, stdout, stderr } = await world.sh(`rsync ${args}`);
    expect({ args, code, stdout }).toEqual({ args, code: 78, stdout: "" });
    expect(stderr).toMatch(/^rsync-guard: refused, nothing ran: /m);
    expect(stderr).toMatch(/^ {2}next: /m);
    expect(stderr).not.toMatch(noStackTrace);
  }
  expect(world.tree()).toEqual(before);
});

test("the same copy, unbroken, lets an ordinary run go", async ({ world }) => {
  await install(world);
  expect(await world.sh("rsync -a src/ new/")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("new")).toEqual(world.tree("src"));
});

// in the executable it is not a file of its own
test.runIf(build.name === "node").for([
  { what: "without its reader", script: "rm guard/dist/config-file.cjs" },
  { what: "with half its reader", script: "truncate -s -20000 guard/dist/config-file.cjs" },
])("a configuration $what: refused, never passed over", async ({ script }, { world }) => {
  await install(world);
  world.make({ "config/rsync-guard.toml": 'mode = "enforce"\n' });
  expect((await world.sh("rsync -a src/ before/")).code).toBe(0);
  await world.sh(script);
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh("rsync -a src/ new/");
  expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
  expect(stderr).toMatch(/^rsync-guard: refused, nothing ran: /m);
  expect(stderr).not.toMatch(noStackTrace);
  expect(world.tree()).toEqual(before);
});

test.runIf(build.name === "node").for([
  { what: "without its words", script: "rm guard/dist/message.cjs" },
  { what: "with half its words", script: "truncate -s -20000 guard/dist/message.cjs" },
])("a guard $what still refuses, and lets an ordinary run go", async ({ script }, { world }) => {
  await install(world);
  await world.sh(script);
  const { code, stdout, stderr } = await world.sh("rsync -a src/ /etc");
  expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
  expect(stderr).toMatch(/^rsync-guard: refused, nothing ran: /m);
  expect(stderr).not.toMatch(noStackTrace);
  expect(await world.sh("rsync -a src/ new/")).toEqual({ code: 0, stdout: "", stderr: "" });
});

test.runIf(build.name === "node").for([
  { what: "without what sets aside", script: "rm guard/dist/set-aside.cjs" },
  { what: "with half of what sets aside", script: "truncate -s -20000 guard/dist/set-aside.cjs" },
])("a guard $what refuses where runs are to be undone, and lets others go", async ({ script }, { world }) => {
  await install(world);
  await world.sh(script);
  expect(await world.sh("rsync -a src/ new/")).toEqual({ code: 0, stdout: "", stderr: "" });
  world.make({ "config/rsync-guard.toml": '[undo]\nkeep_for = "7d"\n' });
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh("rsync -a src/ other/");
  expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
  expect(stderr).toMatch(/^rsync-guard: refused, nothing ran: /m);
  expect(world.tree()).toEqual(before);
});

test("a wrapper that calls the shim is no endless loop", async ({ world }) => {
  await install(world);
  world.make({ "wrapped/rsync": `#!/bin/sh\nexec "\${0%/*}/../${shim}" "$@"\n` });
  const { code } = await world.sh("chmod +x wrapped/rsync; PATH=$PWD/wrapped:$PATH timeout 5 rsync -a src/ new/");
  // run by the real rsync, or refused
  expect([0, 78]).toContain(code);
});

const onlyShims = [
  { what: "a copy of the shim", script: `cp "$(readlink -f bin/rsync)" other/rsync` },
  { what: "a hard link of the shim", script: `ln ${shim} other/rsync` },
  { what: "a symlink to the shim", script: `ln -s ../${shim} other/rsync` },
  { what: "a symlink to a copy", script: `cp ${shim} other/copy; ln -s copy other/rsync` },
];

test.for(onlyShims)("it does not take $what for the real rsync", async ({ script }, { world }) => {
  await install(world);
  world.make({ "other/": "" });
  const { code, stderr } = await world.sh(`${script}; PATH=$PWD/bin:$PWD/other:/usr/bin:/bin rsync -a src/ new/`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(world.tree("new")).toEqual(world.tree("src"));
});

test.for(onlyShims)("with no real rsync but $what every run is refused", async ({ script }, { world }) => {
  await install(world);
  world.make({ "other/": "" });
  await world.sh(script);
  const before = world.tree();
  const covered = [
    "bwrap",
    "--die-with-parent",
    "--dev-bind",
    "/",
    "/",
    "--ro-bind",
    `${world.folder}/${shim}`,
    realRsync,
    "--",
  ];
  const { code, stdout, stderr } = await world.sh("PATH=$PWD/bin:$PWD/other:/usr/bin; rsync -a src/ new/", {}, covered);
  expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
  expect(stderr).toContain("there is no rsync on PATH besides rsync-guard's shim");
  expect(world.tree()).toEqual(before);
});

const config = "config/rsync-guard.toml";
const badConfigs = [
  { what: "an unknown key", text: 'mode = "enforce"\nprotekt = []\n', says: [`${config}:2`, "protekt"] },
  { what: "a wrong type", text: 'protect = "/data"\n', says: [`${config}:1`, "protect"] },
  { what: "a wrong value", text: '[dry_run]\n\nfresh_for = "soon"\n', says: [`${config}:3`, "dry_run.fresh_for"] },
  { what: "a code that can't be allowed", text: 'allow = ["cannot-decide"]\n', says: [`${config}:1`, "cannot-decide"] },
  { what: "a link that can't be followed", text: "-> rsync-guard.toml", says: [config, "can't be read (ELOOP)"] },
  { what: "broken TOML", text: 'mode = "enforce\n', says: [`${config}:1`] },
  { what: "binary", text: "\u0000\u0001", says: [`${config}:1`] },
];

test.for(badConfigs)(
  "a configuration with $what: refused, with file, line and key",
  async ({ text, says }, { world }) => {
    world.make({ "src/a": "a\n", [config]: text });
    const before = world.tree();
    const { code, stdout, stderr } = await world.sh("rsync -a src/ new/");
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    for (const word of says) expect(stderr).toContain(word);
    expect(stderr).not.toMatch(noStackTrace);
    expect(world.tree()).toEqual(before);
    // what can lose nothing asks it only where something is wrong
    expect((await world.sh("rsync --version && rsync src/")).code).toBe(0);
    expect(await world.sh("rsync --delete src/")).toMatchObject({ code: 78, stdout: "" });
  },
);

const unusable = [
  { what: "that others may write", script: `chmod 666 ${config}`, says: "may be written by others: chmod go-w " },
  { what: "that is a directory", script: `rm ${config}; mkdir ${config}`, says: "is not a regular file" },
];

test.for(unusable)("a configuration $what: refused", async ({ script, says }, { world }) => {
  world.make({ "src/a": "a\n", [config]: 'mode = "observe"\n' });
  await world.sh(script);
  const before = world.tree();
  const { code, stderr } = await world.sh("rsync -a src/ new/");
  expect(code).toBe(78);
  expect(stderr).toContain(says);
  expect(stderr).not.toMatch(noStackTrace);
  expect(world.tree()).toEqual(before);
});

test("a good configuration is heard", async ({ world }) => {
  world.make({ "src/a": "new\n", "dst/a": "old, longer\n", [config]: '[dry_run]\nrequired = "never"\n' });
  expect(await world.sh("rsync -a src/ dst/")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("dst")).toEqual(world.tree("src"));
});

const approvals = "state/rsync-guard/approvals";
const badStates = [
  { what: "read-only", script: `rm -r state; XDG_STATE_HOME=/usr/share`, code: 77 },
  { what: "a file", script: "rm -r state; touch state", code: 78 },
  { what: "a device", script: "rm -r state; ln -s /dev/full state", code: 78 },
  { what: "a link that leads nowhere", script: "rm -r state; ln -s nowhere state", code: 77 },
  { what: "a link to another directory", script: `mv ${approvals} other; ln -s $PWD/other ${approvals}`, code: 78 },
  { what: "writable by others", script: `chmod 777 ${approvals}`, code: 78 },
  { what: "someone else's", script: `chown 12345 ${approvals} || exit 99`, code: 78 },
];
const deleting = "rsync -a --delete src/ dst/";

test.for(badStates)(
  "a state directory that is $what: nothing is approved",
  async ({ script, code }, { world, skip }) => {
    world.make({ "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" });
    expect((await world.sh(`${deleting} -n`)).code).toBe(0);
    const before = world.tree("dst");
    const live = await world.sh(`${script}; export XDG_STATE_HOME; ${deleting}`);
    if (live.code === 99) skip("only root can give a directory away");
    expect({ code: live.code, stdout: live.stdout }).toEqual({ code, stdout: "" });
    expect(live.stderr).not.toMatch(noStackTrace);
    expect(world.tree("dst")).toEqual(before);
  },
);

test.for(badStates)(
  "a state directory that is $what: a dry run says that it does not count",
  async (state, { world, skip }) => {
    world.make({ "src/a": "new\n", "dst/a": "old, longer\n", [`${approvals}/`]: "" });
    const { code, stderr } = await world.sh(`${state.script}; export XDG_STATE_HOME; ${deleting} -n`);
    if (code === 99) skip("only root can give a directory away");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^rsync-guard: this dry run could not be recorded, so it does not count: .+$/m);
    expect(stderr).not.toMatch(noStackTrace);
  },
);

// a limit of the size of files stands for a full disk: writing fails in the same place
test("a full disk: the dry run does not count, and no half record stays", async ({ world }) => {
  world.make({ "src/a": "new\n", "dst/a": "old, longer\n" });
  const { code, stderr } = await world.sh(`trap '' XFSZ; ulimit -f 0; ${deleting} -n`);
  expect(code).toBe(0);
  expect(stderr).toMatch(/could not be recorded, so it does not count: .*EFBIG/);
  expect(stderr).not.toMatch(noStackTrace);
  expect(Object.keys(world.tree(approvals))).toEqual(["."]);
  expect((await world.sh(deleting)).code).toBe(77);
});

const corruptions = [
  { what: "emptied", script: ': >"$record"' },
  { what: "cut short", script: 'truncate -s 100 "$record"' },
  { what: "null", script: 'echo null >"$record"' },
  { what: "binary", script: 'head -c 500 /dev/urandom >"$record"' },
  { what: "another command's", script: `sed -i s,dst,other, "$record"` },
  { what: "without its fields", script: `sed -i 's/"fields"/"feelds"/' "$record"` },
  { what: "without its time", script: `sed -i 's/"at": *[0-9]*/"at": null/' "$record"` },
  { what: "without its session", script: `sed -i 's/"session"/"sessions"/' "$record"` },
  { what: "writable by others", script: 'chmod 666 "$record"' },
  { what: "a directory", script: 'rm "$record"; mkdir "$record"' },
];

test.for(corruptions)("a record that is $what approves nothing", async ({ script }, { world }) => {
  world.make({ "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" });
  expect((await world.sh(`${deleting} -n`)).code).toBe(0);
  expect((await world.sh(`for record in ${approvals}/*.json; do ${script}; done`)).code).toBe(0);
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh(deleting);
  expect([77, 78]).toContain(code);
  expect(stdout).toBe("");
  expect(stderr).not.toMatch(noStackTrace);
  expect(world.tree()).toEqual(before);
});

const lostDeletions = [
  { what: "emptied", script: ': >"$deletions"' },
  { what: "cut short", script: 'truncate -s -8 "$deletions"' },
  { what: "missing", script: 'rm "$deletions"' },
  { what: "binary", script: 'head -c 8 /dev/urandom >"$deletions"' },
  { what: "writable by others", script: 'chmod 666 "$deletions"' },
  { what: "a directory", script: 'rm "$deletions"; mkdir "$deletions"' },
];

test.for(lostDeletions)("what a plan deletes is $what: it approves nothing", async ({ script }, { world }) => {
  world.make({ "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" });
  expect((await world.sh(`${deleting} -n`)).code).toBe(0);
  expect((await world.sh(`deletions=$(echo ${approvals}/*.deletions); ${script}`)).code).toBe(0);
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh(deleting);
  expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
  expect(stderr).toContain("the records of dry runs: ");
  expect(stderr).not.toMatch(noStackTrace);
  expect(world.tree()).toEqual(before);
});

test("the same record, untouched, approves", async ({ world }) => {
  world.make({ "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" });
  expect((await world.sh(`${deleting} -n && ${deleting}`)).code).toBe(0);
  expect(world.tree("dst")).toEqual(world.tree("src"));
});
