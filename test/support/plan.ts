/** Plans read from what rsync prints, in a world that isn't there. */
import { expect } from "vitest";
import type { Bytes } from "../../src/core/bytes.ts";
import { builtInConfig, type Config } from "../../src/core/configuration/settings.ts";
import { contextOf, type ReadPlan } from "../../src/core/judge/plan-context.ts";
import { judge } from "../../src/core/judge/verdict.ts";
import type { PlanContext } from "../../src/core/plan/context.ts";
import { type PathSet, PathSetBuilder } from "../../src/core/plan/path-set.ts";
import type { PlanResult } from "../../src/core/plan/plan.ts";
import { PlanReader } from "../../src/core/plan/reader.ts";
import type { Line } from "../cases/words.ts";
import { factsOf, planFilesOf, type World } from "./facts.ts";
import { invocationOf } from "./run.ts";

const unseen = () => expect.unreachable("on another host nothing can be looked up");

/** What the reader knows of a run in a world. */
export function contextFor(
  command: Line,
  world: World = {},
  also: Partial<PlanContext> = {},
  { approved = null, config = builtInConfig }: { readonly approved?: ReadPlan | null; readonly config?: Config } = {},
): PlanContext {
  const facts = factsOf(world);
  const invocation = invocationOf(command);
  const judged = judge(invocation, facts, config);
  const isHere = judged.targets.every(({ remote }) => !remote);
  const files = isHere
    ? planFilesOf(world)
    : {
        ...planFilesOf(world),
        oddEntries: unseen,
        linksOf: unseen,
        linkText: unseen,
      };
  const releaseLinks = isHere ? facts.releaseLinks : unseen;
  const inputs = { facts: { ...facts, releaseLinks }, config };
  return {
    ...contextOf(invocation, judged, inputs, files, approved),
    ...also,
  };
}

export function setOf(paths: Iterable<Bytes>): PathSet {
  const builder = new PathSetBuilder();
  for (const path of paths) builder.add(path);
  return builder.build();
}

export function readPlan(context: PlanContext, pieces: readonly Bytes[]): PlanResult {
  const reader = new PlanReader(context);
  for (const piece of pieces) reader.read(piece);
  return reader.end();
}

/** Output with these lines, from a source with so many entries besides its own directory. */
export const printed = (lines: readonly string[], entries = 0): Bytes =>
  `${lines.map((line) => `${line}\n`).join("")}\nNumber of files: ${entries + 1} (dir: 1)\nNumber of created files: 0\n`;
