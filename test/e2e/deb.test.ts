/** The Debian package: npm run build:deb, on a Debian of the test's own that has no Node. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Finding } from "../../src/core/words/findings.ts";
import { checkout } from "../support/build.ts";
import {
  built,
  type Debian,
  expectGuarded,
  expectUntouched,
  makeDebian,
  packages,
  bare as test,
  versionOf,
} from "../support/debian.ts";

/** In a folder below `built`, and not as small as it can be. */
function build(folder: string, before = ""): void {
  mkdirSync(join(built, folder));
  shell(`${before} exec sh scripts/tsx packaging/debian/deb.ts ${built}/${folder}`);
}

function shell(script: string): void {
  const { status, stderr } = spawnSync("/bin/sh", ["-ec", script], {
    cwd: checkout,
    encoding: "utf8",
    env: { ...process.env, RSYNC_GUARD_DEB_COMPRESSION: "-Znone" },
  });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}

const { version } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
const own = `/built/own/rsync-guard_${version}_amd64.deb`;
/** The same files under a later version. */
const next = "/built/next.deb";

makeDebian(() => {
  if (process.arch !== "x64") return "the package is for amd64";
  if (!existsSync(join(checkout, "dist/standalone/rsync-guard"))) return "npm run build:standalone makes what is in it";
  build("own");
  shell(`cd ${built}; dpkg-deb -R own/*.deb next; sed -i 's/^Version: .*/Version: 99/' next/DEBIAN/control
    dpkg-deb -Znone --root-owner-group -b next next.deb; rm -r next`);
  return null;
});

const quiet = { DEBIAN_FRONTEND: "noninteractive" };
async function done(debian: Debian, script: string) {
  const outcome = await debian.sh(`set -e; ${script}`, quiet);
  expect({ script, ...outcome }).toMatchObject({ script, code: 0 });
  return outcome;
}

const question = "rsync-guard/divert";
const answer = (value: boolean) => `echo "rsync-guard ${question} boolean ${value}" | debconf-set-selections`;
const install = "rsync-guard install --divert";
const uninstall = "rsync-guard uninstall --divert";
const newest = () => versionOf(packages().at(-1) ?? "");

/** All that is there, but for logs and the copies that dpkg and debconf make of their own lists. */
const everything = async (debian: Debian) =>
  (await done(debian, "find / -xdev ! -path '/var/log/*' ! -name '*-old' | sort")).stdout.split("\n");

/** That the package is gone, and has left nothing. */
async function expectGone(debian: Debian, before: readonly string[]) {
  await expectUntouched(debian);
  expect((await debian.sh("debconf-show rsync-guard; ls /etc/rsync-guard.toml 2>/dev/null")).stdout).toBe("");
  // the journal of the runs that were guarded is the user's
  const own = (path: string) => /^\/root\/(?:\.local\b|a\b)/.test(path);
  expect((await everything(debian)).filter((path) => !own(path))).toEqual(before);
}

test("installed without an answer it stands before nothing, and goes away without a trace", async ({ debian }) => {
  const before = await everything(debian);
  await done(debian, `! command -v node; dpkg -i ${own}`);
  await expectUntouched(debian);
  expect(
    (await done(debian, "command -v rsync; command -v rsync-guard; rsync-guard --version; dpkg -V rsync-guard")).stdout,
  ).toBe(`/usr/bin/rsync\n/usr/bin/rsync-guard\nrsync-guard ${version}\n`);
  const doctor = await debian.sh("rsync-guard doctor --json");
  const found: readonly (Finding & { readonly name: string })[] = JSON.parse(doctor.stdout);
  const says = Object.fromEntries(found.map(({ name, status, found: what }) => [name, `${status}: ${what}`]));
  expect(says).toMatchObject({
    "real rsync": expect.stringMatching(/^ok: \/usr\/bin\/rsync, rsync version 3/),
    node: "ok: not needed: /usr/lib/rsync-guard/rsync-guard is an executable",
    guard: "ok: /usr/lib/rsync-guard/rsync asks /usr/lib/rsync-guard/rsync-guard",
    "this shell": "failed: calls /usr/bin/rsync, not rsync-guard",
    configuration: "ok: /etc/rsync-guard.toml",
  });
  for (const page of ["man1/rsync-guard.1", "man5/rsync-guard.toml.5"])
    expect((await done(debian, `zcat /usr/share/man/${page}.gz`)).stdout).toMatch(/^\.TH RSYNC-GUARD/);

  const pieces = "/etc/rsync-guard.d";
  await done(
    debian,
    `rsync-guard presets add lsyncd /srv/m; echo 'mode = "observe"' >${pieces}/observe.toml; mkdir -p a /srv/n; touch a/b
    for i in 1 2 3; do echo $i >/srv/n/a; /usr/lib/rsync-guard/rsync -a --delete a/ /srv/n/; done; rsync-guard suggest --write`,
  );
  expect((await done(debian, `ls ${pieces}`)).stdout).toBe("lsyncd.toml\nobserve.toml\nsuggested.toml\n");
  await done(debian, "dpkg --purge rsync-guard");
  expect((await done(debian, `ls ${pieces}; rm -r ${pieces}`)).stdout).toBe("observe.toml\n");

  await done(debian, `dpkg -i ${own}; rsync-guard presets add lsyncd /srv/m; dpkg --purge rsync-guard; rm -r /srv/n a`);
  await expectGone(debian, before);
});

