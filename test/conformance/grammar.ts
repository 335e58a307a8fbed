/** Generated command lines: real options in every spelling, swallowed ones, operands that look like options. */
import fc from "fast-check";
import { options, takesValue } from "../../src/core/command/options.ts";
import type { Case } from "./referee.ts";

const long = options.flatMap((option) => [
  ...(option.name === option.short ? [] : [{ name: option.name, valued: takesValue(option, false) }]),
  ...option.aliases.map((name) => ({ name, valued: takesValue(option, false) })),
  ...option.negations.map((name) => ({ name, valued: false })),
]);
const letters = options.flatMap(({ short }) => short ?? []);

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
);

/** Words that are operands, or are meant to be. */
const operand = fc.constantFrom(
  ..."src src/ dst dst/ src/file . .. ./ new new/ ./-n src/. src/.. host:dst host: :dst u@h:p @h:p [::1]:p [::1] []:p".split(
    " ",
  ),
  ..."[::1:p a[b]:c host::m host:: ::m rsync://h/m rsync://h:99/m RSYNC://h/m rsync://h:x/m ./a:b a/b:c C:/x http://h/p".split(
    " ",
  ),
  "",
  "-",
  "a b",
  "$X",
  "~",
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

const word = fc.oneof(
  { weight: 6, arbitrary: usual.map((text) => [text]) },
  { weight: 3, arbitrary: longOption },
  { weight: 2, arbitrary: bundle },
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

/** Options and operands, mixed. */
const mixed = fc
  .tuple(fc.array(word, { maxLength: 5 }), operands, fc.array(fc.nat(), { maxLength: 4 }))
  .map(([words, paths, places]) => {
    const out = words.map((each) => [...each]);
    for (const [at, path] of paths.entries()) out.splice((places[at] ?? out.length) % (out.length + 1), 0, [path]);
    return out.flat();
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
    fc.array(usual, { maxLength: 2 }),
    fc.constantFrom([".", "dst"], [".", "src"], ["."], [], [".", "src", "dst"]),
  )
  .map(([start, flags, more, paths]) => [...start, flags, ...more, ...paths]);

const env = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Readonly<Record<string, string>>>(
      { POSIXLY_CORRECT: "" },
      { POSIX_ME_HARDER: "1" },
      { RSYNC_OLD_ARGS: "1" },
      { RSYNC_OLD_ARGS: "yes" },
      { RSYNC_PROTECT_ARGS: "1" },
      { RSYNC_PROTECT_ARGS: "0" },
      { RSYNC_PARTIAL_DIR: ".p" },
      { RSYNC_RSH: "ssh -n" },
    ),
  },
);

export const commandLine: fc.Arbitrary<Case> = fc.record({
  argv: fc.oneof({ weight: 9, arbitrary: mixed }, { weight: 1, arbitrary: server }),
  env,
});

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
