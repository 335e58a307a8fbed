/** The plan: which live runs it stops. */
import { expect } from "vitest";
import { realRsync, test, type World } from "../support/world.ts";

const codesOf = (stderr: string) => /^ {2}codes: (.*?) {3}/m.exec(stderr)?.[1]?.split(", ") ?? [];
const configure = (world: World, text: string) =>
  world.make({ "config/rsync-guard.toml": text.replaceAll("FOLDER", world.folder) });

interface Case {
  readonly what: string;
  readonly config?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly setup?: string;
  readonly run?: string;
  /** What the refusal names. */
  readonly says?: string;
}

const mirror = "rsync -a --delete src/ dst/";
const copy = "rsync -a src/ dst/";

const numbered = (folder: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${folder}/n${at}`, `${folder} ${at}\n`]));
/** What both sides have: so only a part goes. */
const staying = { ...numbered("src/stays", 8), ...numbered("dst/stays", 8) };
const limit = (maxDelete: string) => `[limits]\nmax_delete = ${maxDelete}\n`;
const limitAt = (path: string, maxDelete: string) =>
  `[[destination]]\npath = "FOLDER/${path}"\nlimits = { max_delete = ${maxDelete} }\n`;
const deletes = (deleted: number, of: number, config = ""): Case => ({
  what: `${deleted} of ${of} entries, ${config.replaceAll("\n", " ")}`,
  config,
  files: { ...numbered("src", of - deleted), ...numbered("dst", of), "src/x": "x\n", "dst/x": "old x\n" },
  says: `${deleted} of the ${of + 1} entries in FOLDER/dst`,
});

const releases = (...names: readonly string[]) => ({
  ...staying,
  "src/x": "x\n",
  ...Object.fromEntries(names.map((name) => [`dst/${name}/x`, `${name}\n`])),
});
const current = (name: string) => ({ "src/current": `-> releases/${name}`, "src/releases/green/x": "green\n" });

const shared = { ...staying, "shared/media/photo": "photo\n", "shared/env": "env\n", "src/x": "x\n", "dst/y": "y\n" };
const media = { ...shared, "dst/media": "-> ../shared/media" };
const env = { ...shared, "dst/env": "-> ../shared/env" };

const keep = '[limits]\nkeep = ["env.php", "var/log", "*.db"]\n';
const keeping = (files: Case["files"], more: Partial<Case> = {}) => ({
  config: keep,
  files: { ...staying, "src/x": "x\n", "dst/y": "y\n", ...files },
  ...more,
});

const protecting = {
  config: 'protect = ["FOLDER/dst/shared"]\n',
  files: { ...staying, "src/x": "x\n", "dst/y": "y\n", "dst/shared/z": "z\n" },
};

/** By code: what is refused, and its ordinary twins. */
const judged: Readonly<Record<string, { readonly refused: readonly Case[]; readonly runs: readonly Case[] }>> = {
  "plan-too-large": {
    refused: [
      deletes(6, 10),
      deletes(7, 8),
      deletes(2, 2),
      deletes(4, 20, limit("3")),
      deletes(1, 3, limit("0")),
      deletes(3, 11, limit('"20%"')),
      deletes(10, 11, limitAt("other", '"100%"')),
      deletes(2, 20, `${limit("5")}${limitAt("d*", "0")}`),
    ],
    runs: [
      deletes(5, 10),
      deletes(4, 8),
      {
        ...deletes(7, 8),
        what: "most of few entries, while half as many come",
        setup: "touch src/a src/b src/c src/d",
      },
      { what: "the only entry", files: { "src/x": "x\n", "dst/y": "y\n" } },
      deletes(3, 20, limit("3")),
      deletes(0, 3, limit("0")),
      deletes(2, 11, limit('"20%"')),
      deletes(10, 11, limitAt("dst", '"100%"')),
      {
        ...deletes(6, 10),
        what: "many, beside more that a filter keeps",
        setup: "mkdir dst/c; touch dst/c/$(seq 9)",
        run: "rsync -a --delete --exclude=/c src/ dst/",
      },
    ],
  },
  "plan-deletes-releases": {
    refused: [
      { what: "versions", files: releases("1.2.1", "v1.2.2"), says: "in FOLDER/dst: 1.2.1, v1.2.2" },
      { what: "dates", files: releases("2024-01-31", "20240201123000"), says: "2024-01-31, 20240201123000" },
      {
        what: "numbers in releases",
        files: releases("releases/41", "releases/42"),
        says: "in FOLDER/dst/releases: 41, 42",
      },
      { what: "commits in builds", files: releases("builds/0a1b2c3", "builds/ffe1234"), says: "0a1b2c3, ffe1234" },
      {
        what: "the one that current leads to",
        files: { ...releases("releases/blue"), "dst/current": "-> releases/blue", ...current("green") },
        says: "in FOLDER/dst/releases: blue (FOLDER/dst/current ",
      },
    ],
    runs: [
      { what: "one version", files: { ...releases("1.2.1", "1.2.2"), "src/1.2.2/x": "x\n" } },
      { what: "numbers in photos", files: releases("photos/41", "photos/42") },
      { what: "files named like versions", files: { "dst/1.2.1": "1\n", "dst/1.2.2": "2\n", "src/x": "x\n" } },
      {
        what: "one that current does not lead to",
        files: {
          ...releases("releases/blue", "releases/green"),
          "dst/current": "-> releases/green",
          ...current("green"),
        },
      },
      {
        what: "releases that a filter keeps",
        run: "rsync -a --delete --exclude='/[0-9]*' src/ dst/",
        files: releases("1.2.1", "1.2.2"),
      },
    ],
  },
  "plan-replaces-symlinks": {
    refused: [
      { what: "deleted", files: media, says: "media -> ../shared/media" },
      { what: "deleted with its directory", files: { ...shared, "dst/a/env": "-> ../../shared/env" }, says: "a/env" },
      { what: "replaced by a directory", files: { ...media, "src/media/z": "z\n" }, says: "media" },
      { what: "replaced by a file", files: { ...env, "src/env": "other\n" }, says: "env" },
      { what: "replaced by a directory in a copy", run: copy, files: { ...media, "src/media/z": "z\n" } },
      { what: "replaced by a file in a copy", run: copy, files: { ...env, "src/env": "other\n" } },
      {
        what: "the destination itself, replaced",
        run: "rsync -a src/env dst/env",
        files: { ...env, "src/env": "other\n" },
      },
    ],
    runs: [
      { what: "that leads nowhere", files: { ...shared, "dst/media": "-> ../shared/none" } },
      { what: "within the target", files: { ...shared, "dst/media": "-> y" } },
      { what: "into the system", files: { ...shared, "dst/sh": "-> /usr/bin/env" } },
      { what: "replaced by another symlink", files: { ...media, "src/media": "-> ../shared/env" } },
      { what: "that the source has too", files: { ...media, "src/media": "-> ../shared/media" } },
      { what: "that a filter keeps", run: "rsync -a --delete --exclude=/media src/ dst/", files: media },
    ],
  },
  "plan-deletes-kept": {
    refused: [
      { what: "deleted", ...keeping({ "dst/env.php": "secret\n" }), says: "env.php" },
      { what: "deleted with its directory", ...keeping({ "dst/app/env.php": "secret\n" }), says: "app/env.php" },
      { what: "below a directory, deleted", ...keeping({ "dst/var/log/today": "log\n" }), says: "var/log/today" },
      { what: "overwritten", ...keeping({ "dst/a/my.db": "old\n", "src/a/my.db": "newer\n" }), says: "a/my.db" },
      { what: "overwritten in a copy", run: copy, ...keeping({ "dst/env.php": "old\n", "src/env.php": "newer\n" }) },
      {
        what: "overwritten under its own name",
        run: "rsync -a src/x dst/env.php",
        ...keeping({ "dst/env.php": "old\n" }),
      },
      { what: "replaced by a symlink", ...keeping({ "dst/env.php": "old\n", "src/env.php": "-> x" }) },
      { what: "replaced by a directory", ...keeping({ "dst/env.php": "old\n", "src/env.php/z": "z\n" }) },
      { what: "a symlink replaced by another", ...keeping({ "dst/env.php": "-> y", "src/env.php": "-> x" }) },
    ],
    runs: [
      { what: "new", ...keeping({ "src/env.php": "new\n" }) },
      { what: "the same", ...keeping({ "dst/env.php": "same\n" }), setup: "cp -p dst/env.php src/" },
      { what: "of another name", ...keeping({ "dst/other/var/log": "log\n" }) },
      {
        what: "kept by a filter",
        run: "rsync -a --delete --exclude=env.php src/ dst/",
        ...keeping({ "dst/env.php": "old\n", "src/env.php": "newer\n" }),
      },
    ],
  },
  "protected-below": {
    refused: [
      { what: "emptied", ...protecting, says: "FOLDER/dst/shared" },
      {
        what: "losing one entry",
        ...protecting,
        setup: "cp -a dst/shared src/; touch dst/shared/late",
        says: "FOLDER/dst/shared/late",
      },
    ],
    runs: [
      { what: "excluded", ...protecting, run: "rsync -a --delete --exclude=/shared src/ dst/" },
      { what: "shielded", ...protecting, run: "rsync -a --delete --filter='P /shared' src/ dst/" },
      { what: "in the source, too", ...protecting, setup: "cp -a dst/shared src/" },
    ],
  },
};

const rowsOf = (pick: (code: string, of: (typeof judged)[string]) => readonly Case[]) =>
  Object.entries(judged).flatMap(([code, of]) => pick(code, of).map((row) => ({ code, run: mirror, ...row })));
const refused = rowsOf((_, of) => of.refused);
const running = [
  ...rowsOf((_, of) => of.runs),
  // each refusal is one that `allow` lets pass
  ...rowsOf((code, { refused: [first] }) =>
    first ? [{ ...first, what: `${first.what}, allowed`, config: `allow = ["${code}"]\n${first.config ?? ""}` }] : [],
  ),
];

const make = (world: World, { files, config }: Case) => {
  world.make(files);
  if (config) configure(world, config);
};

test.concurrent.for(refused)(
  "$code: $what",
  async ({ code: expected, run, setup = "", says = "", ...row }, { world }) => {
    make(world, row);
    const dry = await world.sh(`${setup}\n${run} -n`);
    expect({ code: dry.code, codes: codesOf(dry.stderr) }).toEqual({ code: 0, codes: [expected] });
    expect(dry.stderr).toMatch(/^rsync-guard: the live run would [^\n]*; it would be refused\n/);
    const before = world.tree();
    const { code, stdout, stderr } = await world.sh(run);
    expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 77, stdout: "", codes: [expected] });
    expect(world.mask(stderr)).toContain(says);
    expect(world.tree()).toEqual(before);
  },
);

test.concurrent.for(running)("$code passes: $what", async ({ run, setup = "", ...row }, { world }) => {
  make(world, row);
  const dry = await world.sh(`${setup}\ncp -a dst plain; ${run} -n`);
  expect(dry.code).toBe(0);
  expect(dry.stderr).toMatch(/^rsync-guard: the live run would [^\n]*; approved for 15 min\n$/);
  const plain = run.replace("rsync", realRsync).replace(/dst\/$/, "plain/");
  expect(await world.sh(`${run} && ${plain}`)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("dst")).toEqual(world.tree("plain"));
});

// a dry run tells what its live run would be refused for, and a live run that needs none is not refused
test.concurrent.for(["never", "deletes"])(
  'with dry_run.required = "%s" a dry run says what its live run will do',
  async (required, { world }) => {
    world.make({ ...env, "src/env": "other\n" });
    configure(world, `[dry_run]\nrequired = "${required}"\n`);
    const dry = await world.sh(`${copy} -n`);
    const live = await world.sh(copy);
    expect(dry.stderr.includes("it would be refused")).toBe(live.code !== 0);
  },
);

/** The paths of the entries that are now in a directory. */
const names = (world: World, path: string) => Object.keys(world.tree(path)).filter((name) => name !== ".");

const changes = [
  { what: "a new entry", between: "touch dst/late", says: "late" },
  {
    what: "a new directory",
    between: "mkdir dst/late; touch dst/late/x",
    says: "late/x, late/",
  },
  {
    what: "a name that can't be printed",
    between: 'touch "$(printf "dst/a\\nb\\351")"',
    says: "'a\\nb\\xe9'",
  },
  { what: "a file gone from the source", between: "rm src/x", says: "x" },
  { what: "twelve new entries", between: "touch $(seq -f dst/late%g 12)", says: / and 2 more$/ },
];

test.concurrent.for(changes)("plan-changed: $what", async ({ between, says }, { world }) => {
  world.make({ "src/x": "x\n", "src/w": "w\n", "dst/x": "old x\n", "dst/y": "y\n", ...numbered("src/many", 20) });
  const dry = await world.sh(`cp -a src/many dst; ${mirror} -n; ${between}; ls -Rb dst`);
  const { code, stdout, stderr } = await world.sh(`${mirror}; code=$?; ls -Rb dst; exit $code`);
  expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 77, stdout: dry.stdout, codes: ["plan-changed"] });
  const named = /^rsync-guard: .*: (.*)$/m.exec(stderr)?.[1] ?? "";
  expect(named).toEqual(typeof says === "string" ? says : expect.stringMatching(says));
  // ten at most
  expect(named.split(", ").length).toBeLessThanOrEqual(10);
});

test.concurrent("plan-changed: dry-run again, it runs", async ({ world }) => {
  world.make({ "src/x": "x\n", "dst/y": "y\n" });
  const { code, stderr } = await world.sh(
    `${mirror} -n; touch dst/late; ${mirror}; ${mirror} -n 2>/dev/null; ${mirror}`,
  );
  expect({ code, codes: codesOf(stderr) }).toEqual({ code: 0, codes: ["plan-changed"] });
  expect(names(world, "dst")).toEqual(["x"]);
});

test.concurrent("plan-changed: where the dry run would have deleted nothing", async ({ world }) => {
  world.make({ "src/x": "x\n", "dst/x": "old x\n" });
  await world.sh(`${mirror} -n; touch dst/late`);
  expect(codesOf((await world.sh(mirror)).stderr)).toEqual(["plan-changed"]);
});

test.concurrent.for([
  ":",
  "rm dst/y",
  "touch src/y",
  "touch src/new",
  "echo changed >src/x",
  "echo changed >dst/x",
  "rm -r dst/z",
])("a run that deletes what was approved, or less, runs: %s", async (between, { world }) => {
  world.make({ "src/x": "x\n", "dst/x": "old x\n", "dst/y": "y\n", "dst/z/a": "a\n", ...numbered("src/many", 20) });
  await world.sh(`cp -a src/many dst; ${mirror} -n; ${between}`);
  expect(await world.sh(mirror)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(names(world, "dst")).toEqual(names(world, "src"));
});

const stored = "state/rsync-guard/approvals/*.deletions";
test.concurrent.for([
  { change: `rm ${stored}`, code: 78 },
  { change: `truncate -s -1 ${stored}`, code: 78 },
  { change: `truncate -s 0 ${stored}`, code: 78 },
  { change: `echo x | tee -a ${stored}`, code: 78 },
  { change: `echo x | dd conv=notrunc of="$(echo ${stored})"`, code: 78 },
  { change: `chmod g+w ${stored}`, code: 78 },
  { change: `touch ${stored}`, code: 0 },
])("what was approved is read as it was written, or not at all: $change", async ({ change, code }, { world }) => {
  world.make({ "src/x": "x\n", "dst/y": "y\n" });
  await world.sh(`${mirror} -n; ${change}`);
  const live = await world.sh(mirror);
  expect({ code: live.code, codes: codesOf(live.stderr) }).toEqual({ code, codes: code ? ["cannot-decide"] : [] });
  expect(names(world, "dst")).toEqual([code ? "y" : "x"]);
});

const auto = '[dry_run]\nrequired = "auto"\n';
const unattended = [
  {
    like: "cron",
    run: `env -i PATH="$PATH" XDG_CONFIG_HOME="$XDG_CONFIG_HOME" XDG_STATE_HOME="$XDG_STATE_HOME" ${mirror}`,
  },
  { like: "lsyncd at its start", run: "rsync --delete --ignore-errors -lptgosD -r src/ dst/" },
  {
    like: "lsyncd at a change",
    config: 'allow = ["no-dry-run"]\n',
    run: "printf '/\\0/y\\0' | rsync -lptgosD -r --delete --force --from0 --include-from=- '--exclude=*' src/ dst/",
  },
  {
    like: "rsnapshot",
    run: 'rsync -a --delete --numeric-ids --relative --delete-excluded --link-dest="$PWD/day.1/" src dst/',
  },
  { like: "a copy", run: copy },
];

test.concurrent.for(unattended)(
  'with required = "auto" it runs without a dry run, like $like',
  async ({ run, config = "" }, { world }) => {
    world.make({
      "src/x": "x\n",
      "dst/src/x": "old x\n",
      "dst/src/y": "y\n",
      "dst/y": "y\n",
      "day.1/src/x": "x\n",
      ...staying,
    });
    configure(world, `${config}${auto}`);
    const plain = run.replace(/\brsync /, `${realRsync} `).replace(/dst\/$/, "plain/");
    const times = ["1", "2"].map((time) => `touch -d @${time}000000000 src/x; ${run} && ${plain}`).join(" && ");
    expect(await world.sh(`cp -a dst plain; ${times}`)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(names(world, "dst")).toEqual(names(world, "plain"));
    expect(Object.keys(world.tree()).filter((path) => /approvals\/.*\.json$/.test(path))).toEqual([]);
  },
);

test.concurrent('with required = "auto" the plan is judged', async ({ world }) => {
  world.make(releases("1.2.1", "1.2.2"));
  configure(world, auto);
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh(mirror);
  expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 77, stdout: "", codes: ["plan-deletes-releases"] });
  expect(stderr).toContain("\n  would delete 2 files, 2 directories (");
  expect(world.tree()).toEqual(before);
});

test.concurrent('with required = "auto" a plan that fails is no plan', async ({ world }) => {
  world.make({ "src/x": "x\n", "dst/y": "y\n" });
  configure(world, auto);
  const before = world.tree();
  const { code, stdout, stderr } = await world.sh("rsync -a --delete src/ missing dst/");
  expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 77, stdout: "", codes: ["no-dry-run"] });
  expect(stderr).toMatch(/\n {2}no plan of it could be made: rsync -n ended with exit code 23: .*missing.*\n/);
  expect(world.tree()).toEqual(before);
});

test.concurrent.for([
  { what: "until the plan can be made", fails: 1 },
  { what: "until the run succeeds, too", fails: 2 },
])('with required = "auto" a loop tries again $what', async ({ fails }, { world }) => {
  // call 1 is the first plan, call 2 its run
  world.make({
    "src/x": "x\n",
    "dst/y": "y\n",
    ssh: `#!/bin/sh\necho call >>calls\n[ "$(wc -l <calls)" = ${fails} ] && exit 255\nshift; exec "$@"\n`,
  });
  configure(world, auto);
  const { code } = await world.sh(
    'chmod +x ssh; for try in 1 2 3; do rsync -a --delete -e "$PWD/ssh" src/ web1:"$PWD/dst/" && exit $try; done',
  );
  expect({ code, dst: names(world, "dst") }).toEqual({ code: 2, dst: ["x"] });
});

