/** The tests that `npm run mutants` holds against each mutant: the unit tests, as in vitest.config.ts. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  // a mutant may make a test slow, which alone is no failure
  test: { include: ["test/core/*.test.ts"], isolate: false, testTimeout: 60_000 },
});
