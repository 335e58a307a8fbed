import { describe, expect, test } from "vitest";
import type { Code } from "../../src/core/codes.ts";
import type { ArgumentProblem } from "../../src/core/command/parse.ts";
import { builtInConfig, type Settings } from "../../src/core/configuration/settings.ts";
import type { Approval, DryRunRecord } from "../../src/core/judge/approval.ts";
import {
  cannotDecide,
  canOffer,
  counts,
  type Decision,
  type DryRunResult,
  type DryRunState,
  decisionOf,
  dependsOnPlan,
  dryRunResult,
  dryRunStateOf,
  exitCodeOf,
  isHeard,
  isJournalled,
  isLiftable,
  notSearched,
  type RecordResult,
  refusedUnjudged,
  storedPlan,
  unreadableRefusal,
  type Verdict,
  withoutRecords,
  withPlan,
  withPlanOfDryRun,
} from "../../src/core/judge/decision.ts";
import type { Refusal } from "../../src/core/judge/refusal.ts";
import { judge } from "../../src/core/judge/verdict.ts";
import { noPlan, type Plan, type PlanObstacle } from "../../src/core/plan/plan.ts";
import { emptyPlan } from "../cases/plans.ts";
import { host } from "../cases/rules.ts";
import { factsOf } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

const rsync = { path: "/usr/bin/rsync", identity: "/usr/bin/rsync 1:9" };

const record: DryRunRecord = {
  schema: 3,
  fingerprint: "f1",
  fields: {},
  operands: [],
  command: "rsync",
  at: 0,
  boot: "b",
  session: null,
};
const approval: Approval = { ...record, plan: null };

const refusalOf = {
  "no-dry-run": { code: "no-dry-run", nearest: null, unseen: null },
  "other-session": { code: "other-session", age: 1 },
  "stale-dry-run": { code: "stale-dry-run", reason: "old", age: 2, freshFor: 1 },
  "changed-since-dry-run": { code: "changed-since-dry-run", nearest: { age: 1, differences: [] } },
  unseen: { code: "no-dry-run", nearest: null, unseen: "-" },
  "release-root": { code: "release-root", path: "/r", link: "/current", text: "r/1" },
  "protected-destination": { code: "protected-destination", path: "/etc", same: "/etc", configured: false },
  "protected-below": { code: "protected-below", path: "/srv", below: "/srv/x", what: "protected", deletes: null },
  "protected-from-delete": { code: "protected-from-delete", path: "/mnt", what: "a mount point" },
  "unknown-option": { code: "unknown-option", argument: "--x", why: { is: "unknown" } },
  "popt-alias": { code: "popt-alias", file: "/etc/popt" },
  "old-args": { code: "old-args", word: "" },
  "cannot-decide": { code: "cannot-decide", why: { reason: "no-current-directory" } },
  "plan-too-large": {
    code: "plan-too-large",
    path: "/srv/app",
    deleted: 100,
    present: 100,
    maxDelete: { percent: 50 },
    topLevel: emptyPlan.topLevel,
  },
} satisfies Readonly<Record<string, Refusal>>;
type Named = keyof typeof refusalOf;

interface Given {
  readonly mode?: Settings["mode"];
  readonly allow?: readonly Code[];
  readonly dryRun?: Partial<Settings["dryRun"]>;
  readonly protect?: readonly string[];
  /** What the records of dry runs have for it. */
  readonly state?: Partial<DryRunState>;
  /** Instead of what the static rules say. */
  readonly refusals?: readonly Named[];
}

/** The decision on a run, before its plan. */
function decided(line: string, { mode, allow, dryRun, protect, state, refusals }: Given = {}): Decision {
  const { settings } = builtInConfig;
  const config = {
    ...builtInConfig,
    protect: protect ?? [],
    settings: {
      ...settings,
      mode: mode ?? settings.mode,
      allow: allow ?? [],
      dryRun: { ...settings.dryRun, ...dryRun },
    },
  };
  const invocation = invocationOf(line);
  const facts = factsOf(host);
  const judged = judge(invocation, facts, config);
  const found = refusals ? { refusals: refusals.map((name) => refusalOf[name]) } : {};
  return decisionOf(
    { argv: invocation.argv, rsync, invocation },
    { ...judged, ...found },
    { record, ...notSearched, ...state },
    { facts, config },
  );
}

