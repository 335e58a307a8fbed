import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { bytesOf } from "../../src/core/bytes.ts";
import { builtInConfig, type Config, type Limits } from "../../src/core/configuration/settings.ts";
import { ConfigError, readConfig as readFiles } from "../../src/io/store/config-file.ts";
import { piecesIn } from "../../src/io/store/paths.ts";

const folder = mkdtempSync(join(tmpdir(), "rsync-guard-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const systemFile = join(folder, "system.toml");
const userFile = join(folder, "user.toml");

/** The first file is the system's, the second one the user's. */
const readConfig = (names: readonly string[]): Config =>
  readFiles(names.map((name, at) => ({ name, whose: at === 0 ? "system's" : "user's" })));

function write(file: string, text: string): string {
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o644 });
  return file;
}

const read = (...texts: readonly string[]): Config =>
  readConfig(texts.map((text, at) => write(at === 0 ? systemFile : userFile, text)));

/** Its own words, without the file's name. */
function problemWith(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace(systemFile, "FILE");
    throw error;
  }
  return "none";
}

const exampleOfTheDesign = `mode = "enforce"                     # or "observe": journal what would be refused, and run
protect = ["/srv/shared", "/data/**"] # a directory; with /** everything below too
allow = []                           # codes that don't refuse; best in a [[destination]]; not cannot-decide and its kind

[dry_run]
required = "risky"                   # always | risky | deletes | never
fresh_for = "15m"
session = "tty"                      # tty | always | never

[limits]
max_delete = "50%"                   # or a number; of the entries now in the target
keep = [".git", "app/etc/env.php"]   # a plan may never delete or replace these

[[destination]]                      # first match wins; any of the keys above, for one place
path = "/var/www/releases/*"
name = '^\\d+\\.\\d+\\.\\d+$'             # what the children of /var/www/releases are called
dry_run = { required = "auto" }      # auto: the guard makes the dry run itself and judges the plan
`;

test("no file: what is built in", () => {
  expect(readConfig([])).toEqual(builtInConfig);
  expect(readConfig([join(folder, "nothing.toml"), join(systemFile, "below-a-file.toml")])).toEqual(builtInConfig);
});

test("an empty file says nothing", () => {
  const { settings, protect, destinations } = read("");
  expect({ settings, protect, destinations }).toEqual({
    settings: builtInConfig.settings,
    protect: [],
    destinations: [],
  });
});

test("the design's example", () => {
  const { settings, protect, destinations } = read(exampleOfTheDesign);
  expect(settings).toEqual({
    mode: "enforce",
    allow: [],
    dryRun: { required: "risky", freshFor: 900_000, session: "tty", remotePlan: "try" },
    limits: {
      ...builtInConfig.settings.limits,
      maxDelete: { percent: 50 },
      keep: [
        { pattern: ".git", matches: expect.any(Function) },
        { pattern: "app/etc/env.php", matches: expect.any(Function) },
      ],
    },
    undo: builtInConfig.settings.undo,
  });
  expect(protect).toEqual(["/srv/shared", "/data/**"]);
  expect(destinations).toHaveLength(1);
  const [destination] = destinations;
  expect(destination).toMatchObject({
    path: "/var/www/releases/*",
    name: /^\d+\.\d+\.\d+$/u,
    dryRun: { required: "auto" },
  });
});

