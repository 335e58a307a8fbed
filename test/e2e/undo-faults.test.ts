/** Deploys and undoes at random while faults are injected: whatever was in the target is there, or can be brought back. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { rsyncs } from "../conformance/referee.ts";
import { program } from "../support/build.ts";
import { faults as interrupter } from "../support/program.ts";
import { test, type World } from "../support/world.ts";

/** Seconds; the tests make do with a few steps. */
const seconds = Number(process.env["RSYNC_GUARD_UNDO_SECONDS"] ?? 0);
const seed = Number(process.env["RSYNC_GUARD_UNDO_SEED"] ?? 16);
const stepsPerWorld = seconds > 0 ? 30 : 12;

/** mulberry32 */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Path → what is there; rsync's own temporary files, which a kill leaves behind, are left out. */
function contents(top: string, below = ""): Map<string, string> {
  const found = new Map<string, string>();
  const at = join(top, below);
  if (!existsSync(at)) return found;
  for (const name of readdirSync(at)) {
    const path = join(below, name);
    const stats = lstatSync(join(top, path));
    if (/^\..*\.\w{6}$|^\.~tmp~$/.test(name)) continue;
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isDirectory()) {
      found.set(path, `${mode}/`);
      for (const [one, what] of contents(top, path)) found.set(one, what);
    } else if (stats.isSymbolicLink()) found.set(path, `-> ${readlinkSync(join(top, path))}`);
    else found.set(path, `${mode} ${stats.mtimeMs} ${readFileSync(join(top, path), "latin1")}`);
  }
  return found;
}

/** What files and symlinks hold, wherever they are: no two versions of a file hold the same. */
const versionsIn = (found: ReadonlyMap<string, string>): readonly string[] =>
  [...found.values()].flatMap((what) => /(?:-> | )v\d+$/.exec(what)?.map((one) => one.trim()) ?? []);

/** rsync removes a symlink though it could not set it aside; a file it leaves. */
const losesLinks = ["the folder can't be written", "a file in the folder's place"];

const options = [
  "-a --delete",
  "-a --delete",
  "-a",
  "-a --delete --inplace",
  "-a --delete-after",
  "-a --delete --delay-updates",
  "-ac --delete --force",
  "-aH --delete-delay --no-W",
];

/** In place of the real rsync: what stands in the file `between` happens when the guard has answered. */
const behind = (rsync: string): string => `#!/bin/sh
case " $* " in *" --backup "*) [ ! -e "$BETWEEN" ] || . "$BETWEEN" ;; esac
exec ${rsync} "$@"
`;

const newest = 'newest=$(ls -d "$PWD"/state/rsync-guard/set-aside/2* "$PWD"/disk/undo/2* 2>/dev/null | tail -1)';

/** In the guard, not in the rsync that the shim becomes. */
const interrupted = (run: string): string =>
  `${run.startsWith("rsync ") ? "FAULT_IN=decide " : ""}${interrupter()} ${run}`;

/** What happens to a run. `run`: its command line; `pick`: up to so much. */
const faults: Readonly<Record<string, (run: string, pick: (most: number) => number) => string>> = {
  none: (run) => run,
  "killed half-way": (run, pick) =>
    `${run} --bwlimit=60 & run=$!; sleep 0.${pick(5)}${pick(10)}; pkill -9 -P $run; kill -9 $run; wait`,
  // of two runs that set aside at once, not all can be brought back: with undo.required one is refused
  "two at once": (run) => `${run} & ${run.replace("src/", "other/")} & wait`,
  "an undo meanwhile": (run, pick) =>
    `id=$(ls state/rsync-guard/undo | sed -n ${1 + pick(4)}p); ${run} --bwlimit=60 & sleep 0.${pick(5)}; ${program} undo $id --created --force --yes; wait`,
  "the folder can't be written": (run) =>
    `echo '${newest}; chattr +i $newest' >between; ${run}; chattr -i -R state/rsync-guard/set-aside; rm between`,
  "the folder is gone": (run) =>
    `echo '${newest}; mv $newest gone' >between; ${run}; mv gone/* $newest/; rm -rf gone between`,
  "a file in the folder's place": (run) =>
    `echo '${newest}; rm -rf $newest; echo >$newest' >between; ${run}; rm between`,
  "the guard is killed": (run, pick) => `FAULT=kill FAULT_AT=${1 + pick(12)} ${interrupted(run)}`,
  "no space for the record": (run, pick) => `FAULT=ENOSPC FAULT_AT=${1 + pick(12)} ${interrupted(run)}`,
};

