/**
 * Deploys releases over one another, and judges each step as the guard judges it: with the real rsync's dry run. Runs in
 * the cage, for it runs rsync; prints a line of JSON for each step.
 *
 *     judge.ts FOLDER NAME…       the packages
 */
import { mkdirSync, rmdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bytesOf } from "../../src/core/bytes.ts";
import type { Code } from "../../src/core/codes.ts";
import { type Decision, dependsOnPlan } from "../../src/core/judge/decision.ts";
import { totalOf } from "../../src/core/plan/plan.ts";
import { commandLineOf } from "../../src/io/command-line.ts";
import { decide } from "../../src/io/decide.ts";
import { addPlan } from "../../src/io/planner.ts";
import { isNext, listingOf, releases } from "./listings.ts";

/** Path → size, and the number of the release that brought this content: its time. */
type Tree = ReadonlyMap<string, readonly [size: number, since: number]>;

/** A release, the way back, and a release to a host that holds more than releases bring. */
export type Kind = "releases" | "rollbacks" | "releases-to-hosts";

export interface Step {
  readonly name: string;
  readonly kind: Kind;
  readonly from: string;
  readonly to: string;
  /** Of the refusals; none, if it passes. */
  readonly codes: readonly Code[];
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
  readonly kept: number;
}

const [folder = "", ...names] = process.argv.slice(2);
const env = { PATH: "/usr/bin:/bin", HOME: join(folder, "home"), XDG_CONFIG_HOME: join(folder, "config") };

/** What a host has of its own, and is excluded as people do. */
const own = [
  ".env",
  ...Array.from({ length: 40 }, (_, at) => `uploads/2024/${at}.jpg`),
  ...Array.from({ length: 120 }, (_, at) => `node_modules/dep${at % 12}/lib/${at}.js`),
  ...Array.from({ length: 8 }, (_, at) => `storage/logs/${at}.log`),
];
const ownTree: Tree = new Map(own.map((path) => [path, [100, 0]]));
const exclude = ["/.env", "/uploads", "/node_modules", "/storage"].map((one) => `--exclude=${one}`);

function* treesOf(name: string): Generator<{ readonly version: string; readonly tree: Tree }> {
  let before = new Map<string, readonly [digest: string, since: number]>();
  for (const [at, release] of releases.filter((one) => one.name === name).entries()) {
    const listing = listingOf(release);
    if (!listing) continue;
    const now: typeof before = new Map();
    for (const [path, , digest] of listing) {
      const old = before.get(path);
      now.set(path, old?.[0] === digest ? old : [digest, at]);
    }
    before = now;
    yield {
      version: release.version,
      tree: new Map(listing.map(([path, size]) => [path, [size, now.get(path)?.[1] ?? at]])),
    };
  }
}

const monday = Date.UTC(2024, 0, 1) / 1000;
const week = 7 * 24 * 3600;

/** Makes a folder that held one tree hold another. Its files are holes: rsync looks at names, sizes and times. */
function lay(at: string, before: Tree, now: Tree): void {
  for (const path of before.keys()) if (!now.has(path)) rmSync(join(at, path));
  const gone = new Set([...before.keys()].flatMap((path) => [...directoriesOf(path)]));
  const there = new Set([...now.keys()].flatMap((path) => [...directoriesOf(path)]));
  // the deeper ones first
  for (const path of [...gone].sort().reverse()) if (!there.has(path)) rmdirSync(join(at, path));
  for (const path of there) mkdirSync(join(at, path), { recursive: true });
  for (const [path, [size, since]] of now) {
    const old = before.get(path);
    if (old && old[0] === size && old[1] === since) continue;
    const file = join(at, path);
    if (!old) writeFileSync(file, "");
    truncateSync(file, size);
    utimesSync(file, monday + since * week, monday + since * week);
  }
}

function* directoriesOf(path: string): Generator<string> {
  for (let at = dirname(path); at !== "."; at = dirname(at)) yield at;
}

/** `auto`: the guard makes the dry run itself, and only its judgement is left. */
async function judged(options: readonly string[], source: string, target: string): Promise<Decision> {
  const command = commandLineOf(["-a", "--delete", ...options, `${source}/`, `${target}/`].map(bytesOf), env);
  const decision = await decide(command, env, { shim: null, real: null });
  if (!dependsOnPlan(decision)) throw new Error(`no plan is needed for ${source} ${target}`);
  return addPlan(decision, env);
}

function report(name: string, kind: Kind, from: string, to: string, { refusals, plan }: Decision): void {
  if (!plan?.plan) throw new Error(`no plan of ${name} ${to}: ${JSON.stringify(plan)}`);
  const { created, changed, deleted, kept } = plan.plan;
  const step: Step = {
    name,
    kind,
    from,
    to,
    codes: [...new Set(refusals.map(({ code }) => code))],
    created: totalOf(created),
    changed: totalOf(changed),
    deleted: totalOf(deleted),
    kept,
  };
  console.log(JSON.stringify(step));
}

async function main(): Promise<void> {
  mkdirSync(join(folder, "config"), { recursive: true });
  writeFileSync(join(folder, "config/rsync-guard.toml"), '[dry_run]\nrequired = "auto"\n', { mode: 0o600 });
  for (const name of names) await judgePackage(name);
}

async function judgePackage(name: string): Promise<void> {
  const place = join(folder, name.replace("/", "+"));
  for (const one of ["a", "b"]) mkdirSync(join(place, one), { recursive: true });
  process.chdir(place);
  let [target, source] = ["a", "b"];
  let [inTarget, inSource]: [Tree, Tree] = [new Map(), new Map()];
  let from = "";
  for (const { version, tree } of treesOf(name)) {
    if (from === "") {
      lay(target, inTarget, tree);
      inTarget = tree;
    } else {
      lay(source, inSource, tree);
      inSource = tree;
      if (isNext(from, version)) {
        report(name, "releases", from, version, await judged([], source, target));
        report(name, "rollbacks", version, from, await judged([], target, source));
        const both: Tree = new Map([...inTarget, ...ownTree]);
        lay(target, inTarget, both);
        report(name, "releases-to-hosts", from, version, await judged(exclude, source, target));
        lay(target, both, inTarget);
      }
      [target, source] = [source, target];
      [inTarget, inSource] = [inSource, inTarget];
    }
    from = version;
  }
  process.chdir(folder);
  rmSync(place, { recursive: true });
}

main();
