import { describe, expect, test } from "vitest";
import { fingerprintOf } from "../../src/core/judge/digest.ts";
import {
  canonical,
  diff,
  type Fields,
  type FingerprintInputs,
  fieldsOf,
  fingerprintVariables,
  holdsMerge,
  mergedFiles,
  namedFiles,
} from "../../src/core/judge/fingerprint.ts";
import type { Line } from "../cases/words.ts";
import { type Entry, factsOf, type World } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

describe("canonical options", () => {
  const canonicalOf = (line: string) => canonical(invocationOf(`${line} src dst`).options);

  test.for<[line: string, text: string]>([
    ["-a", "--devices --group --links --owner --perms --recursive --specials --times"],
    [
      "-rxx --exclude b --delete --exclude=a -FF",
      "--delete --one-file-system --one-file-system --recursive --exclude=b --exclude=a -F -F",
    ],
    ["-e it's --no-W --no-x", "--rsh='it'\\''s' --no-whole-file"],
    ["-vv --stats", ""],
  ])("%s is %s", ([line, text]) => {
    expect(canonicalOf(line)).toBe(text);
  });

  test.for<[a: string, b: string]>([
    ["-a", "-avn"],
    ["-a", "-rlptgoD"],
    ["-a", "-rlptgo --devices --specials"],
    ["-a", "-a --no-o -o"],
    ["-rlptgD", "-a --no-o"],
    ["-rlptgo", "-a --no-D"],
    ["-r --delete", "--delete -r"],
    ["-r --del", "-r --delete-during"],
    ["-e ssh", "--rsh=ssh"],
    ["-e ssh", "-e rsh -e=ssh"],
    // of switches that share a variable, the last one counts
    ["--delete-delay", "--del --delete-delay"],
    ["--del", "--delete-delay --del"],
    ["--append-verify", "--append --append-verify"],
    ["--old-dirs", "--dirs --old-dirs"],
    ["--partial", "-P"],
    ["--partial", "-P --no-progress"],
    ["", "--force --no-force"],
    ["--remove-source-files", "--remove-sent-files"],
    ["--exclude=a -f b", "--exclude a --filter=b"],
  ])("%s is the same as %s", ([a, b]) => {
    expect(canonicalOf(b)).toBe(canonicalOf(a));
  });

  test.for<[a: string, b: string]>([
    ["-a --no-o", "--no-o -a"],
    ["-a", "-r"],
    ["-r", "-r --delete"],
    ["--delete", "--delete-after"],
    ["--del", "--delete-delay"],
    ["--append", "--append-verify"],
    ["--exclude=a --include=b", "--include=b --exclude=a"],
    ["--exclude=a", "--exclude=b"],
    ["--exclude=a", "--include=a"],
    ["-C --exclude=a", "--exclude=a -C"],
    ["-F", "-FF"],
    ["-x", "-xx"],
    ["--chmod=a --chmod=b", "--chmod=b --chmod=a"],
    ["--max-delete=1", "--max-delete=2"],
    ["", "--no-W"],
    ["", "--no-implied-dirs"],
    ["-b", "-P"],
    ["--partial --temp-dir=a", "--partial --temp-dir=b"],
    ["-a --files-from=l", "-ar --files-from=l"],
    // -0 is for the lists that follow it, and some switches share a variable
    ["--exclude-from=l -0", "-0 --exclude-from=l"],
    ["--no-dirs --old-dirs", "--old-dirs --no-dirs"],
    ["--no-append --append-verify", "--append-verify --no-append"],
  ])("%s is not the same as %s", ([a, b]) => {
    expect(canonicalOf(b)).not.toBe(canonicalOf(a));
  });
});

const places: Readonly<Record<string, Entry>> = {
  "/job/build/css": "directory",
  "/job/other": "directory",
  "/job/list": "file",
  "/job/to-app": { link: "../srv/app" },
  "/srv/app/logs": "directory",
  "/twin": { bind: "/job" },
};

interface Run {
  readonly line: Line;
  readonly world?: World;
  readonly inputs?: Partial<Omit<FingerprintInputs, "invocation" | "facts">>;
}

const fieldsFor = ({ line, world = {}, inputs = {} }: Run): ReturnType<typeof fieldsOf> =>
  fieldsOf({
    invocation: invocationOf(line),
    facts: factsOf({ ...world, places: { ...places, ...world.places } }),
    uid: 1000,
    rsync: "/usr/bin/rsync 1:9 500 77",
    digests: new Map(),
    environment: {},
    client: null,
    remoteShell: "",
    ...inputs,
  });

function seen(run: Run): Fields {
  const fields = fieldsFor(run);
  expect(fields).not.toHaveProperty("unseen");
  return fields as Fields;
}

