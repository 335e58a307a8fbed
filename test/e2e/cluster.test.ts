/**
 * The accident on a cluster, as it happened: a host without a guard pushes to web1, and lsyncd mirrors web1's /var/www to
 * web2. VERSION is lost between the dry run and the live run. Each row is one of the table in docs/receiving-host.md.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { checkout } from "../support/build.ts";
import { clientConfig, ended, makeKey, sshd, startSshd } from "../support/ssh.ts";
import { test, type World } from "../support/world.ts";

const needed = [sshd, "/usr/bin/lsyncd"].filter((file) => !existsSync(file));
if (needed.length > 0) console.warn(`the test of a cluster is skipped: there is no ${needed.join(", ")}`);

const hosts = ["web1", "web2"] as const;
const docs = (name: string): string => readFileSync(join(checkout, "docs", name), "utf8");

/** The lines that the page shows for /var/www, on the host with lsyncd and on the mirror. */
const lines = [
  ...(docs("clients.md").split("\n### /var/www\n")[1] ?? "")
    .split("\n## ", 1)
    .join("")
    .matchAll(/^```toml\n(.*?)^```/gms),
].map(([, toml = ""]) => toml);

const releases = ["1.2.0", "1.2.1", "1.2.2"];
const files = Array.from({ length: 20 }, (_, at) => `page${at}.html`);
const all = releases.length * files.length;

/** The cells of the table, and how many of the two pushes to `releases//` are refused. */
const rows = [
  { guarded: [], row: ["none", "all releases lost", "all releases lost", "goes on"], refused: 0 },
  { guarded: ["web1", "web2"], row: ["web1 and web2", "nothing lost", "nothing lost", "goes on"], refused: 2 },
  { guarded: ["web1"], row: ["web1 only", "nothing lost", "nothing lost", "goes on"], refused: 2 },
  { guarded: ["web2"], row: ["web2 only", "all releases lost", "lost up to the limit", "ends"], refused: 0 },
] as const;

test.skipIf(needed.length > 0)("what a lost variable does to a cluster", { timeout: 120_000 }, async ({ world }) => {
  const table = docs("receiving-host.md").match(/^\| (?!guard)\S.* \|$/gm);
  expect(table).toEqual(rows.map(({ row }) => `| ${row.join(" | ")} |`));
  const { folder } = world;
  await makeKey(world);
  const running = [];
  const ports: Record<string, number> = {};
  try {
    for (const name of hosts) {
      for (const directory of ["var/www", "shim", "home"])
        mkdirSync(join(folder, name, directory), { recursive: true });
      symlinkSync(process.execPath, join(folder, name, "shim/node"));
      const own = ["--own-var", join(folder, name, "var")];
      const { port, server } = await startSshd(folder, join(folder, name), own);
      ports[name] = port;
      running.push(server);
    }
    writeFileSync(join(folder, "ssh/config"), clientConfig(folder, ports));
    for (const { guarded, row, refused } of rows) {
      await prepare(world, guarded);
      expect(await replay(world, row[0])).toEqual({ row, refused });
    }
  } finally {
    for (const one of running) await ended(one);
  }
});

const statesOf = { 0: "all releases lost", [all]: "nothing lost" } as Readonly<Record<number, string>>;
const wordsFor = (left: number): string => statesOf[left] ?? "lost up to the limit";

/** Both hosts as they were before, with these guarded. */
async function prepare(world: World, guarded: readonly string[]): Promise<void> {
  const { folder } = world;
  await world.sh("rm -rf web?/var/www web?/home build log ended ssh/control; mkdir web1/home web2/home");
  for (const [at, name] of hosts.entries()) {
    rmSync(join(folder, name, "shim/rsync"), { force: true });
    if (!guarded.includes(name)) continue;
    symlinkSync(join(checkout, "shims/rsync"), join(folder, name, "shim/rsync"));
    world.make({ [`${name}/home/config/rsync-guard.toml`]: lines[at] ?? "" });
  }
  const site = releases.flatMap((release) =>
    files.map((file) => [`web1/var/www/releases/${release}/${file}`, `${release} ${file}\n`]),
  );
  world.make({
    ...Object.fromEntries([...site, ...files.map((file) => [`build/${file}`, `1.2.3 ${file}\n`])]),
    "web1/var/www/current": "-> releases/1.2.2",
  });
  await world.sh("cp -a web1/var/www web2/var/www");
  const rsync = guarded.includes("web1") ? `${folder}/web1/shim/rsync` : "/usr/bin/rsync";
  writeFileSync(
    join(folder, "lsyncd.conf"),
    `settings { logfile = "${folder}/log", nodaemon = true, insist = true }
sync { default.rsync, source = "/var/www", target = "web2:/var/www", delay = 0, rsync = {
  binary = "${rsync}", archive = true, rsh = "ssh -F ${folder}/ssh/config" } }\n`,
  );
}

/** The push with VERSION lost; then with VERSION lost before the dry run, too; then as it was meant. */
async function replay(world: World, name: string) {
  const push = '/usr/bin/rsync -a --delete -e "ssh -F ssh/config -S ssh/control" build/ web1:/var/www/releases';
  const { stdout, stderr } = await world.sh(`
    on() { ssh -F ssh/config -S ssh/control "$@"; }
    on -M -N web1 2>/dev/null & master=$!
    until [ -S ssh/control ]; do sleep 0.05; done
    on web1 'cd ${world.folder}; sh -c "echo \\$\\$ >pid; exec lsyncd lsyncd.conf" >out 2>&1; echo $? >ended' &
    isAlive() { [ ! -e ended ]; }
    isMirrored() { diff -r --no-dereference web1/var/www web2/var/www >/dev/null 2>&1; }
    follow() { sleep 0.3; for i in $(seq 80); do isMirrored && return; isAlive || return; sleep 0.1; done; }
    left() { find $1/var/www/releases/1.2.[012] -type f 2>/dev/null | wc -l; }
    until grep -q " finished" log || ! isAlive; do sleep 0.05; done 2>/dev/null
    { ${push}/1.2.3/ -n
      ${push}//; ${push}// -n; ${push}//; } >said 2>&1
    follow
    grep -c '^rsync-guard: refused, .*//: a variable may be empty' said; left web1; left web2; isAlive; echo $?
    ${push}/1.2.3/ && follow
    diff -r build web1/var/www/releases/1.2.3 && { ! isAlive || isMirrored; }; echo $?
    on web1 'kill $(cat ${world.folder}/pid)' 2>/dev/null
    while isAlive; do sleep 0.05; done
    kill $master`);
  const [refused, web1 = 0, web2 = 0, lsyncd, meant] = stdout.trim().split("\n").map(Number);
  expect({ name, meant, stderr }).toEqual({ name, meant: 0, stderr: "" });
  return { row: [name, wordsFor(web1), wordsFor(web2), lsyncd === 0 ? "goes on" : "ends"], refused };
}
