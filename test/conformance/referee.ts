/**
 * The referee: how the real rsync reads a command line. It is started with spy.c preloaded, in the cage, and ends
 * before anything is transferred or connected.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import type { Bytes } from "../../src/core/bytes.ts";
import { obstacle } from "../support/cage.ts";
import { compiledProgram } from "../support/compiled.ts";
import type { LossReport } from "./losses.ts";
import type { Surprise } from "./worlds.ts";

export interface Case {
  readonly argv: readonly Bytes[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Reading {
  /** rsync's own. */
  readonly version: string;
  /** What rsync began, or `exit`; `hang` where it took more time than any that ends. */
  readonly why: "local" | "remote" | "daemon" | "server" | "exit" | "hang";
  readonly code: number;
  readonly stderr: string;
  /** Long names (letters where there is none) of the options for which popt returned to rsync, in their order. */
  readonly delivered: readonly string[];
  readonly operands: readonly string[] | null;
  /** The remote shell's words; a daemon's host and port. */
  readonly started: readonly string[];
  /** rsync's variables by the long names of the options that set them. */
  readonly variables: Readonly<Record<string, string>>;
  /** The same of the child that it started, which in a local copy has read what `-M` holds. */
  readonly childs: Readonly<Record<string, string>>;
}

const here = import.meta.dirname;
export const cage = join(here, "..", "cage");

const executable = join(here, "../../dist/standalone/rsync-guard");

/** Where scripts/setup unpacks Debian's other rsync. */
const unpacked = join(here, "..", "..", "node_modules", ".cache", "rsync");

/** The real rsyncs that can be asked: the installed one, and those unpacked beside each other. */
export const rsyncs = (): readonly string[] => [
  "/usr/bin/rsync",
  ...(existsSync(unpacked) ? readdirSync(unpacked).map((name) => join(unpacked, name, "usr/bin/rsync")) : []),
];

/** An older rsync is unpacked together with those of its libraries that this Debian no longer has. */
export const librariesOf = (rsync: string): string => join(dirname(rsync), "../lib/x86_64-linux-gnu");

/** What is missing for the referee, in a line; null where nothing is. */
function missingTool(): string | null {
  for (const [tool, why] of [
    ["cc", "a C compiler (Debian: gcc libc6-dev)"],
    ["bwrap", "bubblewrap"],
  ] as const)
    if (spawnSync(tool, ["--version"]).status !== 0) return `${why} is missing: rsync itself can't be asked`;
  return existsSync("/usr/include/popt.h") ? null : "popt's header is missing (Debian: libpopt-dev)";
}

const missing = missingTool() ?? obstacle;

/** Without the tools the tests are skipped, with the reason; in CI they are installed, and the tests must run. */
export const skipped = missing !== null && process.env["CI"] === undefined;
if (skipped) console.warn(`conformance tests skipped: ${missing}`);

/** What runs the guard's code: Node, and the executable's engine where the executable can be built. */
type Runtime = "node" | "executable";
export const runtimes: readonly Runtime[] = existsSync(executable) ? ["node", "executable"] : ["node"];

/** Runs one of these programs, bundled, in the cage with a folder of its own, and returns what it printed as JSON. */
function inCage<T>(
  program: string,
  cases: unknown,
  args: (folder: string) => readonly string[] = () => [],
  runtime: Runtime = "node",
  before: (folder: string) => readonly string[] = () => [],
): T {
  const folder = mkdtempSync(join(tmpdir(), "referee-"));
  try {
    const made = join(folder, runtime === "node" ? "program.cjs" : "program");
    if (runtime === "executable") compiledProgram(join(here, program), made);
    else
      buildSync({ entryPoints: [join(here, program)], bundle: true, platform: "node", format: "cjs", outfile: made });
    writeFileSync(join(folder, "cases.json"), JSON.stringify(cases));
    const [first = "", ...words] = [
      ...before(folder),
      ...[cage, folder, ...(runtime === "node" ? [process.execPath] : []), made, ...args(folder)],
    ];
    const output = execFileSync(first, words, { maxBuffer: 2 ** 30 });
    return JSON.parse(output.toString());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Asks a real rsync how it reads each of these. */
export const readings = (rsync: string, cases: readonly Case[]): readonly Reading[] =>
  inCage("asker.ts", cases, (folder) => {
    const spy = join(folder, "spy.so");
    execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", spy, join(here, "spy.c"), "-ldl"]);
    return [rsync, spy, librariesOf(rsync)];
  });

/** What the guard's reading and rsync's disagree on, for each case: a line each. */
export const disagreements = (
  runtime: Runtime,
  cases: readonly { readonly one: Case; readonly reading: Reading | undefined }[],
): readonly (readonly string[])[] => inCage("comparer.ts", cases, undefined, runtime);

/** Runs each of these for real, in a world of its own, and tells what happened outside the targets. */
export const surprises = (rsync: string, cases: readonly (readonly string[])[]): readonly Surprise[] =>
  inCage("worlds.ts", cases, () => [rsync]);

/** Tries as many generated runs from that seed on, and tells what each lost that no dry run had named. */
export const losses = (rsync: string, seed: number, count: number): LossReport =>
  inCage(
    "losses.ts",
    null,
    () => ["all", rsync, join(here, "..", ".."), String(seed), String(count)],
    "node",
    worldsInMemory,
  );

/** On a disk most of the time goes into making directories and removing them. Only root can have it otherwise. */
const worldsInMemory = (folder: string): readonly string[] =>
  process.geteuid?.() === 0
    ? [
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mkdir "$0" && mount -t tmpfs worlds "$0" && exec "$@"',
        join(folder, "worlds"),
      ]
    : [];
