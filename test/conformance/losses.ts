/**
 * Runs in the cage: makes a world for each case, has the guard judge the run in it, carries out what it lets go, and
 * tells what is gone or another that no line of the dry run had named. rsync mostly sleeps, so some worlds are tried
 * at a time, by a process each.
 */
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join, posix } from "node:path";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { type Bytes, bufferOf } from "../../src/core/bytes.ts";
import { has, parse } from "../../src/core/command/parse.ts";
import { counts, dependsOnPlan, dryRunResult, withPlanOfDryRun } from "../../src/core/judge/decision.ts";
import { planArguments } from "../../src/core/plan/command.ts";
import { quoteWord } from "../../src/core/quoting.ts";
import { commandLineOf } from "../../src/io/command-line.ts";
import { decide } from "../../src/io/decide.ts";
import { addPlan, makePlan } from "../../src/io/planner.ts";
import { saveApproval } from "../../src/io/store/approvals.ts";
import { approvalsDirectory } from "../../src/io/store/paths.ts";
import { knownLosses, type Loss } from "../cases/losses.ts";
import { type Entry, type EntryKind, followsLinks, type LossCase, lossCase } from "./losses-grammar.ts";

/** What a case came to. */
export interface LossReport {
  readonly cases: number;
  /** How many the guard refused, by the first code. */
  readonly refused: Readonly<Record<string, number>>;
  /** How many lost something that was named, and how many something that is known not to be. */
  readonly named: number;
  readonly known: Readonly<Record<string, number>>;
  /** The seeds of those that did not end in time. */
  readonly notJudged: readonly number[];
  readonly failures: readonly { readonly seed: number; readonly script: Bytes }[];
}

interface Outcome {
  readonly refusedFor: string | null;
  /** What the run lost, if it was let go. */
  readonly losses: number;
  /** Of these what no line had named, by its kind. */
  readonly unnamed: readonly (Loss & { readonly kind: string })[];
}

/** What came of a seed. */
type Tried = Pick<Outcome, "refusedFor" | "losses"> & {
  readonly kinds: readonly string[];
  readonly failure: Bytes | null;
};

/** A kind of loss that is not among the known ones. */
const unknown = "new";

const [mode = "", rsync = "", checkout = "", first = "1", count = "1", wanted = unknown] = process.argv.slice(2);
const folder = process.cwd();
const world = join(folder, "world");
const state = join(folder, "state");
/** Only root can give files to others, and be another user. */
const isAdmin = process.geteuid?.() === 0;
const otherUser = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "--inh-caps=-all", "--"];

const environmentOf = ({ way, variables }: LossCase): Record<string, string> => ({
  PATH: `${dirname(rsync)}:/usr/bin:/bin`,
  HOME: join(folder, "home"),
  XDG_STATE_HOME: state,
  XDG_CONFIG_HOME: join(folder, "config"),
  LC_ALL: "C.UTF-8",
  ...variables,
  ...(way.startsWith("daemon") ? { RSYNC_CONNECT_PROG: `${rsync} --daemon --config=${folder}/rsyncd.conf` } : {}),
});

/** Where `host:` and the daemon's module lead is the world too, so that paths are the same in all ways. */
function argvOf({ options, sources, destination, way }: LossCase): readonly Bytes[] {
  const there = (path: Bytes) => (way.startsWith("daemon") ? `host::w/${path}` : `host:${path}`);
  const isPush = way.endsWith("push");
  const isPull = way.endsWith("pull");
  const remote =
    isPush || isPull ? [...(way.startsWith("daemon") ? [] : ["-e", `${folder}/rsh`]), `--rsync-path=${rsync}`] : [];
  return [
    ...options.map((one) => one.replaceAll("@W@", world)),
    ...remote,
    ...sources.map((path) => (isPull ? there(path) : path)),
    isPush ? there(destination) : destination,
  ];
}

// --- the world

function makeWorld({ entries, isRoot }: LossCase): void {
  for (const directory of [world, state]) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { mode: 0o700 });
    chown(directory, 0, isRoot);
  }
  makeEntries(entries, isRoot);
}

