/** Finds the rsync that the shim stands before. */
import type * as childProcess from "node:child_process";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import which from "which";
import type { Bytes } from "../../core/bytes.ts";
import type { RealRsync } from "../../core/place/facts.ts";
import { type AskedRsync, saysOpenrsync, versionIn } from "../../core/place/old-rsync.ts";

/** Where an installation is. */
export interface InstalledAt {
  /** The path of the shim that asks, or null. */
  readonly shim: string | null;
  /** The real rsync that the shim was installed for; null: to be looked for. */
  readonly real: string | null;
}

/** Where Debian and most others have it, for a caller whose PATH is short or unset. */
const defaultPath = "/usr/local/bin:/usr/bin:/bin";

/** Where `rsync-guard install --divert` moves Debian's: under its own name, by which pgrep, killall and locks find it. */
export const divertedTo = "/usr/lib/rsync-guard/real/rsync";

/** Where earlier versions moved it to. */
export const formerlyDivertedTo = "/usr/bin/rsync.distrib";

/** In the first lines of every copy of the shim, wherever it was copied to. */
const shimMark = "rsync-guard:shim";

/**
 * The rsync that stands behind the shim, neither the shim nor a copy of it; or null. `real`: where it was when the shim
 * was installed, and it is looked for nowhere else but where install --divert moves it.
 */
export function findRealRsync(
  path: string | undefined,
  shim: string | null,
  real: string | null = null,
): RealRsync | null {
  const self = shim === null ? undefined : identityOf(shim)?.file;
  const candidates = real === null ? [...behind(self, programsOn(path ?? "")), ...programsOn(defaultPath)] : [real];
  for (const candidate of [...candidates, divertedTo, formerlyDivertedTo]) {
    const identity = identityOf(candidate);
    if (identity && identity.file !== self && !isShim(candidate))
      return { path: candidate, identity: `${candidate} ${identity.file} ${identity.state}` };
  }
  return null;
}

/** An empty or a relative element of PATH makes which answer relative names, which depend on the current directory. */
const programsOn = (path: string): readonly string[] =>
  path === ""
    ? []
    : (which.sync("rsync", { all: true, nothrow: true, path }) ?? []).filter((one) => one.startsWith("/"));

/** Those after the shim, then those before it: one before it may be a wrapper that has called it. */
function behind(self: string | undefined, programs: readonly string[]): readonly string[] {
  const own = programs.findIndex((program) => identityOf(program)?.file === self);
  return [...programs.slice(own + 1), ...programs.slice(0, Math.max(own, 0))];
}

function identityOf(path: string) {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats ? { file: `${stats.dev}:${stats.ino}`, state: `${stats.size} ${stats.mtimeNs}` } : null;
}

/** Whether a file is the shim, or a copy of it. */
export function isShim(path: string): boolean {
  const head = Buffer.alloc(512);
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    // a script that can't be read can't be run either
    return false;
  }
  try {
    return head.toString("latin1", 0, readSync(file, head)).includes(shimMark);
  } finally {
    closeSync(file);
  }
}

/** What an rsync prints, by its identity and the option. */
const printed = new Map<string, Bytes>();

function printedBy({ path, identity }: RealRsync, option: "--version" | "--help"): Bytes {
  const known = printed.get(option + identity);
  if (known !== undefined) return known;
  // loaded here, for most runs do without it
  const { spawnSync }: typeof childProcess = createRequire("/")("node:child_process");
  const { stdout } = spawnSync(path, [option], {
    encoding: "latin1",
    timeout: 5000,
    stdio: ["ignore", "pipe", "ignore"],
  });
  printed.set(option + identity, stdout ?? "");
  return stdout ?? "";
}

/** Asks an rsync about itself. */
export const askRsync = (rsync: RealRsync): AskedRsync => ({
  version: () => versionIn(printedBy(rsync, "--version")),
  help: () => printedBy(rsync, "--help"),
  isOpenrsync: () => saysOpenrsync(printedBy(rsync, "--version")),
});
