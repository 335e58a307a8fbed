/** A Debian of its own for a test, in which it may install, upgrade and break what it likes. */
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, test as base, beforeAll, expect } from "vitest";
import { checkout } from "./build.ts";
import { faults } from "./program.ts";
import type { Outcome } from "./world.ts";

const cache = join(checkout, "node_modules/.cache/debian");
let obstacle: string | null = null;

/** Made once, then kept: it takes half a minute. `prepare`: what else these tests need; it says why it can't be had. */
export const makeDebian = (prepare: () => string | null = () => null): void =>
  beforeAll(() => {
    const { status, stderr, error } = spawnSync(join(checkout, "test/support/debian-tree"), [cache], {
      encoding: "utf8",
    });
    if (status !== 0) obstacle = `no Debian to install in: ${error?.message ?? stderr.trim()}`;
    else obstacle = prepare();
    if (obstacle) console.warn(`tests in a Debian of their own skipped: ${obstacle}`);
  }, 300_000);

export interface Debian {
  /** Where its / is. */
  readonly folder: string;
  /** Runs a script of /bin/sh in it, as its root, with `rsync-guard` on PATH. */
  sh(script: string, env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Makes new files, by absolute path. */
  make(files: Readonly<Record<string, string>>): void;
}

/** The packages of rsync, oldest first, by absolute path in it. */
export const packages = (): readonly string[] =>
  readdirSync(join(cache, "debs"))
    .sort((a, b) => (isOlder(versionOf(a), versionOf(b)) ? -1 : 1))
    .map((file) => `/debs/${file}`);

export const versionOf = (file: string): string => /_(.*)_/.exec(file)?.[1] ?? "";

const isOlder = (a: string, b: string): boolean => spawnSync("dpkg", ["--compare-versions", a, "lt", b]).status === 0;

/** Where there is room in memory, and a program in it may be started: a copy takes a quarter of a second there. */
const inMemory = ((): string | null => {
  if (!/^\S+ \/dev\/shm tmpfs (?!\S*\bnoexec\b)/m.test(readFileSync("/proc/mounts", "latin1"))) return null;
  const { bavail, bsize } = statfsSync("/dev/shm");
  return bavail * bsize > 2 ** 31 ? "/dev/shm" : null;
})();

/** Else a copy is made beside the tree, and what is only replaced, never written in place, is linked. */
const written = "etc var usr/bin root";
const linking = `cp -al tree/. "$0"; chmod 755 "$0"; cd "$0"; rm -r ${written}; cd ../tree; cp -a --parents ${written} "$0"`;

/** A tree, into which `prepared` puts what its program needs, in a cage in which `binds` are there too. */
const treeTest = (prepared: (folder: string) => void, binds: () => readonly string[]) =>
  base.extend<{ debian: Debian }>({
    debian: async ({ skip }, use) => {
      if (obstacle) skip(obstacle);
      const folder = mkdtempSync(join(inMemory ?? cache, "copy-"));
      try {
        const copy = inMemory ? 'cp -a tree/. "$0"; chmod 755 "$0"' : linking;
        spawnSync("/bin/sh", ["-ec", copy, folder], { cwd: cache, stdio: "inherit" });
        const make: Debian["make"] = (files) => {
          for (const [path, content] of Object.entries(files)) {
            mkdirSync(dirname(join(folder, path)), { recursive: true });
            writeFileSync(join(folder, path), content);
          }
        };
        prepared(folder);
        await use({ folder, make, sh: (script, env = {}) => started(folder, binds(), script, env) });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  });

const readOnly = (from: string, to: string): readonly string[] => ["--ro-bind", from, to];

/** With the program as npm installs it, and Node. */
export const test = treeTest(
  (folder) => {
    mkdirSync(join(folder, "opt/rsync-guard"));
    chmodSync(join(folder, "opt/rsync-guard"), 0o755);
    symlinkSync("/opt/rsync-guard/dist/cli.cjs", join(folder, "usr/local/bin/rsync-guard"));
  },
  () => [
    ...["dist", "shims"].flatMap((part) => readOnly(join(checkout, part), `/opt/rsync-guard/${part}`)),
    ...readOnly(faults(), "/opt/faults"),
    ...readOnly(realpathSync(process.execPath), "/usr/bin/node"),
  ],
);

/** Where packages of rsync-guard are built, which a bare tree has in /built. */
export const built = mkdtempSync(join(tmpdir(), "rsync-guard-built-"));
afterAll(() => rmSync(built, { recursive: true }));

/** Without the program, and without Node. */
export const bare = treeTest(
  () => {},
  () => readOnly(built, "/built"),
);

/** As in test/cage: nothing of this host can be written, and its processes can't be seen. */
const cage = (folder: string): readonly string[] => [
  ...["--die-with-parent", "--unshare-pid", "--cap-drop", "CAP_SYS_ADMIN", "--cap-drop", "CAP_SYS_PTRACE"],
  ...["--bind", folder, "/", "--dev", "/dev", "--proc", "/proc", "--remount-ro", "/proc", "--tmpfs", "/tmp"],
  ...readOnly(join(cache, "debs"), "/debs"),
  ...["--chdir", "/root"],
];

function started(
  folder: string,
  binds: readonly string[],
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const child = spawn("bwrap", [...cage(folder), ...binds, "--", "/bin/sh", "-c", script], {
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      LC_ALL: "C.UTF-8",
      ...env,
    },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const read = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      read[name] += text;
    });
  return new Promise((fulfil, reject) => {
    child.on("error", reject);
    child.on("close", (code) => fulfil({ code: code ?? -1, ...read }));
  });
}

const explained = (code: string) => `(rsync-guard explain ${code})\n`;

/** As the package left it: nothing differs from what it brought, and nothing was added. */
export async function expectUntouched(debian: Debian) {
  const { stdout } = await debian.sh(
    "dpkg -V rsync; dpkg-divert --list '*rsync*'; ls -A /usr/bin | grep -e 'rsync[.]' -e '[.]rsync'; rsync --version >/dev/null || echo broken",
  );
  expect(stdout).toBe("");
}

/** That each call of rsync asks the guard, and becomes the package's rsync of that version. */
export async function expectGuarded(debian: Debian, version: string) {
  const { code, stdout, stderr } = await debian.sh(
    `mkdir -p a; echo a >a/a
    env -i /usr/bin/rsync --version | head -n 1
    rsync -a a/ /srv/new/ && cat /srv/new/a && rm -r /srv/new
    exec /usr/bin/rsync -a --delete a/ /srv`,
  );
  expect({ code, stdout }).toEqual({
    code: 77,
    stdout: `rsync  version ${version.replace(/[-+].*/, "")}  protocol version 32\na\n`,
  });
  expect(stderr).toContain(explained("protected-destination"));
}
