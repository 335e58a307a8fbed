/** Replays public accidents in the cage: as they happened, after a dry run in the same broken state, and as they were meant. */

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, checkout, program } from "../support/build.ts";

export interface Incident {
  readonly replay: string;
  readonly kind: string;
  readonly what: string;
  /** Whether an unguarded run of it, as it is replayed, loses data. */
  readonly loses: boolean;
  /** The codes that stop it even after a dry run in the same state; `lost`: nothing does. */
  readonly v2: readonly string[] | "lost";
  /** The codes that refuse the ordinary run; none, if all is well. */
  readonly twin: readonly string[];
}

export const incidents: readonly Incident[] = readFileSync(join(import.meta.dirname, "incidents.jsonl"), "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));

export type Mode = "v1" | "v2" | "twin";

export interface Replayed {
  /** v1, v2: nothing was lost; twin: it ran, and did what it should. */
  readonly good: boolean;
  readonly codes: readonly string[];
  readonly text: string;
}

/** In an empty directory of its own, with the shim and rsync-guard first on PATH. */
export async function replay({ replay: name }: Incident, mode: Mode): Promise<Replayed> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "rsync-guard-"));
  try {
    mkdirSync(join(folder, "bin"));
    mkdirSync(join(folder, "here"));
    symlinkSync(join(checkout, build.shim), join(folder, "bin/rsync"));
    symlinkSync(process.execPath, join(folder, "bin/node"));
    writeFileSync(join(folder, "bin/rsync-guard"), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
    const script = join(import.meta.dirname, `${name}.sh`);
    const env = {
      PATH: `${folder}/bin:/usr/bin:/bin`,
      HOME: `${folder}/home`,
      XDG_STATE_HOME: `${folder}/state`,
      XDG_CONFIG_HOME: `${folder}/config`,
      LC_ALL: "C.UTF-8",
    };
    const command = [folder, "sh", "-c", 'cd here && exec setsid -w "$@"', "sh", script, mode];
    const { code, text } = await new Promise<{ code: number; text: string }>((fulfil) => {
      execFile(join(checkout, "test/cage"), command, { env }, (error, stdout, stderr) =>
        fulfil({ code: error ? (typeof error.code === "number" ? error.code : 255) : 0, text: stdout + stderr }),
      );
    });
    const codes = /^live: refused \(\d+\): (.*)$/m.exec(text)?.[1]?.split(/[,;] ?/) ?? [];
    return { good: code === 0, codes: codes.map((one) => one.trim()), text };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Two at a time, in the order in which they were given. */
export async function inTurns<T, R>(all: readonly T[], work: (one: T) => Promise<R>, workers = 2): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let at = next++; at < all.length; at = next++) results[at] = await work(all[at] as T);
    }),
  );
  return results;
}
