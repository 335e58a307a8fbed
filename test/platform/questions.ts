/**
 * questions SEED COUNT: asks what runs it, Node or the executable's platform, the same random questions about the files
 * in the current directory, and prints an answer a line. Only what the guard's own calls may ask.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { hostname, tmpdir } from "node:os";
import { posix } from "node:path";
import { generatedIn } from "../../src/core/plan/generated.ts";
import { groupsOf } from "../../src/core/plan/groups.ts";
import { areIn, hashesOf, hashOf } from "../../src/core/plan/path-hash.ts";
import { contentsOf } from "../../src/io/host/directory.ts";

const [, , seed = "1", count = "1000"] = process.argv;

/** mulberry32 */
let state = Number(seed);
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
}
const oneOf = <T>(all: readonly T[]): T => all[random(all.length)] as T;
const listOf = <T>(most: number, make: () => T): readonly T[] => Array.from({ length: random(most + 1) }, make);

/** What world.sh made, and what is not there. */
const names: readonly (string | Buffer)[] = [
  ...[
    "file",
    "empty",
    "big",
    "dir",
    "dir/a",
    "dir/b",
    "dir/sub",
    "full",
    "shut",
    "shut/inside",
    "secret",
    "unwritable",
  ],
  ...[
    "link",
    "dirlink",
    "loop",
    "loop1",
    "loop2",
    "dangling",
    "chain",
    "fifo",
    "script",
    "plain",
    "deep",
    "deep/x/y/z",
  ],
  ...[
    "none",
    "none/x",
    "file/x",
    "file/",
    "dir/",
    "dir//a",
    "./dir/../file",
    "dirlink/",
    "dirlink/a",
    "dangling/x",
    "loop/x",
  ],
  ...[
    "",
    ".",
    "..",
    "/",
    "//",
    "/nonexistent",
    "/dev/null",
    "/dev/full",
    "/proc/version",
    "/proc/self/fd/99",
    "/proc/1/exe",
  ],
  ...[
    "ünïcode",
    "日本語",
    "🙂",
    "new1",
    "new2",
    "new3",
    "new/a/b",
    "gone",
    "a\nb",
    " ",
    "-",
    "*",
    "a\\b",
    "q\"'",
    "\u{fffd}",
  ],
  ...[
    "n".repeat(255),
    "n".repeat(256),
    `${"d/".repeat(2100)}x`,
    `./${"./".repeat(1000)}file`,
    "é".repeat(127),
    "é".repeat(128),
  ],
  "nul\0here",
  ...["raw\xff", "raw\xc3", "\xed\xa0\x80", "\xf0\x9f\x99", "dir/raw\xe9", "new\xff"].map((bytes) =>
    Buffer.from(bytes, "latin1"),
  ),
];
const name = () => oneOf(names);

/** Of a plan: parts of what a bundler makes, and what tells one directory from another. */
const planParts = ["main", "abc123", "IMG", "4f", "DkzFh3_a", "a", "Z9", "0", "_", "-", ".", "~", ".js", "\xe4", " "];
const planName = (): string => listOf(6, () => oneOf(planParts)).join("");
const planLine = (): string =>
  oneOf(["*deleting   ", ">f+++++++++ ", "", "\xff".repeat(12), "a/"]) +
  oneOf(["", "d/", "d/e/", "\\#011/"]) +
  planName() +
  oneOf(["", "", "/"]);

const textBytes = [
  "a",
  "é",
  "\x7f",
  "\x80",
  "\xc3",
  "\xa9",
  "\xe2",
  "\x82",
  "\xac",
  "\xf0",
  "\x9f",
  "\x99",
  "\x82",
  "\xed",
  "\xa0",
  "\xff",
  "\xc0",
  "\xf4",
  "\x90",
  "\n",
  "\0",
];
const bytes = (most = 24) =>
  Buffer.from(listOf(most, () => (random(3) ? oneOf(textBytes) : String.fromCharCode(random(256)))).join(""), "latin1");
const text = () =>
  listOf(10, () => oneOf(["a", "é", "日", "🙂", "\ud83d", "\ude42", "\0", "\xff", "\u0100", "\uffff"])).join("");
const path = () =>
  listOf(8, () => oneOf(["/", "/", "a", "b.c", "..", ".", "", "//", " ", "é", "...", "\xff"])).join("");

const open: number[] = [];
const descriptor = () => (random(6) ? (open.length > 0 ? oneOf(open) : 999) : oneOf([999, 1000000]));