test("preseeded it guards, whatever is upgraded or installed again, until it is removed", async ({ debian }) => {
  const [older = "", newer = older] = packages();
  const before = await everything(debian);
  await done(debian, `${answer(true)}; dpkg -i ${own}`);
  await expectGuarded(debian, newest());
  expect((await done(debian, "dpkg-divert --list /usr/bin/rsync; dpkg -V rsync rsync-guard")).stdout).toBe(
    "diversion of /usr/bin/rsync to /usr/lib/rsync-guard/real/rsync by rsync-guard\n",
  );
  await done(debian, `dpkg -i ${older}`);
  await expectGuarded(debian, versionOf(older));
  await done(debian, `dpkg -i ${newer}`);
  await expectGuarded(debian, versionOf(newer));

  // as an older version would have written it
  await done(debian, "echo '# of-an-older-version' >>/usr/bin/rsync; echo '# mine' >>/etc/rsync-guard.toml");
  await done(debian, `dpkg -i ${next}`);
  await expectGuarded(debian, newest());
  expect(
    (await done(debian, "tail -n 1 /etc/rsync-guard.toml; grep -c of-an-older-version /usr/bin/rsync || true")).stdout,
  ).toBe("# mine\n0\n");
  await done(debian, `dpkg -i ${next}`);
  await expectGuarded(debian, newest());

  await done(debian, "dpkg --remove rsync-guard");
  await expectUntouched(debian);
  await done(debian, `tail -n 1 /etc/rsync-guard.toml; dpkg -i ${own}`);
  await expectGuarded(debian, newest());
  const { stdout } = await done(debian, "dpkg --purge rsync-guard; ls /root/.local/state/rsync-guard");
  expect(stdout).toContain("journal.jsonl");
  await expectGone(debian, before);
});

test("what was done by hand since the answer stays, until the question is answered anew", async ({ debian }) => {
  await done(debian, `dpkg -i ${own}; ${install}; dpkg -i ${next}`);
  await expectGuarded(debian, newest());
  await done(debian, "dpkg-reconfigure rsync-guard");
  await expectGuarded(debian, newest());
  await done(debian, `${answer(false)}; ${uninstall}; dpkg -i ${next}; dpkg-reconfigure rsync-guard`);
  await expectUntouched(debian);
  await done(debian, `${answer(true)}; dpkg-reconfigure rsync-guard`);
  await expectGuarded(debian, newest());
  await done(debian, `${uninstall}; dpkg -i ${next}`);
  await expectUntouched(debian);
  await done(debian, `${answer(true)}; ${install}; ${answer(false)}; dpkg-reconfigure rsync-guard`);
  await expectUntouched(debian);
  await done(debian, `${install}; dpkg --purge rsync-guard`);
  await expectUntouched(debian);
});

test("removal takes away the shims that would refuse everything, and no others", async ({ debian }) => {
  const local = "/usr/local/bin/rsync";
  const others = "s,^rsync_guard_program=.*,rsync_guard_program=/opt/other/guard.cjs,";
  await done(
    debian,
    `echo jo:x:1000:1000::/home/jo:/bin/sh >>/etc/passwd; mkdir /home/jo; dpkg -i ${own}
    rsync-guard install --bin-dir /home/jo/.local/bin; rsync-guard install; ${install}
    echo '# older' >>${local}; dpkg -i ${next}`,
  );
  // the older one was renewed, and does not hang on the diversion
  expect((await done(debian, `tail -n 1 ${local}; grep ^rsync_guard_real= ${local}`)).stdout).not.toContain("older");
  await done(debian, `${uninstall}; ${local} --version; ${install}`);
  const { stderr } = await done(debian, "dpkg --remove rsync-guard");
  expect(stderr.match(/^rsync-guard: .*/gm)).toEqual([
    "rsync-guard: /home/jo/.local/bin/rsync asks this package, and refuses everything without it: its owner has to remove it",
  ]);
  await expectUntouched(debian);
  expect((await done(debian, "ls /usr/local/bin; ls /home/jo/.local/bin")).stdout).toBe("rsync\nrsync-guard\n");

  await done(
    debian,
    `dpkg -i ${own}; rsync-guard install; ${install}; sed -i '${others}' ${local} /usr/bin/rsync
    cp -p ${local} /root/local; cp -p /usr/bin/rsync /root/usr; dpkg -i ${next}; dpkg --purge rsync-guard
    cmp ${local} /root/local; cmp /usr/bin/rsync /root/usr; dpkg-divert --list | grep rsync-guard`,
  );
});

