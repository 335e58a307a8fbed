/**
 * Puts the shim in the place of the package's rsync, and takes it away again: `install --divert`. dpkg-divert keeps it
 * there; where there is no dpkg, the trigger of rsync-guard's own rpm package puts it there again after an upgrade.
 */
import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, renameSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Changed } from "../../core/setup/installation.ts";
import { formerlyDivertedTo as former, isShim } from "../host/real-rsync.ts";
import { diverted, type Program, shimText } from "./installation.ts";
import { asInstallError, InstallError, isThere, place, sweep } from "./installed-files.ts";

const { path, to } = diverted;

/** The same name whether the guard came as a package or not: dpkg-divert --list says whose it is, and either undoes it. */
const diversion = (target: string) => ["--package", "rsync-guard", "--no-rename", "--divert", target];

/** packaging/rpm/trigger: it goes by whether the directory of the moved rsync is there. */
const rpmTrigger = "/usr/lib/rsync-guard/rpm-trigger";

/** The package's own, whether it was diverted or not. */
const isDiverted = (): boolean => divert("--truename", path) === to;

/** Null: there is the trigger instead. */
function divert(...args: readonly string[]): string | null {
  const { status, stdout, stderr, error } = spawnSync("dpkg-divert", args, { encoding: "utf8" });
  if (error && isThere(rpmTrigger)) return null;
  if (error) throw new InstallError({ is: "nothing-diverts" });
  if (status !== 0) throw new InstallError({ is: "dpkg-divert-failed", args, said: stderr.trim() });
  return stdout.trim();
}

/** Under which of its two names the package's rsync is there. Throws InstallError where that is not certain. */
function findPackaged() {
  if (process.geteuid?.() !== 0) throw new InstallError({ is: "not-root", path });
  sweep(dirname(path));
  moveFormer();
  const isReal = isThere(path) && !isShim(path);
  const isMoved = isThere(to);
  if (!isReal && !isMoved) throw new InstallError({ is: "no-rsync-to-divert", path, to });
  if (isReal && isMoved && !isSameFile(path, to)) throw new InstallError({ is: "two-programs", path, to });
  return { isReal, isMoved };
}

/**
 * Has an upgrade of the package go to the other name, or the trigger move it there. The real rsync is never missing: it has both
 * names for a moment. Throws InstallError.
 */
export const installDiverted = (program: Program): readonly Changed[] =>
  asInstallError(() => {
    const { isReal, isMoved } = findPackaged();
    // dpkg makes no directory for what it diverts
    mkdirSync(dirname(to), { recursive: true });
    if (!isDiverted()) divert(...diversion(to), "--add", path);
    if (!isMoved) linkSync(path, to);
    const change = place(path, shimText({ ...program, real: to }));
    removeFormer();
    return [{ path, change: isReal ? "written" : change }];
  });

export const uninstallDiverted = (): readonly Changed[] =>
  asInstallError(() => {
    const { isReal, isMoved } = findPackaged();
    removeFormer();
    if (!isReal) renameSync(to, path);
    else if (isMoved) rmSync(to);
    if (isDiverted()) divert(...diversion(to), "--remove", path);
    removeEmpty(dirname(to));
    return [{ path, change: isReal ? "unchanged" : "restored" }];
  });

/** What an earlier version diverted is under both names first, and dpkg is told of the new one. */
function moveFormer(): void {
  if (divert("--truename", path) !== former) return;
  mkdirSync(dirname(to), { recursive: true });
  if (isThere(former) && !(isThere(to) && isSameFile(former, to))) {
    rmSync(to, { force: true });
    linkSync(former, to);
  }
  divert(...diversion(former), "--remove", path);
  divert(...diversion(to), "--add", path);
}

/** Once no shim names it any more. */
function removeFormer(): void {
  if (isThere(former) && isThere(to) && isSameFile(former, to)) rmSync(former);
}

/** The directory that install made, and the one above it, which is the package's where there is one. */
function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
    rmdirSync(dirname(directory));
  } catch {
    // something else is in it
  }
}

const isSameFile = (a: string, b: string): boolean =>
  statSync(a).ino === statSync(b).ino && statSync(a).dev === statSync(b).dev;
