/**
 * A table of transparency: rsync is started in many states, with the guard and without it, and tells what arrived. Each
 * shell that may be /bin/sh has its turn. What differs is a row of `differences`, and a line of docs/transparency.md.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { build, checkout, program } from "../support/build.ts";
import { realRsync, test, type World } from "../support/world.ts";

const shells = ["dash", "bash", "busybox", "mksh"] as const;
type Shell = (typeof shells)[number];

/** None has a plan, which would start the real rsync once more. */
const commands = { "live run": "-a", "dry run": "-an" };
type Mode = keyof typeof commands;
const modes = Object.keys(commands) as readonly Mode[];

/** By name, what test/support/states.c is told. */
const entered: Readonly<Record<string, string>> = {
  ordinary: "",
  odd: "called:rsync block:USR1 ignore:HUP ignore:PIPE ignore:TTIN nice:5 umask:027 ioprio:16388 affinity:0 slack:70000 personality:0x40000 scheduler:3 limit:7:64 limit:4:0 open:3:5",
  "INT and QUIT ignored": "ignore:INT ignore:QUIT",
  "SIGCHLD blocked": "block:CHLD set:STATES_END=nap",
  "SIGCHLD ignored": "ignore:CHLD",
  "descriptors 3 to 9 open": "open:3:9",
  "no descriptor open": "close:0 close:1 close:2",
  "its directory deleted": "gone:deleted",
  "what only this process has": "pdeath:TERM subreaper alarm:100",
  "SHELLOPTS=noexec": "set:SHELLOPTS=noexec",
  "other options of the shell":
    "set:SHELLOPTS=xtrace:verbose:errexit:nounset:noglob:noclobber set:BASHOPTS=nullglob:failglob",
  "variables of shells":
    "set:PWD=/x set:OLDPWD=/old set:_=/under set:SHLVL=5 set:IFS=x set:A-B=1 set:RANDOM=1 set:COLUMNS=3 set:LINENO=4 set:PPID=4 set:OPTIND=3 set:PS1=x set:PS4=x set:ENV=/none set:BASH_ENV=/none set:UID=4 set:EUID=4 set:GROUPS=x set:SECONDS=5 set:TMOUT=5 set:POSIXLY_CORRECT=1 set:BASH_COMPAT=4.2 set:CDPATH=/usr set:KSH_VERSION=1 set:BASH_FUNC_f%%=x",
  // the executable does with them
  ...(build.name === "node" ? { "16 descriptors": "limit:7:16", "256 MB of memory": "limit:9:268435456" } : {}),
  "10 descriptors": "limit:7:10",
  "a terminal": "terminal",
  "a terminal, in the background, with tostop": "background",
  "a session of its own": "session",
  "the first byte": "answer set:STATES_END=answer",
  ...Object.fromEntries([23, 130, 255].map((code) => [`it ends with ${code}`, `set:STATES_END=exit:${code}`])),
  ...Object.fromEntries(["TERM", "SEGV"].map((name) => [`it is ended by ${name}`, `set:STATES_END=kill:${name}`])),
  ...Object.fromEntries(
    ["HUP", "INT", "QUIT", "TERM", "USR2", "ALRM", "STOP", "KILL"].map((name) => [
      `${name} to its pid`,
      `set:STATES_END=wait send:${name}`,
    ]),
  ),
  "TERM to its pid, SIGCHLD blocked": "block:CHLD set:STATES_END=wait send:TERM",
  "HUP to its pid, which ignores it": "set:STATES_END=catch ignore:HUP send:HUP",
  ...Object.fromEntries(["INT", "QUIT"].map((name) => [`${name} to its group`, `set:STATES_END=wait group:${name}`])),
};
const states = Object.keys(entered);
/** Real, effective and saved. */
const users: Readonly<Record<string, string>> = {
  "a lowered effective user": "set:XDG_STATE_HOME=$PWD/other uids:0,1000,0",
  "a raised effective user": "uids:1000,0,0",
  "another user": "set:XDG_STATE_HOME=$PWD/other uids:1000,1000,1000",
  "a user who was root": "set:XDG_STATE_HOME=$PWD/other uids:1000,1000,0",
  "another effective group": "gids:0,1000,1000",
};

