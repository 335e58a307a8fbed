// npm run build:deb: makes dist/rsync-guard_VERSION_amd64.deb of dist/standalone and .ci/deb, with dpkg-deb. Whoever builds
// a commit, wherever and whenever, gets the same bytes.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { common, packagesIn, version } from "./bundle.mjs";

const [, , output = "dist"] = process.argv;
const executable = "dist/standalone/rsync-guard";
// the project has no address for mail yet; .invalid leads nowhere (RFC 2606)
const maintainer = "rsync-guard contributors <maintainers@rsync-guard.invalid>";
// to Debian a hyphen begins a revision of the package, and a tilde comes before the end
const debianVersion = version.replace("-", "~");

const run = (command, args, input) => execFileSync(command, args, { input, stdio: ["pipe", "pipe", "inherit"] });
const epoch = process.env.SOURCE_DATE_EPOCH ?? String(run("git", ["log", "-1", "--format=%ct"])).trim();

const template = (file, values = {}) =>
  Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(`@${name}@`, value),
    readFileSync(`.ci/deb/${file}`, "utf8"),
  );

const gzipped = (text) => run("gzip", ["-9n"], text);

/** What the executable itself has to say: manual, completions, configuration. */
const said = (name) => run(executable, ["--file", name]);

/** A field's text of several lines, as in deb-control(5). */
const field = (text) => text.replace(/^/gm, " ").replace(/^ $/gm, " .");

async function copyright() {
  const { metafile } = await build({ ...common, target: "es2022", entryPoints: ["src/standalone.ts"], write: false });
  const packages = packagesIn(metafile);
  const holders = (text) => [...text.matchAll(/^ *Copyright (?:\(c\) )?(.*)$/gm)].map(([, holder]) => holder);
  const texts = Object.fromEntries(packages.map(({ license, text }) => [license, text]));
  // Debian has its text
  delete texts["Apache-2.0"];
  const { version: bun } = JSON.parse(readFileSync("node_modules/bun/package.json", "utf8"));
  return template("copyright", {
    BUN: bun,
    PACKAGES: packages
      .map(
        ({ name, license, text }) =>
          `Files: node_modules/${name}/*\nCopyright:\n${field(holders(text).join("\n") || `the authors of ${name}`)}\nLicense: ${license}`,
      )
      .join("\n\n"),
    LICENSES: Object.entries(texts)
      .map(([license, text]) => {
        const [, terms = ""] = /^((?:Permission|Redistribution)[^]*)/m.exec(text) ?? [];
        return `License: ${license}\n${field(terms.trim())}`;
      })
      .join("\n\n"),
  });
}

/** CHANGELOG.md as deb-changelog(5) wants it; what is not released yet is of no version. */
function changelog() {
  const [, ...sections] = readFileSync("CHANGELOG.md", "utf8").split(/^## \[(?=\d)/m);
  const entries = sections.map((section) => {
    const [, number = "", date = ""] = /^([^\]]+)\](?: - (.*))?/.exec(section) ?? [];
    const items = section.split(/^(?=- |#|\[)/m).flatMap((item) =>
      item.startsWith("- ")
        ? item.slice(2).trim().replace(/\s+/g, " ").replace(/(.{1,74})(?: |$)/g, "    $1\n").replace(/^ {4}/, "  * ")
        : [],
    );
    const when = new Date(date ? `${date}T12:00:00Z` : Number(epoch) * 1000).toUTCString().replace("GMT", "+0000");
    return [number.replace("-", "~"), `${items.join("")}\n -- ${maintainer}  ${when}\n`];
  });
  if (entries[0]?.[0] !== debianVersion) throw new Error(`CHANGELOG.md begins with another version than ${debianVersion}`);
  return entries.map(([number, text]) => `rsync-guard (${number}) unstable; urgency=medium\n\n${text}`).join("\n");
}