test.for<[pattern: string, path: string, matches: boolean, matchesParent: boolean]>([
  ["/srv/rel/*", "/srv/rel/1", true, false],
  ["/srv/rel/*", "/srv/rel", false, true],
  ["/srv/rel/*", "/srv/rel/1/x", false, false],
  ["/srv/rel/*", "/srv/rel/.hidden", true, false],
  ["/srv/rel/*", "/srv/relic", false, false],
  ["/srv/*/rel", "/srv/a/rel", true, false],
  ["/srv/**", "/srv/a/b", true, false],
  ["/srv/{a,b}/*", "/srv/b/1", true, false],
  ["/srv/a", "/srv/a", true, false],
  ["host:/srv/*", "host:/srv/1", true, false],
  ["host:/srv/*", "other:/srv/1", false, false],
  ["rsync://host:4444/mod*/", "host::mod", false, false],
  ["rsync://host:4444/mod*", "host::mod-log", true, false],
  ["rsync://user@host/mod/*", "user@host::mod/a", true, false],
  ["rsync://host/mod", "host:/mod", false, false],
])("the place %s and the path %s", ([pattern, path, ...expected]) => {
  const [destination] = read(`[[destination]]\npath = "${pattern}"`).destinations;
  expect([destination?.matches(path), destination?.matchesParent(path)]).toEqual(expected);
});

test("a place's patterns may be handed to an array's methods", () => {
  const [destination] = read('[[destination]]\npath = "/srv/a/*"').destinations;
  const paths = ["/x", "/x", "/srv/a/1", "/srv/a"];
  expect(destination && paths.filter(destination.matches)).toEqual(["/srv/a/1"]);
  expect(destination && paths.filter(destination.matchesParent)).toEqual(["/srv/a"]);
});

test.for<[written: string, milliseconds: number]>([
  ["0s", 0],
  ["30s", 30_000],
  ["15m", 900_000],
  ["2h", 7_200_000],
  ["1d", 86_400_000],
])("fresh_for = %s", ([written, milliseconds]) => {
  expect(read(`[dry_run]\nfresh_for = "${written}"`).settings.dryRun.freshFor).toBe(milliseconds);
});

test.for<[written: string, maxDelete: Limits["maxDelete"]]>([
  ["0", { entries: 0 }],
  ["1", { entries: 1 }],
  ["5000", { entries: 5000 }],
  ['"0%"', { percent: 0 }],
  ['"5%"', { percent: 5 }],
  ['"80%"', { percent: 80 }],
  ['"100%"', { percent: 100 }],
])("max_delete = %s", ([written, maxDelete]) => {
  expect(read(`[limits]\nmax_delete = ${written}`).settings.limits).toEqual({
    ...builtInConfig.settings.limits,
    maxDelete,
  });
});

test.for<[pattern: string, path: string, kept: boolean]>([
  // a name is meant at any depth, and with what lies below it
  [".git", ".git", true],
  [".git", "deep/er/.git", true],
  [".git", "deep/.git/objects/1a", true],
  [".git", ".gitignore", false],
  [".git", "my.git/x", false],
  ["*.key", "deep/a.key", true],
  ["*.key", "a.key/below", true],
  ["*.key", "a.keys", false],
  ["*.key", "deep/.key", true],
  ["env.php", "deep/env.php", true],
  // a slash at the end is none: only directories have something below them
  ["media/", "pub/media", true],
  ["media/", "media/a", true],
  // a path is relative to the target
  ["app/etc/env.php", "app/etc/env.php", true],
  ["app/etc/env.php", "deep/app/etc/env.php", false],
  ["app/etc/env.php", "app/etc/env.php.bak", false],
  ["app/etc/env.php", "app/etc", false],
  ["pub/media", "pub/media/deep/a.jpg", true],
  ["pub/media", "media/a.jpg", false],
  ["pub/media/", "pub/media/a.jpg", true],
  ["./uploads", "uploads/a", true],
  ["./uploads", "deep/uploads", false],
  ["*/uploads", "a/uploads/x", true],
  ["*/uploads", "uploads", false],
  ["*/uploads", "a/b/uploads", false],
  ["**/cache/*.db", "a/b/cache/x.db", true],
  ["**/cache/*.db", "cache/x.db", true],
  ["{a,b}/c", "b/c", true],
  ["with a space", "deep/with a space", true],
  ["café", "deep/café", true],
])("keep = %s keeps %s: %s", ([pattern, path, kept]) => {
  const { keep } = read(`[limits]\nkeep = ["other", ${JSON.stringify(pattern)}]`).settings.limits;
  expect(keep.map((one) => one.pattern)).toEqual(["other", pattern]);
  expect(keep.some(({ matches }) => matches(path))).toBe(kept);
});

