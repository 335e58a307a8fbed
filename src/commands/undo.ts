/** `rsync-guard undo`: brings back what a run deleted and replaced. */
import { type Bytes, bytesOf, textOf } from "../core/bytes.ts";
import type { UndoRecord } from "../core/history/undo.ts";
import { asciiJson, showBytes, showTextWord, showWord } from "../core/quoting.ts";
import { commandText } from "../core/words/command-text.ts";
import { linesText } from "../core/words/lines.ts";
import { plural } from "../core/words/message.ts";
import { nobodyText, undoObstacleText } from "../core/words/reasons.ts";
import { usableConfiguration } from "../io/decide.ts";
import type { Environment } from "../io/host/environment.ts";
import { findRealRsync } from "../io/host/real-rsync.ts";
import { whyNobody } from "../io/host/session.ts";
import { atTerminal } from "../io/host/terminal.ts";
import {
  isDirectory,
  type Restoration,
  restorationOf,
  restoreDirectories,
  runRsync,
  setAsideCreated,
} from "../io/restore.ts";
import { keepRun } from "../io/set-aside.ts";
import { journalSettings, writeJournal } from "../io/store/journal.ts";
import { journalFile, undoDirectory } from "../io/store/paths.ts";
import {
  expire,
  isOwnFolder,
  isRestored,
  isRunning,
  measure,
  undoRecords,
  whileRestoring,
} from "../io/store/undo-records.ts";
import { type Command, type Output, problem, usage } from "./command.ts";
import { localTime } from "./entries.ts";
import { ownShim } from "./program.ts";

export const undo: Command = {
  usage: ["[--json]", "ID [--created] [--force] [--yes]", "--prune"],
  does: "bring back what a run deleted and replaced",
  flags: {
    json: { value: null, does: "print the runs that can be undone as JSON, one per line" },
    created: { value: null, does: "also take away what the run created" },
    force: { value: null, does: "also put back entries that have changed since the run" },
    yes: { value: null, does: "don't ask" },
    prune: { value: null, does: "remove what is kept longer than it has to be" },
  },
  more: [
    "Runs can be undone where undo.keep_for is set: rsync itself sets aside what they delete and replace. Without an ID, the runs that can be undone are listed, the newest last.",
    "undo ID shows by a dry run of rsync what would come back, and asks before it is done. Entries that changed since the run are named and stay as they are, unless --force is given. An undo can be undone, too.",
    "Not brought back: modes, owners and times of files whose content the run left alone; hard links to files that the run did not touch; extended attributes of directories, and their ACLs unless the run has -A; of files changed with --inplace, ACLs, and extended attributes unless the run has -X; fractions of a microsecond in the times of directories; and, where the target has more than 20,000 entries, some of its empty directories, and the modes and times of directories. Of a run with --remove-source-files, the source's files are not put back.",
  ],
  completes: (env) =>
    undoRecords(undoDirectory(env))
      .filter(({ expired }) => !expired)
      .map(({ id }) => id),
  run: async ({ words, flags, env }) => {
    const directory = undoDirectory(env);
    const [id, extra] = words;
    if (extra !== undefined) return usage(`unexpected argument: ${extra}`);
    if (flags["prune"]) return prune(directory);
    if (id === undefined) return list(directory, flags["json"] === true);
    const matching = undoRecords(directory).filter((record) => record.id === id && !record.expired);
    const [record] = matching;
    if (!record) return problem(`no run that can be undone has the ID ${showTextWord(id)}`);
    const options = { force: flags["force"] === true, created: flags["created"] === true, yes: flags["yes"] === true };
    return bringBack(directory, record, options, env);
  },
};

const everything = { left: Number.POSITIVE_INFINITY };

function prune(directory: string): Output {
  const gone = expire(directory, { now: Date.now(), maxSize: { percent: 100 } }, everything);
  return { text: `removed: ${gone}\n`, exitCode: 0 };
}

const sizes = ["B", "KB", "MB", "GB", "TB"];

function sizeText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), sizes.length - 1);
  return `${Math.round(bytes / 10 ** (3 * power))} ${sizes[power]}`;
}

function list(directory: string, json: boolean): Output {
  const runs = undoRecords(directory)
    .filter(({ expired }) => !expired)
    .map((record) => ({ record, ...measure(directory, record, everything) }));
  if (json)
    return {
      text: linesText(
        runs.map(({ record: { id, at, argv, targets, until }, entries, bytes }) =>
          asciiJson({
            id,
            time: new Date(at).toISOString(),
            command: argv,
            targets,
            entries,
            bytes,
            expires: new Date(until).toISOString(),
          }),
        ),
      ),
      exitCode: 0,
    };
  if (runs.length === 0) return { text: "none\n", exitCode: 0 };
  const lines = runs.flatMap(({ record, entries, bytes }) => [
    `${record.id}  ${localTime(record.at)}, ${showTextWord(record.user)}: ${plural(entries, "entry", "entries")}, ${sizeText(bytes)}, until ${localTime(record.until)}${isRunning(record) ? "; still running" : ""}`,
    `  ${commandOf(record)}`,
    `  in ${showWord(record.base)}`,
  ]);
  return { text: linesText(lines), exitCode: 0 };
}

const commandOf = ({ argv }: UndoRecord): string => commandText(argv.map(bytesOf));

interface UndoOptions {
  readonly force: boolean;
  readonly created: boolean;
  readonly yes: boolean;
}

