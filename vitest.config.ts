import { existsSync } from "node:fs";
import { defineConfig } from "vitest/config";

const hasExecutable = existsSync("dist/standalone/rsync-guard");
if (!hasExecutable) console.warn("tests of the executable skipped: npm run build:standalone makes it");

const unit = ["test/core/*.test.ts"];

export default defineConfig({
  test: {
    // one end-to-end test starts several processes in a cage
    testTimeout: 60_000,
    // most of a test is waiting for processes
    maxWorkers: 3,
    projects: [
      // they touch nothing of the process, so they need no process of their own: half the time
      { extends: true, test: { name: "unit", include: unit, pool: "threads", isolate: false } },
      { extends: true, test: { name: "node", include: ["test/**/*.test.ts"], exclude: unit } },
      ...(hasExecutable ? [executable()] : []),
    ],
  },
});

/** The same end-to-end tests, but those that do not depend on the build, or take long and hardly do. */
function executable() {
  return {
    extends: true as const,
    test: {
      name: "standalone",
      include: ["test/e2e/*.test.ts"],
      exclude: [
        "cage",
        "package",
        "divert",
        "deb",
        "rpm",
        "tarball",
        "incidents",
        "clients",
        "daemon",
        "wear",
        "undo-faults",
        "cluster",
      ].map((name) => `test/e2e/${name}.test.ts`),
      env: { RSYNC_GUARD_TEST_BUILD: "standalone" },
    },
  };
}