/** The accident without any of its signs: VERSION is empty in the dry run and in the live one. */
const accidents = [
  {
    parent: "shop",
    media: true,
    names: ["1.2.1", "1.2.2"],
    codes: ["plan-deletes-releases", "plan-replaces-symlinks"],
  },
  { parent: "shop", media: false, names: ["1.2.1", "1.2.2"], codes: ["plan-deletes-releases"] },
  { parent: "releases", media: false, names: ["41", "42"], codes: ["plan-deletes-releases"] },
  { parent: "shop", media: true, names: ["blue"], codes: ["plan-replaces-symlinks"] },
  { parent: "shop", media: false, names: ["blue", "green", "red", "grey", "pink"], codes: ["plan-too-large"] },
];
const runs = ["rsync -a --delete build/", "rsync -rlt --delete-after build/"];

test.concurrent.for(accidents.flatMap((row, at) => ({ ...row, run: `${runs[at % 2]} "www/${row.parent}/$VERSION"` })))(
  "both runs in the same broken shell: the plan alone stops it ($parent, $names: $codes)",
  async ({ parent, media: hasMedia, names: lost, codes, run }, { world }) => {
    world.make({
      ...Object.fromEntries(lost.map((name) => [`www/${parent}/${name}/index.html`, `${name}\n`])),
      ...(hasMedia
        ? Object.fromEntries(lost.map((name) => [`www/${parent}/${name}/media`, "-> ../../../shared"]))
        : {}),
      "shared/photo": "photo\n",
      "build/app.js": "new\n",
      "build/index.html": "new\n",
      "build/media": "-> ../../../shared",
    });
    const dry = await world.sh(`${run} -n`, { VERSION: "" });
    expect({ code: dry.code, codes: codesOf(dry.stderr) }).toEqual({ code: 0, codes });
    const www = world.tree("www");
    const { code, stdout, stderr } = await world.sh(run, { VERSION: "" });
    expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 77, stdout: "", codes });
    for (const name of lost) expect(stderr).toContain(name);
    expect(world.tree("www")).toEqual(www);
    // the variable set, the same command passes
    expect(await world.sh(`${run} -n 2>/dev/null && ${run}`, { VERSION: "1.2.3" })).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect(world.tree("www")).toEqual(expect.objectContaining(www));
    expect(names(world, `www/${parent}/1.2.3`)).toEqual(["app.js", "index.html", "media"]);
  },
);

