/** rsync-guard install --divert, on a Debian of the test's own. */
import { describe, expect } from "vitest";
import type { Finding } from "../../src/core/words/findings.ts";
import {
  type Debian,
  expectGuarded,
  expectUntouched,
  makeDebian,
  packages,
  test,
  versionOf,
} from "../support/debian.ts";
import { faultAt, interrupted } from "../support/program.ts";

makeDebian();

const install = "rsync-guard install --divert";
const uninstall = "rsync-guard uninstall --divert";
test("an rsync stays guarded when its package is installed again, upgraded or removed", async ({ debian, skip }) => {
  const [older = "", newer = ""] = packages();
  if (newer === "") skip("there is only one version of rsync");
  await debian.sh(`dpkg -i ${older}`);
  const [old, next] = [versionOf(older), versionOf(newer)];
  const installed = await debian.sh(install);
  expect({ ...installed, stdout: installed.stdout.split("\n", 1)[0] }).toEqual({
    code: 0,
    stdout: "written    /usr/bin/rsync",
    stderr: "",
  });
  await expectGuarded(debian, old);
  expect((await debian.sh(install)).stdout).toMatch(/^unchanged {2}\/usr\/bin\/rsync\n/);

  await debian.sh(`dpkg -i ${older}`);
  await expectGuarded(debian, old);
  await debian.sh(`dpkg -i ${newer}`);
  await expectGuarded(debian, next);
  expect((await debian.sh("dpkg -V rsync")).stdout).toBe("");

  await debian.sh("dpkg --remove rsync");
  const removed = await debian.sh("rsync --version");
  expect({ code: removed.code, stdout: removed.stdout }).toEqual({ code: 78, stdout: "" });
  expect(removed.stderr).toContain("the real rsync is not at /usr/lib/rsync-guard/real/rsync");
  expect((await debian.sh(uninstall)).stderr).toContain("apt-get install --reinstall rsync, or dnf reinstall rsync\n");
  await debian.sh(`dpkg -i ${newer}`);
  await expectGuarded(debian, next);

  expect(await debian.sh(uninstall)).toEqual({
    code: 0,
    stdout: "restored   /usr/bin/rsync\nin shells that are open, run hash -r\n",
    stderr: "",
  });
  await expectUntouched(debian);
  expect((await debian.sh(uninstall)).stdout).toMatch(/^unchanged {2}\/usr\/bin\/rsync\n/);
  await expectUntouched(debian);
});

test("programs that would be refused are named, and a preset lets them go", async ({ debian }) => {
  const setup = `mkdir -p /etc/lsyncd /srv/mirror; touch /usr/bin/lsyncd; echo 'target = "/srv/mirror/"' >/etc/lsyncd/lsyncd.conf.lua`;
  const named = "lsyncd is installed and will be refused";
  expect((await debian.sh(`${setup}; ${install}`)).stdout).toContain(`${named}: rsync-guard presets add lsyncd\n`);
  const clients = async () => (await debian.sh("rsync-guard doctor")).stdout.match(/ clients +(.*)/)?.[1];
  expect(await clients()).toBe(named);

  const added = await debian.sh("umask 077; rsync-guard presets add lsyncd");
  expect({ ...added, stdout: added.stdout.split("\n", 1)[0] }).toEqual({
    code: 0,
    stdout: "written    /etc/rsync-guard.d/lsyncd.toml",
    stderr: "",
  });
  expect((await debian.sh("stat -c %a /etc/rsync-guard.d/lsyncd.toml; grep path /etc/rsync-guard.d/*")).stdout).toBe(
    '644\npath = "/srv/mirror"\n',
  );
  expect(await clients()).toBe("each known program that is installed has its lines of configuration");
  const change = "mkdir -p /srv/site; touch /srv/site/a /srv/mirror/b; echo b | rsync -a --include-from=- /srv/site/";
  expect((await debian.sh(`${change} /srv/mirror/`)).code).toBe(0);
  expect((await debian.sh(`mkdir /srv/other; touch /srv/other/b; ${change} /srv/other/`)).code).toBe(77);

  expect((await debian.sh("rsync-guard presets add lsyncd")).stdout).toBe(
    "unchanged  /etc/rsync-guard.d/lsyncd.toml\n",
  );
  expect((await debian.sh("rsync-guard presets remove lsyncd")).stdout).toBe(
    "removed    /etc/rsync-guard.d/lsyncd.toml\n",
  );
  expect((await debian.sh(`${change} /srv/mirror/`)).code).toBe(77);
  const own = "echo '# mine' >/etc/rsync-guard.d/lsyncd.toml; rsync-guard presets";
  for (const act of ["add", "remove"])
    expect((await debian.sh(`${own} ${act} lsyncd; cat /etc/rsync-guard.d/lsyncd.toml`)).stdout).toBe("# mine\n");
  await debian.sh(
    `rm -r /etc/rsync-guard.d /etc/lsyncd /usr/bin/lsyncd /srv/mirror /srv/site /srv/other; ${uninstall}`,
  );
});

