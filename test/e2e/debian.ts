/** A Debian of its own for a test, in which it may install, upgrade and break what it likes. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test as base, beforeAll } from "vitest";
import { checkout } from "./build.ts";
import type { Outcome } from "./world.ts";

const cache = join(checkout, "node_modules/.cache/debian");
let obstacle: string | null = null;

/** Made once, then kept: it takes half a minute. */
export const makeDebian = (): void =>
  beforeAll(() => {
    const { status, stderr, error } = spawnSync(join(checkout, "test/e2e/debian-tree"), [cache], { encoding: "utf8" });
    if (status !== 0) obstacle = `no Debian to install in: ${error?.message ?? stderr.trim()}`;
    if (obstacle) console.warn(`tests of install --divert skipped: ${obstacle}`);
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

export const test = base.extend<{ debian: Debian }>({
  debian: async ({ skip }, use) => {
    if (obstacle) skip(obstacle);
    // beside it, for what is only replaced there, never written in place, is linked, which takes a tenth of the time
    const folder = mkdtempSync(join(cache, "copy-"));
    try {
      const written = "etc var usr/bin root";
      const copy = `cp -al tree/. "$0"; chmod 755 "$0"; cd "$0"; rm -r ${written}; cd ../tree; cp -a --parents ${written} "$0"; mkdir -p -m 755 "$0/opt/rsync-guard"`;
      spawnSync("/bin/sh", ["-ec", copy, folder], { cwd: cache, stdio: "inherit" });
      const make: Debian["make"] = (files) => {
        for (const [path, content] of Object.entries(files)) {
          mkdirSync(dirname(join(folder, path)), { recursive: true });
          writeFileSync(join(folder, path), content);
        }
      };
      // as npm does it
      symlinkSync("/opt/rsync-guard/dist/cli.cjs", join(folder, "usr/local/bin/rsync-guard"));
      await use({ folder, make, sh: (script, env = {}) => started(folder, script, env) });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});

/** As in test/cage: nothing of this host can be written, and its processes can't be seen. */
const cage = (folder: string): readonly string[] => [
  ...["--die-with-parent", "--unshare-pid", "--cap-drop", "CAP_SYS_ADMIN", "--cap-drop", "CAP_SYS_PTRACE"],
  ...["--bind", folder, "/", "--dev", "/dev", "--proc", "/proc", "--remount-ro", "/proc", "--tmpfs", "/tmp"],
  ...["dist", "shims"].flatMap((part) => ["--ro-bind", join(checkout, part), `/opt/rsync-guard/${part}`]),
  ...["--ro-bind", join(checkout, "test/e2e/faults.cjs"), "/opt/faults.cjs"],
  ...["--ro-bind", realpathSync(process.execPath), "/usr/bin/node", "--ro-bind", join(cache, "debs"), "/debs"],
  ...["--chdir", "/root", "--"],
];

function started(folder: string, script: string, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const child = spawn("bwrap", [...cage(folder), "/bin/sh", "-c", script], {
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
