/** The seam: the shim becomes the real rsync, which gets all that the caller gave, byte for byte. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { build } from "../support/build.ts";
import { programIn } from "../support/program.ts";
import { realRsync, test, type World } from "../support/world.ts";

/** A "real rsync" that notes what each call of it was started with; `$recorded` puts it on PATH behind the shim. */
const recorded = 'PATH=$PWD/bin:$PWD/real:$PATH; NODE=$PWD/bin; shim=$PWD/bin/rsync; recorder="$PWD/real/rsync"\n';
const recorder = `#!/bin/sh
case "$*" in *--out-format=*) until [ -e "\${0%/*}/1/terminals" ]; do sleep 0.01; done ;; esac
call=1
while ! mkdir "\${0%/*}/$call" 2>/dev/null; do call=$((call + 1)); done
here=\${0%/*}/$call
for word do printf '%s\\0' "$word"; done >"$here/argv"
cat /proc/$$/environ >"$here/environ"
terminals=
for fd in 0 1 2; do [ -t $fd ] && terminals=$terminals$fd; done
echo "$terminals" >"$here/terminals"
`;
const withRecorder = async (world: World) => {
  world.make({ "real/rsync": recorder, "src/a": "a\n", "src/b": "b\n" });
  expect((await world.sh("chmod +x real/rsync")).code).toBe(0);
};
const calls = (world: World) => readdirSync(join(world.folder, "real")).filter((name) => name !== "rsync");
/** What the caller's rsync was started with: that of the guard's own dry run waits for it. */
const noted = (world: World, name: string, call = "1") =>
  readFileSync(join(world.folder, "real", call, name), "latin1");

/** The three ways through the shim, and what is said of one whose real rsync prints nothing. */
const ways = [
  { way: "information", options: "--version", started: ["1"], says: "" },
  { way: "live", options: "-a", started: ["1"], says: "" },
  {
    way: "dry run",
    options: "-an",
    started: ["1", "2"],
    says: "rsync-guard: no plan of the live run could be made (rsync's output was not complete); it needs no dry run\n",
  },
];

const words = [
  { what: "a byte that is not UTF-8", word: "$(printf 'caf\\351')" },
  { what: "a newline", word: "$(printf 'a\\nb\\n.')" },
  { what: "blanks", word: "  a  b\t" },
  { what: "what a shell expands", word: "\\$(id)\\`id\\`*'\\\"\\\\!" },
  { what: "128 KiB - 1", word: "$(head -c 131071 /dev/zero | tr '\\0' x)" },
];

test.for(ways.flatMap((way) => words.map((word) => ({ ...way, ...word }))))(
  "arguments are the same bytes: $way with $what",
  async ({ options, word, started, says }, { world }) => {
    await withRecorder(world);
    const { code, stderr } = await world.sh(
      `${recorded} set -- ${options} src/a "${word}" new/; rsync "$@" && printf '%s\\0' "$@" | cmp - real/1/argv`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: says });
    expect(calls(world)).toEqual(started);
  },
);

test.for(words)("the operands of a plan are the same bytes: $what", async ({ word }, { world }) => {
  await withRecorder(world);
  expect((await world.sh(`${recorded} rsync -an src/a "${word}" new/`)).code).toBe(0);
  const [option, ...operands] = noted(world, "argv").split("\0");
  const [planOptions, planOperands] = noted(world, "argv", "2").split("\0--\0");
  expect(option).toBe("-an");
  expect(planOptions?.split("\0")).toEqual(expect.arrayContaining(["-n", "-a", "--out-format=%i %n%L"]));
  expect(planOperands?.split("\0")).toEqual(operands);
});

test("an empty argument is one", async ({ world }) => {
  await withRecorder(world);
  expect((await world.sh(`${recorded} rsync --version '' x`)).code).toBe(0);
  expect(noted(world, "argv")).toBe("--version\0\0x\0");
});

