import { existsSync } from "node:fs";
import { defineConfig } from "vitest/config";

const hasExecutable = existsSync("dist/standalone/rsync-guard");
if (!hasExecutable) console.warn("tests of the executable skipped: npm run build:standalone makes it");

export default defineConfig({
  test: {
    // one end-to-end test starts several processes in a cage
    testTimeout: 60_000,
    // most of a test is waiting for processes
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: "node", include: ["test/**/*.test.ts"] } },
      ...(hasExecutable ? [executable()] : []),
    ],
  },
});

/** The same end-to-end tests, but those that do not hang on the build. */
function executable() {
  return {
    extends: true as const,
    test: {
      name: "standalone",
      include: ["test/e2e/*.test.ts"],
      exclude: ["cage", "package", "divert", "deb"].map((name) => `test/e2e/${name}.test.ts`),
      env: { RSYNC_GUARD_TEST_BUILD: "standalone" },
    },
  };
}
