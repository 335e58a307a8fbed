/** The words of a listed plan: of each row, whatever format it is shown in, and the whole as text for a terminal. */
import { type Bytes, bytesOf } from "../bytes.ts";
import { durationText } from "../duration.ts";
import type { PlanHeader } from "../plan/document.ts";
import { isNewer, type PlanEntry, type SectionName } from "../plan/entry.ts";
import { totalOf } from "../plan/plan.ts";
import type { DirectoryRow, Row, Totals } from "../plan/tree.ts";
import { showText, showWord } from "../quoting.ts";
import { commandText } from "./command-text.ts";
import { effects, kindsText, planText, plural } from "./message.ts";
import { bytesText } from "./size.ts";

/** How a name that others have chosen is shown. */
export type NameText = (name: Bytes) => string;

const joined = (parts: readonly string[]): string => parts.filter(Boolean).join(", ");

const totalsText = (totals: Totals): string =>
  joined([
    kindsText(totals),
    totals.bytes > 0 ? bytesText(totals.bytes) : "",
    totals.unseen > 0 && totals.bytes > 0 ? `the size of ${plural(totals.unseen, "file")} not known` : "",
    totals.renamed > 0 ? `${totals.renamed} renamed` : "",
    totals.newer > 0 ? `${totals.newer} newer than what replaces ${totals.newer === 1 ? "it" : "them"}` : "",
  ]);

const verbs: Readonly<Record<Exclude<SectionName, "attributes">, string>> = {
  delete: "delete",
  overwrite: "change",
  add: "add",
};

/** `delete 4 files, 1 directory, 1.2 MB`: the heading of what follows. */
export const sectionText = (section: SectionName, totals: Totals): string =>
  section === "attributes"
    ? `set times, modes or owners of ${plural(totalOf(totals), "entry", "entries")}`
    : `${verbs[section]} ${totalsText(totals)}`;

/** What is said behind a directory's name. */
export const directoryText = ({ totals, isWhole, section }: DirectoryRow): string => {
  // it counts itself, too
  const { directories } = totals;
  const inside = isWhole ? { ...totals, directories: directories - 1 } : totals;
  const text = totalsText(inside) || "empty";
  if (section === "attributes") return plural(totalOf(totals), "entry", "entries");
  return isWhole ? `${section === "delete" ? "all of it" : "new"}: ${text}` : text;
};

const kindTexts: Readonly<Record<PlanEntry["kind"], string>> = {
  files: "",
  directories: "directory",
  symlinks: "symlink",
  specials: "special file",
};

/** What is said behind the name of an entry. */
export function entryText(entry: PlanEntry, nameText: NameText): string {
  const { action, kind, file, present, renamed } = entry;
  const later = file && present ? (present.modified - file.modified) * 1000 : 0;
  return joined([
    kindTexts[kind],
    file && action !== "attributes" ? bytesText(file.size) : "",
    action === "replace" ? "takes the place of what is there" : "",
    isNewer(entry) ? `newer by ${durationText(later)} than what replaces it` : "",
    renamed === null ? "" : `renamed ${action === "delete" ? "to" : "from"} ${nameText(renamed)}`,
  ]);
}

/** Signs that need no colour. */
const marks: Readonly<Record<SectionName, string>> = { delete: "-", overwrite: "~", add: "+", attributes: "." };
const colours: Readonly<Record<SectionName, number>> = { delete: 31, overwrite: 33, add: 32, attributes: 36 };

/** The tree; a directory that goes or comes as a whole is one line. */
export function* treeLines(rows: Iterable<Row>, isColoured: boolean): Generator<string> {
  let section: SectionName = "delete";
  const line = (depth: number, name: string, detail: string): string => {
    const text = `${marks[section]} ${"  ".repeat(depth)}${name}`;
    const shown = isColoured ? `\u001b[${colours[section]}m${text}\u001b[0m` : text;
    return detail === "" ? shown : `${shown}  ${detail}`;
  };
  for (const row of rows) {
    if (row.is === "section") {
      section = row.section;
      const text = `would ${sectionText(section, row.totals)}`;
      yield isColoured ? `\u001b[1m${text}\u001b[0m` : text;
    } else if (row.is === "end") {
      if (row.of === "section") yield "";
    } else if (row.isInWhole) continue;
    else if (row.is === "directory") yield line(row.depth, showWord(`${row.name}/`), directoryText(row));
    else
      yield line(
        row.depth,
        showWord(row.entry.kind === "directories" ? `${row.name}/` : row.name),
        entryText(row.entry, showWord),
      );
  }
}

/** What stands before the tree. */
export function headLines({ command, targets, plan, refusals }: PlanHeader): readonly string[] {
  const [first, ...others] = refusals;
  return [
    ...(first ? [`rsync-guard: the live run would be refused: ${showText(first.message)}`] : []),
    ...others.map(({ message }) => `  also: ${showText(message)}`),
    `${first ? "  " : ""}${commandText(command.map(bytesOf))}`,
    ...effects(targets.map((target) => ({ ...target, path: bytesOf(target.path) }))),
    `  would ${planText(plan)}`,
    ...(first ? [`  next: ${showText(first.next)}`, codesLine(refusals)] : []),
    "",
  ];
}

const codesLine = (refusals: PlanHeader["refusals"]): string =>
  `  codes: ${[...new Set(refusals.map(({ code }) => code))].join(", ")}   (rsync-guard explain ${refusals[0]?.code})`;