test("what suggest writes lets a job go, and keeps the file", async ({ debian }) => {
  await debian.sh(`${install}; echo 'mode = "observe"' >/etc/rsync-guard.toml; mkdir -p /srv/data; touch /srv/data/a`);
  /** As root into a piece of its own, and as a user into that user's file. */
  const writers = [
    { as: "", place: "/srv/m", file: "/etc/rsync-guard.d/suggested.toml", mode: "644" },
    {
      as: "env HOME=/srv/u XDG_CONFIG_HOME=/srv/u/.config XDG_STATE_HOME=/srv/u/state setpriv --reuid=1234 --clear-groups",
      place: "/srv/u/m",
      file: "/srv/u/.config/rsync-guard.toml",
      mode: "600",
    },
  ];
  for (const { as, place, file, mode } of writers) {
    const run = `${as} rsync -a --delete /srv/data/ ${place}/`;
    const made = `mkdir -p ${place}; ${as && "mkdir -p /srv/u/.config; echo '# mine' >/srv/u/.config/rsync-guard.toml; chmod 600 /srv/u/.config/*; chown -R 1234 /srv/u;"} touch ${place}/a`;
    await debian.sh(`${made}; for i in 1 2 3; do touch ${place}/b; ${run}; done`);
    const { code, stdout, stderr } = await debian.sh(`umask 002; ${as} rsync-guard suggest --write`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`# written  ${file}\n`);
    expect(
      (await debian.sh(`stat -c %a ${file}; grep -he ^path -e "^# mine" ${file}; ls -A $(dirname ${file})`)).stdout,
    ).toBe(`${mode}\n${as && "# mine\n"}path = "${place}"\n${file.replace(/.*\//, "")}\n`);
    expect((await debian.sh(`${as} rsync-guard suggest --write`)).stdout).toContain(`# unchanged  ${file}\n`);
    const enforced = `sed -i s/observe/enforce/ /etc/rsync-guard.toml; touch ${place}/c; ${run}; code=$?`;
    expect(
      (await debian.sh(`${enforced}; ls ${place}; echo $code; sed -i s/enforce/observe/ /etc/rsync-guard.toml`)).stdout,
    ).toBe("a\n0\n");
  }
  const away = "/etc/rsync-guard.toml /etc/rsync-guard.d /srv/m /srv/u /srv/data /root/.local/state/rsync-guard";
  await debian.sh(`rm -r ${away}; ${uninstall}`);
});

test("the process keeps its name", async ({ debian }) => {
  await debian.sh(install);
  const { stdout } = await debian.sh(
    "mkfifo in; rsync --server --sender -e.L . . <in >/dev/null & exec 3>in; until grep -v sh /proc/$!/comm; do sleep 0.1; done",
  );
  expect(stdout).toBe("rsync\n");
});

test("a diversion of an earlier version is moved", async ({ debian }) => {
  const [version = ""] = packages().map(versionOf).slice(-1);
  const former = (act: string) =>
    `dpkg-divert --package rsync-guard --no-rename --divert /usr/bin/rsync.distrib --${act} /usr/bin/rsync`;
  const divert = `${install}; ${uninstall} && ${former("add")} && mv /usr/bin/rsync /usr/bin/rsync.distrib`;
  const shim =
    "sed 's,^rsync_guard_real=.*,rsync_guard_real=/usr/bin/rsync.distrib,' /root/shim >/usr/bin/rsync; chmod +x /usr/bin/rsync";
  for (const next of [install, uninstall]) {
    await debian.sh(`${install}; cp /usr/bin/rsync /root/shim; ${divert}; ${shim}`);
    await expectGuarded(debian, version);
    expect((await debian.sh(next)).code).toBe(0);
    if (next === install) await expectGuarded(debian, version);
    expect((await debian.sh("ls -A /usr/bin | grep -F rsync.")).stdout).toBe("");
    await debian.sh(uninstall);
    await expectUntouched(debian);
  }
});

