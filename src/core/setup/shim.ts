/** The lines of an installed shim that say what it starts; a value that is empty is found beside the shim, and on PATH. */
import { shellWord } from "../quoting.ts";

export interface ShimValues {
  readonly node: string;
  readonly program: string;
  readonly real: string;
}

/** The text of a shim with these values, from that of shims/rsync. */
export const shimWith = (values: ShimValues, shim: string): string =>
  shim.replace(/^rsync_guard_(node|program|real)=$/gm, (line, name: keyof ShimValues) =>
    values[name] === "" ? line : `${line}${shellWord(values[name])}`,
  );

/** The text of a shim for a /bin/sh that does not know -p, as that of busybox. */
export const withoutPrivilegedMode = (shim: string): string => shim.replace(/^#!\/bin\/sh -p$/m, "#!/bin/sh");

/** Whether both are of one version, whatever install wrote into them. */
export const areOneVersion = (shim: string, other: string): boolean => asShipped(shim) === asShipped(other);

const asShipped = (shim: string): string =>
  withoutPrivilegedMode(shim.replace(/^(rsync_guard_(?:node|program|real)=).*$/gm, "$1"));

/** The values in the text of a shim. */
export function shimValues(text: string): ShimValues {
  const read = (name: keyof ShimValues) => unquote(new RegExp(`^rsync_guard_${name}=(.*)$`, "m").exec(text)?.[1] ?? "");
  return { node: read("node"), program: read("program"), real: read("real") };
}

const quoteInQuotes = "'\\''";

/** What shellWord() made the word of. */
const unquote = (word: string): string =>
  word
    .split(quoteInQuotes)
    .map((part) => part.replaceAll("'", ""))
    .join("'");
