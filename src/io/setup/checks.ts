/** What rsync-guard doctor looks at: a table of checks, each of which says what it found and what to do about it. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import picomatch from "picomatch";
import which from "which";
import { bytesOf, textOf } from "../../core/bytes.ts";
import { longOption } from "../../core/command/options.ts";
import { shellWord } from "../../core/quoting.ts";
import { currentDirectory, type Environment } from "../host/environment.ts";
import { machineFacts } from "../host/facts.ts";
import { findRealRsync, isShim } from "../host/real-rsync.ts";
import { users } from "../host/users.ts";
import { checkOwner } from "../store/approvals.ts";
import { ConfigError, readConfig } from "../store/config-file.ts";
import { approvalsDirectory, configFiles, stateDirectory } from "../store/paths.ts";

export interface Finding {
  readonly status: "ok" | "warning" | "failed";
  readonly found: string;
  /** What to do, as a command where there is one; null where nothing has to be done. */
  readonly remedy: string | null;
}

export interface Host {
  readonly env: Environment;
  /** The shim beside this program. */
  readonly shim: string;
}

type Check = (host: Host) => Finding;

const ok = (found: string): Finding => ({ status: "ok", found, remedy: null });
const warning = (found: string, remedy: string): Finding => ({ status: "warning", found, remedy });
const failed = (found: string, remedy: string): Finding => ({ status: "failed", found, remedy });

const install = "rsync-guard install";
const divert = "rsync-guard install --divert";

/** Away from the terminal, and killed after a while with all that it has started: a person's shell may wait for something. */
function run(command: string, args: readonly string[], env?: Record<string, string>) {
  // Node hands it on, though its types for spawnSync lack it
  const session = { detached: true };
  const { pid, status, stdout, stderr } = spawnSync(command, args, {
    ...session,
    encoding: "utf8",
    timeout: 2000,
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "pipe"],
    ...(env ? { env } : {}),
  });
  if (status === null && pid)
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // none of them is left
    }
  return { status, stdout: stdout ?? "", stderr: stderr ?? "" };
}

const linesOf = (file: string): readonly string[] => {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
};

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return [];
  }
};

const firstOn = (path: string): string | null => which.sync("rsync", { nothrow: true, path });

/** Of a way in which rsync is called: whether the guard is what it finds. */
function guarded(first: string | null, remedy: string): Finding {
  if (!first) return warning("finds no rsync", remedy);
  return isShim(first) ? ok(first) : failed(`${first}, which is not the guard`, remedy);
}

const shell = ({ env }: Host): string => env["SHELL"] || "/bin/sh";

/** What a shell said that it would call: its last line, for a person's rc file may print others. */
function answered(host: Host, { status, stdout }: ReturnType<typeof run>, remedy: string): Finding {
  if (/\/(?:nologin|false)$/.test(shell(host))) return ok(`none, ${shell(host)}`);
  if (status === null) return silent(host);
  const first = lastLine(stdout);
  return first === "" || first.startsWith("/")
    ? guarded(first || null, remedy)
    : warning(first, "an alias or a function: see what it calls");
}

const silent = (host: Host): Finding => warning(`${shell(host)} did not answer`, "look at what its rc files wait for");

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

const thisShell: Check = ({ env }) =>
  guarded(firstOn(env["PATH"] ?? ""), `${install}; then put its directory first on PATH, and hash -r`);

const loginShell: Check = (host) =>
  answered(
    host,
    run(shell(host), ["-lc", "command -v rsync"]),
    "put the shim's directory first on PATH in the login shell's rc file",
  );

