import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Bytes } from "../../src/core/bytes.ts";
import { builtInConfig } from "../../src/core/configuration/settings.ts";
import type { Decision } from "../../src/core/judge/decision.ts";
import type { Target } from "../../src/core/place/target.ts";
import { keepMounts, readLastMount } from "../../src/io/store/mounts.ts";
import { factsOf } from "../support/facts.ts";

let folder: string;
let directory: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rsync-guard-mounts-"));
  directory = join(folder, "state", "rsync-guard", "mounts");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const disk = "/mnt/disk" as Bytes;
const data = "/mnt/disk/data" as Bytes;

type Of = Partial<Pick<Target, "path" | "remote" | "role">>;
/** A run to these targets, on a host with these mount points, is let go. */
function keep(mounts: readonly Bytes[] | null, ...targets: readonly Of[]): Promise<void> {
  const facts = { ...factsOf({}), mounts: mounts && new Set(mounts), lastMount: last };
  const own = { ...place, place: null, hostPath: null, isRemoteHome: false, writes: true, deletes: false };
  const decision: Pick<Decision, "targets" | "inputs"> = {
    targets: targets.map((target) => ({ ...own, ...target })),
    inputs: { facts, config: builtInConfig },
  };
  return keepMounts(directory, decision);
}
const place: Pick<Target, "path" | "remote" | "role"> = { path: data, remote: false, role: "destination" };
const last = (target: Bytes) => readLastMount(directory, target);
const files = () => (existsSync(directory) ? readdirSync(directory) : []);
const only = () => join(directory, files()[0] ?? expect.unreachable());

test("of a target on a mounted file system, its mount point is kept, for this user alone", async () => {
  expect(last(data)).toBeNull();
  await keep(["/mnt", disk, "/mnt/disk/other"], {});
  expect(last(data)).toBe(disk);
  expect(last(disk)).toBeNull();
  expect([directory, only()].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
  expect(JSON.parse(readFileSync(only(), "utf8"))).toEqual([data, disk]);
});

test("each target has its own, the newest one counts", async () => {
  await keep([disk], {}, { path: "/mnt/disk/more" });
  await keep(["/mnt"], {});
  expect([last(data), last("/mnt/disk/more")]).toEqual(["/mnt", disk]);
});

test("names are bytes", async () => {
  const odd = "/mnt/caf\xe9\n\\xe9";
  await keep([odd], { path: `${odd}/\xff` });
  expect(last(`${odd}/\xff`)).toBe(odd);
});

test.for<readonly [what: string, target: Of, mounts: readonly Bytes[] | null]>([
  ["a target on the root file system", {}, ["/srv"]],
  ["a target on another host", { remote: true }, [disk]],
  ["a source that is emptied", { role: "source" }, [disk]],
  ["an option's directory", { role: "option" }, [disk]],
  ["a host whose mounts can't be known", {}, null],
])("of %s nothing is kept", async ([, target, mounts]) => {
  await keep(mounts, target);
  expect(files()).toEqual([]);
});

test("back on the root file system, it is forgotten", async () => {
  await keep([disk], {});
  await keep([], {});
  expect(files()).toEqual([]);
});

test("what is known is not written again", async () => {
  await keep([disk], {});
  const { ino, ctimeMs } = statSync(only());
  await keep([disk], {});
  expect(statSync(only())).toMatchObject({ ino, ctimeMs });
});

test.for<readonly [what: string, change: () => void]>([
  ["another's path", () => writeFileSync(only(), JSON.stringify(["/mnt/disk/else", disk]))],
  ["no JSON", () => writeFileSync(only(), '["/mnt')],
  ["no list", () => writeFileSync(only(), "null")],
  ["no mount point", () => writeFileSync(only(), JSON.stringify([data, 1]))],
  ["what others may write", () => chmodSync(only(), 0o666)],
])("%s is not used, and replaced by the next run", async ([, change]) => {
  await keep([disk], {});
  change();
  expect(last(data)).toBeNull();
  await keep([disk], {});
  expect(last(data)).toBe(disk);
});

test.for<readonly [what: string, before: () => void]>([
  ["a file in its place", () => writeFileSync(directory, "")],
  [
    "a directory that others may write",
    () => {
      mkdirSync(directory);
      chmodSync(directory, 0o777);
    },
  ],
])("where it can't be kept the run goes on: %s", async ([, before]) => {
  mkdirSync(join(folder, "state/rsync-guard"), { recursive: true });
  before();
  await keep([disk], {});
  expect(last(data)).toBeNull();
});