function makeEntries(entries: readonly Entry[], isRoot: boolean): void {
  const made = entries.filter((entry) => makeEntry(entry, isRoot));
  // the deepest first: what is made below a directory changes its time, and a mode may shut it
  for (const { path, kind, mode: bits, age } of made.toReversed()) {
    const at = bufferOf(`${world}/${path}`);
    const seconds = Date.UTC(2024, 0, 1) / 1000 - age * 86_400;
    if (kind === "directory") chmodSync(at, bits);
    lutimesSync(at, seconds, seconds);
  }
}

/** What happens between the dry run and the live run. */
function passTime({ meanwhile, isRoot }: LossCase): void {
  for (const one of meanwhile) {
    try {
      rmSync(bufferOf(`${world}/${one.path}`), { recursive: true, force: true });
    } catch (error) {
      // a file on the way
      if (!["ENOTDIR", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
    if (one.kind !== null) makeEntries([one], isRoot);
  }
}

/** False where something else stands in its place or on the way there. */
function makeEntry({ path, kind, text, owner }: Entry, isRoot: boolean): boolean {
  const at = bufferOf(`${world}/${path}`);
  try {
    makeDirectories(posix.dirname(`${world}/${path}`), isRoot);
    if (lstatSync(at, { throwIfNoEntry: false })) return false;
    if (kind === "directory") mkdirSync(at);
    else if (kind === "symlink") symlinkSync(bufferOf(text.replaceAll("@W@", world)), at);
    else if (kind === "hard link") linkSync(bufferOf(`${world}/${text}`), at);
    else if (kind === "file") writeFileSync(at, bufferOf(text));
    else linkSync(join(folder, kind), at);
    if (kind !== "hard link" && kind !== "symlink") chown(at, owner, isRoot);
    return true;
  } catch (error) {
    // a file on the way, a link without its other name
    if (["ENOTDIR", "EEXIST", "ENOENT", "EPERM", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return false;
    throw error;
  }
}

function makeDirectories(path: Bytes, isRoot: boolean): void {
  if (path.length <= world.length || lstatSync(bufferOf(path), { throwIfNoEntry: false })) return;
  makeDirectories(posix.dirname(path), isRoot);
  mkdirSync(bufferOf(path));
  chown(bufferOf(path), 0, isRoot);
}

/** What would be root's is the other user's own where that one runs rsync. */
function chown(at: Buffer | string, owner: number, isRoot: boolean): void {
  const id = owner === 0 && !isRoot ? 1000 : owner;
  if (isAdmin) chownSync(at, id, id);
}

/** Path → kind and content, links as such. */
function snapshot(below: Bytes = "", found = new Map<Bytes, string>()): Map<Bytes, string> {
  for (const name of readdirSync(bufferOf(`${world}/${below}`), "latin1") as Bytes[]) {
    const path = below === "" ? name : `${below}/${name}`;
    const at = bufferOf(`${world}/${path}`);
    const stats = lstatSync(at);
    if (stats.isDirectory()) snapshot(path, found.set(path, "directory"));
    else if (stats.isSymbolicLink()) found.set(path, `-> ${readlinkSync(at, "latin1")}`);
    else if (stats.isFile()) found.set(path, `file ${readFileSync(at, "latin1")}`);
    else found.set(path, stats.isFIFO() ? "fifo" : stats.isSocket() ? "socket" : "device");
  }
  return found;
}

// --- the guard

const installedAt = { shim: null, real: rsync };

function enter(one: LossCase): { env: NodeJS.ProcessEnv; look: (argv: readonly Bytes[]) => ReturnType<typeof decide> } {
  for (const key of Object.keys(process.env)) delete process.env[key];
  const env = Object.assign(process.env, environmentOf(one));
  process.chdir(world);
  return { env, look: (argv) => decide(commandLineOf(argv, env), env, installedAt) };
}

/** What the shim does with a dry run and its record; returns what the plan's dry run printed. */
async function dryRun(one: LossCase): Promise<Bytes> {
  const { env, look } = enter(one);
  const { needsDryRun, lackingDryRun } = await look(argvOf(one));
  if (!needsDryRun || !lackingDryRun) return "";
  const argv = dryRunOf(argvOf(one));
  const decision = await look(argv);
  if (decision.verdict !== "approve") return "";
  const lines =
    decision.invocation && decision.planning.obstacle === null
      ? start([rsync, ...planArguments(decision.invocation)], true).stdout.toString("latin1")
      : "";
  const made = await inTime(makePlan(decision));
  const isGood = counts(dryRunResult(decision.record?.fingerprint ?? "", withPlanOfDryRun(decision, made), made));
  if (isGood && decision.record && (made.plan || start([rsync, ...argv], true).status === 0))
    saveApproval(approvalsDirectory(env), decision.record, made.plan ? made : null);
  return lines;
}

/** Why the live run is refused, by the first code; null: it may run. */
async function liveRefusal(one: LossCase): Promise<string | null> {
  const { env, look } = enter(one);
  const decision = await look(argvOf(one));
  const { verdict, refusals } = dependsOnPlan(decision) ? await inTime(addPlan(decision, env)) : decision;
  return verdict === "refuse" ? (refusals[0]?.code ?? "") : null;
}

/** Only another process can be another user for good. */
function inCaseOf<T extends Bytes | null>(one: LossCase, step: (one: LossCase) => Promise<T>): Promise<T> {
  if (one.isRoot || !isAdmin) return step(one);
  other ??= asker(otherUser, folder);
  return other(step.name, one) as Promise<T>;
}
let other: Ask | undefined;

/** Whether the shim lets the run go, dry run and all. */
function runByShim(one: LossCase): boolean {
  const argv = argvOf(one);
  const env = { ...environmentOf(one), PATH: `${folder}/bin:${environmentOf(one)["PATH"]}` };
  makeWorld(one);
  start(["rsync", ...dryRunOf(argv)], one.isRoot, env);
  passTime(one);
  const { status } = start(["rsync", ...argv], one.isRoot, env);
  return status !== 77 && status !== 78;
}

function dryRunOf(argv: readonly Bytes[]): readonly Bytes[] {
  const printing = (word: Bytes) => {
    const parsed = word.startsWith("-") && word !== "-e" ? parse([word, "a", "b"], {}) : null;
    return parsed && "invocation" in parsed && parsed.invocation.options.some((given) => has(given, "output"));
  };
  return ["-n", ...argv.filter((word) => !printing(word))];
}

/** A shell reads the command, since Node can't start anything with arguments that aren't UTF-8. */
function start(
  words: readonly Bytes[],
  isRoot: boolean,
  env: NodeJS.ProcessEnv = process.env,
): SpawnSyncReturns<Buffer> {
  const [shell = "", ...args] = [...(isRoot || !isAdmin ? [] : otherUser), "/bin/sh", "-s"];
  const input = bufferOf(`exec ${words.map(quoteWord).join(" ")} </dev/null\n`);
  const ended = spawnSync(shell, args, { cwd: world, env, input, timeout: longest, killSignal: "SIGKILL" });
  if (ended.signal === "SIGKILL") throw new OverTime();
  return ended;
}

// --- what never ends

/** A run may find its own output, or links that lead round in many ways. */
class OverTime extends Error {}

/** Milliseconds for one run of rsync, which takes some fifty. */
const longest = 10_000;

/** A plan has no limit of its own: what it has started is ended. */
async function inTime<T>(made: Promise<T>): Promise<T> {
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    for (const child of readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" "))
      process.kill(-Number(child), "SIGKILL");
  }, longest);
  const result = await made;
  clearTimeout(timer);
  if (isOver) throw new OverTime();
  return result;
}

// --- what is lost, and what was named

/** What lines of the dry run name, as paths in the world. */
function namedBy(lines: Bytes, { destination, options }: LossCase): ReadonlySet<Bytes> {
  const at = posix.resolve(world, destination);
  // a directory that is not there is made
  const base = existsSync(at) && !isDirectory(at) ? posix.dirname(at) : physical(at);
  const named = new Set<Bytes>();
  // with --compare-dest an entry's line does not tell whether it stays, and the guard counts it as one that may not
  const item = options.some((option) => option.startsWith("--compare-dest"))
    ? /^[.<>ch][fdLDS].{9} /
    : /^[<>ch][fdLDS].{9} /;
  for (const line of lines.split("\n")) {
    if (!line.startsWith("*deleting   ") && !item.test(line)) continue;
    const text = line
      .slice(12)
      .replace(/\\#([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    // a name may itself hold an arrow
    for (const one of [
      text,
      asOnOtherHost(text),
      ...[...text.matchAll(/ [-=]> /g)].map(({ index }) => text.slice(0, index)),
    ]) {
      const path = posix.join(base, one.replace(/\/$/, ""));
      named.add(posix.relative(world, path));
      named.add(posix.relative(world, posix.join(physical(posix.dirname(path)), posix.basename(path))));
    }
    if (!isDirectory(at)) named.add(posix.relative(world, at));
  }
  return named;
}

/** With --iconv a name is shown as it is called here. */
const asOnOtherHost = (name: Bytes): Bytes => Buffer.from(name, "latin1").toString("utf8");

const isDirectory = (path: Bytes): boolean => {
  try {
    return statSync(bufferOf(path)).isDirectory();
  } catch {
    return false;
  }
};

const physical = (path: Bytes): Bytes => {
  try {
    return realpathSync.native(bufferOf(path), "latin1");
  } catch {
    return path;
  }
};

function lossesOf(
  before: ReadonlyMap<Bytes, string>,
  after: ReadonlyMap<Bytes, string>,
  { options, sources }: LossCase,
): readonly Loss[] {
  const left = new Set(after.values());
  const follows = options.some((option) => followsLinks.test(option));
  // --remove-source-files says so itself, and what it removes is at the destination then
  const isMoved = (path: Bytes, was: string) =>
    options.includes("--remove-source-files") &&
    !after.has(path) &&
    // where links are followed, the content is moved from wherever they lead, and the link is gone
    (follows ||
      sources.some((source) =>
        `${posix.join(world, path)}/`.startsWith(`${physical(posix.resolve(world, source))}/`),
      )) &&
    (left.has(was) || was.startsWith("-> "));
  return [...before].flatMap(([path, was]): Loss[] => {
    const now = after.get(path) ?? null;
    const isEmpty = ![...before.keys()].some((other) => other.startsWith(`${path}/`));
    return now === was || isMoved(path, was) ? [] : [{ path, was, now, isEmpty }];
  });
}

async function tryCase(one: LossCase): Promise<Outcome> {
  const nothing = { losses: 0, unnamed: [] };
  const parsed = parse(argvOf(one), one.variables);
  if (!("invocation" in parsed)) return { ...nothing, refusedFor: "unreadable" };
  makeWorld(one);
  const named = namedBy(await inCaseOf(one, dryRun), one);
  passTime(one);
  const refusedFor = await inCaseOf(one, liveRefusal);
  if (one.asksShim && runByShim(one) !== (refusedFor === null))
    return {
      ...nothing,
      refusedFor,
      unnamed: [
        { path: "", was: `${refusedFor} here`, now: "another verdict by the shim", isEmpty: false, kind: unknown },
      ],
    };
  if (refusedFor !== null) return { ...nothing, refusedFor };
  if (one.asksShim) {
    makeWorld(one);
    passTime(one);
  }
  const before = snapshot();
  start([rsync, ...argvOf(one)], one.isRoot, environmentOf(one));
  const losses = lossesOf(before, snapshot(), one);
  const run = {
    invocation: parsed.invocation,
    destination: posix.normalize(one.destination).replace(/\/$/, ""),
    world,
    changed: one.meanwhile.map(({ path }) => path.slice(path.indexOf("/") + 1)),
  };
  const kindOf = (loss: Loss) => knownLosses.find(({ is }) => is(loss, run))?.kind;
  // what is written in place is another one under its other names too
  const kindOfTwin = ({ was, now }: Loss) =>
    losses
      .filter((other) => other.was === was && other.now === now)
      .map(kindOf)
      .find((kind) => kind !== undefined);
  const unnamed = losses
    .filter(({ path }) => !named.has(path))
    .map((loss) => ({ ...loss, kind: kindOf(loss) ?? kindOfTwin(loss) ?? unknown }));
  return { refusedFor, losses: losses.length, unnamed };
}

// --- a failure, made small

/** Leaves out whatever can be left out with a loss of that kind. */
async function smallest(found: LossCase, kind: string): Promise<LossCase> {
  let best = found;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const part of ["meanwhile", "options", "entries", "sources"] as const)
      for (let at = best[part].length - 1; at >= (part === "sources" ? 1 : 0); at--) {
        const smaller = { ...best, [part]: best[part].toSpliced(at, 1) };
        if (!(await tryCase(smaller)).unnamed.some((loss) => loss.kind === kind)) continue;
        best = smaller;
        isSmaller = true;
      }
  }
  return best;
}

/** A script for sh, to be run in the cage, in an empty folder, with the shim first on PATH. */
function scriptOf(one: LossCase, losses: readonly Loss[]): Bytes {
  const at = (path: Bytes) => quoteWord(path.startsWith("-") ? `./${path}` : path);
  const make: Record<EntryKind, (entry: Entry) => Bytes> = {
    directory: ({ path, mode: bits }) => `mkdir -p ${at(path)}; chmod ${bits.toString(8)} ${at(path)}`,
    file: ({ path, text }) => `printf %s ${quoteWord(text)} >${at(path)}`,
    symlink: ({ path, text }) => `ln -s ${quoteWord(text.replaceAll("@W@", world))} ${at(path)}`,
    "hard link": ({ path, text }) => `ln ${at(text)} ${at(path)}`,
    fifo: ({ path }) => `mkfifo ${at(path)}`,
    socket: ({ path }) => `: a socket at ${at(path)}`,
    device: ({ path }) => `mknod ${at(path)} c 1 3`,
  };
  const made = (entry: Entry) =>
    [
      `mkdir -p ${at(posix.dirname(entry.path))}`,
      make[entry.kind](entry),
      `touch -hd '2024-01-01 UTC -${entry.age} days' ${at(entry.path)}`,
      ...(entry.owner > 0 ? [`chown -h ${entry.owner}:${entry.owner} ${at(entry.path)}`] : []),
    ].join("; ");
  const words = (argv: readonly Bytes[]) => argv.map(quoteWord).join(" ");
  const { PATH, HOME, XDG_STATE_HOME, XDG_CONFIG_HOME, ...variables } = environmentOf(one);
  return [
    ...one.entries.map(made),
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quoteWord(value)}`),
    ...(one.isRoot ? [] : ["# as user 1000, whose all this is"]),
    `rsync ${words(dryRunOf(argvOf(one)))}`,
    ...one.meanwhile.flatMap((entry) => [`rm -r ${at(entry.path)}`, ...(entry.kind === null ? [] : [made(entry)])]),
    `rsync ${words(argvOf(one))}`,
    ...losses.map(
      ({ path, was, now }) => `# ${JSON.stringify(path)} was ${JSON.stringify(was)}, is ${JSON.stringify(now)}`,
    ),
  ]
    .join("\n")
    .replaceAll(world, "$PWD")
    .replaceAll(folder, "$PWD")
    .replaceAll(/'([^'\n]*\$PWD[^'\n]*)'/g, '"$1"');
}

