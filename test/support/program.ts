/** rsync-guard as a package lies on a host: a copy of it that a test may break. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { build, checkout } from "./build.ts";
import { compiledC } from "./compiled.ts";
import type { Outcome, World } from "./world.ts";

/** The executable is not copied where nobody asks for it. */
const isOfBuild = (path: string): boolean => build.name === "standalone" || !path.endsWith("/standalone");

/** The command that starts it, in the world's folder. */
export function programIn(world: World, folder = "package"): string {
  for (const part of build.parts)
    cpSync(join(checkout, part), join(world.folder, folder, part), { recursive: true, filter: isOfBuild });
  return `${build.runtime}${folder}/${build.command}`;
}

export type Fault = "kill" | "ENOSPC";

/** The program that runs another one, and interrupts it. */
export const faults = (): string => compiledC("faults.c");

/** Its variables: which change that a program makes to the disk is its last one, or one that fails. */
export const faultAt = (fault: Fault, at: number): Readonly<Record<string, string>> => ({
  FAULT: fault,
  FAULT_AT: String(at),
});

/** How `sh` says that a program was killed. */
const killed = 137;

/** Interrupts something at its first change to the disk, at its second, and so on, until it gets through. */
export async function interrupted(
  attempt: (at: number) => Promise<Outcome>,
  after: (outcome: Outcome, at: number) => Promise<void>,
): Promise<number> {
  for (let at = 1; at < 100; at++) {
    const outcome = await attempt(at);
    await after(outcome, at);
    if (outcome.code === 0) return at - 1;
    if (![1, killed].includes(outcome.code)) throw new Error(`ended with ${outcome.code}: ${outcome.stderr}`);
  }
  throw new Error("it never gets through");
}
