/**
 * Reads a line of the journal, whoever wrote it: it may be cut short, of another make, or no entry at all. What is shown
 * as it is, times, codes and fingerprints, has to look like one; all other text is escaped where it is shown.
 */
import * as v from "valibot";
import type { Code } from "../codes.ts";
import type { Shield } from "../plan/plan.ts";
import type { Entry } from "./journal.ts";
import { isUndoId } from "./undo.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const texts = v.array(v.string());
const optionalText = v.nullish(v.string(), null);
const kinds = v.looseObject({ files: count, directories: count, symlinks: count, specials: count });
const found = <const T extends v.GenericSchema>(one: T) => v.looseObject({ first: v.array(one), count });

// an older rsync-guard, or a newer one, may have others
const shield = v.pipe(
  v.string(),
  v.transform((what) => what as Shield),
);

/** An older rsync-guard has not written all of it. */
const nothing = { first: [], count: 0 };

const plan = v.looseObject({
  created: kinds,
  changed: kinds,
  attributes: count,
  deleted: kinds,
  renewed: v.optional(count, 0),
  kept: count,
  present: v.nullable(count),
  topLevel: v.looseObject({ first: v.array(v.tuple([v.string(), count])), others: count }),
  releases: v.array(
    v.looseObject({ directory: v.string(), names: found(v.string()), current: v.nullable(v.string()) }),
  ),
  directories: v.optional(v.array(v.looseObject({ path: v.string(), entries: count, moved: count })), []),
  reduced: v.optional(
    v.array(
      v.looseObject({
        path: v.string(),
        deleted: count,
        moved: count,
        present: v.nullable(count),
        isSourceEmpty: v.boolean(),
      }),
    ),
    [],
  ),
  own: v.optional(found(v.string()), nothing),
  older: v.optional(v.looseObject({ first: texts, count, compared: count }), { ...nothing, compared: 0 }),
  trusted: v.optional(found(v.string()), nothing),
  backups: v.optional(found(v.string()), nothing),
  intoItself: v.optional(found(v.string()), nothing),
  joined: v.optional(found(v.string()), nothing),
  symlinks: found(v.looseObject({ link: v.string(), text: v.string() })),
  keeps: found(v.string()),
  protected: found(v.looseObject({ path: v.string(), below: v.string(), what: shield })),
  unapproved: found(v.string()),
  overwritten: v.optional(found(v.string()), nothing),
});

const schema = v.looseObject({
  time: v.pipe(
    v.string(),
    v.regex(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    v.check((text) => !Number.isNaN(Date.parse(text))),
  ),
  host: v.string(),
  user: v.string(),
  sudoUser: optionalText,
  ssh: optionalText,
  terminal: v.nullish(v.boolean(), null),
  cwd: optionalText,
  argv: texts,
  kind: optionalText,
  targets: texts,
  verdict: v.picklist(["run", "approve", "refuse", "observed", "allowed", "recorded", "failed"]),
  // a newer rsync-guard may have more
  codes: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^[a-z]+(?:-[a-z]+){0,5}$/), v.maxLength(40))),
    v.transform((all) => all as readonly string[] as readonly Code[]),
  ),
  fingerprint: v.nullish(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), null),
  approvedAt: v.nullish(v.number(), null),
  plan: v.nullish(plan, null),
  risk: v.nullish(v.picklist(["deletes", "overwrites", "overwrites-file", "nothing"]), null),
  undo: v.nullish(v.looseObject({ id: v.pipe(v.string(), v.check(isUndoId)), until: count }), null),
  callers: v.array(v.looseObject({ name: v.string(), command: v.string() })),
  took: v.optional(v.number(), 0),
});

/** Null where the line is no whole entry. */
export function entryOf(line: string): Entry | null {
  try {
    const checked = v.safeParse(schema, JSON.parse(line));
    return checked.success ? checked.output : null;
  } catch {
    return null;
  }
}

/** What follows a line that was cut short, as by a full disk, stands on the same one. */
export const lastPart = (line: string): string => line.slice(Math.max(0, line.lastIndexOf('{"time":"')));
