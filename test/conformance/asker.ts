/** Runs in the cage: has the real rsync, with the spy preloaded, read each case, and prints what it reported. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import type { Case, Reading } from "./referee.ts";

const [rsync = "", spy = "", libraries = ""] = process.argv.slice(2);
const folder = process.cwd();
const file = (name: string) => `${folder}/${name}`;

// a small world, so that files that options name are there
mkdirSync("home");
mkdirSync("world/src", { recursive: true });
mkdirSync("world/dst");
for (const name of ["src/file", "list", "rules"]) writeFileSync(`world/${name}`, "");

const counted = (words: readonly string[]): readonly string[] => [String(words.length), ...words];

function wordsFor({ argv, env }: Case): readonly string[] {
  const variables = { PATH: "/nonexistent", HOME: file("home"), ...env };
  return [
    ...counted(["rsync", ...argv]),
    ...counted(Object.entries(variables).map(([name, value]) => `${name}=${value}`)),
  ];
}

const cases: readonly Case[] = JSON.parse(readFileSync("cases.json", "utf8"));
writeFileSync(
  "cases",
  cases
    .flatMap(wordsFor)
    .map((word) => `${word}\0`)
    .join(""),
  "latin1",
);
writeFileSync("reports", "");
const own = { LD_LIBRARY_PATH: libraries };
const [, version = ""] =
  / version v?([\d.]+)/.exec(spawnSync(rsync, ["--version"], { env: own }).stdout.toString()) ?? [];
const { status, stderr } = spawnSync(rsync, [], {
  cwd: file("world"),
  env: {
    ...own,
    LD_PRELOAD: spy,
    // else each child would look up the same symbols again
    LD_BIND_NOW: "1",
    SPY_CASES: file("cases"),
    SPY_REPORT: file("reports"),
    SPY_STDERR: file("stderr"),
  },
  stdio: ["ignore", "ignore", "pipe"],
});
if (status !== 0) throw new Error(`the spy ended with ${status}: ${stderr}`);

type Words = Record<string, string[]>;

/** Key, count, and as many values; a case's last key is `end`. */
function* reported(): Generator<Words> {
  const words = readFileSync("reports", "latin1").split("\0");
  let found: Words = {};
  for (let at = 0; at + 1 < words.length; ) {
    const [key = "", count] = [words[at], Number(words[at + 1])];
    if (key === "end of case") {
      yield found;
      found = {};
    } else found[key] = words.slice(at + 2, at + 2 + count);
    at += 2 + count;
  }
}

const childs = "child's ";

const variablesOf = (words: Words, isWanted: (name: string) => boolean): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(words)
      .filter(([name]) => isWanted(name))
      .map(([name, [value = ""]]) => [name.replace(childs, ""), value]),
  );

/** For more processor time than any case takes that ends by itself. */
const killedForTime: ReadonlySet<number> = new Set([constants.signals.SIGVTALRM, constants.signals.SIGKILL]);

function readingOf(words: Words): Reading {
  const { "exit status": status, "standard error": stderr, ...said } = words;
  const { why, delivered = [], operands = null, started = [], ...variables } = said;
  const code = Number(status?.[0]);
  return {
    version,
    why: killedForTime.has(-code) ? "hang" : ((why?.[0] ?? "exit") as Reading["why"]),
    code,
    stderr: stderr?.[0] ?? "",
    delivered,
    operands,
    started,
    variables: variablesOf(variables, (name) => !name.startsWith(childs)),
    childs: variablesOf(variables, (name) => name.startsWith(childs)),
  };
}

process.stdout.write(JSON.stringify([...reported()].map(readingOf)));
