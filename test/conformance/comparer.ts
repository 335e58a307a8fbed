/** Runs in the cage, in either runtime: compares the guard's reading of each case with rsync's own. */
import { readFileSync } from "node:fs";
import { disagreements } from "./compare.ts";
import type { Case, Reading } from "./referee.ts";

const cases: readonly { readonly one: Case; readonly reading: Reading }[] = JSON.parse(
  readFileSync("cases.json", "utf8"),
);
process.stdout.write(JSON.stringify(cases.map(({ one, reading }) => disagreements(one, reading))));
// the executable takes an end without one for a failure
process.exitCode = 0;
