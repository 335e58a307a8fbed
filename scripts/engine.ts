// The JavaScript engine of the executable: QuickJS, from Debian's source package, compiled here and kept in
// node_modules/.cache.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

/** Its version, where it lies in Debian, and the SHA-256 of what is compiled. */
export const engine = {
  name: "quickjs",
  version: "2025-04-26",
  debian: { suite: "trixie", version: "2025.04.26-1" },
  file: "quickjs_2025.04.26.orig.tar.xz",
  sha256: "ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe",
} as const;

const cache = resolve("node_modules/.cache/quickjs");

const run = (command: string, args: readonly string[]): void => {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
};

const isRight = (file: string): boolean =>
  existsSync(file) && createHash("sha256").update(readFileSync(file)).digest("hex") === engine.sha256;

/** Makes something in a new folder, and gives it its name when it is whole: several builds may want it at once. */
function made(name: string, make: (folder: string) => void): string {
  const path = join(cache, name);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "new-"));
  try {
    make(folder);
    renameSync(folder, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

/** The folder of its source. Throws where it can't be had. */
export const engineSource = (): string =>
  made(`source-${engine.version}`, (folder) => {
    const given = join(cache, engine.file);
    const { debian, file, name, version } = engine;
    if (!isRight(given))
      spawnSync("sh", ["scripts/debian-source", name, debian.version, debian.suite, cache], { stdio: "inherit" });
    if (!isRight(given))
      throw new Error(`${file}, of Debian's source package ${name} ${version}, has to be in ${cache}`);
    run("tar", ["-xJf", given, "-C", folder, "--strip-components=1"]);
  });

export interface Compiler {
  readonly command: string;
  /** For compiling and linking. */
  readonly flags: readonly string[];
  /** Debian's packages with it. */
  readonly packages: string;
}

const parts = ["quickjs", "libregexp", "libunicode", "cutils", "dtoa"];

/** As its own Makefile compiles it. */
const ownFlags = ["-fwrapv", "-D_GNU_SOURCE", `-DCONFIG_VERSION="${engine.version}"`];

/** The objects of the engine, compiled so. */
export function engineObjects({ command, flags, packages }: Compiler): readonly string[] {
  const source = engineSource();
  const { error, stdout: version } = spawnSync(command, ["--version"], { encoding: "utf8" });
  if (error) throw new Error(`there is no ${command}; on Debian: apt-get install ${packages}`);
  const key = createHash("sha256")
    .update(JSON.stringify([engine, version, command, flags, ownFlags]))
    .digest("hex");
  const folder = made(key.slice(0, 16), (folder) => {
    for (const part of parts)
      run(command, [...flags, ...ownFlags, "-c", join(source, `${part}.c`), "-o", join(folder, `${part}.o`)]);
  });
  return parts.map((part) => join(folder, `${part}.o`));
}
