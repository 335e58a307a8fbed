/** rsync-guard doctor: each check where all is well, and where something is not. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Finding } from "../../src/core/words/findings.ts";
import { build } from "../support/build.ts";
import { entryOf } from "../support/entry.ts";
import { programIn } from "../support/program.ts";
import { test, type World } from "../support/world.ts";

interface Row {
  readonly check: string;
  readonly what: string;
  /** In the world's folder; `etc/` and `local/` stand before the host's /etc and /usr/local/bin. */
  readonly files?: Readonly<Record<string, string>>;
  /** Run after the installation. */
  readonly script?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** It would change what other checks find. */
  readonly alone?: true;
  readonly is: Finding["status"];
  readonly found: RegExp;
  readonly remedy?: RegExp;
}

const inShim = (name: string, value: string) =>
  `sed -i "s,^rsync_guard_${name}=.*,rsync_guard_${name}=${value}," local/rsync`;
const shadows = "PATH=/usr/bin:/bin\n";

const rows: readonly Row[] = [
  { check: "real rsync", what: "there", is: "ok", found: /^\/usr\/bin\/rsync, rsync version 3\.\d/ },
  {
    check: "real rsync",
    what: "gone",
    alone: true,
    script: inShim("real", "$PWD/gone/rsync"),
    is: "failed",
    found: /^there is no FOLDER\/gone\/rsync$/,
    remedy: /rsync-guard install/,
  },
  { check: "its options", what: "known", is: "ok", found: /^rsync-guard knows all options/ },
  {
    check: "its options",
    what: "unknown",
    alone: true,
    files: { "new/rsync": "#!/bin/sh\necho '  --brand-new=X, -y   what is new'; echo ' --archive, -a  '\n" },
    script: `chmod +x new/rsync; ${inShim("real", "$PWD/new/rsync")}`,
    is: "warning",
    found: /^rsync-guard refuses .*: --brand-new$/,
    remedy: /^update rsync-guard$/,
  },
  {
    check: "node",
    what: "as it is installed",
    is: "ok",
    found: build.runtime ? /^\/\S+, \d+\.\d+/ : /^not needed: FOLDER\/package\/\S*\/rsync-guard is an executable$/,
  },
  {
    check: "node",
    what: "gone",
    alone: true,
    script: inShim("node", "$PWD/gone/node"),
    is: "failed",
    found: /^FOLDER\/gone\/node can't be started$/,
    remedy: /install Node 18 or newer, then rsync-guard install/,
  },
  {
    check: "node",
    what: "too old",
    alone: true,
    files: { "old/node": "#!/bin/sh\necho 16.20.2\n" },
    script: `chmod +x old/node; ${inShim("node", "$PWD/old/node")}`,
    is: "failed",
    found: /^FOLDER\/old\/node is 16\.20\.2, which is too old$/,
    remedy: /install Node 18 or newer, then rsync-guard install/,
  },
  {
    check: "node",
    what: "one user's",
    alone: true,
    script: `mkdir -p .nvm/bin; ln -s ${process.execPath} .nvm/bin/node; ${inShim("node", "$PWD/.nvm/bin/node")}`,
    is: "warning",
    found: /^FOLDER\/\.nvm\/bin\/node, .*: it belongs to one user/,
    remedy: /install the system's nodejs, then rsync-guard install/,
  },
  {
    check: "guard",
    what: "there",
    is: "ok",
    found: /^\/usr\/local\/bin\/rsync asks FOLDER\/package\/dist\/(?:guard\.cjs|standalone\/rsync-guard)$/,
  },
  {
    check: "guard",
    what: "of another version",
    alone: true,
    script: "echo '# as it was' >>local/rsync",
    is: "warning",
    found: /^\/usr\/local\/bin\/rsync asks FOLDER\/package\/.*, but is of another version than this rsync-guard$/,
    remedy: /install/,
  },
  {
    check: "guard",
    what: "gone",
    alone: true,
    script: inShim("program", "$PWD/gone/dist/guard.cjs"),
    is: "failed",
    found: /^there is no FOLDER\/gone\/dist\/guard\.cjs$/,
    remedy: /install the package again/,
  },
  {
    check: "guard",
    what: "broken",
    alone: true,
    // not the guard itself: it may be what runs doctor
    script: `head -c 1000 package/${build.guard} >package/half; chmod +x package/half; ${inShim("program", "$PWD/package/half")}`,
    is: "failed",
    found: /^\/usr\/local\/bin\/rsync --version ended with exit code 78$/,
    remedy: /see what it says: \/usr\/local\/bin\/rsync --version$/,
  },
  { check: "this shell", what: "guarded", is: "ok", found: /^\/usr\/local\/bin\/rsync$/ },
  {
    check: "this shell",
    what: "past it",
    alone: true,
    env: { PATH: "/usr/bin:/bin:/usr/local/bin" },
    is: "failed",
    found: /^calls \/usr\/bin\/rsync, not rsync-guard$/,
    remedy: /first on PATH, and run hash -r/,
  },
  {
    check: "this shell",
    what: "no rsync",
    alone: true,
    env: { PATH: "/nowhere" },
    is: "warning",
    found: /^finds no rsync$/,
    remedy: /install/,
  },
  { check: "login shell", what: "guarded", is: "ok", found: /^\/usr\/local\/bin\/rsync$/ },
  {
    check: "login shell",
    what: "past it",
    files: { "home/.profile": `echo hello\n${shadows}` },
    is: "failed",
    found: /^calls \/usr\/bin\/rsync, not rsync-guard$/,
    remedy: /~\/\.profile/,
  },
  {
    check: "login shell",
    what: "a function",
    files: { "home/.profile": "rsync() { :; }\n" },
    is: "warning",
    found: /^an alias or a function: rsync$/,
    remedy: /type rsync/,
  },
  {
    check: "login shell",
    what: "none",
    alone: true,
    env: { SHELL: "/usr/sbin/nologin" },
    is: "ok",
    found: /^none: \/usr\/sbin\/nologin /,
  },
  {
    check: "login shell",
    what: "not there",
    alone: true,
    env: { SHELL: "/bin/gone" },
    is: "warning",
    found: /^\/bin\/gone did not answer$/,
    remedy: /rc files/,
  },
  { check: "aliases", what: "none", files: { "home/.bashrc": "echo rsync is here\n" }, is: "ok", found: /^none$/ },
  {
    check: "aliases",
    what: "past it",
    files: { "home/.bashrc": "alias rsync='/usr/bin/rsync -v'\n" },
    is: "failed",
    found: /^alias rsync='\/usr\/bin\/rsync -v'$/,
    remedy: /by its name/,
  },
  {
    check: "aliases",
    what: "a function past it",
    files: { "home/.bashrc": 'rsync() {\n nice /usr/bin/rsync "$@"\n}\n' },
    is: "failed",
    found: /^rsync \(\) +\{ .*\/usr\/bin\/rsync/,
    remedy: /by its name/,
  },
  {
    check: "aliases",
    what: "of the guard",
    files: { "home/.bashrc": "alias rsync='/usr/local/bin/rsync -v'\n" },
    is: "ok",
    found: /^alias rsync=/,
  },
  {
    check: "aliases",
    what: "by name",
    files: { "home/.bashrc": "alias rsync='rsync -v'\n" },
    is: "ok",
    found: /^alias rsync=/,
  },
  { check: "ssh command", what: "guarded", is: "ok", found: /^\/usr\/local\/bin\/rsync$/ },
  {
    check: "ssh command",
    what: "past it",
    alone: true,
    script: "rm local/rsync",
    is: "failed",
    found: /^calls \/usr\/bin\/rsync, not/,
    remedy: /install --divert$/,
  },
  { check: "cron", what: "no job", is: "ok", found: /^no job calls rsync past rsync-guard/ },
  {
    check: "cron",
    what: "jobs that are guarded, or call something else",
    files: {
      "etc/crontab":
        "PATH=/usr/local/bin:/usr/bin:/bin\n0 1 * * * root rsync -a /a /b\n# 0 1 * * * root /usr/bin/rsync\n",
      "etc/cron.d/quoted": 'PATH = "/usr/local/bin:/usr/bin"\n0 2 * * * root cd / && rsync -a /a /b\n',
      "etc/cron.d/others": "0 2 * * * root rsync-guard log\n0 2 * * * root /srv/rsync/backup; /opt/rsync.sh; nrsync\n",
    },
    is: "ok",
    found: /^no job calls rsync past rsync-guard/,
  },
  ...[
    "rsync -a /a /b",
    "/usr/bin/rsync -a /a /b",
    "cd /a;rsync -a . /b",
    "sh -c 'nice rsync -a /a /b'",
    "(rsync -a /a /b)",
  ].map(
    (job): Row => ({
      check: "cron",
      what: job,
      files: { "etc/cron.d/backup": `MAILTO=root\n0 1 * * * root ${job}\n` },
      is: "failed",
      found: /^these jobs go past rsync-guard: \/etc\/cron\.d\/backup: 0 1 \* \* \* root .*rsync -a/,
      remedy: /^rsync-guard install --divert; or PATH=\/usr\/local\/bin/,
    }),
  ),
  { check: "configuration", what: "none", is: "ok", found: /^none: the built-in defaults apply$/ },
  {
    check: "configuration",
    what: "of places that there are",
    files: {
      "config/rsync-guard.toml": 'protect = ["/usr/**"]\n[[destination]]\npath = "/usr/l*b/**"\n',
      "etc/rsync-guard.toml": "",
      "etc/rsync-guard.d/site.toml": "",
    },
    is: "ok",
    found: /^\/etc\/rsync-guard\.toml, \/etc\/rsync-guard\.d\/site\.toml, FOLDER\/config\/rsync-guard\.toml$/,
  },
  {
    check: "configuration",
    what: "of places that there are not",
    files: {
      "config/rsync-guard.toml":
        'protect = ["/srv/gone", "/usr/gone/**"]\n[[destination]]\npath = "/usr/nothing-*/releases/*"\n[[destination]]\npath = "/usr/l*b"\n',
    },
    is: "warning",
    found:
      /: nothing on this host matches protect \/srv\/gone, protect \/usr\/gone\/\*\*, \[\[destination\]\] \/usr\/nothing-\*\/releases\/\*$/,
    remedy: /spelling/,
  },
  {
    check: "configuration",
    what: "not understood",
    files: { "config/rsync-guard.toml": 'protects = ["/srv"]\n' },
    is: "failed",
    found: /rsync-guard\.toml:1: .*protects/,
    remedy: /until then every run is refused/,
  },
  {
    check: "popt files",
    what: "of other programs",
    files: { "home/.popt": "rpm alias --x --y\n" },
    is: "ok",
    found: /^no alias file names rsync$/,
  },
  {
    check: "popt files",
    what: "the user's",
    files: { "home/.popt": "rsync alias -n -v\n" },
    is: "failed",
    found: /^these alias files name rsync: FOLDER\/home\/\.popt$/,
    remedy: /remove those lines/,
  },
  {
    check: "popt files",
    what: "the host's",
    files: { "etc/popt": "rsync alias -n -v\n" },
    is: "failed",
    found: /^these alias files name rsync: \/etc\/popt$/,
    remedy: /remove those lines/,
  },
  {
    check: "scripts",
    what: "none that calls it",
    is: "ok",
    found: /^\d+ scripts? of .* read: none calls rsync past rsync-guard$/,
  },
  {
    check: "scripts",
    what: "of a script of cron's, which another one starts",
    files: {
      "etc/cron.d/backup": "0 1 * * * root FOLDER/jobs/nightly\n",
      "jobs/nightly": "#!/bin/sh\n# the copy\nPATH=/usr/local/bin:/usr/bin:/bin\nrsync -a /a /b\nFOLDER/jobs/copy\n",
      "jobs/copy": "#!/bin/sh\nexec /usr/bin/rsync -a /a /b\n",
    },
    script: 'sed -i "s,FOLDER,$PWD," etc/cron.d/backup jobs/nightly',
    is: "warning",
    found: /: these call rsync past rsync-guard: .*FOLDER\/jobs\/copy:2: exec \/usr\/bin\/rsync -a \/a \/b$/,
    remedy: /^rsync-guard install --divert; or call rsync by its name/,
  },
  { check: "state", what: "not made yet", is: "ok", found: /^FOLDER\/state\/rsync-guard \(not made yet\)$/ },
  {
    check: "state",
    what: "the user's alone",
    script: "mkdir -pm 700 state/rsync-guard/approvals",
    is: "ok",
    found: /^FOLDER\/state\/rsync-guard$/,
  },
  {
    check: "state",
    what: "writable by others",
    script: "mkdir -pm 777 state/rsync-guard",
    is: "failed",
    found: /may be written by others: chmod go-w FOLDER\/state\/rsync-guard$/,
    remedy: /until then no dry run counts/,
  },
  {
    check: "state",
    what: "with records writable by others",
    script: "mkdir -p state/rsync-guard; mkdir -m 770 state/rsync-guard/approvals",
    is: "failed",
    found: /may be written by others: chmod go-w FOLDER\/state\/rsync-guard\/approvals$/,
    remedy: /until then no dry run counts/,
  },
  {
    check: "state",
    what: "where nothing can be made",
    env: { XDG_STATE_HOME: "/usr/lib" },
    is: "failed",
    found: /^\/usr\/lib can't be used \(E\w+\)$/,
    remedy: /XDG_STATE_HOME/,
  },
  { check: "undo", what: "without runs", is: "ok", found: /^off: no run can be undone$/ },
  {
    check: "undo",
    what: "with a run that deleted",
    files: {
      "state/rsync-guard/journal.jsonl": `${JSON.stringify(
        entryOf("", "-a --delete src/ /srv/www/", { time: new Date().toISOString(), risk: "deletes" }),
      )}\n`,
    },
    is: "warning",
    found: /^off, and runs delete in \/srv\/www$/,
    remedy: /^\[undo\] keep_for = "7d"/,
  },
  { check: "rsync daemon", what: "no daemon", is: "ok", found: /^there is no \/etc\/rsyncd\.conf$/ },
  {
    check: "rsync daemon",
    what: "without rsync-guard",
    files: { "etc/rsyncd.conf": "[in]\nread only = no\n[out]\n" },
    is: "warning",
    found: /^\/etc\/rsyncd\.conf: pushes to these modules go past rsync-guard: in$/,
    remedy: /^pre-xfer exec = .*rsync-guard daemon-check$/,
  },
  {
    check: "rsync daemon",
    what: "with rsync-guard",
    files: { "etc/rsyncd.conf": "pre-xfer exec = rsync-guard daemon-check\n[in]\nread only = no\n" },
    is: "ok",
    found: /^\/etc\/rsyncd\.conf: each module that can be written to asks rsync-guard$/,
  },
  { check: "other shims", what: "none", is: "ok", found: /^none$/ },
  {
    check: "other shims",
    what: "whole",
    script: "mkdir -p other/bin; sed '1s/ -p$//' local/rsync >other/bin/rsync",
    is: "ok",
    found: /^FOLDER\/other\/bin\/rsync$/,
  },
  {
    check: "other shims",
    what: "of another version",
    script: "mkdir -p other/bin; sed 's/exit 78/exit 1/' local/rsync >other/bin/rsync",
    is: "warning",
    found: /^these are of another version than this rsync-guard: FOLDER\/other\/bin\/rsync$/,
    remedy: /install --user$/,
  },
  {
    check: "other shims",
    what: "broken",
    script: `mkdir -p other/.local/bin; sed 's,^rsync_guard_program=.*,rsync_guard_program=/gone/guard,' package/${build.shim} >other/.local/bin/rsync`,
    is: "failed",
    found: /because the rsync-guard that they ask is gone: FOLDER\/other\/\.local\/bin\/rsync$/,
    remedy: /install --user/,
  },
];

/** Checks look at different things, so a world may hold a row of each: the first of each check, the second, and so on. */
const rounds: Row[][] = [];
for (const row of rows) {
  const fits = (round: readonly Row[]) => round.every(({ check, alone }) => !alone && check !== row.check);
  const free = row.alone ? undefined : rounds.find(fits);
  if (free) free.push(row);
  else rounds.push([row]);
}

/** Starts the cage in a host of its own making. */
const hostOf = ({ folder }: World): readonly string[] => [
  ...["bwrap", "--die-with-parent", "--dev-bind", "/", "/"],
  ...["--ro-bind", join(folder, "etc"), "/etc", "--ro-bind", join(folder, "local"), "/usr/local/bin", "--"],
];

async function installedHost(world: World) {
  for (const directory of ["home", "local", "other", "config"]) mkdirSync(join(world.folder, directory));
  world.make({
    "etc/passwd": `root:x:0:0::${world.folder}/home:/bin/sh\nother:x:2000:2000::${world.folder}/other:/bin/sh\n`,
  });
  const { code } = await world.sh(`${programIn(world)} install --bin-dir local`);
  expect(code).toBe(0);
}

const shell = { PATH: "/usr/local/bin:/usr/bin:/bin", SHELL: "/bin/bash" };
const doctor = `${build.runtime && `"$PWD/bin/"${build.runtime}`}package/${build.command} doctor`;

test.for(rounds.map((round) => ({ round, names: round.map(({ check, what }) => `${check}: ${what}`).join("; ") })))(
  "$names",
  async ({ round }, { world }) => {
    await installedHost(world);
    world.make(Object.assign({}, ...round.map(({ files }) => files ?? {})));
    const prepared = await world.sh(`chmod -R go-w config; ${round.map(({ script }) => script ?? ":").join("\n")}`);
    expect(prepared).toEqual({ code: 0, stdout: "", stderr: "" });
    const env = Object.entries(Object.assign({}, ...round.map((row) => row.env ?? {}))).map((one) => one.join("="));
    const { code, stdout, stderr } = await world.sh(`env ${env.join(" ")} ${doctor} --json`, shell, hostOf(world));
    const found: readonly (Finding & { readonly name: string })[] = JSON.parse(world.mask(stdout));
    for (const { check, is, found: text, remedy } of round)
      expect(found.find(({ name }) => name === check)).toEqual({
        name: check,
        status: is,
        found: expect.stringMatching(text),
        remedy: remedy ? expect.stringMatching(remedy) : null,
      });
    expect({ code, stderr }).toEqual({ code: found.some(({ status }) => status === "failed") ? 1 : 0, stderr: "" });
  },
);

test("a shell that waits is not waited for, and nothing of it is left", async ({ world }) => {
  await installedHost(world);
  const waits = "read line </dev/tty; read line; sleep 1000 & sleep 1000\n";
  world.make({ "home/.profile": waits, "home/.bashrc": waits });
  const { code, stdout } = await world.sh(`script -qec '${doctor}; pgrep -x sleep' /dev/null`, shell, hostOf(world));
  expect({ code, silent: stdout.match(/^look .*/gm) }).toEqual({
    code: 1,
    silent: ["login shell", "aliases", "ssh command"].map(
      (name) => `look  ${name.padEnd(13)}  /bin/bash did not answer`,
    ),
  });
});

test("for people, a line each, and below it what to do", async ({ world }) => {
  await installedHost(world);
  world.make({ "home/.popt": "rsync alias -n -v\n", "home/.bashrc": "alias rsync=/usr/bin/rsync\n" });
  const { code, stdout } = await world.sh(doctor, shell, hostOf(world));
  expect(code).toBe(1);
  expect(world.mask(stdout)).toContain(
    `FAIL  aliases        alias rsync='/usr/bin/rsync'
                     do: call rsync by its name, not by its path, in that alias or function
ok    ssh command    /usr/local/bin/rsync
`,
  );
});