class Loop {
  readonly #world: World;
  readonly #random: () => number;
  #versions = 0;
  readonly counts = new Map<string, number>();

  constructor(world: World, random: () => number) {
    this.#world = world;
    this.#random = random;
  }

  pick(most: number): number {
    return Math.floor(this.#random() * most);
  }

  oneOf<T>(all: readonly T[]): T {
    return all[this.pick(all.length)] as T;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  at(path: string): string {
    return join(this.#world.folder, path);
  }

  /** Changes a few entries of a source: files, symlinks and directories take each other's places. */
  change(source: string): void {
    for (let n = 2 + this.pick(6); n > 0; n--) {
      let path = this.at(source);
      for (const letter of ["a", "b", "c"].slice(0, 1 + this.pick(3))) {
        if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(path);
        path = join(path, letter + this.pick(4));
      }
      rmSync(path, { recursive: true, force: true });
      mkdirSync(dirname(path), { recursive: true });
      const version = `v${this.#versions++}`;
      const kind = this.pick(8);
      if (kind === 0) symlinkSync(version, path);
      else if (kind === 1) mkdirSync(path);
      else if (kind < 7) {
        writeFileSync(path, `${" ".repeat(this.oneOf([10, 10, 20_000]))}${version}`, {
          mode: this.oneOf([0o600, 0o755]),
        });
        // rsync's copy of a file keeps its time, but for parts of the second in which it is made
        const seconds = 1.6e9 + this.pick(1e6) + this.pick(1000) / 1000;
        utimesSync(path, seconds, seconds);
      }
    }
  }

  kept(): ReadonlySet<string> {
    return new Set([
      ...versionsIn(contents(this.at("dst"))),
      ...versionsIn(contents(this.at("state/rsync-guard/set-aside"))),
    ]);
  }

  runs(): readonly string[] {
    const directory = this.at("state/rsync-guard/undo");
    return existsSync(directory) ? readdirSync(directory).sort() : [];
  }

  /** One run or undo, and what has to be true of it. */
  async step(): Promise<string> {
    const before = contents(this.at("dst"));
    const had = this.kept();
    const runsBefore = this.runs();
    const [fault, script, isUndo] = this.next();
    const run = `${isUndo ? "undo" : "run"}, ${fault}`;
    const config = script.includes("& wait") || script.includes("bwlimit") ? "strict" : "config";
    const env = {
      XDG_CONFIG_HOME: this.at(config),
      PATH: `${this.at("bin")}:${this.at("real")}:/usr/bin:/bin`,
      BETWEEN: this.at("between"),
    };
    const outcome = await this.#world.sh(script, env);
    const has = this.kept();
    expect(
      [...had].filter((version) => !has.has(version) && !(version.startsWith("->") && losesLinks.includes(fault))),
      `${run}: lost by ${script}\n${outcome.stderr}`,
    ).toEqual([]);
    this.count(run);
    if (isUndo || !["none", "killed half-way"].includes(fault) || this.pick(2) > 0) return run;
    const id = this.runs().find((one) => !runsBefore.includes(one));
    // killed before the guard had answered
    if (id === undefined) return run;
    const undone = await this.#world.sh(`${program} undo ${id} --created --force --yes`);
    const after = contents(this.at("dst"));
    const missing = [...before].filter(([path, what]) => after.get(path) !== what);
    expect(missing, `${script}\nundo ${id}: ${undone.stdout}${undone.stderr}`).toEqual([]);
    // of a run that was killed, its temporary files stay, and the directories that they are in
    if (fault === "none") expect({ after, code: undone.code }).toEqual({ after: before, code: 0 });
    this.count(`${run}, undone at once and compared`);
    return run;
  }

  next(): readonly [fault: string, script: string, isUndo: boolean] {
    const runs = this.runs();
    if (runs.length > 0 && this.pick(4) === 0) {
      const flags = ["--created", "--force"].filter(() => this.pick(2) === 0).join(" ");
      const undo = `${program} undo ${this.oneOf(runs)} ${flags} --yes`;
      const fault = this.oneOf(["none", "none", "the guard is killed", "no space for the record"]);
      return [fault, faults[fault]?.(undo, (most) => this.pick(most)) ?? "", true];
    }
    this.change("src");
    this.change("other");
    const fault = this.oneOf(["none", "none", ...Object.keys(faults)]);
    return [fault, faults[fault]?.(`rsync ${this.oneOf(options)} src/ dst/`, (most) => this.pick(most)) ?? "", false];
  }
}

const troubles = [
  // leaves too little for a copy, which --inplace makes
  {
    what: "full",
    run: "rsync -a --inplace --delete src/ disk/dst/",
    trouble: "head -c 10000000 /dev/zero >disk/fill; truncate -s -8192 disk/fill",
    end: "rm disk/fill",
  },
  {
    what: "not to be written to",
    run: "rsync -a --delete src/ dst/",
    trouble: `echo '${newest}; chattr +i $newest' >between`,
    end: "chattr -i disk/undo/2*; rm between",
  },
];

test.for(rsyncs().flatMap((rsync) => troubles.map((row) => ({ ...row, rsync }))))(
  "a folder that is $what, $rsync: no file is lost, and an undo brings all back",
  async ({ rsync, what, run, trouble, end }, { world }) => {
    const { folder } = world;
    const size = 30_000;
    world.make({
      "src/a": "A".repeat(size),
      "src/d/b": "B".repeat(size),
      "real/rsync": behind(rsync),
      "config/rsync-guard.toml": `[dry_run]\nrequired = "never"\n[undo]\nkeep_for = "7d"\ndirectory = "${folder}/disk/undo"\n`,
      "disk/": "",
    });
    const script = `chmod +x real/rsync; mkdir -p disk/dst/d; for f in a d/b d/c e; do echo $f >disk/dst/$f; done; cp -a disk/dst before
      ${trouble} 2>/dev/null; ${run.replace(" dst/", " disk/dst/")}; echo $?; ${end}
      diff -r before disk/dst >/dev/null; ${program} undo $(ls state/rsync-guard/undo) --created --force --yes >/dev/null; diff -r before disk/dst && echo back`;
    const small =
      what === "full" ? ["bwrap", "--dev-bind", "/", "/", "--size", "400000", "--tmpfs", `${folder}/disk`] : [];
    const env = { PATH: `${folder}/bin:${folder}/real:/usr/bin:/bin`, BETWEEN: `${folder}/between` };
    const { stdout, stderr } = await world.sh(script, env, small);
    expect(stdout, stderr).toMatch(/^(11|23)\nback\n$/);
  },
);

test("a run, its undo and a fault, at random: nothing that was there is lost", {
  timeout: seconds * 1000 + 120_000,
}, async ({ world }) => {
  const random = randomOf(seed);
  const end = performance.now() + seconds * 1000;
  const totals = new Map<string, number>();
  do {
    for (const name of ["src", "other", "dst", "state"])
      rmSync(join(world.folder, name), { recursive: true, force: true });
    for (const name of ["src", "other", "dst", "real", "config", "strict"])
      mkdirSync(join(world.folder, name), { recursive: true });
    writeFileSync(join(world.folder, "real/rsync"), behind("/usr/bin/rsync"), { mode: 0o755 });
    for (const [name, required] of [
      ["config", false],
      ["strict", true],
    ])
      writeFileSync(
        join(world.folder, `${name}/rsync-guard.toml`),
        `[dry_run]\nrequired = "never"\n[undo]\nkeep_for = "7d"\nmax_size = "90%"\nrequired = ${required}\n`,
      );
    const loop = new Loop(world, random);
    loop.change("dst");
    for (let step = 0; step < stepsPerWorld && (seconds === 0 || performance.now() < end); step++) await loop.step();
    for (const [what, count] of loop.counts) totals.set(what, (totals.get(what) ?? 0) + count);
  } while (performance.now() < end);
  if (seconds > 0)
    console.log(
      [...totals]
        .sort()
        .map(([what, count]) => `${String(count).padStart(6)} ${what}`)
        .join("\n"),
    );
});
