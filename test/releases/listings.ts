/**
 * What published packages hold, version by version: path, size and content's digest of each file, by npm.
 *
 * The listings are kept in the user's cache, the files are not: a tree with the same names and sizes is all that rsync
 * has to see.
 */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** In memory, where that can be had: trees of thousands of files are made and removed here. */
const scratch = ((): string => {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return realpathSync(tmpdir());
  }
})();

export const scratchFolder = (): string => mkdtempSync(join(scratch, "rsync-guard-releases-"));

export type FileOfPackage = readonly [path: string, size: number, digest: string];

export interface Release {
  readonly name: string;
  readonly version: string;
  /** Of its listing, so that everybody measures the same. */
  readonly digest: string;
}

/** The releases in the order in which they came out, package by package. */
export const releases: readonly Release[] = readFileSync(join(import.meta.dirname, "releases.tsv"), "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => {
    const [name = "", version = "", digest = ""] = line.split("\t");
    return { name, version, digest };
  });

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "rsync-guard-releases");
const kept = ({ name, version }: Release): string => join(cache, `${name.replace("/", "+")}@${version}.json`);

export const digestOf = (listing: string | Buffer): string =>
  createHash("sha256").update(listing).digest("hex").slice(0, 12);

/** Null where it is not in the cache, or is not what was measured. */
export function listingOf(release: Release): readonly FileOfPackage[] | null {
  try {
    const text = readFileSync(kept(release), "utf8");
    return release.digest === "" || digestOf(text) === release.digest ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

const atOnce = 4;

/** Gets what the cache lacks; the error of npm, if it could not. */
export async function fetchListings(
  wanted: readonly Release[],
  progress: (done: number, all: number) => void,
): Promise<string | null> {
  const missing = wanted.filter((release) => listingOf(release) === null);
  mkdirSync(cache, { recursive: true });
  for (let at = 0; at < missing.length; at += atOnce) {
    progress(at, missing.length);
    const folder = scratchFolder();
    try {
      const some = missing.slice(at, at + atOnce);
      const names = some.map(({ name, version }) => `${name}@${version}`);
      await run("npm", ["pack", "--ignore-scripts", "--silent", `--cache=${folder}/npm`, ...names], { cwd: folder });
      for (const release of some) {
        const packed = `${release.name.replace("@", "").replace("/", "-")}-${release.version}.tgz`;
        const tree = join(folder, "tree");
        mkdirSync(tree);
        await run("tar", ["-xzf", packed, "--no-same-permissions", "-C", tree], { cwd: folder });
        const text = `[\n${[...filesIn(join(tree, readdirSync(tree)[0] ?? ""))].map((file) => JSON.stringify(file)).join(",\n")}\n]\n`;
        rmSync(tree, { recursive: true });
        if (release.digest !== "" && digestOf(text) !== release.digest)
          return `${release.name}@${release.version} is not what was measured`;
        writeFileSync(`${kept(release)}.new`, text);
        renameSync(`${kept(release)}.new`, kept(release));
      }
    } catch (error) {
      return (error as Error).message;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return null;
}

function* filesIn(top: string, directory = top): Generator<FileOfPackage> {
  const entries = readdirSync(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesIn(top, path);
    else if (entry.isFile()) {
      const content = readFileSync(path);
      yield [relative(top, path), content.length, digestOf(content)];
    }
  }
}
