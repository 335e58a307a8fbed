// rpm.ts [FOLDER [TARGET]]: makes rsync-guard-VERSION-RELEASE.ARCHITECTURE.rpm of the executable and this folder, with rpmbuild,
// in dist/ or in the folder that is named. Whoever builds a commit with the same compiler gets the same bytes.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../scripts/bundle.ts";
import {
  builtFor,
  bundledPackages,
  contents,
  epoch,
  type Files,
  filledIn,
  maintainer,
  run,
  said,
  share,
  unpublished,
  withFolder,
  withShared,
} from "../contents.ts";

const [, , output = "dist", target] = process.argv;
const architecture = target === "linux-arm64" ? "aarch64" : "x86_64";
const sources = "packaging/rpm";
/** Of the package, where the version stays. */
const release = process.env["RSYNC_GUARD_RPM_RELEASE"] ?? "1";
const script = (name: string): string => withShared(readFileSync(`${sources}/${name}`, "utf8"));

const installed: Files = {
  ...contents(target),
  "usr/lib/rsync-guard/rpm-trigger": { text: script("trigger"), mode: 0o755 },
  [`${share}/doc/rsync-guard/CHANGELOG.md`]: { text: readFileSync("CHANGELOG.md") },
  [`${share}/licenses/rsync-guard/LICENSE`]: { text: readFileSync("LICENSE") },
  [`${share}/licenses/rsync-guard/licenses.txt`]: { text: readFileSync(`${builtFor(target)}/licenses.txt`) },
  [`${share}/zsh/site-functions/_rsync-guard`]: { text: said("zsh") },
};

const licences = new Set(["MIT", ...(await bundledPackages()).map(({ license }) => license)]);
const isConfiguration = (path: string): boolean => path.startsWith("etc/");

withFolder(installed, (folder) =>
  withFolder({}, (work) => {
    const spec = filledIn(`${sources}/rsync-guard.spec`, {
      VERSION: unpublished(version),
      RELEASE: release,
      LICENSES: [...licences].sort().join(" AND "),
      MAINTAINER: maintainer,
      FOLDER: folder,
      FILES: Object.keys(installed)
        .map((path) => `${isConfiguration(path) ? "%config(noreplace) " : ""}/${path}`)
        .join("\n"),
      POST: script("post"),
      PREUN: script("preun"),
    });
    writeFileSync(join(work, "spec"), spec);
    const macros: Readonly<Record<string, string>> = {
      _topdir: work,
      _rpmfilename: "rpm",
      _buildhost: "localhost",
      use_source_date_epoch_as_buildtime: "1",
      clamp_mtime_to_source_date_epoch: "1",
      // nothing is stripped or compressed anew
      __os_install_post: "%{nil}",
      debug_package: "%{nil}",
      _build_id_links: "none",
      // older hosts know no other that is as small
      _binary_payload: process.env["RSYNC_GUARD_RPM_COMPRESSION"] ?? "w6.xzdio",
    };
    const defines = Object.entries(macros).flatMap(([name, value]) => ["--define", `${name} ${value}`]);
    run("rpmbuild", ["-bb", "--quiet", "--target", `${architecture}-linux`, ...defines, join(work, "spec")], {
      SOURCE_DATE_EPOCH: epoch,
    });
    const file = join(output, `rsync-guard-${unpublished(version)}-${release}.${architecture}.rpm`);
    copyFileSync(join(work, "RPMS/rpm"), file);
    console.log(file);
  }),
);