/** Of a command line that can't be read. */
const unjudged = (refusal: Refusal = refusalOf["unknown-option"]): Decision =>
  refusedUnjudged({ argv: ["--x"], rsync, invocation: null }, refusal);

const shown = ({ verdict, refusals }: Pick<Decision, "verdict" | "refusals">): string =>
  [verdict, ...refusals.map(({ code }) => code)].join(" ");

const lacking = (name: Named): Given => ({ state: { lackingDryRun: refusalOf[name] } });

const deletes = "-a --delete build/ /srv/app";
const there = "-a --delete build/ host:app";

test.for<[what: string, line: string, given: Given, decision: string]>([
  ["a run with its dry run", deletes, {}, "run"],
  ["a run without one", deletes, lacking("no-dry-run"), "refuse no-dry-run"],
  ["the same, where that is only observed", deletes, { ...lacking("no-dry-run"), mode: "observe" }, "run no-dry-run"],
  [
    "what else is wrong comes first",
    "-a --delete build/ /var/www/releases",
    lacking("no-dry-run"),
    "refuse release-root no-dry-run",
  ],
  ["the guard makes it itself", deletes, { ...lacking("no-dry-run"), dryRun: { required: "auto" } }, "run"],
  [
    "the guard would make it itself, but can't",
    "-r --delete --files-from=- build/ /srv/app",
    { ...lacking("unseen"), dryRun: { required: "auto" } },
    "refuse no-dry-run",
  ],
  ["a dry run", "-an --delete build/ /srv/app", {}, "approve"],
])("before its plan: %s", ([, line, given, decision]) => {
  expect(shown(decided(line, given))).toBe(decision);
});

test("the decision keeps what was looked at and found", () => {
  const state: DryRunState = { record, matchingApproval: approval, lackingDryRun: refusalOf["other-session"] };
  const decision = decided(deletes, { state });
  expect(decision).toMatchObject({ ...state, rsync, plan: null, invocation: { kind: "live" } });
  expect(decision.inputs?.facts.cwd).toBe("/job");
});

test("a run that can't be judged is refused, and nothing is recorded, searched or planned for it", () => {
  expect(unjudged()).toEqual({
    argv: ["--x"],
    rsync,
    invocation: null,
    record: null,
    matchingApproval: null,
    lackingDryRun: null,
    ends: { sources: [], destination: null },
    targets: [],
    settings: builtInConfig.settings,
    risk: "nothing",
    needsDryRun: false,
    planning: { purpose: null, obstacle: null },
    refusals: [refusalOf["unknown-option"]],
    refusalsWithoutPlan: [refusalOf["unknown-option"]],
    verdict: "refuse",
    inputs: null,
    plan: null,
  });
});

test.for<[problem: ArgumentProblem, code: Code]>([
  [{ is: "unknown" }, "unknown-option"],
  [{ is: "unknown-letter", letter: "!" }, "unknown-option"],
  [{ is: "no-value" }, "cannot-decide"],
  [{ is: "popt-operand" }, "cannot-decide"],
  [{ is: "hidden-deletion" }, "cannot-decide"],
])("an argument with %j is refused as %s", ([problem, code]) => {
  expect(unreadableRefusal({ argument: "--x", problem })).toEqual(
    code === "unknown-option"
      ? { code, argument: "--x", why: problem }
      : { code, why: { reason: "argument", argument: "--x", problem } },
  );
});