// --- all cases

async function setUp(): Promise<void> {
  for (const directory of ["home", "config", "bin"]) mkdirSync(join(folder, directory));
  symlinkSync(join(checkout, "shims/rsync"), join(folder, "bin/rsync"));
  symlinkSync(process.execPath, join(folder, "bin/node"));
  writeFileSync(join(folder, "rsh"), '#!/bin/sh\nshift\nexec sh -c "$*"\n', { mode: 0o755 });
  writeFileSync(
    join(folder, "rsyncd.conf"),
    `use chroot = no\nuid = root\ngid = root\n[w]\npath = ${world}\nread only = no\nmunge symlinks = no\n`,
  );
  // how much is deleted is not the question here
  writeFileSync(join(folder, "config/rsync-guard.toml"), '[limits]\nmax_delete = "100%"\n', { mode: 0o644 });
  spawnSync("mkfifo", [join(folder, "fifo")]);
  spawnSync("mknod", [join(folder, "device"), "c", "1", "3"]);
  const server = createServer().listen(join(folder, "s"));
  await new Promise((fulfil) => server.on("listening", fulfil));
  // closing removes the name that it was made with
  linkSync(join(folder, "s"), join(folder, "socket"));
  server.close();
}

/** Tries the case of a seed, in this process's own folder. */
async function trySeed(seed: number): Promise<Tried> {
  const [one] = fc.sample(lossCase, { numRuns: 1, seed });
  if (!one) throw new Error(`no case for ${seed}`);
  const { refusedFor, losses, unnamed } = await tryCase(one);
  const kinds = [...new Set(unnamed.map(({ kind }) => kind))];
  if (!kinds.includes(wanted)) return { refusedFor, losses, kinds, failure: null };
  const small = await smallest(one, wanted);
  return { refusedFor, losses, kinds, failure: scriptOf(small, (await tryCase(small)).unnamed) };
}

