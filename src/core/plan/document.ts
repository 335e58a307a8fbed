/**
 * A plan as one object of JSON: `rsync-guard plan --json`, and the file that `plan -o` writes. Each entry is a line of its
 * own, so that many can be written and read one by one. docs/plan.schema.json describes it.
 */
import { type Bytes, bytesOf, textOf } from "../bytes.ts";
import { asciiJson } from "../quoting.ts";
import { type EntryKind, type FileState, isNewer, type PlanEntry } from "./entry.ts";
import type { Plan } from "./plan.ts";

export interface PlanHeader {
  readonly schema: 1;
  /** The words behind `rsync`; passwords are masked. */
  readonly command: readonly string[];
  readonly targets: readonly {
    readonly path: string;
    readonly remote: boolean;
    readonly writes: boolean;
    readonly deletes: boolean;
  }[];
  readonly plan: Plan;
  /** What the live run would be refused for. */
  readonly refusals: readonly { readonly code: string; readonly message: string; readonly next: string }[];
}

/** What makes a plan one that can be signed, and imported on another machine. */
export interface PortableHeader extends PlanHeader {
  /** 32 hexadecimal digits: no two plans have the same. */
  readonly id: string;
  readonly made: {
    /** ISO 8601, UTC. */
    readonly at: string;
    readonly by: string;
    readonly host: string;
    readonly directory: string;
  };
  /** Hosts that it may be carried out on, or patterns of their names. */
  readonly destinations: readonly string[];
  /** What the run on the other machine has to have in common with this one. */
  readonly fields: Readonly<Record<string, string>>;
}

export const isPortable = (header: PlanHeader): header is PortableHeader => "id" in header;

export const kindNames: Readonly<Record<EntryKind, string>> = {
  files: "file",
  directories: "directory",
  symlinks: "symlink",
  specials: "special",
};

/** Text, and the bytes of what is not UTF-8. */
const pathFields = (path: Bytes) => {
  const text = textOf(path);
  return bytesOf(text) === path ? { path: text } : { path: text, bytes: Buffer.from(path, "latin1").toString("hex") };
};

const fileFields = ({ size, modified }: FileState) => ({ size, modified: new Date(modified * 1000).toISOString() });

const entryFields = (entry: PlanEntry) => ({
  action: entry.action,
  kind: kindNames[entry.kind],
  ...pathFields(entry.kind === "directories" ? `${entry.path}/` : entry.path),
  ...(entry.file ? fileFields(entry.file) : {}),
  ...(entry.present ? { replaces: { ...fileFields(entry.present), newer: isNewer(entry) } } : {}),
  ...(entry.renamed === null
    ? {}
    : { [entry.action === "delete" ? "renamedTo" : "renamedFrom"]: textOf(entry.renamed) }),
});

/** Between the header and the entries, and behind them. */
export const marks = { entries: ' "entries": [', end: [" ]", "}"] } as const;

export function* documentPieces(header: PlanHeader, entries: Iterable<PlanEntry>): Generator<string> {
  yield `${asciiJson(header, 1).slice(0, -2)},\n${marks.entries}`;
  let separator = "\n";
  for (const entry of entries) {
    yield `${separator}${asciiJson(entryFields(entry))}`;
    separator = ",\n";
  }
  yield `\n${marks.end.join("\n")}\n`;
}
