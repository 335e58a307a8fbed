/**
 * Replays the accident on the real rsync, without and with the guard, in a scratch folder that is all it can write to.
 *
 *     npm run demo
 *
 * Ends with 0 if the guard refused, nothing changed, and the corrected run went through.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "../..");
const plainPath = "/usr/bin:/bin";
const guardedPath = `${join(root, "shims")}:${plainPath}:${dirname(process.execPath)}`;

const dryRun = "rsync -avn --delete build/ releases/$VERSION/";
const liveRun = "rsync -av --delete build/ releases/$VERSION/";

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** A web host's folder: two releases, one of them live, and what they share by symlinks. */
function makeHost(): string {
  const host = mkdtempSync(join(tmpdir(), "demo-"));
  const files = ["build/app.php", "build/index.html", "shared/config/db.ini", "shared/media/logo.png"];
  for (const release of ["1.2.1", "1.2.2"]) files.push(`releases/${release}/app.php`, `releases/${release}/index.html`);
  for (const file of files) {
    mkdirSync(join(host, dirname(file)), { recursive: true });
    writeFileSync(join(host, file), `${file}\n`);
  }
  for (const release of ["1.2.1", "1.2.2"])
    for (const name of ["config", "media"]) symlinkSync(`../../shared/${name}`, join(host, "releases", release, name));
  symlinkSync("releases/1.2.2", join(host, "current"));
  return host;
}

/** What is in a folder, names that begin with a dot left out. */
function treeOf(folder: string, indent = "    "): string {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith("."))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) return `${indent}${entry.name} -> ${readlinkSync(path)}\n`;
      return entry.isDirectory()
        ? `${indent}${entry.name}/\n${treeOf(path, `${indent}  `)}`
        : `${indent}${entry.name}\n`;
    })
    .join("");
}

function showTree(title: string, host: string): void {
  say(`\n${title}:\n\n${treeOf(host)}`);
}

/** Runs a line as a person types it, caged in the host's folder; its exit code. */
function type(line: string, host: string, path: string, version: string): number | null {
  say(`$ ${line}`);
  // without the terminal, so that what is shown does not hang on whether there is one
  const { status } = spawnSync("setsid", ["--wait", join(root, "test/cage"), host, "sh", "-c", line], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { PATH: path, VERSION: version, XDG_STATE_HOME: join(host, ".state"), XDG_CONFIG_HOME: join(host, ".config") },
  });
  return status;
}

/** The dry run, the lost variable, the live run; the live run's exit code. */
function replay(host: string, path: string): number | null {
  say("$ VERSION=1.2.3");
  type(dryRun, host, path, "1.2.3");
  say("\n# the VPN reconnects: a new session, and the variable is gone\n");
  return type(liveRun, host, path, "");
}

function withoutGuard(host: string): void {
  say("1. Without the guard\n====================");
  showTree("before", host);
  replay(host, plainPath);
  showTree("after: every release is gone, and the new one's files lie one level up", host);
}

function withGuard(host: string): boolean {
  say("2. With the guard, the same commands\n====================================");
  const before = treeOf(host);
  say("\nthe same folder as it was before\n");
  const refused = replay(host, guardedPath) === 77;
  const unchanged = treeOf(host) === before;
  showTree(unchanged ? "after: nothing has changed" : "after: it has changed", host);
  say("# the variable is set again: the dry run above counts\n\n$ VERSION=1.2.3");
  const passed = type(liveRun, host, guardedPath, "1.2.3") === 0;
  showTree("after", host);
  return refused && unchanged && passed;
}

const hosts = [makeHost(), makeHost()] as const;
try {
  withoutGuard(hosts[0]);
  process.exitCode = withGuard(hosts[1]) ? 0 : 1;
} finally {
  for (const host of hosts) rmSync(host, { recursive: true });
}
