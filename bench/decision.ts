/**
 * The decision in a process of its own, cold, as each run pays for it. bench.ts bundles and starts it: `whole ARGS`
 * times decide(), `parts ARGS` its steps, which behind it would be warm. Prints milliseconds by name.
 */

import { bytesOf } from "../src/core/bytes.ts";
import { parse } from "../src/core/command/parse.ts";
import { builtInConfig } from "../src/core/configuration/settings.ts";
import { judge } from "../src/core/judge/verdict.ts";
import { commandLineOf } from "../src/io/command-line.ts";
import { decide } from "../src/io/decide.ts";
import { currentDirectory } from "../src/io/host/environment.ts";
import { machineFacts } from "../src/io/host/facts.ts";
import { findRealRsync } from "../src/io/host/real-rsync.ts";

/** Taken by the bundle's first line. */
declare const benchStart: bigint;

const times: Record<string, number> = {};
let last = benchStart;
function lap(name: string): void {
  const now = process.hrtime.bigint();
  times[name] = Number(now - last) / 1e6;
  last = now;
}

async function whole(argv: readonly string[]): Promise<void> {
  lap("modules' own start");
  const { verdict } = await decide(commandLineOf(argv, process.env), process.env, { shim: null, real: null });
  lap("decide, whole");
  if (verdict !== "run") throw new Error(`the verdict is ${verdict}`);
}

/** What decide() does besides these is the configuration, the fingerprint and the approval. */
function parts(argv: readonly string[]): void {
  last = process.hrtime.bigint();
  findRealRsync(process.env["PATH"], null, null);
  lap("find rsync");
  const parsed = parse(argv, process.env);
  lap("parse");
  if (!("invocation" in parsed)) throw new Error("the command can't be read");
  judge(
    parsed.invocation,
    machineFacts({ cwd: currentDirectory(), caller: process.ppid, home: undefined }),
    builtInConfig,
  );
  lap("facts and rules");
}

const [, , what, ...words] = process.argv;
const steps = what === "whole" ? whole : parts;
Promise.resolve(steps(words.map(bytesOf))).then(() => process.stdout.write(JSON.stringify(times)));
