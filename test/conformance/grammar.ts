/** Generated command lines: real options in every spelling, swallowed ones, operands that look like options. */
import fc from "fast-check";
import { options, takesValue } from "../../src/core/command/options.ts";
import type { Case } from "./referee.ts";

const own = options.filter(({ isVendors }) => !isVendors);
const long = own.flatMap((option) => [
  ...(option.name === option.short ? [] : [{ name: option.name, valued: takesValue(option, false) }]),
  ...option.aliases.map((name) => ({ name, valued: takesValue(option, false) })),
  ...option.negations.map((name) => ({ name, valued: false })),
]);
const letters = options.flatMap(({ short }) => short ?? []);

/** Bytes that are no UTF-8, as in names from an older file system. */
const odd = fc.constantFrom("caf\xe9", "\xff\xfe", "\xc3(", "\xf0\x9f\x98", "\x80", "dir\xe9/");

/** Values that swallow what was meant as an option, and values that some options accept. */
const value = fc.oneof(
  fc.constantFrom("-n", "--dry-run", "--", "--delete", "", "=", "=x", "a b", "-", "ssh", "1", "10", "0x10", "1K", "2K"),
  fc.constantFrom(
    "*.o",
    "- *.o",
    ". rules",
    ": .f",
    "list",
    "rules",
    "help",
    "all",
    "none",
    "src",
    "dst",
    "--log-file=l",
  ),
  odd,
);

/** Words that are operands, or are meant to be. */
const plainOperand = fc.constantFrom(
  ..."src src/ dst dst/ src/file . .. ./ new new/ ./-n src/. src/.. host:dst host: :dst u@h:p @h:p [::1]:p [::1] []:p".split(
    " ",
  ),
  ..."[::1:p a[b]:c host::m host:: ::m rsync://h/m rsync://h:99/m RSYNC://h/m rsync://h:x/m ./a:b a/b:c C:/x http://h/p".split(
    " ",
  ),
  ..."[fe80::1%eth0]:p [fe80::1%eth0]::m [fe80::1%25lo]:p rsync://[fe80::1%eth0]:99/m rsync://u@[::1]/m u@[::1]:p".split(
    " ",
  ),
  ..."rsync://h:/m rsync://h:0/m rsync://h:99999999999/m rsync:///m a@b@h:p @:p u@:p :::m h:::m h:p:q h/x:p -:p".split(
    " ",
  ),
  "",
  "-",
  "a b",
  "$X",
  "~",
  "h:my dir",
  "h:~/x",
  "h:a*",
);

const operand = fc.oneof(
  { weight: 12, arbitrary: plainOperand },
  { weight: 1, arbitrary: odd },
  { weight: 1, arbitrary: odd.map((name) => `h:${name}`) },
);

const longOption = fc.constantFrom(...long).chain(({ name, valued }) =>
  valued
    ? fc.oneof(
        value.map((text) => [`--${name}=${text}`]),
        value.map((text) => [`--${name}`, text]),
        fc.constant([`--${name}`]),
      )
    : fc.oneof(
        { weight: 20, arbitrary: fc.constant([`--${name}`]) },
        { weight: 1, arbitrary: fc.constant([`--${name}=x`]) },
      ),
);

/** Options that rsync accepts nearly anywhere, so that long command lines are not refused for one of them. */
const usual = fc.constantFrom(
  ..."-a -av -n -avn -r -d -R -z -P -h -q --delete --delete-after --del --delete-excluded --force --no-force".split(
    " ",
  ),
  ..."--remove-source-files --no-r --no-R --no-D -x -u -b --exclude=-n --existing --list-only --dry-run --stats --del".split(
    " ",
  ),
  ..."--no-implied-dirs --delete-missing-args --ignore-errors --mkpath -K -s --old-args --no-s -i --no-i -4 -0".split(
    " ",
  ),
);

const bundle = fc
  .tuple(
    fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 5 }),
    fc.constantFrom("", "", "", "=", "ssh", "-n"),
  )
  .map(([all, tail]) => [`-${all.join("")}${tail}`]);

