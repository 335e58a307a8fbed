/** The plan is a dry run, whatever the command holds: it writes nothing, and prints nothing to the caller. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { realRsync, test, type World } from "../support/world.ts";

const files = {
  "src/a": "new\n",
  "src/deep/c": "c\n",
  "dst/a": "old, longer\n",
  "dst/b": "b\n",
  "dst/gone": "gone\n",
  "backup/": "",
  "parts/": "",
  "tmp/": "",
};
/** The guarded run is in `one`, an unguarded one in `two`: names of one length, as sizes are printed. */
const twins = ["one", "two"] as const;
const inTwins = (all: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    twins.flatMap((twin) => Object.entries(all).map(([path, content]) => [`${twin}/${path}`, content])),
  );

interface Row {
  /** All but the -n. */
  readonly args: string;
  readonly before?: string;
  readonly input?: string;
  /** What rsync itself writes in a dry run. */
  readonly writes?: readonly string[];
  /** Why there is no plan. */
  readonly unplanned?: string;
  /** There is nothing to lose: the live run needs no dry run. */
  readonly harmless?: true;
}

const rows: readonly Row[] = [
  { args: "-a --delete -- src/ dst/" },
  { args: "-a --delete --out-format='%o %n' src/ dst/" },
  { args: "-a --delete -q src/ dst/" },
  { args: "-a --delete -v -v src/ dst/" },
  { args: "-a --delete --no-v --no-i-r --info=none --debug=none -8 src/ dst/" },
  { args: "-r --delete --files-from=- src/ dst/", input: "deep\n", unplanned: "- can be read only once" },
  { args: "-a --delete --log-file=log src/ dst/", writes: ["", "log"] },
  { args: "-a --delete --log-file log --log-file-format=%n src/ dst/", writes: ["", "log"] },
  { args: "-a --delete -M--log-file=log src/ dst/", writes: ["", "log"] },
  { args: "-a --delete --write-batch=batch src/ dst/" },
  {
    args: "-a --delete --only-write-batch=batch src/ dst/",
    unplanned: "--only-write-batch writes nothing but a batch",
  },
  {
    args: "-a --delete --read-batch=batch dst/",
    before: `${realRsync} -a --delete --only-write-batch=batch src/ dst/`,
  },
  { args: "-ab --delete --backup-dir=../backup src/ dst/" },
  { args: "-ab --delete src/ dst/" },
  { args: "-a --delete --partial-dir=../parts src/ dst/" },
  { args: "-a --delete -T ../tmp src/ dst/" },
  { args: "-a --delete --mkpath src/ dst/a/b/c/", before: "rm dst/a", harmless: true },
  { args: "-aP --delete src/ dst/" },
  { args: "-a --delete --inplace --fsync src/ dst/" },
  { args: "-a --delete --remove-source-files src/ dst/" },
  { args: "-r --delete-missing-args src/deep src/gone dst/" },
  { args: "-a --delete -e -n src/ dst/" },
  { args: "-a --delete --exclude --dry-run src/ dst/" },
];

const codesOf = (stderr: string) => /^ {2}codes: (.*?) {3}/m.exec(stderr)?.[1]?.split(", ");

/** Path → when it, or a name in it, was last changed: a time that nobody can set back. */
const stamps = (world: World, twin: string): ReadonlyMap<string, bigint> => {
  const folder = join(world.folder, twin);
  const names = ["", ...(readdirSync(folder, { recursive: true }) as string[])];
  return new Map(names.map((name) => [name, lstatSync(join(folder, name), { bigint: true }).ctimeNs]));
};

const writtenSince = (before: ReadonlyMap<string, bigint>, now: ReadonlyMap<string, bigint>) =>
  [...new Set([...before.keys(), ...now.keys()])].filter((path) => before.get(path) !== now.get(path)).sort();

