/** What a daemon hands to its `pre-xfer exec`: rsyncd.conf(5). Paths are relative to the module, whatever they begin with. */
import { posix } from "node:path";
import type { Bytes } from "../bytes.ts";
import { type GivenOption, has, type Parsed, parse } from "./parse.ts";

/** The arguments in RSYNC_ARG1, RSYNC_ARG2 and so on. */
export function daemonArguments(variables: ReadonlyMap<Bytes, Bytes>): readonly Bytes[] {
  const argv: Bytes[] = [];
  for (let word = variables.get("RSYNC_ARG1"); word !== undefined; word = variables.get(`RSYNC_ARG${argv.length + 1}`))
    argv.push(word);
  return argv;
}

/** These arguments, read as those of a server whose current directory is the module. */
export function daemonParsed(argv: readonly Bytes[], modulePath: Bytes): Parsed {
  const parsed = parse(argv, {});
  if ("unreadable" in parsed) return parsed;
  const { invocation } = parsed;
  const [directory = ".", ...paths] = invocation.operands;
  const inModule = (path: Bytes): Bytes =>
    path.startsWith("/") || path.split("/").includes("..") ? `.${posix.join("/", path)}` : path || ".";
  const withValue = (given: GivenOption): GivenOption =>
    given.value?.startsWith("/") && (has(given, "writes-path") || has(given, "reads-path"))
      ? { ...given, value: posix.join(modulePath, posix.join("/", given.value)) }
      : given;
  return {
    invocation: {
      ...invocation,
      options: invocation.options.map(withValue),
      operands: [directory, ...(paths.length > 0 ? paths : ["."]).map(inModule)],
      // the daemon has read them already
      secluded: false,
    },
  };
}
