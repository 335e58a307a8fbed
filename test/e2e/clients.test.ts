/** Programs that call rsync, with what docs/clients.md tells people to paste. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { rsyncs } from "../conformance/referee.ts";
import { checkout, program } from "../support/build.ts";
import { codesOf, test } from "../support/ssh.ts";
import { type Outcome, realRsync, type World } from "../support/world.ts";

const page = readFileSync(join(checkout, "docs/clients.md"), "utf8");

/** The configurations that a section of the page shows, with another directory in place of the one that it shows. */
function documented(section: string, shown: string, own: string): readonly string[] {
  const text = page.split(/^## /m).find((one) => one.startsWith(`${section}\n`)) ?? "";
  return [...text.matchAll(/^```toml\n(.*?)^```/gms)].map(([, toml = ""]) => toml.replaceAll(shown, own));
}

const configure = (world: World, toml: string, home = ".") => world.make({ [`${home}/config/rsync-guard.toml`]: toml });

/** What suggest makes of the journal is the configuration from here on. */
async function adopt(world: World): Promise<void> {
  const { stdout } = await world.sh(`${program} suggest`);
  configure(world, stdout);
}

const lacking = ["rsnapshot", "lsyncd", "python3"].filter((program) => !existsSync(`/usr/bin/${program}`));
if (lacking.length > 0) console.warn(`tests of clients skipped: there is no ${lacking.join(", ")}`);

const numbered = (folder: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${folder}/n${at}`, `${at}\n`]));

interface Refused {
  readonly what: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Where in the snapshot a backup goes. */
  readonly place?: string;
  /** In place of what the page tells to paste. */
  readonly toml?: (folder: string, pasted: string) => string;
  /** What happens to the source before the run that is refused. */
  readonly change?: string;
  readonly codes: readonly string[];
  /** With that, and what the page tells to paste, it runs. */
  readonly mended?: string;
}

const asPasted = (_folder: string, pasted: string) => pasted;
const withoutAllow = (_folder: string, pasted: string) => pasted.replace(/^allow.*\n/m, "");

/** What came of a run; some clients hand on what the guard says on stdout. */
const judged = ({ code, stdout, stderr }: Outcome) => ({ code, codes: codesOf(`${stdout}\n${stderr}`) });

describe.skipIf(lacking.includes("rsnapshot"))("rsnapshot", () => {
  /** Its configuration has tabs between its fields; null leaves out a line. `verbose 3` shows what rsync says. */
  const configured = (
    world: World,
    root: string,
    rsync: string,
    more: Readonly<Record<string, string | null>> = {},
  ) => {
    const { folder } = world;
    const { backup = `${folder}/data/\tlocalhost/`, ...others } = more;
    const lines = {
      config_version: "1.2",
      snapshot_root: `${folder}/${root}/`,
      cmd_rsync: rsync,
      cmd_rm: "/bin/rm",
      cmd_cp: "/bin/cp",
      retain: "alpha\t3",
      verbose: "3",
      lockfile: `${folder}/${root}.pid`,
      ...others,
      backup,
    };
    const text = Object.entries(lines).map(([name, value]) => (value === null ? "" : `${name}\t${value}\n`));
    writeFileSync(join(folder, `${root}.conf`), text.join(""));
  };
  const paste = (world: World) => documented("rsnapshot", "/var/cache/rsnapshot", `${world.folder}/snap`)[0] ?? "";
  const guarded = (world: World) => join(world.folder, "bin/rsync");
  const data = { ...numbered("data/www", 12), "data/etc/hosts": "hosts\n", "data/etc/link": "-> hosts" };

  test.for([
    { what: "by cp -al", lines: {}, runs: ["alpha"] },
    { what: "with link_dest", lines: { link_dest: "1" }, runs: ["alpha"] },
    { what: "with sync_first", lines: { sync_first: "1" }, runs: ["sync", "alpha"] },
    { what: "with both", lines: { sync_first: "1", link_dest: "1" }, runs: ["sync", "alpha"] },
    { what: "copied by rsync", lines: { cmd_cp: null }, runs: ["alpha"] },
    { what: "with an exclude", lines: { exclude: "n1*" }, runs: ["alpha"] },
  ])("three snapshots $what are those that it makes without a guard", async ({ lines, runs }, { world }) => {
    world.make({ ...data, "snap/": "", "plain/": "" });
    configure(world, paste(world));
    configured(world, "snap", guarded(world), lines);
    configured(world, "plain", realRsync, lines);
    const take = ["snap", "plain"].flatMap((root) => runs.map((run) => `rsnapshot -c ${root}.conf ${run}`));
    const changes = ["rm data/www/n1 data/etc/link", "echo more >>data/etc/hosts; mkdir data/new", "rm -r data/new"];
    const { code, stderr } = await world.sh(`set -e; ${changes.flatMap((change) => [...take, change]).join("; ")}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(world.tree("snap")).toEqual(world.tree("plain"));
    const links = async (root: string) =>
      (await world.sh(`cd ${root}; find . -type f -printf '%P %n\n' | sort`)).stdout;
    expect(await links("snap")).toBe(await links("plain"));
    expect(Object.keys(world.tree("snap"))).toContain(`alpha.2/localhost${world.folder}/data/etc/link`);
  });

  test.for([
    { what: "by cp -al", lines: {}, codes: ["no-dry-run"] },
    { what: "copied by rsync", lines: { cmd_cp: null }, codes: ["no-dry-run"] },
    { what: "with link_dest", lines: { link_dest: "1" }, codes: undefined },
  ])("without configuration the first snapshot runs; the second one, $what: $codes", async (row, { world }) => {
    world.make({ ...data, "snap/": "" });
    configured(world, "snap", guarded(world), row.lines);
    const take = async () => judged(await world.sh("rsnapshot -c snap.conf alpha"));
    expect([await take(), await take()]).toEqual([{ code: 0 }, { code: row.codes ? 1 : 0, codes: row.codes }]);
  });

  const sites = {
    "data/sites/available/a": "a\n",
    "data/releases/1/x": "1\n",
    "data/releases/2/x": "2\n",
    "data/releases/3/x": "3\n",
  };
  const refused: readonly Refused[] = [
    { what: "nothing is configured", toml: () => "", codes: ["no-dry-run"] },
    {
      what: "the source is empty",
      change: "rm -r data/*",
      codes: ["empty-source"],
      mended: "cp -a kept/. data/; rm data/www/n1",
    },
    {
      what: "too much would go",
      change: "rm data/www/n*; mkdir data/www/n",
      codes: ["plan-too-large"],
      mended: "cp -a kept/www/n[0-6] data/www/",
    },
    {
      what: "its snapshot_root is protected",
      toml: (folder, pasted) => `protect = ["${folder}/snap/**"]\n${pasted}`,
      codes: ["protected-destination"],
    },
    { what: "the place in it is ./", place: "./", codes: ["empty-variable"] },
    {
      what: "a symlink is gone from the source, which the pasted lines allow",
      files: sites,
      toml: withoutAllow,
      change: "rm data/sites/enabled",
      codes: ["plan-replaces-symlinks"],
    },
    {
      what: "releases are gone from the source, which the pasted lines allow",
      files: sites,
      toml: withoutAllow,
      change: "rm -r data/releases/[12]",
      codes: ["plan-deletes-releases"],
    },
  ];
  test.for(refused)(
    "is refused where $what: $codes",
    async ({ files, place = "localhost/", toml = asPasted, change = ":", codes, mended = ":" }, { world }) => {
      const { folder } = world;
      world.make({ ...data, ...files, "snap/": "" });
      await world.sh("ln -s $PWD/data/sites/available/a data/sites/enabled; cp -a data kept");
      // the first snapshot is made without the guard
      configured(world, "snap", realRsync);
      await world.sh("rsnapshot -c snap.conf alpha");
      const before = world.tree("snap/alpha.0");
      configure(world, toml(folder, paste(world)));
      configured(world, "snap", guarded(world), { backup: `${folder}/data/\t${place}` });
      const refused = await world.sh(`${change}; rsnapshot -c snap.conf alpha`);
      expect({ ...judged(refused), after: world.tree("snap/alpha.0") }).toEqual({ code: 1, codes, after: before });

      configure(world, paste(world));
      configured(world, "snap", guarded(world));
      expect(judged(await world.sh(`${mended}; rsnapshot -c snap.conf alpha`))).toEqual({ code: 0 });
      if (change !== ":") expect(world.tree("snap/alpha.0")).not.toEqual(before);
    },
  );

  test("is refused where the source is in fstab and not mounted", async ({ world, skip }) => {
    if (!existsSync("/etc/fstab")) skip("no /etc/fstab to put another one over");
    world.make({ ...data, "snap/": "" });
    configure(world, paste(world));
    configured(world, "snap", guarded(world));
    const take = (fstab: string) => {
      writeFileSync(join(world.folder, "fstab"), fstab);
      const over = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", join(world.folder, "fstab"), "/etc/fstab", "--"];
      return world.sh("rsnapshot -c snap.conf alpha; code=$?; rm data/www/n1; exit $code", {}, over);
    };
    expect(judged(await take(""))).toEqual({ code: 0 });
    const before = world.tree("snap/alpha.0");
    const refused = await take(`/dev/sdb1 ${world.folder}/data ext4 defaults 0 2\n`);
    expect({ ...judged(refused), after: world.tree("snap/alpha.0") }).toEqual({
      code: 1,
      codes: ["empty-source"],
      after: before,
    });
  });

  test("runs with what suggest makes of its first four runs, and stops where the source is empty", async ({
    world,
  }) => {
    world.make({ ...data, "snap/": "" });
    configure(world, 'mode = "observe"\n');
    configured(world, "snap", guarded(world));
    const take = (change: string) => world.sh(`${change}; rsnapshot -c snap.conf alpha`);
    for (const change of [":", "echo more >>data/www/n1", "rm data/www/n2", "rm data/www/n3"]) await take(change);
    await adopt(world);
    expect(judged(await take("rm data/www/n4"))).toEqual({ code: 0 });
    expect(Object.keys(world.tree("snap/alpha.0"))).not.toContain(`localhost${world.folder}/data/www/n4`);
    expect(judged(await take("rm -r data/*"))).toEqual({ code: 1, codes: ["empty-source"] });
  });

  test("a source on another host is planned over ssh", async ({ world, far }) => {
    const { folder } = world;
    world.make({ ...data, "snap/": "" });
    configure(world, paste(world));
    configured(world, "snap", guarded(world), {
      cmd_ssh: "/usr/bin/ssh",
      ssh_args: `-F ${folder}/ssh/config`,
      backup: `root@web1:${folder}/data/\tweb1/`,
    });
    const take = async (change: string) => judged(await far.sh(`${change}; rsnapshot -c snap.conf alpha`));
    expect([await take(":"), await take("rm data/www/n1")]).toEqual([{ code: 0 }, { code: 0 }]);
    const before = world.tree("snap/alpha.0");
    expect(Object.keys(before)).toContain(`web1${folder}/data/www/n2`);
    expect(Object.keys(before)).not.toContain(`web1${folder}/data/www/n1`);
    expect(await take("rm data/www/n*; mkdir data/www/n")).toEqual({ code: 1, codes: ["plan-too-large"] });
    expect(world.tree("snap/alpha.0")).toEqual(before);
  });
});