test("a pattern of keep may be handed to an array's methods", () => {
  const [first = expect.unreachable()] = read('[limits]\nkeep = [".git"]').settings.limits.keep;
  expect([".git", "a", "b/.git/c"].filter(first.matches)).toEqual([".git", "b/.git/c"]);
});

test.for<[text: string, general: string, there: string | undefined]>([
  ["", "try", undefined],
  ['[dry_run]\nremote_plan = "require"', "require", undefined],
  ['[[destination]]\npath = "web1:/srv/*"\ndry_run = { remote_plan = "never" }', "try", "never"],
])("remote_plan in %j", ([text, general, there]) => {
  const { settings, destinations } = read(text);
  expect(settings.dryRun.remotePlan).toBe(general);
  expect(destinations[0]?.dryRun?.remotePlan).toBe(there);
});

test("paths are bytes", () => {
  expect(read('protect = ["/srv/café"]').protect).toEqual([bytesOf("/srv/café")]);
  expect(read('protect = ["/srv/a/", "/data/**/", "/"]').protect).toEqual(["/srv/a", "/data/**", "/"]);
});

describe("two files", () => {
  test("the user's wins, key by key", () => {
    const { settings } = read(
      'mode = "observe"\nallow = ["same-place"]\n[dry_run]\nrequired = "always"\nfresh_for = "1h"',
      'allow = ["release-root"]\n[dry_run]\nfresh_for = "1m"\nsession = "never"',
    );
    expect(settings).toEqual({
      mode: "observe",
      allow: ["release-root"],
      dryRun: { required: "always", freshFor: 60_000, session: "never", remotePlan: "try" },
      limits: builtInConfig.settings.limits,
      undo: builtInConfig.settings.undo,
    });
  });

  test("protect adds up", () => {
    expect(read('protect = ["/a"]', 'protect = ["/b"]').protect).toEqual(["/a", "/b"]);
    expect(read('protect = ["/a"]', "protect = []").protect).toEqual(["/a"]);
  });

  test("limits: the user's share wins, what is kept adds up", () => {
    const { limits } = read(
      '[limits]\nmax_delete = "20%"\nkeep = [".git"]',
      '[limits]\nmax_delete = 7\nkeep = ["env.php"]',
    ).settings;
    expect(limits.maxDelete).toEqual({ entries: 7 });
    expect(limits.keep.map(({ pattern }) => pattern)).toEqual([".git", "env.php"]);
    expect(read('[limits]\nmax_delete = "20%"', "[limits]\nkeep = []").settings.limits.maxDelete).toEqual({
      percent: 20,
    });
  });

  test("the user's places come first", () => {
    const { destinations } = read(
      '[[destination]]\npath = "/a"',
      '[[destination]]\npath = "/b"\n[[destination]]\npath = "/c"',
    );
    expect(destinations.map(({ path }) => path)).toEqual(["/b", "/c", "/a"]);
  });

  test("after a locked one only protect counts", () => {
    const config = read(
      'locked = true\nprotect = ["/a"]',
      'mode = "observe"\nallow = ["release-root"]\nprotect = ["/b"]\n[[destination]]\npath = "/x"\nallow = ["same-place"]\n[receiver]\nmode = "observe"',
    );
    expect(config).toMatchObject({ protect: ["/a", "/b"], settings: builtInConfig.settings, destinations: [] });
    expect(config.receiver.mode).toBeUndefined();
  });

  test.for(["locked = true", "locked = false"])("a user's file with %s is refused", (text) => {
    expect(() => read('mode = "observe"', text)).toThrow(
      new ConfigError(`${userFile}:1: locked: has no effect in a user's file: only the system's files can be locked`),
    );
  });

  test("where there is no system's file, the user's is still the user's", () => {
    const nothing = join(folder, "nothing.toml");
    expect(readConfig([nothing, write(userFile, 'mode = "observe"')]).settings.mode).toBe("observe");
    expect(() => readConfig([nothing, write(userFile, "locked = true")])).toThrow(ConfigError);
  });

  test("the user's own is checked behind a locked one, too", () => {
    expect(() => read("locked = true", "nonsense = 1")).toThrow(
      new ConfigError(`${userFile}:1: nonsense: is not a key that rsync-guard knows`),
    );
  });
});

