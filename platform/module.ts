/** node:module: what is loaded later in Node costs nothing here. */
import * as childProcess from "./child_process.ts";

export const createRequire = (_from: string) => (_module: "node:child_process") => childProcess;
