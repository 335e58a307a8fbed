/** What decides in `rsync-guard doctor` and `install`: read from texts of the host, by tables. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  cronCalls,
  definitionIn,
  isNoLogin,
  isUnitPast,
  lastLine,
  programsIn,
  rsyncPathsIn,
  scriptCalls,
  securePath,
  unitStarts,
} from "../../src/core/setup/calls.ts";
import { isInHome, isPersonal, isTooOld } from "../../src/core/setup/node.ts";
import { matchesAny } from "../../src/core/setup/pattern.ts";
import { unknownOptions } from "../../src/core/setup/rsync-help.ts";
import { comesBefore, pathBehind } from "../../src/core/setup/search-path.ts";
import { areOneVersion, shimValues, shimWith, withoutPrivilegedMode } from "../../src/core/setup/shim.ts";

describe("a cron job", () => {
  test.for<[job: string, program: string | null]>([
    ["0 1 * * * root rsync -a /a /b", null],
    ["0 1 * * * root rsync", null],
    ["0 1 * * * root /usr/bin/rsync -a /a /b", "/usr/bin/rsync"],
    ["0 1 * * * root /opt/my/rsync -a /a /b", "/opt/my/rsync"],
    ["@daily cd /a;rsync -a . /b", null],
    ["0 1 * * * sh -c 'nice rsync -a /a /b'", null],
    ['0 1 * * * sh -c "rsync -a /a /b"', null],
    ["0 1 * * * (rsync -a /a /b)", null],
    ["0 1 * * * true && rsync -a /a /b", null],
    ["0 1 * * * true|rsync -a /a /b", null],
    ["0 1 * * * echo `rsync -a /a /b`", null],
  ])("calls rsync: %s", ([job, program]) => {
    expect(cronCalls([job])).toEqual([{ line: job, program, path: "/usr/bin:/bin" }]);
  });

  test.for([
    "# 0 1 * * * root rsync -a /a /b",
    "  # rsync",
    "0 1 * * * rsync-guard log",
    "0 1 * * * /usr/local/bin/rsync-guard log",
    "0 1 * * * /srv/rsync/backup",
    "0 1 * * * /opt/rsync.sh",
    "0 1 * * * nrsync -a /a /b",
    "0 1 * * * cp -a /a /b",
    "MAILTO=root",
    "",
  ])("does not: %j", (line) => {
    expect(cronCalls([line])).toEqual([]);
  });

  test.for<[line: string, path: string]>([
    ["PATH=/usr/local/bin:/usr/bin", "/usr/local/bin:/usr/bin"],
    ["  PATH = /usr/local/bin  ", "/usr/local/bin"],
    ['PATH="/usr/local/bin:/usr/bin"', "/usr/local/bin:/usr/bin"],
    ["PATH='/usr/local/bin'", "/usr/local/bin"],
    ["MYPATH=/usr/local/bin", "/usr/bin:/bin"],
    ["# PATH=/usr/local/bin", "/usr/bin:/bin"],
    ["SHELL=/bin/bash", "/usr/bin:/bin"],
  ])("under %j has the PATH %s", ([line, path]) => {
    expect(cronCalls([line, "0 1 * * * rsync -a /a /b"]).map((job) => job.path)).toEqual([path]);
  });
});

describe("a script", () => {
  const found = (lines: readonly string[]) =>
    scriptCalls(lines, "/usr/bin:/bin").map(({ number, program, path }) => `${number} ${program ?? path}`);

  test.for<[line: string, called: string]>([
    ["rsync -a /a /b", "1 /usr/bin:/bin"],
    ["  rsync", "1 /usr/bin:/bin"],
    ["cd /a && exec rsync -a . /b", "1 /usr/bin:/bin"],
    ["if ! rsync -a /a /b; then", "1 /usr/bin:/bin"],
    ["sudo -u www rsync -a /a /b", "1 /usr/bin:/bin"],
    ["nice -n 19 ionice -c3 rsync -a /a /b", "1 /usr/bin:/bin"],
    ["RSYNC_RSH=ssh rsync -a /a b:", "1 /usr/bin:/bin"],
    ["x=$(rsync -n /a /b)", "1 /usr/bin:/bin"],
    ["RSYNC=/usr/bin/rsync", "1 /usr/bin/rsync"],
    ["timeout 5 /usr/bin/rsync -a /a /b", "1 /usr/bin/rsync"],
    ["alias rsync='/opt/rsync -v'", "1 /opt/rsync"],
  ])("calls rsync: %s", ([line, called]) => expect(found([line])).toEqual([called]));

  test.for([
    "# rsync -a /a /b",
    "apt-get install rsync",
    "command -v rsync >/dev/null",
    "[ -x /usr/bin/rsync ] || exit 0",
    'test -x "/usr/bin/rsync"',
    "systemctl restart rsync",
    "rsync-guard log",
    "cat /etc/rsync/conf",
    "/usr/bin/rsync-ssl a b",
  ])("does not: %s", (line) => expect(found([line])).toEqual([]));

  test.for<[line: string, path: string]>([
    ["PATH=/usr/local/bin:/usr/bin", "/usr/local/bin:/usr/bin"],
    ["export PATH=/opt/bin:$PATH", "/opt/bin:/usr/bin:/bin"],
    ['PATH="$HOME/bin:${PATH}"', "/usr/bin:/bin"],
  ])("after %s the PATH is %s", ([line, path]) => {
    expect(found(["rsync a b", line, "rsync c d"])).toEqual(["1 /usr/bin:/bin", `3 ${path}`]);
  });

  test("starts what it names by an absolute path", () => {
    expect(programsIn('/usr/local/bin/a.sh /srv/b; $HOME/c "/opt/d" ~/e ../f >/g/h')).toEqual([
      "/usr/local/bin/a.sh",
      "/srv/b",
      "/opt/d",
      "/g/h",
    ]);
  });

  test("is started by a unit, with the PATH of that", () => {
    expect(unitStarts(["[Service]", "Environment=A=b PATH=/opt/bin:/bin", "ExecStart=/opt/run", "User=a"])).toEqual({
      lines: ["ExecStart=/opt/run"],
      path: "/opt/bin:/bin",
    });
  });
});

test.for<[line: string, isPast: boolean]>([
  ["ExecStart=/usr/bin/rsync -a /a /b", true],
  ["ExecStartPre=-/usr/bin/rsync -a /a /b", true],
  ["ExecStart=/bin/sh -c 'exec /usr/bin/rsync -a /a /b'", true],
  ["ExecStart=/usr/bin/rsync", true],
  ["ExecStart=/usr/bin/rsync --daemon --no-detach", false],
  ["ExecStart=/usr/bin/rsync-ssl a::a b", false],
  ["ExecStart=/usr/local/bin/rsync -a /a /b", false],
  ["# ExecStart=/usr/bin/rsync -a /a /b", false],
  ["Documentation=file:/usr/bin/rsync", false],
])("a unit with %s goes past the shim: %s", ([line, isPast]) => {
  expect(isUnitPast(["[Service]", line])).toBe(isPast);
});

test.for<[lines: readonly string[], path: string | undefined]>([
  [['Defaults secure_path="/usr/local/bin:/usr/bin"'], "/usr/local/bin:/usr/bin"],
  [["Defaults\tenv_reset, secure_path = /usr/bin"], "/usr/bin"],
  [["Defaults secure_path=/usr/bin", "Defaults secure_path=/usr/local/bin"], "/usr/local/bin"],
  [["#Defaults secure_path=/usr/bin"], undefined],
  [["Defaults env_reset"], undefined],
  [[], undefined],
])("sudo's PATH in %j is %s", ([lines, path]) => {
  expect(securePath(lines)).toBe(path);
});

test.for<[output: string, definition: string | null]>([
  ["rsync='rsync -v'\n", "rsync='rsync -v'"],
  ["hello\nalias rsync='/usr/bin/rsync -v'\n", "alias rsync='/usr/bin/rsync -v'"],
  ['rsync () \n{ \n    nice /usr/bin/rsync "$@"\n}\n', 'rsync () \n{ \n    nice /usr/bin/rsync "$@"\n}'],
  ["rsync() {\n}\n", "rsync() {\n}"],
  ["function rsync --wraps rsync\nend\n", "function rsync --wraps rsync\nend"],
  ["function rsyncs\nend\n", null],
  ["rsync is here\n", null],
  ["alias rsyncs='x'\n", null],
  ["", null],
])("in %j rsync is defined as %j", ([output, definition]) => {
  expect(definitionIn(output)).toBe(definition);
});

test.for<[script: string, paths: readonly string[]]>([
  ["alias rsync='/usr/bin/rsync -v'", ["/usr/bin/rsync"]],
  ['nice /usr/bin/rsync "$@"; (/opt/rsync)', ["/usr/bin/rsync", "/opt/rsync"]],
  ["alias rsync='rsync -v'", []],
  ["/usr/bin/rsync-ssl /etc/rsync.conf /usr/bin/rsyncd", []],
])("by paths %s calls %j", ([script, paths]) => {
  expect(rsyncPathsIn(script)).toEqual(paths);
});

test.for<[output: string, line: string]>([
  ["/usr/bin/rsync\n", "/usr/bin/rsync"],
  ["hello\n\n/usr/bin/rsync\n\n", "/usr/bin/rsync"],
  ["", ""],
])("the last line of %j is %j", ([output, line]) => {
  expect(lastLine(output)).toBe(line);
});

test.for<[shell: string, isNone: boolean]>([
  ["/usr/sbin/nologin", true],
  ["/bin/false", true],
  ["/bin/bash", false],
  ["/opt/falsework", false],
])("nobody logs in to %s: %s", ([shell, isNone]) => {
  expect(isNoLogin(shell)).toBe(isNone);
});

test.for<[help: string, unknown: readonly string[]]>([
  [" --archive, -a            archive mode\n --delete                 delete\n", []],
  [" --brand-new=X, -y        what is new\n --archive, -a\n", ["brand-new"]],
  [" --brand-new  as --brand-new, with --other-new\n", ["brand-new", "other-new"]],
  // a line drawn, and a name that is cut off
  [" -- --- --de-\n", []],
])("of %j the table lacks %j", ([help, unknown]) => {
  expect(unknownOptions(help)).toEqual(unknown);
});

describe("a pattern of the configuration", () => {
  const tree: Readonly<Record<string, readonly string[]>> = {
    "/": ["srv", "usr", "opt"],
    "/opt/": [".only"],
    "/srv/": ["app", ".hidden"],
    "/srv/app/": ["releases"],
    "/srv/app/releases/": ["1.2.3"],
    "/usr/": ["lib"],
  };
  const namesIn = (directory: string) => tree[directory] ?? [];

  test.for<[pattern: string, matches: boolean]>([
    ["/srv/app", true],
    ["/srv/app/", true],
    ["/srv/a*/releases/*", true],
    ["/*/app", true],
    ["/srv/.hid*", true],
    ["/srv/*/releases/2*", false],
    ["/srv/gone/*", false],
    ["/srv/app/releases/*/*", false],
    // a file or an empty directory has nothing in it
    ["/usr/lib/*", false],
    ["/opt/*", true],
    ["/srv/**", true],
    ["/usr/lib/**", true],
    ["/gone/**", false],
    ["/", true],
  ])("%s matches something: %s", ([pattern, matches]) => {
    expect(matchesAny(pattern, namesIn)).toBe(matches);
  });
});

