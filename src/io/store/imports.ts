/** Which plans were imported here, so that none counts twice: a file for each, named by the plan's ID. */
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkOwner, makeOwn } from "./approvals.ts";

/** By then no configuration lets such an old plan count. */
const keptFor = 400 * 86_400_000;

/** When it was imported: milliseconds since 1970; null where it never was. Throws FileError. */
export function importedAt(directory: string, id: string): number | null {
  if (!existsSync(directory)) return null;
  checkOwner(directory);
  return statSync(join(directory, id), { throwIfNoEntry: false })?.mtimeMs ?? null;
}

/** Throws where it was imported already, by whoever was faster, and where it can't be noted. */
export function noteImport(directory: string, id: string, now: number): void {
  makeOwn(directory);
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now) > keptFor) rmSync(path, { force: true });
  }
  writeFileSync(join(directory, id), "", { flag: "wx", mode: 0o600 });
}