test.for(ways)("standard input, output and error are the caller's: $way", async ({ way, options }, { world }) => {
  world.make({ "src/a": "a\n", "src/b": "b\n" });
  const script = (rsync: string, to: string) =>
    world.sh(`printf 'a\\nmissing\\n' | ${rsync} ${options} --out-format=%n --files-from=- src/ ${to}/`);
  const [guarded, plain] = [await script("rsync", "one"), await script(realRsync, "two")];
  expect(guarded.code).toBe(plain.code);
  expect(guarded.stdout).toBe(plain.stdout.replaceAll("two", "one"));
  const own =
    way === "dry run" ? "rsync-guard: this dry run ended with exit code 23, so it does not count as one\n" : "";
  expect(guarded.stderr).toBe(plain.stderr + own);
  expect(plain.code).toBe(way === "information" ? 0 : 23);
  if (way === "live") expect(world.tree("one")).toEqual(world.tree("two"));
});

const codes = [
  { args: "--version", code: 0 },
  { args: "-a src/ new/", code: 0 },
  { args: "-an src/ new/", code: 0 },
  { args: "", code: 1 },
  { args: "-a --bwlimit=x src/ new/", code: 1 },
  { args: "-a src/ new/deeper/", code: 11 },
  { args: "-a missing new/", code: 23 },
  { args: "-an missing new/", code: 23 },
  { args: "-a src/ new//", code: 77 },
  { args: "--unheard-of src/ new/", code: 78 },
];

test.for(codes)("exit code $code: rsync $args", async ({ args, code }, { world }) => {
  world.make({ "src/a": "a\n" });
  expect((await world.sh(`rsync ${args}`)).code).toBe(code);
});

/** Starts a run that waits for its list of files, as $!; ready when rsync has its second process. */
const start = (args: string) => `
mkfifo hold
exec 8<>hold
setsid env --default-signal=INT,QUIT rsync ${args} --files-from=- src/ new/ <hold 8<&- &
for i in $(seq 500); do
  [ "$(readlink /proc/[0-9]*/exe | grep -cx ${realRsync})" -ge 2 ] && break
  sleep 0.02
done
`;

test("a live run is the same process, and is the real rsync", async ({ world }) => {
  world.make({ "src/a": "a\n" });
  const { code, stdout } = await world.sh(
    `${start("-a")} readlink /proc/$!/exe; tr '\\0' ' ' </proc/$!/cmdline; kill $!; wait $!`,
  );
  expect(stdout).toBe(`${realRsync}\n${realRsync} -a --files-from=- src/ new/ `);
  expect(code).toBe(20);
});

const signals = [
  { signal: "TERM", code: 20 },
  { signal: "INT", code: 20 },
  { signal: "HUP", code: 20 },
  { signal: "USR1", code: 19 },
  { signal: "QUIT", code: 128 + 3 },
];

test.for(["-a", "-an"].flatMap((args) => signals.map((row) => ({ args, ...row }))))(
  "SIG$signal ends rsync $args with exit code $code, and leaves no process behind",
  async ({ args, signal, code }, { world }) => {
    world.make({ "src/a": "a\n" });
    const outcome = await world.sh(
      `${start(args)} kill -${signal} $!; wait $!; code=$?
      for i in $(seq 100); do readlink /proc/[0-9]*/exe | grep -qx ${realRsync} || exit $code; sleep 0.02; done
      echo left behind`,
    );
    expect(outcome.code).toBe(code);
    expect(outcome.stdout).toBe("");
    expect(Object.keys(world.tree()).filter((path) => /approvals\/.*\.json$/.test(path))).toEqual([]);
  },
);

test.for(["-a", "-an"])("Ctrl-C, a signal to the whole group, ends rsync %s", async (args, { world }) => {
  world.make({ "src/a": "a\n" });
  const { code } = await world.sh(`${start(args)} kill -s INT -- -$!; wait $!`);
  expect(code).toBe(20);
});

