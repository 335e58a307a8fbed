import { expect, test } from "vitest";
import { readAs, type Version, versionIn } from "../../src/core/place/old-rsync.ts";
import type { Line } from "../cases/words.ts";
import { invocationOf } from "../support/run.ts";

test.for<[text: string, version: Version | null]>([
  ["rsync  version 3.2.7  protocol version 31\nCopyright", [3, 2, 7]],
  ["rsync  version v3.4.1  protocol version 32\n", [3, 4, 1]],
  ["rsync  version 3.1.3  protocol version 31\n", [3, 1, 3]],
  ["openrsync: protocol version 29\nrsync version 2.6.9 compatible\n", null],
  ["", null],
])("%j is of version %j", ([text, version]) => {
  expect(versionIn(text)).toEqual(version);
});

const neverAsked = () => expect.unreachable("this command means the same to each rsync");

test.for<[line: Line, version: Version | null, oldArgs: boolean]>([
  [["-a", "s/", "host:my dir"], [3, 1, 3], true],
  [["-a", "s/", "host:my dir"], [3, 2, 3], true],
  [["-a", "s/", "host:my dir"], [3, 2, 4], false],
  [["-a", "s/", "host:my dir"], [3, 10, 0], false],
  [["-a", "s/", "host:my dir"], [4, 0, 0], false],
  // one that doesn't say may be old
  [["-a", "s/", "host:my dir"], null, true],
  [["-a", "host:it's", "d"], [3, 1, 3], true],
  ["--old-args -a s/ host:$X", [3, 5, 0], true],
])("%j with version %j: the remote shell splits it: %s", ([line, version, oldArgs]) => {
  const read = readAs(invocationOf(line), () => version);
  expect("invocation" in read && read.invocation.oldArgs).toBe(oldArgs);
});

test.for<[line: Line, version: Version | null, option: string | null]>([
  ["-a -M--fake-super s/ d/", [3, 2, 7], "-M--fake-super"],
  ["-a -M-X s/ d/", [3, 1, 3], "-M-X"],
  ["-a -M--fake-super s/ d/", null, "-M--fake-super"],
  ["-a -M--fake-super s/ d/", [3, 3, 0], null],
])("%j with version %j loses its destination by %s", ([line, version, option]) => {
  const read = readAs(invocationOf(line), () => version);
  expect("losesDestination" in read ? read.losesDestination : null).toBe(option);
});

test.for<Line>([
  "-a --delete s/ d/",
  ["-a", "my s/", "my d/"],
  "-a s/ host:/srv/app/",
  "-a host:/srv/*.log d/",
  ["-a", "s/", "host::module/my dir"],
  "-a -M--fake-super s/ host:d/",
  ["-a", "--rsync-path=sudo rsync --fake-super", "s/", "d/"],
])("the version is not asked for %j", (line) => {
  const invocation = invocationOf(line);
  expect(readAs(invocation, neverAsked)).toEqual({ invocation });
});
