/** The journal, and what log, report and suggest make of it: of real runs. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import type { Entry } from "../../src/core/history/journal.ts";
import { journalFiles } from "../../src/io/store/journal.ts";
import { program } from "../support/build.ts";
import { test, type World } from "../support/world.ts";

const site = {
  "www/releases/1.2.1/index.html": "1.2.1\n",
  "www/releases/1.2.2/index.html": "1.2.2, the current one\n",
  "www/current": "-> releases/1.2.2",
  "build/index.html": "1.2.3, the new one\n",
};
const deploy = 'rsync -a --delete build/ "www/releases/$VERSION/"';

const journalOf = (world: World) => join(world.folder, "state/rsync-guard/journal.jsonl");
const textOf = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};
const linesOf = (world: World) =>
  journalFiles(journalOf(world)).flatMap((file) =>
    textOf(file)
      .split("\n")
      .filter((line) => line !== ""),
  );
const entriesOf = (world: World) => linesOf(world).map((line) => JSON.parse(line) as Entry);

/** Without what differs from run to run, and from host to host. */
const masked = (world: World, text: string): string =>
  world
    .mask(text)
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "DATE TIME")
    .replaceAll(`rsync on ${hostname()},`, "rsync on HOST,")
    .replace(/(?<=DATE TIME +)[^\s,:]+(?=[ ,:])/g, (word) => (word === userInfo().username ? "USER" : word))
    .replace(/\b[0-9a-f]{8}\b/g, "ID")
    .replace(/(?<=\S) {2,}/g, "  ");

/** VERSION is lost between the dry run and the live run, with the connection. */
async function accident(world: World): Promise<void> {
  world.make(site);
  const session = (port: number) => ({ SSH_CONNECTION: `10.0.0.5 ${port} 10.0.0.1 22` });
  await world.sh(`${deploy} -n`, { ...session(50022), VERSION: "1.2.3" });
  expect((await world.sh(deploy, { ...session(50111), VERSION: "" })).code).toBe(77);
  expect((await world.sh(deploy, { ...session(50111), VERSION: "1.2.3" })).code).toBe(0);
}