/** Without what differs from run to run. */
const masked = (text: string) =>
  text
    .replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[\d+\]/gm, "WHEN [PID]")
    .replace(/\[\d+\] (?=total)/g, "")
    .replace(/[\d,.]+ (?=bytes)/g, "N ");

const runIn = (world: World, twin: string, rsync: string, args: string, input: string | undefined) =>
  world.sh(`cd ${twin}; ${input === undefined ? "" : `printf '${input}' | `}${rsync} ${args}`);

const makeTwins = async (world: World, { before }: Row) => {
  world.make(inTwins(files));
  if (before !== undefined) await world.sh(twins.map((twin) => `(cd ${twin}; ${before})`).join("\n"));
};

test.concurrent.for(rows)("a dry run writes and prints what an unguarded one does: $args", async (row, { world }) => {
  await makeTwins(world, row);
  const { args, input, writes = [], unplanned } = row;
  const before = twins.map((twin) => stamps(world, twin));
  const guarded = await runIn(world, "one", "rsync", `-n ${args}`, input);
  const plain = await runIn(world, "two", realRsync, `-n ${args}`, input);
  expect({ code: guarded.code, stdout: masked(guarded.stdout) }).toEqual({ code: 0, stdout: masked(plain.stdout) });
  const said = guarded.stderr.slice(plain.stderr.length);
  expect(guarded.stderr).toBe(plain.stderr + said);
  expect(said).toContain(
    unplanned
      ? `rsync-guard: no plan of the live run could be made (${unplanned}); `
      : "rsync-guard: the live run would ",
  );
  for (const [at, twin] of twins.entries()) {
    const stampsBefore = before[at] ?? new Map();
    expect({ twin, wrote: writtenSince(stampsBefore, stamps(world, twin)) }).toEqual({ twin, wrote: writes });
  }
  const [byGuarded, byPlain] = twins.map((twin) =>
    writes.filter((path) => path !== "").map((path) => masked(readFileSync(join(world.folder, twin, path), "utf8"))),
  );
  expect(byGuarded).toEqual(byPlain);
  expect(readdirSync(world.folder).filter((name) => name !== "state")).toEqual(["bin", "one", "two"]);
});

test.concurrent.for(rows.filter(({ harmless }) => !harmless))(
  "a live run that is refused writes nothing: $args",
  async (row, { world }) => {
    await makeTwins(world, row);
    const { args, input, unplanned } = row;
    const before = stamps(world, "one");
    const expectRefused = async (codes: readonly string[]) => {
      const { code, stdout, stderr } = await runIn(world, "one", "rsync", args, input);
      expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 77, stdout: "", codes });
      expect(writtenSince(before, stamps(world, "one"))).toEqual([]);
    };
    await expectRefused(["no-dry-run"]);
    // here the guard's own -n is the only one
    world.make({ "config/rsync-guard.toml": '[dry_run]\nrequired = "auto"\n[limits]\nmax_delete = 0\n' });
    await expectRefused([unplanned ? "no-dry-run" : "plan-too-large"]);
    expect(
      readdirSync(world.folder)
        .filter((name) => name !== "state")
        .sort(),
    ).toEqual(["bin", "config", "one", "two"]);
  },
);

test.concurrent.for([
  "rsync alias -n -v\n",
  "rsync alias --stats --delete-excluded\n",
  "rsync exec --no-motd /bin/true\n",
])("no plan is made where popt has %j", async (popt, { world }) => {
  world.make({ ...inTwins(files), "home/.popt": popt });
  world.make({ "config/rsync-guard.toml": '[dry_run]\nrequired = "auto"\n' });
  const before = stamps(world, "one");
  for (const args of ["-a --delete src/ dst/", "-an --delete src/ dst/"]) {
    const { code, stdout, stderr } = await runIn(world, "one", "rsync", args, undefined);
    expect({ code, stdout, codes: codesOf(stderr) }).toEqual({ code: 78, stdout: "", codes: ["popt-alias"] });
  }
  expect(writtenSince(before, stamps(world, "one"))).toEqual([]);
});

