/**
 * Measures how long a command takes until the real rsync's first instruction, and then plans (plan.ts). Says whether
 * the goals are met; a slow machine is no failure.
 *
 *     npm run bench
 *
 * For the first, a program that does nothing stands in for the real rsync (as a dry run it says that there is nothing
 * to do): a command's whole time is the time until then.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { buildPlanning, planBench } from "./plan.ts";
import { benchPush } from "./push.ts";
import { type Figures, goal, line, measure, median, type Row, ratio, run, table } from "./table.ts";

const root = join(import.meta.dirname, "..");
/** By build, what starts the command rsync-guard; the executable is measured where it was made (build:standalone). */
const programs = Object.entries({ node: ["node", "dist/cli.cjs"], standalone: ["dist/standalone/rsync-guard"] })
  .map(([build, words]) => ({ build, words: words.map((word) => (word === "node" ? word : join(root, word))) }))
  .filter(({ words }) => existsSync(words.at(-1) ?? ""));

const rrsync = "/usr/bin/rrsync";
const rounds = 40;

/** Puts what the rows need into the folder. */
function prepare(folder: string): { readonly commands: readonly Row[]; readonly decisions: readonly Row[] } {
  const at = (name: string): string => join(folder, name);
  for (const name of ["bin", "build", "live", "etc"]) mkdirSync(at(name));
  for (const file of ["build/page", "live/page", "empty.cjs"]) writeFileSync(at(file), "");
  writeFileSync(at("etc/rsync-guard.toml"), 'protect = ["/srv/shared"]\n', { mode: 0o644 });
  const standIn = at("bin/rsync");
  writeFileSync(standIn, '#!/bin/sh\n[ "$1" != -n ] || echo "Number of files: 1 (dir: 1)"\n', { mode: 0o755 });
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
  // as on a host: a shim that was installed knows where all is
  const shims = programs.map(({ build, words: [program = "", ...words] }) => {
    run({ command: [program, ...words, "install", "--bin-dir", at(build)] }, folder);
    return { build, shim: join(at(build), "rsync") };
  });
  // the live runs need its approval
  for (const { shim } of shims) run({ command: [shim, ...dryRun] }, folder);
  const commands: Row[] = [
    { name: "the real rsync alone", command: [standIn, ...copy] },
    ...shims.flatMap(({ build, shim }): Row[] => [
      { name: `${build}: copy to a new directory`, command: [shim, ...copy] },
      { name: `${build}: the same, configured`, command: ["env", `XDG_CONFIG_HOME=${at("etc")}`, shim, ...copy] },
      { name: `${build}: --delete, approved`, command: [shim, ...deleting] },
      { name: `${build}: dry run and its recording`, command: [shim, ...dryRun] },
    ]),
    { name: "node -e 0", command: ["node", "-e", "0"] },
    { name: "node, an empty .cjs", command: ["node", at("empty.cjs")] },
  ];
  if (existsSync(rrsync)) {
    writeFileSync(at("rrsync"), readFileSync(rrsync, "utf8").replace("/usr/bin/rsync", standIn), { mode: 0o755 });
    commands.push({ name: "rrsync", command: [at("rrsync"), "-no-lock", at("live")] });
  }
  const decisions = Object.entries({ copy, "--delete": deleting }).flatMap(([name, args]): Row[] =>
    ["whole", "parts"].map((what) => ({
      name,
      command: ["node", at("decision.cjs"), what, ...args],
      prints: "figures",
    })),
  );
  return { commands, decisions };
}

function goals(commands: Figures, decisions: Figures): string {
  const over = (name: string, base: string) =>
    goal(`${name}, more than ${base}`, median(commands, name) - median(commands, base), 12, " ms");
  const runs = ["copy to a new directory", "--delete, approved"];
  const decision = (name: string) => {
    const time = median(decisions, `${name}: parse`) + median(decisions, `${name}: facts and rules`);
    return goal(`${name}: parse, facts and rules`, time, 3, " ms");
  };
  return [
    ...runs.map((name) => over(`node: ${name}`, "node -e 0")),
    ...(programs.length > 1 ? runs : []).flatMap((name) => [
      over(`standalone: ${name}`, "the real rsync alone"),
      ...(existsSync(rrsync)
        ? [goal(`standalone: ${name} / rrsync`, ratio(commands, `standalone: ${name}`, "rrsync"), 0.35, "")]
        : []),
    ]),
    decision("copy"),
    decision("--delete"),
  ].join("");
}

/** GNU time tells a process's peak; not every host has it. */
const gnuTime = "/usr/bin/time";

/** Peak memory of one decision, in MiB. */
function memory(folder: string): string {
  if (!existsSync(gnuTime)) return "";
  const peaks = programs.map(({ words }) => {
    const guard = words.map((word) => `'${word.replace("cli.cjs", "guard.cjs")}'`).join(" ");
    const script = `${gnuTime} -f %M ${guard} decide '' '' -a build/ new/ 2>&1 >/dev/null 9>/dev/null`;
    return Number(run({ command: ["sh", "-c", script] }, folder)) / 1024;
  });
  return `\n${line(
    "peak memory of a decision, MiB",
    programs.map(({ build }) => build),
  )}${line("", peaks)}`;
}

function startUp(folder: string): string {
  const [version = ""] = run({ command: ["/usr/bin/rsync", "--version"] }, folder).split("\n");
  const { commands, decisions } = prepare(folder);
  const figures = measure([...commands, ...decisions], rounds, folder);
  const isCommand = (name: string) => commands.some((row) => row.name === name);
  const ofCommands = new Map([...figures].filter(([name]) => isCommand(name)));
  const ofDecisions = new Map([...figures].filter(([name]) => !isCommand(name)));
  return [
    `node ${process.version}, ${version.replace(/ +/g, " ")}, ${rounds} rounds\n`,
    table("until the real rsync starts, ms", ofCommands),
    table("the decision in a new process, ms", ofDecisions),
    memory(folder),
    `\n${goals(ofCommands, ofDecisions)}`,
  ].join("");
}

const [, own = "", folder] = process.argv;
if (folder === undefined) {
  // the process that measures is in the cage itself, so that the cage's own cost is not measured
  const made = mkdtempSync(join(tmpdir(), "bench-"));
  const plans = join(made, "plan");
  mkdirSync(plans);
  await buildPlanning(plans);
  const caged = [made, process.execPath, ...process.execArgv, own, made];
  process.exitCode = spawnSync(join(root, "test/cage"), caged, { stdio: "inherit" }).status ?? 1;
  rmSync(made, { recursive: true });
} else {
  process.stdout.write(startUp(folder));
  process.stdout.write(planBench(join(folder, "plan")));
  process.stdout.write(await benchPush(folder));
}
