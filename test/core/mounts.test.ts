import { expect, test } from "vitest";
import { mountOfLine, remoteMountOf } from "../../src/core/place/mounts.ts";

const lines = [
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
  "30 22 0:45 / /mnt rw,relatime shared:2 - nfs4 nas:/export rw,vers=4.2",
  "31 30 8:17 / /mnt/disk\\040one rw - ext4 /dev/sdb1 rw",
  "32 22 0:300 / /home/ann/far rw master:1 - fuse.sshfs ann@web1: rw",
  "33 22 259:3 / /data rw - xfs /dev/nvme0n1p3 rw",
];
const mounts = lines.map(mountOfLine);

test("a line is a mount point, its device as stat has it, and whether it is another host's", () => {
  expect(mounts).toEqual([
    { point: "/", device: "2049", isRemote: false },
    { point: "/mnt", device: "45", isRemote: true },
    { point: "/mnt/disk one", device: "2065", isRemote: false },
    // minor 300 is 0x12c: its upper bits lie above the major number
    { point: "/home/ann/far", device: String(0x2c | (0x100 << 12)), isRemote: true },
    { point: "/data", device: String((259 << 8) | 3), isRemote: false },
  ]);
});

test.for<[path: string, point: string | undefined]>([
  ["/mnt", "/mnt"],
  ["/mnt/x/y", "/mnt"],
  ["/mnt/disk one/x", undefined],
  ["/home/ann/far/x", "/home/ann/far"],
  ["/home/ann", undefined],
  ["/data/x", undefined],
  ["/", undefined],
])("%s lies on %s", ([path, point]) => {
  expect(remoteMountOf(path, mounts)?.point).toBe(point);
});
