/**
 * Asks Node and the executable's platform the same random questions. `npm test` asks a few thousand, the same ones each
 * time; by hand: PLATFORM_QUESTIONS=100000 PLATFORM_SEED=$(date +%s) npx vitest run test/platform, and PLATFORM_CHECKED=1
 * for the build with AddressSanitizer and UndefinedBehaviorSanitizer.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compiledProgram, hasExecutable } from "../support/compiled.ts";

const count = Number(process.env["PLATFORM_QUESTIONS"] ?? 4000);
const seed = Number(process.env["PLATFORM_SEED"] ?? 1);
const toolchain = process.env["PLATFORM_CHECKED"] ? "checked" : "native";
/** Then the files are made anew: after many changes little is left of them. */
const perWorld = 2000;

const folder = mkdtempSync(join(tmpdir(), "questions-"));
const world = join(folder, "world");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [bundle, executable] = [join(folder, "questions.cjs"), join(folder, "questions")];

beforeAll(() => {
  if (!hasExecutable) return;
  const source = join(import.meta.dirname, "questions.ts");
  buildSync({ entryPoints: [source], bundle: true, platform: "node", format: "cjs", outfile: bundle });
  compiledProgram(source, executable, toolchain);
  chmodSync(folder, 0o755);
}, 600_000);

/** To root nothing is forbidden, so that it asks as somebody else. */
const nobody = process.geteuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

function answersOf(command: readonly string[], number: number): readonly string[] {
  const sh = (script: string, options = {}) => spawnSync("sh", ["-c", script], { cwd: folder, ...options });
  sh("[ ! -e world ] || chmod -R u+rwX world; rm -rf world");
  mkdirSync(world);
  chmodSync(world, 0o777);
  expect(spawnSync(join(import.meta.dirname, "world.sh"), { cwd: world, ...nobody })).toMatchObject({ status: 0 });
  const words = [...command, String(seed + number), String(Math.min(perWorld, count))];
  // so that all descriptors can be used up
  const { status, stdout, stderr } = spawnSync("sh", ["-c", 'ulimit -n 256; exec "$@"', "sh", ...words], {
    cwd: world,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/bin:/bin", ODD: "x" },
    timeout: 300_000,
    ...nobody,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n");
}

/** Where the two may differ, and why that is no matter. */
const allowed: readonly (readonly [why: string, kinds: RegExp, code: RegExp])[] = [
  ["Node names its own arguments in the words of this error", /./, /^ERR_INVALID_ARG_VALUE$/],
  ["Node reads these by calls of its own, and names those", /^(?:realpathInJs|rm|rmAll)$/, /./],
  ["Node 20 leaves out the path", /^(?:contents|opendir)$/, /./],
  ["how much more than the limit was read is chance", /^spawn$/, /^ENOBUFS$/],
  ["Node 22 takes it for nothing, as what isn't there", /^l?stat$/, /^ENOTDIR$/],
];

interface Failure {
  readonly code?: string;
}
const codeOf = (value: unknown): string | undefined => (value as Failure | null)?.code;

function comparable(line: string): unknown {
  const [kind = "", ...rest] = line.split(" ");
  if (kind === "") return "";
  const answer: unknown = JSON.parse(rest.join(" "));
  const failed = Array.isArray(answer) ? answer.find((part) => codeOf(part) !== undefined) : answer;
  const code = codeOf(failed);
  const isAllowed = code !== undefined && allowed.some(([, kinds, codes]) => kinds.test(kind) && codes.test(code));
  if (!isAllowed) return [kind, answer];
  return [kind, /^l?stat$/.test(kind) && code === "ENOTDIR" ? "undefined" : code];
}

const worlds = Array.from({ length: Math.ceil(count / perWorld) }, (_, number) => number);

describe.skipIf(!hasExecutable)("the platform answers as Node does", () => {
  test.for(worlds)("world %i", { timeout: 900_000 }, (number) => {
    const own = answersOf([executable], number);
    const nodes = answersOf([process.execPath, bundle], number);
    expect(own.length).toBe(nodes.length);
    const different = own.flatMap((line, at) => {
      const nodesLine = nodes[at] ?? "";
      return JSON.stringify(comparable(line)) === JSON.stringify(comparable(nodesLine))
        ? []
        : [{ node: nodesLine, own: line }];
    });
    expect(different).toEqual([]);
  });
});
