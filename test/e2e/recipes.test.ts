/** docs/recipes.md: the commands that it names, with and without what it tells people to paste. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { checkout } from "../support/build.ts";
import { codesOf, type Far, test } from "../support/ssh.ts";
import type { World } from "../support/world.ts";

const page = readFileSync(join(checkout, "docs/recipes.md"), "utf8");

interface Row {
  readonly what: string;
  /** As the page has it. */
  readonly command: string;
  /** What of it is something else here. */
  readonly change?: readonly [from: string, to: string];
  /** Before it: what happens to the files; a dry run in a session of its own; what happens after that. */
  readonly before?: string;
  readonly dryRun?: "the same" | "as on the page";
  readonly between?: string;
  /** Which of the section's configurations are there, here and on the far side; none, if nothing is said. */
  readonly toml?: readonly number[];
  readonly far?: readonly number[];
  readonly edit?: readonly [from: string, to: string];
  readonly mounted?: boolean;
  /** None: it runs. */
  readonly codes: readonly string[];
}

const numbered = (folder: string, from: number, to: number) =>
  Object.fromEntries(Array.from({ length: to - from }, (_, at) => [`${folder}/n${from + at}`, `${from + at}\n`]));

const capistrano =
  "rsync --recursive --delete --delete-excluded --exclude .git* tmp/deploy/ deploy@web1:/var/www/app/shared/deploy";
const release = 'rsync --archive --acls --xattrs "/var/www/app/shared/deploy/" "/var/www/app/releases/20261122120000/"';

const deployer =
  "rsync -rz -e 'ssh …' --delete --exclude='.git' --exclude='deploy.php' '/src/' 'deploy@web1:/var/www/app/releases/12/'";
const warmup = "rsync -rz --delete --exclude='.git' --exclude='deploy.php' /var/www/app/current/ /var/www/app/release/";
const upload = "rsync -azP -e 'ssh …' 'file' 'deploy@web1:/var/www/app/releases/12/'";
const filled = "touch var/www/app/releases/12/x";
const unguarded = ["rsync -rz", "/usr/bin/rsync -rz"] as const;

const magento =
  "rsync -a --delete --exclude=/app/etc/env.php --exclude=/pub/media --exclude=/var build/ /var/www/shop/";

const twoSteps = "rsync -av --delete build/ /var/www/site/";
const oneStep = 'rsync -av --delete build/ "/var/www/site/releases/${{ inputs.version }}/"';
const version = "${{ inputs.version }}";

const cron = "mountpoint -q /mnt/backup && rsync -a --delete /srv/data/ /mnt/backup/data/";

interface Recipe {
  readonly files: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
}

const remote: Readonly<Record<string, Recipe>> = {
  Capistrano: {
    files: {
      "tmp/deploy/app.php": "new\n",
      "tmp/deploy/.git/HEAD": "x\n",
      "var/www/app/shared/deploy/app.php": "old, longer\n",
      "var/www/app/releases/20261101000000/app.php": "old\n",
      "var/www/app/current": "-> releases/20261101000000",
    },
    rows: [
      { what: "nothing is configured", command: capistrano, codes: ["no-dry-run"] },
      { what: "as pasted", command: capistrano, toml: [0], codes: [] },
      {
        what: "an empty stage",
        command: capistrano,
        before: "rm -r tmp/deploy; mkdir tmp/deploy",
        toml: [0],
        codes: ["empty-source"],
      },
      {
        what: "too much would go",
        command: capistrano,
        before: "cd var/www/app/shared/deploy; touch 1 2 3 4 5 6 7 8 9 10; cd -",
        toml: [0],
        // the limit of the host that receives it ends the plan
        codes: ["no-dry-run"],
      },
      {
        what: "deploy_to ends in a slash",
        command: capistrano,
        change: ["/app/", "/app//"],
        toml: [0],
        codes: ["empty-variable"],
      },
      { what: "a new release", command: release, codes: [] },
      {
        what: "all releases",
        command: release,
        change: ["20261122120000/", ""],
        codes: ["release-root", "no-dry-run"],
      },
    ],
  },
  Deployer: {
    files: {
      "src/index.php": "new\n",
      "src/deploy.php": "x\n",
      file: "x\n",
      "var/www/app/releases/11/index.php": "old, longer\n",
      "var/www/app/releases/12/": "",
      "var/www/app/current": "-> releases/11",
      "var/www/app/release": "-> releases/12",
    },
    rows: [
      { what: "nothing is configured", command: deployer, codes: ["no-dry-run"] },
      { what: "nothing is configured", command: warmup, before: filled, codes: ["no-dry-run"] },
      { what: "nothing is configured, an empty release", command: warmup, codes: [] },
      { what: "nothing is configured", command: upload, codes: [] },
      { what: "as pasted here", command: deployer, toml: [0], codes: [] },
      { what: "as pasted here and there", command: deployer, toml: [0], far: [1], codes: [] },
      { what: "as pasted here", command: upload, toml: [0], codes: [] },
      { what: "as pasted there", command: warmup, toml: [1], codes: [] },
      {
        what: "an empty variable",
        command: deployer,
        change: ["/12/", "//"],
        toml: [0],
        codes: ["empty-variable", "wrong-name", "no-dry-run"],
      },
      { what: "another name", command: deployer, change: ["/12/", "/x/"], toml: [0], codes: ["wrong-name"] },
      {
        what: "rsync_dest ends in a slash",
        command: deployer,
        change: ["/12/", "/12//"],
        toml: [0],
        codes: ["empty-variable"],
      },
      {
        what: "too much would go",
        command: deployer,
        before: "cd var/www/app/releases/12; touch 1 2 3 4 5 6 7 8 9 10; cd -",
        toml: [0],
        // the limit of the host that receives it ends the plan
        codes: ["no-dry-run"],
      },
      {
        what: "a guard only there",
        command: deployer,
        before: filled,
        change: unguarded,
        far: [1],
        codes: ["no-dry-run"],
      },
      { what: "a guard only there, an empty release", command: deployer, change: unguarded, far: [1], codes: [] },
      {
        what: "a guard only there, never",
        command: deployer,
        before: filled,
        change: unguarded,
        far: [1],
        edit: ["auto", "never"],
        codes: [],
      },
      {
        what: "a guard only there, never, another name",
        command: deployer,
        before: "mv var/www/app/releases/12 var/www/app/releases/x; ln -s x var/www/app/releases/12",
        change: unguarded,
        far: [1],
        edit: ["auto", "never"],
        codes: ["wrong-name"],
      },
    ],
  },
};

