/**
 * Where an entry goes besides the journal: to journald or syslog, and to the program that the configuration names. Nothing
 * depends on either: the run's verdict stands, and neither is waited for longer than a moment.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { Entry } from "../../core/history/journal.ts";
import { journaldFields, syslogMessage } from "../../core/history/journal-copy.ts";

/** The longest that the run waits for a copy, in milliseconds. */
const patience = 2000;

/** The longest that the program may take, in seconds. */
const programsTime = 60;

const journald = "/run/systemd/journal/socket";

/** With fields of its own where journald runs, and this logger knows it; else to syslog. */
export function toSystemLog(entry: Entry): void {
  const log = (args: readonly string[], input: string) =>
    spawnSync("logger", args, { stdio: ["pipe", "ignore", "ignore"], input: Buffer.from(input), timeout: patience })
      .status;
  if (existsSync(journald) && log(["--journald"], journaldFields(entry)) === 0) return;
  const options = ["-t", "rsync-guard", "-p", "auth.notice", "--size", "8KiB"];
  log(options, `${syslogMessage(entry)}\n`);
}

/** Whether somebody may want to hear of it at once. */
const isNews = ({ verdict, kind }: Entry): boolean => verdict === "refuse" || verdict === "observed" || kind === "undo";

/**
 * Gives the entry to that program, which goes on in a session of its own. sh has read all of it before it starts the
 * program, so that a program that reads nothing holds up nobody.
 */
export function notify(entry: Entry, program: string, home: string): void {
  if (!isNews(entry)) return;
  const script = `entry=$(cat); { printf '%s\\n' "$entry" | timeout -k 5 ${programsTime} "$0"; } >/dev/null 2>&1 &`;
  // the caller's variables may be anything; Node hands detached on, though its types for spawnSync lack it
  const options = {
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: home },
    detached: true,
  };
  spawnSync("/bin/sh", ["-p", "-c", script, program], {
    ...options,
    stdio: ["pipe", "ignore", "ignore"],
    input: Buffer.from(JSON.stringify(entry)),
    timeout: patience,
  });
}
