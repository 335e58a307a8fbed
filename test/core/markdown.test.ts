/** Text that others have chosen: in a page of Markdown, in JSON, and in a line of a journal. */
import { describe, expect, test } from "vitest";
import { entryOf } from "../../src/core/history/journal-line.ts";
import { asciiJson } from "../../src/core/quoting.ts";
import { code, markdownText } from "../../src/core/words/markdown.ts";
import { entryOf as entryFor } from "../support/entry.ts";

test.for<[text: string, shown: string]>([
  ["web1", "web1"],
  ["<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"],
  ["a & b", "a &amp; b"],
  ["*a* _b_ `c` [d](e) ~f~ | #g \\h", "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\~f\\~ \\| \\#g \\\\h"],
  ["a\n# b", "a\\\\n\\# b"],
  ["\u001b[2J\u202e\u009b", "\\\\e\\[2J\\\\u202e\\\\x9b"],
])("as plain text of a page: %j", ([text, shown]) => {
  expect(markdownText(text)).toBe(shown);
});

test("as code nothing in it ends the code", () => {
  expect(code("a `b` ``c``")).toBe("``` a `b` ``c`` ```");
  expect(code("<b>\u001b")).toBe("`<b>\\e`");
});

test("JSON is ASCII, and the same value", () => {
  const value = { path: "caf\u00e9 \u202e\u009b\u007f \u{1f600}" };
  expect(asciiJson(value)).toMatch(/^[\x20-\x7e]*$/);
  expect(JSON.parse(asciiJson(value))).toEqual(value);
});

describe("a line of somebody else's journal", () => {
  const line = (given: object) => JSON.stringify({ ...entryFor("10:00:00", "-a b/ /srv/app"), ...given });

  test("an ordinary one is an entry", () => {
    expect(
      entryOf(line({ codes: ["no-dry-run", "a-code-of-the-future"], fingerprint: "0".repeat(64) })),
    ).not.toBeNull();
  });

  test.for<[what: string, given: object]>([
    ["a code with a line break", { codes: ["x\n[[destination]]"] }],
    ["a code with an escape sequence", { codes: ["\u001b]0;t\u0007"] }],
    ["a code that is a sentence", { codes: ["no dry run"] }],
    ["an endless code", { codes: ["a".repeat(41)] }],
    ["a fingerprint that is none", { fingerprint: "\u001b]0;t\u0007" }],
    ["a short fingerprint", { fingerprint: "0".repeat(63) }],
    ["a time that only the runtime understands", { time: "1" }],
    ["a time with more behind it", { time: "2026-07-01T10:00:00.000Z (\u001b)" }],
  ])("%s makes it none", ([, given]) => {
    expect(entryOf(line(given))).toBeNull();
  });
});
