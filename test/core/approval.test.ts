import { expect, test } from "vitest";
import { builtInConfig, type DryRun } from "../../src/core/configuration/settings.ts";
import {
  type Applicant,
  type Approval,
  type FailedDryRun,
  judgeApproval,
  type Session,
  withFailure,
  withSudo,
} from "../../src/core/judge/approval.ts";
import { fingerprintOf } from "../../src/core/judge/digest.ts";
import { type Fields, fieldsOf } from "../../src/core/judge/fingerprint.ts";
import type { Refusal } from "../../src/core/judge/refusal.ts";
import { factsOf } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

const facts = factsOf({
  places: {
    "/job/build/css": "directory",
    "/job/other": "directory",
    "/var/www/releases/1.2.2": "directory",
    "/var/www/releases/1.2.3": "directory",
  },
});

const minute = 60_000;
const now = Date.UTC(2026, 10, 22, 17);
const boot = "boot-1";
const terminal: Session = { leader: 100, started: "5000", terminal: true };
const script: Session = { leader: 200, started: "6000", terminal: false };

/** What is known of a run of that command line. */
function known(line: string): Pick<Applicant, "fields" | "operands"> {
  const invocation = invocationOf(line);
  const fields = fieldsOf({
    invocation,
    facts,
    uid: 1000,
    rsync: "/usr/bin/rsync",
    digests: new Map(),
    environment: {},
    client: null,
    remoteShell: "",
  }) as Fields;
  return { fields, operands: invocation.operands };
}

const applicant = (line: string, given: Partial<Applicant> = {}): Applicant => ({
  ...known(line),
  now,
  boot,
  session: terminal,
  ...given,
});

const approval = (line: string, given: Partial<Approval> = {}): Approval => ({
  schema: 3,
  ...known(line),
  fingerprint: fingerprintOf(known(line).fields),
  command: `rsync ${line}`,
  at: now - minute,
  boot,
  session: terminal,
  plan: null,
  ...given,
});

const command = "-a --delete build/ /var/www/releases/1.2.3/";
const settings: DryRun = builtInConfig.settings.dryRun;
const neverAsked = () => expect.unreachable("the other dry runs are of no interest");

const stale = (reason: "old" | "future" | "reboot", age: number): Extract<Refusal, { code: "stale-dry-run" }> => ({
  code: "stale-dry-run",
  reason,
  age,
  freshFor: 15 * minute,
});
const otherSession: Refusal = { code: "other-session", age: minute };

test.for<[what: string, made: Partial<Approval>, runs: Partial<Applicant>, dryRun: Partial<DryRun>, Refusal | null]>([
  ["fresh", {}, {}, {}, null],
  ["just fresh", { at: now - 15 * minute }, {}, {}, null],
  ["just old", { at: now - 15 * minute - 1 }, {}, {}, stale("old", 15 * minute + 1)],
  ["old by its own setting", {}, {}, { freshFor: 1000 }, { ...stale("old", minute), freshFor: 1000 }],
  ["of this very moment", { at: now }, {}, {}, null],
  ["from the future", { at: now + 1 }, {}, {}, stale("future", -1)],
  ["before the host was started", {}, { boot: "boot-2" }, {}, stale("reboot", minute)],
  ["before the host was started, and old", { at: 0 }, { boot: "boot-2" }, {}, stale("reboot", now)],
  ["where starts can't be told", { boot: null }, { boot: null }, {}, null],
  ["where starts can no longer be told", {}, { boot: null }, {}, stale("reboot", minute)],
  ["at another terminal", {}, { session: { ...terminal, leader: 101 } }, {}, otherSession],
  [
    "at a terminal whose leader's pid was used again",
    {},
    { session: { ...terminal, started: "5001" } },
    {},
    otherSession,
  ],
  [
    "at a terminal whose leader is gone",
    { session: { ...terminal, started: null } },
    { session: { ...terminal, started: null } },
    {},
    otherSession,
  ],
  ["at a terminal, run by a script", {}, { session: script }, {}, otherSession],
  ["at a terminal, run where sessions can't be told", {}, { session: null }, {}, otherSession],
  ["in the same session, without its terminal", {}, { session: { ...terminal, terminal: false } }, {}, null],
  ["by a script, run at a terminal", { session: script }, {}, {}, null],
  ["by another script", { session: script }, { session: { ...script, leader: 201 } }, {}, null],
  [
    "always bound: another script",
    { session: script },
    { session: { ...script, leader: 201 } },
    { session: "always" },
    otherSession,
  ],
  ["always bound: the same script", { session: script }, { session: script }, { session: "always" }, null],
  ["never bound: at another terminal", {}, { session: { ...terminal, leader: 101 } }, { session: "never" }, null],
  ["on a receiver, which has no session", { session: null }, { session: null }, { session: "always" }, null],
])("a dry run %s", ([, made, runs, dryRun, expected]) => {
  const judged = judgeApproval(
    approval(command, made),
    applicant(command, runs),
    { ...settings, ...dryRun },
    neverAsked,
  );
  expect(judged).toEqual(expected);
});

