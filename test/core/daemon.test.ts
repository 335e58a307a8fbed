import { expect, test } from "vitest";
import { bytesOf } from "../../src/core/bytes.ts";
import { daemonArguments, daemonParsed } from "../../src/core/command/daemon.ts";
import { lastValue } from "../../src/core/command/parse.ts";
import { unguardedModules } from "../../src/core/setup/daemon-modules.ts";
import { wordsOf } from "../cases/words.ts";

test("the arguments of a request, in their order and up to the first gap", () => {
  const named = (names: readonly (readonly [number, string])[]) =>
    new Map(names.map(([at, word]) => [`RSYNC_ARG${at}`, word]));
  expect(
    daemonArguments(
      named([
        [0, "rsyncd"],
        [2, "-re.L"],
        [1, "--server"],
        [3, "."],
        [5, "beyond"],
      ]),
    ),
  ).toEqual(["--server", "-re.L", "."]);
  const many = Array.from({ length: 12 }, (_, at) => [at + 1, `a${at}`] as const);
  expect(daemonArguments(named(many))).toEqual(many.map(([, word]) => word));
});

test.for<[line: string, operands: readonly string[]]>([
  ["--server -re.L . sub/x/", [".", "sub/x/"]],
  ["--server -sre.L . sub", [".", "sub"]],
  ["--server -re.L .", [".", "."]],
  ["--server -re.L . ''", [".", "."]],
  ["--server -re.L . /sub/", [".", "./sub/"]],
  ["--server -re.L . ../../etc/", [".", "./etc/"]],
  ["--server -re.L . a/../b", [".", "./b"]],
  ["--server -re.L . a..b//c", [".", "a..b//c"]],
  ["--server --sender -re.L --remove-source-files . a /b", [".", "a", "./b"]],
])("paths are relative to the module: %s", ([line, operands]) => {
  const parsed = daemonParsed(wordsOf(line).map(bytesOf), "/srv/mod");
  expect(parsed).toMatchObject({ invocation: { operands, secluded: false } });
});

test.for([
  ["--backup-dir /old", "backup-dir", "/srv/mod/old"],
  ["--backup-dir /../old", "backup-dir", "/srv/mod/old"],
  ["--backup-dir old", "backup-dir", "old"],
  ["--suffix /old", "suffix", "/old"],
] as const)("so are those of options: %s", ([option, name, value]) => {
  const parsed = daemonParsed(wordsOf(`--server -bre.L ${option} . sub`).map(bytesOf), "/srv/mod");
  expect("invocation" in parsed && lastValue(parsed.invocation.options, name)).toBe(value);
});

const check = "pre-xfer exec = /usr/local/bin/rsync-guard daemon-check";
test.for<[what: string, file: string, modules: readonly string[]]>([
  ["no modules", "port = 873\n", []],
  ["a module that can't be written to", "[a]\npath = /a\n", []],
  ["one that can", "[a]\npath = /a\nread only = no\n", ["a"]],
  ["one that can by another word", "[a]\n  Read_Only=FALSE\n", ["a"]],
  ["a module that asks", `[a]\nread only = false\n${check}\n`, []],
  ["with its own options", `[a]\nread only = false\n${check} --require-limit\n`, []],
  [
    "what is said for all",
    `read only = no\n${check}\n[a]\n[b]\npre-xfer exec = /bin/true\n[c]\nread only = yes\n`,
    ["b"],
  ],
  ["a global section", `[a]\n[global]\nread only = no\n[b]\n`, ["b"]],
  ["a comment", `[a]\nread only = no\n# ${check}\n`, ["a"]],
  ["a line that goes on", `[a]\nread only = \\\nno\n`, ["a"]],
])("modules that go past rsync-guard: %s", ([, file, modules]) => {
  expect(unguardedModules(file.split("\n"))).toEqual(modules);
});
