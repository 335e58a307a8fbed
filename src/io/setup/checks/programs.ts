/** Checks of the programs behind the shim: the real rsync, Node, and the guard. */
import { existsSync } from "node:fs";
import { saysOpenrsync } from "../../../core/place/old-rsync.ts";
import { isPersonal, isTooOld } from "../../../core/setup/node.ts";
import { unknownOptions } from "../../../core/setup/rsync-help.ts";
import { findRealRsync } from "../../host/real-rsync.ts";
import { type Checks, type Host, hostPatience, isOld, run, shimInUse, startedBy, valuesOf } from "./asking.ts";

const ask = (command: string, args: readonly string[]) => run(command, args, undefined, hostPatience);

/** Where the real rsync was when the shim was installed. */
const installedReal = (host: Host): string | null => valuesOf(shimInUse(host)).real || null;

/** The rsync that the shim becomes. */
const realRsync = (host: Host): string | null =>
  findRealRsync(host.env["PATH"], host.shim, installedReal(host))?.path ?? null;

export const programChecks: Checks<"real rsync" | "its options" | "node" | "guard"> = {
  "real rsync": (host) => {
    const path = realRsync(host);
    const installed = installedReal(host);
    if (!path) return installed ? { is: "gone", path: installed } : { is: "none" };
    const [first = ""] = ask(path, ["--version"]).stdout.split("\n");
    return { is: saysOpenrsync(first) ? "openrsync" : "there", path, version: first.trim().replace(/ +/g, " ") };
  },

  "its options": (host) => {
    const path = realRsync(host);
    if (!path) return { is: "no-rsync" };
    const { stdout, stderr } = ask(path, ["--help"]);
    const names = unknownOptions(stdout + stderr);
    return names.length > 0 ? { is: "unknown", names } : { is: "known" };
  },

  node: (host) => {
    const { node: path, program } = startedBy(shimInUse(host), host);
    if (path === null) return { is: "not-needed", program };
    if (path === "") return { is: "none" };
    const { exitCode, stdout, isSlow } = ask(path, ["-p", "process.versions.node"]);
    if (isSlow) return { is: "slow", path };
    if (exitCode !== 0) return { is: "broken", path };
    const version = stdout.trim();
    return { is: isTooOld(version) ? "too-old" : isPersonal(path) ? "personal" : "fine", path, version };
  },

  guard: (host) => {
    const shim = shimInUse(host);
    const { program } = startedBy(shim, host);
    if (!existsSync(program)) return { is: "gone", program };
    const { exitCode, stdout, isSlow } = ask(shim, ["--version"]);
    if (isSlow) return { is: "slow", shim };
    if (exitCode !== 0 || !stdout.startsWith("rsync ")) return { is: "fails", shim, exitCode };
    return { is: isOld(shim, host) ? "old" : "works", shim, program };
  },
};
