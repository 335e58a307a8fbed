import { expect, test } from "vitest";
import { builtInConfig, type Limits } from "../../src/core/configuration/settings.ts";
import { enoughFor, withPresent } from "../../src/core/judge/plan-rules.ts";
import { emptyPathSet } from "../../src/core/plan/path-set.ts";
import { emptyPlan } from "../cases/plans.ts";

const deleting = (files: number) => ({ ...emptyPlan, deleted: { files, directories: 1, symlinks: 1, specials: 1 } });
const limits = (maxDelete: Limits["maxDelete"]): Limits => ({ ...builtInConfig.settings.limits, maxDelete });

test.for<[files: number, maxDelete: Limits["maxDelete"], enough: number]>([
  // so many that what is deleted is the share that is allowed
  [7, { percent: 50 }, 20],
  [7, { percent: 100 }, 10],
  [7, { percent: 80 }, 12.5],
  [7, { percent: 1 }, 1000],
  // none is allowed: then a number is needed, not all there are
  [7, { percent: 0 }, 1000],
  // a number of entries is compared without knowing how many there are, but the refusal tells
  [7, { entries: 10 }, 0],
  [7, { entries: 9 }, Number.POSITIVE_INFINITY],
])(
  "of a plan that deletes %i and three more, with a limit of %j, it is enough to count %d entries",
  ([files, maxDelete, enough]) => {
    expect(enoughFor(deleting(files), limits(maxDelete))).toBe(enough);
  },
);

test.for<[present: number, targets: number, maxDelete: Limits["maxDelete"], isPlan: boolean]>([
  [10, 1, { percent: 50 }, true],
  // the targets go, too
  [9, 1, { percent: 50 }, true],
  [8, 2, { percent: 50 }, true],
  // it is about something else
  [8, 1, { percent: 50 }, false],
  [0, 1, { percent: 50 }, false],
  // not counted
  [0, 1, { entries: 5 }, true],
])(
  "of ten deletions where %i entries are in %i targets, with a limit of %j: a plan %s",
  ([present, targets, maxDelete, isPlan]) => {
    const made = { plan: deleting(7), deletions: emptyPathSet };
    expect(withPresent(made, present, targets, limits(maxDelete))).toEqual(
      isPlan
        ? { plan: { ...deleting(7), present }, deletions: emptyPathSet }
        : { plan: null, obstacle: { is: "more-than-present" } },
    );
  },
);
