/**
 * Damaged arguments, configuration, records, journals, undo records, plan files and lines of plans for the executable:
 * whatever comes in, it ends by itself, with a documented exit code, and not in silence. `npm test` tries a few; `npm run
 * fuzz` tries others for an hour, or RSYNC_GUARD_FUZZ_SECONDS, from RSYNC_GUARD_FUZZ_SEED on, with the build with
 * AddressSanitizer and UndefinedBehaviorSanitizer (PLATFORM_CHECKED=1).
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { commandLine } from "../conformance/grammar.ts";
import { checkout } from "../support/build.ts";
import { type Host, type Outcome, obstacle, withHost } from "../support/cage.ts";
import { compiledProgram, hasExecutable } from "../support/compiled.ts";

const seconds = Number(process.env["RSYNC_GUARD_FUZZ_SECONDS"] ?? 0);
const seed = Number(process.env["RSYNC_GUARD_FUZZ_SEED"] ?? 1);

/** In its place there is what it would have printed, once that is there. It runs in the cage. */
const standIn = `#!/bin/sh
case $1 in --version | --help) exec /usr/bin/rsync "$1" ;; esac
[ ! -e plan-lines ] || { cat plan-lines; exit "$(cat plan-code)"; }
/usr/bin/rsync "$@" | tee -a lines-seen
`;

/** Makes one of each file that the guard keeps. */
const beginning = `
mkdir -p tmp src/kept src/new dst/kept dst/gone other
for name in src/kept/a src/new/b dst/kept/a dst/gone/c dst/gone/d other/e; do echo "$name" >"$name"; done
ln -s a src/kept/link
rsync() { guard/rsync "$@" >/dev/null 2>&1 || true; }
rsync -an --delete src/ dst/
cp lines-seen seed-lines
rsync -a --delete src/ dst//
rsync -a --delete src/ /srv/releases/
rsync -a src/ new/
guard/rsync-guard plan -o plan-file -- -a --delete src/ dst/ >/dev/null
guard/rsync-guard decide guard/rsync "$PWD/real/rsync" -an --delete src/ dst/ >answer 9>&2
rsync -a --delete src/ dst/
guard/rsync-guard undo >/dev/null
guard/rsync-guard approvals | grep -q dst
guard/rsync-guard undo | grep -q dst
`;

const configuration = `mode = "enforce"
allow = ["not-mounted"]
dry_run.session = "tty"
protect = ["/opt/x", "/opt/y/**"]
undo = { keep_for = "1d", max_size = "1G" }
limits = { max_delete = "90%", older = "5%", keep = ["*.key", "a/b"] }
approvals = { signers = "/etc/signers", signatures = 2 }
[[destination]]
path = "/srv/backup/*"
name = '^\\d+$'
marker = ".target"
dry_run = { required = "auto", fresh_for = "1h" }
limits = { keep_own = false }
`;

const own = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** All files below a directory, by their paths. */
function filesIn(folder: string, at: string): readonly (readonly [string, Buffer])[] {
  return readdirSync(join(folder, at), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort()
    .map((path) => [path, readFileSync(join(folder, path))]);
}

interface Mutation {
  /** Which file, where in it and how much of it: shares of what there is, in 65536ths. */
  readonly file: number;
  readonly at: number;
  readonly cut: number;
  readonly put: string;
  /** In the place of a value (as JSON and TOML have them) rather than of some bytes. */
  readonly isValue: boolean;
}

const share = fc.nat(65535);
const oddBytes = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const oddText = fc.constantFrom(
  ..."\0|\n|\n\n|\r|'|\"|\\|{|}|[|]|,|:|=|#|-|/|..|//|~|%|\xff|\xed\xa0\x80|\x1f\x8b|\xef\xbb\xbf".split("|"),
  "x".repeat(70_000),
);
const oddValue = fc.constantFrom(
  ...`null|true|false|0|-1|1e400|0.5|9007199254740993|-9223372036854775808|""|" "|"x"|"\\u0000"|"\\ud800"|"/"|"//"|"../.."`.split(
    "|",
  ),
  ...`[]|{}|[null]|[[]]|{"a":1}|{"__proto__":null}|"__proto__"|"constructor"|"9999-99-99"|"0s"|"-1d"|"1e9d"|"101%"|"*"|"[a"|"(?<"|"**"`.split(
    "|",
  ),
  `"${"x".repeat(70_000)}"`,
  `${"[".repeat(20_000)}`,
  `${"[".repeat(2000)}${"]".repeat(2000)}`,
  `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`,
);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ file: share, at: share, cut: share, put: oddValue, isValue: fc.constant(true) }),
  fc.record({
    file: share,
    at: share,
    cut: fc.oneof(fc.constant(0), fc.nat(2000), share),
    put: fc.oneof(fc.constant(""), oddText, oddBytes),
    isValue: fc.constant(false),
  }),
);