test.for<[verdict: Verdict, refusals: readonly Named[], exitCode: number]>([
  ["run", [], 0],
  ["approve", [], 0],
  // observed, or a dry run
  ["run", ["release-root"], 0],
  ["approve", ["release-root"], 0],
  ["refuse", ["release-root"], 77],
  ["refuse", ["no-dry-run"], 77],
  ["refuse", ["unknown-option"], 78],
  ["refuse", ["popt-alias"], 78],
  ["refuse", ["old-args"], 78],
  ["refuse", ["cannot-decide"], 78],
  ["refuse", ["release-root", "cannot-decide", "no-dry-run"], 78],
])("%s with %j exits with %i", ([verdict, refusals, exitCode]) => {
  expect(exitCodeOf({ verdict, refusals: refusals.map((name) => refusalOf[name]) })).toBe(exitCode);
});

const unseen: RecordResult = { unseen: "-" };
const lacks = { matchingApproval: null, lackingDryRun: refusalOf["other-session"] };

test.for<[what: string, RecordResult | null, needs: boolean, allow: readonly Code[], found: object, state: object]>([
  ["nothing is recorded of it", null, true, [], lacks, { record: null, ...notSearched }],
  ["it needs no dry run", record, false, [], lacks, { record, ...notSearched }],
  ["it needs none, and none could be recorded", unseen, false, [], lacks, { record: null, ...notSearched }],
  [
    "it has its dry run",
    record,
    true,
    [],
    { matchingApproval: approval, lackingDryRun: null },
    { record, matchingApproval: approval, lackingDryRun: null },
  ],
  ["it lacks its dry run", record, true, [], lacks, { record, ...lacks }],
  ["what it lacks is allowed", record, true, ["other-session"], lacks, { record, ...notSearched }],
  ["something else is allowed", record, true, ["no-dry-run"], lacks, { record, ...lacks }],
  [
    "it depends on what can't be known",
    unseen,
    true,
    [],
    notSearched,
    { record: null, matchingApproval: null, lackingDryRun: refusalOf.unseen },
  ],
  [
    "that it depends on such is allowed",
    unseen,
    true,
    ["no-dry-run"],
    notSearched,
    { record: null, matchingApproval: null, lackingDryRun: null },
  ],
])("a run's dry run: %s", ([, result, needsDryRun, allow, found, state]) => {
  const settings = { ...builtInConfig.settings, allow };
  expect(dryRunStateOf(result, { needsDryRun, settings }, { ...notSearched, ...found })).toEqual(state);
});

test.for<[line: string, given: Given, depends: boolean]>([
  [deletes, {}, true],
  [there, {}, true],
  ["-a build/ /srv/app", {}, true],
  // it is refused, or would be: the plan can only add to that
  [deletes, lacking("no-dry-run"), false],
  [deletes, { ...lacking("no-dry-run"), mode: "observe" }, false],
  // a dry run's plan is made after it
  ["-an --delete build/ /srv/app", {}, false],
  // nothing can be lost
  ["-a build/ /srv/new", {}, false],
  [deletes, { dryRun: { required: "never" } }, false],
  // the far side plans nothing
  ["--server -re.L --delete . /srv/app", {}, false],
  ["--version", {}, false],
])("%s with %j depends on its plan: %s", ([line, given, depends]) => {
  expect(dependsOnPlan(decided(line, given))).toBe(depends);
});

const files = (count: number): Plan["deleted"] => ({ files: count, directories: 0, symlinks: 0, specials: 0 });
const small = { plan: { ...emptyPlan, deleted: files(1), kept: 100 } };
const large = { plan: { ...emptyPlan, deleted: files(100), present: 100 } };
const touches = {
  plan: {
    ...emptyPlan,
    protected: { first: [{ path: "/srv/app/x/a", below: "/srv/app/x", what: "protected" } as const], count: 1 },
  },
};
const failed = noPlan({ is: "rsync-failed", ended: 23, said: "" });
const unreachable = noPlan({ is: "unreachable", ended: 255, said: "" });
const auto = { required: "auto" } as const;