const odd = [
  "'A-B=1' 'BASH_FUNC_f%%=() { :; }' PWD=/bogus OLDPWD=/old SHLVL=5 _=/under IFS=x PS4=y ENV=/none BASH_ENV=/none",
  "NODE_OPTIONS=--bad NODE_EXTRA_CA_CERTS=/x NODE_PATH=/y NODE_COMPILE_CACHE=/z OPENSSL_CONF=/o UV_THREADPOOL_SIZE=1",
  "ICU_DATA=/i SSL_CERT_FILE=/c MALLOC_PERTURB_=1 GLIBC_TUNABLES=glibc.malloc.check=3 LD_BIND_NOW=1",
  'EMPTY= TWO=a=b "LINES=$(printf \'a\\nb\')" "BYTE=$(printf \'\\351\')" "QUOTE=a\'b"',
].join(" ");
const shells = [
  { shell: "by its first line", call: '"$shim"' },
  { shell: "dash", call: '/bin/dash "$shim"' },
  { shell: "bash", call: '/bin/bash "$shim"' },
  { shell: "bash --posix", call: '/bin/bash --posix "$shim"' },
];

test.for(ways.flatMap((way) => shells.map((shell) => ({ ...way, ...shell }))))(
  "the environment is unchanged: $way, the shim run $shell",
  async ({ options, call, started, says }, { world }) => {
    await withRecorder(world);
    const { code, stderr } = await world.sh(
      `${recorded} env ${odd} "$recorder" && mv real/1 before
      env ${odd} ${call} ${options} src/ new/`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: says });
    expect(calls(world)).toEqual(started);
    const variables = (text: string) => text.split("\0").sort();
    const before = readFileSync(join(world.folder, "before/environ"), "latin1");
    expect(before).toContain("A-B=1");
    expect(variables(noted(world, "environ"))).toEqual(variables(before));
  },
);

test.for(ways.flatMap((way) => shells.map((shell) => ({ ...way, ...shell }))))(
  "a nearly empty environment stays so: $way, the shim run $shell",
  async ({ options, call }, { world }) => {
    await withRecorder(world);
    const { code } = await world.sh(`${recorded} env -i PATH="$PATH" ${call} ${options} src/ new/`);
    expect(code).toBe(0);
    expect(noted(world, "environ")).toBe(
      `PATH=${world.folder}/bin:${world.folder}/real:${world.folder}/bin:/usr/bin:/bin\0`,
    );
  },
);

test.for(ways)("a caller's variable that is called as one of the shim's is unchanged: $way", async (way, { world }) => {
  await withRecorder(world);
  const own = "rsync_guard_shim=a rsync_guard_answer=b rsync_guard_child=c rsync_guard_code=d";
  const { code } = await world.sh(`${recorded} env ${own} "$shim" ${way.options} src/ new/`);
  expect(code).toBe(0);
  expect(noted(world, "environ").split("\0")).toEqual(expect.arrayContaining(own.split(" ")));
});

const closings = ["<&-", ">&-", "2>&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-"];

test.for(ways.flatMap((way) => closings.map((closed) => ({ ...way, closed }))))(
  "with $closed it ends as an unguarded one: $way",
  async ({ options, closed }, { world }) => {
    world.make({ "src/a": "a\n" });
    const guarded = await world.sh(`rsync ${options} -v src/ one/ ${closed}`);
    const plain = await world.sh(`${realRsync} ${options} -v src/ two/ ${closed}`);
    const text = (stdout: string) => stdout.replace(/one|two/g, "new").replace(/[\d,.]+ bytes/g, "N bytes");
    expect({ code: guarded.code, stdout: text(guarded.stdout) }).toEqual({
      code: plain.code,
      stdout: text(plain.stdout),
    });
    const made = ({ one, two }: { one: string; two: string }) => [one, two].map((name) => name in world.tree());
    const [byGuarded, byPlain] = made({ one: "one", two: "two" });
    expect(byGuarded).toBe(byPlain);
  },
);

