/** At a terminal: a live run that lacks only its dry run can have it at once, be read, and be confirmed. */
import { describe, expect } from "vitest";
import { type Outcome, test, type World } from "../support/world.ts";

const files = {
  "src/k": "k\n",
  "src/x": "x\n",
  "dst/releases/k": "k\n",
  "dst/releases/x": "old x\n",
  "dst/releases/y": "y\n",
  "dst/releases/z": "z\n",
  "tmp/": "",
};
const run = "rsync -a --delete src/ dst/releases/";
const offer = "make that dry run now, and see it? [y/N] ";
const confirm = "to run it, type the last component of dst/releases/: ";
const pager = "sed s/^/PAGED:/";

type Env = Readonly<Record<string, string>>;
const terminal = (world: World): Env => ({ TMPDIR: `${world.folder}/tmp`, TERM: "dumb", PAGER: pager });
const shownIn = ({ code, stdout }: Outcome) => ({ code, shown: stdout.replaceAll("\r\n", "\n") });

/** Runs a script at a terminal of ten rows; what is shown holds what is typed, a line at each question. */
const atTerminal = async (world: World, typed: string, script: string, env: Env = {}) => {
  world.make({ script: `stty rows 10 cols 300\n${script}\n` });
  return shownIn(await world.answering(typed.match(/.*?\n/g) ?? [], "sh ./script", { ...terminal(world), ...env }));
};

/** The same with all of it typed before anything is asked. */
const withTypedAhead = async (world: World, typed: string, script: string) => {
  world.make({ script: `${script}\n`, typed });
  return shownIn(await world.sh("script -qec 'sh ./script' /dev/null <typed", terminal(world)));
};

/** Eight files that both sides have: so only a part goes. */
const stay = "(cd dst/releases; touch -d 2020-01-01 $(seq 8); cp -p [1-8] ../../src); ";
const dst = (world: World) => Object.keys(world.tree("dst/releases")).filter((name) => name !== ".");
const all = ["k", "x", "y", "z"];
const nothingLeft = (world: World) => expect(Object.keys(world.tree("tmp"))).toEqual(["."]);

const answers = [
  { what: "yes and the right word", typed: "y\nreleases\n", asked: [offer, confirm], runs: true },
  { what: "a whole yes", typed: "YES\nreleases\n", asked: [offer, confirm], runs: true },
  { what: "blanks behind", typed: "y \nreleases  \n", asked: [offer, confirm], runs: true },
  { what: "a slip each time", typed: "z\ny\nrelease\nreleases\n", asked: [offer, confirm], runs: true },
  { what: "a wrong word twice", typed: "y\nrelease\nrelease\nreleases\n", asked: [offer, confirm], runs: false },
  { what: "yes and a wrong word", typed: "y\nrelease\n", asked: [offer, confirm], runs: false },
  { what: "yes and yes", typed: "y\ny\n", asked: [offer, confirm], runs: false },
  { what: "yes and nothing", typed: "y\n\n", asked: [offer, confirm], runs: false },
  { what: "yes and the end of input", typed: "y\n", asked: [offer, confirm], runs: false },
  { what: "no", typed: "n\nreleases\n", asked: [offer], runs: false },
  { what: "only a return", typed: "\nreleases\n", asked: [offer], runs: false },
  { what: "the word at once", typed: "releases\nreleases\n", asked: [offer], runs: false },
  { what: "the end of input", typed: "", asked: [offer], runs: false },
];

test.concurrent("what was typed before the question is no answer", async ({ world }) => {
  world.make(files);
  const { code, shown } = await withTypedAhead(world, "y\nreleases\n", run);
  expect(shown).toContain(offer);
  expect({ code, dst: dst(world) }).toEqual({ code: 77, dst: all });
});