const local: Readonly<Record<string, Recipe>> = {
  Magento: {
    files: {
      "build/index.php": "new\n",
      "build/pub/index.php": "new\n",
      ...numbered("build/pub/static", 20, 38),
      "var/www/shop/index.php": "old, longer\n",
      "var/www/shop/app/etc/env.php": "secret\n",
      "var/www/shop/pub/index.php": "old, longer\n",
      "var/www/shop/pub/media/a.jpg": "a\n",
      ...numbered("var/www/shop/pub/static", 0, 18),
      "var/www/shop/var/log/system.log": "log\n",
      "var/www/shared/media/a.jpg": "a\n",
    },
    rows: [
      { what: "without its limit", command: magento, dryRun: "the same", codes: ["plan-too-large"] },
      { what: "as pasted", command: magento, dryRun: "the same", toml: [0], codes: [] },
      { what: "as pasted, without a dry run", command: magento, toml: [0], codes: ["no-dry-run"] },
      {
        what: "with auto",
        command: magento,
        toml: [0],
        edit: ["limits", 'dry_run = { required = "auto" }\nlimits'],
        codes: [],
      },
      ...["/app/etc/env.php", "/pub/media", "/var"].map(
        (kept): Row => ({
          what: `${kept} is not excluded`,
          command: magento,
          change: [`--exclude=${kept} `, ""],
          dryRun: "the same",
          toml: [0],
          codes: ["plan-deletes-kept"],
        }),
      ),
      {
        what: "a symlink to a shared directory is not excluded",
        command: magento,
        before:
          "cd var/www/shop/pub; rm -r media; ln -s ../../shared/media media; cd -; cp -a var/www/shop/pub/static build/pub/",
        change: ["--exclude=/pub/media ", ""],
        dryRun: "the same",
        codes: ["plan-replaces-symlinks"],
      },
      {
        what: "an empty variable",
        command: magento,
        change: ["/var/www/shop/", "/var/www/shop//"],
        codes: ["empty-variable", "no-dry-run"],
      },
    ],
  },
  "GitHub Actions, self-hosted runners": {
    files: {
      "build/index.html": "new\n",
      "var/www/site/index.html": "old, longer\n",
      "var/www/site/releases/1/index.html": "old, longer\n",
      "var/www/site/current": "-> releases/1",
    },
    rows: [
      {
        what: "two steps",
        command: twoSteps,
        before: "rm -r var/www/site/releases var/www/site/current",
        dryRun: "as on the page",
        codes: [],
      },
      {
        what: "a build that was made anew between the steps",
        command: twoSteps,
        before: "rm -r var/www/site/releases var/www/site/current",
        dryRun: "as on the page",
        between: "mv build was; cp -a was build",
        codes: ["changed-since-dry-run"],
      },
      { what: "one step", command: oneStep, change: [version, "1"], codes: ["no-dry-run"] },
      { what: "one step, as pasted", command: oneStep, change: [version, "1"], toml: [0], codes: [] },
      {
        what: "one step, an empty input",
        command: oneStep,
        change: [version, ""],
        toml: [0],
        codes: ["empty-variable", "release-root", "no-dry-run"],
      },
      {
        what: "two steps, an empty input",
        command: oneStep,
        change: [version, ""],
        dryRun: "the same",
        codes: ["empty-variable", "release-root"],
      },
    ],
  },
  cron: {
    files: {
      ...numbered("srv/data", 0, 12),
      ...numbered("disk/data", 1, 13),
      "mnt/backup/": "",
    },
    rows: [
      { what: "nothing is configured", command: cron, mounted: true, codes: ["no-dry-run"] },
      { what: "as pasted", command: cron, mounted: true, toml: [0], codes: [] },
      {
        what: "an empty source",
        command: cron,
        before: "rm srv/data/*",
        mounted: true,
        toml: [0],
        codes: ["empty-source"],
      },
      {
        what: "too much would go",
        command: cron,
        before: "rm srv/data/n[1-9]",
        mounted: true,
        toml: [0],
        codes: ["plan-too-large"],
      },
      {
        what: "the disk itself",
        command: cron,
        change: ["/mnt/backup/data/", "/mnt/backup/"],
        mounted: true,
        toml: [0],
        codes: ["protected-from-delete", "no-dry-run"],
      },
      {
        what: "no disk, and nothing that asks for it",
        command: cron,
        change: ["mountpoint -q /mnt/backup && ", ""],
        toml: [0],
        codes: [],
      },
    ],
  },
};