const value = /"(?:[^"\\\n]|\\.)*"|-?\b\d+(?:\.\d+)?\b|\b(?:null|true|false)\b|\[\]|\{\}/g;

function mutated(before: Buffer, { at, cut, put, isValue }: Mutation): Buffer {
  const text = before.toString("latin1");
  if (!isValue) {
    const from = Math.floor((at * (text.length + 1)) / 65536);
    const end = from + Math.floor((cut * (text.length - from)) / 65535);
    return Buffer.from(text.slice(0, from) + put + text.slice(end), "latin1");
  }
  const found = [...text.matchAll(value)];
  const one = found[Math.floor((at * found.length) / 65536)];
  if (!one) return before;
  return Buffer.from(text.slice(0, one.index) + put + text.slice(one.index + one[0].length), "latin1");
}

const known = "-a --delete src/ dst/".split(" ");
const argv = fc.oneof(
  fc.constantFrom<readonly string[]>(
    known,
    ["-n", ...known],
    ["-a", "--delete", "src/", "/srv/backup/x"],
    ["-a", "--delete", "src/", "dst//"],
    ["-a", "--files-from=plan-file", "src/", "dst/"],
  ),
  commandLine.map((line) => line.argv),
  fc.array(fc.oneof(oddText, oddBytes), { maxLength: 4 }).map((words) => [...known, ...words]),
);
const format = fc.constantFrom<readonly string[]>([], ["--json"], ["--markdown"], ["--html"]);
const since = fc.constantFrom<readonly string[]>(
  [],
  ["--since", "1d"],
  ["--since", "2020-01-01"],
  ["--since", "1e99d"],
  ["--destination", "[a"],
);
const word = fc.oneof(
  oddText,
  oddBytes,
  fc.constantFrom("show", "revoke", "import", "--all", "--json", "-o", "--help"),
);

/** What it is started with. A # stands for an ID, and @ for the folder. */
const words: fc.Arbitrary<readonly string[]> = fc.oneof(
  argv.map((line) => ["decide", "@/guard/rsync", "@/real/rsync", ...line]),
  fc
    .tuple(fc.constantFrom("0", "23", "137", "", "x"), argv)
    .map(([code, line]) => ["record", "@/guard/rsync", "@/real/rsync", code, ...line]),
  fc.tuple(format, argv).map(([how, line]) => ["explain", ...how.slice(0, 1), "--", ...line]),
  fc.tuple(format, argv).map(([how, line]) => ["plan", ...how, "--", ...line]),
  format.map((how) => ["plan", "show", ...how, "plan-file"]),
  fc
    .constantFrom(["log"], ["log", "--json"], ["log", "--would-refuse"], ["report"], ["suggest"])
    .chain((line) => since.map((more) => [...line, ...more])),
  fc.constantFrom(
    ["approvals"],
    ["approvals", "--json"],
    ["approvals", "show", "#"],
    ["approvals", "import", "plan-file"],
    ["undo"],
    ["undo", "#"],
    ["allow", "#"],
  ),
  fc
    .tuple(
      fc.constantFrom("approvals", "log", "report", "explain", "plan", "undo", "allow"),
      fc.array(word, { maxLength: 3 }),
    )
    .map(([name, more]) => [name, ...more]),
  fc.array(word, { maxLength: 3 }),
);

const example = fc.record({
  words,
  mutations: fc.array(mutation, { maxLength: 4 }),
  planCode: fc.constantFrom("0", "0", "0", "23", "255"),
});
type Example = typeof example extends fc.Arbitrary<infer T> ? T : never;

const isQuestion = (name = ""): boolean => /^(?:decide|record)$/.test(name);

