/** A check of the scripts that call rsync for somebody else: those of cron, systemd, git and shells, as far as they can be read. */
import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { type FoundCall, programsIn, scriptCalls, unitStarts } from "../../../core/setup/calls.ts";
import { isShim } from "../../host/real-rsync.ts";
import { type Checks, filesIn, firstOn, type Host, linesIn, run } from "./asking.ts";
import { crontabs, rootPath } from "./callers.ts";

/** A text that something starts, and the PATH that it has then. */
interface Start {
  readonly file: string;
  readonly path: string;
}

const cronPath = "/usr/bin:/bin";

/** Enough for a host's jobs: who has more has other means. */
const most = 500;

const started = (lines: readonly string[], path: string): readonly Start[] =>
  lines.filter((line) => !/^\s*#/.test(line)).flatMap((line) => programsIn(line).map((file) => ({ file, path })));

function fromCron(): readonly Start[] {
  const tables = crontabs().flatMap(({ lines }) => {
    const set = lines.flatMap((line) => /^\s*PATH\s*=\s*["']?([^"']*)/.exec(line)?.[1]?.trim() ?? []).at(-1);
    return started(lines, set ?? cronPath);
  });
  const parts = ["hourly", "daily", "weekly", "monthly"].flatMap((name) => filesIn(`/etc/cron.${name}`));
  return [...tables, ...parts.map((file) => ({ file, path: cronPath }))];
}

/** Those that were put there by hand: packages' own are in /lib. */
function fromUnits(home: string): readonly Start[] {
  const files = ["/etc/systemd/system", join(home, ".config/systemd/user")].flatMap(filesIn);
  return files.flatMap((file) => {
    const { lines, path } = unitStarts(linesIn(file));
    return started(lines, path ?? rootPath);
  });
}

function fromGit(path: string): readonly Start[] {
  const hooks = run("git", ["rev-parse", "--git-path", "hooks"]);
  if (hooks.exitCode !== 0) return [];
  const files = filesIn(hooks.stdout.trim()).filter((file) => !file.endsWith(".sample"));
  return files.map((file) => ({ file, path }));
}

const rcFiles = [
  ".profile",
  ".bash_profile",
  ".bash_login",
  ".bashrc",
  ".bash_aliases",
  ".zshenv",
  ".zprofile",
  ".zshrc",
];

const fromShells = (home: string, path: string): readonly Start[] =>
  [
    ...["/etc/profile", "/etc/bash.bashrc"],
    ...filesIn("/etc/profile.d"),
    ...rcFiles.map((name) => join(home, name)),
  ].map((file) => ({ file, path }));

/** Whether it is a script of a shell's, or one that shells read; null where it can't be told. */
function isText(file: string): boolean | null {
  const head = Buffer.alloc(256);
  try {
    if (!statSync(file).isFile()) return false;
    const fd = openSync(file, "r");
    try {
      return !head.subarray(0, readSync(fd, head)).includes(0);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? null : false;
  }
}

/** The path without links, so that a script is read once. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

export const scriptChecks: Checks<"scripts"> = {
  scripts: ({ env }: Host) => {
    const [home, path] = [env["HOME"] || "/", env["PATH"] ?? ""];
    const waiting = [...fromCron(), ...fromUnits(home), ...fromGit(path), ...fromShells(home, path)];
    const seen = new Set<string>();
    const unread: string[] = [];
    const calls: FoundCall[] = [];
    let read = 0;
    for (let next = waiting.shift(); next && read < most; next = waiting.shift()) {
      const { file, path: callers } = next;
      const real = realPath(file);
      if (seen.has(real)) continue;
      seen.add(real);
      const text = isText(file);
      if (text === null) unread.push(file);
      if (!text || isShim(file)) continue;
      read++;
      const lines = linesIn(file);
      for (const { number, line, program, path: own } of scriptCalls(lines, callers))
        if (!isShim(program ?? firstOn(own) ?? "")) calls.push({ file, number, line });
      waiting.push(...started(lines, callers));
    }
    return calls.length > 0 ? { is: "past", read, unread, calls } : { is: "guarded", read, unread };
  },
};
