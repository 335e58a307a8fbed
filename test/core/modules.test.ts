/// <reference types="vite/types/importMeta.d.ts" />
import { expect, test } from "vitest";

/** Else a module that throws when it is loaded fails no test: `npm run mutants` would count that as not noticed. */
const modules = import.meta.glob("../../src/core/**/*.ts");

test.for(Object.keys(modules))("%s can be loaded", async (file) => {
  await expect(modules[file]?.()).resolves.toBeTypeOf("object");
});
