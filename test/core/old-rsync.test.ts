import { expect, test } from "vitest";
import { type AskedRsync, readAs, saysOpenrsync, type Version, versionIn } from "../../src/core/place/old-rsync.ts";
import type { Line } from "../cases/words.ts";
import { invocationOf } from "../support/run.ts";

test.for<[text: string, version: Version | null]>([
  ["rsync  version 2.6.9  protocol version 29\n", [2, 6, 9]],
  ["rsync  version 3.2.7  protocol version 31\nCopyright", [3, 2, 7]],
  ["rsync  version v3.4.1  protocol version 32\n", [3, 4, 1]],
  ["rsync  version 3.1.3  protocol version 31\n", [3, 1, 3]],
  ["openrsync: protocol version 29\nrsync version 2.6.9 compatible\n", null],
  ["", null],
])("%j is of version %j", ([text, version]) => {
  expect(versionIn(text)).toEqual(version);
});

test("openrsync says that it is one", () => {
  expect(saysOpenrsync("openrsync: protocol version 29\nrsync version 2.6.9 compatible\n")).toBe(true);
  expect(saysOpenrsync("rsync  version 2.6.9  protocol version 29\n")).toBe(false);
});

const unasked = () => expect.unreachable("this command means the same to each rsync");
const neverAsked: AskedRsync = { version: unasked, help: unasked, isOpenrsync: unasked };
const of = (version: Version | null): AskedRsync => ({ ...neverAsked, version: () => version });

test.for<[line: Line, version: Version | null, oldArgs: number]>([
  [["-a", "s/", "host:my dir"], [3, 1, 3], 2],
  [["-a", "s/", "host:my dir"], [3, 2, 3], 2],
  [["-a", "s/", "host:my dir"], [3, 2, 4], 0],
  [["-a", "s/", "host:my dir"], [3, 10, 0], 0],
  [["-a", "s/", "host:my dir"], [4, 0, 0], 0],
  // one that doesn't say may be old
  [["-a", "s/", "host:my dir"], null, 2],
  [["-a", "host:it's", "d"], [3, 1, 3], 2],
  // the server would take it for its directory: --backup-dir my old . d
  [["-a", "--backup-dir=my old", "s/", "host:d"], [3, 2, 3], 2],
  [["-a", "--link-dest=../my old", "s/", "host:d"], [3, 2, 3], 2],
  [["-a", "-M--temp-dir=my tmp", "s/", "host:d"], [3, 2, 3], 2],
  [["-a", "--backup-dir=my old", "s/", "host:d"], [3, 2, 7], 0],
  // with -s nothing is for the remote shell; 3.0 does not read the variable
  [["-as", "s/", "host:my dir"], [3, 2, 3], 0],
  [["-as", "s/", "host:my dir"], [3, 0, 9], 2],
  ["--old-args --old-args -a s/ host:$X", [3, 5, 0], 2],
  ["--old-args -a s/ host:$X", [3, 5, 0], 1],
  ["--old-args -a s/ host:$X", [3, 2, 3], 2],
])("%j with version %j: the remote shell splits it: %s", ([line, version, oldArgs]) => {
  const read = readAs(invocationOf(line), of(version));
  expect("invocation" in read && read.invocation.oldArgs).toBe(oldArgs);
});

test.for<[line: Line, version: Version | null, option: string | null]>([
  ["-a -M--fake-super s/ d/", [3, 2, 7], "-M--fake-super"],
  ["-a -M-X s/ d/", [3, 1, 3], "-M-X"],
  ["-a -M--fake-super s/ d/", null, "-M--fake-super"],
  ["-a -M--fake-super s/ d/", [3, 3, 0], null],
])("%j with version %j loses its destination by %s", ([line, version, option]) => {
  const read = readAs(invocationOf(line), of(version));
  expect("losesDestination" in read ? read.losesDestination : null).toBe(option);
});

test.for<Line>([
  "-a --delete s/ d/",
  ["-a", "my s/", "my d/"],
  "-a s/ host:/srv/app/",
  "-a host:/srv/*.log d/",
  ["-a", "s/", "host::module/my dir"],
  ["-a", "--backup-dir=my old", "s/", "host::module/dir"],
  ["-a", "--backup-dir=my old", "s/", "d/"],
  ["-a", "--exclude=my old", "s/", "host:d"],
  ["-a", "--temp-dir=my tmp", "host:s/", "d"],
  "-a -M--fake-super s/ host:d/",
  ["-a", "--rsync-path=sudo rsync --fake-super", "s/", "d/"],
])("the version is not asked for %j", (line) => {
  const invocation = invocationOf(line);
  expect(readAs(invocation, neverAsked)).toEqual({ invocation });
});

/** As the help of 3.4.1 with fileflags.diff has it. */
const patched = `--links, -l              copy symlinks as symlinks
--fileflags              preserve file-flags (aka chflags)
--force-delete           force deletion of directories even if not empty
--force-change           affect user-/system-immutable files/dirs
--hfs-compression        preserve HFS compression if supported
`;

test.for<[line: Line, help: string, unreadable: string | null]>([
  ["-a --fileflags s/ d/", patched, null],
  ["-a --no-fileflags --force-change s/ d/", patched, null],
  ["-a -M--fileflags s/ d/", patched, null],
  ["-a --fileflags s/ d/", "", "--fileflags"],
  ["-a --fileflags s/ d/", "--fileflags-too", "--fileflags"],
  ["-a --fileflags --detect-renamed s/ d/", patched, "--detect-renamed"],
  ["-a --no-hfs-compression s/ d/", "--links, -l", "--no-hfs-compression"],
  ["-a -M--fileflags s/ d/", "", "--fileflags"],
])("%j with the help %j: %j", ([line, help, argument]) => {
  const read = readAs(invocationOf(line), { ...of([3, 4, 1]), help: () => help });
  const problem = { is: "not-in-help" };
  expect(read).toMatchObject(argument === null ? { invocation: {} } : { unreadable: { argument, problem } });
});

test("vendors' options: what they delete and where they write is known", () => {
  expect(invocationOf("-a --force-delete s/ d/").deletes).toBe(true);
  expect(invocationOf("-a --fileflags s/ d/").deletes).toBe(false);
});
