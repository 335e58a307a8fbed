/** What an older or a patched rsync makes of the same command line. Few depend on that, so it is asked for them alone. */
import type { Bytes } from "../bytes.ts";
import { allOptions, type Invocation, type Unreadable } from "../command/parse.ts";
import { endsOf, forRemoteShell, isElsewhere } from "./target.ts";

/** Major, minor, patch. */
export type Version = readonly [number, number, number];

/** From what `rsync --version` prints; null where it is no rsync's, as openrsync's. */
export function versionIn(text: string): Version | null {
  const [, ...parts] = /^rsync +version v?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  const [major, minor, patch] = parts.map(Number);
  return major === undefined || minor === undefined || patch === undefined ? null : [major, minor, patch];
}

/** From the same. */
export const saysOpenrsync = (text: string): boolean => text.startsWith("openrsync");

function isBefore(version: Version, other: Version): boolean {
  const at = version.findIndex((part, index) => part !== other[index]);
  return at >= 0 && (version[at] ?? 0) < (other[at] ?? 0);
}

/** From then on rsync quotes for the remote shell; before, that splits and expands what it gets. */
const quotesWords: Version = [3, 2, 4];
/** From then on RSYNC_PROTECT_ARGS does what -s did before: the remote shell gets nothing to read. */
const readsProtectArgs: Version = [3, 1, 0];
/** From then on it is certain how the paths are cleaned that a client sends on standard input. */
const takesAwayDotDots: Version = [3, 5, 0];
/** Before, popt 1.19 loses the destination of a local copy with -M. */
const keepsOperands: Version = [3, 3, 0];

/** Whether that rsync is known to take away every `..` in these, with what stands before it. */
export const isLexical = (version: Version | null): boolean => version !== null && !isBefore(version, takesAwayDotDots);

/** What a shell would split or expand, but for wildcards, which are expanded in any case. */
const special = /[^\w@%+=:,./~^*?[\]-]/;

/** Options whose value stands on the far side's command line: in a push and a pull, and in a push only. */
const sentValues: readonly string[] = "backup-dir suffix checksum-choice compress-choice iconv max-alloc".split(" ");
const pushedValues: readonly string[] = [
  ...sentValues,
  ..."min-size max-size skip-compress partial-dir temp-dir compare-dest copy-dest link-dest".split(" "),
  ..."usermap groupmap chown".split(" "),
];

/** A word that is for the remote shell if rsync does not quote it: as it was typed, and what the shell gets of it. */
interface ShellWord {
  readonly word: Bytes;
  readonly text: Bytes;
  readonly isSource: boolean;
}

/** All that the remote shell gets unquoted with so much of `--old-args`. */
function wordsForShell(invocation: Invocation, oldArgs: Invocation["oldArgs"]): readonly ShellWord[] {
  if (oldArgs === 0) return [];
  const { sources, destination } = endsOf(invocation);
  const isPush = destination?.at === "shell";
  if (!(isPush || sources.some(({ at }) => at === "shell"))) return [];
  const values = oldArgs < 2 ? [] : isPush ? pushedValues : sentValues;
  const options = invocation.options
    .filter(({ option: { name } }) => name === "remote-option" || values.includes(name))
    .map(({ as, value }) => ({ word: `${as.length === 1 ? `-${as}` : `--${as}=`}${value}`, text: value ?? "" }));
  const { operands } = invocation;
  return [
    ...(isPush ? [{ word: operands.at(-1) ?? "", text: destination.path, isSource: false }] : []),
    ...sources.flatMap(({ at, path }, index) =>
      at === "shell" ? [{ word: operands[index] ?? "", text: path, isSource: true }] : [],
    ),
    ...options.map((one) => ({ ...one, isSource: false })),
  ];
}

/** A word of which the remote shell would make something else, so that it isn't known what is written or removed. */
export const unquotedWord = (invocation: Invocation): Bytes | null =>
  wordsForShell(invocation, invocation.oldArgs).find(
    ({ text, isSource }) => forRemoteShell.test(text) && (!isSource || invocation.removesSource),
  )?.word ?? null;

const hasLocalRemoteOption = (invocation: Invocation): boolean =>
  invocation.remoteOptions.some(({ by }) => by === "remote-option") && !isElsewhere(endsOf(invocation));

/** What the real rsync tells of itself, asked only where something depends on it. */
export interface AskedRsync {
  /** Null where it doesn't say. */
  version(): Version | null;
  /** What `--help` prints. */
  help(): Bytes;
  /** Another program, by OpenBSD, with a part of rsync's options. */
  isOpenrsync(): boolean;
}

/** An option that vendors patch in, and that this rsync lacks. */
function vendorsOption(invocation: Invocation, { help }: AskedRsync): Unreadable | null {
  const given = allOptions(invocation).filter(({ option }) => option.isVendors);
  const listed = new Set(given.length > 0 ? (help().match(/--[\w-]+/g) ?? []) : []);
  const lacking = given.find(({ option }) => !listed.has(`--${option.name}`));
  return lacking ? { argument: `--${lacking.as}`, problem: { is: "not-in-help" } } : null;
}

/** How the real rsync reads a command line. */
export function readAs(
  invocation: Invocation,
  asked: AskedRsync,
): { readonly invocation: Invocation } | { readonly losesDestination: Bytes } | { readonly unreadable: Unreadable } {
  const unreadable = vendorsOption(invocation, asked);
  if (unreadable) return { unreadable };
  if (invocation.oldArgs < 2 && wordsForShell(invocation, 2).some(({ text }) => special.test(text))) {
    const version = asked.version();
    const since = invocation.secluded ? readsProtectArgs : quotesWords;
    // what can't be asked may be old
    return { invocation: version && !isBefore(version, since) ? invocation : { ...invocation, oldArgs: 2 } };
  }
  if (hasLocalRemoteOption(invocation)) {
    const version = asked.version();
    const lost = invocation.remoteOptions.find(({ by }) => by === "remote-option");
    if (!version || isBefore(version, keepsOperands))
      return { losesDestination: `-M${lost && lost.as.length > 1 ? "--" : "-"}${lost?.as ?? ""}` };
  }
  return { invocation };
}