describe("receivers", () => {
  test("only what deletes needs a dry run, until something is said", () => {
    expect(read("").receiver.dryRun?.required).toBe("deletes");
    expect(read('[dry_run]\nrequired = "always"').receiver.dryRun?.required).toBeUndefined();
    expect(read('[receiver]\ndry_run = { required = "never" }').receiver.dryRun?.required).toBe("never");
    expect(read('[receiver]\nmode = "observe"').receiver).toMatchObject({
      mode: "observe",
      dryRun: { required: "deletes" },
    });
  });

  test("the user's wins, key by key", () => {
    const { receiver } = read(
      '[receiver]\nmode = "observe"\ndry_run = { fresh_for = "1h", required = "never" }',
      '[receiver]\nallow = ["same-place"]\ndry_run = { fresh_for = "1m" }',
    );
    expect(receiver).toMatchObject({
      mode: "observe",
      allow: ["same-place"],
      dryRun: { freshFor: 60_000, required: "never" },
    });
  });
});

const known = "is not a key that rsync-guard knows";
const list = `mode = "enforce"

# protected here
protect = [
  "/srv/shared",
  "srv/other",
]
`;

test.for<[what: string, text: string, problem: string]>([
  ["a key that nobody knows", 'mode = "enforce"\nprotct = ["/x"]', `FILE:2: protct: ${known}; did you mean protect?`],
  ["a key that stands in a table", "max_delete = 5", `FILE:1: max_delete: ${known}; did you mean limits.max_delete?`],
  ["a table in another spelling", '[dryrun]\nrequired = "auto"', `FILE:1: dryrun: ${known}; did you mean [dry_run]?`],
  [
    "a place in another spelling",
    '[[destinations]]\npath = "/a"',
    `FILE:1: destinations: ${known}; did you mean [[destination]]?`,
  ],
  [
    "a key of a table in another spelling",
    '[dry_run]\nrequird = "auto"',
    `FILE:2: dry_run.requird: ${known}; did you mean dry_run.required?`,
  ],
  ["a word without quotes", "mode = observe", 'FILE:1: invalid value; write it as mode = "observe"'],
  ["a word with one quote", 'mode = "observe', 'FILE:1: unfinished string; write it as mode = "observe"'],
  ["a colon", 'mode: "observe"', 'FILE:1: illegal character in key; write it as mode = "observe"'],
  ["a key of a table", '[dry_run]\nrequired = "never"\nfresh = "1m"', `FILE:3: dry_run.fresh: ${known}`],
  [
    "a key of a place",
    '[[destination]]\npath = "/a"\n\n[[destination]]\npath = "/b"\nprotct = []',
    `FILE:6: destination.protct: ${known}; did you mean protect?`,
  ],
  [
    "a key that counts for all places",
    '[[destination]]\npath = "/a"\n\n[[destination]]\npath = "/b"\nprotect = []',
    "FILE:6: destination.protect: has no effect in a [[destination]]: it belongs at the top of the file",
  ],
  [
    "a limit for receivers",
    '[receiver]\nmode = "observe"\nlimits = { older = "5%" }',
    "FILE:3: receiver.limits.older: has no effect in [receiver]: runs that arrive as rsync --server are not planned",
  ],
  [
    "a session for receivers",
    '[receiver.dry_run]\nrequired = "always"\nsession = "always"',
    "FILE:3: receiver.dry_run.session: has no effect in [receiver]: there a dry run is bound to the client, as bind says, not to a login session",
  ],
  [
    "a name of no place",
    "name = '^a'",
    "FILE:1: name: has no effect at the top of a file: it belongs in a [[destination]]",
  ],
  [
    "a key of an inline table",
    '[[destination]]\npath = "/a"\ndry_run = { fresh = "1m" }',
    `FILE:3: destination.dry_run.fresh: ${known}`,
  ],
  ["a dotted key", 'dry_run.fresh = "1m"', `FILE:1: dry_run.fresh: ${known}`],
  [
    "a dotted key of an unknown table",
    'mode = "enforce"\n\nundone.fresh = "1m"',
    `FILE:3: undone: ${known}; did you mean [undo]?`,
  ],
  ["a table that nobody knows", "\n\n[nonsense]\nx = 1", `FILE:3: nonsense: ${known}`],
  [
    "a place that is no list",
    '[destination]\npath = "/a"',
    "FILE:1: destination: must be a list of places: write [[destination]]",
  ],
  ["a string for a list", 'protect = "/x"', "FILE:1: protect: must be a list"],
  ["a number for a string", "protect = [1]", "FILE:1: protect: must be a string"],
  ["a string for a switch", 'locked = "yes"', "FILE:1: locked: must be true or false"],
  ["a string for a table", 'dry_run = "never"', "FILE:1: dry_run: must be a table"],
  [
    "a module with a port",
    '[[destination]]\npath = "h:873::m"',
    'FILE:2: destination.path: must name a module as "host::module", without a port',
  ],
  ["a place without a path", '[[destination]]\nname = "x"', "FILE:1: destination.path: is missing"],
  ["a mode that there isn't", 'mode = "off"', 'FILE:1: mode: must be one of "enforce", "observe"'],
  [
    "a time that there isn't",
    '[dry_run]\nrequired = "sometimes"',
    'FILE:2: dry_run.required: must be one of "always", "risky", "deletes", "never", "auto"',
  ],
  [
    "a session that there isn't",
    '[dry_run]\nsession = "ssh"',
    'FILE:2: dry_run.session: must be one of "tty", "always", "never"',
  ],
  [
    "a duration without a unit",
    '[dry_run]\nfresh_for = "15"',
    'FILE:2: dry_run.fresh_for: must be a number and a unit, like "15m" (s, m, h, d)',
  ],
  ["a duration that is a number", "[dry_run]\nfresh_for = 15", "FILE:2: dry_run.fresh_for: must be a string"],
  [
    "a duration below nothing",
    '[dry_run]\nfresh_for = "-1m"',
    'FILE:2: dry_run.fresh_for: must be a number and a unit, like "15m" (s, m, h, d)',
  ],
  ["a relative path", list, "FILE:6: protect: must be an absolute path"],
  ["an empty path", 'protect = [""]', "FILE:1: protect: must be an absolute path"],
  ...["/srv/*", "/srv/**/data", "/srv/a?", "/srv/[ab]", "/srv/{a,b}/**"].map((path): [string, string, string] => [
    `a wildcard in ${path}`,
    `protect = ["${path}"]`,
    "FILE:1: protect: must be a directory, with no wildcard but /** at its end",
  ]),
  [
    "a code that there isn't",
    'allow = ["releaseroot"]',
    'FILE:1: allow: "releaseroot" is not a code that can be allowed; did you mean release-root?',
  ],
  [
    "a code that says it can't be known",
    'allow = ["release-root", "cannot-decide"]',
    'FILE:1: allow: "cannot-decide" is not a code that can be allowed: it says that the command can\'t be read',
  ],
  [
    "the same in a place",
    '[[destination]]\npath = "/a"\nallow = ["old-args"]',
    'FILE:3: destination.allow: "old-args" is not a code that can be allowed: it says that the command can\'t be read',
  ],
  ["a code that is a number", "allow = [1]", "FILE:1: allow: must be a code, as a string"],
  ["a code that is a list", "allow = [[1]]", "FILE:1: allow: must be a code, as a string"],
  ["a place without a path", '[[destination]]\npath = ""', "FILE:2: destination.path: must not be empty"],
  [
    "a pattern that is none",
    "[[destination]]\npath = \"/a\"\nname = '('",
    "FILE:3: destination.name: must be a regular expression",
  ],
  [
    "a share above the whole",
    '[limits]\nmax_delete = "150%"',
    'FILE:2: limits.max_delete: must be a number, or a share like "50%"',
  ],
  [
    "a number below nothing",
    "[limits]\nmax_delete = -1",
    'FILE:2: limits.max_delete: must be a number, or a share like "50%"',
  ],
  ...["1.5", '"50"', '"-1%"', '"1.5%"', '"101%"', '"half"', "true"].map((written): [string, string, string] => [
    `the share ${written}`,
    `[limits]\nmax_delete = ${written}`,
    'FILE:2: limits.max_delete: must be a number, or a share like "50%"',
  ]),
  [
    "an absolute path to keep",
    '[limits]\nkeep = [\n  ".git",\n  "/srv/app/.git",\n]',
    "FILE:4: limits.keep: must be a path that is relative to the destination",
  ],
  [
    "nothing to keep",
    '[limits]\nkeep = [""]',
    "FILE:2: limits.keep: must be a path that is relative to the destination",
  ],
  ["a string to keep", '[limits]\nkeep = ".git"', "FILE:2: limits.keep: must be a list"],
  ["a number to keep", "[limits]\nkeep = [1]", "FILE:2: limits.keep: must be a string"],
  ["a limit that there isn't", "[limits]\nmax = 1", `FILE:2: limits.max: ${known}`],
  [
    "a limit of a place",
    '[[destination]]\npath = "/a"\nlimits = { max_delete = "x" }',
    'FILE:3: destination.limits.max_delete: must be a number, or a share like "50%"',
  ],
  [
    "a plan that there isn't",
    '[dry_run]\nremote_plan = "always"',
    'FILE:2: dry_run.remote_plan: must be one of "try", "require", "never"',
  ],
  [
    "a list for a share",
    "[limits]\nmax_delete = []",
    'FILE:2: limits.max_delete: must be a number, or a share like "50%"',
  ],
  ["TOML that is none", 'mode = "enforce"\nprotect = [', "FILE:2: unfinished array"],
  ["a key twice", 'mode = "enforce"\nmode = "observe"', "FILE:2: trying to redefine an already defined table or value"],
  [
    "a string that doesn't end",
    'mode = "enforce\n',
    'FILE:1: control characters are not allowed in strings; write it as mode = "enforce"',
  ],
])("%s is refused with its line", ([, text, problem]) => {
  expect(problemWith(text)).toBe(problem);
});

