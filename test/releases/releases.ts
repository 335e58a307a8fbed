/** The price of the rules: how many ordinary steps from one release to the next they refuse. */
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Figures, measured } from "../corpus/measured.ts";
import { checkout } from "../support/build.ts";
import { cage } from "../support/cage.ts";
import type { Kind, Step } from "./judge.ts";
import { releases, scratchFolder } from "./listings.ts";

const kinds: readonly Kind[] = ["releases", "rollbacks", "releases-to-hosts"];

/** All listings have to be there. `detail`: is told of each step that is refused. */
export async function measureReleases(detail: (line: string) => void): Promise<Figures> {
  const names = [...new Set(releases.map(({ name }) => name))];
  const halves = [0, 1].map((half) => names.filter((_, at) => at % 2 === half));
  const steps = (await Promise.all(halves.map(judgeInCage))).flat();
  for (const { name, kind, from, to, codes, created, changed, deleted, kept } of steps)
    if (codes.length > 0)
      detail(`refused  ${kind}  ${name} ${from} -> ${to}  +${created} ~${changed} -${deleted} =${kept}  ${codes}`);
  return Object.fromEntries(
    kinds.map((kind) => {
      const some = steps.filter((step) => step.kind === kind).map(({ codes }) => codes);
      return [
        kind,
        measured(
          some.filter((codes) => codes.length > 0),
          some.length,
        ),
      ];
    }),
  );
}

async function judgeInCage(names: readonly string[]): Promise<readonly Step[]> {
  const folder = scratchFolder();
  const judge = ["sh", join(checkout, "scripts/tsx"), join(import.meta.dirname, "judge.ts"), folder, ...names];
  try {
    const { stdout } = await promisify(execFile)(cage, [folder, ...judge], { maxBuffer: 1e9 });
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
