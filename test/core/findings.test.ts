/** What doctor says of each fact, and install of each problem: pinned whole, in test/golden. */
import { describe, expect, test } from "vitest";
import type { CheckFacts, CheckName } from "../../src/core/setup/check.ts";
import type { Installed, InstallProblem } from "../../src/core/setup/installation.ts";
import { brokenCheck, type Finding, findingOf } from "../../src/core/words/findings.ts";
import { installedLines, installProblemText, uninstalledLines } from "../../src/core/words/installation.ts";

/** The compiler asks for each fact of each check. */
type Examples = {
  readonly [Name in CheckName]: { readonly [I in CheckFacts[Name]["is"]]: Omit<FactWhere<CheckFacts[Name], I>, "is"> };
};
type FactWhere<F, I> = F extends { readonly is: infer J } ? (I extends J ? F : never) : never;

const called = { nothing: {}, shim: { path: "/usr/local/bin/rsync" }, other: { path: "/usr/bin/rsync" } };
const shellCalls = {
  ...called,
  "no-login": { shell: "/usr/sbin/nologin" },
  silent: { shell: "/bin/bash" },
  defined: { as: "alias rsync='nice rsync'" },
};

const examples: Examples = {
  "real rsync": {
    none: {},
    gone: { path: "/usr/bin/rsync" },
    there: { path: "/usr/bin/rsync", version: "rsync version 3.2.7 protocol version 31" },
    openrsync: { path: "/usr/local/bin/rsync", version: "openrsync: protocol version 29" },
  },
  "its options": { "no-rsync": {}, known: {}, unknown: { names: ["brand-new", "other-new"] } },
  node: {
    none: {},
    "not-needed": { program: "/usr/local/bin/rsync-guard" },
    slow: { path: "/usr/bin/node" },
    broken: { path: "/usr/bin/node" },
    "too-old": { path: "/usr/bin/node", version: "16.20.2" },
    personal: { path: "/home/jo/.nvm/versions/node/v20.1.0/bin/node", version: "20.1.0" },
    fine: { path: "/usr/bin/node", version: "20.20.2" },
  },
  guard: {
    gone: { program: "/opt/rsync-guard/dist/guard.cjs" },
    works: { shim: "/usr/local/bin/rsync", program: "/opt/rsync-guard/dist/guard.cjs" },
    old: { shim: "/usr/local/bin/rsync", program: "/opt/rsync-guard/dist/guard.cjs" },
    slow: { shim: "/usr/local/bin/rsync" },
    fails: { shim: "/opt/a b/rsync", exitCode: 78 },
  },
  "this shell": called,
  "login shell": shellCalls,
  aliases: {
    none: {},
    silent: { shell: "/bin/bash" },
    "by-name": { text: "alias rsync='rsync -v'" },
    "by-path": { text: "alias rsync='/usr/bin/rsync -v'" },
  },
  "ssh command": shellCalls,
  sudo: { ...called, "no-sudo": {}, "needs-password": {} },
  cron: {
    none: {},
    diverted: {},
    past: {
      jobs: [
        { table: "/etc/crontab", line: "0 1 * * * root rsync -a /a /b", program: null, path: "/usr/bin:/bin" },
        { table: "crontab -l", line: "0 2 * * * /usr/bin/rsync -a /a /b", program: "/usr/bin/rsync", path: "/usr/bin" },
      ],
    },
  },
  "systemd units": { ...called, "no-systemd": {}, past: { units: ["/etc/systemd/system/backup.service"] } },
  scripts: {
    guarded: { read: 1, unread: [] },
    past: {
      read: 12,
      unread: ["/root/backup.sh", "/etc/cron.daily/mirror"],
      calls: [
        { file: "/usr/local/bin/backup", number: 3, line: "/usr/bin/rsync -a /a /b" },
        { file: "/etc/cron.daily/mirror", number: 12, line: "rsync -a /c /d" },
      ],
    },
  },
  configuration: {
    none: {},
    fine: { files: ["/etc/rsync-guard.toml", "/root/.config/rsync-guard.toml"] },
    unmatched: {
      files: ["/etc/rsync-guard.toml"],
      entries: [
        { key: "protect", pattern: "/srv/gone" },
        { key: "[[destination]]", pattern: "/srv/releases/*" },
      ],
    },
    broken: { problem: "/etc/rsync-guard.toml:1: protects: is not a key that rsync-guard knows" },
  },
  undo: {
    on: { keepFor: 7 * 86_400_000 },
    off: {},
    missed: { places: ["/srv/www", "/backup"] },
    "no-configuration": {},
  },
  clients: { "not-diverted": {}, observed: {}, none: {}, refused: { names: ["rsnapshot", "lsyncd"] } },
  "popt files": { none: {}, aliases: { files: ["/etc/popt", "/root/.popt"] } },
  state: {
    fine: { directory: "/root/.local/state/rsync-guard" },
    "not-made": { directory: "/root/.local/state/rsync-guard" },
    unusable: { problem: { problem: "others-may-write", path: "/root/.local/state/rsync-guard" } },
  },
  "rsync daemon": {
    none: { file: "/etc/rsyncd.conf" },
    guarded: { file: "/etc/rsyncd.conf" },
    unguarded: { file: "/etc/rsyncd.conf", modules: ["www", "backup"] },
  },
  "other shims": {
    none: {},
    fine: { shims: ["/home/jo/.local/bin/rsync"] },
    old: { shims: ["/home/jo/.local/bin/rsync"] },
    broken: { shims: ["/home/jo/.local/bin/rsync", "/home/al/bin/rsync"] },
  },
};

