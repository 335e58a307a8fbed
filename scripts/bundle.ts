// What all builds have in common: the source as JavaScript, with what is known at build time put in.
import { readdirSync, readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { BuildOptions, Metafile, Plugin } from "esbuild";

interface Manifest {
  readonly version: string;
  readonly license: string;
}

/** The package.json of a package in that folder. */
export const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));

export const { version } = manifestOf(".");

const codePages = "docs/codes";

/** The pages of the codes, which `rsync-guard explain` prints; npm run docs writes them. */
const pages = Object.fromEntries(
  readdirSync(codePages).map((name) => [name.replace(/\.md$/, ""), readFileSync(`${codePages}/${name}`, "utf8")]),
);

const common = {
  bundle: true,
  minify: true,
  logLevel: "warning",
  metafile: true,
  // else names would depend on where node_modules leads to
  preserveSymlinks: true,
  define: {
    RSYNC_GUARD_VERSION: JSON.stringify(version),
    RSYNC_GUARD_SHIM: JSON.stringify(readFileSync("shims/rsync", "utf8")),
    RSYNC_GUARD_PAGES: JSON.stringify(pages),
  },
} as const satisfies BuildOptions;

export const forNode = {
  ...common,
  platform: "node",
  format: "cjs",
  target: "node18",
  // require() in its place: the loader of modules takes 10 ms to start
  supported: { "dynamic-import": false },
  outExtension: { ".js": ".cjs" },
  outdir: "dist",
} as const satisfies BuildOptions;

/** Modules of which the host does the work. */
const replaced: Readonly<Record<string, string>> = {
  "src/core/plan/generated.ts": "plan",
  "src/core/plan/groups.ts": "plan",
  "src/core/plan/path-hash.ts": "plan",
  "src/io/host/directory.ts": "directory",
};

/** In the place of Node's modules, and of what the host does faster. */
const platform: Plugin = {
  name: "platform",
  setup({ onResolve }) {
    const inPlatform = (name: string) => ({ path: resolve(`platform/${name}.ts`) });
    onResolve({ filter: /^(?:node:)?(?:child_process|crypto|fs|module|os|path|tty)$/ }, ({ path }) =>
      inPlatform(path.replace("node:", "")),
    );
    onResolve({ filter: /^@noble\/hashes\/sha2\.js$/ }, () => inPlatform("sha2"));
    onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir, importer }) => {
      // the modules of the platform take from those in whose place they are
      const own = replaced[relative(".", resolve(resolveDir, path))];
      return own === undefined || importer.startsWith(resolve("platform")) ? null : inPlatform(own);
    });
  },
};

/** What the executable is compiled from: one bundler, so one reading of the source. Modules that are loaded later stay apart. */
export const forExecutable = {
  ...common,
  platform: "neutral",
  format: "esm",
  target: "es2022",
  splitting: true,
  external: ["host"],
  inject: ["platform/globals.ts"],
  mainFields: ["module", "main"],
  conditions: ["import"],
  define: { ...common.define, global: "globalThis" },
  plugins: [platform],
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

/** One file of licences. */
export const licencesText = (
  what: string,
  licences: readonly { readonly name: string; readonly text: string }[],
): string => `${what}\n\n${licences.map(({ name, text }) => `${name}\n\n${text}\n`).join(`\n${"-".repeat(72)}\n\n`)}`;
