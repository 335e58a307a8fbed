import { readdirSync } from "node:fs";
import { expect, test } from "vitest";

/** Else a module that throws when it is loaded fails no test: `npm run mutants` would count that as not noticed. */
const core = new URL("../../src/core/", import.meta.url);
const modules = readdirSync(core, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

test.for(modules)("%s can be loaded", async (file) => {
  await expect(import(new URL(file, core).href)).resolves.toBeTypeOf("object");
});
