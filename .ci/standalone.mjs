// Makes dist/standalone/: the guard and the command rsync-guard as one executable that needs no Node, and the shim
// beside it. With names of targets, such as linux-arm64 or linux-x64-musl: dist/standalone-TARGET/ for each.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { build } from "esbuild";
import { common } from "./bundle.mjs";

const targets = process.argv.slice(2).map((target) => ({
  folder: `dist/standalone-${target}`,
  options: [`--target=bun-${target}`],
}));

for (const { folder, options } of targets.length > 0 ? targets : [{ folder: "dist/standalone", options: [] }]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // the same bundler as for Node: one reading of the source
  await build({ ...common, target: "es2022", entryPoints: ["src/standalone.ts"], outdir: folder });
  execFileSync(
    "node_modules/.bin/bun",
    [
      "build",
      "--compile",
      ...options,
      "--bytecode",
      // nothing in the current directory may have a say
      ...["dotenv", "bunfig", "tsconfig", "package-json"].map((file) => `--no-compile-autoload-${file}`),
      // a process of ten milliseconds has nothing to gain from machine code
      "--compile-jit-policy=100",
      `${folder}/standalone.cjs`,
      `--outfile=${folder}/rsync-guard`,
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  rmSync(`${folder}/standalone.cjs`);
  copyFileSync("shims/rsync", `${folder}/rsync`);
}