test.concurrent.for(answers)("$what: runs $runs", async ({ typed, asked, runs }, { world }) => {
  world.make(files);
  const { code, shown } = await atTerminal(world, typed, run);
  expect({ code, dst: dst(world) }).toEqual(runs ? { code: 0, dst: ["k", "x"] } : { code: 77, dst: all });
  expect([offer, confirm].filter((question) => shown.includes(question))).toEqual(asked);
  expect(shown).toContain("codes: no-dry-run ");
  expect(shown.includes("rsync-guard: nothing ran\n")).toBe(!runs);
  expect(shown.includes("\n- y  2 B\n") && shown.includes("the run would delete 2 files (")).toBe(asked.length === 2);
  nothingLeft(world);
});

const places = [
  { what: "a slash more", run: "rsync -a --delete src/ dst/releases/./", typed: "releases" },
  { what: "the current directory", run: "cd dst/releases; rsync -a --delete ../../src/ .", typed: "releases" },
  {
    what: "the one above",
    run: "cd dst/releases; mkdir z.d ../../src/z.d; rsync -a --delete ../../src/ z.d/..",
    typed: "releases",
  },
  { what: "a name with blanks", run: "mv dst/releases 'dst/a b'; rsync -a --delete src/ 'dst/a b'", typed: "a b" },
  { what: "a name with other letters", run: "mv dst/releases dst/é; rsync -a --delete src/ dst/é", typed: "é" },
];

test.concurrent.for(places)("what is typed is what the destination is called: $what", async (row, { world }) => {
  world.make(files);
  expect(await atTerminal(world, `y\n${row.typed}\n`, row.run)).toMatchObject({ code: 0 });
});

const older = "for n in 1 2 3 4 5; do echo new >dst/releases/$n; echo old >src/$n; touch -d 2020-01-01 src/$n; done; ";
const rollbacks = [
  { what: "after a dry run", script: `rsync -an src/ dst/releases/ && rsync -a src/ dst/releases/`, typed: "older\n" },
  { what: "with the dry run that is offered", script: "rsync -a src/ dst/releases/", typed: "y\nolder\n" },
];

describe.each(rollbacks)("older files over newer ones, $what", ({ script, typed }) => {
  test.concurrent.for([
    { typed, runs: true },
    { typed: typed.replace("older", "y"), runs: false },
  ])("typed $typed: runs $runs", async (row, { world }) => {
    world.make({ ...files, "dst/releases/": "" });
    const { code, shown } = await atTerminal(world, row.typed, `${older}${script}`);
    expect(shown).toContain("codes: plan-makes-older ");
    expect({ code, one: world.tree("dst/releases")["1"]?.endsWith(" old\n") }).toEqual({
      code: row.runs ? 0 : 77,
      one: row.runs,
    });
  });
});

test.concurrent.for([
  { typed: "y\nuploads\nreleases\n", runs: true },
  { typed: "y\nreleases\nreleases\n", runs: false },
])("a directory that goes as a whole is asked for by its name: $typed, runs $runs", async (row, { world }) => {
  world.make(files);
  const fill =
    "(cd dst/releases; touch -d 2020-01-01 $(seq 200); cp -p ? ?? ??? ../../src; mkdir uploads; cd uploads; touch $(seq 12)); ";
  const { code, shown } = await atTerminal(world, row.typed, `${fill}${run}`);
  expect(code).toBe(row.runs ? 0 : 77);
  expect(shown).toContain("the run would delete all of uploads/ (13 entries, none of them moved); ");
  expect(dst(world).includes("uploads")).toBe(!row.runs);
});

const many = "(cd dst/releases; touch $(seq 20)); ";
const lists = [
  { what: "a short list", before: "", paged: false },
  { what: "a list that is longer than the screen", before: many, paged: true },
  {
    what: "a long list, with a pager that fails",
    before: many,
    PAGER: "exit 3",
    paged: false,
  },
];

