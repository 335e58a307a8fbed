// Makes dist/: the guard, what it loads only where there is a configuration, the command for people, its man pages, and
// the licences of what is bundled.
import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { common, packagesIn } from "./bundle.mjs";

/** Two thirds of the code are for reading TOML; each run would pay for compiling them. */
const configLater = {
  name: "config-later",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/config-file\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./config-file.cjs", external: true } : undefined,
    ),
};

const options = { ...common, target: "node18", outdir: "dist" };
const { metafile } = await build({ ...options, entryPoints: ["src/io/store/config-file.ts", "src/cli.ts"], entryNames: "[name]" });
const guard = await build({ ...options, entryPoints: ["src/guard.ts"], plugins: [configLater] });
chmodSync("dist/cli.cjs", 0o755);
for (const file of ["rsync-guard.1", "rsync-guard.toml.5"])
  writeFileSync(`dist/${file}`, execFileSync(process.execPath, ["dist/cli.cjs", "--file", file]));

const licences = packagesIn({ inputs: { ...metafile.inputs, ...guard.metafile.inputs } }).map(
  ({ name, text }) => `${name}\n\n${text}\n`,
);
writeFileSync(
  "dist/licenses.txt",
  `dist/*.cjs hold parts of these packages.\n\n${licences.join(`\n${"-".repeat(72)}\n\n`)}`,
);