async function bringBack(
  directory: string,
  record: UndoRecord,
  options: UndoOptions,
  env: Environment,
): Promise<Output> {
  const obstacle = obstacleTo(directory, record);
  if (obstacle) return problem(obstacle);
  const rsync = findRealRsync(env["PATH"], ownShim());
  if (!rsync) return problem("there is no rsync on PATH besides rsync-guard's shim");
  const look = restorationOf(directory, record, options);
  const dry = runRsync(look, { rsync, directory, force: options.force, into: null });
  const preview = linesText([`rsync-guard: to undo: ${commandOf(record)}`, ...previewLines(look, dry.output, options)]);
  const isNothing =
    look.entries.length === 0 && look.directories.length === 0 && !(options.created && look.created.length > 0);
  if (isNothing) return { text: `${preview}nothing has to be brought back\n`, exitCode: 0 };
  if (!options.yes) {
    const nobody = whyNobody();
    if (nobody !== null)
      return problem(`${preview}a person has to agree: ${nobodyText(nobody)}`.replace(/^rsync-guard: /, ""));
    const agreed = await atTerminal(({ tell, ask }) => {
      tell(preview);
      return /^y(es)?$/i.test(ask("  bring it back? [y/N] ").trim());
    });
    if (agreed === null)
      return problem(`${preview}there is no terminal to ask at: give --yes`.replace(/^rsync-guard: /, ""));
    if (!agreed) return problem("nothing was done");
  }
  return whileRestoring(directory, record, async () => {
    const kept = keepRun({
      run: { base: record.base, keepsNames: true, keepsDirectoryLinks: record.keepsDirectoryLinks, hasOwnLog: false },
      targets: [record.base],
      isInTarget: () => false,
      argv: ["undo", record.id].map(bytesOf),
      keepFor: record.until - record.at,
      // nothing is to go while something is brought back
      maxSize: { bytes: Number.POSITIVE_INFINITY },
      alone: true,
      directory: bytesOf(textOf(record.folder).replace(/\/[^/]*$/, "")),
      env,
      pid: process.pid,
    });
    if ("obstacle" in kept)
      return problem(`nothing was done, since this undo could not be undone: ${undoObstacleText(kept.obstacle)}`);
    const into = kept.record;
    const left = options.created ? setAsideCreated(look, into) : [];
    const made = runRsync(look, { rsync, directory, force: options.force, into });
    const failed = restoreDirectories(look, into);
    await journal(made.argv, record, into, env);
    const text = linesText([
      ...(options.yes ? [preview.trimEnd()] : []),
      ...named("could not be taken away, since something else is in it", left),
      ...named("the directory could not be made as it was", failed),
      ...(made.exitCode === 0
        ? [`brought back; to undo this: rsync-guard undo ${into.id}`]
        : [
            `rsync ended with exit code ${made.exitCode}: ${showBytes(made.errors.trim())}`,
            `not all of it was brought back; it can be tried again, and what was done can be undone: rsync-guard undo ${into.id}`,
          ]),
    ]);
    return { text, exitCode: made.exitCode === 0 && failed.length === 0 && left.length === 0 ? 0 : 1 };
  });
}

function obstacleTo(directory: string, record: UndoRecord): string | null {
  if (isRunning(record)) return `the run ${record.id} is still under way (process ${record.pid})`;
  if (isRestored(directory, record)) return `somebody is bringing ${record.id} back`;
  if (!isDirectory(record.base)) return `${showWord(record.base)} is not a directory any more: make it first`;
  return isOwnFolder(record)
    ? null
    : `${showWord(record.folder)} is not there, or not the folder that was made for this run`;
}

const mostNamed = 20;

/** Of many only the first. */
function named(text: string, paths: readonly Bytes[]): readonly string[] {
  const more = paths.length - mostNamed;
  return [
    ...paths.slice(0, mostNamed).map((path) => `  ${text}: ${showBytes(path)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

const itemised = /^[<>ch.*][fdLDS]\S{9} /;

function previewLines(look: Restoration, output: string, { created }: UndoOptions): readonly string[] {
  const back = [
    ...output.split("\n").filter((line) => itemised.test(line) && !line.startsWith(".")),
    ...look.emptied.map((path) => `cd+++++++++ ${path}/`),
  ];
  const more = back.length - mostNamed;
  return [
    `  in ${showWord(look.record.base)}, ${plural(back.length, "entry", "entries")} would come back${back.length > 0 ? ":" : ""}`,
    ...back.slice(0, mostNamed).map((line) => `  ${showBytes(line)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...named("changed since the run, stays as it is (--force puts it back)", look.changed),
    ...named(
      created ? "created by the run, would go" : "created by the run, stays (--created takes it away)",
      look.created,
    ),
    ...named("created by the run and changed since, stays", look.createdChanged),
    ...named("the run set only its mode, owner or times, which don't come back", look.attributes),
    ...(look.knowsCreated ? [] : ["  what the run created is not known, and stays"]),
    ...(look.hasEnded ? [] : ["  the run was ended half-way: not all that it created may be known"]),
    ...(look.record.partial
      ? ["  not all directories were recorded: some empty ones, and times, don't come back"]
      : []),
  ];
}

async function journal(argv: readonly Bytes[], record: UndoRecord, into: UndoRecord, env: Environment): Promise<void> {
  const event = {
    argv: argv.map(textOf),
    targets: [textOf(record.base)],
    codes: [],
    fingerprint: null,
    kind: "undo",
    verdict: "run",
    approvedAt: null,
    plan: null,
    risk: "deletes",
    undo: { id: into.id, until: into.until },
  } as const;
  await writeJournal(journalFile(env), event, env, journalSettings(await usableConfiguration(env)));
}