test.for(["-a", "-an"].flatMap((args) => [3, 7, 9].map((fd) => ({ args, fd }))))(
  "an inherited file descriptor $fd reaches rsync $args",
  async ({ args, fd }, { world }) => {
    world.make({ "src/a": "a\n", "src/b": "b\n", list: "b\n" });
    const run = `rsync ${args} --out-format=%n --files-from=/dev/fd/${fd} src/ new/`;
    const { code, stdout } = await world.sh(`${run} ${fd}<list`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "b\n" });
  },
);

test.for(["-a", "-an"])("standard input arrives with every other descriptor in use: %s", async (args, { world }) => {
  world.make({ "src/a": "a\n", "src/b": "b\n", list: "a\n" });
  const used = [3, 4, 5, 6, 7, 8, 9].map((fd) => `${fd}<list`).join(" ");
  const run = `rsync ${args} --out-format=%n --files-from=- src/ new/`;
  const { code, stdout } = await world.sh(`printf 'b\\n' | ${run} ${used}`);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "b\n" });
});

const spellings = [
  { how: "by its name", call: "rsync" },
  { how: "by a relative path", call: "./bin/rsync" },
  { how: "by its absolute path", call: '"$PWD/bin/rsync"' },
  { how: "not by a symlink", call: '"$(readlink -f bin/rsync)"' },
  { how: "through a chain of symlinks", call: '"$PWD/chain/two"' },
  { how: "with a space in every path", call: '"with a space/my rsync"' },
  { how: "from a relative element of PATH", call: "PATH=bin:/usr/bin:/bin rsync" },
  {
    how: "from an empty element of PATH",
    call: "cd bin; PATH=:/usr/bin:/bin; export PATH; cd ..; PATH=:bin:$PATH rsync",
  },
  { how: "by exec -a", call: "/bin/bash -c 'exec -a other rsync \"$@\"' sh" },
  { how: "as an argument of sh", call: "sh bin/rsync" },
  { how: "with dashes in its name", call: "PATH=$PWD/dashes:$PATH -rsync" },
];

test.for(spellings)("it can be called $how", async ({ call }, { world }) => {
  world.make({
    "src/a": "a\n",
    "chain/one": "-> ../bin/rsync",
    "chain/two": `-> ${world.folder}/chain/one`,
    "with a space/my rsync": "-> ../chain/two",
    "dashes/-rsync": "-> ../bin/rsync",
  });
  expect(await world.sh(`${call} -a src/ new/`)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("new")).toEqual(world.tree("src"));
  expect((await world.sh(`${call} -a src/ other//`)).code).toBe(77);
  expect(world.tree()).not.toHaveProperty("other");
});

test("a copy of the checkout with spaces in its path works", async ({ world }) => {
  programIn(world, "my guard");
  world.make({ "src/a": "a\n", "my bin/rsync": `-> ../my guard/${build.shim}` });
  const { code, stderr } = await world.sh(`
    rm bin/rsync
    PATH="$PWD/my bin:$PATH"; rsync -a src/ 'new one/' && rsync -a --delete src/ 'new one//'`);
  expect(code).toBe(77);
  expect(stderr).toContain("empty-variable");
  expect(world.tree("new one")).toEqual(world.tree("src"));
});

test.for(ways)("a terminal stays a terminal: $way", async ({ options, started }, { world }) => {
  await withRecorder(world);
  const { code } = await world.sh(`${recorded} export PATH; script -qec 'rsync ${options} src/ new/' /dev/null`);
  expect(code).toBe(0);
  const terminals = calls(world).map((call) => noted(world, "terminals", call));
  // the guard's own dry run has none, so that nobody can be asked for anything
  expect(terminals).toEqual(started.map((call) => (call === "1" ? "012\n" : "\n")));
});

test("a refusal says nothing on standard output", async ({ world }) => {
  world.make({ "src/a": "a\n" });
  const { code, stdout, stderr } = await world.sh("rsync -a src/ new//");
  expect({ code, stdout }).toEqual({ code: 77, stdout: "" });
  expect(stderr).toMatch(/^rsync-guard: refused, nothing ran: /);
});
