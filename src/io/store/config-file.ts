/** Reads and checks the configuration: /etc/rsync-guard.toml, then the user's. */
import { readFileSync, statSync } from "node:fs";
import { posix } from "node:path";
import picomatch from "picomatch";
import { parse, TomlError } from "smol-toml";
import { type AST, parseTOML } from "toml-eslint-parser";
import * as v from "valibot";
import { bytesOf } from "../../core/bytes.ts";
import { type Code, codes, undecidableCodes } from "../../core/codes.ts";
import {
  builtInConfig,
  type Config,
  type Destination,
  type Limits,
  type Overlay,
  overlaid,
} from "../../core/configuration/settings.ts";
import { selfAndAncestors } from "../../core/paths.ts";

/** A configuration that can't be used: where it is wrong, and how. */
export class ConfigError extends Error {}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const duration = v.pipe(
  v.string(),
  v.regex(/^\d+[smhd]$/, 'must be a number and a unit, like "15m" (s, m, h, d)'),
  v.transform((text) => Number.parseInt(text, 10) * (units[text.slice(-1)] ?? 0)),
);

const configurableCodes = codes.filter((code) => !undecidableCodes.has(code));
const code = v.picklist(configurableCodes, ({ input }) =>
  typeof input !== "string"
    ? "must be a code, as a string"
    : `${JSON.stringify(input)} is not a code that can be allowed${undecidableCodes.has(input as Code) ? ": it says that the command can't be read" : ""}`,
);

const oneOf = <const T extends readonly string[]>(words: T) =>
  v.picklist(words, `must be one of ${words.map((word) => JSON.stringify(word)).join(", ")}`);

const isPattern = (text: string): boolean => {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
};

const absolute = v.pipe(v.string(), v.startsWith("/", "must be an absolute path"));
const numberOrShare = 'must be a number, or a share like "50%"';
const share = v.pipe(v.string(), v.regex(/^(?:100|\d{1,2})%$/, numberOrShare));
const relative = v.pipe(
  v.string(),
  v.regex(/^(?!\.\.(?:\/|$))[^/]/, "must be a path that is relative to the destination"),
);

const overlay = {
  mode: v.optional(oneOf(["enforce", "observe"])),
  allow: v.optional(v.array(code)),
  dry_run: v.optional(
    v.strictObject({
      required: v.optional(oneOf(["always", "risky", "deletes", "never", "auto"])),
      fresh_for: v.optional(duration),
      session: v.optional(oneOf(["tty", "always", "never"])),
      remote_plan: v.optional(oneOf(["try", "require", "never"])),
    }),
  ),
  limits: v.optional(
    v.strictObject({
      max_delete: v.optional(
        v.union([v.pipe(v.number(), v.integer(numberOrShare), v.minValue(0, numberOrShare)), share], numberOrShare),
      ),
      keep: v.optional(v.array(relative)),
    }),
  ),
};

/** What a file may hold. */
export const schema = v.strictObject({
  ...overlay,
  locked: v.optional(v.boolean()),
  protect: v.optional(v.array(absolute)),
  journal: v.optional(v.strictObject({ syslog: v.optional(v.boolean()) })),
  destination: v.optional(
    v.array(
      v.strictObject({
        ...overlay,
        path: v.pipe(v.string(), v.nonEmpty("must not be empty")),
        name: v.optional(v.pipe(v.string(), v.check(isPattern, "must be a regular expression"))),
      }),
    ),
  ),
  receiver: v.optional(v.strictObject(overlay)),
});

type ConfigFile = v.InferOutput<typeof schema>;

const overlayOf = ({ mode, allow, dry_run: dryRun, limits }: Pick<ConfigFile, keyof typeof overlay>): Overlay => ({
  mode,
  allow: allow as readonly Code[] | undefined,
  dryRun: dryRun && {
    required: dryRun.required,
    freshFor: dryRun.fresh_for,
    session: dryRun.session,
    remotePlan: dryRun.remote_plan,
  },
  limits: limits && { maxDelete: maxDeleteOf(limits.max_delete), keep: limits.keep?.map(keptBy) },
});

const maxDeleteOf = (written: string | number | undefined): Limits["maxDelete"] | undefined =>
  typeof written === "string"
    ? { percent: Number.parseInt(written, 10) }
    : written === undefined
      ? written
      : { entries: written };

/** As in a .gitignore: a name without a slash is meant at any depth. What lies below something kept is kept, too. */
function keptBy(pattern: string): Limits["keep"][number] {
  const isMatch = matcherOf(pattern.replace(/\/+$/, ""));
  const anywhere = !pattern.replace(/\/+$/, "").includes("/");
  return {
    pattern,
    matches: (path) =>
      [...selfAndAncestors(path)].some((at) => isMatch(at) || (anywhere && isMatch(posix.basename(at)))),
  };
}

/** picomatch's own functions take more arguments, which some() and find() would give them. */
function matcherOf(pattern: string): (path: string) => boolean {
  const isMatch = picomatch(pattern, { dot: true });
  return (path) => isMatch(path);
}