/** A remote shell that runs the command here, and notes that it was called. */
const ssh = `#!/bin/sh
echo "<\${DISPLAY-}\${SSH_ASKPASS-}> \${SSH_ASKPASS_REQUIRE-}" >>calls
shift
PATH=\${far:-/usr/bin:/bin} exec "$@"
`;
const push = 'rsync -a --delete -e "$PWD/ssh" src/ web1:"$PWD/dst/$VERSION"';
const pull = 'rsync -a --delete -e "$PWD/ssh" web1:"$PWD/src/" "dst/$VERSION"';
const farDirectories = { "src/x": "x\n", "dst/1.2.1/x": "1\n", "dst/1.2.1/y": "1\n", "dst/1.2.2/x": "2\n", ssh };
const setOut = (world: World, config: string) => {
  world.make(farDirectories);
  configure(world, config);
  return world.sh("chmod +x ssh");
};
/** Makes files in the source that are in another directory, too. */
const staysIn = (directory: string) => `for n in 1 2 3 4 5 6; do echo $n >src/$n; cp -p src/$n ${directory}; done`;
const calls = (world: World) => (world.tree()["calls"]?.match(/</g) ?? []).length;

const remotes = [
  { way: "push", run: push, far: "/usr/bin:/bin", releases: "the destination" },
  { way: "push to a guarded host", run: push, far: "$PWD/bin:/usr/bin:/bin", releases: "the destination" },
  { way: "pull", run: pull, far: "/usr/bin:/bin", releases: "FOLDER/dst" },
];

