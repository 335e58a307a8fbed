/** The records of dry runs, as they lie in a world. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { World } from "./world.ts";

/** Where a world keeps its records of dry runs. */
export const approvals = (world: World): string => join(world.folder, "state/rsync-guard/approvals");

export const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

export const digest = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

/** The fingerprints of all records; each file that has the name of one is whole. */
export function records(world: World): readonly string[] {
  const directory = approvals(world);
  return namesIn(directory).flatMap((name) => {
    const [, own = "", kind] = /^(\w+)\.(json|deletions)$/.exec(name) ?? [];
    const content = readFileSync(join(directory, name));
    if (kind === "deletions") expect(digest(content)).toBe(own);
    if (kind !== "json") return [];
    expect(JSON.parse(content.toString())).toMatchObject({ fingerprint: own, schema: 3 });
    return own;
  });
}
