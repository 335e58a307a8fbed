/** Generated runs that may lose something: a world with two sides and what options name, and a command in it. */
import fc from "fast-check";
import type { Bytes } from "../../src/core/bytes.ts";
import { options, takesValue } from "../../src/core/command/options.ts";

export type EntryKind = "directory" | "file" | "symlink" | "hard link" | "fifo" | "socket" | "device";

export interface Entry {
  readonly path: Bytes;
  readonly kind: EntryKind;
  /** A file's content, a symlink's text, the path of a hard link's other name. */
  readonly text: Bytes;
  readonly mode: number;
  readonly owner: number;
  /** Days before 2024. */
  readonly age: number;
}

export type Way = "local" | "push" | "pull" | "daemon push" | "daemon pull";

/** `@W@` in any text stands for the world's folder. */
export interface LossCase {
  readonly entries: readonly Entry[];
  readonly way: Way;
  /** Each with its value in one word. */
  readonly options: readonly Bytes[];
  /** Relative to the world. */
  readonly sources: readonly Bytes[];
  readonly destination: Bytes;
  /** What is there anew, or in another's place, when the dry run has been made; null: what is gone then. */
  readonly meanwhile: readonly (Entry | { readonly path: Bytes; readonly kind: null })[];
  readonly isRoot: boolean;
  readonly variables: Readonly<Record<string, string>>;
  /** The shim is asked too, which costs as much as ten other cases. */
  readonly asksShim: boolean;
}

export const followsLinks = /^(?:-L|-k|--copy-(?:links|dirlinks|unsafe-links))$/;

const pick = (words: string) => fc.constantFrom(...words.split(" "));
const weighted = <T>(...choices: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<T>])[]) =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));

// names that meet on both sides, those that rsync and its options make, and those that are easily misread
const plainName = pick("a b c sub deep");
const ownName = pick("a~ b~ a.b old .~tmp~ .rsync-partial cache bak sub~");
const oddName = fc.constantFrom(
  "x\ny",
  "\xe9\xff",
  "s p",
  "-n",
  "a -> b",
  "a => b",
  "\\#012",
  "*",
  "\xc3\xa9",
  "[a]",
  "\t",
);
const name = weighted([8, plainName], [2, ownName], [1, oddName]);
const directoryName = weighted([6, pick("sub deep")], [1, ownName], [1, oddName]);
const path = fc
  .tuple(fc.array(directoryName, { maxLength: 2 }), name)
  .map(([directories, own]) => [...directories, own].join("/"));

const content = pick("1 2 other 1 2 longer-than-the-others");
const linkText = fc.constantFrom(
  "a",
  "sub",
  "../outside/keep",
  "../outside",
  "@W@/outside",
  "nowhere",
  "..",
  "../dst/sub",
  "@W@/outside/keep",
);
const kind = weighted<EntryKind>(
  [10, fc.constant("file")],
  [4, fc.constant("directory")],
  [4, fc.constant("symlink")],
  [2, fc.constant("hard link")],
  [1, fc.constantFrom("fifo", "socket", "device")],
);
const mode = weighted([12, fc.constant(0o755)], [1, fc.constantFrom(0o555, 0o333, 0o000, 0o700)]);
const owner = weighted([8, fc.constant(0)], [1, fc.constantFrom(1000, 2000)]);
const root = weighted([5, fc.constant("src")], [5, fc.constant("dst")], [2, pick("prev outside src2 part bak")]);

const entry = fc
  .record({
    path,
    kind,
    content,
    linkText,
    other: weighted([1, fc.constant("outside/keep")], [1, fc.tuple(root, path).map((parts) => parts.join("/"))]),
    mode,
    owner,
    age: fc.nat({ max: 2 }),
  })
  .map(({ content: own, linkText: link, other, ...one }) => ({
    ...one,
    text: one.kind === "symlink" ? link : one.kind === "hard link" ? other : own,
  }));

/** Beside the sides there are the places of backups and of begun files. */
const placeOf = (side: string, own: Bytes): Bytes =>
  side === "dst~" ? `dst/${own}~` : side === "old" ? `dst/${own.replace(/[^/]*$/, "old/$&")}` : `${side}/${own}`;

/** The same path on several sides: of one kind or not; equal on those that are named in capitals. */
const shared = fc
  .tuple(
    pick(
      "src+dst src+dst src+dst SRC+DST dst dst src src+dst+prev SRC+dst+PREV SRC+dst+PREV src+dst+part src+dst+bak src+dst+outside src2+dst dst+bak SRC+dst+dst~ src+dst+dst~ src+dst+old src+DST+old",
    ),
    fc.tuple(entry, entry, entry),
    fc.boolean(),
  )
  .map(([sides, [first, ...others], isAlike]) =>
    sides.split("+").map((side, at): Entry => {
      const own = others[at - 1] ?? first;
      const { kind: like, text } = isAlike ? first : own;
      const one = side === side.toUpperCase() ? first : own.kind === like ? own : { ...own, kind: like, text };
      return { ...one, path: placeOf(side.toLowerCase(), first.path) };
    }),
  );

