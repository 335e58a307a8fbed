import { describe, expect, test } from "vitest";
import { operandOf } from "../../src/core/command/operand.ts";
import { cleanPath, isWithin } from "../../src/core/paths.ts";
import { endsOf, lackingDirectory, locationOf, type Target, targetsOf } from "../../src/core/place/target.ts";
import { targets, world } from "../cases/targets.ts";
import { factsOf } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

const facts = factsOf(world);

const inWords = ({ path, writes, deletes, role }: Target): string =>
  [`${writes ? "w" : ""}${deletes ? "d" : ""}`, ...(role === "destination" ? [] : [role]), path].join(" ");

describe.each(Object.entries(targets))("%s", (_, cases) => {
  test.for(cases)("%j", ([line, ...expected]) => {
    expect(targetsOf(invocationOf(line), facts).map(inWords)).toEqual(expected);
  });
});

test.for<[word: string, path: string, hostPath: string | null, remote: boolean, isRemoteHome?: boolean]>([
  ["dst/", "/job/dst", "/job/dst", false],
  ["../etc/./", "/etc", "/etc", false],
  ["host:/srv//a/", "host:/srv/a", "/srv/a", true],
  ["host:/", "host:/", "/", true],
  ["host:a", "host:a", null, true],
  ["host:", "host:.", null, true, true],
  ["host:~/.", "host:~", null, true, true],
  ["host:site/..", "host:.", null, true, true],
  ["host:~/site", "host:~/site", null, true],
  ["host::mod/a", "host::mod/a", null, true],
])("where %j leads", ([word, path, hostPath, remote, isRemoteHome = false]) => {
  const spot = locationOf(operandOf(word), facts);
  expect({ ...spot, place: spot.place?.path ?? null }).toEqual({
    path,
    hostPath,
    remote,
    isRemoteHome,
    place: remote ? null : path,
  });
});

test.for<[line: string, lacking: string | null]>([
  ["-a build/ new/", null],
  ["-a build/ new/deep/", "/job/new"],
  ["-a build/ new/deep/er", "/job/new/deep"],
  ["-a --mkpath build/ new/deep/", null],
  ["-a build/ host:new/deep/", null],
  ["-a build/", null],
])("rsync can't make the destination of %s, for lack of %s", ([line, lacking]) => {
  const invocation = invocationOf(line);
  expect(lackingDirectory(invocation, endsOf(invocation), facts)).toBe(lacking);
});

test.for<[path: string, clean: string]>([
  ["/srv//a/", "/srv/a"],
  ["//", "/"],
  ["/", "/"],
  ["a/../..", ".."],
  ["/..", "/"],
  ["", "."],
])("%j cleaned is %j", ([path, clean]) => {
  expect(cleanPath(path)).toBe(clean);
});

test.for<[path: string, directory: string, within: boolean]>([
  ["/srv/app", "/srv/app", true],
  ["/srv/app/x", "/srv/app", true],
  ["/srv/app-old", "/srv/app", false],
  ["/srv", "/srv/app", false],
  ["/srv", "/", true],
])("%j within %j: %j", ([path, directory, within]) => {
  expect(isWithin(path, directory)).toBe(within);
});
