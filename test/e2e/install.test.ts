/** rsync-guard install and uninstall, with --bin-dir and --user. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { build, checkout } from "../support/build.ts";
import { type Fault, faultAt, faults, interrupted, programIn } from "../support/program.ts";
import { realRsync, test, type World } from "../support/world.ts";

const site = { "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" };
const textOf = (world: World, file: string) => readFileSync(join(world.folder, file), "utf8");

/** That a shim asks the guard and becomes the real rsync. */
async function expectGuarded(world: World, shim: string) {
  world.make({ "build/a": "a\n", "kept/b": "b\n" });
  const { code, stdout, stderr } = await world.sh(
    `${shim} -a build/ new/ && cmp build/a new/a && rm -r new && ${shim} -a --delete build/ kept//`,
  );
  expect({ code, stdout }).toEqual({ code: 77, stdout: "" });
  expect(stderr).toContain("codes: empty-variable");
  expect(world.tree("kept")).toHaveProperty("b");
}

const places = [
  { flags: "--bin-dir there/bin", directory: "there/bin" },
  { flags: '--bin-dir "$PWD/a b\'c"', directory: "a b'c" },
  { flags: "--user", directory: "home/.local/bin" },
];

describe.for(places)("install $flags", ({ flags, directory }) => {
  test("writes a shim that knows its paths, and the command", async ({ world }) => {
    const program = programIn(world);
    const before = world.tree();
    const { code, stdout, stderr } = await world.sh(`umask 077; ${program} install ${flags}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`${world.folder}/${directory}/rsync\n`);
    const added = Object.entries(world.tree()).filter(([path, what]) => before[path] !== what && !what.endsWith("/"));
    expect(added.map(([path, what]) => `${what.slice(0, 3)} ${path}`)).toEqual([
      `755 ${directory}/rsync`,
      `755 ${directory}/rsync-guard`,
    ]);
    const shim = textOf(world, `${directory}/rsync`);
    expect(shim).toMatch(build.runtime ? /^rsync_guard_node=\/\S+$/m : /^rsync_guard_node=$/m);
    expect(shim).toContain(`\nrsync_guard_program=${world.folder}/package/${build.guard}\n`);
    expect(shim).toContain(`\nrsync_guard_real=${realRsync}\n`);
    expect((await world.sh(`"${directory}/rsync-guard" --version`)).stdout).toMatch(/^rsync-guard \d/);
    await expectGuarded(world, `"$PWD/${directory}/rsync"`);
  });

  test("uninstall leaves what was there", async ({ world }) => {
    const program = programIn(world);
    world.make({ [`${directory}/other`]: "mine\n", [`${directory}/rsync-link`]: "-> rsync" });
    const before = world.tree();
    await world.sh(`${program} install ${flags}`);
    expect(world.tree()).not.toEqual(before);
    const { code, stdout } = await world.sh(`${program} uninstall ${flags} && ${program} uninstall ${flags}`);
    expect({ code, changes: stdout.match(/^(removed|not there)/gm) }).toEqual({
      code: 0,
      changes: ["removed", "removed", "not there", "not there"],
    });
    expect(world.tree()).toEqual(before);
  });
});

test.for(["", "/usr/bin:/bin", "/nowhere"])('an installed shim works with PATH="%s"', async (path, { world }) => {
  await world.sh(`${programIn(world)} install --bin-dir there`);
  await expectGuarded(world, `env -i PATH=${path} $PWD/there/rsync`);
});

test("a wrapper that comes before the shim on PATH is not taken for the real rsync", async ({ world }) => {
  world.make({ "wrap/rsync": "#!/bin/sh\nexec there/rsync\n" });
  const install = `${programIn(world)} install --bin-dir "$PWD/there"`;
  await world.sh(`chmod +x wrap/rsync; PATH=$PWD/wrap:$PWD/there:$PATH ${install}`);
  expect(textOf(world, "there/rsync")).toContain(`\nrsync_guard_real=${realRsync}\n`);
});

test("install again changes nothing, and mends what is older or damaged", async ({ world }) => {
  const install = `${programIn(world)} install --bin-dir there`;
  await world.sh(install);
  const installed = world.tree();
  expect((await world.sh(install)).stdout.match(/^unchanged/gm)).toHaveLength(2);
  expect(world.tree()).toEqual(installed);
  for (const damage of ["sed -i s,^rsync_guard_program=.*,rsync_guard_program=/gone/guard,", "chmod 700"]) {
    const mended = await world.sh(`${damage} there/rsync; ${install}`);
    expect(mended.stdout).toMatch(/^updated .*\/rsync$/m);
    expect(world.tree("there")["rsync"]).toMatch(/^755 /);
    expect(textOf(world, "there/rsync")).not.toContain("/gone/");
  }
});

describe("what install did not write stays, byte for byte", () => {
  const others = [
    { what: "another rsync", files: { "there/rsync": "#!/bin/sh\necho mine\n" } },
    { what: "another rsync-guard", files: { "there/rsync-guard": "#!/bin/sh\necho mine\n" } },
    { what: "an empty file", files: { "there/rsync": "" } },
    { what: "a directory", files: { "there/rsync/": "" } },
    { what: "a symlink", files: { "there/rsync": `-> ${realRsync}` } },
    { what: "a symlink to nothing", files: { "there/rsync": "-> gone" } },
    { what: "a symlink to a shim", files: { "there/rsync": `-> ${checkout}/${build.shim}` } },
  ];

  test.for(others)("$what", async ({ files }, { world }) => {
    const program = programIn(world);
    world.make(files);
    const [path = ""] = Object.keys(files).map((file) => file.replace(/\/$/, ""));
    const before = world.tree();
    const outcome = async (command: string) => {
      const { code, stdout, stderr } = await world.sh(`${program} ${command} --bin-dir there`);
      return { code, stdout, says: world.mask(stderr) };
    };
    expect(await outcome("install")).toEqual({
      code: 1,
      stdout: "",
      says: `rsync-guard: FOLDER/${path} is there, and install did not write it: move it away, or name another --bin-dir\n`,
    });
    expect(await outcome("uninstall")).toEqual({
      code: 1,
      stdout: "",
      says: `rsync-guard: FOLDER/${path} was not written by install: nothing was removed\n`,
    });
    expect(world.tree()).toEqual(before);
  });

  test("npm's symlink to this program is no obstacle", async ({ world }) => {
    const program = programIn(world);
    world.make({ "there/rsync-guard": `-> ../package/${build.command}` });
    const before = world.tree();
    expect((await world.sh(`${program} install --bin-dir there`)).code).toBe(0);
    await expectGuarded(world, "there/rsync");
    expect((await world.sh("rm -r build kept; there/rsync-guard uninstall --bin-dir there")).code).toBe(0);
    expect(world.tree("there")).toEqual({ ".": before["there"], "rsync-guard": before["there/rsync-guard"] });
  });
});

describe("what can't be done says why", () => {
  const problems = [
    {
      what: "a directory that can't be written",
      args: "--bin-dir /usr/lib",
      says: /\(E\w+\): use sudo, or --user$/,
    },
    {
      what: "Debian's own rsync",
      args: "--bin-dir /usr/bin",
      says: /^rsync-guard: \/usr\/bin\/rsync is there, and .* install --divert takes its place/,
    },
    { what: "a file for a directory", args: "--bin-dir src/a", says: /EEXIST: .*src\/a/ },
  ];

  test.for(problems)("$what", async ({ args, says }, { world }) => {
    world.make(site);
    const program = programIn(world);
    const before = world.tree();
    const { code, stdout, stderr } = await world.sh(`${program} install ${args}`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.trim()).toMatch(says);
    expect(world.tree()).toEqual(before);
  });

  const misuses = [
    { args: "--user --divert", says: "give only one of --bin-dir, --user and --divert" },
    { args: "there", says: "unexpected argument: there" },
    { args: "--bin-dir=", says: "--bin-dir takes one DIR" },
    { args: "--bin there", says: "--bin is not an option of rsync-guard install" },
  ];

  test.for(misuses)("install $args", async ({ args, says }, { world }) => {
    const program = programIn(world);
    const before = world.tree();
    expect(await world.sh(`${program} install ${args}`)).toEqual({
      code: 2,
      stdout: "",
      stderr: `rsync-guard: ${says}\n`,
    });
    expect(world.tree()).toEqual(before);
  });

  test.runIf(build.name === "standalone")("an executable alone writes its shim beside itself", async ({ world }) => {
    programIn(world);
    const { code } = await world.sh(`mkdir there && mv package/${build.command} there/ && rm -r package`);
    expect(code).toBe(0);
    const before = world.tree();
    const installed = await world.sh("there/rsync-guard install --bin-dir there");
    expect({ ...installed, stdout: world.mask(installed.stdout).split("\n").slice(0, 2) }).toEqual({
      code: 0,
      stdout: ["unchanged  FOLDER/there/rsync-guard", "written    FOLDER/there/rsync"],
      stderr: "",
    });
    await expectGuarded(world, "there/rsync");
    expect((await world.sh("rm -r build kept; there/rsync-guard uninstall --bin-dir there")).code).toBe(0);
    expect(world.tree()).toEqual(before);
  });

  test("HOME that is empty is not the current directory", async ({ world }) => {
    const program = programIn(world);
    const before = world.tree();
    await world.sh(`HOME= ${program} install --user`);
    expect(world.tree()).toEqual(before);
  });
});

describe("an installed shim whose parts are gone refuses, and names them", () => {
  const parts = [
    {
      part: "runtime",
      breaks: "sed -i s,^rsync_guard_node=.*,rsync_guard_node=$PWD/gone/node, there/rsync",
      names: "gone/node",
    },
    { part: "guard", breaks: "rm -r package", names: `package/${build.guard}` },
    { part: "guard, cut short", breaks: `truncate -s 1000 package/${build.guard}`, names: `package/${build.guard}` },
    { part: "real rsync", breaks: "rm real/rsync", names: "real/rsync" },
  ];

  test.for(parts)("$part", async ({ breaks, names }, { world }) => {
    world.make({ ...site, "real/": "" });
    const program = programIn(world);
    await world.sh(`cp ${realRsync} real/; PATH=$PWD/real:$PATH ${program} install --bin-dir there`);
    expect((await world.sh("there/rsync --version")).stdout).toMatch(/^rsync {2}version/);
    await world.sh(breaks);
    for (const args of ["-a --delete src/ dst/", "-an src/ dst/", "--server . dst/"]) {
      const { code, stdout, stderr } = await world.sh(`there/rsync ${args}`);
      expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
      expect(stderr).toContain("refused, nothing ran: ");
      expect(stderr).toContain(names);
      expect(stderr).toContain("\n  next: ");
    }
    expect(world.tree("dst")).toEqual({ ".": "755/", a: expect.any(String), b: expect.any(String) });
  });
});

describe.for<Fault>(["kill", "ENOSPC"])("interrupted at each change to the disk (%s)", (fault) => {
  const names = ["rsync", "rsync-guard"];
  const contents = (world: World) =>
    names.map((name) => (existsSync(join(world.folder, "there", name)) ? textOf(world, `there/${name}`) : null));
  /** An installation by another version. */
  const older = `sed -i '/^rsync_guard_node=/s,=.*,=/old/node,; s,^exec ,exec /old/node ,' there/rsync*`;

  const commands = [
    { command: "install", points: 10 },
    { command: "uninstall", points: 2 },
  ];

  test.for(commands)("$command leaves the old files or the new ones, whole", async ({ command, points }, { world }) => {
    const run = `${programIn(world)} ${command} --bin-dir there`;
    world.make({ "there/other": "mine\n" });
    await world.sh(`${build.runtime}package/${build.command} install --bin-dir there; ${older}; cp -a there old`);
    const before = contents(world);
    await world.sh(run);
    const [after, done] = [contents(world), Object.keys(world.tree("there"))];
    expect(after).not.toEqual(before);
    const made = await interrupted(
      (at) => world.sh(`rm -r there; cp -a old there; exec ${faults()} ${run}`, faultAt(fault, at)),
      async () => {
        contents(world).forEach((content, at) => {
          expect([before[at], after[at]]).toContain(content);
        });
        // it can be done again, and nothing else is left behind
        expect((await world.sh(run)).code).toBe(0);
        expect(contents(world)).toEqual(after);
        expect(Object.keys(world.tree("there"))).toEqual(done);
      },
    );
    expect(made).toBeGreaterThanOrEqual(points);
  });
});