test.for<[text: string]>([
  ["[limits]\nmax_delete = 0\nkeep = []"],
  ['[limits]\nmax_delete = "100%"'],
  ['[[destination]]\npath = "/a"\nallow = ["no-dry-run"]\nmode = "observe"'],
  ["# nothing\n"],
])("%j is right", ([text]) => {
  expect(problemWith(text)).toBe("none");
});

describe("who may write the file", () => {
  test.for([0o664, 0o646, 0o666])("a file of mode %o is refused", (mode) => {
    chmodSync(write(systemFile, ""), mode);
    expect(() => readConfig([systemFile])).toThrow(
      new ConfigError(`${systemFile} may be written by others: chmod go-w ${systemFile}`),
    );
  });

  test.for([0o644, 0o600, 0o440])("a file of mode %o is read", (mode) => {
    chmodSync(write(systemFile, 'mode = "observe"'), mode);
    expect(readConfig([systemFile]).settings.mode).toBe("observe");
  });

  test.skipIf(process.geteuid?.() !== 0)("another user's file is refused, in that user's directory too", () => {
    const theirs = join(folder, "theirs");
    mkdirSync(theirs);
    chownSync(theirs, 65534, 65534);
    for (const file of [systemFile, join(theirs, "system.toml")]) {
      chownSync(write(file, ""), 65534, 65534);
      expect(() => readConfig([file])).toThrow(new ConfigError(`${file} belongs to another user (uid 65534)`));
    }
  });

  /** Reads these files as a user of a user namespace that maps that user alone. */
  const readOutsideRoot = (...files: readonly string[]) => {
    const bundle = join(folder, "config-file.cjs");
    const entryPoints = [fileURLToPath(new URL("../../src/io/store/config-file.ts", import.meta.url))];
    buildSync({ entryPoints, bundle: true, platform: "node", format: "cjs", outfile: bundle });
    chmodSync(folder, 0o755);
    const program =
      "console.log(require(process.argv[1]).readConfig(process.argv.slice(2).map((name, at) => ({ name, whose: at ? 'user\\'s' : 'system\\'s' }))).settings.mode)";
    const inside = ["unshare", "--user", "--map-root-user", process.execPath, "-e", program, bundle, ...files];
    const { stdout, stderr } = spawnSync("setpriv", ["--reuid=1234", "--clear-groups", ...inside], {
      encoding: "utf8",
    });
    return stdout.trim() || /^\w*Error: (.*)/m.exec(stderr)?.[1]?.replace(folder, "FOLDER") || stderr;
  };
  const namespace = spawnSync("setpriv", ["--reuid=1234", "--clear-groups", "unshare", "--user", "true"]);

  describe.skipIf(process.geteuid?.() !== 0 || namespace.status !== 0)("where root is not mapped", () => {
    const outside = "belongs to another user (uid 65534)";
    test("root's file in a directory of root's is the system's", () => {
      write(systemFile, 'mode = "observe"');
      expect(readOutsideRoot(systemFile)).toBe("observe");
    });

    test.for<[what: string, make: () => readonly string[], problem: string]>([
      ["of the user's", () => [join(folder, "none.toml"), write(userFile, "")], `FOLDER/user.toml ${outside}`],
      [
        "in a directory that others may write",
        () => {
          mkdirSync(join(folder, "open"), { recursive: true });
          chmodSync(join(folder, "open"), 0o777);
          return [write(join(folder, "open/system.toml"), "")];
        },
        `FOLDER/open/system.toml ${outside}`,
      ],
      [
        "behind a link",
        () => {
          symlinkSync(write(systemFile, ""), join(folder, "outside.toml"));
          return [join(folder, "outside.toml")];
        },
        `FOLDER/outside.toml ${outside}`,
      ],
    ])("a file that may be anybody's is refused: one %s", ([, make, problem]) => {
      expect(readOutsideRoot(...make())).toBe(problem);
    });
  });

  test("what a link leads to counts", () => {
    const link = join(folder, "link.toml");
    symlinkSync(write(systemFile, 'mode = "observe"'), link);
    expect(readConfig([link]).settings.mode).toBe("observe");
    chmodSync(systemFile, 0o666);
    expect(() => readConfig([link])).toThrow(ConfigError);
  });

  test.for<[what: string, make: (path: string) => void, why: string]>([
    ["a directory", (path) => mkdirSync(path, { mode: 0o755 }), "is not a regular file"],
    ["a pipe that nobody writes to", (path) => spawnSync("mkfifo", ["-m", "600", path]), "is not a regular file"],
    ["/dev/zero", (path) => symlinkSync("/dev/zero", path), "is not a regular file"],
    [
      "an enormous file",
      (path) => {
        writeFileSync(path, "", { mode: 0o600 });
        truncateSync(path, 2 ** 40);
      },
      "is larger than 1048576 bytes",
    ],
  ])("%s is refused, and not waited for", ([what, make, why]) => {
    const path = join(folder, `${what.replaceAll("/", "")}.toml`);
    make(path);
    expect(() => readConfig([path])).toThrow(new ConfigError(`${path} ${why}`));
  });
});