interface Difference {
  /** How docs/transparency.md says it, and why it is so. */
  readonly said: string;
  /** The lines of the report. */
  readonly lines: readonly string[];
  readonly modes?: readonly Mode[];
  readonly shells?: readonly Shell[];
  readonly states?: readonly string[];
}

const dryRun: readonly Mode[] = ["dry run"];
const signalled = (...names: readonly string[]) => names.map((name) => `${name} to its pid`);
/** The guard can't start in these. */
const narrow = build.name === "node" ? ["16 descriptors", "256 MB of memory"] : [];
/** Nor can sh open the shim; bash can. */
const tooNarrow = ["10 descriptors"];
const blocked = ["SIGCHLD blocked", "TERM to its pid, SIGCHLD blocked"];
const ran = [...states, ...Object.keys(users), "an old env"].filter(
  (state) => ![...narrow, ...tooNarrow].includes(state),
);

const differences: readonly Difference[] = [
  { said: "`argv[0]` is the real rsync's full path.", lines: ["argv[0]"], states: ["odd"] },
  {
    said: "The environment's variables are in another order, since sh writes them anew.",
    lines: ["environment's order"],
    states: ran,
  },
  {
    said: "An ignored SIGCHLD is at its default where sh is dash or busybox: they have to hear of their children.",
    lines: ["SigIgn"],
    shells: ["dash", "busybox"],
    states: ["SIGCHLD ignored"],
  },
  {
    said: "A blocked SIGCHLD is pending where sh is dash, for the guard was its child.",
    lines: ["ShdPnd"],
    modes: ["live run"],
    shells: ["dash"],
    states: blocked,
  },
  {
    said: "No signal is blocked where sh is mksh, and in a dry run SIGCHLD is not where it is bash: they unblock them.",
    lines: ["SigBlk"],
    shells: ["mksh"],
    states: ["odd"],
  },
  { said: "", lines: ["SigBlk"], modes: dryRun, shells: ["bash", "mksh"], states: blocked },
  {
    said: "A raised effective user is lowered to the real one where sh is busybox, as in each of its scripts.",
    lines: ["CapEff", "CapPrm", "Uid", "dumpable", "secure", "variable SHLVL"],
    shells: ["busybox"],
    states: ["a raised effective user"],
  },
  {
    said: "With a lowered effective user variables that sh sets or corrects (`_`, SHLVL, PWD) stay so: what they were can't be read from /proc.",
    lines: ["variable SHLVL"],
    shells: ["bash", "busybox"],
    states: ["a lowered effective user"],
  },
  { said: "", lines: ["variable _"], shells: ["mksh"], states: ["a lowered effective user"] },
  { said: "", lines: ["variable _"], modes: dryRun, shells: ["bash"], states: ["a lowered effective user"] },
  {
    said: "If descriptors 3 to 9 are all in use, dash leaves the shim's own file open, for reading, in a live run.",
    lines: ["fd 10"],
    modes: ["live run"],
    shells: ["dash"],
    states: ["descriptors 3 to 9 open"],
  },
  {
    said: "In a directory that was deleted, dash and bash say on stderr that they can't find it.",
    lines: ["stderr"],
    shells: ["dash", "bash"],
    states: ["its directory deleted"],
  },
  {
    said: "With fewer than 24 descriptors (`ulimit -n`; Node needs them) or 1 GB of address space (`ulimit -v`) it is refused with exit code 78. dash, busybox and mksh first say by which signal the guard was ended.",
    lines: ["nothing ran, exit code 78"],
    states: narrow,
  },
  { said: "", lines: ["stderr"], shells: ["dash", "busybox", "mksh"], states: narrow },
  {
    said: "With fewer than 12 descriptors all but bash can't open the shim: nothing runs, and exit code and words are those of sh.",
    lines: ["stderr", "nothing ran, exit code 2"],
    shells: ["dash", "busybox"],
    states: tooNarrow,
  },
  { said: "", lines: ["stderr", "nothing ran, exit code 127"], shells: ["mksh"], states: tooNarrow },
  {
    said: "The shim waits for rsync, so rsync has another pid and parent.",
    lines: ["parent", "pid"],
    modes: dryRun,
    states: ran,
  },
  {
    said: "It keeps what only the process that was started has: an alarm (it is passed on when it goes off), a signal at the parent's end, and whether it is a subreaper.",
    lines: ["alarm", "signal at the parent's end", "subreaper"],
    modes: dryRun,
    states: ["what only this process has"],
  },
  {
    said: "KILL and STOP to its pid alone don't reach rsync, and neither does a signal that was ignored when it was started (HUP, after nohup): sh can't catch these.",
    lines: ["left behind"],
    modes: dryRun,
    states: signalled("KILL"),
  },
  { said: "", lines: ["stopped"], modes: dryRun, states: signalled("STOP") },
  { said: "", lines: ["end"], modes: dryRun, states: ["HUP to its pid, which ignores it"] },
  {
    said: "If SIGCHLD is blocked (bash unblocks it), or descriptors 3 to 9 are all in use, no signal to its pid reaches rsync: then sh can't run it in the background.",
    lines: ["end"],
    modes: dryRun,
    shells: ["dash", "busybox", "mksh"],
    states: ["TERM to its pid, SIGCHLD blocked"],
  },
  {
    said: "INT and QUIT are ignored where env has no `--default-signal` (busybox; GNU coreutils before 8.31), as in each background job of sh.",
    lines: ["SigIgn"],
    modes: dryRun,
    states: ["an old env"],
  },
  {
    said: "If it ends with 128 and a signal's number, sh can't tell an exit code of rsync's (a remote shell's) from a death by that signal. 129, 130 and 143 count as exit codes, since rsync catches these signals, the others as deaths.",
    lines: ["end"],
    modes: dryRun,
    states: ["it is ended by TERM"],
  },
  {
    said: "A death by QUIT becomes exit code 131 where sh is bash or busybox, and a death by any signal an exit code where it is mksh.",
    lines: ["end"],
    modes: dryRun,
    shells: ["bash", "busybox", "mksh"],
    states: [...signalled("QUIT"), "QUIT to its group"],
  },
  { said: "", lines: ["end"], modes: dryRun, shells: ["mksh"], states: signalled("HUP", "INT", "TERM", "ALRM") },
];

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "states-"));
  execFileSync("cc", ["-O1", "-o", join(folder, "states"), join(checkout, "test/support/states.c"), "-lutil"]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What differs between two reports, by the names of their lines. */
function compared(
  plain: Readonly<Record<string, string>>,
  guarded: Readonly<Record<string, string>>,
): readonly string[] {
  if (guarded["pid"] === undefined) return [`nothing ran, ${guarded["end"]}`, ...(guarded["stderr"] ? ["stderr"] : [])];
  return [...new Set([...Object.keys(plain), ...Object.keys(guarded)])]
    .filter((name) => plain[name] !== guarded[name])
    .sort();
}

const text = (world: World, path: string) =>
  existsSync(join(world.folder, path)) ? readFileSync(join(world.folder, path), "latin1") : "";

function reportOf(world: World, path: string): Readonly<Record<string, string>> {
  const lines = text(world, path)
    .split("\n")
    .filter((line) => line !== "" && !/^(?:rsync=|variable STATES_)/.test(line))
    .map((line) => line.split(/=(.*)/s).slice(0, 2));
  // what the guard says is its own; else not a word may be said
  const said = (name: string) =>
    text(world, `${path}.${name}`)
      .replaceAll("\r", "")
      .replace(/^rsync-guard: .*\n(?: {2}.*\n)*/gm, "");
  return { ...Object.fromEntries(lines), stdout: said("out"), stderr: said("err") };
}

/** Starts each state of the names with and without the guard, as shell commands, and compares what arrived. */
const startBoth = (names: readonly string[], options: string) =>
  names.flatMap((state, at) =>
    Object.entries({ plain: "real", guarded: "installed" }).map(([who, where]) => {
      const report = `out/${at}.${who}`;
      const command = `"$PWD/${where}/rsync" ${options} --files-from=- "$PWD/src/" "$PWD/new/"`;
      return `./states "$PWD/${report}" ${entered[state] ?? users[state] ?? ""} -- ${command} </dev/null >${report}.out 2>${report}.err\n`;
    }),
  );
const foundBy = (world: World, names: readonly string[]) =>
  names.map((state, at) => ({
    state,
    lines: compared(reportOf(world, `out/${at}.plain`), reportOf(world, `out/${at}.guarded`)),
  }));
const expectedOf = (names: readonly string[], mode: Mode, shell: Shell) =>
  names.map((state) => {
    const rows = differences.filter(
      ({ modes = [mode], shells = [shell], states = [state] }) =>
        modes.includes(mode) && shells.includes(shell) && states.includes(state),
    );
    return { state, lines: [...new Set(rows.flatMap(({ lines }) => lines))].sort() };
  });

const install = (world: World, shell: Shell) => {
  world.make({ "src/": "", "out/": "", "real/": "" });
  for (const name of ["states", "real/rsync"]) copyFileSync(join(folder, "states"), join(world.folder, name));
  // as where /bin/sh is a link to it
  const line = `1s|/bin/sh${shell === "busybox" ? " -p" : ""}|$PWD/sh|`;
  return `ln -s /usr/bin/${shell} sh && chmod 755 . && chmod 777 out && PATH="$PWD/real:$PATH" ${program} install --bin-dir "$PWD/installed" >/dev/null && sed -i "${line}" installed/rsync`;
};

const rows = modes.flatMap((mode) => shells.map((shell) => ({ mode, shell })));

test.concurrent.for(rows)(
  "a $mode is as without the guard, where sh is $shell",
  { timeout: 300_000 },
  async ({ mode, shell }, { world, skip }) => {
    if (!existsSync(`/usr/bin/${shell}`)) skip(`there is no /usr/bin/${shell}`);
    // a live run has become rsync by then, whatever sh is
    const names = states.filter(
      (state) =>
        (mode === "dry run" || shell === "dash" || !/STATES_END/.test(entered[state] ?? "")) &&
        (shell !== "bash" || !tooNarrow.includes(state)),
    );
    expect(await world.sh(install(world, shell))).toEqual({ code: 0, stdout: "", stderr: "" });
    const started = startBoth(names, commands[mode]);
    for (let at = 0; at < started.length; at += 10)
      expect((await world.sh(started.slice(at, at + 10).join(""))).stderr).toBe("");
    expect(foundBy(world, names)).toEqual(expectedOf(names, mode, shell));
  },
);

const isRoot = process.getuid?.() === 0;
const isReadable = `setpriv --reuid=1000 --clear-groups test -r ${checkout}/${build.guard}`;

test.concurrent.for(rows)(
  "users, groups and capabilities of a $mode are as without the guard, where sh is $shell",
  { timeout: 300_000 },
  async ({ mode, shell }, { world, skip }) => {
    if (!existsSync(`/usr/bin/${shell}`)) skip(`there is no /usr/bin/${shell}`);
    if (!isRoot || (await world.privilegedSh(isReadable)).code !== 0) skip("only root can be another user");
    const names = Object.keys(users);
    const { code, stderr } = await world.privilegedSh(
      `${install(world, shell)} && mkdir other && chown 1000 other\n${startBoth(names, commands[mode]).join("")}`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(foundBy(world, names)).toEqual(expectedOf(names, mode, shell));
  },
);

test("a dry run with an old env is as without the guard, but for what differs", async ({ world, skip }) => {
  if (!existsSync("/usr/bin/busybox")) skip("there is no /usr/bin/busybox");
  expect(await world.sh(install(world, "dash"))).toEqual({ code: 0, stdout: "", stderr: "" });
  const names = ["an old env"];
  const old = [
    "bwrap",
    "--die-with-parent",
    "--dev-bind",
    "/",
    "/",
    "--ro-bind",
    "/usr/bin/busybox",
    "/usr/bin/env",
    "--",
  ];
  expect((await world.sh(startBoth(names, commands["dry run"]).join(""), {}, old)).stderr).toBe("");
  expect(foundBy(world, names)).toEqual(expectedOf(names, "dry run", "dash"));
});

/** Root's own process, for the time that it acts for somebody. */
const lowered = "uids:0,1000,0";
const asLowered = (command: string) =>
  `rm -f out/report; ./states "$PWD/out/report" ${lowered} set:XDG_STATE_HOME=$PWD/other -- ${command} && sed -n 's/^end=//p' out/report`;

test("what only root may read stays unread where the effective user is another", async ({ world, skip }) => {
  if (!isRoot || (await world.privilegedSh(isReadable)).code !== 0) skip("only root can be another user");
  world.make({ "src/open": "open\n", "src/secret": "secret\n" });
  const prepared = `${install(world, "dash")} && chmod 600 src/secret && mkdir one two other && chown 1000 one two other`;
  expect(await world.privilegedSh(prepared)).toMatchObject({ code: 0, stderr: "" });
  const by = (rsync: string, to: string) => world.privilegedSh(asLowered(`${rsync} -r "$PWD/src/" "$PWD/${to}/new/"`));
  expect((await by(realRsync, "one")).stdout).toBe("exit code 23\n");
  world.make({ "config/rsync-guard.toml": "" });
  const real = await world.privilegedSh(`${program} install --bin-dir "$PWD/installed" >/dev/null`);
  expect(real).toMatchObject({ code: 0, stderr: "" });
  expect((await by('"$PWD/installed/rsync"', "two")).stdout).toBe("exit code 23\n");
  expect(Object.keys(world.tree("two/new"))).toEqual(Object.keys(world.tree("one/new")));
  expect(world.tree("two/new")).not.toHaveProperty("secret");
  // variables are those of the real user: records are not kept where these say
  expect(Object.keys(world.tree("other"))).toEqual(["."]);
});

test("a plan is made by the same user as the dry run", async ({ world, skip }) => {
  if (!isRoot || (await world.privilegedSh(isReadable)).code !== 0) skip("only root can be another user");
  world.make({
    "src/a": "a\n",
    "dst/b": "b\n",
    "out/": "",
    rsh: '#!/bin/sh -p\nid -u >>out/users\nshift\nexec "$@"\n',
  });
  copyFileSync(join(folder, "states"), join(world.folder, "states"));
  const dryRun = `"$PWD/installed/rsync" -n -r --delete -e "$PWD/rsh" "$PWD/src/" "host:$PWD/dst/"`;
  const { stdout } =
    await world.privilegedSh(`${program} install --bin-dir "$PWD/installed" >/dev/null && chmod 755 . rsh && chmod 777 out && mkdir other
    ${asLowered(dryRun)}; cat out/users`);
  expect(stdout).toBe("exit code 0\n1000\n1000\n");
});

/** Its own, in the place of the one that /bin/sh is. */
const withShell = (shell: string): readonly string[] => [
  ...["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--ro-bind", shell, realpathSync("/bin/sh"), "--"],
];

test.for([
  { shell: "dash", line: "#!/bin/sh -p" },
  { shell: "bash", line: "#!/bin/sh -p" },
  { shell: "mksh", line: "#!/bin/sh -p" },
  // its sh ends with "illegal option -p"
  { shell: "busybox", line: "#!/bin/sh" },
])(
  "where /bin/sh is $shell the installed shim begins with $line, and works",
  async ({ shell, line }, { world, skip }) => {
    if (!existsSync(`/usr/bin/${shell}`)) skip(`there is no /usr/bin/${shell}`);
    world.make({ "src/a": "a\n" });
    const script = `${program} install --bin-dir "$PWD/installed" >/dev/null && head -n 1 installed/rsync && installed/rsync -a src/ new/`;
    const { code, stdout, stderr } = await world.sh(script, {}, withShell(`/usr/bin/${shell}`));
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${line}\n`, stderr: "" });
    expect(world.tree("new")).toEqual(world.tree("src"));
  },
);

test("docs/transparency.md says what differs, and nothing else", () => {
  const items = readFileSync(join(checkout, "docs/transparency.md"), "utf8")
    .split(/^- /m)
    .slice(1)
    .map((item) => item.split("\n\n")[0]?.replace(/\s+/g, " ").trim());
  expect(items).toEqual(differences.map(({ said }) => said).filter((said) => said !== ""));
});
