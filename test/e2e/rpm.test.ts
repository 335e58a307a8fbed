/** The rpm package: npm run build:rpm, in a root of the test's own, which rpm makes of stand-ins. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkout } from "../support/build.ts";
import type { Outcome } from "../support/world.ts";

const { version } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "rsync-guard-rpm-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [root, built] = [join(folder, "root"), join(folder, "built")];

const has = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const obstacle = ((): string | null => {
  if (process.arch !== "x64" || process.geteuid?.() !== 0) return "only root can make a root, and it is for x64";
  const missing = ["rpm", "rpmbuild", "bwrap", "busybox"].find((program) => !has(program));
  if (missing) return `there is no ${missing}`;
  return existsSync(join(checkout, "dist/standalone/rsync-guard"))
    ? null
    : "npm run build:standalone makes what is in it";
})();
if (obstacle) console.warn(`tests of the rpm package skipped: ${obstacle}`);

function build(to: string, before = ""): void {
  mkdirSync(join(built, to), { recursive: true });
  const script = `export RSYNC_GUARD_RPM_COMPRESSION=w1.gzdio; ${before} exec sh scripts/tsx packaging/rpm/rpm.ts ${built}/${to}`;
  const { status, stderr } = spawnSync("sh", ["-ec", script], { cwd: checkout, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

/** An rsync that only says its version, and what else a host needs. */
const standIns = (number: string): string => `
Name: rsync
Version: ${number}
Release: 1
Summary: stand-in
License: none
AutoReqProv: no
%description
stand-in
%package -n base
Summary: stand-in
Provides: /bin/sh
AutoReqProv: no
%description -n base
stand-in
%install
cd %{buildroot}
mkdir -p usr/bin etc root srv tmp var/lib
printf '#!/bin/sh\\necho "rsync  version ${number}  protocol version 32"\\n' >usr/bin/rsync
chmod 755 usr/bin/rsync
cp "$(command -v busybox)" usr/bin/busybox
for name in $(busybox --list); do [ -e "usr/bin/$name" ] || ln -s busybox "usr/bin/$name"; done
rm -f usr/bin/rpm usr/bin/dpkg*
ln -s usr/bin bin
echo root:x:0:0::/root:/bin/sh >etc/passwd
%files
/usr/bin/rsync
%files -n base
/bin
/etc/passwd
%dir /root
%dir /srv
/usr/bin/[!r]*
/usr/bin/r[!s]*
`;

