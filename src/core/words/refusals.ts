/**
 * Every refusal: its code, what it holds, and its words. Nothing else in the program words a refusal.
 *
 * The rules of the words: one factual line without capitals at its start or a full stop at its end, the path in it;
 * the active voice; what it is, not what the person did wrong; a next step that a tired person can take. stderr only.
 */

import { bytesOf } from "../bytes.ts";
import { type Code, lostVariableCodes } from "../codes.ts";
import { durationText } from "../duration.ts";
import { isSettledByDryRun, unseenKey } from "../judge/approval.ts";
import type { DryRunFailure, Refusal, RefusalOf } from "../judge/refusal.ts";
import { targetsOwnNames } from "../place/known-directories.ts";
import type { LostDirectory, Plan, Sample } from "../plan/plan.ts";
import { showBytes, showWord } from "../quoting.ts";
import { argumentProblemText, mountReasonText, partText, signText, undecidableText } from "./reasons.ts";

interface CodeText<C extends Code> {
  /** For the list of all codes, in Markdown. */
  readonly summary: string;
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

export const textWord = (text: string): string => showWord(bytesOf(text));

/** Deletions by their top-level name: `12 in cache/, old.txt`. */
export const topLevelText = ({ first, others }: Plan["topLevel"]): string =>
  [
    ...first.map(([name, count]) => `${count > 1 ? `${count} in ` : ""}${textWord(name)}`),
    ...(others > 0 ? [`${others} elsewhere`] : []),
  ].join(", ");

/** `delete all of uploads/ (143 entries, none of them moved)` */
export const lostDirectoryText = ({ path, entries, moved }: LostDirectory): string =>
  `delete all of ${textWord(`${path}/`)} (${entries} entries, ${moved === 0 ? "none" : moved} of them moved)`;

const percentText = (part: number, whole: number): string => `${Math.floor((part * 100) / Math.max(whole, 1))}%`;

const entriesText = ({ count }: Sample): string => (count === 1 ? "an entry" : `${count} entries`);

const checkVariables = "set the variable, then dry-run again";
const dryRunAgain = "make a dry run of this very command, read it, then run it";
const inShell = "`set -u` makes a script stop at an unset variable; `${VERSION:?}` stops at an empty one too.";

function failureText(why: DryRunFailure): string {
  if (why === "changed") return "something that it depends on changed while it ran";
  return why === "unplanned" ? "its live run could not be planned" : `rsync ended it with exit code ${why}`;
}

const unnamed = "the imported plan does not name";

const words: { readonly [C in Code]: CodeText<C> } = {
  "unknown-option": {
    summary: "rsync-guard does not know the option. Exit code 78.",
    line: ({ argument, why }) => `${showWord(argument)} ${argumentProblemText(why)}`,
    next: () => "check the spelling; if the option is new in rsync, update rsync-guard",
    page: [
      "The command has an option that rsync-guard does not know. It might take a value, delete, or turn a dry run into a live one, so the run is refused.",
      "To rsync, a word with one dash is a bundle of letters: -delete means -d -e lete.",
      "If your rsync knows the option, rsync-guard is older than your rsync: update rsync-guard. Options that vendors patch in count where this rsync's --help lists them.",
    ],
  },
  "popt-alias": {
    summary: "popt's alias files give rsync's options other meanings. Exit code 78.",
    line: ({ file }) => `${showWord(file)} defines options for rsync`,
    next: ({ file }) => `remove the lines that begin with rsync from ${showWord(file)}`,
    page: [
      "rsync reads its command line with popt, and popt's alias files (/etc/popt, /etc/popt.d/*, ~/.popt) can give any option another meaning: -n can become -v, -a can become -a --delete.",
      "rsync-guard does not guess what such a command would do.",
    ],
  },
  "old-args": {
    summary:
      "Without rsync's own quoting (`--old-args`, or an rsync older than 3.2.4), the remote shell would split or expand the destination, or `--old-args` is used with an empty destination. Exit code 78.",
    line: ({ word }) =>
      word === ""
        ? "with --old-args an empty destination means the current directory"
        : `without rsync's own quoting (--old-args, or an rsync older than 3.2.4) the remote shell would split or expand ${showWord(word)}`,
    next: () => "leave out --old-args (or unset RSYNC_OLD_ARGS), use -s, or update rsync",
    page: [
      "With --old-args, with RSYNC_OLD_ARGS set, and before version 3.2.4, rsync passes a remote path to the remote shell unquoted: blanks split it, $NAME is expanded there, and an empty path means the current directory. An option for the other side (-M) is passed in the same way, and before 3.2.4 (or with --old-args twice) so are the values of --backup-dir and its kind: a blank in one of them makes rsync write to another directory. Where the run would write can't be known here.",
    ],
  },
  "cannot-decide": {
    summary: "Something else that has to be known can't be known. Exit code 78.",
    line: ({ why }) => undecidableText(why),
    next: () => "fix what the first line names, then run the command again",
    page: [
      "rsync-guard could not be certain of what the command would do, so it did not run it. The first line says why: the command itself (an option without its value, a cd in --rsync-path), the configuration, the records of dry runs, or a current directory that has been deleted.",
      "The exit code is 78; a command that was understood and refused exits with 77.",
    ],
  },
  "protected-destination": {
    summary: "The destination, or a directory that the run writes to, is a protected directory.",
    line: ({ path, same, configured }) =>
      `${showWord(path)} is a protected directory${configured ? " (configured)" : ""}${
        same === path ? "" : ` (same as ${showWord(same)})`
      }`,
    next: () => "name a directory below it",
    page: [
      "The destination, or a directory that the run writes to, is one that no transfer should target: /, a system directory, /home, /srv, /opt, /var/www and their kind, or one that the configuration protects.",
      "Directories are compared by what they are (real path, device and inode), not by how they are spelled.",
      "Directories below it, such as /srv/app, are not protected. `protect` in /etc/rsync-guard.toml adds directories; the built-in ones can't be removed from the list.",
    ],
  },
  "protected-below": {
    summary: "The run deletes, and below its target is a protected directory, a home or a mounted file system.",
    line: ({ path, below, what, deletes }) =>
      deletes === null
        ? `the run deletes in ${showWord(path)}, and ${showWord(below)} in it is ${what}`
        : `the run would delete in ${showWord(below)}, which is ${what}: ${listed(deletes, textWord)}`,
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
    summary: "The run deletes, and its target is a home directory or a mount point.",
    line: ({ path, what }) => `the run deletes, and ${showWord(path)} is ${what}`,
    next: () => "name a directory below it, or leave out the deletion",
    page: [
      "A home directory or a mount point contains more than a transfer brings: everything the source lacks would be deleted there, including dotfiles and lost+found.",
      "Copying to it without deletion is allowed. For a mirror, use a directory below it, such as /mnt/backup/home.",
    ],
  },
  "release-root": {
    summary: "A symlink such as `current` shows that the target is the directory of all releases.",
    line: ({ path, link, text }) => `${showWord(path)} is a release root (${showWord(link)} -> ${showWord(text)})`,
    next: () => checkVariables,
    page: [
      "A symlink called current, live, latest, release, previous, production or stable, in the directory or beside it, points to a direct child of it. So the directory holds releases, and the run was probably meant for one of them.",
      `The usual cause is an empty variable: /var/www/releases/$VERSION/ became /var/www/releases//. ${inShell}`,
      "Writing to a child of it is allowed (rsync -a new-release /srv/app/releases/), and so is a mirror whose source has the same symlink.",
    ],
  },
  "wrong-name": {
    summary: "A `[[destination]]` says how the children of that directory are named, and this one does not match.",
    line: ({ path, name, pattern }) =>
      name === null
        ? `${showWord(path)} is the parent of the directories named like ${pattern}, not one of them`
        : `${showWord(path)} is not named like ${pattern}`,
    next: () => "check the destination's name",
    page: [
      "A [[destination]] in the configuration says how the children of that directory are named, and this destination does not match.",
      inShell,
    ],
  },
  "empty-argument": {
    summary: "An operand, or the path given to an option, is `''`.",
    line: ({ which }) => `${partText(which)} is empty`,
    next: () => checkVariables,
    page: [
      "An operand, or the path given to an option, is the empty string: most likely a quoted variable that is empty.",
      inShell,
    ],
  },
  "empty-variable": {
    summary: "The path contains the traces of an empty variable: `//`, `host:`, `:path`.",
    line: ({ word, which, sign }) => `${partText(which)} ${showWord(word)} ${signText(sign)}: a variable may be empty`,
    next: () => checkVariables,
    page: [
      "The path looks like one from which an empty variable has vanished: // in a destination or in a path that an option writes to, host:, :path, user@:path or host:/; in a run that deletes also a source that ends in // or is /.",
      `/var/www/releases/$VERSION/ with VERSION empty is /var/www/releases//, which is the directory of all releases. ${inShell}`,
      "If the path is right, write the slash once: it means the same. Two slashes inside a source are allowed, and so is a staging path such as image//usr/share/ in a run that deletes nothing.",
    ],
  },
  "new-top-level": {
    summary: "The destination is a directory directly below `/` that does not exist.",
    line: ({ path, remote }) =>
      remote
        ? `the run deletes, and ${showWord(path)} is a directory directly below /`
        : `${showWord(path)} would be a new directory directly below /`,
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
    summary: "The run deletes, and its source is `/` or a whole remote home.",
    line: ({ word }) => `the run deletes, and its source is ${showWord(word)}`,
    next: () => checkVariables,
    page: [
      'The run deletes, and its source is the root directory (perhaps as the current directory) or a remote home: "$BUILD/" with BUILD empty is /. The destination would become a copy of the whole system, or of a whole home, and everything else in it would be gone.',
      `A backup of the whole system is allowed: one that excludes /proc, /sys or /dev, or that lists its files with --files-from. ${inShell}`,
    ],
  },
  "unexpanded-variable": {
    summary: "The destination, or the path given to an option, contains `$X`, `{{ x }}` or a similar placeholder.",
    line: ({ word, which, found }) =>
      `${partText(which)} ${showWord(word)} contains ${showBytes(found)} literally: no shell expanded it`,
    next: () => "use double quotes, not single ones, around a variable",
    page: [
      "A variable or a template's placeholder ($X, ${X}, $(…), backquotes, %X%, {{ x }} or <x>) is in the path unexpanded: it was in single quotes, or in a file that no shell or template engine has processed. rsync would create a directory of that name.",
    ],
  },
  "placeholder-value": {
    summary: "A component of such a path is `undefined`, `null`, `None`, `NaN`, `nil` or `[object Object]`.",
    line: ({ word, which, found }) =>
      `${partText(which)} ${showWord(word)} contains "${showBytes(found)}", a placeholder for a missing value`,
    next: () => "find out where the value comes from, then dry-run again",
    page: [
      "A component of the path is undefined, null, None, NaN, nil or [object Object]: a program put a missing value into it.",
    ],
  },
  "missing-destination": {
    summary: "There is only one path, and an option that only makes sense for a transfer.",
    line: ({ option, operand }) =>
      `${showWord(option)} needs a source and a destination; ${showWord(operand)} is the only path`,
    next: () => "give both the source and the destination",
    page: [
      "With only one path, rsync lists it. But the command has an option that only makes sense for a transfer, so a path is probably missing: an unquoted variable that is empty vanishes without a trace.",
      "To list the path, leave out that option or add --list-only.",
    ],
  },
  "empty-source": {
    summary: "The run deletes, and a local source directory is empty or not mounted.",
    line: ({ path, unmounted }) =>
      `the run deletes, and its source ${showWord(path)} is ${unmounted ? "a mount point with nothing mounted" : "empty"}`,
    next: ({ unmounted, path }) => (unmounted ? `mount ${showWord(path)}` : "check that the source is the right one"),
    page: [
      "The source directory is empty, or it is a mount point in /etc/fstab with nothing mounted, while the destination is not empty. The run would delete everything there.",
      "Not refused is a run whose filters name one directory, two or more levels down, and leave out the rest, as in --include=a --include=a/b/ --include='a/b/***' --exclude='*': programs delete so in a tree. Its plan says how much goes.",
      "To empty a directory on purpose, use a tool made for that, such as find -delete.",
    ],
  },
  "same-place": {
    summary:
      "The run deletes or removes sources, and source and target are the same directory or one is inside the other.",
    line: ({ source, target, into }) =>
      into
        ? `the destination lies in the source, and the run would copy it into itself: ${listed(into, textWord)}`
        : source === target
          ? `the run deletes, and source and destination are both ${showWord(source)}`
          : `the run deletes, and source ${showWord(source)} and destination ${showWord(target)} overlap: one is inside the other`,
    next: ({ into }) =>
      into ? "exclude it: an --exclude that begins with / is relative to the source" : "check both paths",
    page: [
      "The source is the destination, is inside it, or contains it. rsync -a --delete d/src/ d deletes d/src, the source itself, while it copies.",
      "A destination inside the source is allowed if a filter rule keeps it from being sent, as in rsync -a --delete --exclude=/dist ./ dist/.",
    ],
  },
  "same-names": {
    summary: "Several sources have the same names, so that of each only one would be in the destination.",
    line: ({ names, into }) =>
      `several sources have the same names, and of each only one would be in ${showWord(into)}: ${listed(names, textWord)}`,
    next: () => "give each source a directory of its own",
    page: [
      "Two or more files of the same name are sent into one directory, so that one of them stays and the others are lost; or, in a run that deletes, directories are sent with their contents (a/ b/ c/) that have most of their names in common.",
      "Write the directories without the slash at their end (a b c), or use --relative, and each keeps its place.",
    ],
  },
  "not-mounted": {
    summary:
      "The destination is on a file system that should be mounted and is not: by `/etc/fstab`, by earlier runs, or by `require_mount` or `marker`.",
    line: ({ path, mount, why }) =>
      typeof why === "object"
        ? `${showWord(path)} has no ${showWord(why.marker)}, the marker of the file system that belongs there`
        : `nothing is mounted at ${showWord(mount)}, ${mountReasonText(why)}`,
    next: ({ mount, why }) =>
      typeof why === "object"
        ? "check that the right file system is mounted"
        : `mount ${showWord(mount)}, then run the command again`,
    page: [
      "The destination lies on a file system that is not mounted: /etc/fstab has a mount point there, an earlier run found one mounted, or a [[destination]] has require_mount or a marker that is missing. The run would fill the disk below it, and with --delete it would not see what is to be kept.",
      "If there is no file system any more, remove its line from /etc/fstab.",
    ],
  },
  "no-dry-run": {
    summary: "No dry run of this command has been made.",
    line({ unseen, failed, sudo }) {
      if (unseen === unseenKey)
        return "no dry run can vouch for this command: it is bound to the key that logged in (receiver.bind), which is not known here";
      if (unseen !== null)
        return `no dry run can vouch for this command: it depends on ${unseen === "-" ? "standard input" : showWord(unseen)}, which rsync-guard can't read`;
      if (sudo && sudo.age !== null)
        return `the dry run of this command, ${durationText(sudo.age)} ago, was made by ${showWord(sudo.user)}, and this run is root's`;
      return failed
        ? `the last dry run of this command, ${durationText(failed.age)} ago, does not count: ${failureText(failed.why)}`
        : "no dry run of this command has been made";
    },
    next: (refusal) => {
      if (refusal.unseen === unseenKey)
        return 'log in with a key, and have "ExposeAuthInfo yes" in the sshd_config of this host';
      if (refusal.unseen !== null) return "put that input in a regular file, then dry-run with it";
      if (refusal.failed && refusal.failed.why !== "changed")
        return "dry-run again, and fix what it says before you go live";
      return isSettledByDryRun(refusal) ? dryRunAgain : checkVariables;
    },
    page: [
      "A run that deletes or overwrites needs a dry run (-n) of the very same command first, made by the same user: with the same options, the same paths, the same contents of the files that options name, and the same directories at those paths. Options that only change the output may differ.",
      "The most similar dry run of the last hour is shown, with what differs. dry_run.required in the configuration says which runs need a dry run.",
      "A dry run does not count if rsync ended it with an error, if something that it depends on changed while it ran, or if its live run could not be planned. If that was the last dry run of the command, the message says so.",
      "A list that comes through a pipe (--files-from=-) can't be compared, so a run that deletes and reads one is never approved: put the list in a file.",
    ],
  },
  "stale-dry-run": {
    summary: "There is a dry run of this command, but it is too old, dated in the future, or from before a restart.",
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
    summary: "There is a dry run of this command, but it was made in another login session.",
    line: ({ age }) => `the dry run of this command was made ${durationText(age)} ago in another login session`,
    next: () => "check that this session's variables are set, then dry-run again here",
    page: [
      "A dry run made at a terminal counts only in the login session that made it. After a connection breaks and comes back, the session is a new one and its variables may be gone: that is how the accident behind rsync-guard happened.",
      "dry_run.session in the configuration can be tty (the default, as described), always or never.",
    ],
  },
  "changed-since-dry-run": {
    summary: "There is a dry run with the same paths, but something that matters has changed since.",
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
    summary:
      "The run would delete more than half of the entries in the target, or more than `limits.max_delete` allows.",
    line: ({ path, deleted, present, maxDelete, topLevel }) =>
      `the run would delete ${deleted} of the ${present} entries in ${showWord(path)} (limits.max_delete is ${
        "entries" in maxDelete ? maxDelete.entries : `${maxDelete.percent}%`
      }): ${topLevelText(topLevel)}`,
    next: () => "check both paths; if they are right, raise limits.max_delete in a [[destination]] for it",
    page: [
      'rsync-guard\'s own dry run shows that the run would delete unusually much: more than half of the entries in the target, or more than limits.max_delete in the configuration allows (a number, or a share such as "80%"). If the target has fewer than ten entries, a share counts only for a plan that deletes at least two and adds less than half as many.',
      "The usual cause is a destination one level too high, or the wrong source. The deletions are grouped by their top-level name.",
      "A build whose file names change with every release can replace more than half of the previous one; give its [[destination]] a limit of its own.",
    ],
  },
  "plan-deletes-releases": {
    summary: "The run would delete whole releases, or the one that `current` points to.",
    line: ({ directory, names, current }) =>
      `the run would delete ${names.count === 1 ? "a release" : "releases"} in ${directory === "" ? "the destination" : textWord(directory)}: ${listed(names, textWord)}${
        current === null ? "" : ` (${textWord(current)} points to ${names.count === 1 ? "it" : "one of them"})`
      }`,
    next: () => "check the destination and any variable in it, then dry-run again",
    page: [
      "rsync-guard's own dry run shows that whole releases would be deleted: two or more sibling directories whose names are versions, dates or time stamps (in a directory called releases, versions, builds or deployments also plain numbers and commits), or the one that a symlink such as current points to.",
      `The usual cause is an empty variable: the destination is then the directory of all releases. ${inShell}`,
      "Deleting a single old release is allowed, unless current points to it.",
    ],
  },
  "plan-deletes-directory": {
    summary:
      "A directory would go as a whole, since the source lacks it: a tenth of the target or more, and not moved.",
    line: ({ share, present, ...lost }) =>
      `the run would ${lostDirectoryText(lost)}: ${percentText(lost.entries, present)} of the entries in the target (limits.whole_directory is ${share.percent}%)`,
    next: ({ path }) =>
      `if only the target should have it, exclude it (--exclude=${textWord(`/${path}/`)}); else check both paths`,
    page: [
      "rsync-guard's own dry run shows that a directory would be deleted as a whole, since the source has none of that name: ten entries or more, and a tenth of the target or more (limits.whole_directory). Hardly any of its files turn up elsewhere in the plan, so it was not moved or renamed.",
      "Such a directory is often the target's own: uploads, another site, the state of a service, a build made on the spot. An --exclude keeps it.",
    ],
  },
  "plan-empties-directory": {
    summary: "A directory would stay, lose most of what is in it, and get nothing new.",
    line: ({ path, deleted, present, isSourceEmpty, share }) =>
      `the run would delete ${deleted} of the ${present ?? deleted} entries in ${textWord(path)} and add none: ${
        isSourceEmpty
          ? "in the source it is an empty directory"
          : `${percentText(deleted, present ?? deleted)} of what is there (limits.reduced_directory is ${share.percent}%)`
      }`,
    next: ({ path, isSourceEmpty }) =>
      isSourceEmpty
        ? `check ${textWord(path)} in the source: not mounted, or not checked out?`
        : `check what the source has in ${textWord(path)}; if the target's files should stay, exclude them`,
    page: [
      "rsync-guard's own dry run shows that a directory below the target would stay, lose most of what is in it, and get nothing new: more than limits.reduced_directory allows, ten entries or more, and a hundredth of the target or more. Files that turn up elsewhere in the plan don't count: they were moved.",
      "If the directory is empty in the source, a few entries are enough: usually it is a file system that is not mounted there, or a git submodule that is not checked out.",
    ],
  },
  "plan-deletes-own": {
    summary:
      "The run would delete what usually belongs to the target alone: `.env`, `.git`, `.htaccess` and their kind.",
    line: ({ own }) =>
      `the run would delete ${listed(own, textWord)}, which the source does not have and the target probably needs`,
    next: ({ own: { first } }) =>
      `exclude ${first.length === 1 ? "it" : "them"} (${first
        .slice(0, 3)
        .map((path) => `--exclude=${textWord(`/${path}`)}`)
        .join(" ")})`,
    page: [
      "rsync-guard's own dry run shows that the run would delete something that usually belongs to the target alone, in a directory that stays: a repository, secrets, the settings of a web server or of an application.",
      `These names are known: ${targetsOwnNames.join(" ")}. limits.keep adds others; limits.keep_own = false removes these.`,
    ],
  },
  "plan-makes-older": {
    summary: "Most of the files that would be changed are newer in the target than what replaces them.",
    line: ({ older, share }) =>
      `the run would replace ${older.count} of ${older.compared} changed files by older ones: ${listed(older, textWord)} (limits.older is ${share.percent}%)`,
    next: () =>
      "check the direction: are source and destination swapped? For a rollback, let it go once (rsync-guard allow)",
    page: [
      "rsync-guard's own dry run shows that most of the files that would be changed are newer in the target than in the source: more than limits.older allows, and five or more. Without --times, the target's files are as old as their transfer, and only those of another size are compared.",
      "Usual causes: source and destination are swapped, the source is an old copy, or somebody has changed the target since. A rollback to an older release looks the same, if its files have kept their times: allow it once, or raise limits.older for its [[destination]]. With --update rsync leaves newer files as they are.",
    ],
  },
  "plan-deletes-backups": {
    summary: "The run would delete in its own `--backup-dir`, which lies in the destination.",
    line: ({ backups }) => `the run would delete in its own --backup-dir: ${listed(backups, textWord)}`,
    next: () => "exclude the backup directory from the run, or name one outside of the destination",
    page: [
      "The directory that --backup-dir names lies in the destination, and nothing excludes it. So a run that deletes takes the earlier backups for files that the source lacks, and moves or deletes them.",
    ],
  },
  "plan-joins-files": {
    summary: "`--append` would add to files that hold something else than the beginning of the source's.",
    line: ({ joined }) => `--append would add to files with another content: ${listed(joined, textWord)}`,
    next: () => "leave out --append, or use --append-verify",
    page: [
      "With --append rsync takes what the target has for the beginning of the source's file, without comparing it, and adds the rest. Here it is not the beginning: the result would be neither the one file nor the other. rsync-guard compares the beginning and the end of what is there, where both files are on this host.",
    ],
  },
  "plan-replaces-symlinks": {
    summary: "The run would delete a symlink that points out of the target, or replace it by a file or a directory.",
    line: ({ path, symlinks }) =>
      `the run would delete or replace ${symlinks.count === 1 ? "a symlink that points" : `${symlinks.count} symlinks that point`} out of ${showWord(path)}: ${listed(
        symlinks,
        ({ link, text }) => `${textWord(link)} -> ${textWord(text)}`,
      )}`,
    next: () => "exclude the symlinks, or add them to the source",
    page: [
      "rsync-guard's own dry run shows that symlinks would be deleted, or replaced by a file or a directory, although they point to something that exists outside the target: to media or a configuration shared by releases, for example. The files they point to would stay, but nothing would reach them any more, and later writes would go elsewhere.",
      "These are allowed: dangling symlinks, symlinks within the target, symlinks that the source replaces by other symlinks, and symlinks into the system (/usr, /bin, /lib, /proc and their kind).",
    ],
  },
  "plan-deletes-kept": {
    summary: "The run would delete or overwrite something that `limits.keep` names.",
    line: ({ keeps }) =>
      `the run would delete or replace files that the configuration keeps: ${listed(keeps, textWord)}`,
    next: () => "exclude it with a filter rule, or take it out of limits.keep",
    page: [
      "rsync-guard's own dry run shows that the run would delete or overwrite something that limits.keep in the configuration names, for the whole host or for this [[destination]].",
      "A name without a slash matches at any depth; a path with a slash is relative to the target. Everything below a kept directory is kept too. New files are allowed.",
    ],
  },
  "plan-changed": {
    summary: "The run would delete something that its dry run did not show.",
    line: ({ unapproved, overwritten, imported }) =>
      [
        ...(unapproved.count > 0
          ? [
              `delete ${entriesText(unapproved)} that ${imported ? unnamed : "its dry run did not show"}: ${listed(unapproved, textWord)}`,
            ]
          : []),
        ...(overwritten.count > 0
          ? [
              `overwrite ${entriesText(overwritten)} ${imported ? `that ${unnamed}` : "changed since its dry run"}: ${listed(overwritten, textWord)}`,
            ]
          : []),
      ]
        .join(", and ")
        .replace(/^/, "the run would "),
    next: ({ imported }) =>
      imported ? "make a new plan, have it signed, and import it; or make a dry run of this very command" : dryRunAgain,
    page: [
      "Before a live run that deletes, rsync-guard repeats its own dry run and compares it with the approved one. The run may delete less, but nothing more, and it may not overwrite more entries than that had named, if these came to the target or were changed there since. Here the source or the destination has changed in between.",
      "By a plan that was imported, the run may delete, overwrite and replace nothing that this plan does not name.",
    ],
  },
};

const wordsOf = <C extends Code>(refusal: RefusalOf<C>): CodeText<C> => words[refusal.code] as CodeText<C>;

export const lineOf = (refusal: Refusal): string => wordsOf(refusal).line(refusal);
export const nextOf = (refusal: Refusal): string => wordsOf(refusal).next(refusal);
export const summaryOf = (code: Code): string => words[code].summary;
export const pageOf = (code: Code): readonly string[] => words[code].page;

/** A share that is allowed: what it is now, to the next 5 %. */
const allowedShare = (part: number, whole: number): string =>
  `${Math.min(100, Math.ceil((part * 20) / Math.max(whole, 1)) * 5)}%`;

const allowingThisCode = ({ code }: Refusal): string => `allow = ["${code}"]`;

/** By code; of one that is not here a variable may be gone, the place is protected, or only the dry run is missing. */
const permanentLines: { readonly [C in Code]?: (refusal: RefusalOf<C>) => string } = {
  "empty-source": allowingThisCode,
  "same-names": allowingThisCode,
  "plan-too-large": ({ maxDelete, deleted, present }) =>
    `limits.max_delete = ${"entries" in maxDelete ? deleted : JSON.stringify(allowedShare(deleted, present))}`,
  "plan-deletes-releases": allowingThisCode,
  "plan-deletes-directory": ({ entries, present }) => `limits.whole_directory = "${allowedShare(entries, present)}"`,
  "plan-empties-directory": ({ deleted, present }) =>
    `limits.reduced_directory = "${allowedShare(deleted, present ?? deleted)}"`,
  "plan-deletes-own": () => "limits.keep_own = false",
  "plan-makes-older": () => 'limits.older = "100%"',
  "plan-deletes-backups": allowingThisCode,
  "plan-joins-files": allowingThisCode,
  "plan-replaces-symlinks": allowingThisCode,
};

/** The line for a [[destination]] that lets a run pass which is refused so; null: the configuration is not the way. */
export const permanentLine = (refusal: Refusal): string | null =>
  (permanentLines[refusal.code] as ((one: Refusal) => string) | undefined)?.(refusal) ?? null;

/** A lost variable explains the rest: that the destination is a directory of releases, or a protected one. */
export const causeFirst = (refusals: readonly Refusal[]): readonly Refusal[] => [
  ...refusals.filter(({ code }) => lostVariableCodes.has(code)),
  ...refusals.filter(({ code }) => !lostVariableCodes.has(code)),
];
