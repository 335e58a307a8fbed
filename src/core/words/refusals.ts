/**
 * Every refusal: its code, what it holds, and its words. Nothing else in the program words a refusal.
 *
 * The rules of the words: one factual line without capitals at its start or a full stop at its end, the path in it;
 * the active voice; what it is, not what the person did wrong; a next step that a tired person can take. stderr only.
 */

import { bytesOf } from "../bytes.ts";
import type { Code } from "../codes.ts";
import { durationText } from "../duration.ts";
import { isSettledByDryRun } from "../judge/approval.ts";
import type { Refusal, RefusalOf } from "../judge/refusal.ts";
import type { Plan, Sample } from "../plan/plan.ts";
import { shown, shownWord } from "../quoting.ts";
import { argumentProblemText, partText, signText, undecidableText } from "./reasons.ts";

interface CodeText<C extends Code> {
  /** The factual line; follows "refused, nothing ran: ". */
  readonly line: (refusal: RefusalOf<C>) => string;
  /** What to do now; follows "next: ". */
  readonly next: (refusal: RefusalOf<C>) => string;
  /** What `rsync-guard explain CODE` says, in paragraphs. */
  readonly page: readonly string[];
}

/** The first of many, each as a word, and how many there are besides. */
export const listed = <T>({ first, count }: Sample<T>, word: (one: T) => string): string =>
  `${first.map(word).join(", ")}${count > first.length ? ` and ${count - first.length} more` : ""}`;

const wordOfText = (text: string): string => shownWord(bytesOf(text));

/** Deletions by their top-level name: `12 in cache/, old.txt`. */
export const topLevelText = ({ first, others }: Plan["topLevel"]): string =>
  [
    ...first.map(([name, count]) => `${count > 1 ? `${count} in ` : ""}${wordOfText(name)}`),
    ...(others > 0 ? [`${others} elsewhere`] : []),
  ].join(", ");

const checkVariables = "set the variable, then dry-run again";
const dryRunAgain = "make a dry run of this very command, read it, then run it";
const inShell = "`set -u` makes a script stop at an unset variable; `${VERSION:?}` stops at an empty one too.";

