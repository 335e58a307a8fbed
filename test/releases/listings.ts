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
  existsSync,
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
  /** Of its listing, so that everybody measures the same; empty until `npm run corpus -- --write` has seen it. */
  readonly digest: string;
}

const file = join(import.meta.dirname, "releases.tsv");

/** The releases in the order in which they came out, package by package. */
export const releases: readonly Release[] = readFileSync(file, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => {
    const [name = "", version = "", digest = ""] = line.split("\t");
    return { name, version, digest };
  });

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "rsync-guard-releases");
const kept = ({ name, version }: Release): string => join(cache, `${name.replace("/", "+")}@${version}.json`);

const digestOf = (listing: string | Buffer): string => createHash("sha256").update(listing).digest("hex").slice(0, 12);

/** Null where it is not in the cache, or is not what was measured. */
export function listingOf(release: Release): readonly FileOfPackage[] | null {
  try {
    const text = readFileSync(kept(release), "utf8");
    return release.digest === "" || digestOf(text) === release.digest ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** Gives those a digest that have none, if their listings are here. */
export function writeDigests(): void {
  const lines = releases.map((release) => {
    const digest = release.digest || (existsSync(kept(release)) ? digestOf(readFileSync(kept(release))) : "");
    return `${release.name}\t${release.version}\t${digest}`.trimEnd();
  });
  writeFileSync(file, `${lines.join("\n")}\n`);
}

/** npm is asked once for so many versions of a package. */
const atOnce = 8;

/** Gets what the cache lacks. In one line why not, if it can't be had. */
export async function fetchListings(progress: (left: number) => void): Promise<string | null> {
  const missing = releases.filter((release) => listingOf(release) === null);
  mkdirSync(cache, { recursive: true });
  const folder = scratchFolder();
  try {
    while (missing.length > 0) {
      progress(missing.length);
      const same = missing.filter(({ name }) => name === missing[0]?.name).length;
      await fetchSome(missing.splice(0, Math.min(same, atOnce)), folder);
    }
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const code = /^npm error code (\S+)/m.exec(stderr ?? "")?.[1];
    return code ? `npm can't get them (${code})` : (message.split("\n")[0] ?? "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Releases of one package. */
async function fetchSome(some: readonly Release[], folder: string): Promise<void> {
  // npm's cache of this package, and no more of it: neither the user's own nor the disk has to hold all of them
  const npmCache = join(folder, (some[0] as Release).name.replace("/", "+"));
  if (!existsSync(npmCache)) for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  const options = ["--ignore-scripts", "--loglevel=error", "--fetch-retries=1", `--cache=${npmCache}`];
  await run("npm", ["pack", ...options, ...some.map(({ name, version }) => `${name}@${version}`)], { cwd: folder });
  for (const release of some) {
    const packed = join(folder, `${release.name.replace("@", "").replace("/", "-")}-${release.version}.tgz`);
    const tree = join(folder, "tree");
    mkdirSync(tree);
    // some have a header that tar does not know, for each file
    await run("tar", ["-xzf", packed, "--no-same-permissions", "--warning=no-unknown-keyword", "-C", tree]);
    const files = [...filesIn(join(tree, readdirSync(tree)[0] ?? ""))];
    rmSync(tree, { recursive: true });
    rmSync(packed);
    const text = `[\n${files.map((file) => JSON.stringify(file)).join(",\n")}\n]\n`;
    if (release.digest !== "" && digestOf(text) !== release.digest)
      throw new Error(`${release.name}@${release.version} is not what was measured before`);
    writeFileSync(`${kept(release)}.new`, text);
    renameSync(`${kept(release)}.new`, kept(release));
  }
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

/** Whether the one release follows the other by its number, so that none between them is missing here. */
export function isNext(from: string, to: string): boolean {
  const [before = [], after = []] = [from, to].map((version) => version.split(".").map(Number));
  const at = after.findIndex((number, index) => number !== before[index]);
  return after[at] === (before[at] ?? 0) + 1 && after.slice(at + 1).every((number) => number === 0);
}
