import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // one end-to-end test starts several processes in a cage
    testTimeout: 60_000,
    // most of a test is waiting for processes
    maxWorkers: 3,
  },
});