/** Worlds that are tried at a time. */
const worlds = 4;

async function tryAll(): Promise<LossReport> {
  const all = join(folder, "worlds");
  mkdirSync(all, { recursive: true });
  for (const directory of [folder, all]) chmodSync(directory, 0o711);
  const tally: Record<"refused" | "known", Record<string, number>> = { refused: {}, known: {} };
  const add = (what: keyof typeof tally, key: string) => {
    tally[what][key] = (tally[what][key] ?? 0) + 1;
  };
  const failures: LossReport["failures"][number][] = [];
  let named = 0;
  const notJudged: number[] = [];
  const end = Number(first) + Number(count);
  let next = Number(first);
  const tryNext = async (own: string) => {
    mkdirSync(own, { mode: 0o711 });
    const ask = asker([], own);
    await ask("setUp", null);
    while (next < end && failures.length < 20) {
      const seed = next++;
      try {
        const { refusedFor, losses, kinds, failure } = (await ask("trySeed", seed)) as Tried;
        if (refusedFor !== null) add("refused", refusedFor);
        if (losses > 0 && kinds.length === 0) named++;
        for (const kind of kinds) if (kind !== unknown) add("known", kind);
        if (failure !== null) failures.push({ seed, script: failure });
      } catch (error) {
        if (!(error instanceof OverTime)) throw error;
        notJudged.push(seed);
      }
    }
  };
  await Promise.all(Array.from({ length: worlds }, (_, at) => tryNext(join(all, `${at}`))));
  return { cases: next - Number(first), ...tally, named, notJudged, failures };
}

