// What both builds have in common: the source as JavaScript, with what is known at build time put in.
import { readFileSync } from "node:fs";

export const { version } = JSON.parse(readFileSync("package.json", "utf8"));

export const common = {
  bundle: true,
  platform: "node",
  format: "cjs",
  minify: true,
  outExtension: { ".js": ".cjs" },
  logLevel: "warning",
  metafile: true,
  define: {
    RSYNC_GUARD_VERSION: JSON.stringify(version),
    RSYNC_GUARD_SHIM: JSON.stringify(readFileSync("shims/rsync", "utf8")),
  },
};