describe("the accident", () => {
  test("as log tells it", async ({ world }) => {
    await accident(world);
    const { code, stdout, stderr } = await world.sh(`${program} log`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    await expect(masked(world, stdout)).toMatchFileSnapshot("../golden/e2e/log.txt");
  });

  test("as report tells it", async ({ world }) => {
    await accident(world);
    const { code, stdout, stderr } = await world.sh(`${program} report --destination "$PWD/www/releases/1.2.3"`, {
      TZ: "UTC",
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    await expect(masked(world, stdout)).toMatchFileSnapshot("../golden/e2e/report.md");
  });
});

describe("log", () => {
  /** What is told of which run. */
  const told = (stdout: string) =>
    [...stdout.matchAll(/(dry run|ran|refused) .*?rsync (.*)/g)].map((found) => `${found[1]} ${found[2]}`);

  test("shows what it is asked for", async ({ world }) => {
    world.make({ ...site, "other/a": "a\n" });
    await world.sh(
      "rsync -a build/ new/; rsync -a --delete build/ www//; rsync -a --delete build/ other/; rsync --version",
    );
    const all = ["ran -a build/ new/", "refused -a --delete build/ www//", "refused -a --delete build/ other/"];
    const user = userInfo().username;
    const rows: readonly (readonly [args: string, told: readonly string[]])[] = [
      ["", all],
      ["--since 1h", all],
      ["--since 2000-01-01", all],
      ["--since 0s", []],
      ["--refused", all.slice(1)],
      ["--would-refuse", []],
      ['--destination "$PWD/new"', all.slice(0, 1)],
      ['--destination "$PWD"', all],
      ['--destination "$PWD/{new,other}/"', [all[0] ?? "", all[2] ?? ""]],
      ['--destination "$PWD/**" --refused', all.slice(1)],
      ["--destination /nowhere", []],
      [`--user ${user}`, all],
      ["--user nobody-else", []],
    ];
    for (const [args, expected] of rows) {
      const { code, stdout } = await world.sh(`${program} log ${args}`);
      expect({ args, code, told: told(stdout) }).toEqual({ args, code: 0, told: expected });
    }
  });

  test("--json is the journal's own lines", async ({ world }) => {
    world.make({ "build/é\u009b": "a\n" });
    await world.sh("rsync -a build/é\u009b 'new\u001b[2J'");
    const { stdout } = await world.sh(`${program} log --json`);
    expect(stdout).toMatch(/^[\x20-\x7e]+\n$/);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(entriesOf(world));
  });

  test("the last 50, if no time is given", async ({ world }) => {
    const entry = (number: number) => JSON.stringify({ ...example, argv: ["-a", "a/", `new/${number}`] });
    const file = journalOf(world);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Array.from({ length: 120 }, (_, at) => `${entry(at)}\n`).join(""), { mode: 0o600 });
    const short = told((await world.sh(`${program} log`)).stdout);
    expect([short.length, short[0], short.at(-1)]).toEqual([50, "ran -a a/ new/70", "ran -a a/ new/119"]);
    expect(told((await world.sh(`${program} log --since 2026-01-01`)).stdout)).toHaveLength(120);
  });

  test("is cut to a terminal's width, and nowhere else", async ({ world }) => {
    world.make({ "build/a": "a\n" });
    await world.sh("rsync -a --exclude=a-name-that-is-so-long-that-no-terminal-of-60-columns-shows-it build/ new/");
    const narrow = await world.sh(`script -qec "stty cols 60; ${program} log" /dev/null`);
    expect(
      narrow.stdout
        .trim()
        .split(/\r?\n/)
        .map((line) => [...line].length),
    ).toEqual([expect.any(Number), 60, expect.any(Number)]);
    expect(narrow.stdout).toMatch(/ …\S*-shows-it build\/ new\/\r\n1 in all: 1 ran/);
    expect((await world.sh(`${program} log`)).stdout).toContain("-shows-it build/ new/\n");
  });

  test("what can't be read is said, and what others may write", async ({ world }) => {
    const file = journalOf(world);
    world.make({ "build/a": "a\n" });
    await world.sh("rsync -a build/ new/");
    writeFileSync(file, `${textOf(file)}{"time":\n`);
    writeFileSync(`${file}.1`, textOf(file), { mode: 0o600 });
    await world.sh(`chmod g+w ${file}.1`);
    const leftOut = `left out: FOLDER/state/rsync-guard/journal.jsonl.1 may be written by others: chmod go-w FOLDER/state/rsync-guard/journal.jsonl.1`;
    for (const command of ["log", "report", "suggest"]) {
      const { code, stdout } = await world.sh(`${program} ${command}`);
      expect({ command, code }).toEqual({ command, code: 1 });
      expect(world.mask(stdout)).toContain(leftOut);
      expect(stdout).toContain("1 line of the journal can't be read\n");
    }
    expect((await world.sh(`${program} log --json`)).stdout).toMatch(/^\{.*\}\n$/);
  });
});

const misuses = [
  { args: "log --since yesterday", says: "--since yesterday is not a time" },
  { args: "log --refused --would-refuse", says: "not both" },
  { args: "log 1.2.3", says: "unexpected argument: 1.2.3" },
  { args: "log --lines 5", says: "--lines is not an option of rsync-guard log" },
  { args: "report --since 1y", says: "--since 1y is not a time" },
  { args: "suggest /srv/a", says: "unexpected argument: /srv/a" },
];

test.for(misuses)("rsync-guard $args: exit code 2 and how it is meant", async ({ args, says }, { world }) => {
  const { code, stdout, stderr } = await world.sh(`${program} ${args}`);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(says);
});

describe("mode observe", () => {
  const observe = { "config/rsync-guard.toml": 'mode = "observe"\n' };
  const mirror = "rsync -a --delete build/ mirror/";
  const files = { ...observe, "build/a": "new\n", "mirror/a": "old, longer\n", "mirror/b": "b\n" };

  test("what would be refused, by command and caller", async ({ world }) => {
    world.make(files);
    await world.sh(`chmod go-w config/*; ${mirror}; ${mirror}; rsync -a build/ mirror/`);
    const { code, stdout } = await world.sh(`${program} log --would-refuse`);
    expect(code).toBe(0);
    expect(
      stdout
        .split("\n")
        .filter((line) => /^\d| rsync | codes/.test(line))
        .map((line) => line.replace(/, last.*/, "")),
    ).toEqual([
      "2 times",
      "  rsync -a --delete build/ mirror/",
      "  codes: no-dry-run",
      "1 time",
      "  rsync -a build/ mirror/",
      "  codes: no-dry-run",
    ]);
  });

  const listings = [
    { run: "rsync -a --delete build/", code: "missing-destination" },
    { run: "rsync -a --log-file='$LOGS/x' build/", code: "unexpanded-variable" },
  ];

  test.for(listings)(
    "a listing that would be refused for $code runs, and is noted",
    async ({ run, code }, { world }) => {
      world.make({ "build/a": "a\n", "$LOGS/": "" });
      expect(await world.sh(run)).toMatchObject({ code: 77, stdout: "" });
      world.make(observe);
      const ordinary = await world.sh("chmod go-w config/*; rsync -a build/");
      expect(ordinary).toEqual({ code: 0, stdout: expect.stringMatching(/ a\n$/), stderr: "" });
      // nobody sits at a terminal
      expect(await world.sh(run)).toEqual({ code: 0, stdout: ordinary.stdout, stderr: "" });
      const { stdout } = await world.sh(`${program} log --would-refuse`);
      expect(stdout.match(/(?<=^ {2}codes: ).*/gm)).toEqual([code]);
      expect((await world.sh(`${program} suggest`)).stdout).toContain("#   its destination is not known\n");
    },
  );

  test("at a terminal what would be refused is said, and nothing where there is none", async ({ world }) => {
    world.make(files);
    await world.sh("chmod go-w config/*");
    const dryRun = `${mirror} -n`;
    for (const run of [mirror, dryRun]) {
      expect(await world.sh(run)).toEqual({ code: 0, stdout: "", stderr: "" });
      world.make({ "mirror/c": "c\n", "mirror/d": "d\n" });
      const { stdout } = await world.sh(`script -qec '${run}' /dev/null`);
      expect(stdout).toMatch(
        /^rsync-guard: (?:mode is observe, so it runs; otherwise|the live run would delete 2 files) /,
      );
    }
  });

  test("with what suggest proposes, the ordinary run passes, and another place's does not", async ({ world }) => {
    world.make({ ...files, "other/a": "old, longer\n" });
    // each one is a run of its own from the same script
    for (let run = 0; run < 3; run++) await world.sh(`chmod go-w config/*; ${mirror}`);
    const { code, stdout } = await world.sh(`${program} suggest`);
    expect(code).toBe(0);
    writeFileSync(join(world.folder, "config/rsync-guard.toml"), stdout);
    world.make({ "build/c": "c\n" });
    expect(await world.sh(mirror)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(world.tree("mirror")).toEqual(world.tree("build"));
    expect((await world.sh("rsync -a --delete build/ other/")).code).toBe(77);
    expect((await world.sh("rsync -a --delete build/ ./")).code).toBe(77);
  });

  test("a place where the accident happened is not loosened", async ({ world }) => {
    world.make({ ...observe, ...site, "www/releases/1.2.3/index.html": "1.2.3\n" });
    for (let run = 0; run < 3; run++) await world.sh(`chmod go-w config/*; ${deploy}`, { VERSION: "1.2.3" });
    expect((await world.sh(`${program} suggest`)).stdout).toContain("[[destination]]\n");
    await world.sh(deploy, { VERSION: "" });
    const { stdout } = await world.sh(`${program} suggest`);
    expect(stdout).not.toContain("[[destination]]\n");
    expect(world.mask(stdout)).toMatch(
      /a run went to FOLDER\/www\/releases, and another one goes to FOLDER\/www\/releases\/1\.2\.3: a variable may/,
    );
  });
});

describe("the journal", () => {
  const numbers = (world: World) =>
    entriesOf(world)
      .map(({ argv }) => argv.at(-1))
      .sort();
  const expected = (count: number) => Array.from({ length: count }, (_, at) => `new/${at}`).sort();
  const atOnce = (count: number) => `seq 0 ${count - 1} | { while read -r n; do rsync -a build/ new/$n & done; wait; }`;

  test("200 runs at once: a whole line of each", { timeout: 120_000 }, async ({ world }) => {
    world.make({ "build/a": "a\n", "new/": "" });
    const { code, stderr } = await world.sh(atOnce(200));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(numbers(world)).toEqual(expected(200));
  });

  test("runs at once while it is rotated: a whole line of each", async ({ world }) => {
    const file = journalOf(world);
    world.make({ "build/a": "a\n", "new/": "" });
    mkdirSync(dirname(file), { recursive: true });
    const filler = `${JSON.stringify({ ...example, argv: ["x".repeat(1000)] })}\n`;
    writeFileSync(file, filler.repeat(Math.ceil((10 * 1024 * 1024) / filler.length) - 20), { mode: 0o600 });
    const { code, stderr } = await world.sh(atOnce(60));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(numbers(world).filter((one) => one?.startsWith("new/"))).toEqual(expected(60));
    expect(journalFiles(file).filter((one) => textOf(one) !== "")).toEqual([`${file}.1`, file]);
  });

  test("where it can't be written, runs go on, and it is said once", async ({ world }) => {
    world.make({ "build/a": "a\n", "new/": "", "tmp/": "" });
    const readOnly = { XDG_STATE_HOME: "/usr/state", TMPDIR: `${world.folder}/tmp` };
    const first = await world.sh("rsync -a build/ new/1", readOnly);
    expect({ code: first.code, stdout: first.stdout }).toEqual({ code: 0, stdout: "" });
    expect(first.stderr).toMatch(
      /^rsync-guard: the journal \/usr\/state\/rsync-guard\/journal\.jsonl can't be written \(E[A-Z]+\), so this run is not in it; XDG_STATE_HOME names another place\n$/,
    );
    expect(await world.sh("rsync -a build/ new/2", readOnly)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(world.tree("new")).toMatchObject({ "1/a": expect.any(String), "2/a": expect.any(String) });
    expect((await world.sh("rsync -a --delete build/ /", readOnly)).code).toBe(77);
  });

  test("secrets are not in it", async ({ world }) => {
    world.make({
      "build/a": "a\n",
      "bin/sshpass": '#!/bin/sh\nshift 2\n"$@"\n',
      "bin/ssh": "#!/bin/sh\nexit 255\n",
      "password file": "secret-0\n",
    });
    await world.sh(
      `chmod +x bin/*; chmod 600 password*
      rsync -a build/ rsync://user:secret-1@localhost:1/module/
      rsync -a rsync://user:secret-2@localhost:1/module/ new/
      rsync -a --password-file='password file' rsync://user@localhost:1/module/ new/
      rsync -a -e 'sshpass -p secret-3 ssh' host:a new/
      sshpass -p secret-4 rsync -a host:b new/
      sh -c 'RSYNC_PASSWORD=secret-5 rsync -a rsync://localhost:1/module/ new/; true'`,
    );
    const text = linesOf(world).join("\n");
    expect(entriesOf(world).length).toBeGreaterThanOrEqual(6);
    expect(text).not.toMatch(/secret-[1-5]|password file"/);
    for (const masked of ["rsync://user:***@localhost:1/module/", "--password-file=***", "sshpass -p *** ssh"])
      expect(text).toContain(masked);
    expect((await world.sh(`${program} report`)).stdout).not.toMatch(/secret-[1-5]/);
  });
});

const example: Entry = {
  time: "2026-07-01T10:00:00.000Z",
  host: "web1",
  user: "deploy",
  sudoUser: null,
  ssh: null,
  terminal: false,
  cwd: "/",
  argv: [],
  kind: "live",
  targets: ["/srv/a"],
  verdict: "run",
  codes: [],
  fingerprint: null,
  approvedAt: null,
  plan: null,
  risk: null,
  undo: null,
  callers: [],
  took: 50,
};
