import { posix } from "node:path";
import { expect, test } from "vitest";
import {
  builtInProtect,
  isBuiltIn,
  isSystems,
  isTrusted,
  mayHoldTrusted,
  releaseLinkNames,
} from "../../src/core/place/known-directories.ts";

const listed =
  "/ /bin /boot /dev /etc /home /lib /media /mnt /opt /proc /root /run /sbin /srv /sys /usr /var /var/lib /var/log /var/www /var/spool /var/cache";

test("what is protected without being asked for", () => {
  expect(builtInProtect.join(" ")).toBe(listed);
  expect(builtInProtect.filter((path) => !isBuiltIn(path))).toEqual([]);
});

test.for("/lib64 /lib32 /libx32 /libexec /usr/bin /usr/local /usr/share".split(" "))("%s is protected, too", (path) => {
  expect(isBuiltIn(path)).toBe(true);
});

test.for(
  "/data /tmp /srv/app /home/ann /etc/nginx /lib64/x /usr/local/share /var/www/site /var/mail /x/lib /x/usr/bin /li /usrlocal".split(
    " ",
  ),
)("%s is not protected by its name", (path) => {
  expect(isBuiltIn(path)).toBe(false);
});

// a link that leads there is no loss
test.for(
  "/usr /usr/bin/php /bin/sh /sbin/init /lib/x /lib64 /lib64/ld.so /proc/self /sys/x /dev/null /run/x".split(" "),
)("%s is the system's own", (path) => {
  expect(isSystems(path)).toBe(true);
});

test.for(
  "/ /etc/app.conf /srv/shared /var/lib/x /home/ann /usrlocal/x /bins /devices/x /running /srv/usr/bin /srv/lib".split(
    " ",
  ),
)("%s is not the system's own", (path) => {
  expect(isSystems(path)).toBe(false);
});

test("the links that tell which release is in use", () => {
  expect(releaseLinkNames.join(" ")).toBe("current live latest release previous production stable");
});

test.for([
  ["/etc/cron.d/x", true],
  ["/etc/crontab", true],
  ["/etc/sudoers.d/x", true],
  ["/etc/systemd/system/x.service", true],
  ["/etc/profile.d/x.sh", true],
  ["/home/ann/.ssh/authorized_keys", true],
  ["/etc/nginx/sites-enabled/x", false],
  ["/srv/etc/cron.d/x", false],
  ["/srv/app/authorized_keys", false],
] as const)("%s is run or trusted by the system: %s", ([path, is]) => {
  expect(isTrusted(path)).toBe(is);
  if (is) expect(mayHoldTrusted(posix.dirname(path))).toBe(true);
});