/** Its numbers; those that differ from world to world by their types only. */
const numbersOf = (stats: unknown) => {
  if (stats === undefined) return "undefined";
  const { mode, nlink, uid, gid, size, mtimeMs, mtimeNs, ctimeMs, blocks, ino, dev } = stats as fs.BigIntStats;
  const own = stats as fs.Stats;
  const isOld = Number(mtimeMs) < 1.6e12;
  const times = isOld ? [String(mtimeMs), String(mtimeNs)] : [typeof mtimeMs, typeof mtimeNs];
  const kinds = [own.isFile(), own.isDirectory(), own.isSymbolicLink()];
  // how large a directory or a file of /proc is depends on the file system
  const isCounted = own.isFile() && Number(size) > 0;
  return [
    String(mode),
    own.isFile() ? String(nlink) : "",
    String(uid),
    String(gid),
    isCounted ? String(size) : "",
    times,
    typeof ctimeMs,
    typeof blocks,
    typeof mtimeMs === "number" ? typeof own.birthtimeMs : "",
    typeof ino,
    typeof dev,
    kinds,
  ];
};

const shown = (value: string | Buffer) => (typeof value === "string" ? value : value.toString("hex"));
const sorted = (list: readonly (string | Buffer)[]) => list.map(shown).sort();
const options = () =>
  oneOf([{}, { bigint: true }, { throwIfNoEntry: false }, { bigint: true, throwIfNoEntry: false }] as const);
const encoding = () => oneOf([undefined, "utf8", "latin1", "buffer"] as const);

const commands: readonly (readonly [string, readonly string[]])[] = [
  ["sh", ["-c", "printf 'a\\377b'; printf e >&2; exit 3"]],
  ["sh", ["-c", "kill -9 $$"]],
  ["sh", ["-c", "kill -15 $$"]],
  ["sh", ["-c", "cat; echo end"]],
  ["sh", ["-c", 'printf "%s|" "$#" "$0" "$@"', "x", "a b", "é", "", "*"]],
  ["sh", ["-c", 'echo "$A-$B"; for s in HUP INT PIPE; do grep -o "Sig[BI].*" /proc/self/status; done']],
  ["sh", ["-c", "ls /proc/self/fd | wc -l"]],
  ["sh", ["-c", "head -c 1200000 /dev/zero; echo late >&2"]],
  ["sh", ["-c", "exec >&-; exec 2>&-; exit 7"]],
  ["true", []],
  ["./script", ["one"]],
  ["./plain", []],
  ["./dir", []],
  ["none-such", []],
  ["./none", ["x"]],
];

/** A pipe without its other end, by whatever name it has by now, would be waited for. */
const isPipe = (file: string | Buffer): boolean => {
  try {
    return (fs.statSync(file).mode & 0o170000) === 0o010000;
  } catch {
    return false;
  }
};

/** Has no end. */
const endless = "/dev/full";

/** Whether a program that does not read its input has ended before it was written is chance. */
const isLate = (error: Error): boolean => (error as NodeJS.ErrnoException).code === "EPIPE";

