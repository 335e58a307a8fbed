/** Programs that call rsync: what suggest makes of four rounds lets the next one run, and not the program's own accident. */
import { describe, expect, test } from "vitest";
import { bytesOf } from "../../src/core/bytes.ts";
import type { Config } from "../../src/core/configuration/settings.ts";
import { type Entry, eventOf } from "../../src/core/history/journal.ts";
import { suggestText } from "../../src/core/history/suggest.ts";
import type { DryRunRecord } from "../../src/core/judge/approval.ts";
import { type Decision, decisionOf, dependsOnPlan, dryRunStateOf, withPlan } from "../../src/core/judge/decision.ts";
import { judge } from "../../src/core/judge/verdict.ts";
import { readsStream } from "../../src/core/plan/command.ts";
import { presetNamed } from "../../src/core/setup/presets.ts";
import { presetText } from "../../src/core/words/clients.ts";
import { type Client, clients, type Step } from "../cases/clients.ts";
import { wordsOf } from "../cases/words.ts";
import { configFrom } from "../support/configuration.ts";
import { clock, deleting, entryOf } from "../support/entry.ts";
import { factsOf } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

const observe = configFrom('mode = "observe"');

/** As the guard decides, where nobody has made a dry run. */
function decide({ run, world = { places: { "/srv/site/n1": "file" } } }: Step, config: Config): Decision {
  const invocation = invocationOf(run);
  const facts = factsOf(world);
  const judged = judge(invocation, facts, config);
  const unseen = readsStream(invocation) ? bytesOf("-") : null;
  const found = { matchingApproval: null, lackingDryRun: { code: "no-dry-run", nearest: null, unseen } } as const;
  const record = unseen === null ? ({ fingerprint: "0" } as DryRunRecord) : { unseen };
  const read = { argv: wordsOf(run).map(bytesOf), rsync: null, invocation };
  return decisionOf(read, judged, dryRunStateOf(record, judged, found), { facts, config });
}

/** The journal of its four rounds, in mode observe. */
const journalOf = ({ runs, given }: Client): readonly Entry[] =>
  runs.map((step, at) => {
    const decision = decide(step, observe);
    const verdict = decision.refusals.length > 0 ? "observed" : "run";
    const event = { ...eventOf(decision, verdict), fingerprint: null };
    return entryOf(`00:${String(at).padStart(2, "0")}:00`, step.run, { ...given, ...step.by, ...event });
  });

const suggested = (entries: readonly Entry[]): string => suggestText(entries, { since: null, clock });

/** The codes for which it would be refused; a run that is planned gets a plan that deletes so many of forty. */
function refusedFor(step: Step & { readonly plan?: number }, config: Config): readonly string[] {
  const decision = decide(step, config);
  const planned = dependsOnPlan(decision) && decision.planning.purpose === "replace";
  const last = planned ? withPlan(decision, { plan: deleting(step.plan ?? 1, 40) }) : decision;
  return last.refusals.map(({ code }) => code);
}

describe.for(clients)("$name", (client) => {
  const entries = journalOf(client);
  const text = suggested(entries);
  const config = configFrom(text);

  test("something of it would be refused", () => {
    expect(entries.filter(({ verdict }) => verdict === "observed").length).toBeGreaterThanOrEqual(3);
  });

  test("with what is suggested, all of it runs", () => {
    expect({ text, paths: config.destinations.map(({ path }) => path) }).toEqual({ text, paths: client.paths });
    expect(text).not.toContain("# not loosened");
    for (const step of client.next) expect({ step, codes: refusedFor(step, config) }).toEqual({ step, codes: [] });
  });

  test("its own accident is still refused", () => {
    for (const { codes, ...step } of client.accidents)
      expect({ step, codes: refusedFor(step, config) }).toEqual({ step, codes });
  });

  test.skipIf(!client.preset)("with the preset, all of it runs, and its own accident is refused", () => {
    const [name = "", place = ""] = client.preset ?? [];
    const preset = presetNamed(name);
    if (!preset) return expect.unreachable();
    const lines = configFrom(presetText(name, preset, [place]));
    for (const step of [...client.next, ...(client.withPreset ?? [])])
      expect({ step, codes: refusedFor(step, lines) }).toEqual({ step, codes: [] });
    for (const step of client.accidents)
      expect({ step, codes: refusedFor(step, lines) }).not.toEqual({ step, codes: [] });
  });
});

test("where nothing is proposed for a program, its preset is named", () => {
  const run = "-a --delete --files-from=- /var/lib/slack/stage/roles/web/files/ //";
  const given = { terminal: false, verdict: "observed", codes: ["protected-destination"], targets: ["/"] } as const;
  const times = (...callers: readonly string[]) =>
    ["01", "02", "03"].map((at) =>
      entryOf(`00:00:${at}`, run, { ...given, callers: callers.map((name) => ({ name, command: name })) }),
    );
  expect(suggested(times("slack-installfi", "slack", "cron"))).toContain(
    "#   there is a preset for it: rsync-guard presets add slack\n",
  );
  expect(suggested(times("rsync", "cron"))).not.toContain("preset");
});