test.for<[directory: string, path: string, behind: string]>([
  ["/b", "/a:/b:/c", "/c:/a"],
  ["/c", "/a:/b:/c", "/a:/b"],
  ["/a", "/a", ""],
  ["/x", "/a:/b", "/a:/b"],
  ["/b", "/b-other:/a", "/b-other:/a"],
])("behind %s on %s: %s", ([directory, path, behind]) => {
  expect(pathBehind(directory, path)).toBe(behind);
});

test.for<[directory: string, other: string, path: string, comes: boolean]>([
  ["/a", "/b", "/a:/b", true],
  ["/b", "/a", "/a:/b", false],
  ["/a", "/x", "/a:/b", true],
  ["/x", "/a", "/a:/b", false],
  ["/x", "/y", "/a", false],
])("%s comes before %s on %s: %s", ([directory, other, path, comes]) => {
  expect(comesBefore(directory, other, path)).toBe(comes);
});

test.for<[version: string, isOld: boolean]>([
  ["16.20.2", true],
  ["17.9.1", true],
  ["18.0.0", false],
  ["20.20.2", false],
])("Node %s is too old: %s", ([version, isOld]) => {
  expect(isTooOld(version)).toBe(isOld);
});

test.for<[path: string, isPersons: boolean]>([
  ["/home/jo/node", true],
  ["/root/.nvm/versions/node/v20.1.0/bin/node", true],
  ["/opt/jo/.volta/bin/node", true],
  ["/root/.local/bin/node", true],
  ["/usr/bin/node", false],
  ["/opt/nvm/node", false],
])("Node at %s is one user's: %s", ([path, isPersons]) => {
  expect(isPersonal(path)).toBe(isPersons);
});

