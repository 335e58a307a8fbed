/** The words of `rsync-guard install` and `uninstall`. */
import { shellWord } from "../quoting.ts";
import type { Changed, Installed, InstallProblem, InstallRisk, Reach } from "../setup/installation.ts";
import { addPreset, clientsText } from "./clients.ts";

const asRoot = "use sudo, or --user";

/** Why nothing was installed, or removed, and what to do about it. */
export function installProblemText(problem: InstallProblem): string {
  switch (problem.is) {
    case "foreign-file":
      return `${problem.path} is there, and install did not write it: ${
        problem.isDebians ? "install --divert takes its place" : "move it away"
      }, or name another --bin-dir`;
    case "not-written-by-install":
      return `${problem.path} was not written by install: nothing was removed`;
    case "not-root":
      return `${problem.path} belongs to root: ${asRoot}`;
    case "not-writable":
      return `${problem.path} can't be written (${problem.error}): ${asRoot}`;
    case "failed":
      return problem.error;
    case "other-piece":
      return `${problem.path} is there, and says something else than mode = "observe": change or remove it`;
    case "nothing-diverts":
      return "--divert needs dpkg-divert, which Debian and the systems made from it have, or rsync-guard's own rpm package: one of them keeps the shim in its place when rsync is upgraded";
    case "dpkg-divert-failed":
      return `dpkg-divert ${problem.args.join(" ")}: ${problem.said}`;
    case "no-rsync-to-divert":
      return `there is no rsync at ${problem.path} or ${problem.to}: apt-get install --reinstall rsync, or dnf reinstall rsync`;
    case "two-programs":
      return `${problem.path} and ${problem.to} are two different programs: find out which is the package's (dpkg -V rsync, rpm -V rsync), and move the other one away`;
    case "no-rsync":
      return "there is no rsync on PATH to put rsync-guard in front of: install rsync first";
    case "no-guard":
      return `there is no ${problem.path}: npm ci makes it`;
    case "kept-by-npx":
      return "npx keeps rsync-guard only for a while: npm install -g rsync-guard, then rsync-guard install";
  }
}

const changeLines = (changed: readonly Changed[]): readonly string[] =>
  changed.map(({ path, change }) => `${change.padEnd(9)}  ${path}`);

function reachLines(reach: Reach): readonly string[] {
  if (reach.is === "everything")
    return [`guarded: every call of rsync on this host, by ${reach.path} too; the real one is now ${reach.to}`];
  const { directory, real } = reach;
  return [
    reach.is === "first-on-path"
      ? `guarded: every call of rsync with ${directory} before ${real} on its PATH, as in this shell (in shells that are open, run hash -r)`
      : `guarded: nothing yet, because ${directory} does not come before ${real} on this PATH; put it there: export PATH=${shellWord(directory)}:"$PATH"`,
    `not guarded: calls of ${real} by its full path, and callers with another PATH (cron's is /usr/bin:/bin); install --divert guards these too`,
  ];
}

const riskText = (risk: InstallRisk): string =>
  risk.is === "personal-node"
    ? `node is ${risk.path}, not the system's: if it is removed, every run is refused until you call install again`
    : `rsync-guard is in a home directory (${risk.path}): other users may not be able to read it`;

export const installedLines = ({ changed, reach, risks, clients, undo }: Installed): readonly string[] => [
  ...changeLines(changed),
  ...reachLines(reach),
  ...risks.map(riskText),
  ...clients.map((name) => `${clientsText([name])}: ${addPreset(name)}`),
  "next:",
  "  rsync-guard doctor     says which calls go through it, and what to do about those that don't",
  "  rsync-guard log        shows what it let go and what it refused; man rsync-guard has the rest",
  `  rsync-guard uninstall${undo}   undoes it`,
];

export const uninstalledLines = (changed: readonly Changed[]): readonly string[] => [
  ...changeLines(changed),
  "in shells that are open, run hash -r",
];
