/** A case's command line, read. */

import { bytesOf } from "../../src/core/bytes.ts";
import { type Invocation, type ParseEnvironment, parse } from "../../src/core/command/parse.ts";
import type { PlanObstacle } from "../../src/core/plan/plan.ts";
import { type Line, wordsOf } from "../cases/words.ts";

export function invocationOf(line: Line, env: ParseEnvironment = {}): Invocation {
  const parsed = parse(wordsOf(line).map(bytesOf), env);
  if ("unreadable" in parsed) throw new Error(`${parsed.unreadable.argument} ${parsed.unreadable.problem.is}`);
  return parsed.invocation;
}

/** An obstacle to a plan, as the tables of cases name it. */
export const named = (obstacle: PlanObstacle | null): string | null =>
  obstacle && (obstacle.is === "stream" ? `stream ${obstacle.path}` : obstacle.is);
