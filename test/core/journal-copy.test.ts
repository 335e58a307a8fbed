/** Copies of entries for other logs: JSON that is whole, however long the command was. */
import { describe, expect, test } from "vitest";
import { entryWithin, journaldFields, syslogMessage } from "../../src/core/history/journal-copy.ts";
import { deleting, entryOf } from "../support/entry.ts";

const refused = entryOf("10:00:00", "-a --delete a/ /srv//", {
  verdict: "refuse",
  codes: ["empty-variable", "no-dry-run"],
  fingerprint: "f".repeat(64),
  plan: deleting(7),
});
const names = (count: number, name = "é\u0085\n") => Array.from({ length: count }, (_, at) => `${at}${name}`);

test("a short entry stays as it is", () => {
  expect(JSON.parse(entryWithin(refused, 7000))).toEqual(refused);
});

test.for([
  { what: "many words", argv: names(5000), targets: ["/srv"] },
  { what: "one long word", argv: ["-a", "x".repeat(100_000), "/srv"], targets: ["/srv"] },
  { what: "many targets", argv: ["-a"], targets: names(9000, "/\u200b") },
  {
    what: "long all over",
    argv: names(400),
    targets: names(400),
    callers: [{ name: "sh", command: "x".repeat(9000) }],
  },
])("$what: cut inside the JSON", (row) => {
  const text = syslogMessage({ ...refused, ...row });
  expect(text).toMatch(/^@cee:\{[\x20-\x7e]+\}$/);
  expect(text.length).toBeLessThanOrEqual(7 * 1024 + 5);
  expect(JSON.parse(text.slice(5))).toMatchObject({ verdict: "refuse", codes: refused.codes, user: "deploy" });
});

test("of a long command the beginning and the end are kept", () => {
  const { argv } = JSON.parse(entryWithin({ ...refused, argv: names(5000, "") }, 7000));
  expect([argv[0], argv.at(-1)]).toEqual(["0", "4999"]);
  expect(argv.find((word: string) => word.startsWith("("))).toMatch(/^\(\d+ more\)$/);
});

describe("journald's fields", () => {
  test("each on a line, with no line in it", () => {
    const lines = journaldFields({ ...refused, argv: ["-a", "a\nRSYNC_GUARD_CODES=none", "/srv//"] }).split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => line.replace(/=.*/, ""))).toEqual([
      "MESSAGE",
      "PRIORITY",
      "SYSLOG_IDENTIFIER",
      "SYSLOG_FACILITY",
      "RSYNC_GUARD_VERDICT",
      "RSYNC_GUARD_CODES",
      "RSYNC_GUARD_USER",
      "RSYNC_GUARD_COMMAND",
      "RSYNC_GUARD_TARGET",
      "RSYNC_GUARD_FINGERPRINT",
      "RSYNC_GUARD_ENTRY",
    ]);
    expect(lines).toContain("RSYNC_GUARD_CODES=empty-variable no-dry-run");
    expect(lines[0]).toBe("MESSAGE=refuse (empty-variable, no-dry-run): rsync -a 'a\\nRSYNC_GUARD_CODES=none' /srv//");
  });

  test("none where there is nothing to say", () => {
    const fields = journaldFields(entryOf("10:00:00", "-a a/ /srv", { targets: [] }));
    expect(fields).not.toMatch(/RSYNC_GUARD_(?:CODES|TARGET|FINGERPRINT)=/);
    expect(fields).toContain("PRIORITY=5\n");
  });
});
