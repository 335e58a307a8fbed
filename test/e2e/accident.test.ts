/** The accident, end to end: VERSION is set in the dry run, and empty in the live run. */
import { expect } from "vitest";
import { outlook, realRsync, test, type World } from "../support/world.ts";

/** A web server's directory as deploy scripts keep it, and a build to be deployed. */
const site = (current = true) => ({
  "www/releases/1.2.1/index.html": "1.2.1\n",
  "www/releases/1.2.1/media": "-> ../../../shared/media",
  "www/releases/1.2.2/index.html": "1.2.2, the current one\n",
  "www/releases/1.2.2/media": "-> ../../../shared/media",
  "www/releases/1.2.2/env.php": "-> ../../../shared/env.php",
  ...(current ? { "www/current": "-> releases/1.2.2" } : {}),
  "shared/media/photo.jpg": "photo\n",
  "shared/env.php": "secret\n",
  "build/index.html": "1.2.3, the new one\n",
  "build/media": "-> ../../../shared/media",
});

const withVersion = { VERSION: "1.2.3" };
const emptyVersion = { VERSION: "" };
const deploy = 'rsync -a --delete build/ "$PWD/www/releases/$VERSION/"';
const addsRelease = "add 1 file, 1 directory, 1 symlink";
const codesOf = (stderr: string) => /^ {2}codes: (.*?) {3}/m.exec(stderr)?.[1]?.split(", ");
const dirs = (world: World) => ["www", "shared", "build"].map((name) => world.tree(name));

test("the live run is refused, says why, and touches nothing", async ({ world }) => {
  world.make(site());
  expect(await world.sh(`${deploy} -n`, withVersion)).toEqual({
    code: 0,
    stdout: "",
    stderr: outlook(addsRelease, "it needs no dry run"),
  });
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh(deploy, emptyVersion);
  expect({ code, stdout }).toEqual({ code: 77, stdout: "" });
  await expect(world.mask(stderr)).toMatchFileSnapshot("../golden/e2e/accident.txt");
  expect(world.tree()).toEqual(before);
});

test("with the variable set, the live run does what an unguarded one does", async ({ world }) => {
  world.make(site());
  await world.sh("cp -a www plain");
  expect((await world.sh(`${deploy} -n`, withVersion)).code).toBe(0);
  expect(await world.sh(deploy, withVersion)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect((await world.sh(`${realRsync} -a --delete build/ plain/releases/1.2.3/`)).code).toBe(0);
  expect(world.tree("www")).toEqual(world.tree("plain"));
  expect(world.tree("www/releases/1.2.3")).toEqual(world.tree("build"));
});

test("without a guard it is the accident", async ({ world }) => {
  world.make(site());
  await world.sh(deploy.replace("rsync", realRsync), emptyVersion);
  expect(world.tree("www/releases")).toEqual(world.tree("build"));
});

const root = "release-root";
const empty = "empty-variable";
const none = "no-dry-run";
const variants = [
  { what: "one slash", run: 'rsync -a --delete build/ "$PWD/www/releases/$VERSION"', codes: [root, none] },
  { what: "relative", run: 'rsync -a --delete build/ "www/releases/$VERSION/"', codes: [empty, root, none] },
  { what: "from within", run: 'cd www; rsync -a --delete ../build/ "releases/$VERSION"', codes: [root, none] },
  { what: "through current", run: 'rsync -a --delete build/ "www/current/../$VERSION"', codes: [root, none] },
  { what: "no current", current: false, run: deploy, codes: [empty, none] },
  {
    what: "no current, one slash",
    current: false,
    run: 'rsync -a --delete build/ "www/releases/$VERSION"',
    codes: [none],
  },
  { what: "--delete-after", run: deploy.replace("--delete", "--delete-after"), codes: [empty, root, none] },
  { what: "--delete-excluded", run: deploy.replace("--delete", "--delete-excluded"), codes: [empty, root, none] },
  { what: "-r --del", run: deploy.replace("-a --delete", "-r --del"), codes: [empty, root, none] },
  {
    what: "-avz behind the paths",
    run: 'rsync build/ "www/releases/$VERSION/" -avz --delete',
    codes: [empty, root, none],
  },
  { what: "-M--delete", run: deploy.replace("--delete", "-M--delete"), codes: [empty, root, none] },
  { what: "no deletion", run: deploy.replace("--delete ", ""), codes: [empty, root, none] },
  { what: "removed sources", run: deploy.replace("--delete", "--remove-source-files"), codes: [empty, root, none] },
];

/** Why that can't be run here: an rsync that may lose its destination is refused itself. */
async function obstacleTo(run: string, world: World): Promise<string | null> {
  const [, major = "", minor = ""] =
    /version (\d+)\.(\d+)/.exec((await world.sh(`${realRsync} --version`)).stdout) ?? [];
  return run.includes("-M--") && Number(major) * 100 + Number(minor) < 303 ? "this rsync is older than 3.3.0" : null;
}

test.for(variants)("$what: refused without the variable", async ({ run, codes, current }, { world, skip }) => {
  const obstacle = await obstacleTo(run, world);
  if (obstacle) skip(obstacle);
  world.make(site(current));
  expect((await world.sh(`${run} -n`, withVersion)).code).toBe(0);
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh(run, emptyVersion);
  expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 77, stdout: "", codes });
  expect(stderr).toContain("a variable may be empty");
  expect(world.tree()).toEqual(before);
});