/** The configurations that a section of the page shows, for directories in the world's folder. */
function documented(section: string, { folder }: World): readonly string[] {
  const text = page.split(/^## /m).find((one) => one.startsWith(`${section}\n`)) ?? "";
  return [...text.matchAll(/^```toml\n(.*?)^```/gms)].map(([, toml = ""]) =>
    toml.replace(/(?<=^path = "(?:\*:)?)(?=\/)/gm, folder),
  );
}

/** All but what the guard itself writes. */
const settled = (world: World) =>
  Object.entries(world.tree()).filter(([path]) => !/^(?:far\/home\/)?state\b/.test(path));

async function expectRow(
  section: string,
  { files, row }: { files: Recipe["files"]; row: Row },
  world: World,
  far?: Far,
) {
  const { command, change = ["", ""], before = ":", between = ":", toml = [], edit = ["", ""], codes } = row;
  expect(page).toContain(command);
  const here = (text: string) =>
    text
      .replaceAll(/(?<=["': ])(?=\/(?:var\/www|src|srv|mnt)\/)/g, world.folder)
      .replaceAll("deploy@web1", "root@web1")
      .replaceAll("'ssh …'", '"$RSYNC_RSH"')
      .replaceAll(".git*", "'.git*'");
  const pasted = (all: readonly number[]) =>
    all.map((at) => (documented(section, world)[at] ?? expect.unreachable()).replace(...edit)).join("");
  world.make({
    ...files,
    "config/rsync-guard.toml": pasted(toml),
    "far/home/config/rsync-guard.toml": pasted(row.far ?? []),
  });
  const { folder } = world;
  const disk = row.mounted ? ["bwrap", "--dev-bind", "/", "/", "--bind", `${folder}/disk`, `${folder}/mnt/backup`] : [];
  const sh = (script: string) => (far ? far.sh(script) : world.sh(script, {}, disk));

  await world.sh(before);
  const dryRuns = {
    "the same": `${here(command.replace(...change))} -n`,
    "as on the page": here(command.replace("-av", "-avn")),
  };
  if (row.dryRun) {
    if (row.dryRun === "as on the page") expect(page).toContain(command.replace("-av", "-avn"));
    expect(await sh(dryRuns[row.dryRun])).toMatchObject({ code: 0 });
  }
  await world.sh(between);
  const untouched = settled(world);
  const { code, stderr } = await sh(here(command.replace(...change)));
  const isRun = codes.length === 0;
  expect({ ran: code === 0, codes: codesOf(stderr) ?? [] }).toEqual({ ran: isRun, codes });
  if (isRun) expect(settled(world)).not.toEqual(untouched);
  else expect(settled(world)).toEqual(untouched);
}

describe.each(Object.entries(remote))("%s", (section, { files, rows }) => {
  test.for(rows)("$what: $command: $codes", (row, { world, far }) => expectRow(section, { files, row }, world, far));
});

describe.each(Object.entries(local))("%s", (section, { files, rows }) => {
  test.for(rows)("$what: $command: $codes", (row, { world }) => expectRow(section, { files, row }, world));
});
