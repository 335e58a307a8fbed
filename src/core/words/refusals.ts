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

const checkVariables = "set the variable, and dry-run again";
const dryRunAgain = "make a dry run of this very command, read it, then run it";
const inShell = "`set -u` in a script stops at an unset variable; `${VERSION:?}` stops at an empty one too.";

const words: { readonly [C in Code]: CodeText<C> } = {
  "unknown-option": {
    line: ({ argument, why }) => `${shownWord(argument)} ${argumentProblemText(why)}`,
    next: () => "check the spelling; if the option is new in rsync, update rsync-guard",
    page: [
      "An option that the guard's table lacks stands in the command. It may take a value, delete, or turn a dry run into a live one; what it does not know, the guard does not let pass.",
      "A one-dash word is a bundle of letters for rsync: -delete is -d -e lete.",
      "If your rsync knows the option, rsync-guard is older than your rsync: update it.",
    ],
  },
  "popt-alias": {
    line: ({ file }) => `${shownWord(file)} defines options for rsync`,
    next: ({ file }) => `take the lines that begin with rsync out of ${shownWord(file)}`,
    page: [
      "rsync reads its command line with popt, and popt's alias files (/etc/popt, /etc/popt.d/*, ~/.popt) can give any option another meaning: -n may become -v, -a may become -a --delete.",
      "The guard does not guess what such a command would do.",
    ],
  },
  "old-args": {
    line: ({ word }) =>
      word === ""
        ? "with --old-args an empty destination means the current directory"
        : `with --old-args the remote shell would expand ${shownWord(word)}`,
    next: () => "leave out --old-args (or unset RSYNC_OLD_ARGS)",
    page: [
      "With --old-args, or RSYNC_OLD_ARGS set, rsync hands a remote path to the remote shell as it is: blanks split it, $NAME is expanded there, and an empty one means the current directory. What the run would write to can't be known here.",
    ],
  },
  "cannot-decide": {
    line: ({ why }) => undecidableText(why),
    next: () => "fix what the first line names, then run the command again",
    page: [
      "The guard could not find out for certain what the command would do, so it did not run it. The line says what was in the way: the command (an option without its value, a cd in --rsync-path), the configuration, the records of dry runs, or the current directory, which is gone.",
      "Exit code 78 says so, against 77 for a command that was understood and refused.",
    ],
  },
  "protected-destination": {
    line: ({ path, same, configured }) =>
      `${shownWord(path)} is a protected directory${configured ? " (configured)" : ""}${
        same === path ? "" : ` (same as ${shownWord(same)})`
      }`,
    next: () => "name a directory below it",
    page: [
      "The destination, or a directory that the run writes in, is one that no transfer should have as its target: / and the system's directories, /home, /srv, /opt, /var/www and their kind, or one that the configuration protects.",
      "It is compared by what it is (real path, device and inode), not by how it is spelled.",
      "A directory below it, such as /srv/app, is not protected. `protect` in /etc/rsync-guard.toml adds directories; the built-in ones can't be taken out.",
    ],
  },
  "protected-below": {
    line: ({ path, below, what, deletes }) =>
      deletes === null
        ? `the run deletes in ${shownWord(path)}, and ${shownWord(below)} in it is ${what}`
        : `the run would delete in ${shownWord(below)}, which is ${what}: ${listed(deletes, wordOfText)}`,
    next: ({ deletes }) =>
      deletes === null
        ? "name a directory that does not hold it"
        : "exclude it, or name a directory that does not hold it",
    page: [
      "The run deletes, and below its target lies a protected directory, a home or a mounted file system, in which something would be deleted with the rest.",
      'Where the guard can plan the run, it is refused only if the plan deletes something there, so a filter rule or -x that keeps it is enough. Where it can\'t (another host, dry_run.required = "never"), a protected directory below the target is refused as such; a home or a mount point only where the command has neither filter rules nor -x.',
    ],
  },
  "protected-from-delete": {
    line: ({ path, what }) => `the run deletes, and ${shownWord(path)} is ${what}`,
    next: () => "name a directory below it, or leave out the deletion",
    page: [
      "A home directory or a mount point holds more than one transfer brings: what the source lacks would be deleted there, dotfiles and lost+found too.",
      "Copying to it without deletion is allowed. For a mirror, use a directory below it, such as /mnt/backup/home.",
    ],
  },
  "release-root": {
    line: ({ path, link, text }) => `${shownWord(path)} is a release root (${shownWord(link)} -> ${shownWord(text)})`,
    next: () => checkVariables,
    page: [
      "A symlink called current, live, latest, release, previous, production or stable, in the directory or beside it, leads to a direct child of it: the directory holds releases, and one release was to be written, not all of them.",
      `The usual cause is a variable for the release that is empty: /var/www/releases/$VERSION/ became /var/www/releases//. ${inShell}`,
      "Writing in a child of it is allowed (rsync -a new-release /srv/app/releases/), and so is a mirror whose source holds the same link.",
    ],
  },
  "wrong-name": {
    line: ({ path, name, pattern }) =>
      name === null
        ? `${shownWord(path)} is the parent of the directories named like ${pattern}, not one of them`
        : `${shownWord(path)} is not named like ${pattern}`,
    next: () => "check the destination's name",
    page: [
      "A [[destination]] in the configuration says what the children of that directory are called, and this destination is not called so.",
      inShell,
    ],
  },
  "empty-argument": {
    line: ({ which }) => `${partText(which)} is empty`,
    next: () => checkVariables,
    page: [
      "An operand, or the path that an option takes, is the empty string: most likely a quoted variable that is empty.",
      inShell,
    ],
  },
  "empty-variable": {
    line: ({ word, which, sign }) => `${partText(which)} ${shownWord(word)} ${signText(sign)}`,
    next: () => checkVariables,
    page: [
      "The path shows what is left where a variable expanded to nothing: // in a destination or in a path that an option writes to, host:, :path, user@:path, host:/; in a run that deletes also a source that ends in // or is /.",
      `/var/www/releases/$VERSION/ with VERSION empty is /var/www/releases//, which is the directory of all releases. ${inShell}`,
      "If the second slash is meant, write it once: it means the same. Two slashes inside a source pass, and so does a staging path such as image//usr/share/ in a run that deletes nothing.",
    ],
  },
  "new-top-level": {
    line: ({ path, remote }) =>
      remote
        ? `the run deletes, and ${shownWord(path)} is a directory right below /`
        : `${shownWord(path)} would be a new directory right below /`,
    next: ({ remote }) =>
      remote
        ? "check the start of the path; if it is right, allow new-top-level for it"
        : "check the start of the path; if it is right, make the directory first",
    page: [
      'A destination right below / that does not exist is seldom meant: "$ROOT/output/" with ROOT empty is /output/.',
      "If it is meant, make it with mkdir first. On a remote host the guard can't see what exists, so there it refuses such a destination only where the run deletes. Names that hosts and images commonly have there pass: /app /backup /backups /code /data /src /tmp /work /workspace.",
    ],
  },
  "root-source": {
    line: ({ word }) => `the run deletes, and its source is ${shownWord(word)}`,
    next: () => checkVariables,
    page: [
      'The source is the root directory (it may be the current one), or a remote home, and the run deletes: "$BUILD/" with BUILD empty is /. The destination would become a copy of the whole system, or of a whole home, and what it held would be gone.',
      `A backup of the whole system passes: one that excludes /proc, /sys or /dev, or that names what to take with --files-from. ${inShell}`,
    ],
  },
  "unexpanded-variable": {
    line: ({ word, which, found }) =>
      `${partText(which)} ${shownWord(word)} contains ${shown(found)} literally: no shell expanded it`,
    next: () => "use double quotes, not single ones, around a variable",
    page: [
      "A variable or a template's placeholder ($X, ${X}, $(…), backquotes, %X%, {{ x }} or <x>) stands in the path as it is: in single quotes, or in a file that no shell and no template engine has read. rsync would make a directory of that name.",
    ],
  },
  "placeholder-value": {
    line: ({ word, which, found }) =>
      `${partText(which)} ${shownWord(word)} contains "${shown(found)}", a placeholder for a missing value`,
    next: () => "find out where the value comes from, and dry-run again",
    page: [
      "A component of the path is undefined, null, None, NaN, nil or [object Object]: a program put a missing value into it.",
    ],
  },
  "missing-destination": {
    line: ({ option, operand }) =>
      `${shownWord(option)} needs a source and a destination; ${shownWord(operand)} is the only path`,
    next: () => "name the source and the destination",
    page: [
      "With one path rsync lists it. An option that only a transfer needs shows that a transfer was meant, so a path is missing: an unquoted variable that is empty vanishes without a trace.",
      "To list, leave out that option, or add --list-only.",
    ],
  },
  "empty-source": {
    line: ({ path, unmounted }) =>
      `the run deletes, and its source ${shownWord(path)} is ${unmounted ? "a mount point with nothing mounted" : "empty"}`,
    next: ({ unmounted, path }) => (unmounted ? `mount ${shownWord(path)}` : "check that the source is the right one"),
    page: [
      "The source directory is empty, or its file system is in /etc/fstab and not mounted, and the destination holds something. With deletion, all of that would go.",
      "To empty a directory on purpose, use a tool that says so.",
    ],
  },
  "same-place": {
    line: ({ source, target }) =>
      source === target
        ? `the run deletes, and source and destination are both ${shownWord(source)}`
        : `the run deletes, and source ${shownWord(source)} and destination ${shownWord(target)} overlap: one is inside the other`,
    next: () => "check both paths",
    page: [
      "The source is the destination, or lies in it, or holds it. rsync -a --delete d/src/ d deletes d/src, the source itself, while it copies.",
      "A destination in the source passes where a filter rule keeps it out of what is sent, as in rsync -a --delete --exclude=/dist ./ dist/.",
    ],
  },
  "no-dry-run": {
    line: ({ unseen }) =>
      unseen === null
        ? "no dry run of this command has been made"
        : `no dry run can vouch for this command: it depends on ${unseen === "-" ? "standard input" : shownWord(unseen)}, which rsync-guard can't read`,
    next: (refusal) => {
      if (refusal.unseen !== null) return "put that list in a file that can be read, and dry-run with it";
      return isSettledByDryRun(refusal) ? dryRunAgain : checkVariables;
    },
    page: [
      "A run that deletes or overwrites needs a dry run (-n) of the very same command first, made by the same user: same options, paths, files that options name, and the same things at those paths. What only changes the output may differ.",
      "The nearest earlier dry run is shown with what differs from it. dry_run.required in the configuration says which runs need one.",
      "A list that comes through a pipe (--files-from=-) can't be compared, so a run that deletes by one is never approved: put it in a file.",
    ],
  },
  "stale-dry-run": {
    line: ({ reason, age, freshFor }) =>
      reason === "old"
        ? `the dry run of this command was made ${durationText(age)} ago, and counts for ${durationText(freshFor)}`
        : reason === "future"
          ? `the dry run of this command is dated ${durationText(age)} ahead of this host's clock`
          : "the dry run of this command was made before this host was started",
    next: () => dryRunAgain,
    page: [
      "There is a dry run of this very command, but it is too old, or its time can't be trusted: the clock was set back, or the host was restarted since. dry_run.fresh_for in the configuration says how long a dry run counts (15 minutes, if nothing is said).",
    ],
  },
  "other-session": {
    line: ({ age }) => `the dry run of this command was made ${durationText(age)} ago in another login session`,
    next: () => "check that this session's variables are set, then dry-run again here",
    page: [
      "A dry run that was made at a terminal counts only in the login session that made it. A connection that broke and came back is a new session, and its variables may be gone: that is how this tool's accident happened.",
      "dry_run.session in the configuration is tty (this), always or never.",
    ],
  },
  "changed-since-dry-run": {
    line: ({ nearest }) =>
      `since the dry run of these paths ${durationText(nearest.age)} ago, ${
        nearest.differences.length === 1 ? `its ${nearest.differences[0]?.field}` : "something"
      } changed`,
    next: () => dryRunAgain,
    page: [
      "There is a dry run with the same source and destination, but the run would not do the same: its options are others, a file that an option names has changed, a directory was replaced by another, or rsync itself was updated. What changed is shown, old -> new.",
    ],
  },
  "plan-too-large": {
    line: ({ path, deleted, present, maxDelete, topLevel }) =>
      `the run would delete ${deleted} of the ${present} entries in ${shownWord(path)} (limits.max_delete is ${
        "entries" in maxDelete ? maxDelete.entries : `${maxDelete.percent}%`
      }): ${topLevelText(topLevel)}`,
    next: () => "check both paths; if it is meant, raise limits.max_delete in a [[destination]] for it",
    page: [
      'A dry run that the guard made itself shows that more would be deleted than is ordinary: more than half of the entries in the target, where it holds ten or more, or more than limits.max_delete in the configuration says (a number, or a share such as "80%").',
      "The usual cause is a destination that is a level too high, or a source that is not the right one. The deletions are shown by their top-level name.",
      "A build whose file names change with each release can delete more than half of the old one; give its [[destination]] a limit of its own.",
    ],
  },
  "plan-deletes-releases": {
    line: ({ directory, names, current }) =>
      `the run would delete ${names.count === 1 ? "a release" : "releases"} in ${directory === "" ? "the destination" : wordOfText(directory)}: ${listed(names, wordOfText)}${
        current === null ? "" : ` (${wordOfText(current)} leads to ${names.count === 1 ? "it" : "one of them"})`
      }`,
    next: () => "check the destination and any variable in it, and dry-run again",
    page: [
      "A dry run that the guard made itself shows that whole releases would be deleted: two or more sibling directories whose names are versions, dates or time stamps (in a directory called releases, versions, builds or deployments also plain numbers and commits), or the one that a symlink such as current leads to.",
      `The usual cause is a variable for the release that is empty: the destination is then the directory of all releases. ${inShell}`,
      "One old release that is deleted, and current not leading to it, passes.",
    ],
  },
  "plan-replaces-symlinks": {
    line: ({ path, symlinks }) =>
      `the run would delete or replace ${symlinks.count === 1 ? "a symlink that leads" : `${symlinks.count} symlinks that lead`} out of ${shownWord(path)}: ${listed(
        symlinks,
        ({ link, text }) => `${wordOfText(link)} -> ${wordOfText(text)}`,
      )}`,
    next: () => "exclude the symlinks, or have them in the source too",
    page: [
      "A dry run that the guard made itself shows that symlinks would be deleted, or replaced by a file or a directory, that lead out of the target to something that exists: to media or a configuration that releases share, for example. What they lead to would stay, but would no longer be reached, and what is written next goes elsewhere.",
      "Links that lead nowhere, links within the target, links that the source replaces by other links, and links into the system (/usr, /bin, /lib, /proc and their kind) pass.",
    ],
  },
  "plan-deletes-kept": {
    line: ({ keeps }) => `the run would delete or replace what the configuration keeps: ${listed(keeps, wordOfText)}`,
    next: () => "exclude it with a filter rule, or take it out of limits.keep",
    page: [
      "A dry run that the guard made itself shows that something would be deleted or overwritten that limits.keep in the configuration names: for the whole host, or for this [[destination]].",
      "A name without a slash is meant at any depth, a path with one is relative to the target, and what lies below it is kept too. New files are no matter.",
    ],
  },
  "plan-changed": {
    line: ({ unapproved }) =>
      `the run would delete ${unapproved.count === 1 ? "an entry" : `${unapproved.count} entries`} that its dry run did not show: ${listed(unapproved, wordOfText)}`,
    next: () => dryRunAgain,
    page: [
      "Before a live run that deletes, the guard makes its own dry run again and compares it with the one that was approved. It may delete less, but nothing more: source or destination changed in between.",
    ],
  },
};

const wordsOf = <C extends Code>(refusal: RefusalOf<C>): CodeText<C> => words[refusal.code] as CodeText<C>;

export const lineOf = (refusal: Refusal): string => wordsOf(refusal).line(refusal);
export const nextOf = (refusal: Refusal): string => wordsOf(refusal).next(refusal);
export const pageOf = (code: Code): readonly string[] => words[code].page;