/** An rsync that is named by its path, and is not the guard. */
const pathsPast = (text: string): readonly string[] =>
  [...text.matchAll(/\/[^\s'";|&()]*\/rsync(?![\w.-])/g)].flatMap(([path]) => (isShim(path) ? [] : path));

const aliases: Check = (host) => {
  const ask = shell(host).endsWith("fish") ? "functions rsync; true" : "alias rsync; declare -f rsync; true";
  const { status, stdout } = run(shell(host), ["-ic", ask]);
  const definition = /^(?:(?:alias )?rsync=|rsync ?\(|function rsync\b)[\s\S]*/m.exec(stdout)?.[0].trim();
  if (status === null) return silent(host);
  if (definition === undefined) return ok("none");
  const text = definition.split("\n").slice(0, 5).join(" ");
  return pathsPast(definition).length > 0
    ? failed(text, "call rsync by its name, not by its path, in that alias or function")
    : ok(text);
};

/** From sudoers, where it can be read; Debian's own value else. */
const sudo: Check = () => {
  if (!existsSync("/usr/bin/sudo")) return ok("no sudo on this host");
  const texts = ["/etc/sudoers", ...namesIn("/etc/sudoers.d")].flatMap(linesOf);
  const set = texts.flatMap((line) => /^\s*Defaults\s+.*secure_path\s*=\s*"?([^"\s]+)/.exec(line)?.[1] ?? []).at(-1);
  if (set === undefined && process.geteuid?.() !== 0) {
    const { status, stdout } = run("sudo", ["-n", "sh", "-c", "command -v rsync"]);
    return status === 0
      ? guarded(lastLine(stdout) || null, divert)
      : warning("can't be found out without a password", "sudo rsync-guard doctor");
  }
  return guarded(firstOn(set ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), divert);
};

/** A word that calls rsync, by its name or its path; not rsync-guard, nor a script that is called after it. */
const call = /(?:^|[\s;&|("'`])(\/\S*\/)?rsync(?=[\s;&|)"'`]|$)/;

const cron: Check = () => {
  const files = [
    "/etc/crontab",
    ...namesIn("/etc/cron.d"),
    ...namesIn("/var/spool/cron/crontabs"),
    ...namesIn("/var/spool/cron"),
  ].map((file): readonly [string, readonly string[]] => [file, linesOf(file)]);
  // only root can read the tables themselves
  const own = process.geteuid?.() === 0 ? [] : run("crontab", ["-l"]).stdout.split("\n");
  const jobs = [...files, ["crontab -l", own] as const].flatMap(([file, lines]) => {
    const paths = lines.flatMap((line) => /^\s*PATH\s*=\s*["']?([^"']*)/.exec(line)?.[1]?.trim() ?? []);
    return lines
      .filter((line) => {
        const called = /^\s*#/.test(line) ? null : call.exec(line);
        return called && !isShim(called[1] ? `${called[1]}rsync` : (firstOn(paths.at(-1) ?? "/usr/bin:/bin") ?? ""));
      })
      .map((line) => `${file}: ${line.trim()}`);
  });
  return jobs.length > 0
    ? failed(
        `past the guard: ${jobs.join("; ")}`,
        `${divert}; or PATH=/usr/local/bin:/usr/bin:/bin at the top of the crontab`,
      )
    : isShim("/usr/bin/rsync")
      ? ok("/usr/bin/rsync is the guard")
      : ok("no job calls rsync (with cron's PATH, /usr/bin:/bin, it would go past the guard)");
};

const units: Check = () => {
  if (!existsSync("/usr/lib/systemd/systemd") && !existsSync("/lib/systemd/systemd"))
    return ok("no systemd on this host");
  const files = ["/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system"].flatMap(namesIn);
  const past = [...new Set(files)].filter((file) =>
    linesOf(file).some((line) => /^Exec\w+=.*\/usr\/bin\/rsync(?![\w.-])(?!.*--daemon)/.test(line)),
  );
  return past.length > 0 && !isShim("/usr/bin/rsync")
    ? failed(`past the guard, by /usr/bin/rsync: ${past.join(", ")}`, divert)
    : guardedUnits();
};

/** systemd's own PATH has /usr/local/bin before /usr/bin. */
const guardedUnits = (): Finding =>
  guarded(firstOn("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"), `${install} (in /usr/local/bin), or ${divert}`);

/** sshd's PATH on Debian, and the rc file that bash reads for a command. */
const ssh: Check = (host) => {
  const environment = {
    HOME: host.env["HOME"] ?? "/",
    USER: host.env["USER"] ?? "",
    SHLVL: "0",
    SSH_CONNECTION: "127.0.0.1 1 127.0.0.1 22",
    SSH_CLIENT: "127.0.0.1 1 22",
    PATH: "/usr/local/bin:/usr/bin:/bin:/usr/games",
  };
  const remedy = `${install} (in /usr/local/bin), or ${divert}`;
  return answered(host, run(shell(host), ["-c", "command -v rsync"], environment), remedy);
};

const fixedReal = (host: Host): string | null => valueIn(shimInUse(host), "rsync_guard_real") || null;

/** The one that the shim becomes. */
const realBehind = (host: Host): string | null =>
  findRealRsync(host.env["PATH"], host.shim, fixedReal(host))?.path ?? null;

const realRsync: Check = (host) => {
  const real = realBehind(host);
  const fixed = fixedReal(host);
  if (!real && fixed) return failed(`there is no ${fixed}`, `apt-get install --reinstall rsync, or ${install}`);
  if (!real) return failed("none", "apt-get install rsync");
  const [first = ""] = run(real, ["--version"]).stdout.split("\n");
  return ok(`${real}, ${first.trim().replace(/ +/g, " ")}`);
};

/** The long names in rsync's own help. */
export const unknownOptions = (help: string): readonly string[] => [
  ...new Set(
    [...help.matchAll(/--([a-z0-9]+(?:-[a-z0-9]+)*)(?![-\w])/g)].flatMap(([, name = ""]) =>
      longOption(name) ? [] : name,
    ),
  ),
];

const options: Check = (host) => {
  const real = realBehind(host);
  if (!real) return failed("there is no rsync to ask", "apt-get install rsync");
  const { stdout, stderr } = run(real, ["--help"]);
  const unknown = unknownOptions(stdout + stderr);
  return unknown.length > 0
    ? warning(
        `rsync knows options that are refused: ${unknown.map((name) => `--${name}`).join(" ")}`,
        "update rsync-guard",
      )
    : ok("all options of this rsync are known");
};

/** The shim that comes first, else the one beside this program. */
const shimInUse = ({ env, shim }: Host): string => {
  const first = firstOn(env["PATH"] ?? "");
  return first && isShim(first) ? first : shim;
};

/** What install has written behind a name. */
function valueIn(file: string, name: string): string {
  const line = linesOf(file).find((one) => one.startsWith(`${name}=`)) ?? "";
  return line
    .slice(name.length + 1)
    .replaceAll("'\\''", "\0")
    .replaceAll("'", "")
    .replaceAll("\0", "'");
}

/** What a shim starts, as the shim itself finds it: `node` is null for an executable, "" where there is none. */
function startedBy(shim: string, { env }: Host): { readonly node: string | null; readonly program: string } {
  const program = valueIn(shim, "rsync_guard_program");
  if (program !== "") return { node: valueIn(shim, "rsync_guard_node") || null, program };
  const executable = join(dirname(shim), "rsync-guard");
  if (existsSync(executable)) return { node: null, program: executable };
  const path = `${env["PATH"] ?? ""}:/usr/local/bin:/usr/bin:/bin`;
  return {
    node: which.sync("node", { nothrow: true, path }) ?? "",
    program: join(dirname(dirname(shim)), "dist/guard.cjs"),
  };
}

const node: Check = (host) => {
  const { node: path, program } = startedBy(shimInUse(host), host);
  if (path === null) return ok(`not needed: ${program} is an executable`);
  if (!path) return failed("none", "install Node 18 or newer (apt-get install nodejs)");
  const { status, stdout } = run(path, ["-p", "process.versions.node"]);
  if (status !== 0) return failed(`${path} can't be started`, `install Node 18 or newer, then ${install}`);
  if (Number.parseInt(stdout, 10) < 18)
    return failed(`${path} is ${stdout.trim()}`, `install Node 18 or newer, then ${install}`);
  return /\/\.(?:nvm|volta|fnm|asdf|local)\/|^\/home\//.test(path)
    ? warning(
        `${path}, ${stdout.trim()}: one user's, and gone with its next version`,
        `install the system's nodejs, then ${install}`,
      )
    : ok(`${path}, ${stdout.trim()}`);
};

const guard: Check = (host) => {
  const shim = shimInUse(host);
  const { program: path } = startedBy(shim, host);
  if (!existsSync(path))
    return failed(`there is no ${path}`, "install the package again, or npm run build in its folder");
  const { status, stdout } = run(shim, ["--version"]);
  return status === 0 && stdout.startsWith("rsync ")
    ? ok(`${shim} asks ${path}`)
    : failed(`${shim} --version ended with ${status}`, `see what it says: ${shellWord(shim)} --version`);
};

const configuration: Check = ({ env }) => {
  const files = configFiles(env).filter((file) => existsSync(file));
  if (files.length === 0) return ok("none: the built-in defaults");
  try {
    const config = readConfig(configFiles(env));
    const idle = [
      ...config.protect
        .filter((entry) => !existsSync(entry.replace(/\/\*\*$/, "") || "/"))
        .map((entry) => `protect ${entry}`),
      ...config.destinations.filter(({ path }) => !matchesAny(path)).map(({ path }) => `[[destination]] ${path}`),
    ];
    return idle.length > 0
      ? warning(`${files.join(", ")}: these match nothing on this host: ${idle.join(", ")}`, "check their spelling")
      : ok(files.join(", "));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return failed(error.message, "mend that line: until then every run is refused");
  }
};

/** Whether something on this host matches a pattern, component by component. */
function matchesAny(pattern: string): boolean {
  const walk = (at: string, [part, ...rest]: readonly string[]): boolean => {
    if (part === undefined || part === "**") return true;
    const isMatch = picomatch(part, { dot: true });
    return namesIn(at || "/").some((path) => isMatch(path.slice(path.lastIndexOf("/") + 1)) && walk(path, rest));
  };
  return pattern.startsWith("/")
    ? walk(
        "",
        pattern.split("/").filter((part) => part !== ""),
      )
    : true;
}

const popt: Check = ({ env }) => {
  const { HOME: home } = env;
  const facts = machineFacts({
    cwd: currentDirectory(),
    caller: process.pid,
    home: home === undefined ? home : bytesOf(home),
  });
  return facts.aliasFiles.length > 0
    ? failed(
        `these name rsync: ${facts.aliasFiles.join(", ")}`,
        "take these lines out: until then every run is refused",
      )
    : ok("none that names rsync");
};

const state: Check = ({ env }) => {
  const directory = stateDirectory(env);
  const there = [approvalsDirectory(env), directory].filter((path) => existsSync(path));
  try {
    there.forEach(checkOwner);
    accessSync(there[0] ?? nearest(directory), constants.W_OK);
    return ok(there.length > 0 ? directory : `${directory} (not made yet)`);
  } catch (error) {
    return failed(
      (error as Error).message,
      `it has to be yours alone, as with chown and chmod 700: until then no dry run counts; XDG_STATE_HOME names another place`,
    );
  }
};

/** The deepest directory above a path that there is. */
const nearest = (path: string): string => (existsSync(path) ? path : nearest(dirname(path)));

/** Other users' own shims: they hang on files that may be gone. */
const others: Check = ({ env }) => {
  const shims = [...new Set(users().map(({ home }) => textOf(home)))]
    .flatMap((home) => [join(home, ".local/bin/rsync"), join(home, "bin/rsync")])
    // existsSync: no error where another user's home can't be looked into
    .filter((path) => path !== firstOn(env["PATH"] ?? "") && existsSync(path) && isShim(path));
  const broken = shims.filter((shim) => {
    const path = valueIn(shim, "rsync_guard_program");
    return path !== "" && !existsSync(path);
  });
  return broken.length > 0
    ? failed(
        `these refuse everything, since their guard is gone: ${broken.join(", ")}`,
        "their owners: rsync-guard install --user",
      )
    : ok(shims.length > 0 ? shims.join(", ") : "none");
};

/** In the order in which they are shown. */
export const checks: Readonly<Record<string, Check>> = {
  "real rsync": realRsync,
  "its options": options,
  node,
  guard,
  "this shell": thisShell,
  "login shell": loginShell,
  aliases,
  "ssh command": ssh,
  sudo,
  cron,
  "systemd units": units,
  configuration,
  "popt files": popt,
  state,
  "other shims": others,
};