test.concurrent.for(remotes)("a $way is planned and judged", async ({ run, far, releases: where }, { world }) => {
  await setOut(world, "");
  const dry = await world.sh(`${staysIn("dst")}; export far="${far}"; ${run} -n`, { VERSION: "" });
  expect({ code: dry.code, codes: codesOf(dry.stderr) }).toEqual({ code: 0, codes: ["plan-deletes-releases"] });
  const before = world.tree("dst");
  const { code, stdout, stderr } = await world.sh(`export far="${far}"; ${run}`, { VERSION: "" });
  expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 77, stdout: "", codes: ["plan-deletes-releases"] });
  expect(world.mask(stderr)).toContain(`in ${where}: 1.2.1, 1.2.2\n`);
  expect(world.tree("dst")).toEqual(before);
});

test.concurrent.for(remotes)("a $way is compared with its dry run", async ({ run, far }, { world }) => {
  await setOut(world, "");
  const sh = (script: string) => world.sh(`export far="${far}"; ${script}`, { VERSION: "1.2.1/" });
  const dry = await sh(`${staysIn("dst/1.2.1")}; ${run} -n`);
  expect({ code: dry.code, stderr: dry.stderr }).toEqual({
    code: 0,
    stderr: "rsync-guard: the live run would delete 1 file (y); change 1 file; approved for 15 min\n",
  });
  await world.sh("touch dst/1.2.1/late");
  const changed = await sh(run);
  expect({ code: changed.code, codes: codesOf(changed.stderr) }).toEqual({ code: 77, codes: ["plan-changed"] });
  expect(await sh(`rm dst/1.2.1/late; ${run}`)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(names(world, "dst/1.2.1")).toEqual(["1", "2", "3", "4", "5", "6", "x"]);
});

const connections = [
  { remotePlan: "try", dry: 2, live: 4 },
  { remotePlan: "require", dry: 2, live: 4 },
  { remotePlan: "never", dry: 1, live: 2 },
];

test.concurrent.for(connections)(
  'with remote_plan = "$remotePlan" so many connections are made: $dry, $live',
  async (row, { world }) => {
    await setOut(world, `[dry_run]\nremote_plan = "${row.remotePlan}"\n`);
    const version = { VERSION: "1.2.1/", DISPLAY: ":0", SSH_ASKPASS: "/bin/true" };
    expect((await world.sh(`${push} -n`, version)).code).toBe(0);
    expect(calls(world)).toBe(row.dry);
    expect((await world.sh(push, version)).code).toBe(0);
    expect(calls(world)).toBe(row.live);
    // a plan's connection can't ask for a password in a window
    const plans = world.tree()["calls"]?.match(/<> never/g) ?? [];
    expect(plans).toHaveLength(row.live - 2);
  },
);

/** Connects for the dry run and for the live one, the first and the fourth call, and fails for their plans. */
const noPlan = `#!/bin/sh
echo call >>calls
case $(wc -l <calls) in 1 | 4) ;; *) exit 255 ;; esac
shift
exec "$@"
`;

// what a pull deletes is here, but its plan depends on the other host all the same
test.concurrent.for([
  { way: "push", run: push },
  { way: "pull", run: pull },
])("without a remote plan a $way is approved without a plan", async ({ run }, { world }) => {
  world.make({ ...farDirectories, ssh: noPlan });
  const version = { VERSION: "1.2.1/" };
  const dry = await world.sh(`chmod +x ssh; ${run} -n`, version);
  expect(dry.stderr).toMatch(
    /^rsync-guard: no plan of the live run could be made \(rsync -n ended with exit code \d+: .*\); approved for 15 min, without a plan \(the command matches; its effect was not checked\)\n$/,
  );
  expect(await world.sh(run, version)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(names(world, "dst/1.2.1")).toEqual(["x"]);
});

test.concurrent('with remote_plan = "require" a run without a plan is refused', async ({ world }) => {
  world.make({ ...farDirectories, ssh: noPlan });
  configure(world, '[dry_run]\nremote_plan = "require"\n');
  const version = { VERSION: "1.2.1/" };
  const dry = await world.sh(`chmod +x ssh; ${push} -n`, version);
  expect({ code: dry.code, codes: codesOf(dry.stderr) }).toEqual({ code: 0, codes: ["cannot-decide"] });
  const before = world.tree("dst");
  const { code, stdout, stderr } = await world.sh(push, version);
  expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 78, stdout: "", codes: ["cannot-decide"] });
  expect(stderr).toContain(
    'dry_run.remote_plan is "require", and no plan could be made: rsync -n ended with exit code',
  );
  expect(world.tree("dst")).toEqual(before);
});
