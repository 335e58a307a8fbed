import { describe, expect, test } from "vitest";
import { type Code, codes, dryRunCodes } from "../../src/core/codes.ts";
import { builtInConfig, type Settings } from "../../src/core/configuration/settings.ts";
import { type Verdict, verdictOf } from "../../src/core/judge/decision.ts";
import { canLose, judge, type Planning, type Risk, risksNeedingDryRun } from "../../src/core/judge/verdict.ts";
import { cases, host, staticCodes } from "../cases/rules.ts";
import type { Line } from "../cases/words.ts";
import { configFrom } from "../support/configuration.ts";
import { factsOf } from "../support/facts.ts";
import { invocationOf, named } from "../support/run.ts";

describe.each(Object.entries(cases))("%s", (_, rows) => {
  test.for(rows)("%# %j: %s", ([line, expected, { world = {}, config = "", env = {} } = {}]) => {
    const facts = factsOf({
      ...host,
      ...world,
      places: { ...host.places, ...world.places },
      homes: { ...host.homes, ...world.homes },
    });
    const { refusals } = judge(invocationOf(line, env), facts, configFrom(config));
    expect([...new Set(refusals.map(({ code }) => code))].join(" ")).toBe(expected);
  });
});

/** What the parser, the records of dry runs and a plan say. */
const elsewhere: readonly Code[] = [
  "unknown-option",
  ...dryRunCodes,
  ...codes.filter((code) => code.startsWith("plan-")),
];

test("each code of a static rule has three refusals and three twins", () => {
  expect([...staticCodes, ...elsewhere].sort()).toEqual([...codes].sort());
  const few = staticCodes.filter((code) => {
    const rows = cases[code] ?? [];
    const refused = rows.filter(([, expected]) => expected.split(" ").includes(code));
    const passes = rows.filter(([, expected]) => expected === "");
    return refused.length < 3 || passes.length < 3;
  });
  expect(few).toEqual([]);
});

const facts = factsOf(host);

test.for<[line: string, risk: Risk]>([
  ["-a --delete build/ /srv/app", "deletes"],
  // nothing is there that could be deleted
  ["-a --delete build/ /srv/new", "nothing"],
  ["-a --delete build/ /srv/empty", "nothing"],
  ["-a --delete build/ host:new", "deletes"],
  // its name may turn out to be another one there, as with --iconv
  ["-a --delete build /srv/app", "deletes"],
  ["-a --remove-source-files build/ /srv/new", "deletes"],
  ["-r --force build/ /srv/app", "deletes"],
  ["-a build/ /srv/app", "overwrites"],
  ["-a build/ host:new", "overwrites"],
  ["-a /job/file.txt host:new", "overwrites-file"],
  ["-a /job/file.txt host::module/new/", "overwrites-file"],
  ["-a /job/file.txt /job/unlisted host:new", "overwrites"],
  ["-a --delete /job/file.txt host:new", "deletes"],
  ["-aR /job/file.txt host:new", "overwrites"],
  ["-a --files-from=/job/file.txt / host:new", "overwrites"],
  ["-a --partial --partial-dir=/old /job/file.txt host:new", "overwrites"],
  ["-a /job/none.txt host:new", "overwrites"],
  ["-a build/ /job/unlisted", "overwrites"],
  ["-a build/ file.txt", "overwrites"],
  ["--server -re.L . /srv/app", "overwrites"],
  ["-a build/ /srv/new", "nothing"],
  ["-a build/ /srv/empty", "nothing"],
  ["-a build /srv/app", "nothing"],
  ["-a --log-file=/job/file.txt build/ /srv/new", "nothing"],
  ["--server -re.L . /srv/new", "nothing"],
  // the sources are on the other side
  ["--server -re.L --remove-source-files . /srv/new", "nothing"],
  ["--server -re.L --delete . /srv/app", "deletes"],
  ["--server --sender -re.L --remove-source-files . build", "deletes"],
  ["build/", "nothing"],
])("%s can lose: %s", ([line, risk]) => {
  expect(judge(invocationOf(line), facts, builtInConfig).risk).toBe(risk);
});

const settings = (given: Partial<Settings["dryRun"]>, mode: Settings["mode"] = "enforce"): Settings => ({
  ...builtInConfig.settings,
  mode,
  dryRun: { ...builtInConfig.settings.dryRun, ...given },
});

test.for<
  [required: Settings["dryRun"]["required"], deletes: boolean, overwrites: boolean, file: boolean, nothing: boolean]
>([
  ["always", true, true, true, true],
  ["risky", true, true, false, false],
  ["auto", true, true, false, false],
  ["deletes", true, false, false, false],
  ["never", false, false, false, false],
])("required = %s: a dry run before what deletes %s, overwrites %s, a file there %s, loses nothing %s", (row) => {
  const [required, ...expected] = row;
  const risks: readonly Risk[] = ["deletes", "overwrites", "overwrites-file", "nothing"];
  expect(risks.map((risk) => risksNeedingDryRun[required].includes(risk))).toEqual(expected);
});

