import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesOf } from "../../src/core/bytes.ts";
import { commandLineOf } from "../../src/io/command-line.ts";
import { decide } from "../../src/io/decide.ts";
import { commandLine } from "./grammar.ts";

/** `npm run conformance` gives another one each time. */
const seed = Number(process.env["CONFORMANCE_SEED"] ?? 1);

/** Any byte but NUL, which no argument can hold. */
const bytes = fc.uint8Array({ maxLength: 40, min: 1 }).map((array) => Buffer.from(array).toString("latin1"));
const pieces = fc.constantFrom(
  "-",
  "--",
  "-n",
  "--delete",
  "=",
  "-M",
  "host:",
  "::",
  "rsync://",
  "/",
  "//",
  "[",
  "@",
  "$",
  "%",
  "\n",
);
const word = fc.array(fc.oneof(bytes, pieces), { maxLength: 4 }).map((parts) => parts.join(""));

const home = process.cwd();
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  // `..` and `-K` have what lies above listed, which is nobody else's, and small
  const inside = join(folder, "a/b/c/d");
  mkdirSync(inside, { recursive: true });
  process.chdir(inside);
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const variables = { PATH: process.env["PATH"], XDG_CONFIG_HOME: "/nonexistent", XDG_STATE_HOME: "/nonexistent" };

async function isDecided(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const given = { ...variables, ...env };
  const installedAt = { shim: null, real: null };
  const { verdict, refusals } = await decide(commandLineOf(argv, given), given, installedAt, {
    needsFingerprint: true,
  });
  expect(verdict === "refuse").toBe(verdict === "refuse" && refusals.length > 0);
  expect(["run", "approve", "refuse"]).toContain(verdict);
}

test("random bytes as argv end in a verdict", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 6 }), (argv) => isDecided(argv)),
    { numRuns: 3000, seed },
  );
});

test("generated command lines end in a verdict", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(commandLine, ({ argv, env }) => isDecided(argv.map(bytesOf), env)),
    { numRuns: 1000, seed },
  );
});