test.for<[path: string, isThere: boolean]>([
  ["/home/jo/rsync-guard/dist/guard.cjs", true],
  ["/root/rsync-guard/dist/guard.cjs", true],
  ["/opt/rsync-guard/dist/guard.cjs", false],
  ["/srv/home/rsync-guard/dist/guard.cjs", false],
])("%s is in a home: %s", ([path, isThere]) => {
  expect(isInHome(path)).toBe(isThere);
});

describe("an installed shim", () => {
  const shim = readFileSync(join(import.meta.dirname, "../../shims/rsync"), "utf8");
  const rows = [
    { node: "/usr/bin/node", program: "/opt/rsync-guard/dist/guard.cjs", real: "/usr/bin/rsync" },
    { node: "", program: "/usr/local/bin/rsync-guard", real: "/usr/lib/rsync-guard/real/rsync" },
    { node: "/a b/it's", program: "/'quoted'/$HOME/`x`", real: "/caf\u00e9/$&" },
  ];

  test.for(rows)("holds its values: %j", (values) => {
    expect(shimValues(shimWith(values, shim))).toEqual(values);
  });

  test.for(rows)("a shell reads the same values: %j", (values) => {
    const lines = shimWith(values, shim).match(/^rsync_guard_(?:node|program|real)=.*$/gm) ?? [];
    const print = `printf '%s\\n' "$rsync_guard_node" "$rsync_guard_program" "$rsync_guard_real"`;
    const { stdout } = spawnSync("sh", ["-c", [...lines, print].join("\n")], { encoding: "utf8" });
    expect(stdout.split("\n").slice(0, 3)).toEqual([values.node, values.program, values.real]);
  });

  test("leaves an empty value open", () => {
    expect(rows.map((values) => shimWith(values, shim).includes("\nrsync_guard_node=\n"))).toEqual([
      false,
      true,
      false,
    ]);
  });

  test("loses only the -p of its first line where sh does not know it", () => {
    expect(shim).toMatch(/^#!\/bin\/sh -p\n/);
    expect(withoutPrivilegedMode(shim)).toBe(`#!/bin/sh\n${shim.slice(shim.indexOf("\n") + 1)}`);
  });

  test("is known as one of another version by all but its values and the -p", () => {
    const installed = withoutPrivilegedMode(shimWith(rows[2] ?? shimValues(""), shim));
    expect(areOneVersion(installed, shim)).toBe(true);
    expect(areOneVersion(installed.replace("rsync_guard_ask", "rsync_guard_call"), shim)).toBe(false);
  });

  test("differs from shims/rsync in nothing else, which holds none", () => {
    const [values] = rows;
    expect(shimWith(values ?? shimValues(""), shim).replace(/^(rsync_guard_(?:node|program|real)=).*$/gm, "$1")).toBe(
      shim,
    );
    expect(shimValues(shim)).toEqual({ node: "", program: "", real: "" });
  });
});
