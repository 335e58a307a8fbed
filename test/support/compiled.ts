/** What tests need compiled: kept in node_modules/.cache as long as its sources stay. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./build.ts";

const cache = join(checkout, "node_modules/.cache/compiled");

/** Whether the executable, and others like it, can be built here. */
export const hasExecutable = existsSync(join(checkout, "dist/standalone/rsync-guard"));

/** A C program of test/support, as an executable. */
export function compiledC(source: string): string {
  const path = join(checkout, "test/support", source);
  const file = join(cache, createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16));
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  const own = `${file}-${process.pid}`;
  execFileSync("cc", ["-O1", "-Wall", "-Wextra", "-Werror", path, "-o", own]);
  renameSync(own, file);
  return file;
}

/** A TypeScript program as an executable of the engine, as scripts/executable.ts makes the guard's. */
export function compiledProgram(source: string, file: string, toolchain: "native" | "checked" = "native"): void {
  execFileSync("sh", ["scripts/tsx", "test/support/compile.ts", source, file, toolchain], {
    cwd: checkout,
    stdio: ["ignore", "ignore", "inherit"],
  });
}
