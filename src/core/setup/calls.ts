/** How rsync is called on a host: read from crontabs, unit files, sudoers, and what a shell says of itself. */

/** A cron job that calls rsync. */
export interface CronCall {
  readonly line: string;
  /** The path by which it is called; null: by its name, on the job's PATH. */
  readonly program: string | null;
  readonly path: string;
}

const cronPath = "/usr/bin:/bin";

/** A word that calls rsync, by its name or its path; not rsync-guard, nor a script that is named after it. */
const call = /(?:^|[\s;&|("'`])(\/\S*\/)?rsync(?=[\s;&|)"'`]|$)/;

/** The jobs of a crontab that call rsync. */
export function cronCalls(lines: readonly string[]): readonly CronCall[] {
  const path = lines.flatMap((line) => /^\s*PATH\s*=\s*["']?([^"']*)/.exec(line)?.[1]?.trim() ?? []).at(-1);
  return lines
    .filter((line) => !/^\s*#/.test(line))
    .flatMap((line) => {
      const found = call.exec(line);
      if (!found) return [];
      const [, directory] = found;
      return { line: line.trim(), program: directory ? `${directory}rsync` : null, path: path ?? cronPath };
    });
}

/** A call in a script. */
export interface FoundCall {
  readonly file: string;
  /** Of its line, from 1. */
  readonly number: number;
  readonly line: string;
}

/** Where a shell takes a word for a command: at the start of one, or behind what starts another. */
const command =
  /(?:^|[;&|(`{]|\b(?:exec|eval|sudo|nice|ionice|nohup|env|time|then|do|else|if|while|until)\b|!)\s*(?:[A-Za-z_]\w*=\S*\s+|-[ucn]\s*\S+\s+|-\S+\s+)*rsync(?=[\s;&|)"'`]|$)/;

/** A path, but for one that is only tested for. */
const path = /(?<!-[xefr]\s*)(?:^|[\s;&|("'`=])(\/(?:[^\s;&|()"'`=]*\/)?rsync)(?![\w./-])/;

/**
 * The lines of a shell script that call rsync: by a path (`program`), or by the name, on the PATH that the script has set
 * by then, or its caller's.
 */
export function scriptCalls(
  lines: readonly string[],
  callersPath: string,
): readonly (Omit<FoundCall, "file"> & { readonly program: string | null; readonly path: string })[] {
  let current = callersPath;
  return lines.flatMap((line, at) => {
    if (/^\s*#/.test(line)) return [];
    const set = /^\s*(?:export\s+|declare\s+-x\s+)?PATH=["']?([^"';\s]*)/.exec(line)?.[1];
    // directories that a variable names are not known
    if (set !== undefined)
      current = set
        .replace(/\$\{?PATH(?::[^}]*)?\}?/g, current)
        .split(":")
        .filter((one) => one.startsWith("/") && !one.includes("$"))
        .join(":");
    const program = path.exec(line)?.[1] ?? null;
    return program !== null || command.test(line)
      ? [{ number: at + 1, line: line.trim(), program, path: current }]
      : [];
  });
}

/** The absolute paths in a line of a job, a unit or a script: what it may start. */
export const programsIn = (line: string): readonly string[] =>
  line.match(/(?<![\w.~$}*-])\/(?:[\w.+@-]+\/)*[\w.+@-]+/g) ?? [];

/** What a unit starts, and the PATH that it gives. */
export function unitStarts(lines: readonly string[]): {
  readonly lines: readonly string[];
  readonly path: string | null;
} {
  const set = lines.flatMap((line) => /^Environment=.*\bPATH=([^"'\s]*)/.exec(line)?.[1] ?? []);
  return { lines: lines.filter((line) => /^Exec\w+=/.test(line)), path: set.at(-1) ?? null };
}

/** Whether a unit file calls Debian's rsync by its path; daemons are rsyncd.conf's business. */
export const isUnitPast = (lines: readonly string[]): boolean =>
  lines.some((line) => /^Exec\w+=.*\/usr\/bin\/rsync(?![\w.-])(?!.*--daemon)/.test(line));

/** The PATH of commands that sudo starts, as sudoers sets it; the last one counts. */
export const securePath = (lines: readonly string[]): string | undefined =>
  lines.flatMap((line) => /^\s*Defaults\s+.*secure_path\s*=\s*"?([^"\s]+)/.exec(line)?.[1] ?? []).at(-1);

/** What is called `rsync` in a shell besides the program, from the output of `alias` and `declare -f` or `functions`. */
export const definitionIn = (output: string): string | null =>
  /^(?:(?:alias )?rsync=|rsync ?\(|function rsync\b)[\s\S]*/m.exec(output)?.[0].trim() ?? null;

/** The paths by which a script calls an rsync. */
export const rsyncPathsIn = (script: string): readonly string[] =>
  script.match(/\/[^\s'";|&()]*\/rsync(?![\w.-])/g) ?? [];

/** What a person's shell answered, if it did: an rc file may print lines before that. */
export const lastLine = (output: string): string => output.trim().split("\n").at(-1) ?? "";

/** Whether it is the shell of an account that nobody logs in to. */
export const isNoLogin = (shell: string): boolean => /\/(?:nologin|false)$/.test(shell);
