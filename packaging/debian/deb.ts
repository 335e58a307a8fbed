// deb.ts [FOLDER [TARGET]]: makes rsync-guard_VERSION_ARCHITECTURE.deb of the executable and this folder, with dpkg-deb, in
// dist/ or in the folder that is named. Whoever builds a commit with the same compiler gets the same bytes.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../scripts/bundle.ts";
import { engine } from "../../scripts/engine.ts";
import {
  bundledPackages,
  contents,
  epoch,
  type File,
  type Files,
  filledIn,
  gzipped,
  maintainer,
  run,
  said,
  share,
  unpublished,
  withFolder,
  withShared,
} from "../contents.ts";

const [, , output = "dist", target] = process.argv;
const architecture = target === "linux-arm64" ? "arm64" : "amd64";
const sources = "packaging/debian";
const debianVersion = unpublished(version);

const source = (file: string): string => readFileSync(`${sources}/${file}`, "utf8");

/** A field's text of several lines, as in deb-control(5). */
const field = (text: string): string => text.replace(/^/gm, " ").replace(/^ $/gm, " .");

async function copyright(): Promise<string> {
  const packages = await bundledPackages();
  const holders = (text: string) =>
    [...text.matchAll(/^ *Copyright (?:\(c\) )?(.*)$/gm)].map(([, holder]) => holder).join("\n");
  const terms = (text: string) => /^(?:Permission|Redistribution).*/ms.exec(text)?.[0].trim() ?? "";
  const texts = new Map(packages.map(({ license, text }) => [license, text]));
  // Debian has its text
  texts.delete("Apache-2.0");
  return filledIn(`${sources}/copyright`, {
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
    return { number: unpublished(number), text: `${items.join("")}\n -- ${maintainer}  ${when}\n` };
  });
  if (entries[0]?.number !== debianVersion)
    throw new Error(`CHANGELOG.md begins with another version than ${debianVersion}`);
  return entries.map(({ number, text }) => `rsync-guard (${number}) unstable; urgency=medium\n\n${text}`).join("\n");
}

const script = (name: string): File => ({ mode: 0o755, text: withShared(source(name)) });

const installed: Files = {
  ...contents(target),
  [`${share}/doc/rsync-guard/changelog.gz`]: { text: gzipped(changelog()) },
  [`${share}/doc/rsync-guard/copyright`]: { text: await copyright() },
  [`${share}/lintian/overrides/rsync-guard`]: { text: source("lintian-overrides") },
  [`${share}/zsh/vendor-completions/_rsync-guard`]: { text: said("zsh") },
};
const files = Object.entries(installed).flatMap(([path, file]) => ("to" in file ? [] : [{ path, text: file.text }]));
const sizes = files.map(({ text }) => Math.ceil(Buffer.byteLength(text) / 1024));
const sums = files
  .filter(({ path }) => !path.startsWith("etc/"))
  .map(({ path, text }) => `${createHash("md5").update(text).digest("hex")}  ${path}\n`);
const control: Files = {
  "DEBIAN/control": {
    text: filledIn(`${sources}/control`, {
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

withFolder({ ...installed, ...control }, (folder) => {
  const file = join(output, `rsync-guard_${debianVersion}_${architecture}.deb`);
  // the tests have no time for the best there is
  const compression = (process.env["RSYNC_GUARD_DEB_COMPRESSION"] ?? "-Zxz -z6").split(" ");
  // what is newer than the commit gets its time: all that was written here
  run("dpkg-deb", [...compression, "--root-owner-group", "--build", folder, file], { SOURCE_DATE_EPOCH: epoch });
  console.log(file);
});
