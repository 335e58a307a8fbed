/** What all packages hold, and how their files are made. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { forExecutable, packagesIn } from "../scripts/bundle.ts";

export interface File {
  readonly text: string | Buffer;
  readonly mode?: number;
}
/** Files and symlinks, by their paths in the package. */
export type Files = Readonly<Record<string, File | { readonly to: string }>>;

// the project has no address for mail yet; .invalid leads nowhere (RFC 2606)
export const maintainer = "rsync-guard contributors <maintainers@rsync-guard.invalid>";

/** To packages a hyphen begins a revision, and a tilde comes before the end. */
export const unpublished = (number: string): string => number.replace("-", "~");

export const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Buffer =>
  execFileSync(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });

/** When the commit was made; of files without git, as an archive of the source has them, when package.json was written. */
function commitTime(): string {
  const { status, stdout } = spawnSync("git", ["log", "-1", "--format=%ct"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : String(Math.floor(statSync("package.json").mtimeMs / 1000));
}

/** In seconds. */
export const epoch = process.env["SOURCE_DATE_EPOCH"] ?? commitTime();

/** A file of packaging/, with values in the place of @NAME@. */
export const filledIn = (file: string, values: Readonly<Record<string, string>>): string =>
  readFileSync(file, "utf8").replace(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${file} asks for ${name}`);
    return value;
  });

export const gzipped = (text: string | Buffer): Buffer =>
  execFileSync("gzip", ["-9n"], { input: text, maxBuffer: 2 ** 28 });

/** What the program itself has to say: manual, completions, configuration. */
export function said(name: string): Buffer {
  const text = run("dist/standalone/rsync-guard", ["--file", name]);
  return name === "zsh" ? Buffer.from(`#compdef rsync-guard\n${text}_rsync_guard\n`) : text;
}

/** A script of a package, with what they share in it. */
export const withShared = (text: string): string =>
  text
    .replace(". packaging/shared", () => readFileSync("packaging/shared", "utf8"))
    .replace(/^# shellcheck .*\n/gm, "");

export const share = "usr/share";

/** Where the executable for a target was built; for this machine without one. */
export const builtFor = (target: string | undefined): string => `dist/standalone${target ? `-${target}` : ""}`;

export const contents = (target: string | undefined): Files => ({
  "usr/bin/rsync-guard": { to: "../lib/rsync-guard/rsync-guard" },
  "etc/rsync-guard.toml": { text: said("rsync-guard.toml") },
  "usr/lib/rsync-guard/rsync": { text: readFileSync("shims/rsync"), mode: 0o755 },
  "usr/lib/rsync-guard/rsync-guard": { text: readFileSync(`${builtFor(target)}/rsync-guard`), mode: 0o755 },
  [`${share}/bash-completion/completions/rsync-guard`]: { text: said("bash") },
  [`${share}/fish/vendor_completions.d/rsync-guard.fish`]: { text: said("fish") },
  [`${share}/man/man1/rsync-guard.1.gz`]: { text: gzipped(said("rsync-guard.1")) },
  [`${share}/man/man5/rsync-guard.toml.5.gz`]: { text: gzipped(said("rsync-guard.toml.5")) },
});

/** The packages that the executable holds parts of. */
export async function bundledPackages() {
  const { metafile } = await build({
    ...forExecutable,
    entryPoints: ["src/standalone.ts"],
    outdir: "dist",
    write: false,
  });
  return packagesIn(metafile);
}

/** The files in a new folder, of the same modes for whoever makes them. */
export function withFolder(files: Files, use: (folder: string) => void): void {
  process.umask(0o022);
  const folder = mkdtempSync(join(tmpdir(), "rsync-guard-package-"));
  try {
    chmodSync(folder, 0o755);
    for (const [path, file] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      if ("to" in file) symlinkSync(file.to, join(folder, path));
      else writeFileSync(join(folder, path), file.text, { mode: file.mode });
    }
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