describe.skipIf(lacking.includes("lsyncd"))("lsyncd", () => {
  const configured = ({ folder }: World, sync: string) =>
    writeFileSync(
      join(folder, "lsyncd.conf"),
      `settings { logfile = "${folder}/log", nodaemon = true, insist = true }
sync { ${sync}, source = "${folder}/src", delay = 0, rsync = { binary = "${folder}/bin/rsync", archive = true } }\n`,
    );
  const here = ({ folder }: World) => `default.rsync, target = "${folder}/dst"`;
  const paste = ({ folder }: World) => documented("lsyncd", "/srv/mirror", `${folder}/dst`);
  const files = { ...numbered("src", 12), ...numbered("dst", 11), "src/sub/x": "x\n" };
  /** Each of the steps is waited for, until the target is like the source, or lsyncd has ended, or that is `enough`. */
  const following = (steps: readonly string[], enough = "false") => `
    timeout 25 lsyncd lsyncd.conf >out 2>&1 & pid=$!
    same() { for i in $(seq 100); do sleep 0.1; diff -r src dst >/dev/null && return; ${enough} && return; kill -0 $pid 2>/dev/null || return; done; echo "not the same: $1"; }
    until grep -q " finished" log 2>/dev/null || ! kill -0 $pid; do sleep 0.1; done
    ${steps.map((step) => `${step}; same '${step}'`).join("\n    ")}
    kill $pid 2>/dev/null; wait $pid; code=$?; cat out >&2; exit $code`;
  const steps = [
    "echo 1 >src/new",
    "echo 22 >src/new",
    "rm src/n1",
    "mv src/sub src/other",
    "mkdir -p src/a/b; echo >src/a/b/c",
    "rm -r src/a src/n2",
  ];
  /** Ended by SIGTERM. */
  const ended = 143;

  test("the target follows the source", async ({ world }) => {
    world.make(files);
    configured(world, here(world));
    configure(world, paste(world)[0] ?? "");
    const { code, stdout, stderr } = await world.sh(following(steps));
    expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: ended, stdout: "", codes: undefined });
    expect(world.tree("dst")).toEqual(world.tree("src"));
    expect(Object.keys(world.tree("dst"))).not.toContain("n1");
  });

  const refused: readonly (Refused & { readonly steps?: readonly string[] })[] = [
    { what: "nothing is configured", toml: () => "", codes: ["no-dry-run"] },
    {
      what: "the guard has to make the dry run of a list",
      toml: withoutAllow,
      steps: ["rm src/n1"],
      codes: ["no-dry-run"],
    },
    { what: "too much would go at the start", change: "rm src/n*", codes: ["plan-too-large"] },
    { what: "the source is empty at the start", change: "rm -r src/*", codes: ["empty-source"] },
    { what: "the source is emptied later", steps: ["rm -r src/*"], codes: ["empty-source"] },
    {
      what: "the target is protected",
      toml: (folder, pasted) => `protect = ["${folder}/dst"]\n${pasted}`,
      codes: ["protected-destination"],
    },
  ];
  test.for(refused)(
    "ends, refused, where $what: $codes",
    async ({ toml = asPasted, change, steps = [], codes }, { world }) => {
      world.make(files);
      // later, only what the list names is at stake
      if (steps.length > 0) await world.sh("rm -r dst; cp -a src dst");
      const before = world.tree("dst");
      configured(world, here(world));
      configure(world, toml(world.folder, paste(world)[0] ?? ""));
      const { code, stderr } = await world.sh(`${change ?? ":"}; ${following(steps)}`);
      expect({ code, codes: codesOf(stderr), after: world.tree("dst") }).toEqual({ code: 255, codes, after: before });
    },
  );

  test("follows with what suggest makes of one start, and ends where the source is empty", async ({ world }) => {
    world.make(files);
    configured(world, here(world));
    configure(world, 'mode = "observe"\n');
    await world.sh(following(steps));
    await adopt(world);
    const { code, stdout, stderr } = await world.sh(following(["echo 3 >src/new", "rm src/n3"]));
    expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: ended, stdout: "", codes: undefined });
    expect(world.tree("dst")).toEqual(world.tree("src"));
    const emptied = await world.sh(`rm -r src/* log; ${following([])}`);
    expect({ code: emptied.code, codes: codesOf(emptied.stderr) }).toEqual({ code: 255, codes: ["empty-source"] });
  });

  test("over ssh, with a guard on both hosts", async ({ world, far }) => {
    world.make(files);
    configured(
      world,
      `default.rsyncssh, host = "web1", targetdir = "${world.folder}/dst", ssh = { binary = "${world.folder}/to" }`,
    );
    world.make({ to: `#!/bin/sh\nexec ssh -F ${world.folder}/ssh/config "$@"\n` });
    const [, near = "", there = ""] = paste(world);
    configure(world, near.replace("web2", "web1"));
    const refused = await far.sh(`chmod +x to; ${following(["echo 1 >src/new"], "grep -q refused out")}`);
    expect(codesOf(refused.stderr)?.join()).toMatch(/^(?:no-dry-run|changed-since-dry-run)$/);
    configure(world, there, far.home);
    const { code, stdout, stderr } = await far.sh(following(steps.slice(1, 4)));
    expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: ended, stdout: "", codes: undefined });
    expect(world.tree("dst")).toEqual(world.tree("src"));
  });
});

