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

/**
 * What a host has in a directory that is deployed to, and its source seldom has: repositories, secrets, settings of a
 * web server and of an application, keys, what a certificate is proved with.
 */
const targetsOwn: ReadonlySet<Bytes> = new Set(
  [
    ".git .svn .hg .bzr .env .env.local .env.production .htaccess .htpasswd .user.ini .well-known .ssh authorized_keys",
    "wp-config.php LocalSettings.php settings.local.php Vagrantfile .vagrant .identity .stfolder .snapshots .zfs",
  ].flatMap((line) => line.split(" ")),
);

export const targetsOwnNames: readonly Bytes[] = [...targetsOwn];

export const isTargetsOwn = (name: Bytes): boolean => targetsOwn.has(name);

/** Files by which a host is taken over: jobs, services and rules of root's, what each login runs, and keys that may log in. */
export const isTrusted = (path: Bytes): boolean =>
  /^\/etc\/(?:cron[^/]*|sudoers(?:\.d)?|systemd\/(?:system|user)|init\.d|profile(?:\.d)?|ld\.so\.(?:conf\.d|preload)|pam\.d|udev\/rules\.d)(?:\/|$)|\/\.ssh\/authorized_keys$|^\/var\/spool\/cron\//.test(
    path,
  );

/** Whether isTrusted() may be true of something in a directory: it is asked of each directory, and that one of few files. */
export const mayHoldTrusted = (directory: Bytes): boolean =>
  /^\/etc(?:\/|$)|\/\.ssh$|^\/var\/spool\/cron(?:\/|$)/.test(directory);