test.concurrent.for(lists)("$what: paged $paged", async ({ before, PAGER, paged }, { world }) => {
  world.make({ ...files, "config/rsync-guard.toml": '[limits]\nmax_delete = "100%"\n' });
  const { shown } = await atTerminal(world, "y\nn\n", `${before}${run}`, PAGER === undefined ? {} : { PAGER });
  expect(shown.includes("PAGED:- y  2 B\n")).toBe(paged);
  expect(shown).toMatch(/^(?:PAGED:)?- y {2}2 B\n/m);
});

test.concurrent("what the plan is refused for is shown instead of asking", async ({ world }) => {
  world.make({ ...files, "dst/releases/1.2.1/x": "x\n", "dst/releases/1.2.2/x": "x\n" });
  const { code, shown } = await atTerminal(world, "y\nreleases\n", `${stay}${run}`);
  expect(code).toBe(77);
  expect(shown).toContain("codes: plan-deletes-releases ");
  expect(shown).not.toContain(confirm);
  expect(dst(world)).toContain("1.2.1/x");
});

test.concurrent("a plan that can't be made is said, and nothing runs", async ({ world }) => {
  world.make(files);
  const { code, shown } = await atTerminal(world, "y\nreleases\n", run.replace("src/", "src/ missing"));
  expect(code).toBe(77);
  expect(shown).toMatch(/\n {2}no plan of it could be made: rsync -n ended with exit code 23: .*missing/);
  expect(shown).not.toContain(confirm);
  expect(dst(world)).toEqual(all);
});

test.concurrent("what comes to be deleted while the list is read is not", async ({ world }) => {
  world.make(files);
  const { code, shown } = await atTerminal(
    world,
    "y\nreleases\n",
    `${stay}(cd dst/releases; touch a b c); stty rows 2; ${run}`,
    {
      PAGER: "cat; touch dst/releases/late",
    },
  );
  expect(shown).toContain(confirm);
  expect(shown).toMatch(/^.*rsync-guard: .*: late$/m);
  expect(shown).toContain("codes: plan-changed ");
  expect({ code, late: dst(world).includes("late") }).toEqual({ code: 77, late: true });
});

const refused = [
  { what: "another refusal", run: "rsync -a --delete src/ dst//releases/", code: "empty-variable" },
  {
    what: "a list that can be read only once",
    run: "rsync -r --delete --files-from=- src/ dst/releases/",
    code: "no-dry-run",
  },
  { what: "no plan can be had", run: run.replace("src/", "--only-write-batch=batch src/"), code: "no-dry-run" },
  { what: "standard input elsewhere", run: `${run} </dev/null`, code: "no-dry-run" },
  { what: "standard error elsewhere", run: `${run} 2>said`, code: "no-dry-run", said: true },
];

test.concurrent.for(refused)(
  "nothing is asked, and nothing read: $what",
  async ({ run: refusedRun, code: expected, said }, { world }) => {
    world.make(files);
    const { code, shown } = await withTypedAhead(
      world,
      "y\nreleases\n",
      `${refusedRun}; code=$?; read -r word; echo "left: $word"; exit $code`,
    );
    expect({ code, dst: dst(world) }).toEqual({ code: 77, dst: all });
    expect(shown).not.toContain("[y/N]");
    expect(shown).toContain("left: y\n");
    expect(said ? (world.tree()["said"] ?? "") : shown).toContain(`codes: ${expected}`);
  },
);

test.concurrent("a pipe is not read", async ({ world }) => {
  world.make(files);
  const { code, stdout } = await world.sh(`printf 'y\nreleases\n' | { ${run}; code=$?; cat; exit $code; }`);
  expect({ code, stdout, dst: dst(world) }).toEqual({ code: 77, stdout: "y\nreleases\n", dst: all });
});

test.concurrent("standard output holds what rsync prints, and nothing else", async ({ world }) => {
  world.make(files);
  const { code, shown } = await atTerminal(world, "y\nreleases\n", `${run} --out-format=%o:%n >out`);
  expect(code).toBe(0);
  expect(shown).toContain(confirm);
  expect(world.tree()["out"]?.split(" ").slice(2).join(" ").split("\n").sort()).toEqual([
    "",
    "del.:y",
    "del.:z",
    "send:k",
    "send:x",
  ]);
});

