// npm run build: makes dist/: the guard, what it loads only where there is a configuration, the command for people, its
// man pages, and the licences of what is bundled.
import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { build, type Plugin } from "esbuild";
import { forNode, licencesText, packagesIn } from "./bundle.ts";

/** Most of the guard's code is for reading TOML, for words and for undo; each run would pay for compiling them. */
const later = [
  "src/io/store/config-file.ts",
  "src/io/set-aside.ts",
  "src/core/words/message.ts",
  "src/core/words/plan-rows.ts",
];
const loadLater: Plugin = {
  name: "load-later",
  setup({ onResolve }) {
    for (const name of later.map((file) => basename(file, ".ts")))
      onResolve({ filter: new RegExp(`/${name}\\.ts$`) }, ({ kind }) =>
        kind === "dynamic-import" ? { path: `./${name}.cjs`, external: true } : undefined,
      );
  },
};

const command = await build({ ...forNode, entryPoints: [...later, "src/cli.ts"], entryNames: "[name]" });
const guard = await build({ ...forNode, entryPoints: ["src/guard.ts"], plugins: [loadLater] });
chmodSync("dist/cli.cjs", 0o755);
for (const file of ["rsync-guard.1", "rsync-guard.toml.5"])
  writeFileSync(`dist/${file}`, execFileSync(process.execPath, ["dist/cli.cjs", "--file", file]));

writeFileSync(
  "dist/licenses.txt",
  licencesText("dist/*.cjs hold parts of these packages.", packagesIn(command.metafile, guard.metafile)),
);
