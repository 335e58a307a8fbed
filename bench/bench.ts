/**
 * Measures how long a command takes until the real rsync's first instruction, side by side: A B C A B C …, so that
 * what else the machine does hits all alike. Says whether the goals are met; a slow machine is no failure.
 *
 *     npm run bench
 *
 * A program that does nothing stands in for the real rsync, so that a command's whole time is the time until then.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

const root = join(import.meta.dirname, "..");
const shim = join(root, "shims/rsync");
const rrsync = "/usr/bin/rrsync";
const rounds = 40;

interface Row {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** It prints its own figures, in milliseconds by name. */
  readonly prints?: true;
}

/** Times in milliseconds, one a round, by what was measured. */
type Figures = ReadonlyMap<string, readonly number[]>;

function run([program, ...args]: Row["command"], folder: string): string {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    cwd: folder,
    encoding: "utf8",
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

/** Puts what the rows need into the folder. */
function prepare(folder: string): { readonly commands: readonly Row[]; readonly decisions: readonly Row[] } {
  const at = (name: string): string => join(folder, name);
  for (const name of ["bin", "build", "live"]) mkdirSync(at(name));
  for (const file of ["build/page", "live/page", "empty.cjs"]) writeFileSync(at(file), "");
  const standIn = at("bin/rsync");
  copyFileSync("/bin/true", standIn);
  buildSync({
    entryPoints: [join(import.meta.dirname, "decision.ts")],
    outfile: at("decision.cjs"),
    bundle: true,
    minify: true,
    platform: "node",
    target: "node18",
    banner: { js: "const benchStart = process.hrtime.bigint();" },
  });
  const copy = ["-a", "build/", "new/"];
  const deleting = ["-a", "--delete", "build/", "live/"];
  const dryRun = ["-n", ...deleting];
  // the live runs need its approval
  run([shim, ...dryRun], folder);
  const commands: Row[] = [
    { name: "the real rsync alone", command: [standIn, ...copy] },
    { name: "shim: copy to a new directory", command: [shim, ...copy] },
    { name: "shim: --delete, approved", command: [shim, ...deleting] },
    { name: "shim: dry run and its recording", command: [shim, ...dryRun] },
    { name: "node -e 0", command: ["node", "-e", "0"] },
    { name: "node, an empty .cjs", command: ["node", at("empty.cjs")] },
  ];
  if (existsSync(rrsync)) {
    writeFileSync(at("rrsync"), readFileSync(rrsync, "utf8").replace("/usr/bin/rsync", standIn), { mode: 0o755 });
    commands.push({ name: "rrsync", command: [at("rrsync"), "-no-lock", at("live")] });
  }
  const decisions = Object.entries({ copy, "--delete": deleting }).flatMap(([name, args]): Row[] =>
    ["whole", "parts"].map((what) => ({ name, command: ["node", at("decision.cjs"), what, ...args], prints: true })),
  );
  return { commands, decisions };
}

function measure(rows: readonly Row[], folder: string): Figures {
  const figures = new Map<string, number[]>();
  const add = (name: string, time: number) => figures.set(name, [...(figures.get(name) ?? []), time]);
  // the first round warms the page cache and is not counted
  for (let round = 0; round <= rounds; round++)
    for (const { name, command, prints } of rows) {
      const start = performance.now();
      const stdout = run(command, folder);
      const time = performance.now() - start;
      if (round === 0) continue;
      if (!prints) add(name, time);
      else for (const [part, took] of Object.entries<number>(JSON.parse(stdout))) add(`${name}: ${part}`, took);
    }
  return figures;
}

const quantile = (times: readonly number[] = [], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.round((times.length - 1) * share)] ?? Number.NaN;

/** The ratios are to the first row. */
function table(title: string, figures: Figures): string {
  const cells = (values: readonly string[]) => values.map((value) => value.padStart(9)).join("");
  const base = quantile([...figures.values()][0], 0.5);
  const lines = [...figures].map(([name, times]) => {
    const median = quantile(times, 0.5);
    const values = [median, quantile(times, 0.1), quantile(times, 0.9), median / base];
    return `${name.padEnd(34)}${cells(values.map((value) => value.toFixed(2)))}\n`;
  });
  return `\n${title.padEnd(34)}${cells(["median", "p10", "p90", "ratio"])}\n${lines.join("")}`;
}

function goals(commands: Figures, decisions: Figures): string {
  const median = (figures: Figures, name: string): number => quantile(figures.get(name), 0.5);
  const bare = median(commands, "node -e 0");
  const over = (name: string) => [`${name}, more than node -e 0`, median(commands, name) - bare, 12] as const;
  const decision = (name: string) =>
    [
      `${name}: parse, facts and rules`,
      median(decisions, `${name}: parse`) + median(decisions, `${name}: facts and rules`),
      3,
    ] as const;
  const checked = [
    over("shim: copy to a new directory"),
    over("shim: --delete, approved"),
    decision("copy"),
    decision("--delete"),
  ];
  return checked
    .map(([name, value, limit]) => {
      const verdict = value <= limit ? "met" : "not met";
      return `${verdict.padEnd(8)} ${name}: ${value.toFixed(2)} ms, goal ≤ ${limit} ms\n`;
    })
    .join("");
}

function bench(folder: string): string {
  const [version = ""] = run(["/usr/bin/rsync", "--version"], folder).split("\n");
  const { commands, decisions } = prepare(folder);
  const figures = measure([...commands, ...decisions], folder);
  const isCommand = (name: string) => commands.some((row) => row.name === name);
  const ofCommands = new Map([...figures].filter(([name]) => isCommand(name)));
  const ofDecisions = new Map([...figures].filter(([name]) => !isCommand(name)));
  return [
    `node ${process.version}, ${version.replace(/ +/g, " ")}, ${rounds} rounds\n`,
    table("until the real rsync starts, ms", ofCommands),
    table("the decision in a new process, ms", ofDecisions),
    `\n${goals(ofCommands, ofDecisions)}`,
  ].join("");
}

const [, own = "", folder] = process.argv;
if (folder === undefined) {
  // the process that measures is in the cage itself, so that the cage's own cost is not measured
  const made = mkdtempSync(join(tmpdir(), "bench-"));
  const caged = [made, process.execPath, ...process.execArgv, own, made];
  process.exitCode = spawnSync(join(root, "test/cage"), caged, { stdio: "inherit" }).status ?? 1;
  rmSync(made, { recursive: true });
} else process.stdout.write(bench(folder));
