/** The package as npm installs it: what is in it, and that it stands before rsync and goes away again. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { codes } from "../../src/core/codes.ts";
import { checkout } from "../support/build.ts";
import { realRsync, test } from "../support/world.ts";

const { version } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
const npm = join(dirname(process.execPath), "npm");
const tarball = `rsync-guard-${version}.tgz`;

const files = [
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "dist/cli.cjs",
  "dist/config-file.cjs",
  "dist/guard.cjs",
  "dist/licenses.txt",
  "dist/message.cjs",
  "dist/plan-rows.cjs",
  "dist/rsync-guard.1",
  "dist/rsync-guard.toml.5",
  "dist/set-aside.cjs",
  "docs/README.md",
  "docs/agents.md",
  "docs/clients.md",
  "docs/codes/README.md",
  ...codes.map((code) => `docs/codes/${code}.md`),
  "docs/configuration.md",
  ...["deploy-by-plan.sh", "github-actions.yml", "gitlab-ci.yml"].map((name) => `docs/examples/${name}`),
  "docs/fleet.md",
  ...["faq", "install", "limits", "measured"].map((name) => `docs/${name}.md`),
  "docs/plan.schema.json",
  "docs/plans.md",
  "docs/receiving-host.md",
  "docs/recipes.md",
  "docs/refusal.svg",
  "docs/releasing.md",
  "docs/rsync.md",
  "docs/transparency.md",
  "docs/undo.md",
  "docs/upgrade.md",
  ...spawnSync("git", ["ls-files", "docs/clients", "fleet"], { cwd: checkout, encoding: "utf8" })
    .stdout.trim()
    .split("\n"),
  "package.json",
  "shims/rsync",
];

test("packed, installed, used and taken away", async ({ world, skip }) => {
  if (!existsSync(npm)) skip(`no ${npm}`);
  const { folder } = world;
  // as on a host: rsync is in /usr/bin only, and npm has a prefix of its own
  const PATH = `${folder}/bin:${folder}/npm/bin:/usr/bin:/bin`;
  const env = { PATH, npm_config_cache: `${folder}/cache`, npm_config_update_notifier: "false" };
  const done = async (script: string) => {
    const outcome = await world.sh(script, env);
    expect({ script, ...outcome }).toMatchObject({ script, code: 0 });
    return outcome;
  };
  world.make({ "src/a": "new\n", "dst/a": "old, longer\n", "dst/b": "b\n" });
  await done("rm bin/rsync");

  // without the scripts, which would write to the checkout
  await done(`cd ${checkout} && ${npm} pack --ignore-scripts --pack-destination ${folder}`);
  const packed = (await done(`tar -tzf ${tarball}`)).stdout
    .replace(/^package\//gm, "")
    .trim()
    .split("\n");
  expect(packed.sort()).toEqual([...files].sort());

  await done(`${npm} install -g --prefix npm --offline ${tarball}`);
  expect((await done("rsync-guard --version")).stdout).toBe(`rsync-guard ${version}\n`);
  for (const page of ["man1/rsync-guard.1", "man5/rsync-guard.toml.5"])
    expect((await done(`cat npm/share/man/${page}`)).stdout).toMatch(/^\.TH RSYNC-GUARD/);

  expect((await done("command -v rsync")).stdout).toBe(`${realRsync}\n`);
  await done("rsync-guard install --bin-dir bin");
  expect((await done("command -v rsync; command -v rsync-guard")).stdout).toBe(
    `${folder}/bin/rsync\n${folder}/bin/rsync-guard\n`,
  );
  const live = "rsync -a --delete src/ dst/";
  expect((await world.sh(live, env)).code).toBe(77);
  expect((await done(`${live} -n`)).stderr).toContain("the live run would delete 1 file (b); change 1 file;");
  await done(live);
  expect(world.tree("dst")).toEqual(world.tree("src"));

  await done("rsync-guard uninstall --bin-dir bin");
  expect((await done("command -v rsync")).stdout).toBe(`${realRsync}\n`);
  expect(Object.keys(world.tree("bin"))).toEqual([".", "node"]);
});
