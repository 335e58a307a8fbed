/** What the journal holds: a line of JSON for each decision, and for each dry run that has ended. */
import type { Plan } from "./plan.ts";
import type { Code } from "./refusals.ts";
import type { Verdict } from "./verdict.ts";

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
  readonly cwd: string | null;
  /** Without the word rsync; secrets are masked. */
  readonly argv: readonly string[];
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
  readonly callers: readonly Caller[];
  /** How long the decision took, in milliseconds from the start of the guard. */
  readonly took: number;
}

/** The first digits of a fingerprint are enough to name a refusal. */
export const idOf = (fingerprint: string): string => fingerprint.slice(0, 8);

const mask = "***";

/** Arguments without passwords: in `rsync://user:secret@host`, behind --password-file, and behind sshpass -p. */
export const masked = (argv: readonly string[]): readonly string[] =>
  argv.map((word, at) =>
    argv[at - 1] === "--password-file"
      ? mask
      : word
          .replace(/^(--password-file=).*$/s, `$1${mask}`)
          .replace(/(rsync:\/\/[^/@:]*:)[^@]*@/gi, `$1${mask}@`)
          .replace(/(\bsshpass\s+-p\s*)(?:'[^']*'|"[^"]*"|\S+)/g, `$1${mask}`),
  );