test.for<[what: string, line: string, given: Given, made: NonNullable<Decision["plan"]>, decision: string]>([
  ["a small plan", deletes, {}, small, "run"],
  ["a plan that deletes too much", deletes, {}, large, "refuse plan-too-large"],
  ["the same, only observed", deletes, { mode: "observe" }, large, "run plan-too-large"],
  ["the same, allowed", deletes, { allow: ["plan-too-large"] }, large, "run"],
  // what the static rules had left to the plan
  ["a plan that spares what is protected", deletes, { protect: ["/srv/app/x"] }, small, "run"],
  ["a plan that does not", deletes, { protect: ["/srv/app/x"] }, touches, "refuse protected-below"],
  ["no plan, above what is protected", deletes, { protect: ["/srv/app/x"] }, failed, "refuse protected-below"],
  // the plan is the dry run
  ["a small plan for a missing dry run", deletes, { ...lacking("no-dry-run"), dryRun: auto }, small, "run"],
  ["a large one", deletes, { ...lacking("no-dry-run"), dryRun: auto }, large, "refuse plan-too-large"],
  ["none", deletes, { ...lacking("no-dry-run"), dryRun: auto }, failed, "refuse no-dry-run"],
  ["none there", there, { ...lacking("no-dry-run"), dryRun: auto }, unreachable, "refuse no-dry-run"],
  ["the one that was offered at the terminal", deletes, lacking("no-dry-run"), small, "run"],
  // another host
  ["no plan there", there, {}, unreachable, "run"],
  ["no plan there, but asked for", there, { dryRun: { remotePlan: "require" } }, unreachable, "refuse cannot-decide"],
  ["a plan there, as asked for", there, { dryRun: { remotePlan: "require" } }, small, "run"],
  ["none here, where one is asked for there", deletes, { dryRun: { remotePlan: "require" } }, unreachable, "run"],
])("with its plan: %s", ([, line, given, made, decision]) => {
  expect(shown(withPlan(decided(line, given), made))).toBe(decision);
});

test("what came of the plan goes with the decision", () => {
  expect(withPlan(decided(deletes), large).plan).toBe(large);
  expect(withPlan(decided(deletes, lacking("no-dry-run")), failed).plan).toBe(failed);
});

test("that a plan was asked for and can't be had says why", () => {
  const decision = withPlan(decided(there, { dryRun: { remotePlan: "require" } }), unreachable);
  expect(decision.refusals).toEqual([
    { code: "cannot-decide", why: { reason: "plan-required", obstacle: unreachable.obstacle } },
  ]);
});

test("a run that could not be judged stays refused, whatever is said of a plan", () => {
  expect(withPlan(unjudged(), small).verdict).toBe("refuse");
  expect(withPlan(unjudged(), unreachable).verdict).toBe("refuse");
  expect(withoutRecords(unjudged(), { reason: "no-current-directory" }).verdict).toBe("refuse");
});

const at = { path: "/srv/x" };
/** Each obstacle to a plan, and whether a run goes without one: where nobody could have had it. */
const obstacles: Readonly<Record<PlanObstacle["is"], readonly [PlanObstacle, isAccepted: boolean]>> = {
  "receiving-host": [{ is: "receiving-host" }, true],
  "remote-plan-never": [{ is: "remote-plan-never" }, true],
  "only-write-batch": [{ is: "only-write-batch" }, true],
  stream: [{ is: "stream", path: "-" }, true],
  unreachable: [unreachable.obstacle, true],
  "outside-targets": [{ is: "outside-targets", ...at }, false],
  "brings-filter": [{ is: "brings-filter", ...at }, false],
  "hidden-loss": [{ is: "hidden-loss", ...at }, false],
  unlisted: [{ is: "unlisted", ...at }, false],
  "unreadable-command": [{ is: "unreadable-command" }, false],
  openrsync: [{ is: "openrsync" }, false],
  "incomplete-output": [{ is: "incomplete-output" }, false],
  "more-than-present": [{ is: "more-than-present" }, false],
  "not-started": [{ is: "not-started", error: "EAGAIN" }, false],
  "rsync-failed": [{ is: "rsync-failed", ended: 23, said: "" }, false],
};