describe("a guard on the receiving host only, behind", () => {
  const files = { "src/a": "a\n", "srv/x/site/old": "old\n" };
  interface Way {
    readonly what: string;
    /** What stands in authorized_keys. */
    readonly forced?: string;
    readonly rrsync?: string;
    /** What the client calls the directory there. */
    readonly at: string;
  }
  const ways: readonly Way[] = [
    ...rsyncs()
      .map((rsync) => rsync.replace(/rsync$/, "rrsync"))
      .filter((path) => existsSync(path) && !lacking.includes("python3"))
      .map((path) => ({
        what: path.replace(/.*\/rsync\//, ""),
        rrsync: path,
        forced: "FOLDER/rrsync FOLDER/srv/x",
        at: "web1:/",
      })),
    { what: "exec $SSH_ORIGINAL_COMMAND", forced: "exec $SSH_ORIGINAL_COMMAND", at: "web1:FOLDER/srv/x/" },
    { what: "sudo", at: "--rsync-path='sudo rsync' web1:FOLDER/srv/x/" },
  ];
  /** As sudo's env_reset and secure_path leave the environment. */
  const sudo = (folder: string) => `#!/bin/sh
exec env -i PATH=${folder}/far/shim:/usr/bin:/bin XDG_STATE_HOME=${folder}/far/home/state \
XDG_CONFIG_HOME=${folder}/far/home/config "$@"\n`;

  test.for(ways)("$what", async ({ rrsync, forced, at }, { world, far }) => {
    const { folder } = world;
    const own = (text: string) => text.replaceAll("FOLDER", folder);
    world.make({ ...files, "far/shim/sudo": sudo(folder) });
    if (rrsync)
      writeFileSync(
        join(folder, "rrsync"),
        readFileSync(rrsync, "utf8").replace(/^RSYNC = .*/m, `RSYNC = '${folder}/far/shim/rsync'`),
      );
    await world.sh("chmod +x rrsync far/shim/sudo");
    const key = readFileSync(join(folder, "ssh/key.pub"), "utf8");
    if (forced) writeFileSync(join(folder, "ssh/authorized_keys"), `command="${own(forced)}",restrict ${key}`);
    const push = async (options: string, below: string) => {
      const { code, stderr } = await far.sh(`${realRsync} -a ${options} src/ ${own(at)}${below}`);
      return { ran: code === 0, codes: codesOf(stderr) };
    };
    const ran = { ran: true, codes: undefined };
    const before = world.tree("srv");
    expect(await push("--delete", "site/")).toEqual({ ran: false, codes: ["no-dry-run"] });
    expect(await push("--delete -n", "site/")).toEqual(ran);
    expect(world.tree("srv")).toEqual(before);
    expect(await push("--delete", "site/")).toEqual(ran);
    expect(world.tree("srv/x/site")).toEqual(world.tree("src"));

    configure(world, `protect = ["${folder}/srv/x"]\n`, far.home);
    expect(await push("", "")).toEqual({ ran: false, codes: ["protected-destination"] });
    expect(await push("", "other/")).toEqual(ran);
    expect(Object.keys(world.tree("srv/x"))).toEqual([".", "other", "other/a", "site", "site/a"]);
  });

  test("a forced command that spells out what runs", async ({ world, far }) => {
    const { folder } = world;
    world.make(files);
    const key = readFileSync(join(folder, "ssh/key.pub"), "utf8");
    const forced = `rsync --server -logDtpre.iLsfxCIvu --delete . ${folder}/srv/x/site/`;
    writeFileSync(join(folder, "ssh/authorized_keys"), `command="${forced}",restrict ${key}`);
    const before = world.tree("srv");
    for (const options of ["-an", "-a"]) {
      const { code, stderr } = await far.sh(`${realRsync} ${options} --delete src/ web1:`);
      expect({ ran: code === 0, codes: codesOf(stderr) }).toEqual({ ran: false, codes: ["no-dry-run"] });
    }
    expect(world.tree("srv")).toEqual(before);
    configure(world, documented("rrsync and forced commands", "/srv/x", `${folder}/srv/x`)[0] ?? "", far.home);
    expect(await far.sh(`${realRsync} -a --delete src/ web1:`)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(world.tree("srv/x/site")).toEqual(world.tree("src"));
  });
});