const run: Run = { line: "-a build/ /srv/app" };
const listed: Run = {
  line: "-a --files-from=list build/ /srv/app",
  inputs: { digests: new Map([["list", "d1"]]) },
};
const remote: Run = { line: "-a /job/build/ host:/srv/app" };

test("the fields of a run, in their order", () => {
  const fields = seen({
    line: "-an --delete --exclude-from=list -M--fake-super build/ /srv/new/",
    inputs: {
      digests: new Map([["my list", "d1"]]),
      environment: { RSYNC_RSH: "ssh -4", RSYNC_PASSWORD: "secret", CVSIGNORE: "*.o" },
      client: "10.0.0.1",
    },
  });
  const [source = ""] = /\d+:\d+/.exec(fields["sources"] ?? "") ?? [];
  expect(Object.entries(fields)).toEqual([
    ["schema", "3"],
    ["uid", "1000"],
    ["rsync", "/usr/bin/rsync 1:9 500 77"],
    ["remote shell", ""],
    ["kind", "live"],
    [
      "options",
      "--delete --devices --group --links --owner --perms --recursive --specials --times --exclude-from=list",
    ],
    ["remote options", "--fake-super"],
    ["sources", `/job/build/ (${source})`],
    ["destination", "/srv/new/ (missing)"],
    ["targets", "/srv/new writes deletes (missing)"],
    ["named files", "'my list' d1"],
    ["descriptors", ""],
    ["environment", "RSYNC_RSH='ssh -4', CVSIGNORE='*.o'"],
    ["cwd", "/job"],
    ["client", "10.0.0.1"],
  ]);
  expect(fingerprintOf(fields)).toMatch(/^[0-9a-f]{64}$/);
  expect(fingerprintOf({ ...fields })).toBe(fingerprintOf(fields));
});

test.for<[what: string, before: Run, now: Run, ...fields: string[]]>([
  ["the user", run, { ...run, inputs: { uid: 1001 } }, "uid"],
  ["the real rsync", run, { ...run, inputs: { rsync: "/usr/bin/rsync 1:9 501 78" } }, "rsync"],
  [
    "what kind of run it is",
    { line: "-a . /srv/app" },
    { line: "-a --server . /srv/app" },
    "kind",
    "options",
    "sources",
    "cwd",
  ],
  ["an option", run, { line: "-a --delete build/ /srv/app" }, "options"],
  ["a filter", run, { line: "-a --exclude=css build/ /srv/app" }, "options"],
  ["the remote shell", run, { line: "-a -e rsh build/ /srv/app" }, "options"],
  ["the log file, which is appended to", run, { line: "-a --log-file=/job/log build/ /srv/app" }, "options"],
  [
    "the program that the remote shell is",
    remote,
    { ...remote, inputs: { remoteShell: "/opt/ssh 1:9" } },
    "remote shell",
  ],
  ["what -M hands on", run, { line: "-a -M--delete build/ /srv/app" }, "remote options"],
  ["the source", run, { line: "-a other/ /srv/app" }, "sources"],
  ["the slash behind the source", run, { line: "-a build /srv/app" }, "sources"],
  ["one more source", run, { line: "-a build/ other/ /srv/app" }, "sources"],
  ["the sources' order", { line: "-a build other /srv/app" }, { line: "-a other build /srv/app" }, "sources"],
  ["the slash behind a remote source", { line: "-a h:b/ /srv/app" }, { line: "-a h:b /srv/app" }, "sources"],
  [
    "the directory that the source is",
    run,
    { ...run, world: { places: { "/job/build": { bind: "/job/other" } } } },
    "sources",
  ],
  ["the destination", run, { line: "-a build/ /srv/app/logs" }, "destination"],
  [
    "the directory that the destination is",
    run,
    { ...run, world: { places: { "/srv/app": { bind: "/job/other" } } } },
    "destination",
  ],
  ["the destination's host", remote, { line: "-a /job/build/ other:/srv/app" }, "destination"],
  ["the destination's user", remote, { line: "-a /job/build/ ann@host:/srv/app" }, "destination"],
  ["shell or daemon", remote, { line: "-a /job/build/ host::srv/app" }, "destination"],
  [
    "the slash behind a destination that isn't there",
    { line: "-a build /srv/new" },
    { line: "-a build /srv/new/" },
    "destination",
  ],
  [
    "whether the destination is there",
    { line: "-a build/ /srv/new" },
    { line: "-a build/ /srv/new", world: { places: { "/srv/new": "directory" } } },
    "destination",
  ],
  [
    "a link in the way of it",
    { line: "-a build/ to-app" },
    { line: "-a build/ to-app", world: { places: { "/job/to-app": { link: "other" } } } },
    "destination",
  ],
  [
    "what a file that an option names holds",
    listed,
    { ...listed, inputs: { digests: new Map([["list", "d2"]]) } },
    "named files",
  ],
  [
    "the current directory, where a path is relative",
    run,
    { line: "-a build/ /srv/app", world: { cwd: "/twin", places: { "/twin/build": { bind: "/job/build" } } } },
    "sources",
    "cwd",
  ],
  [
    "the current directory, where a file's is",
    { line: "-a --exclude-from=list /job/build/ /srv/app" },
    { line: "-a --exclude-from=list /job/build/ /srv/app", world: { cwd: "/srv" } },
    "cwd",
  ],
  ["the client", run, { ...run, inputs: { client: "10.0.0.2" } }, "client"],
  ...fingerprintVariables.map((name): [string, Run, Run, string] => [
    name,
    { ...run, inputs: { environment: { [name]: "a" } } },
    { ...run, inputs: { environment: { [name]: "b" } } },
    "environment",
  ]),
  ["an empty variable that was not set", run, { ...run, inputs: { environment: { RSYNC_RSH: "" } } }, "environment"],
])("changing %s changes the fingerprint", ([, before, now, ...fields]) => {
  const [a, b] = [seen(before), seen(now)];
  expect(diff(a, b).map(({ field }) => field)).toEqual(fields);
  expect(fingerprintOf(b)).not.toBe(fingerprintOf(a));
});

