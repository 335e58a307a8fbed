/**
 * What two runs on different machines have to have in common, so that the plan of the one stands for the other: the
 * fields of the fingerprint that mean the same there. The host is apart from them, since one plan may be for several.
 */
import { posix } from "node:path";
import { type Bytes, bytesOf, textOf } from "../bytes.ts";
import { isRemote, type Operand } from "../command/operand.ts";
import { allOptions, type Invocation } from "../command/parse.ts";
import { cleanPath, sendsContents } from "../paths.ts";
import { endsOf } from "../place/target.ts";
import {
  canonical,
  exact,
  type Fields,
  type FingerprintInputs,
  fingerprintVariables,
  isDescriptor,
} from "./fingerprint.ts";

export interface PortableInputs extends Pick<FingerprintInputs, "invocation" | "digests" | "environment"> {
  readonly cwd: Bytes | null;
  /** What rsync says of itself; null: nothing. */
  readonly version: string | null;
  /** The command that is the remote shell; null: none is started. */
  readonly shell: Bytes | null;
}

/** They may hold a password. */
const secretVariables: readonly string[] = ["RSYNC_PROXY", "RSYNC_CONNECT_PROG"];

/** The fields, or what keeps the plan of such a run from standing for one elsewhere. */
export function portableFieldsOf(inputs: PortableInputs): Fields | { readonly unseen: Bytes } {
  const { invocation, digests, environment, cwd, version } = inputs;
  const files: string[] = [];
  for (const [file, digest] of digests) {
    // a large one is told apart by its inode
    if (digest === null || !/^(?:none|[0-9a-f]{64})$/.test(digest)) return { unseen: file };
    files.push(`${exact(file)} ${digest}`);
  }
  const descriptor = allOptions(invocation).find(({ value }) => value !== null && isDescriptor(value))?.value;
  if (descriptor != null) return { unseen: descriptor };
  const secret = secretVariables.find((name) => environment[name] !== undefined);
  if (secret !== undefined) return { unseen: secret };
  if (version === null) return { unseen: "rsync --version" };
  const { sources, destination } = endsOf(invocation);
  if (destination === null || cwd === null) return { unseen: "." };
  return {
    rsync: version,
    "remote shell": inputs.shell === null ? "" : exact(inputs.shell),
    options: canonical(invocation.options),
    "remote options": canonical(invocation.remoteOptions),
    // a job's folder lies elsewhere on each machine
    sources: sources.map((source, at) => sourceField(source, invocation.operands[at] ?? "")).join(", "),
    destination: destinationField(destination, cwd),
    "named files": files.join(", "),
    environment: fingerprintVariables
      .filter((name) => environment[name] !== undefined)
      .map((name) => `${name}=${exact(bytesOf(environment[name] ?? ""))}`)
      .join(", "),
  };
}

/** With a slash at its end where what is in the directory is meant. */
const meant = (path: Bytes): Bytes => `${cleanPath(path)}${sendsContents(path) ? "/" : ""}`;

const sourceField = (source: Operand, word: Bytes): string => exact(isRemote(source) ? word : meant(source.path));

const destinationField = (destination: Operand, cwd: Bytes): string =>
  isRemote(destination)
    ? `${destination.at} ${destination.user === null ? "" : `${exact(destination.user)}@`}:${exact(destination.path)}`
    : exact(posix.resolve(cwd, destination.path));

/** The host that a run writes to; null: the one that it is started on. */
export function destinationHost(invocation: Invocation): string | null {
  const { destination } = endsOf(invocation);
  return destination && isRemote(destination) ? textOf(destination.host) : null;
}

/** The same command to another host. */
export function withHost(invocation: Invocation, host: string): readonly Bytes[] {
  const { argv, operands } = invocation;
  const { destination } = endsOf(invocation);
  if (!destination || !isRemote(destination)) return argv;
  const word = operands.at(-1) ?? "";
  const { user, host: before } = destination;
  const from = word.indexOf(before, user === null ? 0 : word.indexOf(`${user}@`) + user.length + 1);
  const changed = word.slice(0, from) + bytesOf(host) + word.slice(from + before.length);
  // what stands there in another sense makes the fields differ
  const at = argv.lastIndexOf(word);
  return argv.map((one, index) => (index === at ? changed : one));
}

const mostHosts = 256;

/** `web[1-9]`, `web[01-12].example.org`, `[a,b]`: the names that it stands for; null where it is no such pattern. */
export function hostsOf(pattern: string): readonly string[] | null {
  const found = /^([^[\]]*)\[([^[\]]+)\](.*)$/.exec(pattern);
  if (!found) return /^[\w.:-]+$/.test(pattern) ? [pattern] : null;
  const [, before = "", inside = "", after = ""] = found;
  const names = inside.split(",").flatMap((part) => {
    const [, low = "", high = ""] = /^(\d+)-(\d+)$/.exec(part) ?? [];
    if (low === "") return [part];
    const count = Number(high) - Number(low) + 1;
    if (count < 1 || count > mostHosts) return [""];
    return Array.from({ length: count }, (_, at) => String(Number(low) + at).padStart(low.length, "0"));
  });
  if (names.includes("")) return null;
  const rest = hostsAfter(after);
  const all = rest && names.flatMap((name) => rest.map((end) => `${before}${name}${end}`));
  return all && all.length <= mostHosts && all.every((name) => /^[\w.:-]+$/.test(name)) ? all : null;
}

const hostsAfter = (text: string): readonly string[] | null => (text === "" ? [""] : hostsOf(text));

/** `web[1-3],db1`: its patterns; a comma within brackets parts none. */
export const patternsIn = (text: string): readonly string[] => text.split(/,(?![^[]*\])/).map((one) => one.trim());