const nearestTo = (line: string, recent: readonly Approval[]) =>
  judgeApproval(null, applicant(line), settings, () => recent);

test("without any dry run", () => {
  expect(nearestTo(command, [])).toEqual({ code: "no-dry-run", nearest: null, unseen: null });
});

test("one that went elsewhere is shown for an hour, or for as long as a dry run counts", () => {
  const old = approval("-a --delete build/ /var/www/releases/1.2.2/", { at: now - 61 * minute });
  expect(nearestTo(command, [old])).toMatchObject({ code: "no-dry-run", nearest: null });
  const day = { ...settings, freshFor: 24 * 60 * minute };
  expect(judgeApproval(null, applicant(command), day, () => [old])).toMatchObject({ nearest: { age: 61 * minute } });
  // it is this command, however long ago
  const same = approval("-a build/ /var/www/releases/1.2.3/", { at: now - 61 * minute });
  expect(nearestTo(command, [same])).toMatchObject({ code: "changed-since-dry-run" });
});

test.for<[what: string, theirs: readonly Approval[], age: number | null]>([
  ["nothing", [], null],
  ["their own dry run of it", [approval(command)], minute],
  ["one of another command", [approval("-a build/ /srv/new")], null],
  ["one that is too old", [approval(command, { at: now - 16 * minute })], null],
])("root runs it for a user who has made %s", ([, theirs, age]) => {
  const own = theirs.map((one) => ({ ...one, fields: { ...one.fields, uid: "1000", "remote shell": "of hers" } }));
  const without: Refusal = { code: "no-dry-run", nearest: null, unseen: null };
  expect(withSudo(without, "ann", () => own, applicant(command), settings)).toEqual({
    ...without,
    sudo: { user: "ann", age },
  });
});

test("a record that was altered holds other fields than its name says, and counts as none", () => {
  const altered = { ...approval("-a build/ /srv/new"), fingerprint: approval(command).fingerprint };
  expect(judgeApproval(altered, applicant(command), settings, () => [])).toEqual({
    code: "no-dry-run",
    nearest: null,
    unseen: null,
  });
});

test("a dry run that went elsewhere: an ancestor may come of an empty variable", () => {
  expect(nearestTo("-a --delete build/ /var/www/releases//", [approval(command)])).toMatchObject({
    code: "no-dry-run",
    nearest: {
      age: minute,
      differences: [
        {
          field: "destination",
          before: "/var/www/releases/1.2.3/",
          now: "/var/www/releases//",
          maybeEmptyVariable: true,
        },
      ],
    },
  });
});