test.for<[what: string, before: Run, now: Run]>([
  ...[
    "-n",
    "-v",
    "-vv",
    "-i",
    "--progress",
    "--stats",
    "-h",
    "-q",
    "-8",
    "--info=progress2",
    "--debug=all",
    "--stderr=all",
    "--out-format=%n",
    "--log-file-format=%n",
    "--outbuf=L",
    "--no-motd",
  ].map((option): [string, Run, Run] => [option, run, { line: `-a ${option} build/ /srv/app` }]),
  ["-P's progress half", { line: "-a --partial build/ /srv/app" }, { line: "-aP build/ /srv/app" }],
  ["where the options stand", run, { line: "build/ /srv/app -a" }],
  ["how an option is spelled", run, { line: "--archive build/ /srv/app" }],
  ["how the source is spelled", run, { line: "-a build// /srv/app" }],
  ["a dot for the source's slash", run, { line: "-a build/. /srv/app" }],
  ["the slash behind a destination that is there", run, { line: "-a build/ /srv/app/" }],
  ["how the destination is spelled", run, { line: "-a build/ /srv/./app/logs/.." }],
  ["a link that leads to the destination", run, { line: "-a build/ to-app" }],
  ["the current directory, where no path is relative", remote, { ...remote, world: { cwd: "/srv" } }],
  [
    "a variable that rsync doesn't read",
    run,
    { ...run, inputs: { environment: { VERSION: "1", RSYNC_PASSWORD: "x" } } },
  ],
])("changing %s does not change the fingerprint", ([, before, now]) => {
  expect(diff(seen(before), seen(now))).toEqual([]);
  expect(fingerprintOf(seen(now))).toBe(fingerprintOf(seen(before)));
});

test.for<[what: string, a: Run, b: Run]>([
  [
    "a byte and the escape that shows it",
    { line: "-a build/ /srv/new\u00e9" },
    { line: "-a build/ /srv/new\\xc3\\xa9" },
  ],
  ["one source with a comma and two", { line: ["h:a, h:b", "/srv/app"] }, { line: ["h:a", "h:b", "/srv/app"] }],
  [
    "a variable's value and another variable",
    { ...run, inputs: { environment: { RSYNC_RSH: "ssh, CVSIGNORE=x" } } },
    { ...run, inputs: { environment: { RSYNC_RSH: "ssh", CVSIGNORE: "x" } } },
  ],
  [
    "a variable's lines and another variable",
    { ...run, inputs: { environment: { RSYNC_RSH: "ssh\nCVSIGNORE=x" } } },
    { ...run, inputs: { environment: { RSYNC_RSH: "ssh", CVSIGNORE: "x" } } },
  ],
  [
    "a file's name and two files",
    { ...listed, inputs: { digests: new Map([["a d1, b", "d2"]]) } },
    {
      ...listed,
      inputs: {
        digests: new Map([
          ["a", "d1"],
          ["b", "d2"],
        ]),
      },
    },
  ],
  ["two ports of a daemon", { line: "-a /job/build/ rsync://h:1/m" }, { line: "-a /job/build/ rsync://h:2/m" }],
])("%s have not the same fingerprint", ([, a, b]) => {
  expect(fingerprintOf(seen(b))).not.toBe(fingerprintOf(seen(a)));
});

