import { expect, test } from "vitest";
import { changeText } from "../../src/core/words/differences.ts";

const all = "--devices --group --links --owner --perms --recursive --specials --times";

test.for<[field: string, before: string, now: string, text: string]>([
  ["destination", "/srv/a/", "/srv/", "/srv/a/  ->  /srv/"],
  ["destination", "", "/srv/", "(none)  ->  /srv/"],
  ["destination", "/srv/a (missing)", "/srv/a (2049:7)", "/srv/a did not exist then"],
  ["destination", "/srv/a (2049:6)", "/srv/a (2049:7)", "/srv/a was replaced: it is another one now"],
  ["destination", "/srv/a (2049:6)", "/srv/a (missing)", "/srv/a is gone"],
  ["destination", "/srv/a (2049:6)", "/srv/b (2049:7)", "/srv/a  ->  /srv/b"],
  ["sources", "/a/ (1:6), /b/ (1:7)", "/a/ (1:6), /b/ (1:8)", "/b/ was replaced: it is another one now"],
  ["options", all, `--delete ${all}`, "now with --delete"],
  ["options", `--delete ${all}`, "--delete", "now without -a"],
  ["options", "--exclude='a b' --delete", "--delete --checksum", "now with --checksum, without --exclude='a b'"],
  ["options", "--exclude=a --exclude=b", "--exclude=b --exclude=a", "in another order"],
  ["rsync", "/usr/bin/rsync 1:6 500 17", "/usr/bin/rsync 1:7 501 18", "/usr/bin/rsync was updated or replaced"],
  ["rsync", "/opt/rsync 1:6 500 17", "/usr/bin/rsync 1:7 501 18", "/opt/rsync  ->  /usr/bin/rsync"],
  ["named files", "a d1, b d2", "a d1, b d3", "b has another content"],
  ["named files", "", "a d1", "a was not named then"],
  ["named files", "a d1", "", "a is not named now"],
  ["environment", "", "RSYNC_ICONV=UTF-8", "(none)  ->  RSYNC_ICONV=UTF-8"],
  ["cwd", "/a\u001b", "/b", "/a\\e  ->  /b"],
])("%s: %s, now %s", ([field, before, now, text]) => {
  expect(changeText({ field, before, now, maybeEmptyVariable: false })).toBe(text);
});
