/** Runs in the cage: starts the real rsync with the spy preloaded, once a case, and prints what it reported. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Case, Reading } from "./referee.ts";

const [rsync = "", spy = ""] = process.argv.slice(2);
const folder = process.cwd();
const report = `${folder}/report`;

// a small world, so that files that options name are there
mkdirSync("home");
mkdirSync("world/src", { recursive: true });
mkdirSync("world/dst");
for (const file of ["src/file", "list", "rules"]) writeFileSync(`world/${file}`, "");

function ask({ argv, env }: Case): Reading {
  rmSync(report, { force: true });
  const { status, signal, stderr } = spawnSync(rsync, argv, {
    cwd: `${folder}/world`,
    env: { PATH: "/nonexistent", HOME: `${folder}/home`, ...env, LD_PRELOAD: spy, SPY_REPORT: report },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 20_000,
    killSignal: "SIGKILL",
  });
  const words = reported();
  const one = (key: string) => words[key]?.[0] ?? "";
  const { why: _why, delivered = [], operands = null, started = [], ...variables } = words;
  return {
    why: signal === "SIGKILL" ? "hang" : ((one("why") || "exit") as Reading["why"]),
    code: status ?? 128,
    stderr: stderr.toString(),
    delivered,
    operands,
    started,
    variables: Object.fromEntries(Object.entries(variables).map(([name, [value = ""]]) => [name, value])),
  };
}

/** Key, count, and as many values, each ended by NUL. */
function reported(): Record<string, string[]> {
  let text: string;
  try {
    text = readFileSync(report, "utf8");
  } catch {
    return {};
  }
  const words = text.split("\0");
  const found: Record<string, string[]> = {};
  for (let at = 0; at + 1 < words.length; ) {
    const count = Number(words[at + 1]);
    found[words[at] ?? ""] = words.slice(at + 2, at + 2 + count);
    at += 2 + count;
  }
  return found;
}

const cases: readonly Case[] = JSON.parse(readFileSync("cases.json", "utf8"));
process.stdout.write(JSON.stringify(cases.map(ask)));
