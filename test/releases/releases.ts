/**
 * The price of the rules: how many ordinary steps from one release to the next would be refused, and for what.
 *
 *     sh scripts/tsx test/releases/releases.ts [-v] [--every=N] [KIND…]     release, rollback, hosts
 */
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../support/build.ts";
import type { Step } from "./judge.ts";
import { listingOf, releases, scratchFolder } from "./listings.ts";

/** All steps of the packages whose listings are there. */
export async function measureReleases(kinds = "release,rollback,hosts", every = 1): Promise<readonly Step[]> {
  const names = [...new Set(releases.filter((one) => listingOf(one) !== null).map(({ name }) => name))];
  const halves = [0, 1].map((half) => names.filter((_, at) => at % 2 === half));
  return (await Promise.all(halves.map((half) => judgeInCage(half, kinds, every)))).flat();
}

function judgeInCage(names: readonly string[], kinds: string, every: number): Promise<readonly Step[]> {
  const folder = scratchFolder();
  const command = [
    folder,
    "sh",
    join(checkout, "scripts/tsx"),
    join(import.meta.dirname, "judge.ts"),
    folder,
    ...names,
  ];
  return new Promise((fulfil, reject) => {
    const env = { ...process.env, KINDS: kinds, EVERY: String(every) };
    execFile(join(checkout, "test/cage"), command, { env, maxBuffer: 1e9 }, (error, stdout, stderr) => {
      rmSync(folder, { recursive: true });
      if (error) reject(new Error(stderr || error.message));
      else
        fulfil(
          stdout
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line)),
        );
    });
  });
}

/** How many there are, how many are refused, and for what. */
export function priceText(steps: readonly Step[]): string {
  const kinds = [...new Set(steps.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const some = steps.filter((step) => step.kind === kind);
      const share = (count: number) => `${count} of ${some.length} (${((100 * count) / some.length).toFixed(1)} %)`;
      const signs = new Map<string, number>();
      for (const { signs: seen } of some) for (const sign of seen) signs.set(sign, (signs.get(sign) ?? 0) + 1);
      const alone = (sign: string) => some.filter(({ signs: seen }) => seen.length === 1 && seen[0] === sign).length;
      return [
        `${kind}: refused ${share(some.filter(({ signs: seen }) => seen.length > 0).length)}`,
        ...[...signs]
          .sort((x, y) => y[1] - x[1])
          .map(([sign, count]) => `  ${sign.padEnd(30)} ${share(count)}, ${alone(sign)} by it alone`),
      ].join("\n");
    })
    .join("\n");
}

if (process.argv[1] === import.meta.filename) {
  const words = process.argv.slice(2);
  const kinds = words.filter((word) => !word.startsWith("-"));
  const every = Number(words.find((word) => word.startsWith("--every="))?.slice(8) ?? 1);
  measureReleases(kinds.length > 0 ? kinds.join(",") : undefined, every).then((steps) => {
    if (words.includes("-v"))
      for (const { name, kind, from, to, signs, created, changed, deleted, kept } of steps)
        if (signs.length > 0)
          console.log(
            `${kind.slice(0, 15).padEnd(16)}${`${name} ${from} -> ${to}`.padEnd(50)} +${created} ~${changed} -${deleted} =${kept}   ${signs.join(", ")}`,
          );
    console.log(priceText(steps));
  });
}
