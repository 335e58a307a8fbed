/** What is said of rsync here was seen of 3.2.7 and 3.5.0; test/e2e/secluded.test.ts asks the real ones. */
import { describe, expect, test } from "vitest";
import { type PathFacts, unsecluded } from "../../src/core/command/secluded.ts";
import { type Line, wordsOf } from "../cases/words.ts";
import { invocationOf } from "../support/run.ts";

/** Below the directory that a server is in. */
const entries: Readonly<Record<string, "directory" | "file" | "link to a directory" | "dangling link">> = {
  ".": "directory",
  "..": "directory",
  sub: "directory",
  "sub/one": "file",
  "sub/deep": "directory",
  "sub/deep/a": "directory",
  "sub/deep/two": "file",
  link: "link to a directory",
  "link/a": "directory",
  // as the kernel goes
  "link/a/..": "directory",
  "link/two": "file",
  dangling: "dangling link",
  "d e": "directory",
  "d e/a": "file",
  "d e/ab": "file",
  "d e/b c": "file",
  "d e/.dot": "file",
  "d e/x[1]": "file",
  "d e/a*b": "file",
  "d e/back\\": "file",
  "d e/caf\xe9": "file",
  "/": "directory",
  "/srv": "directory",
  "/srv/app": "directory",
};

