// What both builds have in common: the source as JavaScript, with what is known at build time put in.
import { readdirSync, readFileSync } from "node:fs";

export const { version } = JSON.parse(readFileSync("package.json", "utf8"));

export const common = {
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
};

/** The packages that a bundle holds parts of, with their licences. */
export function packagesIn({ inputs }) {
  const folders = Object.keys(inputs).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].sort().map((folder) => {
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    if (!file) throw new Error(`${folder} is bundled, and has no licence`);
    const { license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    return {
      name: folder.replace(/.*node_modules\//, ""),
      license,
      text: readFileSync(`${folder}/${file}`, "utf8").trim(),
    };
  });
}
