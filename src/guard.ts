/**
 * The shim's question: may this run? Answers on stdout with a fragment for the shim's shell, or refuses with exit 77
 * or 78 and words on stderr. After a dry run the shim comes back, to have it recorded.
 */
import { readFileSync, writeSync } from "node:fs";
import type { Approval } from "./core/approval.ts";
import { refusalText, warningText } from "./core/message.ts";
import { type Bytes, bufferOf, bytesOf, textOf } from "./core/text.ts";
import { exitCodeOf } from "./core/verdict.ts";
import { exactArguments, shellChanges, spareDescriptor } from "./io/caller.ts";
import { approvalsDirectory, type Decision, decide } from "./io/look.ts";

/** As for a command that can't be decided. */
const broken = 78;

/** What the shim keeps while a dry run is under way, and hands back when it has ended. */
interface Pending {
  /** Null where the run hangs on something that can't be seen, so that no dry run stands for it. */
  readonly approval: Approval | null;
  /** What the live run would be refused for, in words; empty for nothing. */
  readonly warning: string;
}

async function main(): Promise<number> {
  const [question, shim = "", ...argv] = exactArguments() ?? [];
  switch (question) {
    case "decide":
      return answer(await decide(argv, process.env, { shim: textOf(shim), fingerprint: false }));
    case "record":
      return record(Number(shim));
    default:
      say(
        "rsync-guard: refused, nothing ran: the arguments hold bytes that are not UTF-8, and there is no /proc to read them from\n",
      );
      return broken;
  }
}

function answer(decision: Decision): number {
  const { verdict, refusals } = decision;
  if (verdict === "refuse") {
    say(refusalText(decision, "refused, nothing ran"));
    return exitCodeOf(verdict, refusals);
  }
  if (verdict === "approve") {
    const warning = refusals.length > 0 ? warningText(decision) : "";
    write(1, dryRunFragment(startWords(decision), { approval: decision.approval, warning }));
    return 0;
  }
  if (refusals.length > 0) say(refusalText(decision, "mode is observe, so it runs; else it would be refused"));
  write(1, `exec ${startWords(decision)} "$@"`);
  return 0;
}

/** The words that start the real rsync, with the environment as it was before the shim's shell changed it. */
function startWords({ rsync }: Decision): Bytes {
  const path = quoted(bytesOf(rsync?.path ?? ""));
  const { set, unset } = shellChanges(process.ppid);
  const changes = [...unset.map((name) => `-u ${quoted(name)}`), ...set.map(quoted)];
  return changes.length > 0 ? `/usr/bin/env ${changes.join(" ")} ${path}` : path;
}

/** A dry run has to be waited for, which is the shim's work. */
function dryRunFragment(start: Bytes, pending: Pending): Bytes {
  const kept = JSON.stringify(pending).replace(/[\u0080-\uffff]/g, escapeCharacter);
  return `rsync_guard_dry_run ${quoted(kept)} '${spareDescriptor(process.ppid) ?? ""}' ${start} "$@"`;
}

const escapeCharacter = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A word for the shim's shell: between single quotes every byte but the quote itself stands for itself. */
const quoted = (word: Bytes): Bytes => `'${word.replaceAll("'", "'\\''")}'`;

/** Keeps the approval of a dry run that ended with that code. Never fails: rsync has run, and its exit code stands. */
async function record(code: number): Promise<number> {
  let warning = "";
  try {
    const pending: Pending = JSON.parse(readFileSync(0, "utf8"));
    warning = pending.warning;
    if (code !== 0) say(`rsync-guard: this dry run ended with exit code ${code}, so it does not count as one\n`);
    else if (pending.approval) {
      const { saveApproval } = await import("./io/approvals.ts");
      saveApproval(approvalsDirectory(process.env), { ...pending.approval, at: Date.now() });
    }
  } catch (error) {
    say(`rsync-guard: this dry run could not be recorded, so it does not count: ${(error as Error).message}\n`);
  }
  say(warning);
  return 0;
}

/** Where the shim has put the caller's stderr; 2 is for what Node itself has to say, which nobody should see. */
const stderr = 9;

const say = (text: string): void => write(stderr, bytesOf(text));

/** All of it, at once: what is left in a stream's buffer is lost when the process ends. */
function write(fd: number, bytes: Bytes): void {
  const buffer = bufferOf(bytes);
  for (let at = 0; at < buffer.length; ) {
    try {
      at += writeSync(fd, buffer, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN") continue;
      // nobody reads what people are told; but an answer that was not heard must not look like one
      if (fd === stderr) return;
      throw error;
    }
  }
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    say(
      `rsync-guard: refused, nothing ran: the guard failed: ${error.message}\n  next: report it, with the command; to go on without the guard, call rsync by its full path\n`,
    );
    process.exit(broken);
  },
);
