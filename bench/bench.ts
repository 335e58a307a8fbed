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
import { planBench } from "./plan.ts";
import { benchPush } from "./push.ts";
import { type Figures, goal, measure, median, type Row, run, table } from "./table.ts";

const root = join(import.meta.dirname, "..");
const shim = join(root, "shims/rsync");
const rrsync = "/usr/bin/rrsync";
const rounds = 40;

/** Puts what the rows need into the folder. */
function prepare(folder: string): { readonly commands: readonly Row[]; readonly decisions: readonly Row[] } {
  const at = (name: string): string => join(folder, name);
  for (const name of ["bin", "build", "live"]) mkdirSync(at(name));
  for (const file of ["build/page", "live/page", "empty.cjs"]) writeFileSync(at(file), "");
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
  // the live runs need its approval
  run({ command: [shim, ...dryRun] }, folder);
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
    ["whole", "parts"].map((what) => ({
      name,
      command: ["node", at("decision.cjs"), what, ...args],
      prints: "figures",
    })),
  );
  return { commands, decisions };
}

function goals(commands: Figures, decisions: Figures): string {
  const bare = median(commands, "node -e 0");
  const over = (name: string) => goal(`${name}, more than node -e 0`, median(commands, name) - bare, 12, " ms");
  const decision = (name: string) => {
    const time = median(decisions, `${name}: parse`) + median(decisions, `${name}: facts and rules`);
    return goal(`${name}: parse, facts and rules`, time, 3, " ms");
  };
  return [
    over("shim: copy to a new directory"),
    over("shim: --delete, approved"),
    decision("copy"),
    decision("--delete"),
  ].join("");
}

async function bench(folder: string): Promise<string> {
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
    `\n${goals(ofCommands, ofDecisions)}`,
    planBench(join(folder, "plan")),
    await benchPush(folder),
  ].join("");
}

const [, own = "", folder] = process.argv;
if (folder === undefined) {
  // the process that measures is in the cage itself, so that the cage's own cost is not measured
  const made = mkdtempSync(join(tmpdir(), "bench-"));
  const caged = [made, process.execPath, ...process.execArgv, own, made];
  process.exitCode = spawnSync(join(root, "test/cage"), caged, { stdio: "inherit" }).status ?? 1;
  rmSync(made, { recursive: true });
} else process.stdout.write(await bench(folder));
