/** What rsync-guard doctor looks at: a table of checks, each of which says what it found and what to do about it. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import picomatch from "picomatch";
import which from "which";
import { longOption } from "../core/options.ts";
import { bytesOf, shellWord } from "../core/text.ts";
import { checkOwner } from "./approvals.ts";
import { currentDirectory } from "./caller.ts";
import { ConfigError, readConfig } from "./config.ts";
import { machineFacts } from "./facts.ts";
import { configFiles, type Environment, stateDirectory } from "./look.ts";
import { findRealRsync, isShim } from "./real-rsync.ts";

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

/** Ends after a while: a person's shell may wait for something. */
function run(command: string, args: readonly string[], env?: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    timeout: 5000,
    stdio: ["ignore", "pipe", "pipe"],
    ...(env ? { env } : {}),
  });
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

/** The last line: a person's rc file may print others. */
const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

const thisShell: Check = ({ env }) =>
  guarded(firstOn(env["PATH"] ?? ""), `${install}; then put its directory first on PATH, and hash -r`);

const loginShell: Check = (host) => {
  const { status, stdout } = run(shell(host), ["-lc", "command -v rsync"]);
  return status === null
    ? warning(`${shell(host)} -l did not answer`, "look at the shell's rc files")
    : guarded(lastLine(stdout) || null, `put the shim's directory first on PATH in the login shell's rc file`);
};

const aliases: Check = (host) => {
  const { stdout } = run(shell(host), ["-ic", "alias rsync; declare -f rsync; true"]);
  const text = stdout.trim();
  if (!/rsync/.test(text)) return ok("none");
  return /\/rsync\b/.test(text) && !/\/\S*local\S*\/rsync\b/.test(text)
    ? failed(`${text.split("\n")[0]}`, "call rsync by its name, not by its path, in that alias or function")
    : ok(text.split("\n")[0] ?? "");
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

const cron: Check = () => {
  const files = ["/etc/crontab", ...namesIn("/etc/cron.d"), ...namesIn("/var/spool/cron/crontabs")];
  const jobs = files.flatMap((file) => {
    const lines = linesOf(file);
    const path = lines.findLast((line) => /^PATH=/.test(line))?.slice(5) ?? "/usr/bin:/bin";
    const uses = lines.filter((line) => !line.startsWith("#") && /\brsync\b/.test(line));
    return uses
      .filter((line) => !isShim((/(\/\S*\/rsync)\b/.exec(line)?.[1] ?? firstOn(path)) || ""))
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
  const files = ["/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system"].flatMap(namesIn);
  const past = [...new Set(files)].filter((file) =>
    linesOf(file).some((line) => /^Exec\w+=.*\/usr\/bin\/rsync\b(?!.*--daemon)/.test(line)),
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
  const { stdout } = run(shell(host), ["-c", "command -v rsync"], {
    HOME: host.env["HOME"] ?? "/",
    USER: host.env["USER"] ?? "",
    SHLVL: "0",
    SSH_CONNECTION: "127.0.0.1 1 127.0.0.1 22",
    SSH_CLIENT: "127.0.0.1 1 22",
    PATH: "/usr/local/bin:/usr/bin:/bin:/usr/games",
  });
  return guarded(lastLine(stdout) || null, `${install} (in /usr/local/bin), or ${divert}`);
};

const realRsync: Check = ({ env, shim }) => {
  const real = findRealRsync(env["PATH"], shim);
  if (!real) return failed("none", "apt-get install rsync");
  const [first = ""] = run(real.path, ["--version"]).stdout.split("\n");
  return ok(`${real.path}, ${first.trim().replace(/ +/g, " ")}`);
};

/** The long names in rsync's own help. */
export const unknownOptions = (help: string): readonly string[] => [
  ...new Set(
    [...help.matchAll(/--([a-z0-9]+(?:-[a-z0-9]+)*)(?![-\w])/g)].flatMap(([, name = ""]) =>
      longOption(name) ? [] : name,
    ),
  ),
];

const options: Check = ({ env, shim }) => {
  const real = findRealRsync(env["PATH"], shim);
  if (!real) return failed("there is no rsync to ask", "apt-get install rsync");
  const { stdout, stderr } = run(real.path, ["--help"]);
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

const valueIn = (file: string, name: string): string =>
  /^'?(.*?)'?$/.exec(
    linesOf(file)
      .find((line) => line.startsWith(`${name}=`))
      ?.slice(name.length + 1) ?? "",
  )?.[1] ?? "";

const node: Check = (host) => {
  const written = valueIn(shimInUse(host), "rsync_guard_node");
  const path =
    written || which.sync("node", { nothrow: true, path: `${host.env["PATH"] ?? ""}:/usr/local/bin:/usr/bin:/bin` });
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

const bundle: Check = (host) => {
  const shim = shimInUse(host);
  const path = valueIn(shim, "rsync_guard_bundle") || join(dirname(dirname(shim)), "dist/guard.cjs");
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
    const config = readConfig(files);
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
  if (!existsSync(directory)) return ok(`${directory} (not made yet)`);
  try {
    checkOwner(directory);
    accessSync(directory, constants.W_OK);
    return ok(directory);
  } catch (error) {
    return failed(
      (error as Error).message,
      `chown and chmod 700 ${shellWord(directory)}: until then no dry run counts`,
    );
  }
};

/** Other users' own shims: they hang on files that may be gone. */
const others: Check = ({ env }) => {
  const homes = linesOf("/etc/passwd").flatMap((line) => line.split(":")[5] ?? []);
  const shims = [...new Set(homes)]
    .flatMap((home) => [join(home, ".local/bin/rsync"), join(home, "bin/rsync")])
    .filter(
      (path) => path !== firstOn(env["PATH"] ?? "") && lstatSync(path, { throwIfNoEntry: false }) && isShim(path),
    );
  const broken = shims.filter((shim) => {
    const path = valueIn(shim, "rsync_guard_bundle");
    return path !== "" && !statSync(path, { throwIfNoEntry: false });
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
  guard: bundle,
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
