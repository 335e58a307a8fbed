/** What /proc/self/mountinfo tells of the file systems, by proc(5). */
import { type Bytes, byteOfOctal } from "../bytes.ts";
import { selfAndAncestors } from "../paths.ts";
import type { Target } from "./target.ts";

export interface Mount {
  readonly point: Bytes;
  /** As stat(2) has it. */
  readonly device: string;
  /** Another host's: a look at it may not come back. */
  readonly isRemote: boolean;
}

const remote = /^(?:nfs4?|cifs|smb3?|9p|ceph|glusterfs|lustre|beegfs|afs|davfs|fuse\.\S+)$/;

/** fstab(5) and mountinfo write blanks in octal. */
export const decodeField = (field: Bytes): Bytes => field.replace(/\\([0-7]{3})/g, byteOfOctal);

export function mountOfLine(line: Bytes): Mount {
  const [before = "", after = ""] = line.split(" - ");
  const [, , numbers = "", , point = ""] = before.split(" ");
  const [type = ""] = after.split(" ");
  return { point: decodeField(point), device: deviceOf(numbers), isRemote: remote.test(type) };
}

/** `major:minor` as glibc's makedev() puts it into one number. */
function deviceOf(numbers: string): string {
  const [major = 0n, minor = 0n] = numbers.split(":").map((number) => BigInt(number || 0));
  return String((minor & 0xffn) | ((major & 0xfffn) << 8n) | ((minor & ~0xffn) << 12n) | ((major & ~0xfffn) << 32n));
}

/** The mount point at or above a path; `/` is always one. */
export const mountOf = (path: Bytes, mounts: { has(point: Bytes): boolean }): Bytes =>
  [...selfAndAncestors(path)].find((at) => mounts.has(at)) ?? "/";

/** The mount on another host's file system that a path lies on, by its text; undefined for none. */
export function remoteMountOf(path: Bytes, mounts: readonly Mount[]): Mount | undefined {
  const byPoint = new Map(mounts.map((mount) => [mount.point, mount]));
  const mount = byPoint.get(mountOf(path, byPoint));
  return mount?.isRemote ? mount : undefined;
}

/** The targets that may lie on a file system that is not mounted: the first ones tell, and there may be thousands. */
export const mountedTargets = (targets: readonly Target[]): readonly Target[] =>
  targets.filter(({ remote, role }) => !remote && role === "destination").slice(0, 10);