test.for(variants)("$what: runs with the variable", async ({ run, current }, { world, skip }) => {
  const obstacle = await obstacleTo(run, world);
  if (obstacle) skip(obstacle);
  world.make(site(current));
  const before = dirs(world);
  expect((await world.sh(`${run} -n`, withVersion)).code).toBe(0);
  expect(dirs(world)).toEqual(before);
  const { code, stderr } = await world.sh(run, withVersion);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(world.tree("www/releases/1.2.3")).toHaveProperty(["index.html"]);
  expect(world.tree("www/releases")).toHaveProperty(["1.2.2/index.html"]);
});

test("both runs in the same broken shell: the rules stop what the dry run can't", async ({ world }) => {
  world.make(site());
  const dry = await world.sh(`${deploy} -n`, emptyVersion);
  expect(dry.code).toBe(0);
  const [first, second] = dry.stderr.split(/^/m);
  expect(first).toBe(
    outlook(
      "delete 2 files, 2 directories, 3 symlinks (4 in 1.2.2/, 3 in 1.2.1/); add 1 file, 1 symlink",
      "it would be refused",
    ),
  );
  expect(second).toMatch(/^rsync-guard: the live run would be refused: /);
  expect(codesOf(dry.stderr)).toEqual([
    empty,
    root,
    "plan-too-large",
    "plan-deletes-releases",
    "plan-replaces-symlinks",
  ]);
  const before = world.tree();
  const { code, stderr } = await world.sh(deploy, emptyVersion);
  expect({ code, codes: codesOf(stderr) }).toEqual({ code: 77, codes: [empty, root] });
  expect(world.tree()).toEqual(before);
});

/** A remote shell that runs the command here, with $far first on its PATH. */
const remoteShell = `#!/bin/sh
shift
PATH=\${far:+$far:}/usr/bin:/bin exec "$@"
`;
const remotes = [
  { to: "web1:$PWD/www/releases/$VERSION/", code: empty },
  { to: "deploy@web1:$PWD/www/releases//$VERSION", code: empty },
  { to: "web1:$VERSION", code: empty },
  { to: "$VERSION:$PWD/www/releases/1.2.3/", code: empty },
  { to: "web1:/var/www/$VERSION", code: "protected-destination" },
  { to: "web1:$PWD/www/releases/$VERSION", code: none },
];

test.for(remotes)("to $to: refused before anything connects", async ({ to, code: expected }, { world }) => {
  world.make({ ...site(), ssh: "#!/bin/sh\ntouch connected\nexit 255\n" });
  await world.sh("chmod +x ssh");
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh(`rsync -a --delete -e "$PWD/ssh" build/ "${to}"`, emptyVersion);
  expect({ code, stdout }).toEqual({ code: 77, stdout: "" });
  expect(codesOf(stderr)).toContain(expected);
  expect(world.tree()).toEqual(before);
});

const remoteDeploy = 'rsync -a --delete -e "$PWD/ssh" build/ "web1:$PWD/www/releases/$VERSION/"';

test.for([
  { far: "/usr/bin", what: "without a guard there" },
  { far: "$PWD/bin", what: "with a guard on both sides" },
])("to another host, with the variable set: runs, $what", async ({ far }, { world }) => {
  world.make({ ...site(), ssh: remoteShell });
  const run = (options: string) =>
    world.sh(`chmod +x ssh; export far="${far}"; ${remoteDeploy} ${options}`, withVersion);
  expect(await run("-n")).toEqual({ code: 0, stdout: "", stderr: outlook(addsRelease) });
  expect(await run("")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("www/releases/1.2.3")).toEqual(world.tree("build"));
  expect(world.tree("www/releases")).toHaveProperty(["1.2.2/index.html"]);
});

test("a guard on the far side alone stops it there", async ({ world }) => {
  world.make({ ...site(), ssh: remoteShell });
  const before = dirs(world);
  const { code, stderr } = await world.sh(
    `chmod +x ssh; export far=$PWD/bin; ${remoteDeploy.replace("rsync", realRsync)}`,
    emptyVersion,
  );
  // rsync makes 12 of the far side's code, or passes it on: which one is a race
  expect([12, 77]).toContain(code);
  expect(codesOf(stderr)).toContain(root);
  expect(dirs(world)).toEqual(before);
});