test("what is not certain is left as it is", async ({ debian }) => {
  const [older = "", newer = ""] = packages();
  const divert = (to: string) => `dpkg-divert --local --no-rename --divert ${to} /usr/bin/rsync`;
  const differ = /two different programs: find out which is the package's/;
  const states = [
    {
      what: "a file where the real rsync would go",
      before: "mkdir -p /usr/lib/rsync-guard/real; echo mine >/usr/lib/rsync-guard/real/rsync",
      after: "rm -r /usr/lib/rsync-guard",
      says: differ,
    },
    {
      what: "an upgrade after an installation that was interrupted",
      before: `dpkg -i ${older}; mkdir -p /usr/lib/rsync-guard/real; ${divert("/usr/lib/rsync-guard/real/rsync")}; dpkg -i ${newer}`,
      after: `mv /usr/lib/rsync-guard/real/rsync /usr/bin/rsync; rm -r /usr/lib/rsync-guard; ${divert("/usr/lib/rsync-guard/real/rsync --remove")}`,
      says: differ,
    },
    {
      what: "somebody else's diversion",
      before: divert("/usr/bin/rsync.mine"),
      after: divert("/usr/bin/rsync.mine --remove"),
      says: /dpkg-divert .*clashes with/s,
    },
    {
      what: "not root",
      as: "setpriv --reuid=65534 --regid=65534 --clear-groups",
      says: /: use sudo, or --user\n$/,
    },
    {
      what: "no Debian",
      before: "mv /usr/bin/dpkg-divert /root",
      after: "mv /root/dpkg-divert /usr/bin",
      says: /--divert needs dpkg-divert/,
    },
    {
      what: "no rsync",
      before: "dpkg --remove rsync",
      after: `dpkg -i ${newer || older}`,
      says: /there is no rsync at .*: apt-get install --reinstall rsync, or dnf reinstall rsync\n$/,
    },
  ];
  const places = "ls -l --time-style=full-iso /usr/bin/*rsync*; sha256sum /usr/bin/*rsync*; dpkg-divert --list";
  for (const { what, before = ":", after = ":", as = "", says } of states) {
    if (before.includes("dpkg -i") && newer === "") continue;
    await debian.sh(before);
    const untouched = await debian.sh(places);
    const { code, stdout, stderr } = await debian.sh(`${as} ${install}`);
    expect({ what, code, stdout, stderr }).toEqual({ what, code: 1, stdout: "", stderr: expect.stringMatching(says) });
    if (says === differ) expect((await debian.sh(uninstall)).stderr).toMatch(differ);
    expect(await debian.sh(places)).toEqual(untouched);
    await debian.sh(after);
    await expectUntouched(debian);
  }
  expect((await debian.sh(install)).code).toBe(0);
});

const interruptions = [
  { command: install, next: install, points: 9 },
  { command: install, next: uninstall, points: 9 },
  { command: uninstall, next: uninstall, points: 2 },
];

test.for(interruptions)(
  "$command, killed at each change to the disk, leaves a whole rsync, and $next goes on from there",
  async ({ command, next, points }, { debian }) => {
    const first = command === install ? uninstall : install;
    const made = await interrupted(
      (at) => debian.sh(`${first} >/dev/null; exec /opt/faults ${command}`, faultAt("kill", at)),
      async () => {
        const { code, stdout } = await debian.sh(`rsync --version | head -n 1; ${next} >/dev/null`);
        expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^rsync {2}version 3/) });
        if (next === uninstall) await expectUntouched(debian);
      },
    );
    expect(made).toBeGreaterThanOrEqual(points);
    if (next === install) await expectGuarded(debian, versionOf(packages().at(-1) ?? ""));
  },
);

test("a dry run of a user without a home counts, but not in a directory that somebody else has made", async ({
  debian,
}) => {
  await debian.sh(`${install}; mkdir -p -m 777 /srv/a /srv/m; echo a >/srv/a/a; echo b >/srv/m/b`);
  const as = (uid: number, command: string) =>
    debian.sh(`setpriv --reuid=${uid} --regid=${uid} --clear-groups sh -c '${command}'`, {
      HOME: "",
      XDG_STATE_HOME: "",
    });
  const run = (dryRun = "") => as(65534, `rsync -a ${dryRun} --delete /srv/a/ /srv/m/`);
  expect((await run()).code).toBe(77);
  expect((await run("-n")).stderr).toContain("approved for 15 min");
  expect((await run()).code).toBe(0);
  const state = "/var/lib/rsync-guard";
  expect((await debian.sh(`stat -c '%a %u' ${state} ${state}/65534`)).stdout).toBe("1733 0\n700 65534\n");
  expect((await debian.sh("rsync-guard log")).stdout).toMatch(/nobody/);
  expect((await as(65533, `ls ${state}`)).code).not.toBe(0);

  await debian.sh(`rm -r ${state}/65534; echo b >/srv/m/b`);
  await as(65533, `mkdir -m 777 ${state}/65534`);
  expect((await run("-n")).stderr).toContain("could not be recorded, so it does not count");
  expect((await run()).code).toBe(77);
});