const named = (path: string) => path.replace(/(?:^|(?<=\/))(?:\.\/)+/g, "").replace(/(?<=.)(?:\/\.?)+$/, "") || ".";
const entry = (path: string) => entries[named(path)];
const look: PathFacts = {
  names(directory) {
    const prefix = named(directory) === "." ? "" : named(directory).replace(/\/*$/, "/");
    const below = Object.keys(entries).filter((path) => path.startsWith(prefix));
    return below.map((path) => path.slice(prefix.length)).filter((name) => !/^\.{0,2}$|\//.test(name));
  },
  isDirectory(path) {
    const kind = entry(path);
    return kind === undefined || kind === "dangling link" ? null : kind !== "file";
  },
  isLink: (path) => entry(path) === "link to a directory" || entry(path) === "dangling link",
  takesAwayDotDots: () => false,
};

const unknown = "unknown-expansion";

/** A path that a sender is sent → the paths on its command line, or why there are none. */
const paths: Readonly<Record<string, readonly (readonly [path: string, ...expected: readonly string[]])[]>> = {
  "no wildcards: as it is": [
    ["sub/one", "sub/one"],
    ["d e/", "d e/"],
    ["/srv//app/./", "/srv//app/./"],
    [".", "."],
    ["./-x", "./-x"],
    ["~/x", "~/x"],
    ["$HOME", "$HOME"],
    ["a\\b", "a\\b"],
    ["{a,b}", "{a,b}"],
    ["caf\xe9", "caf\xe9"],
  ],
  "wildcards match dotfiles too, but no slash": [
    ["d e/*", "d e/a", "d e/ab", "d e/b c", "d e/.dot", "d e/x[1]", "d e/a*b", "d e/back\\", "d e/caf\xe9"],
    ["d e/**", "d e/a", "d e/ab", "d e/b c", "d e/.dot", "d e/x[1]", "d e/a*b", "d e/back\\", "d e/caf\xe9"],
    ["d e/a*", "d e/a", "d e/ab", "d e/a*b"],
    ["d e/?", "d e/a"],
    ["d e/caf?", "d e/caf\xe9"],
    ["d e/.*", "d e/.dot"],
    ["s?b/one", "sub/one"],
    // rsync looks for directories only, and says later what is not in them
    ["*/two", "sub/two", "link/two", "d e/two"],
    ["sub/*/two", "sub/deep/two"],
    ["*/deep/*", "sub/deep/a", "sub/deep/two"],
    ["*/deep/", "sub/deep/"],
    ["./s*/./one", "./sub/./one"],
    ["/s*/a*", "/srv/app"],
  ],
  "sets of single bytes and of ranges": [
    ["d e/[ax]*", "d e/a", "d e/ab", "d e/x[1]", "d e/a*b"],
    ["d e/[a-b]?", "d e/ab"],
    ["d e/[!ab]*", "d e/.dot", "d e/x[1]", "d e/caf\xe9"],
    ["d e/[^ab]*", "d e/.dot", "d e/x[1]", "d e/caf\xe9"],
    ["d e/[-.]*", "d e/.dot"],
  ],
  "a backslash takes a wildcard for itself": [
    ["d e/a\\*b", "d e/a*b"],
    ["d e/x\\[*", "d e/x[1]"],
    ["d e/back\\\\*", "d e/back\\"],
  ],
  "without a match the pattern is a path": [
    ["none*", "none*"],
    ["d e/x[1]", "d e/x[1]"],
    ["sub/one/*", "sub/one/*"],
    ["dang*", "dang*"],
    ["none/*", "none/*"],
  ],
  "sets that are not plain": [
    ["[", unknown],
    ["d e/[a", unknown],
    ["d e/[]]", unknown],
    ["d e/[!]a]", unknown],
    ["d e/x[[]1]", unknown],
    ["d e/[[:alpha:]]*", unknown],
    ["d e/[\\a]b", unknown],
    ["d e/[c-a]*", unknown],
    ["d e/b*\\", unknown],
  ],
  "..: rsync goes by the text, where the kernel goes by what is there": [
    ["sub/../x", "x"],
    ["sub//../x", "x"],
    ["sub/../", "."],
    ["sub/../deep/", "deep/"],
    ["link/..", "."],
    ["link/../x", "x"],
    ["none/../x", "x"],
    ["dangling/..", "."],
    ["*/../s*", "sub"],
    // ./.. is nothing to rsync, and the directory above to the kernel
    ["./../x", "x"],
    ["sub/../../x", "../x"],
    // by its text everywhere, or only at the start: the same where no link is on the way
    ["sub/deep/../../x", "sub/deep/../../x"],
    ["link/a/..", "link/a/.."],
    ["/srv/app/../app", "/srv/app/../app"],
    ["../x", "../x"],
    ["../../x", "../../x"],
    ["/../srv/app/..", "/../srv/app/.."],
    ["a..b/..c", "a..b/..c"],
    ["./link/..", unknown],
    ["/link/..", unknown],
    ["link/a/../../x", unknown],
    ["sub/none/../x", unknown],
    ["sub/one/../x", unknown],
    ["sub/*/../x", unknown],
    ["sub/./../x", unknown],
    ["./sub/../../x", unknown],
  ],
};

describe.each(Object.entries(paths))("%s", (_, rows) => {
  test.for(rows)("%j", ([path, ...expected]) => {
    const whole = unsecluded(invocationOf("--server --sender -slogDtpr"), ["rsync", "--relative", ".", path], look);
    const found = "problem" in whole ? [whole.problem.is] : whole.slice(5);
    expect(found).toEqual(expected);
    if (!("problem" in whole))
      expect(whole.slice(0, 5)).toEqual(["--server", "--sender", "-logDtpr", "--relative", "."]);
  });
});

test.for([
  ["./link/..", "./"],
  ["/srv/link/../app", "/srv/app"],
  ["link/a/../../x", "x"],
  ["sub/none/../x/", "sub/x/"],
  ["sub/./../x", "sub/x"],
  ["/../../x", "/x"],
  ["a/../../../b/c/../..", "../../"],
  ["sub/*/../one", "sub/one"],
])("where .. is known to go by the text: %j is %j", ([path = "", expected]) => {
  const given = invocationOf("--server --sender -sr");
  const whole = unsecluded(given, ["rsync", ".", path], { ...look, takesAwayDotDots: () => true });
  expect(whole).toEqual(["--server", "--sender", "-r", ".", expected]);
});

const impossible = "bound-to-standard-input";
const unended = "no-end-of-options";
const converted = "iconv";

/** argv, what was sent behind `<` → the whole argv, or why there is none. */
const runs: Readonly<Record<string, readonly (readonly [given: Line, expected: Line])[]>> = {
  "s goes from the letters, up to the one that takes the rest as its value": [
    ["--server -slogDtpre.iLsfxCIvu < rsync . dst", "--server -logDtpre.iLsfxCIvu . dst"],
    ["--server -logDtprse.iLsfxCIvu < rsync . dst", "--server -logDtpre.iLsfxCIvu . dst"],
    ["--server -logDtpr -s < rsync . dst", "--server -logDtpr . dst"],
    ["--server -se.LsfxCIvu < rsync . dst", "--server -e.LsfxCIvu . dst"],
    ["--server -s < rsync . dst", "--server . dst"],
    ["--server -rss < rsync . dst", "--server -r . dst"],
    ["--server -sB 700 < rsync . dst", "--server -B 700 . dst"],
    ["--server -s -B700s < rsync . dst", "--server -B700s . dst"],
    ["--server --secluded-args -r < rsync . dst", "--server -r . dst"],
    ["--server --protect-args -r < rsync . dst", "--server -r . dst"],
    ["--server -r --stats -s --iconv=utf8 < rsync . dst", "--server -r --stats --iconv=utf8 . dst"],
  ],
  "where more than that would change": [
    ["--server -s -e -s < rsync . dst", impossible],
    ["--server -rs dst < rsync . dst", impossible],
  ],
  "what was sent: the word rsync, options, a dot, paths": [
    ["--server -rs < rsync --delete . dst", "--server -r --delete . dst"],
    ["--server -rs < anything . dst", "--server -r . dst"],
    ["--server -rs < rsync --backup-dir a* . dst", "--server -r --backup-dir a* . dst"],
    ["--server -rs < rsync --link-dest . . dst", "--server -r --link-dest . . dst"],
    [
      ["--server", "-rs", "<", "rsync", "--backup-dir", "my b", ".", "my new dir"],
      ["--server", "-r", "--backup-dir", "my b", ".", "my new dir"],
    ],
    ["--server -rs < rsync .", "--server -r ."],
    ["--server --sender -rs < rsync . sub link/two", "--server --sender -r . sub link/two"],
    ["--server -rs < rsync --delete dst", unended],
    ["--server -rs < rsync", unended],
    ["--server -rs <", unended],
  ],
  "a receiver has one destination": [
    ["--server -rs < rsync . s*", "--server -r . sub"],
    ["--server -rs < rsync . s*/deep/", "--server -r . sub/deep/"],
    ["--server -rs < rsync . new*", "--server -r . new*"],
    // the first that the directory lists
    ["--server -rs < rsync . *", "--server -r . sub"],
    ["--server -rs < rsync . */a", "--server -r . sub/a"],
    ["--server -rs < rsync . link/../s*", "--server -r . sub"],
    ["--server -rs < rsync . sub/./../x", unknown],
  ],
  "--iconv converts what is not ASCII": [
    ["--server -rs --iconv=utf8 < rsync . dst", "--server -r --iconv=utf8 . dst"],
    ["--server -rs < rsync . caf\xe9", "--server -r . caf\xe9"],
    ["--server -rs --iconv=utf8 < rsync . caf\xc3\xa9", "--server -r --iconv=utf8 . caf\xc3\xa9"],
    ["--server -rs --iconv=UTF-8 < rsync . caf\xe9", "--server -r --iconv=UTF-8 . caf\xe9"],
    ["--server -rs --iconv=ISO-8859-1 < rsync . caf\xc3\xa9", "--server -r --iconv=ISO-8859-1 . caf\xe9"],
    [
      "--server -rs --iconv utf8,latin1 < rsync --backup-dir \xc3\xa9 . d",
      "--server -r --iconv utf8,latin1 --backup-dir \xe9 . d",
    ],
    [
      "--server -rs --iconv=latin1 --no-iconv < rsync . caf\xc3\xa9",
      "--server -r --iconv=latin1 --no-iconv . caf\xc3\xa9",
    ],
    // not of that character set, no UTF-8, or by the server's locale
    ["--server -rs --iconv=latin1 < rsync . \xe2\x82\xac", converted],
    ["--server -rs --iconv=latin1 < rsync . caf\xe9", converted],
    ["--server -rs --iconv=. < rsync --backup-dir \xc3\xa9 . dst", converted],
    ["--server -rs --iconv=koi8-r < rsync . \xd0\xb4", converted],
  ],
};

describe.each(Object.entries(runs))("%s", (_, rows) => {
  test.for(rows)("%j", ([given, expected]) => {
    const words = wordsOf(given);
    const at = words.indexOf("<");
    const whole = unsecluded(invocationOf(words.slice(0, at)), words.slice(at + 1), look);
    if ("problem" in whole) expect(whole.problem.is).toBe(expected);
    else expect(whole).toEqual(wordsOf(expected));
  });
});