describe.each(Object.values(obstacles))("without a plan: %j", (obstacle, isAccepted) => {
  test(`a live run with its dry run goes: ${isAccepted}`, () => {
    const decision = withPlan(decided(deletes, { state: { matchingApproval: approval } }), noPlan(obstacle));
    expect(decision.refusals).toEqual(isAccepted ? [] : [cannotDecide({ reason: "no-plan", obstacle })]);
    expect([decision.verdict, exitCodeOf(decision)]).toEqual(isAccepted ? ["run", 0] : ["refuse", 78]);
  });

  test(`a dry run counts: ${isAccepted}`, () => {
    const decision = decided("-an --delete build/ /srv/app");
    expect(dryRunResult(record.fingerprint, decision, noPlan(obstacle))).toBe(isAccepted ? "approved" : "unplanned");
  });
});

test("records that can't be read refuse the run, whatever else is said of it", () => {
  const why = { reason: "records", problem: { problem: "altered", path: "/x" } } as const;
  const decision = withoutRecords(withPlan(decided(deletes), large), why);
  expect(decision).toMatchObject({ verdict: "refuse", refusals: [{ code: "cannot-decide", why }], plan: null });
  expect(exitCodeOf(decision)).toBe(78);
});

const deleted = { ...small.plan, deletions: null };

test.for<[what: string, line: string, matching: Approval | null, stored: object]>([
  ["the one of its dry run", deletes, { ...approval, plan: deleted }, { plan: deleted }],
  ["none, for the dry run had none", deletes, approval, noPlan({ is: "incomplete-output" })],
  ["none, without a dry run", deletes, null, noPlan({ is: "incomplete-output" })],
  ["none, and why", "-a --delete --only-write-batch=b build/ /srv/app", approval, noPlan({ is: "only-write-batch" })],
])("the plan that was kept: %s", ([, line, matchingApproval, stored]) => {
  expect(storedPlan(decided(line, { state: { matchingApproval } }))).toEqual(stored);
});

const dry = "-an --delete build/ /srv/app";

test.for<[what: string, line: string, given: Given, made: NonNullable<Decision["plan"]>, decision: string]>([
  ["a small plan", dry, {}, small, "approve"],
  ["a large one", dry, {}, large, "approve plan-too-large"],
  ["what else is wrong comes first", dry, { refusals: ["release-root"] }, large, "approve release-root plan-too-large"],
  ["what is said already is said once", dry, { refusals: ["protected-below"] }, touches, "approve protected-below"],
  ["no plan, above what is protected", dry, { protect: ["/srv/app/x"] }, failed, "approve protected-below"],
  // the live run goes without a plan
  ["its live run needs no dry run", dry, { dryRun: { required: "never" } }, large, "approve"],
])("a dry run: %s", ([, line, given, made, decision]) => {
  expect(shown(withPlanOfDryRun(decided(line, given), made))).toBe(decision);
});

const changed = { state: { record: { ...record, fingerprint: "f2" } } };
const never = { dryRun: { required: "never" } } as const;

test.for<[what: string, before: DryRunRecord | null, given: Given, made: NonNullable<Decision["plan"]>, DryRunResult]>([
  ["what it depends on can't be known", null, {}, small, "unseen"],
  ["something changed while it ran", record, changed, small, "changed"],
  ["afterwards it could not be known", record, { state: { record: null } }, small, "changed"],
  ["its live run is as it should be", record, {}, small, "approved"],
  ["its live run would be refused", record, { refusals: ["release-root"] }, small, "refused"],
  ["its live run needs none", record, never, small, "unneeded"],
  ["its live run needs none, nor a plan", record, never, failed, "unneeded"],
  ["its live run could not be planned", record, {}, failed, "unplanned"],
  ["the same, and would be refused", record, { refusals: ["release-root"] }, failed, "unplanned"],
])("what a dry run was good for: %s", ([, before, given, made, result]) => {
  expect(dryRunResult(before?.fingerprint ?? "", decided(dry, given), made)).toBe(result);
});

