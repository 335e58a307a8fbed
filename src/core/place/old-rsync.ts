/** What an older rsync makes of the same command line. Only few depend on that, so the version is asked for them alone. */
import type { Bytes } from "../bytes.ts";
import type { Operand } from "../command/operand.ts";
import type { Invocation } from "../command/parse.ts";
import { endsOf, isElsewhere } from "./target.ts";

/** Major, minor, patch. */
export type Version = readonly [number, number, number];

/** From what `rsync --version` prints; null where it is no rsync's, as openrsync's. */
export function versionIn(text: string): Version | null {
  const [, ...parts] = /^rsync +version v?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  const [major, minor, patch] = parts.map(Number);
  return major === undefined || minor === undefined || patch === undefined ? null : [major, minor, patch];
}

function isBefore(version: Version, other: Version): boolean {
  const at = version.findIndex((part, index) => part !== other[index]);
  return at >= 0 && (version[at] ?? 0) < (other[at] ?? 0);
}

/** From then on rsync quotes a remote path itself; before, the remote shell splits and expands it. */
const quotesPaths: Version = [3, 2, 4];
/** Before, popt 1.19 loses the destination of a local copy with -M. */
const keepsOperands: Version = [3, 3, 0];

/** What a shell would split or expand, but for wildcards, which are expanded in any case. */
const special = /[^\w@%+=:,./~^*?[\]-]/;

const hasSpecialPath = (invocation: Invocation): boolean => {
  const { sources, destination } = endsOf(invocation);
  const ends: readonly Operand[] = [...sources, ...(destination ? [destination] : [])];
  return !invocation.oldArgs && ends.some(({ at, path }) => at === "shell" && special.test(path));
};

const hasLocalRemoteOption = (invocation: Invocation): boolean =>
  invocation.remoteOptions.some(({ by }) => by === "remote-option") && !isElsewhere(endsOf(invocation));

/** How the real rsync reads a command line: `asked` is called only where that depends on its version. */
export function readAs(
  invocation: Invocation,
  asked: () => Version | null,
): { readonly invocation: Invocation } | { readonly losesDestination: Bytes } {
  if (hasSpecialPath(invocation)) {
    const version = asked();
    // what can't be asked may be old
    return { invocation: version && !isBefore(version, quotesPaths) ? invocation : { ...invocation, oldArgs: true } };
  }
  if (hasLocalRemoteOption(invocation)) {
    const version = asked();
    const lost = invocation.remoteOptions.find(({ by }) => by === "remote-option");
    if (!version || isBefore(version, keepsOperands))
      return { losesDestination: `-M${lost && lost.as.length > 1 ? "--" : "-"}${lost?.as ?? ""}` };
  }
  return { invocation };
}
