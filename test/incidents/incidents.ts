/**
 * Replays all accidents, and says which are prevented.
 *
 *     sh scripts/tsx test/incidents/incidents.ts [MODE…]     v1, v2, twin; all, if none is named
 */
import { incidents, inTurns, type Mode, replay } from "./replay.ts";

const given = process.argv.slice(2) as Mode[];
const modes: readonly Mode[] = given.length > 0 ? given : ["v1", "v2", "twin"];

async function main(): Promise<void> {
  const jobs = incidents.flatMap((incident) => modes.map((mode) => ({ incident, mode })));
  const results = await inTurns(jobs, ({ incident, mode }) => replay(incident, mode));
  for (const [at, { incident, mode }] of jobs.entries()) {
    const { good, codes, text } = results[at] as (typeof results)[number];
    const word = mode === "twin" ? (good ? "passes" : "FAILS") : good ? "prevented" : "LOST";
    console.log(`${mode.padEnd(5)}${word.padEnd(11)}${incident.replay.padEnd(40)}${codes.join(", ")}`);
    const told = /^ {2}told: .*$/gm.exec(text)?.[0];
    if (!good) console.log(`      ${incident.kind}: ${incident.what}\n    ${told ?? text.trim()}`);
  }
}

main();