const rule = fc.constantFrom(
  "- /a",
  "- cache",
  "P b",
  "+ a\n- *",
  "!",
  "- sub/",
  ": .keep",
  "- *~",
  "R a",
  "H c",
  "- deep",
  "a",
  "sub",
  "S a\nP *",
  "-p b",
  "-s sub",
  "-r a",
);
const filterFile = fc
  .tuple(pick("src dst src/sub dst/sub"), pick(".rsync-filter .cvsignore .keep"), rule, fc.nat({ max: 2 }))
  .map(([side, own, text, age]): Entry[] => [
    { path: `${side}/${own}`, kind: "file", text: `${text}\n`, mode: 0o644, owner: 0, age },
  ]);

const fixed = (path: Bytes, text: Bytes | null): Entry => ({
  path,
  kind: text === null ? "directory" : "file",
  text: text ?? "",
  mode: 0o755,
  owner: 0,
  age: 1,
});
const named = fc
  .tuple(fc.constantFrom("a\nsub\n", "sub/\nnope\n", "a\0b\0", ".\n", "../outside/keep\n"), rule)
  .map(([list, rules]) => [
    ...["src/sub", "dst/sub", "src2", "prev", "outside", "part"].map((one) => fixed(one, null)),
    fixed("outside/keep", "kept"),
    fixed("list", list),
    fixed("rules", `${rules}\n`),
    fixed("log", "a log\n"),
    fixed("batch.sh", "a script\n"),
    fixed("file", "1"),
    fixed("tmp", null),
  ]);

const entries = fc
  .tuple(named, fc.array(weighted<readonly Entry[]>([8, shared], [1, filterFile]), { minLength: 3, maxLength: 12 }))
  .map(([base, more]) => [...base, ...more.flat()]);

/** Values that make sense in that world; an option that takes one and is not here is not tried. */
const values: Readonly<Record<string, readonly Bytes[]>> = {
  "backup-dir": ["bak", "../bak", "@W@/bak", "sub", "@W@/outside"],
  suffix: [".b", "~", ".x"],
  "partial-dir": ["old", "sub", "@W@/part", ".rsync-partial", "@W@/outside", "."],
  "temp-dir": ["@W@/tmp", "../tmp", "sub", "."],
  "compare-dest": ["../prev", "@W@/prev", "../outside", "sub"],
  "copy-dest": ["../prev", "@W@/prev", "../outside", "sub"],
  "link-dest": ["../prev", "@W@/prev", "../outside", "sub"],
  "files-from": ["list"],
  "exclude-from": ["rules"],
  "include-from": ["rules"],
  filter: [
    "- a",
    "P sub",
    ": .keep",
    ". rules",
    "dir-merge .keep",
    "- *.b",
    "H a",
    "R cache",
    ":- .cvsignore",
    "!",
    ":C",
    "-! */",
    "P *",
  ],
  exclude: ["a", "sub", "*~", "/cache", "deep/", "*"],
  include: ["a", "*/", "sub/***"],
  "write-batch": ["batch", "file", "outside/keep", "new-batch"],
  "only-write-batch": ["batch", "file"],
  "log-file": ["log", "outside/keep", "new-log", "dst/a"],
  "remote-option": [
    "--backup-dir=@W@/bak",
    "--partial-dir=@W@/part",
    "--log-file=@W@/log",
    "--delete",
    "--inplace",
    "--temp-dir=@W@/tmp",
    "--fake-super",
    "-b",
  ],
  "max-delete": ["0", "1", "2"],
  "max-size": ["1", "2"],
  "min-size": ["2"],
  "modify-window": ["-1", "86400"],
  iconv: ["UTF-8,ISO-8859-1", "."],
  protocol: ["29", "30", "31"],
  chmod: ["u+w", "D555,F444", "a-w"],
  chown: ["1000:1000"],
  usermap: ["0:1000"],
  groupmap: ["*:1000"],
  "copy-as": ["nobody"],
  "compress-choice": ["zlib"],
  "checksum-choice": ["md5"],
  "checksum-seed": ["1"],
  "block-size": ["1"],
  "skip-compress": ["a"],
  "out-format": ["%n"],
  info: ["all2", "none"],
  debug: ["none"],
  outbuf: ["L"],
  "confine-root": ["@W@"],
};

/** What the option is for decides what is asked here; what it does to the outcome, how often. */
const avoided: ReadonlySet<string> = new Set(["dry-run", "list-only", "help", "version"]);
const words = options.flatMap((option): fc.Arbitrary<Bytes>[] => {
  if (avoided.has(option.name) || option.traits.some((trait) => ["server", "sender", "daemon"].includes(trait)))
    return [];
  if (!takesValue(option, false))
    return [
      fc.constantFrom(
        option.name === option.short ? `-${option.name}` : `--${option.name}`,
        ...option.negations.map((one) => `--${one}`),
      ),
    ];
  const own = values[option.name];
  return own ? [fc.constantFrom(...own).map((value) => `--${option.name}=${value}`)] : [];
});
const valued = (names: string) =>
  pick(names).chain((one) => fc.constantFrom(...(values[one] ?? [])).map((value) => `--${one}=${value}`));

