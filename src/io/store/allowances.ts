/** Leave for exactly one refused run, given by a person: a file named by the run's fingerprint, gone once it is used. */
import { readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bootId } from "../host/session.ts";
import { checkOwner, makeOwn, writeOwn } from "./approvals.ts";

/** How long it is good for, in milliseconds. */
export const allowedFor = 5 * 60_000;

interface Allowance {
  readonly at: number;
  readonly boot: string | null;
}

/** Throws where it can't be kept. */
export function giveAllowance(directory: string, fingerprint: string): void {
  makeOwn(directory);
  const allowance: Allowance = { at: Date.now(), boot: bootId() };
  writeOwn(directory, fingerprint, JSON.stringify(allowance));
}

/** Uses it up. Of two runs at once, one gets it. */
export function takeAllowance(directory: string, fingerprint: string): boolean {
  const own = join(directory, `.${process.pid}-${Date.now()}`);
  try {
    checkOwner(directory);
    renameSync(join(directory, fingerprint), own);
  } catch {
    return false;
  }
  try {
    checkOwner(own);
    const { at, boot }: Allowance = JSON.parse(readFileSync(own, "utf8"));
    const age = Date.now() - at;
    return age >= 0 && age <= allowedFor && boot === bootId();
  } catch {
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}