describe("after a dry run, one line says what the live run will do", () => {
  type Kind = "file" | "directory" | "symlink" | "special";
  interface Entry {
    readonly kind: Kind;
    readonly body: string;
    readonly attributes: string;
  }

  /** Names and contents byte by byte: a byte is a character. */
  function* walk(at: Buffer, name = ""): Generator<readonly [string, Entry]> {
    const stats = lstatSync(at);
    // writing in a directory changes its time
    const attributes = stats.isDirectory() ? `${stats.mode}` : `${stats.mode} ${stats.mtimeMs}`;
    if (stats.isFile()) yield [name, { kind: "file", body: readFileSync(at, "latin1"), attributes }];
    else if (stats.isSymbolicLink()) yield [name, { kind: "symlink", body: readlinkSync(at, "latin1"), attributes }];
    else if (!stats.isDirectory()) yield [name, { kind: "special", body: "", attributes }];
    else {
      yield [name, { kind: "directory", body: "", attributes }];
      for (const child of readdirSync(at, "latin1"))
        yield* walk(Buffer.concat([at, Buffer.from(`/${child}`, "latin1")]), name === "" ? child : `${name}/${child}`);
    }
  }
  const entries = (world: World, path: string): ReadonlyMap<string, Entry> =>
    new Map([...walk(Buffer.from(join(world.folder, path)))].filter(([name]) => !name.endsWith("~")));

  type Counts = Readonly<Record<string, number>>;
  const counted = (words: readonly string[]): Counts =>
    Object.fromEntries([...new Set(words)].sort().map((word) => [word, words.filter((one) => one === word).length]));

  /** What was done to the entries; what another kind has replaced was added, as rsync says no more of it. */
  const done = (before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>): Counts =>
    counted([
      ...[...before].flatMap(([name, { kind }]) => (after.has(name) ? [] : [`delete ${kind}`])),
      ...[...after].flatMap(([name, now]) => {
        const was = before.get(name);
        if (was?.kind !== now.kind) return [`add ${now.kind}`];
        if (was.body !== now.body) return [`change ${now.kind}`];
        return was.attributes === now.attributes ? [] : ["set"];
      }),
    ]);

  const kinds: Readonly<Record<string, Kind>> = {
    file: "file",
    files: "file",
    directory: "directory",
    directories: "directory",
    symlink: "symlink",
    symlinks: "symlink",
    "special file": "special",
    "special files": "special",
  };
  /** The same from the line. */
  function told(line: string): Counts {
    const [, text = ""] = /^rsync-guard: the live run would (.*); [^;]*\n$/.exec(line) ?? [];
    if (text === "change nothing") return {};
    const parts = text.replace(/ \(.*\)(?=; |$)/, "").split("; ");
    const found = parts.flatMap((part): readonly (readonly [string, number])[] => {
      const set = /^set times, modes or owners of (\d+) entr(?:y|ies)$/.exec(part)?.[1];
      if (set !== undefined) return [["set", Number(set)]];
      const [verb = "", ...rest] = part.split(" ");
      return rest
        .join(" ")
        .split(", ")
        .map((item) => {
          const [, count, kind = ""] = /^(\d+) (.*)$/.exec(item) ?? [];
          return [`${verb} ${kinds[kind]}`, Number(count)];
        });
    });
    return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  const files = {
    "src/a": "new\n",
    "src/same": "same\n",
    "src/mode": "mode\n",
    "src/deep/c": "c\n",
    "src/deep/er/d": "d\n",
    "src/x.o": "x.o\n",
    "src/link": "-> a",
    "src/new-link": "-> deep",
    "other/e": "e\n",
    "other/deep/f": "f\n",
    "dst/a": "old, longer\n",
    "dst/b": "b\n",
    "dst/old/x": "x\n",
    "dst/old/y/z": "z\n",
    "dst/deep/c": "other c, longer\n",
    "dst/deep/gone": "gone\n",
    "dst/src/deep/er/old": "old\n",
    "dst/link": "-> b",
    "dst/dead": "-> nowhere",
    "dst/keep.o": "o\n",
    "dst/deep/keep.o": "o\n",
    list: "a\ndeep\n",
    "missing-list": "a\ndeep\nold\n",
  };
  const setup = `
    mkdir src/many; (cd src/many; touch $(seq 60)); cp -a src/same src/mode src/many dst
    chmod 600 dst/mode; chmod 700 dst/deep; mkfifo dst/pipe`;
  const sameTimes = "find src dst -type d -exec touch -d @1000000000 {} +";
  const odd = [
    "$(printf 'line\\nline')",
    "$(printf 'caf\\351')",
    "caf\u00e9",
    "back\\\\slash",
    "\\\\#012",
    "a -> b",
    "tab\t",
    " blank ",
    "*deleting   x",
  ];

  const rows = [
    { args: "-a --delete src/ dst/" },
    { args: "-a src/ dst/" },
    { args: "-r src/ dst/" },
    { args: "-aR --delete src/deep dst/" },
    { args: "-r --delete --files-from=list src/ dst/" },
    { args: "-r --delete --delete-missing-args --files-from=missing-list src/ dst/" },
    // a directory that keeps a backup stays, which no dry run knows
    { args: "-ab --delete src/ dst/", setup: "rm -r dst/old dst/src" },
    { args: "-a --delete-excluded --exclude=*.o src/ dst/" },
    { args: "-a --delete --exclude=*.o --exclude=/old/y src/ dst/" },
    { args: "-d --delete src/ dst/" },
    { args: "-a --delete src/ other/ dst/" },
    { args: "-aH --delete src/ dst/", setup: "ln src/a src/hard; ln src/a src/deep/hard" },
    {
      args: "-a --delete src/ dst/",
      setup: "rm dst/a; mkdir dst/a; echo a >dst/a/a; rm -r dst/deep; echo d >dst/deep",
    },
    { args: "-aL --delete src/ dst/" },
    { args: "-a --delete src/ dst/", setup: "rm -r dst; cp -a src dst" },
    { args: "-a --delete src/ new/" },
    { args: "-a --delete src/ dst/", setup: odd.map((name, at) => `echo ${at} >dst/"${name}"`).join("\n") },
    {
      args: "-a --delete src/ dst/",
      setup: odd
        .map((name) => `mkdir dst/"${name}"; echo >dst/"${name}/${name}"; ln -s a src/"${name}.new"`)
        .join("\n"),
    },
  ];

  test.concurrent.for(
    rows.flatMap((row) =>
      (row.setup?.includes("caf") ? ["C.UTF-8", "C"] : ["C.UTF-8"]).map((locale) => ({ ...row, locale })),
    ),
  )("rsync $args, $locale", async ({ args, setup: own = "", locale }, { world }) => {
    world.make(files);
    const dry = (rsync: string, name: string) => `LC_ALL=${locale} ${rsync} -ni ${args} >${name}.out 2>${name}.err`;
    await world.sh(`${setup}\n${own}\n${sameTimes}\n${dry("rsync", "guarded")}; ${dry(realRsync, "plain")}`);
    const output = (name: string) => readFileSync(join(world.folder, name), "latin1");
    // rsync's two halves print side by side
    const sorted = (name: string) => output(name).split("\n").sort();
    expect(sorted("guarded.out")).toEqual(sorted("plain.out"));
    const plain = output("plain.err");
    const line = output("guarded.err").slice(plain.length);
    expect(output("guarded.err")).toBe(plain + line);
    expect(line.split("\n")).toHaveLength(2);
    const target = args.split(" ").at(-1) ?? "";
    expect(line.endsWith(target === "new/" ? "; it needs no dry run\n" : "; approved for 15 min\n"), line).toBe(true);
    const before = target === "new/" ? new Map() : entries(world, target);
    const { code, stderr } = await world.sh(`rsync ${args}`);
    expect({ code, stderr: stderr.slice(plain.length) }).toEqual({ code: 0, stderr: "" });
    expect(told(line)).toEqual(done(before, entries(world, target)));
  });
});

/** A remote shell that runs the command here. */
const remoteShell = `#!/bin/sh
echo "\${DISPLAY-} \${SSH_ASKPASS-} \${SSH_ASKPASS_REQUIRE-}" >>calls
shift
PATH=\${far:-/usr/bin:/bin} exec "$@"
`;
/** Behind the shim: does the first run, and fails the others. */
const onceOnly = `#!/bin/sh
echo call >>calls
[ "$(wc -l <calls)" = 1 ] || { echo 'rsync: no more' >&2; exit 12; }
exec ${realRsync} "$@"
`;
const withoutPlan = "approved for 15 min, without a plan (the command matches; its effect was not checked)";
const uncounted = "this dry run does not count: its live run has to be planned";
const once = 'PATH="$PWD/bin:$PWD/real:$PATH"';
const failed = "rsync -n ended with exit code 12: rsync: no more";
const unplanned = [
  {
    run: "printf 'a\\n' | rsync -r --files-from=- src/ dst/",
    why: "- can be read only once",
    means: withoutPlan,
    code: 0,
  },
  {
    run: "printf 'a\\n' | rsync -r --delete --files-from=- src/ dst/",
    why: "- can be read only once",
    means:
      "this dry run does not count: the live run depends on input that rsync-guard can't read (a pipe or standard input)",
    code: 77,
  },
  {
    run: "rsync -a --only-write-batch=batch src/ dst/",
    why: "--only-write-batch writes nothing but a batch",
    means: withoutPlan,
    code: 0,
  },
  {
    run: 'rsync -a --delete -e "$PWD/ssh" src/ web1:"$PWD/dst/"',
    why: 'dry_run.remote_plan is "never"',
    means: withoutPlan,
    code: 0,
  },
  {
    run: `${once} rsync -a --delete src/ dst/`,
    why: failed,
    means: uncounted,
    code: 77,
  },
  { run: `${once} rsync -a src/ dst/`, why: failed, means: uncounted, code: 77 },
];

test.concurrent.for(unplanned)(
  "a dry run without a plan says so, and what that means: $run",
  async (row, { world }) => {
    world.make({ "src/a": "a\n", "dst/b": "b\n", ssh: remoteShell, "real/rsync": onceOnly });
    world.make({ "config/rsync-guard.toml": '[dry_run]\nremote_plan = "never"\n' });
    const dry = await world.sh(`chmod +x ssh real/rsync; ${row.run.replace("rsync -", "rsync -n -")}`);
    expect(dry.code).toBe(0);
    expect(dry.stderr.split("\n")[0]).toBe(
      `rsync-guard: no plan of the live run could be made (${row.why}); ${row.means}`,
    );
    expect((await world.sh(row.run)).code).toBe(row.code);
  },
);

test.concurrent.for([
  { run: "rsync -a --delete src/ missing dst/", code: 23 },
  { run: "rsync -a --delete --max-delete=1 src/ dst/", code: 25 },
  { run: `${once} rsync -a --delete src/ dst/`, code: 12 },
])("a dry run that fails with $code is not planned, and not recorded", async ({ run, code }, { world }) => {
  world.make({ "src/a": "a\n", "dst/b": "b\n", "dst/c": "c\n", "real/rsync": onceOnly, calls: "call\n" });
  const dry = await world.sh(`chmod +x real/rsync; ${run} -n`);
  expect(dry.code).toBe(code);
  expect(dry.stderr.split("\n").filter((line) => line.startsWith("rsync-guard"))).toEqual([
    `rsync-guard: this dry run ended with exit code ${code}, so it does not count as one`,
  ]);
  expect(Object.keys(world.tree()).filter((path) => /approvals\/.*\.json$/.test(path))).toEqual([]);
});