const deleting = pick(
  "--delete --delete --delete-before --delete-during --delete-delay --delete-after --delete-excluded --force --remove-source-files --delete-missing-args",
);
const replacing = pick(
  "-b -b --inplace --append --append-verify -H -K -L -k --copy-unsafe-links --delay-updates --partial -u -c -I --size-only --existing --ignore-existing -y -yy -m -x --ignore-errors --write-devices --fake-super --no-implied-dirs --no-i-r --munge-links --safe-links -C -F -FF -R -W --no-W --mkpath -S -0 -s --old-args --trust-sender --insecure-links",
);
const linking = valued("backup-dir partial-dir link-dest copy-dest compare-dest temp-dir");
const writing = valued("write-batch only-write-batch log-file remote-option files-from");
const filtering = valued("filter exclude include exclude-from");

/** What only does something together. */
const together = fc.constantFrom(
  ["-F", "--delete-after"],
  ["-FF", "--delete-delay"],
  ["-C", "--delete-after"],
  ["--filter=: .keep", "--delete-after"],
  ["-F", "--delay-updates", "--delete-after"],
  ["-F", "--delete"],
  ["--delete", "--force", "--ignore-errors"],
  ["-b", "--delete"],
  ["-H", "--inplace"],
  ["-b", "--backup-dir=../bak", "--delete"],
  ["-b", "--inplace"],
  ["--copy-links", "--remove-source-files"],
  ["--delete", "--max-delete=1"],
  ["--partial", "--partial-dir=old"],
  ["-d", "--delete"],
  ["-K", "--delete"],
);

const word = weighted<readonly Bytes[]>(
  [6, deleting.map((one) => [one])],
  [6, replacing.map((one) => [one])],
  [5, linking.map((one) => [one])],
  [1, writing.map((one) => [one])],
  [3, filtering.map((one) => [one])],
  [3, fc.oneof(...words).map((one) => [one])],
  [4, together],
);

export const lossCase: fc.Arbitrary<LossCase> = fc
  .record({
    entries,
    way: weighted<Way>(
      [6, fc.constant("local")],
      [2, fc.constant("push")],
      [2, fc.constant("pull")],
      [1, fc.constantFrom("daemon push", "daemon pull")],
    ),
    mode: pick("-a -a -a -a -r -rl -rt -rlt -rlt -d -dlt -aAX"),
    more: fc.array(word, { minLength: 1, maxLength: 4 }).map((all) => all.flat()),
    sources: fc.array(
      pick("src/ src/ src/ src/ src/ src src src/. src/sub src/sub/ src/./sub src/a src/b src2/ src2 file src/nope"),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    destination: pick("dst/ dst/ dst/ dst dst/sub dst/sub/ dst/a new new/ src file dst/../dst"),
    isRoot: weighted([9, fc.constant(true)], [1, fc.constant(false)]),
    meanwhile: weighted<(readonly [number, boolean, Entry])[]>(
      [4, fc.constant([])],
      [1, fc.array(fc.tuple(fc.nat(), fc.boolean(), entry), { minLength: 1, maxLength: 2 })],
    ),
    variables: weighted<Readonly<Record<string, string>>>(
      [8, fc.constant({})],
      [
        3,
        fc.constantFrom<Readonly<Record<string, string>>>(
          { LC_ALL: "C" },
          { RSYNC_PARTIAL_DIR: "old" },
          { CVSIGNORE: "a sub" },
          { RSYNC_OLD_ARGS: "1" },
          { RSYNC_PROTECT_ARGS: "1" },
          { RSYNC_ICONV: "UTF-8,ISO-8859-1" },
          { POSIXLY_CORRECT: "1" },
        ),
      ],
    ),
    asksShim: weighted([60, fc.constant(false)], [1, fc.constant(true)]),
  })
  .map(({ mode: first, more, sources, meanwhile, ...rest }) => {
    // where links are followed, two that lead up make more paths than can be walked
    const follows = more.some((option) => followsLinks.test(option));
    const entries = rest.entries.map((one) =>
      follows && one.kind === "symlink" && (one.text === ".." || !one.path.startsWith("src/"))
        ? { ...one, text: "@W@/outside/keep" }
        : one,
    );
    // most runs are to end well, and --files-from takes one source
    const isThere = (source: Bytes) => rest.entries.some((one) => one.path === source) || !/[ab]$/.test(source);
    const existing = [...new Set(sources.map((source) => (isThere(source) ? source : "src/")))];
    const isList = more.some((option) => option.startsWith("--files-from"));
    const movable = rest.entries.filter((one) => /^(?:src|dst)\/./.test(one.path));
    return {
      ...rest,
      entries,
      options: [first, ...more],
      sources: isList ? existing.slice(0, 1) : existing,
      meanwhile: meanwhile.map(([at, isGone, other]) => {
        const path = movable[at % Math.max(movable.length, 1)]?.path ?? "src/a";
        return isGone ? { path, kind: null } : { ...other, path };
      }),
    };
  });
