/** How many of the accidents are prevented, and how many of the runs that were meant instead are refused. */
import { type Figures, measured } from "../corpus/measured.ts";
import { withHost } from "../support/cage.ts";
import { type Incident, incidents, type Mode, modes, replay } from "./replay.ts";

type Ended = Awaited<ReturnType<typeof replay>> & { readonly incident: Incident; readonly mode: Mode };

/** `detail`: is told how each ended. Those that ended in another way than before are said anyhow, and are a failure. */
export async function measureAccidents(detail: (line: string) => void): Promise<Figures> {
  const left = incidents.flatMap((incident) => modes.map((mode) => ({ incident, mode })));
  const ended: Ended[] = [];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const { incident, mode } = next;
      const result = await withHost((host) => replay(host, incident, mode));
      ended.push({ ...next, ...result });
      detail(`${result.ending.padEnd(10)} ${mode.padEnd(4)}  ${incident.replay}  ${result.codes}`);
      if (result.ending === incident[mode]) continue;
      process.exitCode = 1;
      console.error(`${incident.replay} ${mode}: ${result.ending}, not ${incident[mode]}\n${result.text}`);
    }
  };
  await Promise.all([work(), work()]);
  const share = (mode: Mode, counts: (one: Ended) => boolean, of = (_: Ended): boolean => true) => {
    const some = ended.filter((one) => one.mode === mode && of(one));
    return measured(
      some.filter(counts).map(({ codes }) => codes),
      some.length,
    );
  };
  const isPrevented = ({ ending }: Ended): boolean => ending === "prevented";
  return {
    accidents: share("v1", isPrevented),
    "rehearsed-accidents": share("v2", isPrevented),
    "rehearsed-losses": share("v2", isPrevented, ({ incident }) => incident.loses),
    "meant-runs": share("twin", ({ ending }) => ending !== "passes"),
  };
}