/** What the sanitizers say, and the engine, and the guard where it does not know what went wrong. */
const broken =
  /Sanitizer|runtime error|program failed|guard failed|cannot read property|not a function|not iterable|not an object|stack overflow|out of memory|invalid (?:array|string) length|is not initialized/;

function expectEnd({ words: [name] }: Example, { code, stdout, stderr }: Outcome): void {
  expect(stdout + stderr).not.toMatch(broken);
  expect(isQuestion(name) ? [0, 77, 78] : [0, 1, 2, 77, 78]).toContain(code);
  if (code !== 0) expect(isQuestion(name) ? stderr : stdout + stderr).not.toBe("");
  else if (name === "decide") expect(stdout).toMatch(/^(?:exec|rsync_guard_dry_run) /);
}

const reporting = {
  ASAN_OPTIONS: "exitcode=99:detect_leaks=0:allocator_may_return_null=1",
  UBSAN_OPTIONS: "exitcode=99",
};

async function beginIn({ folder, sh }: Host) {
  const env = { PATH: `${folder}/real:/usr/bin:/bin`, TMPDIR: join(folder, "tmp"), TZ: "UTC", ...reporting };
  const program = join(folder, "guard/rsync-guard");
  const write = (path: string, content: string | Buffer, mode = 0o600) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode });
  };
  write("real/rsync", standIn, 0o755);
  write("guard/rsync", readFileSync(join(checkout, "shims/rsync")), 0o755);
  if (process.env["PLATFORM_CHECKED"]) compiledProgram(join(checkout, "src/standalone.ts"), program, "checked");
  else copyFileSync(join(checkout, "dist/standalone/rsync-guard"), program);
  write("config/rsync-guard.toml", configuration);
  expect(await sh(`set -e; ${beginning}`, env)).toMatchObject({ code: 0, stderr: "" });
  const read = (path: string) => readFileSync(join(folder, path));
  const record = /^rsync_guard_dry_run '(.*?)' /s.exec(read("answer").toString())?.[1] ?? "";
  const seeds = [
    ...filesIn(folder, "state"),
    ...filesIn(folder, "config"),
    ["record", Buffer.from(record)] as const,
    ["plan-file", read("plan-file")] as const,
    ["plan-lines", read("seed-lines")] as const,
  ];
  const [, id = ""] = /approvals\/([0-9a-f]{12})/.exec(seeds.map(([path]) => path).join("\n")) ?? [];
  expect({ record, id }).toEqual({ record: expect.stringMatching(/^[0-9a-f]{64}$/), id: expect.stringMatching(/./) });
  return async (one: Example): Promise<Outcome> => {
    for (const path of ["state", "new", "run"]) rmSync(join(folder, path), { recursive: true, force: true });
    const files = new Map(seeds);
    for (const change of one.mutations) {
      const [path = ""] = seeds[Math.floor((change.file * seeds.length) / 65536)] ?? [];
      files.set(path, mutated(files.get(path) ?? Buffer.alloc(0), change));
    }
    for (const [path, content] of files) write(path, content);
    write("plan-code", one.planCode);
    const line = one.words.map((text) =>
      own(text.replace(/^@/, Buffer.from(folder).toString("latin1")).replace(/^#$/, id).replaceAll("\0", "")),
    );
    write("run", Buffer.from(`exec guard/rsync-guard ${line.join(" ")} <record 8<record 9>&2`, "latin1"));
    return sh("exec sh ./run", env);
  };
}

test.skipIf(!hasExecutable || obstacle !== null)(
  "whatever comes in, it ends by itself and says why",
  { timeout: (seconds + 600) * 1000 },
  () =>
    withHost(async (host) => {
      const run = await beginIn(host);
      let runs = 0;
      const codes = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(example, async (one) => {
          const outcome = await run(one);
          runs++;
          const end = `${one.words[0]?.match(/^[a-z]+$/)?.[0] ?? "odd"} ${outcome.code}`;
          codes.set(end, (codes.get(end) ?? 0) + 1);
          expectEnd(one, outcome);
        }),
        seconds > 0
          ? { seed, numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: seconds * 1000 }
          : { seed, numRuns: 50 },
      );
      if (seconds > 0) console.log(`${runs} runs from seed ${seed}`, [...codes].sort());
    }),
);