const words: { readonly [C in Code]: CodeText<C> } = {
  "unknown-option": {
    line: ({ argument, why }) => `${shownWord(argument)} ${argumentProblemText(why)}`,
    next: () => "check the spelling; if the option is new in rsync, update rsync-guard",
    page: [
      "The command has an option that rsync-guard does not know. It might take a value, delete, or turn a dry run into a live one, so the run is refused.",
      "To rsync, a word with one dash is a bundle of letters: -delete means -d -e lete.",
      "If your rsync knows the option, rsync-guard is older than your rsync: update rsync-guard.",
    ],
  },
  "popt-alias": {
    line: ({ file }) => `${shownWord(file)} defines options for rsync`,
    next: ({ file }) => `remove the lines that begin with rsync from ${shownWord(file)}`,
    page: [
      "rsync reads its command line with popt, and popt's alias files (/etc/popt, /etc/popt.d/*, ~/.popt) can give any option another meaning: -n can become -v, -a can become -a --delete.",
      "rsync-guard does not guess what such a command would do.",
    ],
  },
  "old-args": {
    line: ({ word }) =>
      word === ""
        ? "with --old-args an empty destination means the current directory"
        : `without rsync's own quoting (--old-args, or an rsync older than 3.2.4) the remote shell would split or expand ${shownWord(word)}`,
    next: () => "leave out --old-args (or unset RSYNC_OLD_ARGS), or update rsync",
    page: [
      "With --old-args, with RSYNC_OLD_ARGS set, and before version 3.2.4, rsync passes a remote path to the remote shell unquoted: blanks split it, $NAME is expanded there, and an empty path means the current directory. Where the run would write can't be known here.",
    ],
  },
  "cannot-decide": {
    line: ({ why }) => undecidableText(why),
    next: () => "fix what the first line names, then run the command again",
    page: [
      "rsync-guard could not be certain of what the command would do, so it did not run it. The first line says why: the command itself (an option without its value, a cd in --rsync-path), the configuration, the records of dry runs, or a current directory that has been deleted.",
      "The exit code is 78; a command that was understood and refused exits with 77.",
    ],
  },
  "protected-destination": {
    line: ({ path, same, configured }) =>
      `${shownWord(path)} is a protected directory${configured ? " (configured)" : ""}${
        same === path ? "" : ` (same as ${shownWord(same)})`
      }`,
    next: () => "name a directory below it",
    page: [
      "The destination, or a directory that the run writes to, is one that no transfer should target: /, a system directory, /home, /srv, /opt, /var/www and their kind, or one that the configuration protects.",
      "Directories are compared by what they are (real path, device and inode), not by how they are spelled.",
      "Directories below it, such as /srv/app, are not protected. `protect` in /etc/rsync-guard.toml adds directories; the built-in ones can't be removed from the list.",
    ],
  },
  "protected-below": {
    line: ({ path, below, what, deletes }) =>
      deletes === null
        ? `the run deletes in ${shownWord(path)}, and ${shownWord(below)} in it is ${what}`
        : `the run would delete in ${shownWord(below)}, which is ${what}: ${listed(deletes, wordOfText)}`,
    next: ({ deletes }) =>
      deletes === null
        ? "name a directory that does not contain it"
        : "exclude it, or name a directory that does not contain it",
    page: [
      "The run deletes, and below its target is a protected directory, a home or a mounted file system, in which files would be deleted along with the rest.",
      'Where rsync-guard can plan the run, it is refused only if the plan deletes something there, so a filter rule or -x that spares it is enough. Where there is no plan (another host, dry_run.required = "never"), a protected directory below the target is refused outright, and a home or a mount point only if the command has neither filter rules nor -x.',
    ],
  },
  "protected-from-delete": {
    line: ({ path, what }) => `the run deletes, and ${shownWord(path)} is ${what}`,
    next: () => "name a directory below it, or leave out the deletion",
    page: [
      "A home directory or a mount point contains more than a transfer brings: everything the source lacks would be deleted there, including dotfiles and lost+found.",
      "Copying to it without deletion is allowed. For a mirror, use a directory below it, such as /mnt/backup/home.",
    ],
  },
  "release-root": {
    line: ({ path, link, text }) => `${shownWord(path)} is a release root (${shownWord(link)} -> ${shownWord(text)})`,
    next: () => checkVariables,
    page: [
      "A symlink called current, live, latest, release, previous, production or stable, in the directory or beside it, points to a direct child of it. So the directory holds releases, and the run was probably meant for one of them.",
      `The usual cause is an empty variable: /var/www/releases/$VERSION/ became /var/www/releases//. ${inShell}`,
      "Writing to a child of it is allowed (rsync -a new-release /srv/app/releases/), and so is a mirror whose source has the same symlink.",
    ],
  },
  "wrong-name": {
    line: ({ path, name, pattern }) =>
      name === null
        ? `${shownWord(path)} is the parent of the directories named like ${pattern}, not one of them`
        : `${shownWord(path)} is not named like ${pattern}`,
    next: () => "check the destination's name",
    page: [
      "A [[destination]] in the configuration says how the children of that directory are named, and this destination does not match.",
      inShell,
    ],
  },
  "empty-argument": {
    line: ({ which }) => `${partText(which)} is empty`,
    next: () => checkVariables,
    page: [
      "An operand, or the path given to an option, is the empty string: most likely a quoted variable that is empty.",
      inShell,
    ],
  },
  "empty-variable": {
    line: ({ word, which, sign }) => `${partText(which)} ${shownWord(word)} ${signText(sign)}`,
    next: () => checkVariables,
    page: [
      "The path looks like one from which an empty variable has vanished: // in a destination or in a path that an option writes to, host:, :path, user@:path or host:/; in a run that deletes also a source that ends in // or is /.",
      `/var/www/releases/$VERSION/ with VERSION empty is /var/www/releases//, which is the directory of all releases. ${inShell}`,
      "If the path is right, write the slash once: it means the same. Two slashes inside a source are allowed, and so is a staging path such as image//usr/share/ in a run that deletes nothing.",
    ],
  },
  "new-top-level": {
    line: ({ path, remote }) =>
      remote
        ? `the run deletes, and ${shownWord(path)} is a directory directly below /`
        : `${shownWord(path)} would be a new directory directly below /`,
    next: ({ remote }) =>
      remote
        ? "check the start of the path; if it is right, allow new-top-level for it"
        : "check the start of the path; if it is right, make the directory first",
    page: [
      'A destination directly below / that does not exist is seldom intended: "$ROOT/output/" with ROOT empty is /output/.',
      "On this host, if the path is right, make the directory first (mkdir). On a remote host rsync-guard can't see which directories exist, so it refuses such a destination only if the run deletes. These names, which hosts and images commonly have, are allowed: /app /backup /backups /code /data /src /tmp /work /workspace.",
    ],
  },
  "root-source": {
    line: ({ word }) => `the run deletes, and its source is ${shownWord(word)}`,
    next: () => checkVariables,
    page: [
      'The run deletes, and its source is the root directory (perhaps as the current directory) or a remote home: "$BUILD/" with BUILD empty is /. The destination would become a copy of the whole system, or of a whole home, and everything else in it would be gone.',
      `A backup of the whole system is allowed: one that excludes /proc, /sys or /dev, or that lists its files with --files-from. ${inShell}`,
    ],
  },
  "unexpanded-variable": {
    line: ({ word, which, found }) =>
      `${partText(which)} ${shownWord(word)} contains ${shown(found)} literally: no shell expanded it`,
    next: () => "use double quotes, not single ones, around a variable",
    page: [
      "A variable or a template's placeholder ($X, ${X}, $(…), backquotes, %X%, {{ x }} or <x>) is in the path unexpanded: it was in single quotes, or in a file that no shell or template engine has processed. rsync would create a directory of that name.",
    ],
  },
  "placeholder-value": {
    line: ({ word, which, found }) =>
      `${partText(which)} ${shownWord(word)} contains "${shown(found)}", a placeholder for a missing value`,
    next: () => "find out where the value comes from, then dry-run again",
    page: [
      "A component of the path is undefined, null, None, NaN, nil or [object Object]: a program put a missing value into it.",
    ],
  },
  "missing-destination": {
    line: ({ option, operand }) =>
      `${shownWord(option)} needs a source and a destination; ${shownWord(operand)} is the only path`,
    next: () => "give both the source and the destination",
    page: [
      "With only one path, rsync lists it. But the command has an option that only makes sense for a transfer, so a path is probably missing: an unquoted variable that is empty vanishes without a trace.",
      "To list the path, leave out that option or add --list-only.",
    ],
  },
  "empty-source": {
    line: ({ path, unmounted }) =>
      `the run deletes, and its source ${shownWord(path)} is ${unmounted ? "a mount point with nothing mounted" : "empty"}`,
    next: ({ unmounted, path }) => (unmounted ? `mount ${shownWord(path)}` : "check that the source is the right one"),
    page: [
      "The source directory is empty, or it is a mount point in /etc/fstab with nothing mounted, while the destination is not empty. The run would delete everything there.",
      "To empty a directory on purpose, use a tool made for that, such as find -delete.",
    ],
  },
  "same-place": {
    line: ({ source, target }) =>
      source === target
        ? `the run deletes, and source and destination are both ${shownWord(source)}`
        : `the run deletes, and source ${shownWord(source)} and destination ${shownWord(target)} overlap: one is inside the other`,
    next: () => "check both paths",
    page: [
      "The source is the destination, is inside it, or contains it. rsync -a --delete d/src/ d deletes d/src, the source itself, while it copies.",
      "A destination inside the source is allowed if a filter rule keeps it from being sent, as in rsync -a --delete --exclude=/dist ./ dist/.",
    ],
  },
  "no-dry-run": {
    line: ({ unseen }) =>
      unseen === null
        ? "no dry run of this command has been made"
        : `no dry run can vouch for this command: it depends on ${unseen === "-" ? "standard input" : shownWord(unseen)}, which rsync-guard can't read`,
    next: (refusal) => {
      if (refusal.unseen !== null) return "put that input in a regular file, then dry-run with it";
      return isSettledByDryRun(refusal) ? dryRunAgain : checkVariables;
    },
    page: [
      "A run that deletes or overwrites needs a dry run (-n) of the very same command first, made by the same user: with the same options, the same paths, the same contents of the files that options name, and the same directories at those paths. Options that only change the output may differ.",
      "The most similar earlier dry run is shown, with what differs. dry_run.required in the configuration says which runs need a dry run.",
      "A list that comes through a pipe (--files-from=-) can't be compared, so a run that deletes and reads one is never approved: put the list in a file.",
    ],
  },
  "stale-dry-run": {
    line: ({ reason, age, freshFor }) =>
      reason === "old"
        ? `the dry run of this command was made ${durationText(age)} ago, and counts for ${durationText(freshFor)}`
        : reason === "future"
          ? `the dry run of this command is dated ${durationText(age)} ahead of this host's clock`
          : "the dry run of this command was made before this host was last started",
    next: () => dryRunAgain,
    page: [
      "There is a dry run of this very command, but it is too old, or its time can't be trusted because the clock was set back or the host was restarted. dry_run.fresh_for in the configuration says how long a dry run counts (15 minutes by default).",
    ],
  },
  "other-session": {
    line: ({ age }) => `the dry run of this command was made ${durationText(age)} ago in another login session`,
    next: () => "check that this session's variables are set, then dry-run again here",
    page: [
      "A dry run made at a terminal counts only in the login session that made it. After a connection breaks and comes back, the session is a new one and its variables may be gone: that is how the accident behind rsync-guard happened.",
      "dry_run.session in the configuration can be tty (the default, as described), always or never.",
    ],
  },
  "changed-since-dry-run": {
    line: ({ nearest }) =>
      `since the dry run of these paths ${durationText(nearest.age)} ago, ${
        nearest.differences.length === 1 ? `its ${nearest.differences[0]?.field}` : "something"
      } changed`,
    next: () => dryRunAgain,
    page: [
      "There is a dry run with the same source and destination, but this run would not do the same: its options differ, a file that an option names has changed, a directory was replaced by another, or rsync itself was updated. The message shows each difference, old -> new.",
    ],
  },
  "plan-too-large": {
    line: ({ path, deleted, present, maxDelete, topLevel }) =>
      `the run would delete ${deleted} of the ${present} entries in ${shownWord(path)} (limits.max_delete is ${
        "entries" in maxDelete ? maxDelete.entries : `${maxDelete.percent}%`
      }): ${topLevelText(topLevel)}`,
    next: () => "check both paths; if they are right, raise limits.max_delete in a [[destination]] for it",
    page: [
      'rsync-guard\'s own dry run shows that the run would delete unusually much: more than half of the entries in the target, if there are ten or more, or more than limits.max_delete in the configuration allows (a number, or a share such as "80%").',
      "The usual cause is a destination one level too high, or the wrong source. The deletions are grouped by their top-level name.",
      "A build whose file names change with every release can replace more than half of the previous one; give its [[destination]] a limit of its own.",
    ],
  },
  "plan-deletes-releases": {
    line: ({ directory, names, current }) =>
      `the run would delete ${names.count === 1 ? "a release" : "releases"} in ${directory === "" ? "the destination" : wordOfText(directory)}: ${listed(names, wordOfText)}${
        current === null ? "" : ` (${wordOfText(current)} points to ${names.count === 1 ? "it" : "one of them"})`
      }`,
    next: () => "check the destination and any variable in it, then dry-run again",
    page: [
      "rsync-guard's own dry run shows that whole releases would be deleted: two or more sibling directories whose names are versions, dates or time stamps (in a directory called releases, versions, builds or deployments also plain numbers and commits), or the one that a symlink such as current points to.",
      `The usual cause is an empty variable: the destination is then the directory of all releases. ${inShell}`,
      "Deleting a single old release is allowed, unless current points to it.",
    ],
  },
  "plan-replaces-symlinks": {
    line: ({ path, symlinks }) =>
      `the run would delete or replace ${symlinks.count === 1 ? "a symlink that points" : `${symlinks.count} symlinks that point`} out of ${shownWord(path)}: ${listed(
        symlinks,
        ({ link, text }) => `${wordOfText(link)} -> ${wordOfText(text)}`,
      )}`,
    next: () => "exclude the symlinks, or add them to the source",
    page: [
      "rsync-guard's own dry run shows that symlinks would be deleted, or replaced by a file or a directory, although they point to something that exists outside the target: to media or a configuration shared by releases, for example. The files they point to would stay, but nothing would reach them any more, and later writes would go elsewhere.",
      "These are allowed: dangling symlinks, symlinks within the target, symlinks that the source replaces by other symlinks, and symlinks into the system (/usr, /bin, /lib, /proc and their kind).",
    ],
  },
  "plan-deletes-kept": {
    line: ({ keeps }) =>
      `the run would delete or replace files that the configuration keeps: ${listed(keeps, wordOfText)}`,
    next: () => "exclude it with a filter rule, or take it out of limits.keep",
    page: [
      "rsync-guard's own dry run shows that the run would delete or overwrite something that limits.keep in the configuration names, for the whole host or for this [[destination]].",
      "A name without a slash matches at any depth; a path with a slash is relative to the target. Everything below a kept directory is kept too. New files are allowed.",
    ],
  },
  "plan-changed": {
    line: ({ unapproved }) =>
      `the run would delete ${unapproved.count === 1 ? "an entry" : `${unapproved.count} entries`} that its dry run did not show: ${listed(unapproved, wordOfText)}`,
    next: () => dryRunAgain,
    page: [
      "Before a live run that deletes, rsync-guard repeats its own dry run and compares it with the approved one. The run may delete less, but nothing more. Here the source or the destination has changed in between.",
    ],
  },
};

const wordsOf = <C extends Code>(refusal: RefusalOf<C>): CodeText<C> => words[refusal.code] as CodeText<C>;

export const lineOf = (refusal: Refusal): string => wordsOf(refusal).line(refusal);
export const nextOf = (refusal: Refusal): string => wordsOf(refusal).next(refusal);
export const pageOf = (code: Code): readonly string[] => words[code].page;
