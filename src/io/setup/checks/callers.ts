/** Checks of those who call rsync: whether what they call is the shim. */
import { existsSync } from "node:fs";
import {
  cronCalls,
  definitionIn,
  isNoLogin,
  isUnitPast,
  lastLine,
  rsyncPathsIn,
  securePath,
} from "../../../core/setup/calls.ts";
import type { ShellCalls } from "../../../core/setup/check.ts";
import { isShim } from "../../host/real-rsync.ts";
import { type Answer, type Checks, calledOf, filesIn, firstOn, type Host, linesIn, run } from "./asking.ts";

const isRoot = (): boolean => process.geteuid?.() === 0;

const shellOf = ({ env }: Host): string => env["SHELL"] || "/bin/sh";

/** What a shell says to `command -v rsync`. */
function shellCalls(shell: string, { exitCode, stdout }: Answer): ShellCalls {
  if (isNoLogin(shell)) return { is: "no-login", shell };
  if (exitCode === null) return { is: "silent", shell };
  const answer = lastLine(stdout);
  return answer === "" || answer.startsWith("/") ? calledOf(answer || null) : { is: "defined", as: answer };
}

/** As sshd starts a command on Debian; SHLVL and SSH_* make bash read its rc file, as it does then. */
const sshEnvironment = ({ env }: Host): Record<string, string> => ({
  HOME: env["HOME"] ?? "/",
  USER: env["USER"] ?? "",
  SHLVL: "0",
  SSH_CONNECTION: "127.0.0.1 1 127.0.0.1 22",
  SSH_CLIENT: "127.0.0.1 1 22",
  PATH: "/usr/local/bin:/usr/bin:/bin:/usr/games",
});

export const rootPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

/** Where a sudoers file sets no PATH, Debian's own value. */
const sudoPath = `${rootPath}:/sbin:/bin`;

export const crontabs = (): readonly { readonly table: string; readonly lines: readonly string[] }[] => {
  const directories = ["/etc/cron.d", "/var/spool/cron/crontabs", "/var/spool/cron"];
  const files = ["/etc/crontab", ...directories.flatMap(filesIn)];
  return [
    ...files.map((file) => ({ table: file, lines: linesIn(file) })),
    // only root can read the tables themselves
    ...(isRoot() ? [] : [{ table: "crontab -l", lines: run("crontab", ["-l"]).stdout.split("\n") }]),
  ];
};

export const callerChecks: Checks<
  "this shell" | "login shell" | "aliases" | "ssh command" | "sudo" | "cron" | "systemd units"
> = {
  "this shell": ({ env }) => calledOf(firstOn(env["PATH"] ?? "")),

  "login shell": (host) => shellCalls(shellOf(host), run(shellOf(host), ["-lc", "command -v rsync"])),

  aliases: (host) => {
    const shell = shellOf(host);
    const question = shell.endsWith("fish") ? "functions rsync; true" : "alias rsync; declare -f rsync; true";
    const { exitCode, stdout } = run(shell, ["-ic", question]);
    if (exitCode === null) return { is: "silent", shell };
    const definition = definitionIn(stdout);
    if (definition === null) return { is: "none" };
    const text = definition.split("\n").slice(0, 5).join(" ");
    return { is: rsyncPathsIn(definition).every(isShim) ? "by-name" : "by-path", text };
  },

  "ssh command": (host) =>
    shellCalls(shellOf(host), run(shellOf(host), ["-c", "command -v rsync"], sshEnvironment(host))),

  sudo: () => {
    if (!existsSync("/usr/bin/sudo")) return { is: "no-sudo" };
    const path = securePath(["/etc/sudoers", ...filesIn("/etc/sudoers.d")].flatMap(linesIn));
    if (path !== undefined || isRoot()) return calledOf(firstOn(path ?? sudoPath));
    const { exitCode, stdout } = run("sudo", ["-n", "sh", "-c", "command -v rsync"]);
    return exitCode === 0 ? calledOf(lastLine(stdout) || null) : { is: "needs-password" };
  },

  cron: () => {
    const jobs = crontabs().flatMap(({ table, lines }) =>
      cronCalls(lines)
        .filter(({ program, path }) => !isShim(program ?? firstOn(path) ?? ""))
        .map((job) => ({ table, ...job })),
    );
    if (jobs.length > 0) return { is: "past", jobs };
    return { is: isShim("/usr/bin/rsync") ? "diverted" : "none" };
  },

  "systemd units": () => {
    if (!existsSync("/usr/lib/systemd/systemd") && !existsSync("/lib/systemd/systemd")) return { is: "no-systemd" };
    const directories = ["/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system"];
    const units = [...new Set(directories.flatMap(filesIn))].filter((file) => isUnitPast(linesIn(file)));
    return units.length > 0 && !isShim("/usr/bin/rsync") ? { is: "past", units } : calledOf(firstOn(rootPath));
  },
};
