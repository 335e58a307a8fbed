/** Where this program, its bundle and its shim lie. */
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";

declare const RSYNC_GUARD_VERSION: string;

export const version = RSYNC_GUARD_VERSION;

/** The folder that holds dist/ and shims/. */
export const root = (): string => dirname(dirname(realpathSync(process.argv[1] ?? "")));

/** The shim beside this program, which is not the rsync that it asks for. */
export const ownShim = (): string => join(root(), "shims", "rsync");