const planningOf = (line: Line, dryRun: Partial<Settings["dryRun"]>) =>
  judge(invocationOf(line), facts, { ...builtInConfig, settings: settings(dryRun) }).planning;

test.for<[line: string, dryRun: Partial<Settings["dryRun"]>, purpose: Planning["purpose"]]>([
  ["-an --delete build/ /srv/app", {}, "tell"],
  ["-an build/ /srv/new", {}, "tell"],
  ["-an build/ host:app", {}, "tell"],
  ["-an host:app/ build", {}, "tell"],
  ["-an build/ /srv/app", { required: "never" }, "tell"],
  ["-an build/ /srv/app", { required: "auto" }, "tell"],
  ["-a --delete build/ /srv/app", {}, "compare"],
  ["-a --delete build/ host:app", {}, "compare"],
  ["-a --delete host::module/x /srv/app", {}, "compare"],
  ["-r --force build/ /srv/app", {}, "compare"],
  ["-a --delete build/ /srv/app", { required: "always" }, "compare"],
  ["-a --delete build/ /srv/app", { required: "deletes" }, "compare"],
  ["-a build/ /srv/app", { required: "auto" }, "replace"],
  ["-a --delete build/ /srv/app", { required: "auto" }, "replace"],
  ["-a build/ host:app", { required: "auto" }, "replace"],
  // it deletes nothing, but a kept file or a shared symlink may have appeared
  ["-a build/ /srv/app", {}, "compare"],
  ["-a build/ /srv/new", { required: "always" }, "compare"],
  ["-a --remove-source-files build/ /srv/app", {}, "compare"],
  // it needs none
  ["-a --delete build/ /srv/new", {}, null],
  ["-a build/ /srv/new", {}, null],
  ["-a build/ /srv/new", { required: "auto" }, null],
  ["-a --delete build/ /srv/app", { required: "never" }, null],
])("%s with %j is planned to %s", ([line, dryRun, purpose]) => {
  expect(planningOf(line, dryRun)).toEqual({ purpose, obstacle: null });
});

const never: Partial<Settings["dryRun"]> = { remotePlan: "never" };
const filter = (rule: string): Line => ["-a", "--delete", "-f", rule, "build/", "/srv/app"];

test.for<[line: Line, dryRun: Partial<Settings["dryRun"]>, obstacle: string | null]>([
  ["-a --delete build/ host:app", never, "remote-plan-never"],
  ["-a --delete rsync://host/module/ build", never, "remote-plan-never"],
  ["-an host:app/ build", never, "remote-plan-never"],
  ["-a --delete build/ /srv/app", never, null],
  ["-a --delete build/ host:app", { remotePlan: "require" }, null],
  ["-a --delete --only-write-batch=b build/ /srv/app", {}, "only-write-batch"],
  ["-a --delete --write-batch=b build/ /srv/app", {}, null],
  ["-r --delete --files-from=- build/ /srv/app", {}, "stream -"],
  ["-a --delete --exclude-from=- build/ /srv/app", {}, "stream -"],
  ["-a --delete --exclude-from=pipe build/ /srv/app", {}, "stream pipe"],
  ["-a --delete --exclude-from=file.txt build/ /srv/app", {}, null],
  ["-a --delete --exclude=- build/ /srv/app", {}, null],
  [filter(". -"), {}, "stream -"],
  [filter("merge pipe"), {}, "stream pipe"],
  [filter("merge file.txt"), {}, null],
  [filter("- *.tmp"), {}, null],
  ["-a --files-from=- build/ /srv/app", { required: "auto" }, "stream -"],
  ["--server -re.L --delete . /srv/app", {}, "receiving-host"],
  ["--server -nre.L --delete . /srv/app", {}, "receiving-host"],
  ["--server --sender -re.L --remove-source-files . build", {}, "receiving-host"],
])("what stands in the way of a plan of %j with %j: %s", ([line, dryRun, obstacle]) => {
  const planning = planningOf(line, dryRun);
  expect(named(planning.obstacle)).toBe(obstacle);
  if (obstacle !== null) expect(planning.purpose).toBeNull();
});

test.for<[line: string, loses: boolean]>([
  ["-a build/ /srv/app", true],
  ["-an build/ /srv/app", true],
  ["--server -re.L . /srv/app", true],
  ["--server --sender -re.L --remove-source-files . build", true],
  ["--server --sender -re.L . build", false],
  ["--version", false],
  ["build/", false],
  ["--daemon", false],
])("%s can lose something: %s", ([line, loses]) => {
  expect(canLose(invocationOf(line))).toBe(loses);
});

const refused = { code: "release-root", path: "/r", link: "/current", text: "r/1" } as const;
const undecidable = { code: "popt-alias", file: "/etc/popt" } as const;

