/** The executable in a tarball: npm run build:tarball. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkout } from "../support/build.ts";
import { hasExecutable } from "../support/compiled.ts";

test.skipIf(!hasExecutable)(
  "the tarball: whole, checked, and the same bytes whoever makes it",
  { timeout: 60_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "rsync-guard-tarball-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const sh = (script: string, cwd = folder): string => {
      const { status, stdout, stderr } = spawnSync("sh", ["-ec", script], {
        cwd,
        encoding: "utf8",
        env: { ...process.env, LC_ALL: "C" },
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return stdout;
    };
    const builds = ["", "umask 077; export TZ=Asia/Tokyo LC_ALL=C;"].map((before, at) => {
      const to = join(folder, String(at));
      mkdirSync(to);
      sh(`${before} exec sh scripts/tsx packaging/tarball.ts ${to}`, checkout);
      return join(to, readdirSync(to)[0] ?? "");
    });
    const [one = "", two = ""] = builds;
    sh(`cmp ${one} ${two}; tar -xzf ${one}`);
    const { version } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
    expect(
      sh(`cd rsync-guard-${version}; sha256sum --check SHA256SUMS; stat -c '%A %n' *; ./rsync-guard --version`),
    ).toBe(
      `LICENSE: OK
licenses.txt: OK
rsync: OK
rsync-guard: OK
-rw-r--r-- LICENSE
-rw-r--r-- SHA256SUMS
-rw-r--r-- licenses.txt
-rwxr-xr-x rsync
-rwxr-xr-x rsync-guard
rsync-guard ${version}
`,
    );
  },
);
