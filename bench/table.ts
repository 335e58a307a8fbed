/** Measures commands side by side, A B C A B C …, so that what else the machine does hits all alike; prints tables. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

export interface Row {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** It prints its own figures by name; without this, its time is measured; `nothing`: its output goes to /dev/null. */
  readonly prints?: "figures" | "nothing";
}

/** Milliseconds or what a row prints, one a round, by what was measured. */
export type Figures = ReadonlyMap<string, readonly number[]>;

export function run({ command, prints }: Omit<Row, "name">, folder: string): string {
  const [program, ...args] = command;
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["pipe", prints === "nothing" ? "ignore" : "pipe", "pipe"],
    env: {
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
      XDG_CONFIG_HOME: join(folder, "config"),
      XDG_STATE_HOME: join(folder, "state"),
      SSH_ORIGINAL_COMMAND: "rsync --server -logDtpre.iLsfxCIvu . .",
    },
  });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")} ended with ${status ?? signal ?? error?.message}: ${stderr}`);
}

export function measure(rows: readonly Row[], rounds: number, folder: string): Figures {
  const figures = new Map<string, number[]>();
  const add = (name: string, figure: number) => figures.set(name, [...(figures.get(name) ?? []), figure]);
  // the first round warms the page cache and is not counted
  for (let round = 0; round <= rounds; round++)
    for (const row of rows) {
      const start = performance.now();
      const stdout = run(row, folder);
      const time = performance.now() - start;
      if (round === 0) continue;
      if (row.prints !== "figures") add(row.name, time);
      else for (const [part, figure] of Object.entries<number>(JSON.parse(stdout))) add(`${row.name}: ${part}`, figure);
    }
  return figures;
}

export const quantile = (figures: readonly number[] = [], share: number): number =>
  [...figures].sort((a, b) => a - b)[Math.round((figures.length - 1) * share)] ?? Number.NaN;

export const median = (figures: Figures, name: string): number => quantile(figures.get(name), 0.5);

/** How many times as much as the base; round by round, for the machine's load changes. */
export const ratio = (figures: Figures, name: string, base: string): number =>
  quantile(
    figures.get(name)?.map((figure, round) => figure / (figures.get(base)?.[round] ?? Number.NaN)),
    0.5,
  );

/** A line of a name and cells. */
export const line = (name: string, values: readonly (string | number)[]): string =>
  `${name.padEnd(34)}${values.map((value) => (typeof value === "number" ? value.toFixed(2) : value).padStart(10)).join("")}\n`;

/** The ratios are to the first row. */
export function table(title: string, figures: Figures): string {
  const base = quantile([...figures.values()][0], 0.5);
  const lines = [...figures].map(([name, times]) => {
    const middle = quantile(times, 0.5);
    return line(name, [middle, quantile(times, 0.1), quantile(times, 0.9), middle / base]);
  });
  return `\n${line(title, ["median", "p10", "p90", "ratio"])}${lines.join("")}`;
}

export const goal = (name: string, value: number, limit: number, unit: string): string =>
  `${(value <= limit ? "met" : "not met").padEnd(8)} ${name}: ${value.toFixed(2)}${unit}, goal ≤ ${limit}${unit}\n`;