test.for<
  [line: string, refusals: readonly (typeof refused | typeof undecidable)[], mode: Settings["mode"], verdict: Verdict]
>([
  ["-a build/ /srv/app", [], "enforce", "run"],
  ["-a build/ /srv/app", [], "observe", "run"],
  ["-a build/ /srv/app", [refused], "enforce", "refuse"],
  ["-a build/ /srv/app", [refused], "observe", "run"],
  ["-a build/ /srv/app", [undecidable], "observe", "refuse"],
  ["-a build/ /srv/app", [refused, undecidable], "observe", "refuse"],
  ["-an build/ /srv/app", [], "enforce", "approve"],
  ["-an build/ /srv/app", [refused], "enforce", "approve"],
  ["-an build/ /srv/app", [refused], "observe", "approve"],
  ["-an build/ /srv/app", [undecidable], "enforce", "refuse"],
  ["--server -nre.L . /srv/app", [], "enforce", "approve"],
  ["--server -re.L . /srv/app", [refused], "enforce", "refuse"],
  ["--server --sender -nre.L . build", [], "enforce", "run"],
  ["-n build/", [], "enforce", "run"],
  ["--version -n", [], "enforce", "run"],
  ["--delete build/", [refused], "enforce", "refuse"],
])("%s with %j in mode %s: %s", ([line, refusals, mode, verdict]) => {
  expect(verdictOf(invocationOf(line), refusals, settings({}, mode))).toBe(verdict);
});

test("allow never lets pass what can't be read", () => {
  const allowing = { ...builtInConfig, settings: { ...builtInConfig.settings, allow: codes } };
  const judged = (line: string) => judge(invocationOf(line), factsOf({ ...host, aliasFiles: ["/etc/popt"] }), allowing);
  expect(judged("--old-args --delete build/ host:$X//").refusals.map(({ code }) => code)).toEqual([
    "popt-alias",
    "old-args",
  ]);
});

const placed = configFrom(`
  mode = "observe"
  allow = ["same-place"]
  [dry_run]
  required = "deletes"
  fresh_for = "1h"
  [limits]
  max_delete = "80%"
  keep = [".git"]
  [receiver]
  allow = ["release-root"]
  dry_run = { required = "always" }
  [[destination]]
  path = "/srv/app/*"
  mode = "enforce"
  dry_run = { fresh_for = "30s", remote_plan = "require" }
  limits = { keep = ["env.php"] }
  [[destination]]
  path = "/srv/**"
  dry_run = { session = "always" }
  limits = { max_delete = 5, keep = ["cache/*"] }
`);

const shownSettings = ({ mode, allow, dryRun, limits: { maxDelete, keep } }: Settings) => ({
  mode,
  allow: allow.join(" "),
  dryRun: `${dryRun.required} ${dryRun.freshFor} ${dryRun.session} ${dryRun.remotePlan}`,
  limits: ["percent" in maxDelete ? `${maxDelete.percent}%` : maxDelete.entries, ...keep.map(({ pattern }) => pattern)],
});

test.for<[line: string, mode: string, allow: string, dryRun: string, limits: readonly (string | number)[]]>([
  ["-a build/ /opt/x", "observe", "same-place", "deletes 3600000 tty try", ["80%", ".git"]],
  ["-a build/ /srv/app/a", "enforce", "same-place", "deletes 30000 tty require", ["80%", ".git", "env.php"]],
  ["-a build/ /srv/app/a/deep", "enforce", "same-place", "deletes 30000 tty require", ["80%", ".git", "env.php"]],
  ["-a build /srv/app", "enforce", "same-place", "deletes 30000 tty require", ["80%", ".git", "env.php"]],
  ["-a build/ /srv/other", "observe", "same-place", "deletes 3600000 always try", [5, ".git", "cache/*"]],
  // of both places only the second pattern's
  [
    "-a --remove-source-files /srv/x/ /srv/app/a",
    "observe",
    "same-place",
    "deletes 3600000 always try",
    [5, ".git", "cache/*"],
  ],
  // a place of its own for what an option writes changes nothing
  [
    "-a --log-file=/opt/log build/ /srv/app/a",
    "enforce",
    "same-place",
    "deletes 30000 tty require",
    ["80%", ".git", "env.php"],
  ],
  ["--server -re.L . /opt/x", "observe", "same-place release-root", "always 3600000 tty try", ["80%", ".git"]],
  [
    "--server -re.L . /srv/app/a",
    "enforce",
    "same-place release-root",
    "always 30000 tty require",
    ["80%", ".git", "env.php"],
  ],
])("the settings for %s", ([line, mode, allow, dryRun, limits]) => {
  expect(shownSettings(judge(invocationOf(line), facts, placed).settings)).toEqual({ mode, allow, dryRun, limits });
});
