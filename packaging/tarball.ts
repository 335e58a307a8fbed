// tarball.ts [FOLDER [TARGET]]: makes rsync-guard-VERSION-linux-ARCHITECTURE.tar.gz of the executable, the shim, their
// licences, and the checksums of all, in dist/ or in the folder that is named. Whoever builds a commit with the same
// compiler gets the same bytes.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../scripts/bundle.ts";
import { builtFor, epoch, type File, run, withFolder } from "./contents.ts";

const [, , output = "dist", target] = process.argv;
const name = `rsync-guard-${version}`;

const files: Readonly<Record<string, File>> = {
  LICENSE: { text: readFileSync("LICENSE") },
  "licenses.txt": { text: readFileSync(`${builtFor(target)}/licenses.txt`) },
  rsync: { text: readFileSync("shims/rsync"), mode: 0o755 },
  "rsync-guard": { text: readFileSync(`${builtFor(target)}/rsync-guard`), mode: 0o755 },
};
const sums = Object.entries(files)
  .map(([path, { text }]) => `${createHash("sha256").update(text).digest("hex")}  ${path}\n`)
  .join("");
const all = Object.entries({ ...files, SHA256SUMS: { text: sums } }).map(([path, file]) => [join(name, path), file]);

withFolder(Object.fromEntries(all), (folder) => {
  const file = join(output, `${name}-${target ?? `linux-${process.arch}`}.tar.gz`);
  const same = ["--format=ustar", "--sort=name", `--mtime=@${epoch}`, "--owner=0", "--group=0", "--numeric-owner"];
  run("tar", [...same, "--use-compress-program=gzip -9n", "-cf", file, "-C", folder, name]);
  console.log(file);
});