test("a byte that isn't UTF-8 and the escape that shows it have not the same fingerprint", () => {
  const destination = (word: string) =>
    fieldsOf({
      invocation: { ...invocationOf("-a build/ x"), operands: ["build/", word] },
      facts: factsOf({ places }),
      uid: 0,
      rsync: "",
      digests: new Map(),
      environment: {},
      client: null,
      remoteShell: "",
    });
  expect(destination("/srv/new\xe9")).not.toEqual(destination("/srv/new\\xe9"));
});

test.for<[line: string, digest: string | null, unseen: string | null]>([
  ["-r --delete --files-from=- build/ /srv/app", "stream", "-"],
  ["-r --remove-source-files --files-from=- build/ /srv/app", "stream", "-"],
  ["-r -M--delete --files-from=- build/ /srv/app", "stream", "-"],
  ["-r --delete --exclude-from=- build/ /srv/app", "stream", "-"],
  ["-r --files-from=- build/ /srv/app", null, "-"],
  ["-r --files-from=- build/ /srv/app", "stream", null],
  ["-r --files-from=- build/ /srv/app", "d1", null],
  ["-r --delete --files-from=- build/ /srv/app", "d1", null],
])("%s with its list %s: what can't be known is %s", ([line, digest, unseen]) => {
  const fields = fieldsFor({ line, inputs: { digests: new Map([["-", digest]]) } });
  expect("unseen" in fields ? fields.unseen : null).toBe(unseen);
});

test.for<[line: string, unseen: string | null]>([
  ["-r --delete --files-from=host:list host:/src /srv/app", "host:list"],
  ["-r --delete --files-from=:list host:/src /srv/app", ":list"],
  ["-r --files-from=:list host:/src /srv/app", null],
])("%s, whose list is read over there: what can't be known is %s", ([line, unseen]) => {
  const fields = fieldsFor({ line });
  expect("unseen" in fields ? fields.unseen : null).toBe(unseen);
});

test.for<[argv: Line, ...files: string[]]>([
  ["-a src dst"],
  ["-aC src dst", "/home/ann/.cvsignore"],
  ["--files-from=:list host:src dst"],
  ["--exclude-from=a --include-from b --files-from=c src dst", "a", "b", "c"],
  ["--exclude-from=a --include-from a src dst", "a"],
  ["--read-batch=F dst", "F"],
  ["-M--exclude-from=a src dst", "a"],
  [["-f", ". rules", "src", "dst"], "rules"],
  [["-f", "merge my rules", "src", "dst"], "my rules"],
  [["-f", ".e- rules", "src", "dst"], "rules"],
  [["-f", "merge,- rules", "src", "dst"], "rules"],
  ["-f ._rules src dst", "rules"],
  ["-f merge_rules src dst", "rules"],
  [["-f", ": .rsync-filter", "src", "dst"]],
  [["-f", "dir-merge .rsync-filter", "src", "dst"]],
  [["-f", "- merge x", "src", "dst"]],
  [["-f", "+ *.o", "src", "dst"]],
  [["--exclude", ". rules", "src", "dst"]],
  ["--log-file=l --backup-dir=b --link-dest=d src dst"],
])("the files that decide what %j does", ([argv, ...files]) => {
  expect(namedFiles(invocationOf(argv), "/home/ann")).toEqual(files);
});

test("without a home there is no ~/.cvsignore", () => {
  expect(namedFiles(invocationOf("-aC src dst"), undefined)).toEqual([]);
});

test("diff tells the fields that differ, in their order", () => {
  expect(diff({ uid: "1", cwd: "/a", kind: "live" }, { uid: "1", kind: "sender", cwd: "/b", client: "c" })).toEqual([
    { field: "kind", before: "live", now: "sender" },
    { field: "cwd", before: "/a", now: "/b" },
    { field: "client", before: "", now: "c" },
  ]);
});

test.for<[what: string, dryRun: string, live: string]>([
  ["where /./ stands in a source", "-aR --delete build/./css/ /srv/app", "-aR --delete build/css/./ /srv/app"],
  ["a link for the directory that it leads to", "-a --delete to-app /job", "-a --delete /srv/app /job"],
])("%s is not covered by the other's dry run", ([, dryRun, live]) => {
  expect(fingerprintOf(seen({ line: live }))).not.toBe(fingerprintOf(seen({ line: dryRun })));
});

test("a file of filter rules that merges another one can't be known", () => {
  expect(holdsMerge("- *.o\n. more-rules\n")).toBe(true);
  expect(holdsMerge("merge,- more-rules\n")).toBe(true);
  expect(holdsMerge("- *.o\n+ .keep\n: .rsync-filter\n")).toBe(false);
  expect([...mergedFiles(invocationOf(["-f", ". rules", "--exclude-from=list", "a", "b"]))]).toEqual(["rules"]);
  expect(namedFiles(invocationOf(["--filter=-C", "a", "b"]), "/home/ann")).toEqual(["/home/ann/.cvsignore"]);
});
