/** The words of `rsync-guard doctor`: what each check found, and what to do about it. */
import { durationText } from "../duration.ts";
import { shellWord } from "../quoting.ts";
import type { Called, CheckFacts, CheckName } from "../setup/check.ts";
import { oldestNode } from "../setup/node.ts";
import { addPreset, clientsText } from "./clients.ts";
import { fileProblemText } from "./reasons.ts";

export interface Finding {
  readonly status: "ok" | "warning" | "failed";
  readonly found: string;
  /** What to do, as a command where there is one; null where nothing has to be done. */
  readonly remedy: string | null;
}

/** A finding for each fact of a union. */
type FindingsOf<F extends { readonly is: string }> = { readonly [I in F["is"]]: (fact: FactWhere<F, I>) => Finding };
type FactWhere<F, I> = F extends { readonly is: infer J } ? (I extends J ? F : never) : never;

const ok = (found: string): Finding => ({ status: "ok", found, remedy: null });
const warning = (found: string, remedy: string): Finding => ({ status: "warning", found, remedy });
const failed = (found: string, remedy: string): Finding => ({ status: "failed", found, remedy });

const install = "rsync-guard install";
const divert = "rsync-guard install --divert";
const either = `${install} (into /usr/local/bin), or ${divert}`;
const installNode = `install Node ${oldestNode} or newer`;

const called = (remedy: string): FindingsOf<Called> => ({
  nothing: () => warning("finds no rsync", remedy),
  shim: ({ path }) => ok(path),
  other: ({ path }) => failed(`calls ${path}, not rsync-guard`, remedy),
});

const silent = ({ shell }: { readonly shell: string }): Finding =>
  warning(`${shell} did not answer`, "look at what its rc files wait for");

const shellCalls = (remedy: string): FindingsOf<CheckFacts["login shell"]> => ({
  ...called(remedy),
  "no-login": ({ shell }) => ok(`none: ${shell} lets nobody log in`),
  silent,
  defined: ({ as }) => warning(`an alias or a function: ${as}`, "see what it calls: type rsync"),
});

