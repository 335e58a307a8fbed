/** What is said of rsync here was seen of 3.2.7 and 3.5.0; test/e2e/secluded.test.ts asks the real ones. */
import { describe, expect, test } from "vitest";
import { type GlobFiles, unsecluded } from "../../src/core/command/secluded.ts";
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
const look: GlobFiles = {
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
};

const unknown = "unknown-expansion";
const several = "many-destinations";

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
    ["sub/../x", "sub/../x"],
    ["sub//../x", "sub//../x"],
    ["sub/deep/../../x", "sub/deep/../../x"],
    ["link/a/..", "link/a/.."],
    ["../x", "../x"],
    ["../../x", "../../x"],
    ["/../srv/app/..", "/../srv/app/.."],
    ["a..b/..c", "a..b/..c"],
    ["link/..", unknown],
    ["link/../x", unknown],
    ["link/a/../../x", unknown],
    ["none/../x", unknown],
    ["sub/one/../x", unknown],
    ["dangling/..", unknown],
    ["*/../x", unknown],
    // ./.. is nothing to rsync, and the directory above to the kernel
    ["./../x", unknown],
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
    ["--server -rs < rsync . *", several],
    ["--server -rs < rsync . */a", several],
    ["--server -rs < rsync . link/../x", unknown],
  ],
  "--iconv converts what is not ASCII": [
    ["--server -rs --iconv=utf8 < rsync . dst", "--server -r --iconv=utf8 . dst"],
    ["--server -rs < rsync . caf\xe9", "--server -r . caf\xe9"],
    ["--server -rs --iconv=utf8 < rsync . caf\xe9", converted],
    ["--server -rs --iconv=. < rsync --backup-dir \xe9 . dst", converted],
    ["--server -rs --iconv utf8 < rsync . caf\xe9", converted],
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