describe("whatever is interrupted, there is a working rsync, and what is called next goes on from there", () => {
  /** In the place of a program: where its arguments hold a word, it kills everything, before or after its work. */
  const killer = (word: string, when: string) => `#!/bin/sh
case " $* " in *" ${word} "*) ${when === "before" ? "" : '/usr/bin/${0##*/} "$@"; '}kill -9 -1; exit 1 ;; esac
exec /usr/bin/\${0##*/} "$@"
`;
  const first = `${answer(true)}; dpkg -i ${own}`;
  const remove = "dpkg --remove rsync-guard";
  const works = "rsync --version >/dev/null";
  const interruptions = [
    { what: "an installation", command: first, before: ":", at: ["dpkg-divert --truename", "dpkg-divert --add"] },
    { what: "an upgrade", command: `dpkg -i ${next}`, before: first, at: ["dpkg-divert --truename"] },
    {
      what: "a removal",
      command: remove,
      before: `${first}; rsync-guard install`,
      at: ["mv -f", "dpkg-divert --remove", "rm /usr/local/bin/rsync"],
    },
  ];

  test.for(interruptions)("$what that is killed", async ({ command, before, at }, { debian }) => {
    for (const point of at.flatMap((one) => [`before ${one}`, `after ${one}`])) {
      const [when = "", name = "", word = ""] = point.split(" ");
      await done(debian, before);
      debian.make({ [`/usr/local/sbin/${name}`]: killer(word, when) });
      const { code } = await debian.sh(`chmod +x /usr/local/sbin/${name}; ${command}`, quiet);
      expect({ point, code }).toEqual({ point, code: 137 });
      await done(debian, `rm /usr/local/sbin/${name}; ${works}; dpkg --configure -a; ${works}`);
      if (command !== remove) await expectGuarded(debian, newest());
      await done(debian, "dpkg --purge rsync-guard");
      await expectUntouched(debian);
    }
  });

  test("an upgrade that is unpacked only, and then removed", async ({ debian }) => {
    await done(debian, `${first}; dpkg --unpack ${next}`);
    await expectGuarded(debian, newest());
    await done(debian, remove);
    await expectUntouched(debian);
    await done(debian, `dpkg -i ${next}`);
    await expectGuarded(debian, newest());
  });

  test("an installation that fails, and a removal that does", async ({ debian }) => {
    await done(debian, "mkdir -p /usr/lib/rsync-guard/real; echo mine >/usr/lib/rsync-guard/real/rsync");
    const failed = await debian.sh(first, quiet);
    expect({ code: failed.code, stderr: failed.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("are two different programs"),
    });
    await done(debian, `rm /usr/lib/rsync-guard/real/rsync; ${works}`);
    await expectUntouched(debian);
    await done(debian, "dpkg --configure -a");
    await expectGuarded(debian, newest());

    const failing = '#!/bin/sh\ncase $* in *--remove*) exit 1 ;; esac\nexec /usr/bin/dpkg-divert "$@"\n';
    debian.make({ "/usr/local/sbin/dpkg-divert": failing });
    expect((await debian.sh(`chmod +x /usr/local/sbin/dpkg-divert; ${remove}`, quiet)).code).toBe(1);
    await expectGuarded(debian, newest());
    await done(debian, `rm /usr/local/sbin/dpkg-divert; ${remove}`);
    await expectUntouched(debian);
  });
});

test("two builds of it are the same bytes, whoever makes them", ({ skip }) => {
  if (!existsSync(join(built, "own"))) skip();
  build("again", "umask 077; export TZ=Asia/Tokyo HOME=/nonexistent LC_ALL=C;");
  const [one, two] = ["own", "again"].map((folder) => join(built, folder, readdirSync(join(built, folder))[0] ?? ""));
  expect(spawnSync("cmp", [one ?? "", two ?? ""])).toMatchObject({ status: 0 });
});