/** What -M hands to the other side: a long option, or a bundle. */
const remoteOption = fc
  .tuple(
    fc.constantFrom("-M", "-M=", "--remote-option="),
    fc.oneof(
      bundle.map(([text = ""]) => text),
      longOption.map(([text = ""]) => text),
      fc.constantFrom(
        "-av",
        "-vn",
        "-rd",
        "--delete",
        "-R",
        "--no-r",
        "-K",
        "--fake-super",
        "-",
        "--",
        "x",
        "",
        "-e",
        "-M-n",
      ),
    ),
  )
  .map(([by, text]) => [`${by}${text}`]);

/** More letters than a person types, as programs write them. */
const longBundle = fc
  .array(fc.constantFrom(...letters.filter((letter) => !"VMh".includes(letter))), { minLength: 6, maxLength: 40 })
  .map((all) => [`-${all.join("")}`]);

/** popt puts the next operand in its place. */
const poptOperand = fc.constantFrom(
  ["--exclude=!#:+"],
  ["--exclude", "!#:+"],
  ["-f- !#:+"],
  ["--suffix=a!#:+b!#:+"],
  ["-e", "!#:+"],
  ["--backup-dir=!#:", "-b"],
);

const word = fc.oneof(
  { weight: 6, arbitrary: usual.map((text) => [text]) },
  { weight: 3, arbitrary: longOption },
  { weight: 2, arbitrary: bundle },
  {
    weight: 1,
    arbitrary: fc.oneof(
      { weight: 3, arbitrary: remoteOption },
      { weight: 3, arbitrary: longBundle },
      { weight: 1, arbitrary: poptOperand },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ["-e", "-n"],
      ["-e=ssh"],
      ["-essh -n"],
      ["--exclude", "--dry-run"],
      ["-M--delete"],
      ["-M-v"],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ["--"],
      ["-server"],
      ["-daemon"],
      ["-server=x"],
      ["-daemon=x"],
      ["--server=x"],
      ["-delete"],
      ["---n"],
      ["--no-n"],
      ["--nosuch"],
      ["-Q"],
    ),
  },
);

const operands = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(operand, operand) },
  { weight: 2, arbitrary: fc.array(operand, { maxLength: 4 }) },
);

/** Options and operands, mixed; now and then behind `--`, which makes operands of them. */
const mixed = fc
  .tuple(
    fc.array(word, { maxLength: 5 }),
    operands,
    fc.array(fc.nat(), { maxLength: 4 }),
    fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.array(word, { maxLength: 2 }) }),
  )
  .map(([words, paths, places, behind]) => {
    const out = words.map((each) => [...each]);
    for (const [at, path] of paths.entries()) out.splice((places[at] ?? out.length) % (out.length + 1), 0, [path]);
    return [...out.flat(), ...(behind ? ["--", ...behind.flat()] : [])];
  });

const server = fc
  .tuple(
    fc.constantFrom(["--server"], ["--server", "--sender"]),
    fc.constantFrom(
      "-logDtpre.iLsfxCIvu",
      "-nlogDtpre.iLsfxCIvu",
      "-vvnlogDtpr",
      "-slogDtpre.iLsfxCIvu",
      "-re.n",
      "-dnR",
    ),
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: usual },
        fc.constantFrom(
          "--read-batch=list",
          "--read-batch=-",
          "--log-format=%i",
          "-M-n",
          "-server",
          "--iconv=utf8",
          "--iconv=.",
        ),
      ),
      { maxLength: 2 },
    ),
    fc.constantFrom([".", "dst"], [".", "src"], ["."], [], [".", "src", "dst"]),
  )
  .map(([start, flags, more, paths]) => [...start, flags, ...more, ...paths]);

/** Numbers as C reads them: what overflows an int, or a long, may be 0. */
const number = fc.constantFrom(
  ..."0 1 2 -1 yes 2x 1e3 0x1 00 007 +1 4294967296 4294967297 99999999999 9223372036854775808 18446744073709551616".split(
    " ",
  ),
  "",
  " 2x",
  "\t1",
  "- 1",
);