const rows: readonly { readonly check: CheckName; readonly is: string; readonly finding: Finding }[] = (
  Object.keys(examples) as CheckName[]
).flatMap((check) =>
  Object.entries(examples[check]).map(([is, fact]) => ({
    check,
    is,
    finding: findingOf(check, { is, ...fact } as CheckFacts[typeof check]),
  })),
);

test("what is found, and what to do about it", async () => {
  const lines = rows.map(
    ({ check, is, finding: { status, found, remedy } }) =>
      `${check}: ${is}\n  ${status}: ${found}\n${remedy === null ? "" : `  do: ${remedy}\n`}`,
  );
  await expect(lines.join("")).toMatchFileSnapshot("../golden/findings.txt");
});

test.for(rows)("$check, $is: says what to do if something is to be done, in the house's words", ({ finding }) => {
  expect(finding.remedy === null).toBe(finding.status === "ok");
  for (const text of [finding.found, finding.remedy ?? "x"]) expect(text).toMatch(/^[^A-Z\s][^\n]*[^.!\s]$|^x$/);
});

test.for<[what: string, finding: Finding, found: string]>([
  [
    "a shim that does not end",
    findingOf("guard", { is: "fails", shim: "/usr/local/bin/rsync", exitCode: null }),
    "/usr/local/bin/rsync --version did not end",
  ],
  [
    "a state directory on a file system that can't be written",
    findingOf("state", { is: "unusable", problem: { problem: "unusable", path: "/srv/state", error: "EROFS" } }),
    "/srv/state can't be used (EROFS)",
  ],
  ["a check that breaks", brokenCheck(new Error("made up")), "the check itself failed: made up"],
])("%s", ([, finding, found]) => {
  expect(finding).toEqual({ status: "failed", found, remedy: expect.any(String) });
});

const problems: { readonly [I in InstallProblem["is"]]: Omit<FactWhere<InstallProblem, I>, "is"> } = {
  "foreign-file": { path: "/usr/local/bin/rsync", isDebians: false },
  "not-written-by-install": { path: "/usr/local/bin/rsync" },
  "not-root": { path: "/usr/bin/rsync" },
  "not-writable": { path: "/usr/local/bin", error: "EACCES" },
  failed: { error: "ENOSPC: no space left on device, write" },
  "other-piece": { path: "/etc/rsync-guard.d/observe.toml" },
  "nothing-diverts": {},
  "dpkg-divert-failed": { args: ["--add", "/usr/bin/rsync"], said: "dpkg-divert: error: clashes with another one" },
  "no-rsync-to-divert": { path: "/usr/bin/rsync", to: "/usr/lib/rsync-guard/real/rsync" },
  "two-programs": { path: "/usr/bin/rsync", to: "/usr/lib/rsync-guard/real/rsync" },
  "no-rsync": {},
  "no-guard": { path: "/opt/rsync-guard/dist/guard.cjs" },
  "kept-by-npx": {},
};

describe("install", () => {
  const texts = Object.entries(problems).map(([is, fields]) => [is, { is, ...fields } as InstallProblem] as const);

  test("why it did nothing", async () => {
    const debians = installProblemText({ is: "foreign-file", path: "/usr/bin/rsync", isDebians: true });
    const lines = texts.map(([is, problem]) => `${is}\n  ${installProblemText(problem)}\n`);
    await expect(`${lines.join("")}foreign-file, Debian's\n  ${debians}\n`).toMatchFileSnapshot(
      "../golden/install-problems.txt",
    );
  });

  const directory: Installed = {
    changed: [
      { path: "/usr/local/bin/rsync-guard", change: "unchanged" },
      { path: "/usr/local/bin/rsync", change: "written" },
    ],
    reach: { is: "first-on-path", directory: "/usr/local/bin", real: "/usr/bin/rsync" },
    risks: [],
    clients: [],
    undo: "",
  };
  const outcomes: Readonly<Record<string, readonly string[]>> = {
    "first on PATH": installedLines(directory),
    "not first on PATH, and at risk": installedLines({
      ...directory,
      reach: { is: "not-first-on-path", directory: "/home/jo/my bin", real: "/usr/bin/rsync" },
      risks: [
        { is: "personal-node", path: "/home/jo/.nvm/bin/node" },
        { is: "in-a-home", path: "/home/jo/rsync-guard/dist/guard.cjs" },
      ],
      undo: " --bin-dir '/home/jo/my bin'",
    }),
    "--divert": installedLines({
      changed: [{ path: "/usr/bin/rsync", change: "written" }],
      reach: { is: "everything", path: "/usr/bin/rsync", to: "/usr/lib/rsync-guard/real/rsync" },
      risks: [],
      clients: ["lsyncd"],
      undo: " --divert",
    }),
    uninstall: uninstalledLines([
      { path: "/usr/local/bin/rsync", change: "removed" },
      { path: "/usr/local/bin/rsync-guard", change: "not there" },
    ]),
  };

  test("what came of it", async () => {
    const blocks = Object.entries(outcomes).map(([what, lines]) => `${what}\n${lines.map((l) => `  ${l}\n`).join("")}`);
    await expect(blocks.join("")).toMatchFileSnapshot("../golden/installed.txt");
  });
});
