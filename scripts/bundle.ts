// What all builds have in common: the source as JavaScript, with what is known at build time put in.
import { readdirSync, readFileSync } from "node:fs";
import type { BuildOptions, Metafile } from "esbuild";

interface Manifest {
  readonly version: string;
  readonly license: string;
}

/** The package.json of a package in that folder. */
export const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));

export const { version } = manifestOf(".");

const common = {
  bundle: true,
  platform: "node",
  format: "cjs",
  // require() in its place: the loader of modules takes 10 ms to start
  supported: { "dynamic-import": false },
  minify: true,
  outExtension: { ".js": ".cjs" },
  logLevel: "warning",
  metafile: true,
  define: {
    RSYNC_GUARD_VERSION: JSON.stringify(version),
    RSYNC_GUARD_SHIM: JSON.stringify(readFileSync("shims/rsync", "utf8")),
  },
} as const satisfies BuildOptions;

export const forNode = { ...common, target: "node18", outdir: "dist" } as const satisfies BuildOptions;

/** What the executable is compiled from: one bundler, so one reading of the source. */
export const forExecutable = {
  ...common,
  target: "es2022",
  entryPoints: ["src/standalone.ts"],
} as const satisfies BuildOptions;

/** The packages that bundles hold parts of, with their licences. */
export function packagesIn(...metafiles: readonly Metafile[]) {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const folders = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].sort().map((folder) => {
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    if (!file) throw new Error(`${folder} is bundled, and has no licence`);
    return {
      name: folder.replace(/.*node_modules\//, ""),
      license: manifestOf(folder).license,
      text: readFileSync(`${folder}/${file}`, "utf8").trim(),
    };
  });
}
