import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bufferOf, bytesOf, textOf } from "../../src/core/bytes.ts";
import { didYouMean } from "../../src/core/did-you-mean.ts";
import { isPasteable, shellWord, showBytes, showWord } from "../../src/core/quoting.ts";

interface Case {
  readonly what: string;
  readonly bytes: string;
  readonly text: string;
  /** For a terminal. */
  readonly shown: string;
  readonly word: string;
  readonly shownWord: string;
  readonly pasteable: boolean;
}

/** A word that is what it looks like. */
const plain = (text: string, word = text): Case => ({
  what: text,
  bytes: bytesOf(text),
  text,
  shown: text,
  word: bytesOf(word),
  shownWord: word,
  pasteable: true,
});

/** A word with something that is not shown as it is. */
const hidden = (what: string, bytes: string, shownAs: string, text = textOf(bytes)): Case => ({
  what,
  bytes,
  text,
  shown: shownAs,
  word: `'${bytes}'`,
  shownWord: `'${shownAs}'`,
  pasteable: false,
});

const cases: readonly Case[] = [
  plain("/var/www/releases/1.2.3/"),
  plain("ann@host:/srv/a_b-c+d=e,f%g^h"),
  plain("--delete"),
  plain("host:~/x"),
  plain("~/x", "'~/x'"),
  // bash expands this as if it were an assignment
  plain("a=~/x", "'a=~/x'"),
  plain("", "''"),
  plain("my dir", "'my dir'"),
  plain("it's", "'it'\\''s'"),
  plain("'", "''\\'''"),
  plain('"$HOME"', `'"$HOME"'`),
  plain("`id`;a&b|c>d<e(f)*?[x]{y}#!\\", "'`id`;a&b|c>d<e(f)*?[x]{y}#!\\'"),
  plain("café", "'café'"),
  plain("日本", "'日本'"),
  plain("😀", "'😀'"),
  hidden("a newline", "a\nb", "a\\nb"),
  hidden("a tab and a return", "a\tb\r", "a\\tb\\r"),
  hidden("an escape sequence", "\u001b[31mred", "\\e[31mred"),
  hidden("other control characters", "\u0001\u007f", "\\x01\\x7f"),
  hidden("C1 control characters", bytesOf("\u009b"), "\\x9b"),
  hidden("a byte that isn't UTF-8", "caf\xe9", "caf\\xe9", "caf\\xe9"),
  hidden("a sequence cut short", "\xe6\x97x", "\\xe6\\x97x", "\\xe6\\x97x"),
  hidden("a surrogate's bytes", "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"),
  hidden("an overlong slash", "\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf"),
  hidden("valid and not", `é\xff`.replace("é", bytesOf("é")), "é\\xff", "é\\xff"),
  hidden("right-to-left override", bytesOf("a\u202egnp.exe"), "a\\u202egnp.exe"),
  hidden("bidi isolates", bytesOf("\u2066a\u2069"), "\\u2066a\\u2069"),
  hidden("a zero-width space", bytesOf("a\u200bb"), "a\\u200bb"),
  hidden("a byte order mark", bytesOf("\ufeffa"), "\\ufeffa"),
  hidden("a soft hyphen", bytesOf("a\u00adb"), "a\\xadb"),
];

describe.each(cases)("$what", ({ bytes, pasteable, ...expected }) => {
  test("is shown and quoted", () => {
    expect({
      what: expected.what,
      text: textOf(bytes),
      shown: showBytes(bytes),
      word: shellWord(bytes),
      shownWord: showWord(bytes),
    }).toEqual(expected);
  });

  test(`${pasteable ? "can" : "can't"} be typed again`, () => {
    expect(isPasteable(bytes)).toBe(pasteable);
  });

  test("becomes bytes and text again", () => {
    expect(bufferOf(bytes).toString("latin1")).toBe(bytes);
    if (pasteable) expect(bytesOf(textOf(bytes))).toBe(bytes);
  });
});

test("U+FFFD that was typed is text like any other", () => {
  const bytes = bytesOf("a\ufffdb");
  expect(textOf(bytes)).toBe("a\ufffdb");
  expect(isPasteable(bytes)).toBe(true);
});

/** What a shell makes of words, byte for byte; the words go in by a file, as argv can't hold them all. */
function shellReads(words: readonly string[]): readonly string[] {
  const script = words.map((word) => `printf '%s\\0' ${word}\n`).join("");
  const { stdout, stderr, status } = spawnSync("sh", ["-s"], {
    input: Buffer.from(script, "latin1"),
    env: { LC_ALL: "C" },
  });
  expect([status, stderr.toString()]).toEqual([0, ""]);
  return stdout.toString("latin1").split("\0").slice(0, -1);
}

test("a real shell reads shellWord back, byte for byte", () => {
  const everyByte = Array.from({ length: 255 }, (_, at) => String.fromCharCode(at + 1));
  const bytes = fc.uint8Array({ min: 1, maxLength: 40 });
  const random = fc.sample(bytes, { numRuns: 500, seed: 1 }).map((word) => Buffer.from(word).toString("latin1"));
  const words = [...cases.map(({ bytes }) => bytes), ...everyByte, everyByte.join(""), ...random];
  expect(shellReads(words.map(shellWord))).toEqual(words);
});

test("a real shell reads back what can be typed again", () => {
  const words = cases.filter(({ pasteable }) => pasteable).map(({ bytes }) => bytes);
  expect(shellReads(words.map((word) => bytesOf(showWord(word))))).toEqual(words);
});

test.for([
  ["expl", "; did you mean explain?"],
  ["explian", "; did you mean explain?"],
  ["pan", "; did you mean plan?"],
  ["explanations", ""],
  ["lo", ""],
  // at once
  ["x".repeat(10_000_000), ""],
] as const)("what may have been meant: %.20s", ([word, says]) => {
  expect(didYouMean(word, ["explain", "plan", "undo"])).toBe(says);
});
