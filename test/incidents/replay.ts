/** Replays public accidents: as they happened, after a dry run in the same broken state, and as they were meant. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Code } from "../../src/core/codes.ts";
import { program } from "../support/build.ts";
import type { Host } from "../support/cage.ts";

/** As it happened; with a dry run right before it in the same state; the ordinary run that was meant. */
export const modes = ["v1", "v2", "twin"] as const;
export type Mode = (typeof modes)[number];

type Ending = "prevented" | "lost" | "passes" | "refused" | "fails";

/** An accident, and how each replay of it ends. */
export interface Incident extends Readonly<Record<Mode, Ending>> {
  readonly replay: string;
  readonly kind: string;
  readonly what: string;
  /** Whether an unguarded run of it, as it is replayed, loses data. */
  readonly loses: boolean;
}

export const incidents: readonly Incident[] = readFileSync(join(import.meta.dirname, "incidents.jsonl"), "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));

interface Replayed {
  readonly ending: Ending;
  /** Of the live run's refusal. */
  readonly codes: readonly Code[];
  /** What the replay printed. */
  readonly text: string;
}

/** The exit codes of a replay are 0 and 1: all else is none of its endings. */
const endings: Readonly<Record<Mode, readonly [Ending, Ending]>> = {
  v1: ["prevented", "lost"],
  v2: ["prevented", "lost"],
  twin: ["passes", "fails"],
};

/** On a host that has not been used yet. */
export async function replay({ folder, sh }: Host, { replay: name }: Incident, mode: Mode): Promise<Replayed> {
  writeFileSync(join(folder, "bin/rsync-guard"), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
  const script = join(import.meta.dirname, `${name}.sh`);
  const { code, stdout, stderr } = await sh(`mkdir here && cd here && exec '${script}' ${mode}`);
  const text = stdout + stderr;
  const ending = endings[mode][code];
  if (!ending) throw new Error(`${name} ${mode}: exit code ${code}\n${text}`);
  const refusal = /^live: refused \(\d+\): (.*)$/m.exec(text)?.[1];
  const codes = new Set(refusal?.split(/[,;] */) as readonly Code[] | undefined);
  return { ending: ending === "fails" && refusal !== undefined ? "refused" : ending, codes: [...codes], text };
}
