/**
 * Measures plans of large trees: how much longer one takes than the dry run that it is, and how much memory. In small
 * trees both hang on rsync's own end, for it looks for its children's every 20 ms.
 */
import { closeSync, existsSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { type Figures, goal, line, measure, median, type Row, ratio } from "./table.ts";

const nodeShim = join(import.meta.dirname, "../shims/rsync");
const executableShim = join(import.meta.dirname, "../dist/standalone/rsync");

/** Of more files, fewer rounds. */
const roundsOf: ReadonlyMap<number, number> = new Map([
  [1000, 15],
  [10_000, 11],
  [100_000, 10],
]);
const [fewest = 0] = roundsOf.keys();
const most = Math.max(...roundsOf.keys());

const perDirectory = 250;

/** What the run would do, and its operands. */
const states = {
  "all new": ["full/", "empty/"],
  "all deleted": ["one/", "same/"],
  "nothing to do": ["full/", "same/"],
  "a third each deleted and changed": ["other/", "same/"],
} as const;

/** `sizeOf`: how large the file with that number is; null: it isn't there. */
function makeTree(folder: string, files: number, sizeOf: (file: number) => number | null): void {
  for (let first = 0; first < files; first += perDirectory) {
    const directory = join(folder, `directory-${first / perDirectory}`);
    mkdirSync(directory, { recursive: true });
    for (let file = first; file < Math.min(first + perDirectory, files); file++) {
      const size = sizeOf(file);
      if (size === null) continue;
      const path = join(directory, `file-${file}`);
      writeFileSync(path, "x".repeat(size));
      utimesSync(path, 1e9, 1e9);
    }
    utimesSync(directory, 1e9, 1e9);
  }
  utimesSync(folder, 1e9, 1e9);
}

function makeTrees(folder: string, files: number): void {
  for (const name of ["full", "same"]) makeTree(join(folder, name), files, () => 8);
  makeTree(join(folder, "other"), files, (file) => [null, 5, 8][file % 3] ?? null);
  makeTree(join(folder, "one"), 1, () => 8);
  mkdirSync(join(folder, "empty"));
}

/** What a dry run prints in which as many files and directories are deleted. */
function makeStream(path: string, deletions: number): void {
  const fd = openSync(path, "wx");
  for (let entry = 0; entry < deletions; entry += perDirectory) {
    const directory = `*deleting   a-directory-of-many-${entry / perDirectory}/`;
    const lines = Array.from({ length: perDirectory - 1 }, (_, at) => `${directory}file-${entry + at}\n`);
    writeSync(fd, `${lines.join("")}${directory}\n`);
  }
  writeSync(fd, "\nNumber of files: 1 (dir: 1)\n");
  closeSync(fd);
}

interface Build {
  readonly name: string;
  /** What starts planning.ts. */
  readonly planning: Row["command"];
  readonly shim: string;
}

function rowsOf(builds: readonly Build[]): readonly Row[] {
  return Object.entries(states).flatMap(([state, [source, destination]]): readonly Row[] => {
    const args = ["-n", "-a", "--delete", source, destination];
    const itemised = ["--out-format=%i %n%L", "--stats"];
    return [
      { name: `${state}: plain`, command: ["rsync", ...args], prints: "nothing" },
      { name: `${state}: itemised`, command: ["rsync", ...itemised, ...args], prints: "nothing" },
      ...builds.flatMap(({ name, planning, shim }): readonly Row[] => [
        { name: `${state}: ${name}: plan`, command: [...planning, "run", ...args], prints: "figures" },
        { name: `${state}: ${name}: shim`, command: [shim, ...args], prints: "nothing" },
      ]),
    ];
  });
}

function treeTable(builds: readonly Build[], files: number, figures: Figures): string {
  const lines = Object.keys(states).flatMap((state) =>
    builds.map(({ name }) => {
      const row = `${state}: ${name}`;
      const to = (what: string, base: string): number => ratio(figures, `${row}: ${what}`, `${state}: ${base}`);
      const ratios = [to("plan: time", "plain"), to("plan: time", "itemised"), to("shim", "plain")];
      const times = [median(figures, `${state}: plain`), median(figures, `${state}: itemised`)];
      const own = ["plan: time", "shim", "plan: peak"].map((what) => median(figures, `${row}: ${what}`));
      return line(row, [...ratios, ...times, ...own]);
    }),
  );
  const heads = ["plan/n", "plan/n-i", "shim/n", "n, ms", "n-i, ms", "plan, ms", "shim, ms", "plan, MiB"];
  return `\n${line(`${files} files`, heads)}${lines.join("")}`;
}

function treeGoals(builds: readonly Build[], measured: ReadonlyMap<number, Figures>): string {
  const rows = Object.keys(states).flatMap((state) => builds.map(({ name }) => ({ state, row: `${state}: ${name}` })));
  const of = (files: number): Figures => measured.get(files) ?? new Map();
  const larger = (row: string) => median(of(most), `${row}: plan: peak`) / median(of(fewest), `${row}: plan: peak`);
  return [
    ...[...measured].flatMap(([files, figures]) =>
      rows.flatMap(({ state, row }) => [
        goal(
          `${files} files, ${row}: plan / itemised`,
          ratio(figures, `${row}: plan: time`, `${state}: itemised`),
          1.1,
          "",
        ),
        goal(`${files} files, ${row}: dry run / plain`, ratio(figures, `${row}: shim`, `${state}: plain`), 1.25, ""),
      ]),
    ),
    ...rows.map(({ row }) => goal(`${row}: memory for ${most} files / ${fewest}`, larger(row), 1.2, "")),
  ].join("");
}

const bareNode = `process.stdout.write(JSON.stringify({
  peak: /VmHWM:\\s*(\\d+)/.exec(require("fs").readFileSync("/proc/self/status", "latin1"))[1] / 1024,
}))`;

function streamTable(builds: readonly Build[], folder: string): string {
  const stream = join(folder, "stream");
  makeStream(stream, 1e6);
  const figures = measure(
    [
      ...builds.map(
        ({ name, planning }): Row => ({ name, command: [...planning, "stream", stream], prints: "figures" }),
      ),
      { name: "node -e", command: ["node", "-e", bareNode], prints: "figures" },
    ],
    5,
    folder,
  );
  const rows = builds.map(({ name }) =>
    line(name, [median(figures, `${name}: time`), median(figures, `${name}: peak`)]),
  );
  const above = median(figures, "node: peak") - median(figures, "node -e: peak");
  return [
    `\n${line("1000000 deletions, read", ["ms", "MiB"])}${rows.join("")}\n`,
    goal("1000000 deletions: memory of node above a bare one", above, 64, " MiB"),
    ...builds.map(({ name }) => goal(`1000000 deletions: ${name}`, median(figures, `${name}: time`), 2000, " ms")),
  ].join("");
}

const planning = join(import.meta.dirname, "planning.ts");

/** The executable that planBench() measures, where rsync-guard's was made; before the cage, in which none can be. */
export async function buildPlanning(folder: string): Promise<void> {
  if (!existsSync(executableShim)) return;
  // it reads package.json in the current directory, which is another one in the cage
  const { buildExecutable, targets } = await import("../scripts/executable.ts");
  await buildExecutable(planning, join(folder, "planning"), targets.native);
}

export function planBench(folder: string): string {
  const program = join(folder, "planning.cjs");
  buildSync({
    entryPoints: [planning],
    outfile: program,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node18",
  });
  const executable = join(folder, "planning");
  const builds: readonly Build[] = [
    { name: "node", planning: ["node", program], shim: nodeShim },
    ...(existsSync(executable) ? [{ name: "standalone", planning: [executable], shim: executableShim } as const] : []),
  ];
  const measured = new Map(
    [...roundsOf].map(([files, rounds]) => {
      const trees = join(folder, `${files}`);
      makeTrees(trees, files);
      return [files, measure(rowsOf(builds), rounds, trees)] as const;
    }),
  );
  return [
    "\nplans: n is `rsync -n`, n-i the same with the plan's --out-format and --stats, shim a whole dry run; medians\n",
    ...[...measured].map(([files, figures]) => treeTable(builds, files, figures)),
    `\n${treeGoals(builds, measured)}`,
    streamTable(builds, folder),
  ].join("");
}