/** The newest version of glibc's symbols that it asks for. dpkg-shlibdeps says that of the libc6 which it is called on. */
function libc() {
  const needed = readFileSync(executable, "latin1").match(/\bGLIBC_2\.\d+\b/g) ?? [];
  return `2.${Math.max(...needed.map((name) => Number(name.slice("GLIBC_2.".length))))}`;
}

const script = (name) => ({
  mode: 0o755,
  text: readFileSync(`.ci/deb/${name}`, "utf8")
    .replace(/^\. \.ci\/deb\/shared$/m, () => readFileSync(".ci/deb/shared", "utf8"))
    .replace(/^# shellcheck .*\n/gm, ""),
});

const share = "usr/share";
const installed = {
  "etc/rsync-guard.toml": { text: said("rsync-guard.toml") },
  "usr/bin/rsync-guard": { link: "../lib/rsync-guard/rsync-guard" },
  "usr/lib/rsync-guard/rsync": { text: readFileSync("dist/standalone/rsync"), mode: 0o755 },
  "usr/lib/rsync-guard/rsync-guard": { text: readFileSync(executable), mode: 0o755 },
  [`${share}/bash-completion/completions/rsync-guard`]: { text: said("bash") },
  [`${share}/doc/rsync-guard/changelog.gz`]: { text: gzipped(changelog()) },
  [`${share}/doc/rsync-guard/copyright`]: { text: await copyright() },
  [`${share}/fish/vendor_completions.d/rsync-guard.fish`]: { text: said("fish") },
  [`${share}/lintian/overrides/rsync-guard`]: { text: template("lintian-overrides") },
  [`${share}/man/man1/rsync-guard.1.gz`]: { text: gzipped(said("rsync-guard.1")) },
  [`${share}/man/man5/rsync-guard.toml.5.gz`]: { text: gzipped(said("rsync-guard.toml.5")) },
  [`${share}/zsh/vendor-completions/_rsync-guard`]: { text: `#compdef rsync-guard\n${said("zsh")}_rsync_guard\n` },
};
const texts = Object.entries(installed).filter(([, { text }]) => text !== undefined);
const control = {
  control: {
    text: template("control", {
      VERSION: debianVersion,
      MAINTAINER: maintainer,
      INSTALLED_SIZE: String(texts.reduce((sum, [, { text }]) => sum + Math.ceil(Buffer.byteLength(text) / 1024), 0)),
      LIBC: libc(),
    }),
  },
  conffiles: { text: "/etc/rsync-guard.toml\n" },
  md5sums: {
    text: texts
      .filter(([path]) => !path.startsWith("etc/"))
      .map(([path, { text }]) => `${createHash("md5").update(text).digest("hex")}  ${path}\n`)
      .join(""),
  },
  templates: { text: template("templates") },
  ...Object.fromEntries(["config", "postinst", "prerm", "postrm"].map((name) => [name, script(name)])),
};

// modes are the same for whoever builds it
process.umask(0o022);
const folder = mkdtempSync(join(tmpdir(), "rsync-guard-deb-"));
try {
  const inControl = Object.entries(control).map(([name, file]) => [`DEBIAN/${name}`, file]);
  for (const [path, { text, link, mode }] of [...Object.entries(installed), ...inControl]) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (link) symlinkSync(link, file);
    else writeFileSync(file, text, { mode });
  }
  chmodSync(folder, 0o755);
  const file = join(output, `rsync-guard_${debianVersion}_amd64.deb`);
  // what is newer than the commit gets its time: all that was written here
  process.env.SOURCE_DATE_EPOCH = epoch;
  // the tests have no time for the best there is
  const compression = (process.env.RSYNC_GUARD_DEB_COMPRESSION ?? "-Zxz -z6").split(" ");
  run("dpkg-deb", [...compression, "--root-owner-group", "--build", folder, file]);
  console.log(file);
} finally {
  rmSync(folder, { recursive: true });
}