test.concurrent("a refusal has a bold headline, and ends its lines where the terminal does", async ({ world }) => {
  world.make({ ...files, script: "stty cols 60\nrsync -a --delete src/ dst//releases/\n" });
  const { shown } = shownIn(await world.answering([], "sh ./script", { TERM: "xterm" }));
  expect(shown).toMatch(/^\u001b\[1mrsync-guard: refused, nothing ran: .*\n {4}.*a variable may be empty\u001b\[22m\n/);
  expect(Math.max(...shown.split("\n").map((line) => line.length))).toBeLessThan(75);
});

test.concurrent("Ctrl-C while the list is read ends all of it", async ({ world }) => {
  world.make(files);
  const { shown } = await atTerminal(
    world,
    "y\n\u0003\n",
    `stty rows 4; trap : INT; ${run}; sleep 0.3; pgrep -l less; echo over`,
    {
      PAGER: "less",
      TERM: "xterm",
    },
  );
  expect(shown).toMatch(/over\n$/);
  expect(shown).not.toMatch(/\d less\n/);
  expect(dst(world)).toEqual(all);
});

/** A remote shell that asks at the terminal for a password. */
const asking = `#!/bin/sh
echo call >>calls
read -r word </dev/tty && [ "$word" = secret ] || exit 255
echo asked >>asked
shift
exec "$@"
`;
const lines = (world: World, name: string) => (world.tree()[name]?.match(/^|\n(?=.)/g) ?? []).length;

test.concurrent("a plan asks for no password: the dry run is approved without a plan", async ({ world }) => {
  world.make({ ...files, ssh: asking });
  const far = `${run.replace("dst", 'web1:"$PWD/dst"')} -e "$PWD/ssh"`;
  const { code, shown } = await withTypedAhead(
    world,
    "secret\nsecret\nleft\n",
    `chmod +x ssh; ${far} -n && ${far}; code=$?; read -r word; echo "left: $word"; exit $code`,
  );
  expect(shown).toMatch(
    /rsync-guard: no plan of the live run could be made \(rsync -n ended with exit code \d+: .*\); approved for 15 min, in this login session, without a plan \(the command matches; its effect was not checked\)\n/,
  );
  expect(shown).toContain("left: left\n");
  expect({ code, asked: lines(world, "asked"), dst: dst(world) }).toEqual({ code: 0, asked: 2, dst: ["k", "x"] });
  expect(lines(world, "calls")).toBe(4);
});

/** Only the plan is slow. */
const slow = `#!/bin/sh
case $* in *%i*) sleep 1.6 ;; esac
exec /usr/bin/rsync "$@"
`;

test.concurrent.for([
  { what: "at a terminal", run: "rsync -an --delete src/ dst/releases/", isSeen: true },
  { what: "and none where standard error is none", run: "rsync -an --delete src/ dst/releases/ 2>said", isSeen: false },
  { what: "in a terminal that can't erase", run: "TERM=dumb rsync -an --delete src/ dst/releases/", isSeen: false },
])(
  "a plan that takes its time says so, and leaves nothing of that: $what",
  async ({ run: dryRun, isSeen }, { world }) => {
    world.make({ ...files, "slow/rsync": slow });
    const { shown } = await atTerminal(world, "", `chmod +x slow/rsync; PATH=$PWD/bin:$PWD/slow:$PATH; ${dryRun}`, {
      TERM: "xterm",
    });
    const progress = shown.match(/\r\u001b\[Krsync-guard: planning for \d s: nothing to change yet/g) ?? [];
    expect(progress.length > 0).toBe(isSeen);
    // it is erased before anything else is said
    if (isSeen) expect(shown).toMatch(/planning[^\r\n]*\r\u001b\[Krsync-guard: the live run would delete 2 files/);
    else expect(shown).not.toContain("\u001b[K");
  },
);
