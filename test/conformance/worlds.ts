/** Runs in the cage: makes a small world for each case, runs the real rsync in it, and prints what changed. */
import { spawnSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { bytesOf } from "../../src/core/bytes.ts";
import { type Invocation, parse } from "../../src/core/command/parse.ts";
import { targetsOf } from "../../src/core/place/target.ts";
import { machineFacts } from "../../src/io/host/facts.ts";

/** What a run of a command did that its targets do not tell. */
export interface Surprise {
  readonly argv: readonly string[];
  readonly code: number | null;
  readonly surprises: readonly string[];
}

/** Path → content; null: a directory; `->`: a symlink. */
const world: Readonly<Record<string, string | null>> = {
  "src/a": "a",
  "src/sub/b": "b",
  "src/sub/deep/c": "c",
  "src/empty": null,
  "src/link": "-> sub",
  "src/way": "file",
  src2: null,
  "src2/a": "other a",
  "src2/sub/d": "d",
  file: "file",
  linked: "-> src",
  "dst/a": "old",
  "dst/sub/gone": "gone",
  "dst/src/sub/gone": "gone",
  "dst/src/a": "old",
  "dst/way/inside": "inside",
  "dst/link": "-> ../outside",
  "dst/src2": "-> ../outside",
  "dst/sub2/x": "x",
  "outside/keep": "keep",
  "outside/sub/keep": "keep",
  "there/dst": "-> ../dst",
  empty: null,
  list: "a\nsub\n",
};

function makeWorld(root: string): void {
  for (const [path, content] of Object.entries(world)) {
    const at = join(root, path);
    mkdirSync(content === null ? at : dirname(at), { recursive: true });
    if (content?.startsWith("-> ")) symlinkSync(content.slice(3), at);
    else if (content !== null) writeFileSync(at, content);
  }
}

/** Path → what is there; directories without their times. */
function snapshot(root: string, below = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(join(root, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    const at = join(root, path);
    const stats = lstatSync(at);
    found.set(
      path,
      stats.isDirectory() ? "directory" : stats.isSymbolicLink() ? `-> ${readlinkSync(at)}` : readFileSync(at, "utf8"),
    );
    if (stats.isDirectory()) for (const [key, value] of snapshot(root, path)) found.set(key, value);
  }
  return found;
}

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** What changed outside the targets, or was deleted outside those that delete. */
function surprisesOf(invocation: Invocation, root: string, run: () => void): readonly string[] {
  const facts = machineFacts({ cwd: root, caller: process.pid, home: undefined });
  const targets = targetsOf(invocation, facts);
  const before = snapshot(root);
  run();
  const after = snapshot(root);
  const found: string[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const at = `${root}/${path}`;
    if (before.get(path) === after.get(path)) continue;
    if (!targets.some((target) => isWithin(at, target.path))) found.push(`${path} changed outside the targets`);
    // what makes way for something else of its name is overwritten
    const gone =
      !after.has(path) && ![...after.keys()].some((other) => isWithin(path, other) && after.get(other) !== "directory");
    if (gone && !targets.some(({ path: target, deletes }) => deletes && isWithin(at, target)))
      found.push(`${path} was deleted outside the deleting targets`);
  }
  return found.map((line) => `${line}; targets: ${targets.map(({ path }) => path.replace(`${root}/`, "")).join(", ")}`);
}

const cases: readonly (readonly string[])[] = JSON.parse(readFileSync("cases.json", "utf8"));
const rsync = process.argv[2] ?? "";
const root = join(process.cwd(), "world");
const all = cases.flatMap((argv): Surprise[] => {
  const parsed = parse(argv.map(bytesOf), {});
  if (!("invocation" in parsed)) return [];
  makeWorld(root);
  process.chdir(root);
  let code: number | null = null;
  const surprises = surprisesOf(parsed.invocation, root, () => {
    code = spawnSync(rsync, argv, { cwd: root, stdio: "ignore", timeout: 10_000 }).status;
  });
  process.chdir("/");
  rmSync(root, { recursive: true, force: true });
  return surprises.length > 0 ? [{ argv, code, surprises }] : [];
});
process.stdout.write(JSON.stringify(all));
