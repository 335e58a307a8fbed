/** Which build of the guard the tests run: the bundle for Node, or the executable that needs none. */
import { resolve } from "node:path";

export const checkout = resolve(import.meta.dirname, "../..");

export interface Build {
  readonly name: "node" | "standalone";
  /** What of the checkout it consists of. */
  readonly parts: readonly string[];
  /** The shim, in the checkout. */
  readonly shim: string;
  /** What the shim asks, in the checkout. */
  readonly guard: string;
  /** What people call, in the checkout. */
  readonly command: string;
  /** What starts that; nothing where it is an executable. */
  readonly runtime: "" | "node ";
}

const builds: Readonly<Record<Build["name"], Build>> = {
  node: {
    name: "node",
    parts: ["dist", "shims"],
    shim: "shims/rsync",
    guard: "dist/guard.cjs",
    command: "dist/cli.cjs",
    runtime: "node ",
  },
  standalone: {
    name: "standalone",
    parts: ["dist/standalone"],
    shim: "dist/standalone/rsync",
    guard: "dist/standalone/rsync-guard",
    command: "dist/standalone/rsync-guard",
    runtime: "",
  },
};

/** vitest.config.ts sets it: all tests run with each build. */
export const build: Build = builds[process.env["RSYNC_GUARD_TEST_BUILD"] === "standalone" ? "standalone" : "node"];

/** Starts the command rsync-guard. */
export const program = `${build.runtime}${checkout}/${build.command}`;
