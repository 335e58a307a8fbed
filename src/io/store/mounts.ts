/** Where the file systems were mounted that earlier runs wrote to: a file for each target, named by a hash of its path. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Bytes } from "../../core/bytes.ts";
import type { Decision } from "../../core/judge/decision.ts";
import { mountedTargets, mountOf } from "../../core/place/mounts.ts";
import { hashOf } from "../../core/plan/path-hash.ts";
import { readPrivateFile } from "./private-file.ts";

/** A path twice, byte by byte, and what JSON makes of its control characters. */
const most = 64 * 1024;

const nameOf = (target: Bytes): string => hashOf(target).toString(16);

/** Null where none is known, or what is known can't be trusted. */
export function readLastMount(directory: string, target: Bytes): Bytes | null {
  const file = join(directory, nameOf(target));
  // of most nothing is known, and there may be 100,000 targets: an error takes its time
  if (!existsSync(file)) return null;
  try {
    const [path, mount] = JSON.parse(readPrivateFile(file, most));
    return path === target && typeof mount === "string" ? mount : null;
  } catch {
    return null;
  }
}

/** Keeps where the targets of a run that is let go are mounted; at `/` there is nothing to miss. Never fails. */
export async function keepMounts(
  directory: string,
  { targets, inputs }: Pick<Decision, "targets" | "inputs">,
): Promise<void> {
  const mounts = inputs?.facts.mounts;
  if (!inputs || !mounts) return;
  for (const { path } of mountedTargets(targets)) {
    const last = inputs.facts.lastMount(path);
    const mount = mountOf(path, mounts);
    try {
      if (mount === (last ?? "/")) continue;
      if (mount === "/") rmSync(join(directory, nameOf(path)), { force: true });
      else {
        const { makeOwn, writeOwn } = await import("./approvals.ts");
        makeOwn(directory);
        writeOwn(directory, nameOf(path), JSON.stringify([path, mount]));
      }
    } catch {
      // the run goes on without it
    }
  }
}
