/** Reads a plan that was written as a document, line by line. Whatever stands in the file, what comes out is a plan. */
import * as v from "valibot";
import { type Bytes, bytesOf } from "../bytes.ts";
import { showText } from "../quoting.ts";
import { kindNames, marks, type PlanHeader } from "./document.ts";
import { actions, type EntryKind, type FileState, type PlanEntry } from "./entry.ts";
import type { Shield } from "./plan.ts";

/** The file is not a whole plan that this version can read. */
export class PlanFileError extends Error {}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const strings = v.array(v.string());
const sampleOf = <T extends v.GenericSchema>(one: T) => v.object({ first: v.array(one), count });
const sample = sampleOf(v.string());
const kinds = v.object({ files: count, directories: count, symlinks: count, specials: count });

const shield = v.custom<Shield>((value) => typeof value === "string");

const plan = v.object({
  created: kinds,
  changed: kinds,
  attributes: count,
  deleted: kinds,
  renewed: count,
  kept: count,
  present: v.nullable(count),
  topLevel: v.object({ first: v.array(v.tuple([v.string(), count])), others: count }),
  releases: v.array(v.object({ directory: v.string(), names: sample, current: v.nullable(v.string()) })),
  directories: v.array(v.object({ path: v.string(), entries: count, moved: count })),
  reduced: v.array(
    v.object({
      path: v.string(),
      deleted: count,
      moved: count,
      present: v.nullable(count),
      isSourceEmpty: v.boolean(),
    }),
  ),
  own: sample,
  older: v.object({ ...sample.entries, compared: count }),
  trusted: sample,
  backups: sample,
  intoItself: sample,
  joined: sample,
  symlinks: sampleOf(v.object({ link: v.string(), text: v.string() })),
  keeps: sample,
  protected: sampleOf(v.object({ path: v.string(), below: v.string(), what: shield })),
  unapproved: sample,
  overwritten: sample,
});

const moment = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/));

const header = v.object({
  schema: v.literal(1),
  command: strings,
  targets: v.array(v.object({ path: v.string(), remote: v.boolean(), writes: v.boolean(), deletes: v.boolean() })),
  plan,
  refusals: v.array(
    v.object({ code: v.pipe(v.string(), v.regex(/^[a-z-]+$/)), message: v.string(), next: v.string() }),
  ),
});

const portable = v.object({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  made: v.object({ at: moment, by: v.string(), host: v.string(), directory: v.string() }),
  destinations: strings,
  fields: v.record(v.string(), v.string()),
});

const fileFields = { size: v.optional(count), modified: v.optional(moment) };

const entry = v.strictObject({
  action: v.picklist(actions),
  kind: v.picklist(Object.values(kindNames)),
  path: v.string(),
  bytes: v.optional(v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2})+$/))),
  ...fileFields,
  replaces: v.optional(v.strictObject({ size: count, modified: moment, newer: v.boolean() })),
  renamedTo: v.optional(v.string()),
  renamedFrom: v.optional(v.string()),
});

/** The header of the document with these lines, and its entries, which throw where it is not whole. */
export function readDocument(lines: Iterable<string>): {
  readonly header: PlanHeader;
  readonly entries: Iterable<PlanEntry>;
} {
  const before: string[] = [];
  const rest = lines[Symbol.iterator]();
  for (;;) {
    const next = rest.next();
    if (next.done || before.length > mostHeaderLines) throw new PlanFileError("it has no list of entries");
    if (next.value === marks.entries) break;
    before.push(next.value);
  }
  const read = parsed(`${before.join("\n").replace(/,$/, "")}}`);
  const said = checked(header, read);
  const isPortable = typeof read === "object" && read !== null && "id" in read;
  return {
    header: isPortable ? { ...said, ...checked(portable, read) } : said,
    entries: entriesOf(rest),
  };
}

/** A command line may be long. */
const mostHeaderLines = 1_000_000;

function* entriesOf(lines: Iterator<string>): Generator<PlanEntry> {
  const [endOfList, end] = marks.end;
  let mayEnd = true;
  let mayGoOn = true;
  for (;;) {
    const { done, value: line } = lines.next();
    if (done) throw new PlanFileError("it is not complete");
    if (line === endOfList && mayEnd) break;
    if (line === endOfList || !mayGoOn) throw new PlanFileError("its list of entries is not as it was written");
    mayGoOn = line.endsWith(",");
    mayEnd = !mayGoOn;
    yield entryOf(checked(entry, parsed(mayGoOn ? line.slice(0, -1) : line)));
  }
  if (lines.next().value !== end) throw new PlanFileError("it is not complete");
  if (!lines.next().done) throw new PlanFileError("something stands behind its end");
}

const kindOf = new Map(Object.entries(kindNames).map(([kind, name]) => [name, kind as EntryKind]));

function entryOf(said: v.InferOutput<typeof entry>): PlanEntry {
  const kind = kindOf.get(said.kind) ?? "files";
  const path: Bytes = said.bytes === undefined ? bytesOf(said.path) : Buffer.from(said.bytes, "hex").toString("latin1");
  const renamed = said.renamedTo ?? said.renamedFrom;
  return {
    action: said.action,
    kind,
    path: kind === "directories" ? path.replace(/\/$/, "") : path,
    file: stateOf(said),
    present: said.replaces ? stateOf(said.replaces) : null,
    renamed: renamed === undefined ? null : bytesOf(renamed),
  };
}

const stateOf = ({ size, modified }: { size?: number | undefined; modified?: string | undefined }): FileState | null =>
  size === undefined || modified === undefined ? null : { size, modified: Date.parse(modified) / 1000 };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PlanFileError("it is not JSON as it was written");
  }
}

function checked<T extends v.GenericSchema>(schema: T, value: unknown): v.InferOutput<T> {
  const read = v.safeParse(schema, value);
  if (read.success) return read.output;
  const [issue] = read.issues;
  const path = issue.path?.map((item) => String((item as { key: unknown }).key)).join(".");
  throw new PlanFileError(`${path ? `its field ${showText(path)}` : "it"} is not what it should be`);
}
