/**
 * Measures what the rules stop, and what they cost: on real command lines, on replayed accidents, and on steps from
 * release to release of published packages, whose listings npm gets once. All that runs rsync does so in the cage.
 *
 *     npm run corpus [-- [--verbose] [--write] [SET…]]      sets: commands, accidents, releases; all, if none is named
 *
 * --verbose says which runs it was, --write keeps the figures in measured.json. Ends with 1 if an accident's replay did
 * not end as incidents.jsonl says.
 */
import { parseArgs } from "node:util";
import { measureAccidents } from "../incidents/measure.ts";
import { fetchListings, writeDigests } from "../releases/listings.ts";
import { measureReleases } from "../releases/releases.ts";
import { obstacle } from "../support/cage.ts";
import { measureCommandLines } from "./command-lines.ts";
import { type Figures, tableText, writeFigures } from "./measured.ts";

type Detail = (line: string) => void;

/** A set that can't be measured here says why, in one line. */
const sets: Readonly<Record<string, (detail: Detail) => Promise<Figures | string>>> = {
  commands: measureCommandLines,
  accidents: async (detail) => obstacle ?? measureAccidents(detail),
  releases: async (detail) => {
    const problem = obstacle ?? (await fetchListings(sayProgress));
    return problem ?? measureReleases(detail);
  },
};

function sayProgress(left: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${left} releases to fetch \r`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { verbose: { type: "boolean" }, write: { type: "boolean" } },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !Object.hasOwn(sets, name));
  if (unknown !== undefined) throw new Error(`no set ${unknown}; there are ${Object.keys(sets).join(", ")}`);
  const figures: Figures[] = [];
  for (const [name, measure] of Object.entries(sets)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const found = await measure(values.verbose ? console.log : () => undefined);
    if (typeof found === "string") console.error(`${name} not measured: ${found}`);
    else figures.push(found);
  }
  const all: Figures = Object.assign({}, ...figures);
  if (figures.length > 0) console.log(tableText(all));
  if (!values.write) return;
  writeFigures(all);
  writeDigests();
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 2;
});