/** What each is asked; the answer is what it returns or throws. */
const questions: Readonly<Record<string, () => unknown>> = {
  stat: () => numbersOf(fs.statSync(name(), options())),
  lstat: () => numbersOf(fs.lstatSync(name(), options())),
  fstat: () => numbersOf(fs.fstatSync(descriptor())),
  access: () => fs.accessSync(name(), oneOf([undefined, 0, 1, 2, 4, 6])),
  exists: () => fs.existsSync(name()),
  readlink: () => shown(fs.readlinkSync(name(), encoding() as "utf8") ?? ""),
  realpath: () => ownPart(shown(fs.realpathSync.native(name(), encoding() as "utf8"))),
  realpathInJs: () => {
    // Node's own reading takes a path apart by its text, and takes no bytes that are not UTF-8
    const file = name();
    return typeof file !== "string" || /^$|\/$|\.\./.test(file) ? null : ownPart(fs.realpathSync(file));
  },
  readdir: () => sorted(fs.readdirSync(name(), encoding() as "utf8")).filter((one) => !/^\d+$/.test(one)),
  readdirTyped: () =>
    fs
      .readdirSync(oneOf(["dir", "full", "shut", "file", "none", "dirlink", "deep"]), {
        encoding: "latin1",
        withFileTypes: true,
      })
      .map((entry) => `${entry.name} ${entry.isFile()} ${entry.isDirectory()} ${entry.isSymbolicLink()}`)
      .sort(),
  opendir: () => {
    const opened = fs.opendirSync(oneOf(["dir", "full", "shut", "file", "none", "loop", ".", "dirlink", "empty"]), {
      encoding: "latin1" as BufferEncoding,
    });
    const entries: string[] = [];
    try {
      for (let entry = opened.readSync(); entry; entry = opened.readSync())
        entries.push(`${entry.name} ${entry.isFile()} ${entry.isDirectory()} ${entry.isSymbolicLink()}`);
    } finally {
      opened.closeSync();
    }
    return entries.sort();
  },
  contents: () => {
    const { count, ...lists } = contentsOf(
      oneOf(["dir", "full", "shut", "file", "none", "loop", ".", "dirlink", "", "/dev"]),
    );
    return [count > 0, ...Object.entries(lists).map(([what, found]) => [what, [...found].sort()])];
  },
  groups: () => groupsOf(listOf(9, planLine).join("\n")).map(({ start, names }) => [start, ...names]),
  generated: () => generatedIn(listOf(9, planName)),
  hashes: () => {
    const hashes = hashesOf(oneOf(["", "a/", "\xe4/"]), listOf(9, planName));
    const sorted = hashesOf("", listOf(9, planName)).sort();
    return [[...hashes], hashOf(planName()), [...areIn(hashes, sorted)], [...areIn(sorted, sorted)]];
  },
  open: () => {
    const flag = oneOf([
      "r",
      "r+",
      "w",
      "wx",
      "w+",
      fs.constants.O_RDONLY | fs.constants.O_NONBLOCK,
      fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NONBLOCK,
      fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK,
      fs.constants.O_WRONLY | fs.constants.O_APPEND | fs.constants.O_CREAT | fs.constants.O_NONBLOCK,
    ]);
    const file = name();
    if (typeof flag === "string" && isPipe(file)) return null;
    const fd = fs.openSync(file, flag, oneOf([undefined, 0o600, 0o644, 0o400]));
    open.push(fd);
    return "opened";
  },
  read: () => {
    const buffer = Buffer.alloc(random(40));
    const from = random(buffer.length + 1);
    const length = random(buffer.length - from + 1);
    const size = fs.readSync(descriptor(), buffer, from, length, oneOf([null, null, 0, 3, 100000]));
    return [size, buffer.toString("hex")];
  },
  write: () => fs.writeSync(descriptor(), bytes(), 0),
  writeText: () => fs.writeSync(descriptor(), text()),
  close: () => {
    const at = random(open.length + 1);
    return fs.closeSync(open.splice(at, 1)[0] ?? 1000000);
  },
  readFile: () => {
    const file = name();
    return isPipe(file) || String(file) === endless
      ? null
      : shown(fs.readFileSync(file, oneOf([undefined, "utf8", "latin1"]) as "utf8"));
  },
  writeFile: () => {
    const file = name();
    return isPipe(file)
      ? null
      : fs.writeFileSync(file, bytes(), { flag: oneOf(["w", "wx"]), mode: oneOf([0o600, 0o644]) });
  },
  mkdir: () => {
    // in /proc Node 20 tries for ever
    const file = name();
    const option = oneOf([{}, { recursive: true }, { mode: 0o700 }, { recursive: true, mode: 0o700 }]);
    return String(file).startsWith("/proc") ? null : void fs.mkdirSync(file, option);
  },
  mkdtemp: () => {
    const made = fs.mkdtempSync(oneOf(["dir/", "dir/t-", "none/x", "file/x", "shut/"]));
    fs.rmSync(made, { recursive: true });
    return made.slice(0, -6);
  },
  rename: () =>
    fs.renameSync(
      oneOf(["new1", "new2", "gone", "none", "dir", "file"]),
      oneOf(["new1", "new2", "new3", "gone", "dir/sub/n", "none/x", "file/x", "dir/sub"]),
    ),
  link: () => fs.linkSync(name(), oneOf(["new1", "new2", "gone", "none/x", "file"])),
  chmod: () => fs.chmodSync(oneOf(["new1", "new2", "gone", "none", "loop", "/"]), oneOf([0o600, 0o644, 0o755])),
  chown: () => fs.chownSync(name(), oneOf([0, 65534, -1]), oneOf([65534, -1])),
  utimes: () => {
    // of times before 1970 Node 20 makes now
    const file = oneOf(["new1", "new2", "gone", "none", "loop", "file/x"]);
    const time = oneOf([0, 1, 1e9, 1e9 + 0.5, 1e9 + 0.125]);
    fs.utimesSync(file, time, time);
    return fs.statSync(file).mtimeMs;
  },
  unlink: () => fs.unlinkSync(oneOf(["new1", "new2", "gone", "none", "dir", "loop/x", "shut/inside", "file/"])),
  statfs: () => {
    const { bsize, blocks } = fs.statfsSync(name());
    return [bsize, blocks];
  },
  fsync: () => fs.fsyncSync(descriptor()),
  truncate: () => fs.truncateSync(oneOf(["new1", "new2", "none", "dir", "loop", "unwritable"]), random(50)),
  rm: () =>
    fs.rmSync(
      oneOf(["new1", "new2", "new3", "gone", "new", "none", "dir", "shut/inside", "loop", "file/x", "dangling/x"]),
      oneOf([{}, { force: true }]),
    ),
  rmdir: () => fs.rmdirSync(oneOf(["new1", "new2", "new", "dir", "file", "none", "file/x", "loop", "shut", "dirlink"])),
  rmAll: () =>
    fs.rmSync(oneOf(["new1", "new2", "new3", "new", "none", "gone"]), { force: oneOf([true, false]), recursive: true }),
  spawn: () => {
    const [file, args] = oneOf(commands);
    const { pid, status, signal, stdout, stderr, error } = spawnSync(file, [...args], {
      env: { PATH: "/usr/bin:/bin", A: "é\ud83d", B: "" },
      stdio: oneOf([
        ["pipe", "pipe", "pipe"],
        ["ignore", "pipe", "pipe"],
        ["ignore", "pipe", "ignore"],
        ["ignore", "ignore", "ignore"],
      ] as const) as unknown as "pipe",
      encoding: oneOf(["utf8", "latin1"] as const),
      ...(random(2) ? {} : { input: Buffer.from(oneOf(["", "some text", "x".repeat(200_000)])) }),
      ...(random(3) ? {} : { timeout: 60_000 }),
    });
    return [pid > 0, status, signal, digest(stdout), digest(stderr), error && !isLate(error) ? failure(error) : null];
  },
  spawnTooLong: () => {
    if (random(20)) return null;
    const { status, signal, error } = spawnSync("sh", ["-c", "sleep 30 & wait"], {
      timeout: 50,
      killSignal: oneOf(["SIGTERM", "SIGKILL"] as const),
      encoding: "utf8",
    });
    return [status, signal, error && failure(error)];
  },
  fullTable: () => {
    if (random(4)) return null;
    // no descriptor is left, or one: what needs more gives back what it had
    const held: number[] = [];
    const one = oneOf([
      () => fs.readFileSync("file", "latin1"),
      () => fs.writeFileSync("new3", "x"),
      () => fs.readdirSync("dir", { encoding: "latin1" as BufferEncoding }).sort(),
      () => fs.statSync("file").size,
      () => fs.realpathSync.native("link").slice(-4),
      () => fs.mkdirSync("dir"),
      () => fs.rmSync("never-made", { force: true, recursive: true }),
      () => spawnSync("true").error?.message ?? "started",
      () => spawnSync("sh", ["-c", "cat"], { input: Buffer.from("x"), encoding: "utf8" }).error?.message ?? "started",
    ]);
    try {
      for (;;) held.push(fs.openSync("/dev/null", "r"));
    } catch (error) {
      const said = failure(error as NodeJS.ErrnoException);
      try {
        return [said, one()];
      } catch (again) {
        return [said, failure(again as NodeJS.ErrnoException)];
      }
    } finally {
      for (const fd of held) fs.closeSync(fd);
    }
  },
  pieces: () => {
    // what is read comes in pieces, and signals meanwhile
    if (random(10)) return null;
    return piped(
      `for n in 1 2 3; do kill -USR1 ${process.pid}; echo "piece $n"; sleep 0.01; done >pipe`,
      oneOf([
        () => fs.readFileSync("pipe", "utf8"),
        () => {
          const fd = fs.openSync("pipe", "r");
          const buffer = Buffer.alloc(4);
          let all = "";
          for (let size = 1; size > 0; all += buffer.toString("utf8", 0, size))
            size = fs.readSync(fd, buffer, 0, 4, null);
          fs.closeSync(fd);
          return all;
        },
        () => spawnSync("cat", ["pipe"], { encoding: "utf8" }).stdout,
      ]),
    );
  },
  slowReader: () => {
    // more is written than a pipe takes, while signals come
    if (random(10)) return null;
    const piece = bytes(40);
    const whole = Buffer.concat(Array.from({ length: 20_000 }, () => piece));
    return piped(
      `(for n in 1 2 3; do kill -USR1 ${process.pid}; sleep 0.01; done; cat) <pipe | { sum=$(sha256sum); echo "$sum" >done; }`,
      oneOf([
        () => fs.writeFileSync("pipe", whole),
        () => {
          const fd = fs.openSync("pipe", "w");
          for (let at = 0; at < whole.length; ) at += fs.writeSync(fd, whole, at);
          fs.closeSync(fd);
        },
      ]),
      () => fs.readFileSync("done", "utf8"),
    );
  },
  waiting: () => {
    // a signal does not cut it short
    if (random(10)) return null;
    spawnSync("sh", ["-c", `(sleep 0.01; kill -USR1 ${process.pid}) &`], { stdio: "ignore" });
    const start = performance.now();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    return performance.now() - start > 45;
  },
  join: () => posix.join(path(), path(), oneOf(["", path()])),
  normalize: () => posix.normalize(path()),
  resolve: () => ownPart(posix.resolve(path(), path())),
  dirname: () => posix.dirname(path()),
  basename: () => posix.basename(path()),
  decode: () => {
    const buffer = bytes();
    const [from, to] = [random(30), random(30)];
    return [
      buffer.toString("utf8"),
      buffer.toString("latin1", from, to),
      buffer.toString("utf8", from),
      buffer.toString("hex"),
      buffer.toString("base64"),
    ];
  },
  encode: () => {
    const given = text();
    return (["utf8", "latin1"] as const).map((one) => Buffer.from(given, one).toString("hex"));
  },
  base64: () =>
    Buffer.from(
      listOf(12, () => oneOf(["A", "z", "9", "+", "/", "-", "_", "=", " ", "\n", "é"])).join(""),
      "base64",
    ).toString("hex"),
  hex: () => Buffer.from(listOf(8, () => oneOf(["a", "0", "F", "9", "g", " "])).join(""), "hex").toString("hex"),
  parts: () => {
    const buffer = bytes();
    const part = buffer.subarray(oneOf([0, 1, -3, 30]), oneOf([2, 9, -1, 100]));
    return [
      part.toString("hex"),
      part.equals(buffer),
      part.indexOf(10),
      Buffer.concat([part, buffer]).toString("hex"),
      Buffer.from(part).equals(part),
      part.length,
    ];
  },
  sha256: () =>
    createHash("sha256")
      .update(bytes(random(4) ? 24 : 200))
      .update(bytes())
      .digest("hex"),
  textEncoder: () => Buffer.from(new TextEncoder().encode(text())).toString("hex"),
  process: () => [
    process.geteuid?.(),
    process.getuid?.(),
    ownPart(process.cwd()),
    process.argv.length,
    process.env["ODD"],
    Object.keys(process.env).length > 0,
  ],
  kill: () => process.kill(oneOf([4194304, 999999999, process.pid]), 0),
  host: () => [hostname(), tmpdir(), performance.now() > 0],
};

