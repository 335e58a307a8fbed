/** rsync-guard explain: what people and scripts ask. It runs nothing. */
import { expect } from "vitest";
import { codes } from "../../src/core/codes.ts";
import { build, checkout, program } from "../support/build.ts";
import { test } from "../support/world.ts";

const site = { "src/a": "new\n", "dst/a": "old, longer\n", "www/releases/1/a": "1\n", "www/current": "-> releases/1" };

const keys = [
  "kind",
  "verdict",
  "risk",
  "refusals",
  "operands",
  "options",
  "dryRun",
  "deletes",
  "removesSource",
  "targets",
  "fingerprint",
];

const commands = [
  {
    args: "-avn --delete src/ dst/",
    code: 0,
    says: {
      kind: "dry-run",
      verdict: "approve",
      risk: "deletes",
      refusals: [],
      operands: ["src/", "dst/"],
      options: [
        ["a", null],
        ["v", null],
        ["n", null],
        ["delete", null],
      ],
      dryRun: true,
      deletes: true,
      removesSource: false,
      targets: [{ path: "FOLDER/dst", remote: false, writes: true, deletes: true }],
      fingerprint: "HEX",
    },
  },
  {
    args: "-a --exclude=x src/ dst/",
    code: 77,
    says: {
      kind: "live",
      verdict: "refuse",
      risk: "overwrites",
      refusals: [
        { code: "no-dry-run", message: "no dry run of this command has been made", nearest: null, unseen: null },
      ],
      operands: ["src/", "dst/"],
      options: [
        ["a", null],
        ["exclude", "x"],
      ],
      dryRun: false,
      deletes: false,
      removesSource: false,
      targets: [{ path: "FOLDER/dst", remote: false, writes: true, deletes: false }],
      fingerprint: "HEX",
    },
  },
  {
    args: "-a src/ new/",
    code: 0,
    says: {
      kind: "live",
      verdict: "run",
      risk: "nothing",
      refusals: [],
      operands: ["src/", "new/"],
      options: [["a", null]],
      dryRun: false,
      deletes: false,
      removesSource: false,
      targets: [{ path: "FOLDER/new", remote: false, writes: true, deletes: false }],
      fingerprint: "HEX",
    },
  },
  {
    args: "-a --delete-everything src/ dst/",
    code: 78,
    says: {
      kind: null,
      verdict: "refuse",
      risk: "nothing",
      refusals: [
        {
          code: "unknown-option",
          message: "--delete-everything is not an option that rsync-guard knows",
          argument: "--delete-everything",
          why: "is not an option that rsync-guard knows",
        },
      ],
      operands: [],
      options: [],
      dryRun: false,
      deletes: false,
      removesSource: false,
      targets: [],
      fingerprint: null,
    },
  },
];

test.for(commands)("explain --json -- $args: exit code $code", async ({ args, code, says }, { world }) => {
  world.make(site);
  const before = world.tree();
  const outcome = await world.sh(`${program} explain --json -- ${args}`);
  expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({ code, stderr: "" });
  expect(outcome.stdout).toMatch(/^\{.*\}\n$/);
  const told = JSON.parse(world.mask(outcome.stdout));
  expect(Object.keys(told)).toEqual(keys);
  expect(told).toEqual(says);
  expect(world.tree()).toEqual(before);
});

const kinds = [
  { args: "--version", kind: "information" },
  { args: "src/", kind: "listing" },
  { args: "-n src/ dst/", kind: "dry-run" },
  { args: "-a src/ dst/", kind: "live" },
  { args: "--server -logDtpre.iLsfxCIvu . dst", kind: "receiver" },
  { args: "--server --sender -logDtpre.iLsfxCIvu . src", kind: "sender" },
  { args: "--daemon", kind: "daemon" },
];

test.for(kinds)("rsync $args is of the kind $kind", async ({ args, kind }, { world }) => {
  world.make(site);
  const { stdout } = await world.sh(`${program} explain --json -- ${args}`);
  expect(JSON.parse(stdout)).toMatchObject({ kind });
});

test("explain tells what the live run of a dry run would be refused for", async ({ world }) => {
  world.make(site);
  const { code, stdout } = await world.sh(`${program} explain --json -- -an --delete src/ www/releases//`);
  expect(code).toBe(0);
  const told = JSON.parse(stdout);
  expect(told.verdict).toBe("approve");
  expect(told.refusals.map((refusal: { code: string }) => refusal.code)).toEqual(["release-root", "empty-variable"]);
});

test("explain and the shim agree, before and after a dry run", async ({ world }) => {
  world.make(site);
  const args = "-a --delete src/ dst/";
  expect((await world.sh(`${program} explain -- ${args}`)).code).toBe(77);
  expect((await world.sh(`rsync ${args}`)).code).toBe(77);
  expect((await world.sh(`rsync -n ${args}`)).code).toBe(0);
  expect((await world.sh(`${program} explain -- ${args}`)).code).toBe(0);
  expect((await world.sh(`rsync ${args}`)).code).toBe(0);
});

test("explain for people", async ({ world }) => {
  world.make(site);
  const { code, stdout } = await world.sh(`${program} explain -- -a --delete src/ www/releases//`);
  expect(code).toBe(77);
  await expect(world.mask(stdout)).toMatchFileSnapshot("../golden/e2e/explain.txt");
});

test.for(codes)("explain %s is a page", async (code, { world }) => {
  const outcome = await world.sh(`${program} explain ${code}`);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  expect(outcome.stdout).toMatch(new RegExp(`^${code}\n\n.{40}`));
});

const misuses = [
  { args: "", says: "rsync-guard COMMAND --help" },
  { args: "explain", says: "explain what?" },
  { args: "explain no-such-code", says: "no-such-code is not a code\n" },
  { args: "explain empty-varible", says: "empty-varible is not a code; did you mean empty-variable?" },
  { args: "explain -a src/ dst/", says: "-a is not an option of rsync-guard explain" },
  { args: "explain --delete -- src/ dst/", says: "--delete is not an option of rsync-guard explain" },
  { args: "expl", says: "expl is not a command of rsync-guard; did you mean explain?" },
  { args: "constructor", says: "constructor is not a command of rsync-guard" },
  { args: "explain toString", says: "toString is not a code" },
];

test.for(misuses)("rsync-guard $args: exit code 2 and how it is meant", async ({ args, says }, { world }) => {
  const { code, stdout, stderr } = await world.sh(`${program} ${args}`);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(says);
});

test.for(["--help", "-h", "--version", "-V"])("rsync-guard %s", async (option, { world }) => {
  const { code, stdout, stderr } = await world.sh(`${program} ${option}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^rsync-guard /);
});

test("explain works through a symlink on PATH", async ({ world }) => {
  world.make({ "bin/rsync-guard": `-> ${checkout}/${build.command}` });
  const { code, stdout } = await world.sh("rsync-guard explain -- --version");
  expect(code).toBe(0);
  expect(stdout).toContain("real rsync  /usr/bin/rsync\n");
});
