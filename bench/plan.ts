/**
 * Measures plans of large trees: how much longer one takes than the dry run that it is, and how much memory. In small
 * trees both hang on rsync's own end, for it looks for its children's every 20 ms.
 */
import { closeSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { type Figures, goal, line, measure, median, type Row, ratio } from "./table.ts";

const shim = join(import.meta.dirname, "../shims/rsync");

/** Of more files, fewer rounds. */
const roundsOf: ReadonlyMap<number, number> = new Map([
  [1000, 15],
  [10_000, 9],
  [100_000, 5],
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

function rowsOf(program: string): readonly Row[] {
  return Object.entries(states).flatMap(([state, [source, destination]]): readonly Row[] => {
    const args = ["-n", "-a", "--delete", source, destination];
    const itemised = ["--out-format=%i %n%L", "--stats"];
    return [
      { name: `${state}: plain`, command: ["rsync", ...args], prints: "nothing" },
      { name: `${state}: itemised`, command: ["rsync", ...itemised, ...args], prints: "nothing" },
      { name: `${state}: plan`, command: ["node", program, "run", ...args], prints: "figures" },
      { name: `${state}: shim`, command: [shim, ...args], prints: "nothing" },
    ];
  });
}

function treeTable(files: number, figures: Figures): string {
  const lines = Object.keys(states).map((state) => {
    const of = (what: string): number => median(figures, `${state}: ${what}`);
    const to = (what: string, base: string): number => ratio(figures, `${state}: ${what}`, `${state}: ${base}`);
    const ratios = [to("plan: time", "plain"), to("plan: time", "itemised"), to("shim", "plain")];
    return line(state, [...ratios, of("plain"), of("itemised"), of("plan: time"), of("shim"), of("plan: peak")]);
  });
  const heads = ["plan/n", "plan/n-i", "shim/n", "n, ms", "n-i, ms", "plan, ms", "shim, ms", "plan, MiB"];
  return `\n${line(`${files} files`, heads)}${lines.join("")}`;
}

function treeGoals(few: Figures, many: Figures): string {
  const names = Object.keys(states);
  const slower = (state: string) => ratio(many, `${state}: plan: time`, `${state}: plain`);
  const larger = (state: string) => median(many, `${state}: plan: peak`) / median(few, `${state}: plan: peak`);
  return [
    ...names.map((state) => goal(`${most} files, ${state}: plan / rsync -n`, slower(state), 1.1, "")),
    ...names.map((state) => goal(`${state}: memory for ${most} files / ${fewest}`, larger(state), 1.2, "")),
  ].join("");
}

const bareNode = `process.stdout.write(JSON.stringify({
  peak: /VmHWM:\\s*(\\d+)/.exec(require("fs").readFileSync("/proc/self/status", "latin1"))[1] / 1024,
}))`;

function streamTable(program: string, folder: string): string {
  const stream = join(folder, "stream");
  makeStream(stream, 1e6);
  const figures = measure(
    [
      { name: "stream", command: ["node", program, "stream", stream], prints: "figures" },
      { name: "node", command: ["node", "-e", bareNode], prints: "figures" },
    ],
    5,
    folder,
  );
  const [peak, bare] = [median(figures, "stream: peak"), median(figures, "node: peak")];
  return [
    `\n${line("1000000 deletions, read", ["ms", "MiB", "node, MiB"])}${line("", [median(figures, "stream: time"), peak, bare])}`,
    `\n${goal("1000000 deletions: memory above bare node", peak - bare, 64, " MiB")}`,
  ].join("");
}

export function planBench(folder: string): string {
  mkdirSync(folder);
  const program = join(folder, "planning.cjs");
  buildSync({
    entryPoints: [join(import.meta.dirname, "planning.ts")],
    outfile: program,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node18",
  });
  const measured = new Map(
    [...roundsOf].map(([files, rounds]) => {
      const trees = join(folder, `${files}`);
      makeTrees(trees, files);
      return [files, measure(rowsOf(program), rounds, trees)] as const;
    }),
  );
  const of = (files: number): Figures => measured.get(files) ?? new Map();
  return [
    "\nplans: n is `rsync -n`, n-i the same with the plan's --out-format and --stats, shim a whole dry run; medians\n",
    ...[...measured].map(([files, figures]) => treeTable(files, figures)),
    `\n${treeGoals(of(fewest), of(most))}`,
    streamTable(program, folder),
  ].join("");
}