function buildStandIns(number: string): void {
  writeFileSync(join(folder, "spec"), standIns(number));
  const defines = { _topdir: join(folder, "work"), _rpmdir: built, _rpmfilename: "%%{NAME}-%%{VERSION}.rpm" };
  const { status, stderr } = spawnSync(
    "rpmbuild",
    [
      ...["-bb", "--quiet", "--target", "x86_64-linux", "--define", "__os_install_post %{nil}"],
      ...["--define", "debug_package %{nil}", "--define", "_build_id_links none"],
      ...Object.entries(defines).flatMap(([name, value]) => ["--define", `${name} ${value}`]),
      join(folder, "spec"),
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
}

/** As in test/cage: nothing of this host can be written. rpm and the libraries are this host's. */
function run(command: string, ...args: readonly string[]): Outcome {
  const shown = ["/usr/lib/x86_64-linux-gnu", "/lib64/ld-linux-x86-64.so.2", "/usr/lib/rpm", "/usr/bin/rpm"];
  const { status, stdout, stderr } = spawnSync(
    "bwrap",
    [
      ...["--die-with-parent", "--unshare-pid", "--cap-drop", "CAP_SYS_ADMIN", "--cap-drop", "CAP_SYS_PTRACE"],
      ...["--bind", root, "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--ro-bind", built, "/built"],
      ...shown.flatMap((path) => ["--ro-bind", path, path]),
      ...["--chdir", "/root", "--", command, ...args],
    ],
    {
      encoding: "utf8",
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/root", LC_ALL: "C.UTF-8" },
      timeout: 60_000,
    },
  );
  return { code: status ?? -1, stdout, stderr };
}
const sh = (script: string): Outcome => run("/bin/sh", "-c", script);
function done(script: string): string {
  const { code, stdout, stderr } = sh(`set -e; ${script}`);
  if (code !== 0) throw new Error(`${script}: ${stdout}${stderr}`);
  return stdout;
}

const own = (release: number): string => `/built/${release}/rsync-guard-${version}-${release}.x86_64.rpm`;
const [older, newer] = ["3.2.7", "3.4.1"].map((number) => ({ number, file: `/built/rsync-${number}.rpm` })) as [
  { number: string; file: string },
  { number: string; file: string },
];
const real = "/usr/lib/rsync-guard/real";
const install = "rsync-guard install --divert >/dev/null";
const uninstall = "rsync-guard uninstall --divert >/dev/null";

const said = ({ number }: typeof older): string => `rsync  version ${number}  protocol version 32\n`;

function expectGuarded(rsync: typeof older): void {
  expect(done("env -i /usr/bin/rsync --version")).toBe(said(rsync));
  expect(sh("mkdir -p a; rsync -a --delete a/ /srv")).toMatchObject({
    code: 77,
    stderr: expect.stringContaining("(rsync-guard explain protected-destination)\n"),
  });
}
function expectUntouched(rsync: typeof older): void {
  expect(done("rsync -a --delete a/ /srv; rpm -V rsync")).toBe(said(rsync));
  expect(sh(`[ -e ${real} ]`).code).not.toBe(0);
}

beforeAll(() => {
  if (obstacle) return;
  for (const release of [1, 2]) build(String(release), `export RSYNC_GUARD_RPM_RELEASE=${release};`);
  for (const { number } of [older, newer]) buildStandIns(number);
  for (const directory of ["root", "etc/rpm"]) mkdirSync(join(root, directory), { recursive: true });
  // Debian's rpm has it in a home
  writeFileSync(join(root, "etc/rpm/macros"), "%_dbpath /var/lib/rpm\n");
}, 300_000);

test.skipIf(obstacle)("it keeps its place over upgrades of rsync, and gives it back", { timeout: 120_000 }, () => {
  expect(run("/usr/bin/rpm", "-i", `/built/base-${older.number}.rpm`)).toMatchObject({ code: 0 });
  done(`rpm -i ${older.file}; rpm -i ${own(1)}`);
  expectUntouched(older);
  expect(done("rsync-guard --version; rpm -V rsync-guard")).toBe(`rsync-guard ${version}\n`);

  done(install);
  expectGuarded(older);
  done(`rpm -U ${newer.file}`);
  expectGuarded(newer);
  done(`rpm -U --replacepkgs ${newer.file}`);
  expectGuarded(newer);
  done(`rpm -U --oldpackage ${older.file}`);
  expectGuarded(older);

  // as an older version would have written it
  done("echo '# of-an-older-version' >>/usr/bin/rsync; echo '# mine' >>/etc/rsync-guard.toml");
  done(`rpm -U ${own(2)}`);
  expectGuarded(older);
  expect(done("tail -n 1 /etc/rsync-guard.toml; grep -c of-an-older-version /usr/bin/rsync || true")).toBe(
    "# mine\n0\n",
  );

  done("rpm -e --nodeps rsync");
  expect(sh(`ls -A ${real} /usr/bin/rsync`)).toMatchObject({ stdout: `${real}:\n` });
  done(`rpm -i ${newer.file}`);
  expectGuarded(newer);

  done(uninstall);
  expectUntouched(newer);
  done(`rpm -U --oldpackage ${older.file}; rpm -U --replacepkgs ${own(2)}`);
  expectUntouched(older);
  done(`${install}; rpm -e rsync-guard`);
  expectUntouched(older);
  expect(sh("ls /usr/lib/rsync-guard /usr/bin/rsync-guard")).toMatchObject({ stdout: "" });
});

test.skipIf(obstacle)(
  "whatever is interrupted, there is a whole rsync, and the next upgrade goes on from there",
  () => {
    done(`rpm -i ${own(1)}; ${install}`);
    /** What rpm, or its trigger, leaves where it is killed. */
    const interrupted = ["true", `rm ${real}/rsync`, `rm -f ${real}/rsync; ln /usr/bin/rsync ${real}/rsync`];
    for (const state of interrupted) {
      done(`rpm -U --notriggers ${newer.file}; ${state}`);
      expect(done("rsync -a --delete a/ /srv")).toBe(said(newer));
      if (state === "true") expect(sh(install).stderr).toMatch(/are two different programs: .*rpm -V rsync/);
      done(`rpm -U --replacepkgs ${newer.file}`);
      expectGuarded(newer);
      done(`rpm -U --oldpackage ${older.file}`);
      expectGuarded(older);
    }
  },
);

test.skipIf(obstacle)("without the trigger, and without dpkg, nothing takes the place of rsync", () => {
  done("cp /usr/bin/rsync-guard /root/alone; rpm -e rsync-guard");
  expect(sh("/root/alone install --divert")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("--divert needs dpkg-divert"),
  });
  expectUntouched(older);
});

test.skipIf(obstacle)("two builds of it are the same bytes, whoever makes them", { timeout: 120_000 }, () => {
  build("again", "umask 077; export TZ=Asia/Tokyo HOME=/nonexistent LC_ALL=C;");
  const [one = "", two = ""] = ["1", "again"].map((to) => join(built, to, readdirSync(join(built, to))[0] ?? ""));
  expect(spawnSync("cmp", [one, two])).toMatchObject({ status: 0 });
});