// --- processes that do one thing after another

const steps: Readonly<Record<string, (argument: never) => Promise<unknown>>> = { dryRun, liveRefusal, setUp, trySeed };

/** Has another process do a step with what it needs. */
type Ask = (step: string, argument: unknown) => Promise<unknown>;

/** Starts this program anew, in a folder, to do what it is asked. */
function asker(before: readonly string[], cwd: string): Ask {
  const [program = "", ...args] = [...before, process.execPath, ...process.argv.slice(1).with(1, "answer")];
  const child = spawn(program, args, { cwd, stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async (step, argument) => {
    child.stdin.write(`${JSON.stringify({ step, argument })}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`${step} ${JSON.stringify(argument)}: no answer`);
    const { is, isOver } = JSON.parse(value);
    if (isOver) throw new OverTime();
    return is;
  };
}

async function answerAll(): Promise<void> {
  for await (const line of createInterface(process.stdin)) {
    const { step, argument } = JSON.parse(line);
    let answer: { readonly is?: unknown; readonly isOver?: true };
    try {
      answer = { is: await steps[step]?.(argument as never) };
    } catch (error) {
      if (!(error instanceof OverTime)) throw error;
      answer = { isOver: true };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

if (mode === "all") tryAll().then((report) => process.stdout.write(JSON.stringify(report), () => process.exit()));
else answerAll().then(() => process.exit());
