/** What this program is, and where it lies. */
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { isStandalone } from "../io/host/argv.ts";
import type { Program } from "../io/setup/installation.ts";

declare const RSYNC_GUARD_VERSION: string;
/** The text of shims/rsync. */
declare const RSYNC_GUARD_SHIM: string;

export const version = RSYNC_GUARD_VERSION;

/** Without the Node that an installation is for. */
export function program(): Omit<Program, "node"> {
  const command = realpathSync(isStandalone ? process.execPath : (process.argv[1] ?? ""));
  return { command, guard: isStandalone ? command : join(dirname(command), "guard.cjs"), shim: RSYNC_GUARD_SHIM };
}

/** The shim that belongs to this program, which is not the rsync that it asks for. */
export const ownShim = (): string => join(dirname(program().command), isStandalone ? "rsync" : "../shims/rsync");
