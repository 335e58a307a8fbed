/** Directories that are known by their names alone. */
import type { Bytes } from "../bytes.ts";

/** Protected against any write, besides what `isBuiltIn` tells by its name. */
export const builtInProtect: readonly Bytes[] = [
  "/ /bin /boot /dev /etc /home /lib /media /mnt /opt /proc /root /run /sbin /srv /sys /usr /var",
  "/var/lib /var/log /var/www /var/spool /var/cache",
].flatMap((line) => line.split(" "));

const builtIn = new Set(builtInProtect);

/** Whether a clean absolute path is protected by the name it has: built in, `/lib*`, a direct child of `/usr`. */
export const isBuiltIn = (path: Bytes): boolean => builtIn.has(path) || /^\/(?:lib[^/]*|usr\/[^/]+)$/.test(path);

/** Owned by the system, not by what is deployed: a link to an interpreter in /usr/bin is no loss. */
export const isSystems = (path: Bytes): boolean => /^\/(?:usr|bin|sbin|lib[^/]*|proc|sys|dev|run)(?:\/|$)/.test(path);

/** What a symlink to the release in use is called. */
export const releaseLinkNames = ["current", "live", "latest", "release", "previous", "production", "stable"];
