// npm run build:standalone: makes dist/standalone/: the guard and the command rsync-guard as one executable that needs no
// Node, and the shim beside it. With names of targets, such as linux-arm64 or linux-x64-musl: dist/standalone-TARGET/ for
// each.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { build } from "esbuild";
import { forExecutable } from "./bundle.ts";

async function compile(folder: string, options: readonly string[] = []): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({ ...forExecutable, outdir: folder });
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

const targets = process.argv.slice(2);
if (targets.length === 0) await compile("dist/standalone");
for (const target of targets) await compile(`dist/standalone-${target}`, [`--target=bun-${target}`]);
