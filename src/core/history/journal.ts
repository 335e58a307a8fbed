/** What the journal holds: a line of JSON for each decision, and for each dry run that has ended. */

import { textOf } from "../bytes.ts";
import type { Code } from "../codes.ts";
import type { Decision, Verdict } from "../judge/decision.ts";
import type { Risk } from "../judge/verdict.ts";
import type { Plan } from "../plan/plan.ts";

/** A process that led to the call, the nearest first. */
export interface Caller {
  readonly name: string;
  /** Its command line, cut where it is long. */
  readonly command: string;
}

export interface Entry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly host: string;
  readonly user: string;
  /** Who called sudo; null for nobody. */
  readonly sudoUser: string | null;
  /** SSH_CONNECTION; null where there is none. */
  readonly ssh: string | null;
  /** Whether it has a controlling terminal, as a job of cron or CI has none; null where that can't be known. */
  readonly terminal: boolean | null;
  readonly cwd: string | null;
  /** Without the word rsync; secrets are masked, and of a list that is very long the middle is left out. */
  readonly argv: readonly string[];
  /** That of the invocation; `allow` and `import` for what these commands did. */
  readonly kind: string | null;
  readonly targets: readonly string[];
  /**
   * `run`, `approve` (a dry run begins), `refuse`; `observed`: it ran since the mode is observe, and would be refused;
   * `allowed`: it was let go by `rsync-guard allow`; `recorded`: a dry run has ended and counts; `failed`: it doesn't.
   */
  readonly verdict: Verdict | "observed" | "allowed" | "recorded" | "failed";
  readonly codes: readonly Code[];
  /** The fingerprint of the run, where it was asked for. */
  readonly fingerprint: string | null;
  /** When the approval that it ran by was made: milliseconds since 1970. */
  readonly approvedAt: number | null;
  readonly plan: Plan | null;
  /** What it could lose; null: not known, as where the command line could not be read. */
  readonly risk: Risk | null;
  /** What it deletes and replaces is set aside: for `rsync-guard undo`, until then (milliseconds since 1970). */
  readonly undo: { readonly id: string; readonly until: number } | null;
  readonly callers: readonly Caller[];
  /** How long the decision took, in milliseconds from the start of the guard. */
  readonly took: number;
}

/** What a decision, or what came of it, puts into the journal; who, where and when are found out as it is written. */
export type JournalEvent = Pick<
  Entry,
  "argv" | "kind" | "targets" | "verdict" | "codes" | "fingerprint" | "approvedAt" | "plan" | "risk" | "undo"
>;

export const eventOf = (
  decision: Decision,
  verdict: JournalEvent["verdict"],
  undo: Entry["undo"] = null,
): JournalEvent => ({
  argv: decision.argv.map(textOf),
  kind: decision.invocation?.kind ?? null,
  targets: decision.targets.map(({ path }) => textOf(path)),
  verdict,
  codes: [...new Set(decision.refusals.map(({ code }) => code))],
  fingerprint: decision.record?.fingerprint ?? null,
  approvedAt: decision.matchingApproval?.at ?? null,
  plan: decision.plan?.plan ?? null,
  risk: decision.invocation && decision.inputs ? decision.risk : null,
  undo,
});

/** The first digits of a fingerprint are enough to name a refusal. */
export const idOf = (fingerprint: string): string => fingerprint.slice(0, 8);

const mask = "***";

/** A value in the text of a command: quoted, or up to the next blank. */
const value = `(?:'[^']*'|"[^"]*"|\\S+)`;

const secrets: readonly (readonly [pattern: RegExp, masked: string])[] = [
  [/^(--password-file|-M--password-file|RSYNC_PASSWORD|SSHPASS)=.*$/s, `$1=${mask}`],
  [new RegExp(`(--password-file[= ]\\s*|\\b(?:RSYNC_PASSWORD|SSHPASS)=)${value}`, "g"), `$1${mask}`],
  [new RegExp(`(\\bsshpass\\s(?:.*?\\s)?-p\\s*)${value}`, "gs"), `$1${mask}`],
  // `host:873/` is a port; a password ends at the last @ before a slash, or, if it holds a slash, at the first one
  [/(rsync:\/{1,2}[^/@:[\s]*:)(?!\d*(?:[/\s]|$))(?:[^/\s]*@|[^@\s]*@)/gi, `$1${mask}@`],
];

/** Words of a command without passwords: in `rsync://user:secret@host`, behind --password-file, and behind sshpass -p. */
export function maskSecrets(words: readonly string[]): readonly string[] {
  const sshpass = words.findIndex((word) => /(?:^|\/)sshpass$/.test(word));
  const password = sshpass < 0 ? -1 : words.findIndex((word, at) => at > sshpass && word.startsWith("-p"));
  return words.map((word, at) => {
    if (words[at - 1] === "--password-file") return mask;
    if (at === password && word !== "-p") return `-p${mask}`;
    if (password >= 0 && at === password + 1 && words[password] === "-p") return mask;
    return secrets.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), word);
  });
}

/** A list of words that fits into `most` characters: of a longer one, the first and the last words. */
export function shortenList(words: readonly string[], most: number): readonly string[] {
  const fitting = (list: readonly string[], room: number): number => {
    let left = room;
    const end = list.findIndex((word) => {
      left -= word.length;
      return left < 0;
    });
    return end < 0 ? list.length : end;
  };
  if (fitting(words, most) === words.length) return words;
  const first = fitting(words, most / 2);
  const last = fitting([...words].reverse(), most / 2);
  const between = words.length - first - last;
  return [...words.slice(0, first), `(${between} more)`, ...words.slice(words.length - last)];
}