process.on("SIGUSR1", () => {});

/** What is answered while a script in the background uses the other ends of two pipes. */
function piped(script: string, ask: () => unknown, end: () => unknown = () => null): readonly unknown[] {
  spawnSync("sh", ["-c", `mkfifo pipe done; (${script}) &`], { stdio: "ignore" });
  try {
    return [ask() ?? null, end()];
  } finally {
    for (const pipe of ["pipe", "done"]) fs.rmSync(pipe, { force: true });
  }
}

const digest = (value: string | null) =>
  value &&
  (value.length > 100 ? `${value.length}: ${createHash("sha256").update(Buffer.from(value)).digest("hex")}` : value);

/** Both worlds are the same below their own directories. */
const here = process.cwd();
function ownPart(path: string): string {
  return path.replace(here, "HERE").replace(Buffer.from(here).toString("hex"), "HERE");
}

const failure = ({
  code,
  errno,
  syscall,
  message,
  path,
  dest,
}: NodeJS.ErrnoException & { readonly dest?: string }) => ({
  code,
  errno,
  syscall,
  message: ownPart(message),
  path,
  dest,
});

const kinds = Object.keys(questions);
let answers = "";
for (let at = 0; at < Number(count); at++) {
  const kind = oneOf(kinds);
  let answer: unknown;
  try {
    answer = questions[kind]?.() ?? null;
  } catch (error) {
    answer = failure(error as NodeJS.ErrnoException);
  }
  answers += `${kind} ${JSON.stringify(answer)}\n`;
}
process.stdout.write(answers);
process.exitCode = 0;