test.for<[DryRunResult, boolean]>([
  ["unseen", false],
  ["changed", false],
  ["unplanned", false],
  ["refused", true],
  ["unneeded", true],
  ["approved", true],
])("a dry run that is %s is kept: %s", ([result, isKept]) => {
  expect(counts(result)).toBe(isKept);
});

test.for<[refusals: readonly Named[], liftable: boolean]>([
  [["release-root"], true],
  [["no-dry-run"], true],
  [["other-session", "release-root", "plan-too-large"], true],
  [["protected-destination"], false],
  [["protected-below"], false],
  [["protected-from-delete"], false],
  [["unknown-option"], false],
  [["popt-alias"], false],
  [["old-args"], false],
  [["cannot-decide"], false],
  [["release-root", "protected-below"], false],
])("`allow` may let %j pass once: %s", ([refusals, liftable]) => {
  expect(isLiftable(decided(deletes, { refusals }))).toBe(liftable);
});

test.for<[what: string, line: string | null, given: Given, liftable: boolean]>([
  ["a live run", deletes, {}, true],
  ["a dry run", dry, {}, false],
  ["a server's", "--server -re.L . /srv/app", {}, false],
  ["one that can't be told from others", deletes, { state: { record: null } }, false],
  ["one that can't be read", null, {}, false],
])("`allow` may let pass once %s: %s", ([, line, given, liftable]) => {
  const refusals: Given["refusals"] = ["release-root"];
  expect(isLiftable(line === null ? unjudged(refusalOf["release-root"]) : decided(line, { ...given, refusals }))).toBe(
    liftable,
  );
});

test.for<[line: string, refusals: readonly Named[], offered: boolean]>([
  [deletes, ["no-dry-run"], true],
  [deletes, ["other-session"], true],
  [deletes, ["stale-dry-run"], true],
  [deletes, ["changed-since-dry-run"], true],
  // it would not help
  [deletes, ["unseen"], false],
  [deletes, ["release-root"], false],
  [deletes, ["release-root", "no-dry-run"], false],
  [deletes, ["no-dry-run", "cannot-decide"], false],
  [dry, ["no-dry-run"], false],
  ["--server -re.L . /srv/app", ["no-dry-run"], false],
  ["-a --delete --only-write-batch=b build/ /srv/app", ["no-dry-run"], false],
])("%s with %j: the dry run is offered: %s", ([line, refusals, offered]) => {
  expect(canOffer(decided(line, { refusals }))).toBe(offered);
});

test("what can't be read is offered no dry run, and is journalled", () => {
  expect(canOffer(unjudged(refusalOf["no-dry-run"]))).toBe(false);
  expect(isJournalled(unjudged())).toBe(true);
});

test.for<[line: string, refusals: readonly Named[], isJournalled: boolean]>([
  [deletes, [], true],
  [dry, [], true],
  ["--server -re.L . /srv/app", [], true],
  ["--server --sender -re.L . build", [], true],
  ["--version", [], false],
  ["build/", [], false],
  ["--version", ["popt-alias"], true],
  ["--delete build/", ["release-root"], true],
])("%s with %j is journalled: %s", ([line, refusals, expected]) => {
  expect(isJournalled(decided(line, { refusals }))).toBe(expected);
});

test.for<[what: string, line: string | null, isHeard: boolean]>([
  ["what can't be read", null, false],
  ["a live run", deletes, true],
  ["a dry run", dry, true],
  ["a receiver", "--server -nre.L . /srv/app", false],
  ["a sender", "--server --sender -re.L . build", false],
])("what is said of the plan of %s is read: %s", ([, line, heard]) => {
  expect(isHeard(line === null ? unjudged() : decided(line))).toBe(heard);
});

test.for([
  { required: "never", heard: false },
  { required: "deletes", heard: true },
  { required: "auto", heard: true },
] as const)("where a dry run is needed $required, what is said of its plan is read: $heard", ({ required, heard }) => {
  expect(isHeard(decided(dry, { dryRun: { required } }))).toBe(heard);
});
