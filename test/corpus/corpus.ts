/**
 * Measures the static rules on real command lines: how many ordinary ones they refuse, and how many of those with one
 * variable emptied they stop before any dry run. Explains each in this process; runs none.
 *
 *     npm run corpus [-- FILE]      one JSON object a line: argv, dest_class, deletes, emptied[].{argv, danger, severity}
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesOf } from "../../src/core/bytes.ts";
import { commandText } from "../../src/core/words/command-text.ts";
import { commandLineOf } from "../../src/io/command-line.ts";
import { decide } from "../../src/io/decide.ts";

interface Row {
  readonly id: string;
  readonly argv: readonly string[];
  readonly dest_class: string;
  readonly emptied: readonly { readonly argv: readonly string[]; readonly danger: string; readonly severity: string }[];
}

const file = process.argv[2] ?? join(import.meta.dirname, "commands.jsonl");
const dryRunCodes = new Set(["no-dry-run", "stale-dry-run", "other-session", "changed-since-dry-run"]);
const rows: readonly Row[] = readFileSync(file, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));

// relative paths lead into a folder that holds one file
const folder = mkdtempSync(join(tmpdir(), "corpus-"));
writeFileSync(join(folder, "file"), "");
process.chdir(folder);

const staticCodes = async (argv: readonly string[]): Promise<readonly string[]> => {
  const env = { PATH: process.env["PATH"] };
  const command = commandLineOf(argv.slice(1).map(bytesOf), env);
  const { refusals, verdict } = await decide(command, env, { shim: null, real: null });
  // a dry run is not refused; what is listed for it is for its live run
  return verdict === "refuse" ? refusals.map(({ code }) => code).filter((code) => !dryRunCodes.has(code)) : [];
};

const text = (argv: readonly string[]): string => commandText(argv.slice(1).map(bytesOf));
const share = (part: number, whole: number): string => `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;

const wrong: string[] = [];
const counts = { ordinary: 0, refused: 0, dangerous: 0, stopped: 0, destructive: 0, destructiveStopped: 0 };
for (const { id, argv, dest_class, emptied } of rows) {
  if (dest_class === "ordinary" || dest_class === "daemon") {
    counts.ordinary++;
    const codes = await staticCodes(argv);
    if (codes.length > 0) {
      counts.refused++;
      wrong.push(`refused  ${id}  ${[...new Set(codes)].join(",")}  ${text(argv)}`);
    }
  }
  for (const { argv: broken, danger, severity } of emptied) {
    if (danger === "none" || danger === "lists-only" || severity === "dry-run") continue;
    const destructive = severity.startsWith("destructive");
    const stopped = (await staticCodes(broken)).length > 0;
    counts.dangerous++;
    if (stopped) counts.stopped++;
    if (destructive) counts.destructive++;
    if (destructive && stopped) counts.destructiveStopped++;
    if (!stopped) wrong.push(`passed   ${id}  ${danger}/${severity}  ${text(broken)}`);
  }
}
rmSync(folder, { recursive: true });

console.log(wrong.sort().join("\n"));
console.log(`
false refusals         ${share(counts.refused, counts.ordinary)}   goal: at most 1 %
stopped, all           ${share(counts.stopped, counts.dangerous)}   goal: at least 75 %
stopped, destructive   ${share(counts.destructiveStopped, counts.destructive)}   goal: at least 88 %`);
