// Makes dist/: the guard, what it loads only where there is a configuration, the command for people, and its man pages.
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** Two thirds of the code are for reading TOML; each run would pay for compiling them. */
const configLater = {
  name: "config-later",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/config\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./config.cjs", external: true } : undefined,
    ),
};

const common = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node18",
  minify: true,
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
  logLevel: "warning",
  define: { RSYNC_GUARD_VERSION: JSON.stringify(version) },
};
await build({ ...common, entryPoints: ["src/io/config.ts", "src/cli.ts"], entryNames: "[name]" });
await build({ ...common, entryPoints: ["src/guard.ts"], plugins: [configLater] });
chmodSync("dist/cli.cjs", 0o755);
for (const [section, file] of Object.entries({ 1: "rsync-guard.1", 5: "rsync-guard.toml.5" }))
  writeFileSync(`dist/${file}`, execFileSync(process.execPath, ["dist/cli.cjs", "--man", section]));