describe("doctor", () => {
  const doctor = async (debian: Debian, as = "") => {
    const { code, stdout } = await debian.sh(`${as} rsync-guard doctor --json`);
    const found: readonly (Finding & { readonly name: string })[] = JSON.parse(stdout);
    return { code, found };
  };
  const notOk = async (debian: Debian, as = "") =>
    (await doctor(debian, as)).found.filter(({ status }) => status !== "ok").map(({ name }) => name);

  test("with --observe nothing is refused but what can't be judged, and a person's file stays", async ({ debian }) => {
    const piece = "/etc/rsync-guard.d/observe.toml";
    const { stdout } = await debian.sh(`mkdir -p /etc/rsync-guard.d && echo 'mode = "enforce"' >${piece}
      ${install} --observe; echo $?; cat ${piece}; rm ${piece}; for time in 1 2; do ${install} --observe | head -n 2; done
      mkdir /root/a && rsync -a --delete /root/a/ /srv/; echo $?; rsync -a --no-such-option /root/a/ /srv/; echo $?`);
    expect(stdout.split("\n")).toEqual([
      "1",
      'mode = "enforce"',
      `written    ${piece}`,
      "written    /usr/bin/rsync",
      `unchanged  ${piece}`,
      "unchanged  /usr/bin/rsync",
      "0",
      "78",
      "",
    ]);
  });

  test("finds nothing wrong on a bare host with --divert", async ({ debian }) => {
    await debian.sh(install);
    const { code, found } = await doctor(debian);
    expect({ code, notOk: found.filter(({ status }) => status !== "ok") }).toEqual({ code: 0, notOk: [] });
    const says = Object.fromEntries(found.map(({ name, found: what }) => [name, what]));
    expect(says).toMatchObject({
      "real rsync": expect.stringMatching(/^\/usr\/lib\/rsync-guard\/real\/rsync, rsync version 3/),
      sudo: "no sudo on this host",
      "systemd units": "no systemd on this host",
      "this shell": "/usr/bin/rsync",
    });
  });

  test("another user, who may look into nobody's home, is told the same", async ({ debian }) => {
    await debian.sh(install);
    const nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent XDG_STATE_HOME=/var/tmp";
    expect(await notOk(debian, nobody)).toEqual([]);
  });

  const unit = (command: string) => ({
    "/usr/lib/systemd/systemd": "",
    "/etc/systemd/system/backup.service": `[Service]\nExecStart=${command}\n`,
  });
  const sudoers = (path: string) => ({
    "/usr/bin/sudo": "",
    "/etc/sudoers.d/path": `Defaults secure_path="${path}"\n`,
  });
  const table = "/var/spool/cron/crontabs/root";
  const ways: readonly (readonly [check: string, files: Readonly<Record<string, string>>, isPast: boolean])[] = [
    ["sudo", sudoers("/usr/local/bin:/usr/bin"), false],
    ["sudo", sudoers("/usr/bin:/usr/local/bin"), true],
    ["cron", { [table]: "PATH=/usr/local/bin:/usr/bin\n0 1 * * * rsync -a /a /b\n" }, false],
    ["cron", { [table]: "0 1 * * * rsync -a /a /b\n" }, true],
    ["systemd units", unit("/usr/bin/rsync --daemon --no-detach"), false],
    ["systemd units", unit("/usr/bin/rsync-ssl a::a b"), false],
    ["systemd units", unit("/usr/bin/rsync -a /a /b"), true],
  ];

  test("sudo, cron and units may go past the guard in /usr/local/bin", async ({ debian }) => {
    await debian.sh("rsync-guard install");
    for (const [check, files, isPast] of ways) {
      debian.make(files);
      expect({ files, notOk: await notOk(debian) }).toEqual({ files, notOk: isPast ? [check] : [] });
      await debian.sh(`rm ${Object.keys(files).join(" ")}`);
    }
  });

  test("none of them goes past the guard with --divert", async ({ debian }) => {
    await debian.sh(install);
    debian.make(Object.assign({}, ...ways.map(([, files]) => files)));
    expect(await notOk(debian)).toEqual([]);
  });
});

test("a guard in /usr/local/bin goes on when --divert is added, and when it is taken away", async ({ debian }) => {
  await debian.sh(`rsync-guard install; ${install}`);
  await expectGuarded(debian, versionOf(packages().at(-1) ?? ""));
  const local = "/usr/local/bin/rsync --version";
  const { code } = await debian.sh(
    `${uninstall}; ${local} && ${install} && rsync-guard install && ${uninstall} && ${local}`,
  );
  expect(code).toBe(0);
});