const variables = fc.oneof(
  fc.constantFrom<Readonly<Record<string, string>>>(
    { POSIXLY_CORRECT: "" },
    { POSIX_ME_HARDER: "1" },
    { RSYNC_PARTIAL_DIR: ".p" },
    { RSYNC_PARTIAL_DIR: "" },
    { RSYNC_RSH: "ssh -n" },
    { RSYNC_RSH: "ssh -l me" },
    { RSYNC_RSH: "" },
    { RSYNC_ICONV: "utf8,latin1" },
    { RSYNC_ICONV: "nosuch" },
    { RSYNC_PROXY: "proxy:80" },
    { RSYNC_CONNECT_PROG: "connect %H" },
    { RSYNC_PASSWORD: "secret" },
    { RSYNC_MAX_ALLOC: "99999999999" },
    { CVSIGNORE: "*.o 99999999999" },
    { CVSIGNORE: "!" },
    { USER: "me" },
  ),
  number.map((value) => ({ RSYNC_OLD_ARGS: value })),
  number.map((value) => ({ RSYNC_PROTECT_ARGS: value })),
  fc.tuple(number, number).map(([old, protect]) => ({ RSYNC_OLD_ARGS: old, RSYNC_PROTECT_ARGS: protect })),
);

const env: fc.Arbitrary<Readonly<Record<string, string>>> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  { weight: 4, arbitrary: variables },
  { weight: 1, arbitrary: fc.tuple(variables, variables).map(([one, other]) => ({ ...one, ...other })) },
);

/** Both variables say something, and options say otherwise. */
const quoting = fc
  .tuple(
    fc.array(fc.constantFrom("--old-args", "--no-old-args", "-s", "--no-s", "--secluded-args", "-Msv", "-as"), {
      maxLength: 3,
    }),
    fc.tuple(number, number),
    fc.constantFrom(["src/", "h:my dir"], ["h:my dir/", "dst"], ["src/", "dst"], ["src/", ""], ["src/", "h::m/my dir"]),
  )
  .map(([words, [old, protect], paths]) => ({
    argv: ["-a", ...words, ...paths],
    env: { RSYNC_OLD_ARGS: old, RSYNC_PROTECT_ARGS: protect },
  }));

export const commandLine: fc.Arbitrary<Case> = fc.oneof(
  {
    weight: 19,
    arbitrary: fc.record({ argv: fc.oneof({ weight: 9, arbitrary: mixed }, { weight: 1, arbitrary: server }), env }),
  },
  { weight: 1, arbitrary: quoting },
);

const pick = (words: string) => fc.constantFrom(...words.split(" "));

/** Local runs in the world of worlds.ts, most of which rsync carries out. */
export const localRun: fc.Arbitrary<readonly string[]> = fc
  .tuple(
    pick("-a -r -rl -d -rt -aR -rR -dR -l -aK"),
    fc.subarray(
      [..."--delete --delete-excluded --force --remove-source-files --delete-missing-args --mkpath -b".split(" ")],
      {
        maxLength: 3,
      },
    ),
    fc.oneof(
      { weight: 5, arbitrary: fc.constant([]) },
      pick("--files-from=list -L -k --backup-dir=../bak --exclude=sub --existing --inplace -T. --no-R --no-r -m").map(
        (word) => [word],
      ),
    ),
    fc.array(
      pick(
        "src src/ src/. src/sub src/sub/ src/./sub src/./sub/ src/a src/empty src2 src2/ file linked linked/ . src/.. nope src/link/",
      ),
      { minLength: 1, maxLength: 3 },
    ),
    pick(
      "dst dst/ dst/. dst/src dst/link dst/link/ there/dst there/dst/.. new new/ new/deep/ empty file dst/../dst src2",
    ),
  )
  .map(([mode, deletes, extra, sources, destination]) => [mode, ...deletes, ...extra, ...sources, destination]);