const destinationOf = (written: NonNullable<ConfigFile["destination"]>[number]): Destination => ({
  ...overlayOf(written),
  path: written.path,
  matches: matcherOf(written.path),
  matchesParent: matcherOf(posix.dirname(written.path)),
  name: written.name === undefined ? null : new RegExp(written.name, "u"),
});

/**
 * The configuration of the files that exist, the later ones on top. `protect` adds up; of a file after one that is
 * locked, only `protect` counts. Throws ConfigError.
 */
export function readConfig(files: readonly string[]): Config {
  let config = builtInConfig;
  let locked = false;
  for (const file of files) {
    const written = readFile(file);
    if (!written) continue;
    config = locked
      ? { ...config, protect: [...config.protect, ...(written.protect ?? []).map(bytesOf)] }
      : {
          protect: [...config.protect, ...(written.protect ?? []).map(bytesOf)],
          settings: overlaid(
            { ...config.settings, allow: written.allow ? [] : config.settings.allow },
            overlayOf(written),
          ),
          destinations: [...(written.destination ?? []).map(destinationOf), ...config.destinations],
          receiver: receiverOf(config.receiver, written),
          syslog: written.journal?.syslog ?? config.syslog,
        };
    locked ||= written.locked === true;
  }
  return config;
}

/** What a file says of all runs counts for receivers too; the built-in exception for them then ends. */
function receiverOf(before: Overlay, { dry_run: general, receiver = {} }: ConfigFile): Overlay {
  const { mode, allow, dryRun, limits } = overlayOf(receiver);
  const known = general?.required === undefined ? before.dryRun : { ...before.dryRun, required: undefined };
  return {
    mode: mode ?? before.mode,
    allow: allow ?? before.allow,
    dryRun: {
      required: dryRun?.required ?? known?.required,
      freshFor: dryRun?.freshFor ?? known?.freshFor,
      session: dryRun?.session ?? known?.session,
      remotePlan: dryRun?.remotePlan ?? known?.remotePlan,
    },
    limits: limits ?? before.limits,
  };
}

function readFile(file: string): ConfigFile | null {
  let text: string;
  try {
    const stats = statSync(file);
    if (stats.mode & 0o022)
      throw new ConfigError(
        `${file}: others may write it (mode ${(stats.mode & 0o777).toString(8)}): chmod go-w ${file}`,
      );
    if (stats.uid !== 0 && stats.uid !== process.geteuid?.())
      throw new ConfigError(`${file}: belongs to another user (uid ${stats.uid})`);
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new ConfigError(`${file}: can't be read (${code ?? message})`);
  }
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split("\n", 1)[0]?.replace(/^Invalid TOML document: /, "");
    throw new ConfigError(`${file}:${error.line}: ${what}`);
  }
  const checked = v.safeParse(schema, raw);
  if (checked.success) return checked.output;
  const issue = checked.issues[0];
  const key = issue.path?.map((item) => item.key as string | number) ?? [];
  const name = key.filter((part) => typeof part === "string").join(".");
  throw new ConfigError(`${file}:${lineOf(text, key)}: ${name}: ${problemOf(issue)}`);
}

const typeNames: Readonly<Record<string, string>> = {
  Array: "a list",
  Object: "a table",
  string: "a string",
  boolean: "true or false",
};

function problemOf({ expected, received, message }: v.BaseIssue<unknown>): string {
  if (expected === "never") return "is not a key that rsync-guard knows";
  if (received === "undefined") return "is missing";
  const type = expected && message.startsWith("Invalid type") ? typeNames[expected] : undefined;
  return type ? `must be ${type}` : message;
}

/** The line of the key at that path, or of the nearest one above it. Only for a message: this parser is slower. */
function lineOf(text: string, key: readonly (string | number)[]): number {
  let best = { line: 1, length: 0 };
  const visit = (path: readonly (string | number)[], node: AST.TOMLNode) => {
    if (path.length > best.length && path.every((part, at) => part === key[at]))
      best = { line: node.loc.start.line, length: path.length };
  };
  const walk = (path: readonly (string | number)[], node: AST.TOMLNode): void => {
    visit(path, node);
    if (node.type === "TOMLTopLevelTable" || node.type === "TOMLTable" || node.type === "TOMLInlineTable") {
      for (const child of node.body) {
        if (child.type === "TOMLTable") walk(child.resolvedKey, child);
        else walk([...path, ...child.key.keys.map(nameOf)], child);
      }
    } else if (node.type === "TOMLKeyValue") walk(path, node.value);
    else if (node.type === "TOMLArray")
      for (const [at, element] of node.elements.entries()) walk([...path, at], element);
  };
  for (const table of parseTOML(text).body) walk([], table);
  return best.line;
}

const nameOf = (key: AST.TOMLBare | AST.TOMLQuoted): string => (key.type === "TOMLBare" ? key.name : key.value);
