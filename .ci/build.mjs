// Makes dist/: the guard, what it loads only where there is a configuration, the command for people, its man pages, and
// the licences of what is bundled.
import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { common } from "./bundle.mjs";

/** Two thirds of the code are for reading TOML; each run would pay for compiling them. */
const configLater = {
  name: "config-later",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/config\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./config.cjs", external: true } : undefined,
    ),
};

const options = { ...common, target: "node18", outdir: "dist" };
const { metafile } = await build({ ...options, entryPoints: ["src/io/config.ts", "src/cli.ts"], entryNames: "[name]" });
const guard = await build({ ...options, entryPoints: ["src/guard.ts"], plugins: [configLater] });
chmodSync("dist/cli.cjs", 0o755);
for (const [section, file] of Object.entries({ 1: "rsync-guard.1", 5: "rsync-guard.toml.5" }))
  writeFileSync(`dist/${file}`, execFileSync(process.execPath, ["dist/cli.cjs", "--man", section]));

const inputs = Object.keys({ ...metafile.inputs, ...guard.metafile.inputs });
const folders = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
const licences = [...new Set(folders)].sort().map((folder) => {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (!file) throw new Error(`${folder} is bundled, and has no licence`);
  return `${folder.replace(/.*node_modules\//, "")}\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
});
writeFileSync(
  "dist/licenses.txt",
  `dist/*.cjs hold parts of these packages.\n\n${licences.join(`\n${"-".repeat(72)}\n\n`)}`,
);
