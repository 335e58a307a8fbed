// deb.ts [FOLDER [TARGET]]: makes rsync-guard_VERSION_ARCHITECTURE.deb of the executable and this folder, with dpkg-deb, in
// dist/ or in the folder that is named. Whoever builds a commit with the same compiler gets the same bytes.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { forExecutable, packagesIn, version } from "../../scripts/bundle.ts";
import { engine } from "../../scripts/engine.ts";

interface File {
  readonly text: string | Buffer;
  readonly mode?: number;
}
type Files = Readonly<Record<string, File>>;

const [, , output = "dist", target] = process.argv;
const architecture = target === "linux-arm64" ? "arm64" : "amd64";
const sources = "packaging/debian";
const executable = `dist/standalone${target ? `-${target}` : ""}/rsync-guard`;
// the project has no address for mail yet; .invalid leads nowhere (RFC 2606)
const maintainer = "rsync-guard contributors <maintainers@rsync-guard.invalid>";
// to Debian a hyphen begins a revision of the package, and a tilde comes before the end
const debianOf = (number: string): string => number.replace("-", "~");
const debianVersion = debianOf(version);

const run = (command: string, args: readonly string[], input?: string | Buffer): Buffer =>
  execFileSync(command, args, { input, stdio: ["pipe", "pipe", "inherit"] });