test.for<[before: string, now: string, maybeEmptyVariable: boolean]>([
  ["/var/www/releases/1.2.3", "/var/www/releases", true],
  ["/var/www/releases/new/", "/var/www/releases/", true],
  ["/srv/new", "/", true],
  ["host:/srv/app", "host:/srv/", true],
  ["host:/srv/app", "host:/", true],
  ["host::module/app", "host::module", true],
  ["/var/www/releases/1.2.3", "/var/www/releases/1.2.2", false],
  ["/var/www/releases", "/var/www/releases/1.2.3", false],
  ["/srv/new", "/srv/ne", false],
  ["host:/srv/app", "other:/srv/", false],
])("from %s to %s: a variable may be empty: %s", ([before, now, maybeEmptyVariable]) => {
  expect(nearestTo(`-a build/ ${now}`, [approval(`-a build/ ${before}`)])).toMatchObject({
    nearest: { differences: [{ field: "destination", before, now, maybeEmptyVariable }] },
  });
});

test("a dry run of the same paths: something changed since", () => {
  expect(nearestTo(command, [approval("-a build/ /var/www/releases/1.2.3/")])).toMatchObject({
    code: "changed-since-dry-run",
    nearest: {
      age: minute,
      differences: [
        {
          field: "options",
          before: "--devices --group --links --owner --perms --recursive --specials --times",
          now: "--delete --devices --group --links --owner --perms --recursive --specials --times",
          maybeEmptyVariable: false,
        },
      ],
    },
  });
});

test("the same paths as typed, another directory: what they resolved to is shown", () => {
  const made = approval(command);
  const replaced = { ...made, fields: { ...made.fields, destination: "/var/www/releases/1.2.3 (1:9999)" } };
  expect(nearestTo(command, [replaced])).toMatchObject({
    code: "changed-since-dry-run",
    nearest: {
      differences: [
        { field: "destination", before: "/var/www/releases/1.2.3 (1:9999)", now: made.fields["destination"] },
      ],
    },
  });
});

test("the nearest is the one with the fewest differences, then the newest", () => {
  const recent = [
    approval("-a other/ /var/www/releases/1.2.3/", { at: now - minute }),
    approval("-a --delete other/ /var/www/releases/1.2.3/", { at: now - 3 * minute }),
    approval("-a --delete build/ /var/www/releases/1.2.2/", { at: now - 2 * minute }),
  ];
  expect(nearestTo(command, recent)).toMatchObject({
    nearest: { age: 2 * minute, differences: [{ field: "destination" }] },
  });
});

test.for<[what: string, other: Approval]>([
  ["of other sources to another destination", approval("-a --delete other/ /srv/new/")],
  ["from the future", approval("-a build/ /var/www/releases/1.2.3/", { at: now + 1 })],
])("a dry run %s is not near", ([, other]) => {
  expect(nearestTo(command, [other])).toEqual({ code: "no-dry-run", nearest: null, unseen: null });
});

const lacking: Refusal = { code: "stale-dry-run", reason: "old", age: 20 * minute, freshFor: 15 * minute };
test.for<[what: string, failed: FailedDryRun | null, approved: number | null, isSaid: boolean]>([
  ["no other one", { at: now - minute, why: 23 }, null, true],
  ["an older one counts", { at: now - minute, why: "changed" }, now - 20 * minute, true],
  ["a newer one counts", { at: now - 5 * minute, why: 23 }, now - minute, false],
  ["it is old itself", { at: now - 16 * minute, why: 23 }, null, false],
  ["it is dated ahead", { at: now + minute, why: 23 }, null, false],
  ["all counted", null, null, false],
])("the last dry run does not count: %s", ([, failed, approved, isSaid]) => {
  const command = "-a --delete build/ /srv/app";
  const known = approved === null ? null : approval(command, { at: approved });
  const said = withFailure(lacking, known, failed, { now }, builtInConfig.settings.dryRun);
  expect(said).toEqual(
    isSaid ? { code: "no-dry-run", nearest: null, unseen: null, failed: { age: minute, why: failed?.why } } : lacking,
  );
});