const findings: { readonly [Name in CheckName]: FindingsOf<CheckFacts[Name]> } = {
  "real rsync": {
    none: () => failed("there is none", "apt-get install rsync"),
    gone: ({ path }) => failed(`there is no ${path}`, `apt-get install --reinstall rsync, or ${install}`),
    there: ({ path, version }) => ok(`${path}, ${version}`),
    openrsync: ({ path, version }) =>
      warning(`${path}, ${version}: no run that needs a plan is let go`, "apt-get install rsync"),
  },
  "its options": {
    "no-rsync": () => failed("there is no rsync to ask", "apt-get install rsync"),
    known: () => ok("rsync-guard knows all options of this rsync"),
    unknown: ({ names }) =>
      warning(
        `rsync-guard refuses these, which it does not know: ${names.map((name) => `--${name}`).join(" ")}`,
        "update rsync-guard",
      ),
  },
  node: {
    none: () => failed("there is none", `${installNode} (apt-get install nodejs)`),
    "not-needed": ({ program }) => ok(`not needed: ${program} is an executable`),
    slow: ({ path }) => warning(`${path} did not answer in time`, "look at this host's load, then ask again"),
    broken: ({ path }) => failed(`${path} can't be started`, `${installNode}, then ${install}`),
    "too-old": ({ path, version }) =>
      failed(`${path} is ${version}, which is too old`, `${installNode}, then ${install}`),
    personal: ({ path, version }) =>
      warning(
        `${path}, ${version}: it belongs to one user, and an update may remove it`,
        `install the system's nodejs, then ${install}`,
      ),
    fine: ({ path, version }) => ok(`${path}, ${version}`),
  },
  guard: {
    gone: ({ program }) =>
      failed(`there is no ${program}`, "install the package again, or npm run build in its folder"),
    works: ({ shim, program }) => ok(`${shim} asks ${program}`),
    old: ({ shim, program }) =>
      warning(`${shim} asks ${program}, but is of another version than this rsync-guard`, `${install} writes it anew`),
    slow: ({ shim }) => warning(`${shim} did not answer in time`, "look at this host's load, then ask again"),
    fails: ({ shim, exitCode }) =>
      failed(
        `${shim} --version ${exitCode === null ? "did not end" : `ended with exit code ${exitCode}`}`,
        `see what it says: ${shellWord(shim)} --version`,
      ),
  },
  "this shell": called(`${install}; then put its directory first on PATH, and run hash -r`),
  "login shell": shellCalls("put the shim's directory first on PATH in ~/.profile, or what your login shell reads"),
  aliases: {
    none: () => ok("none"),
    silent,
    "by-name": ({ text }) => ok(text),
    "by-path": ({ text }) => failed(text, "call rsync by its name, not by its path, in that alias or function"),
  },
  "ssh command": shellCalls(either),
  sudo: {
    ...called(divert),
    "no-sudo": () => ok("no sudo on this host"),
    "needs-password": () => warning("can't be checked without a password", "sudo rsync-guard doctor"),
  },
  cron: {
    none: () => ok("no job calls rsync past rsync-guard (with cron's default PATH, /usr/bin:/bin, it would)"),
    diverted: () => ok("/usr/bin/rsync is rsync-guard"),
    past: ({ jobs }) =>
      failed(
        `these jobs go past rsync-guard: ${jobs.map(({ table, line }) => `${table}: ${line}`).join("; ")}`,
        `${divert}; or PATH=/usr/local/bin:/usr/bin:/bin at the top of the crontab`,
      ),
  },
  "systemd units": {
    ...called(either),
    "no-systemd": () => ok("no systemd on this host"),
    past: ({ units }) => failed(`these units call /usr/bin/rsync, past rsync-guard: ${units.join(", ")}`, divert),
  },
  scripts: {
    guarded: ({ read, unread }) => ok(`${readText(read)}: none calls rsync past rsync-guard${unreadText(unread)}`),
    past: ({ read, unread, calls }) =>
      warning(
        `${readText(read)}: these call rsync past rsync-guard: ${calls
          .map(({ file, number, line }) => `${file}:${number}: ${line}`)
          .join("; ")}${unreadText(unread)}`,
        `${divert}; or call rsync by its name, with /usr/local/bin first on PATH`,
      ),
  },
  configuration: {
    none: () => ok("none: the built-in defaults apply"),
    fine: ({ files }) => ok(files.join(", ")),
    unmatched: ({ files, entries }) =>
      warning(
        `${files.join(", ")}: nothing on this host matches ${entries.map(({ key, pattern }) => `${key} ${pattern}`).join(", ")}`,
        "check the spelling",
      ),
    broken: ({ problem }) => failed(problem, "fix it: until then every run is refused"),
  },
  undo: {
    on: ({ keepFor }) => ok(`runs can be undone for ${durationText(keepFor)}: rsync-guard undo`),
    off: () => ok("off: no run can be undone"),
    missed: ({ places }) =>
      warning(`off, and runs delete in ${places.join(", ")}`, '[undo] keep_for = "7d" in /etc/rsync-guard.toml'),
    "no-configuration": () => ok("not known: the configuration can't be read"),
  },
  clients: {
    "not-diverted": () => ok("not checked: /usr/bin/rsync, which most programs call, is not rsync-guard"),
    observed: () => ok("none is refused: mode is observe"),
    none: () => ok("each known program that is installed has its lines of configuration"),
    refused: ({ names }) => warning(clientsText(names), names.map(addPreset).join("; ")),
  },
  "popt files": {
    none: () => ok("no alias file names rsync"),
    aliases: ({ files }) =>
      failed(
        `these alias files name rsync: ${files.join(", ")}`,
        "remove those lines: until then every run is refused",
      ),
  },
  state: {
    fine: ({ directory }) => ok(directory),
    "not-made": ({ directory }) => ok(`${directory} (not made yet)`),
    unusable: ({ problem }) =>
      failed(
        problem.problem === "unusable" ? `${problem.path} can't be used (${problem.error})` : fileProblemText(problem),
        "make it yours alone (chown, chmod 700), or name another place with XDG_STATE_HOME: until then no dry run counts",
      ),
  },
  "rsync daemon": {
    none: ({ file }) => ok(`there is no ${file}`),
    guarded: ({ file }) => ok(`${file}: each module that can be written to asks rsync-guard`),
    unguarded: ({ file, modules }) =>
      warning(
        `${file}: pushes to these modules go past rsync-guard: ${modules.join(", ")}`,
        "pre-xfer exec = /usr/local/bin/rsync-guard daemon-check",
      ),
  },
  "other shims": {
    none: () => ok("none"),
    fine: ({ shims }) => ok(shims.join(", ")),
    old: ({ shims }) =>
      warning(
        `these are of another version than this rsync-guard: ${shims.join(", ")}`,
        `have their owners run ${install} --user`,
      ),
    broken: ({ shims }) =>
      failed(
        `these refuse every run, because the rsync-guard that they ask is gone: ${shims.join(", ")}`,
        `have their owners run ${install} --user`,
      ),
  },
};

const readText = (read: number): string =>
  `${read} ${read === 1 ? "script" : "scripts"} of cron, systemd, git and shells read`;

const unreadText = (unread: readonly string[]): string =>
  unread.length > 0 ? `; not readable for this user: ${unread.join(", ")}` : "";

/** The words for what a check found out. */
export function findingOf<Name extends CheckName>(name: Name, fact: CheckFacts[Name]): Finding {
  const words = findings[name] as { readonly [I in CheckFacts[Name]["is"]]: (fact: never) => Finding };
  return words[fact.is as CheckFacts[Name]["is"]](fact as never);
}

/** A check that breaks is a finding too. */
export const brokenCheck = ({ message }: Error): Finding => failed(`the check itself failed: ${message}`, "report it");
