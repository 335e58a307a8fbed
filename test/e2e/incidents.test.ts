/** Public accidents, replayed: those that are stopped by one sign alone. `npm run corpus` replays all of them. */
import { expect } from "vitest";
import { incidents, replay } from "../incidents/replay.ts";
import { test } from "../support/world.ts";

/** By the code that stops it once a dry run was made in the same state; null: nothing does. */
const some: readonly (readonly [incident: string, code: string | null])[] = [
  ["15-deploy-removes-vendor", "plan-deletes-own"],
  ["18-backup-of-root-removes-metadata", null],
  ["43-half-staged-tiny-site", "plan-too-large"],
  ["45-backup-dir-inside-target", "plan-deletes-backups"],
  ["47-deploy-reverts-runtime-state", "plan-makes-older"],
  ["57-same-names-into-one-directory", "same-names"],
  ["60-target-in-source", "same-place"],
  ["66-container-start-removes-uploads", "plan-deletes-directory"],
  ["67-documentation-with-own-htaccess", "plan-empties-directory"],
];

const cases = some.flatMap(([name, code]) => {
  const incident = incidents.find((one) => one.replay === name);
  if (!incident) throw new Error(`no incident ${name}`);
  return [
    { incident, mode: "v2" as const, code },
    { incident, mode: "twin" as const, code: null },
  ];
});

test.concurrent.for(cases)("$incident.replay $mode: $incident.what", async ({ incident, mode, code }, { world }) => {
  const { ending, codes, text } = await replay(world, incident, mode);
  expect({ ending, codes: code === null ? codes : codes.filter((one) => one === code) }, text).toEqual({
    ending: incident[mode],
    codes: code === null ? [] : [code],
  });
});