/** When the commit was made; of files without git, as an archive of the source has them, when this one was written. */
function commitTime(): string {
  const { status, stdout } = spawnSync("git", ["log", "-1", "--format=%ct"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : String(Math.floor(statSync("package.json").mtimeMs / 1000));
}

const epoch = process.env["SOURCE_DATE_EPOCH"] ?? commitTime();

const source = (file: string): string => readFileSync(`${sources}/${file}`, "utf8");

/** A file of this folder, with values in the place of @NAME@. */
const filled = (file: string, values: Readonly<Record<string, string>>): string =>
  source(file).replace(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${file} asks for ${name}`);
    return value;
  });

const gzipped = (text: string | Buffer): Buffer => run("gzip", ["-9n"], text);

/** What the program itself has to say: manual, completions, configuration. */
const said = (name: string): Buffer => run("dist/standalone/rsync-guard", ["--file", name]);

/** A field's text of several lines, as in deb-control(5). */
const field = (text: string): string => text.replace(/^/gm, " ").replace(/^ $/gm, " .");

async function copyright(): Promise<string> {
  const { metafile } = await build({
    ...forExecutable,
    entryPoints: ["src/standalone.ts"],
    outdir: "dist",
    write: false,
  });
  const packages = packagesIn(metafile);
  const holders = (text: string) =>
    [...text.matchAll(/^ *Copyright (?:\(c\) )?(.*)$/gm)].map(([, holder]) => holder).join("\n");
  const terms = (text: string) => /^(?:Permission|Redistribution).*/ms.exec(text)?.[0].trim() ?? "";
  const texts = new Map(packages.map(({ license, text }) => [license, text]));
  // Debian has its text
  texts.delete("Apache-2.0");
  return filled("copyright", {
    ENGINE: engine.version,
    FILE: engine.file,
    PACKAGES: packages
      .map(
        ({ name, license, text }) =>
          `Files: node_modules/${name}/*\nCopyright:\n${field(holders(text) || `the authors of ${name}`)}\nLicense: ${license}`,
      )
      .join("\n\n"),
    LICENSES: [...texts].map(([license, text]) => `License: ${license}\n${field(terms(text))}`).join("\n\n"),
  });
}

/** CHANGELOG.md as deb-changelog(5) wants it; what is not released yet is of no version. */
function changelog(): string {
  const [, ...sections] = readFileSync("CHANGELOG.md", "utf8").split(/^## \[(?=\d)/m);
  const entries = sections.map((section) => {
    const [, number = "", date = ""] = /^([^\]]+)\](?: - (.*))?/.exec(section) ?? [];
    const items = section.split(/^(?=- |#|\[)/m).flatMap((item) =>
      item.startsWith("- ")
        ? item
            .slice(2)
            .trim()
            .replace(/\s+/g, " ")
            .replace(/(.{1,74})(?: |$)/g, "    $1\n")
            .replace(/^ {4}/, "  * ")
        : [],
    );
    const when = new Date(date ? `${date}T12:00:00Z` : Number(epoch) * 1000).toUTCString().replace("GMT", "+0000");
    return { number: debianOf(number), text: `${items.join("")}\n -- ${maintainer}  ${when}\n` };
  });
  if (entries[0]?.number !== debianVersion)
    throw new Error(`CHANGELOG.md begins with another version than ${debianVersion}`);
  return entries.map(({ number, text }) => `rsync-guard (${number}) unstable; urgency=medium\n\n${text}`).join("\n");
}

/** A maintainer script, with what it shares with the others in it. */
function script(name: string): File {
  const text = source(name).replace(`. ${sources}/shared`, () => source("shared"));
  return { mode: 0o755, text: text.replace(/^# shellcheck .*\n/gm, "") };
}

const share = "usr/share";
const installed: Files = {
  "etc/rsync-guard.toml": { text: said("rsync-guard.toml") },
  "usr/lib/rsync-guard/rsync": { text: readFileSync("dist/standalone/rsync"), mode: 0o755 },
  "usr/lib/rsync-guard/rsync-guard": { text: readFileSync(executable), mode: 0o755 },
  [`${share}/bash-completion/completions/rsync-guard`]: { text: said("bash") },
  [`${share}/doc/rsync-guard/changelog.gz`]: { text: gzipped(changelog()) },
  [`${share}/doc/rsync-guard/copyright`]: { text: await copyright() },
  [`${share}/fish/vendor_completions.d/rsync-guard.fish`]: { text: said("fish") },
  [`${share}/lintian/overrides/rsync-guard`]: { text: source("lintian-overrides") },
  [`${share}/man/man1/rsync-guard.1.gz`]: { text: gzipped(said("rsync-guard.1")) },
  [`${share}/man/man5/rsync-guard.toml.5.gz`]: { text: gzipped(said("rsync-guard.toml.5")) },
  [`${share}/zsh/vendor-completions/_rsync-guard`]: { text: `#compdef rsync-guard\n${said("zsh")}_rsync_guard\n` },
};
const sizes = Object.values(installed).map(({ text }) => Math.ceil(Buffer.byteLength(text) / 1024));
const sums = Object.entries(installed)
  .filter(([path]) => !path.startsWith("etc/"))
  .map(([path, { text }]) => `${createHash("md5").update(text).digest("hex")}  ${path}\n`);
const control: Files = {
  "DEBIAN/control": {
    text: filled("control", {
      VERSION: debianVersion,
      MAINTAINER: maintainer,
      INSTALLED_SIZE: String(sizes.reduce((sum, size) => sum + size, 0)),
      ARCHITECTURE: architecture,
    }),
  },
  "DEBIAN/conffiles": { text: "/etc/rsync-guard.toml\n" },
  "DEBIAN/md5sums": { text: sums.join("") },
  "DEBIAN/templates": { text: source("templates") },
  ...Object.fromEntries(["config", "postinst", "prerm", "postrm"].map((name) => [`DEBIAN/${name}`, script(name)])),
};

// modes are the same for whoever builds it
process.umask(0o022);
const folder = mkdtempSync(join(tmpdir(), "rsync-guard-deb-"));
try {
  chmodSync(folder, 0o755);
  for (const [path, { text, mode }] of Object.entries({ ...installed, ...control })) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode });
  }
  mkdirSync(join(folder, "usr/bin"));
  symlinkSync("../lib/rsync-guard/rsync-guard", join(folder, "usr/bin/rsync-guard"));
  const file = join(output, `rsync-guard_${debianVersion}_${architecture}.deb`);
  // what is newer than the commit gets its time: all that was written here
  process.env["SOURCE_DATE_EPOCH"] = epoch;
  // the tests have no time for the best there is
  const compression = (process.env["RSYNC_GUARD_DEB_COMPRESSION"] ?? "-Zxz -z6").split(" ");
  run("dpkg-deb", [...compression, "--root-owner-group", "--build", folder, file]);
  console.log(file);
} finally {
  rmSync(folder, { recursive: true });
}