describe("pieces", () => {
  const directory = join(folder, "rsync-guard.d");
  const pieces = (texts: Readonly<Record<string, string>>) => {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { mode: 0o755 });
    for (const [name, text] of Object.entries(texts)) write(join(directory, name), text);
    return piecesIn(directory);
  };
  const all = (system: string, texts: Readonly<Record<string, string>>, user = ""): Config =>
    readFiles([
      { name: write(systemFile, system), whose: "system's" },
      ...pieces(texts),
      { name: write(userFile, user), whose: "user's" },
    ]);
  const at = (path: string) => `[[destination]]\npath = "${path}"\n`;

  test("are read in the order of their bytes, without what is hidden or called otherwise", () => {
    const names = ["b.toml", "B.toml", "10.toml", "9.toml", "\u00fc.toml", ".c.toml", "d.toml~", "e.toml.dpkg-old"];
    expect(pieces(Object.fromEntries(names.map((name) => [name, ""]))).map(({ name }) => basename(name))).toEqual([
      "10.toml",
      "9.toml",
      "B.toml",
      "b.toml",
      "\u00fc.toml",
    ]);
  });

  test("where there is no directory there are none", () => {
    expect(piecesIn(join(folder, "nothing.d"))).toEqual([]);
    expect(piecesIn(write(join(folder, "file.d"), ""))).toEqual([]);
  });

  test("lie between the system's file and the user's", () => {
    const config = all(
      `mode = "observe"\nprotect = ["/a"]\n${at("/system")}`,
      {
        "1.toml": `protect = ["/b"]\ndry_run.required = "auto"\n${at("/one")}`,
        "2.toml": `mode = "enforce"\n${at("/two")}`,
      },
      at("/user"),
    );
    expect(config.settings).toMatchObject({ mode: "enforce", dryRun: { required: "auto" } });
    expect(config.protect).toEqual(["/a", "/b"]);
    expect(config.destinations.map(({ path }) => path)).toEqual(["/user", "/two", "/one", "/system"]);
  });

  test("are the system's: they count behind a lock, and may lock", () => {
    const user = 'mode = "observe"';
    expect(all("locked = true", { "1.toml": at("/one") }, user).destinations).toHaveLength(1);
    for (const [system, piece] of [
      ["locked = true", ""],
      ["", "locked = true"],
    ] as const)
      expect(all(system, { "1.toml": piece }, user).settings.mode).toBe("enforce");
    expect(all("", { "1.toml": "" }, user).settings.mode).toBe("observe");
  });

  test("an error has the piece and its line", () => {
    expect(() => all("", { "1.toml": "\nnonsense = 1" })).toThrow(
      new ConfigError(`${directory}/1.toml:2: nonsense: is not a key that rsync-guard knows`),
    );
  });

  test("one that others may write is refused, and so is their directory", () => {
    const [piece] = pieces({ "1.toml": "" });
    if (!piece) return expect.unreachable();
    expect(() => readFiles([piece])).not.toThrow();
    chmodSync(piece.name, 0o666);
    expect(() => readFiles([piece])).toThrow(
      new ConfigError(`${piece.name} may be written by others: chmod go-w ${piece.name}`),
    );
    chmodSync(piece.name, 0o644);
    chmodSync(directory, 0o777);
    expect(() => readFiles([piece])).toThrow(
      new ConfigError(`${directory} may be written by others: chmod go-w ${directory}`),
    );
  });

  test("a directory that can't be listed is an error, and so is a piece that is gone", () => {
    symlinkSync(join(folder, "loop"), join(folder, "loop"));
    expect(() => readFiles(piecesIn(join(folder, "loop")))).toThrow(/loop: can't be read \(ELOOP\)$/);
    const gone = pieces({ "1.toml": "" });
    rmSync(join(directory, "1.toml"));
    expect(() => readFiles(gone)).toThrow(/1\.toml: can't be read \(ENOENT\)$/);
  });
});
