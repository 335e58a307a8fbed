/** The cage itself: what runs in it can harm nothing but the test's folder. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { checkout } from "../support/build.ts";
import { realRsync, test } from "../support/world.ts";

const readOnly = ["/", "/etc", "/usr/bin", homedir(), "/tmp", "/var/tmp", checkout, join(checkout, "dist")];

test.for(readOnly)("%s can't be written", async (directory, { world }) => {
  const file = join(directory, "rsync-guard-cage-test");
  const { code, stderr } = await world.sh(`touch here && touch ${file}`);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^touch: .*(?:Read-only file system|Permission denied)$/m);
  expect(world.tree()).toHaveProperty("here");
  expect(existsSync(file)).toBe(false);
});

test.for(readOnly)("%s can't be written in the cage with privileges", async (directory, { world, skip }) => {
  if (process.getuid?.() !== 0) skip("it is for root alone");
  const file = join(directory, "rsync-guard-cage-test");
  const { code, stderr } = await world.privilegedSh(`touch here && touch ${file}`);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^touch: .*Read-only file system$/m);
  expect(world.tree()).toHaveProperty("here");
  expect(existsSync(file)).toBe(false);
});

test("in the cage with privileges root may not mount anything, and sees only its own processes", async ({
  world,
  skip,
}) => {
  if (process.getuid?.() !== 0) skip("it is for root alone");
  const { stdout } = await world.privilegedSh(
    "mount -o remount,bind,rw / 2>/dev/null; echo $?; touch /rsync-guard-cage-test 2>/dev/null; echo $?; cat /proc/[0-9]*/cmdline | tr '\\0' ' '",
  );
  expect(stdout).toMatch(/^[1-9]\d*\n[1-9]\d*\n/);
  expect(stdout).not.toContain("vitest");
});

test("its folder can be written", async ({ world }) => {
  expect(await world.sh("touch here")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree()).toHaveProperty("here");
});

test("what lies beside its folder can't be written", async ({ world }) => {
  const beside = join(dirname(world.folder), "rsync-guard-beside");
  const { code, stderr } = await world.sh(`touch ${beside}`);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^touch: .*(?:Read-only file system|Permission denied)$/m);
  expect(existsSync(beside)).toBe(false);
});

test("an unguarded rsync can't copy a file to a system directory", async ({ world }) => {
  world.make({ "rsync-guard-harmless": "harmless\n" });
  const { code, stderr } = await world.sh(`${realRsync} rsync-guard-harmless /etc/`);
  expect(code).toBe(23);
  expect(stderr).toMatch(/Read-only file system|Permission denied/);
  expect(existsSync("/etc/rsync-guard-harmless")).toBe(false);
});

test("the kernel's settings can't be written", async ({ world }) => {
  const { code, stderr } = await world.sh("cat /proc/sys/kernel/hostname >here && test ! -w /proc/sys/kernel/hostname");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("root may not mount anything, nor look into other processes", async ({ world }) => {
  const { stdout } = await world.sh("grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status");
  const capabilities = BigInt(`0x${/CapEff:\s*(\w+)/.exec(stdout)?.[1]}`);
  const [ptrace, sysAdmin] = [19n, 21n];
  expect((capabilities >> ptrace) & 1n).toBe(0n);
  expect((capabilities >> sysAdmin) & 1n).toBe(0n);
  expect(stdout).toMatch(/NoNewPrivs:\s*1/);
});

test("it sees only its own processes, and they end with it", async ({ world }) => {
  const mark = "123456.789";
  const { stdout } = await world.sh(`sleep ${mark} & cat /proc/[0-9]*/cmdline | tr '\\0' ' '`);
  expect(stdout).toContain(`sleep ${mark}`);
  expect(stdout).not.toContain("vitest");
  expect(commandLines().filter((line) => line.includes(mark))).toEqual([]);
});

function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return "";
      }
    });
}
