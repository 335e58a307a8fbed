import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { takenNames } from "../../src/io/host/environment.ts";

const shim = readFileSync(new URL("../../shims/rsync", import.meta.url), "utf8");
/** The shim's choice of the variables that the guard does without, as it stands there. */
const choice = /case \$rsync_guard_name in\n.*?esac\n/s.exec(shim)?.[0] ?? "";

/** Which of these names the shim takes away. */
function takenByShim(names: readonly string[]): readonly string[] {
  const tells = choice.replace('unset "$rsync_guard_name"', 'echo "$rsync_guard_name"');
  const script = `for rsync_guard_name in "$@"; do ${tells} done`;
  return execFileSync("sh", ["-c", script, "sh", ...names], { encoding: "utf8" })
    .split("\n")
    .slice(0, -1);
}

/** Such as `NODE_` and `Malloc`. */
const prefixes = [...choice.matchAll(/(\w+)\*/g)].map(([, prefix = ""]) => prefix);
/** Whatever begins a name in the other list. */
const stems = takenNames.source.match(/[A-Za-z]+/g) ?? [];

const names = [
  ...[...prefixes, ...stems].flatMap((start) => [
    start,
    `${start}X`,
    `${start}_X`,
    `${start}1`,
    start.slice(0, -1),
    start.toLowerCase(),
    `X${start}`,
    `_${start}X`,
  ]),
  ..."PATH HOME LD_PRELOAD RSYNC_RSH SSH_AUTH_SOCK NODE NODENV_ROOT BUNDLE_PATH OPENSSL SSLKEYLOGFILE _ X".split(" "),
];

test("the shim and the guard agree on the variables that the guard does without", () => {
  expect(prefixes).toContain("NODE_");
  expect(prefixes).toContain("ICU_");
  expect(takenByShim(names)).toEqual(names.filter((name) => takenNames.test(name)));
});

test("each prefix takes something, and each leaves something", () => {
  const taken = new Set(takenByShim(names));
  expect(prefixes.filter((prefix) => !taken.has(`${prefix}X`))).toEqual([]);
  expect(prefixes.filter((prefix) => taken.has(`X${prefix}`))).toEqual([]);
});

test("what is no name of a variable is left alone", () => {
  expect(takenByShim(["NODE_X-Y", "NODE_X.Y", "NODE_X Y"])).toEqual([]);
});
