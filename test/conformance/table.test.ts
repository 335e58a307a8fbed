/** The option table against what each rsync says of itself: a new rsync's new option is a failing line, by its name. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { longOption, options, shortOption, takesValue } from "../../src/core/command/options.ts";
import { cage, type Reading, readings, rsyncs, skipped } from "./referee.ts";

/** An option as it is written at the start of a line; whether it takes a value, where that is told. */
interface Listed {
  readonly spelling: string;
  readonly valued: boolean | null;
}

function versionOf(rsync: string): string {
  const folder = mkdtempSync(join(tmpdir(), "version-"));
  try {
    return / version v?([\d.]+)/.exec(execFileSync(cage, [folder, rsync, "--version"]).toString())?.[1] ?? "";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const isOlder = (version: string, than: string): boolean => version.localeCompare(than, "en", { numeric: true }) < 0;

function helpOf(rsync: string): readonly Listed[] {
  const folder = mkdtempSync(join(tmpdir(), "help-"));
  try {
    const text = execFileSync(cage, [folder, rsync, "--help"]).toString();
    return text.split("\n").flatMap((line) => {
      const heading = /^-[^ ,]+(?:, -[^ ,]+)*/.exec(line)?.[0] ?? "";
      return spelledIn(heading).map((spelling) => ({ spelling, valued: heading.includes("=") }));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The man page that came with that rsync; null where there is none. */
function manualOf(rsync: string): readonly Listed[] | null {
  const page = join(dirname(rsync), "../share/man/man1/rsync.1.gz");
  if (!existsSync(page)) return null;
  const text = gunzipSync(readFileSync(page)).toString("latin1").replaceAll("\\-", "-").replaceAll(/\\f./g, "");
  return text
    .split("\n")
    .flatMap((line) => spelledIn(/^\.IP "(-[^"]*)"/.exec(line)?.[1] ?? ""))
    .map((spelling) => ({ spelling, valued: null }));
}

/** --no-OPTION stands for many. */
const spelledIn = (heading: string): readonly string[] =>
  (heading.match(/(?<![\w-])--?[A-Za-z0-9][A-Za-z0-9-]*/g) ?? []).filter((word) => word !== "--no-OPTION");

/** The options that the table lacks, or thinks otherwise of. */
const unknown = (all: readonly Listed[]): readonly string[] =>
  all.flatMap(({ spelling, valued }) => {
    const named = spelling.startsWith("--")
      ? longOption(spelling.slice(2))
      : ((option) => option && { option, negated: false })(shortOption(spelling.slice(1)));
    if (!named) return [`${spelling} is not in the table`];
    const isSame = valued === null || takesValue(named.option, named.negated) === valued;
    return isSame ? [] : [`${spelling}: ${valued ? "takes" : "takes no"} value`];
  });

/** What rsync says of an option that it doesn't know, at once and whatever else is said. */
const isUnknown = ({ why, code, stderr }: Reading): boolean =>
  why === "exit" && code === 1 && /unknown option/.test(stderr);

/** With a daemon's options in force rsync does not know -a; Debian patches none in. */
const transferOptions = options.filter(({ traits, isVendors }) => !traits.includes("daemon") && !isVendors);

/** Every long name in the table, with a value where it takes one, in a command that would else delete. */
const names = transferOptions.flatMap((option) =>
  [...(option.name === option.short ? [] : [option.name]), ...option.aliases, ...option.negations].map((name) => ({
    name,
    since: option.since,
    argv: [
      "-a",
      "--delete",
      `--${name}${takesValue(option, option.negations.includes(name)) ? "=1" : ""}`,
      "src/",
      "dst",
    ],
  })),
);

describe.skipIf(skipped)("the option table", () => {
  test.for(rsyncs())("%s: refuses those that are marked as newer, and only those", { timeout: 120_000 }, (rsync) => {
    const version = versionOf(rsync);
    const all = readings(
      rsync,
      names.map(({ argv }) => ({ argv, env: {} })),
    );
    const refused = names.filter((_, at) => all[at] && isUnknown(all[at]));
    const newer = names.filter(({ since }) => since !== null && isOlder(version, since));
    expect(refused.map(({ name }) => name)).toEqual(newer.map(({ name }) => name));
  });

  test.for(rsyncs())("%s: knows all that --help lists", (rsync) => {
    const all = helpOf(rsync);
    expect(all.length).toBeGreaterThan(150);
    expect(unknown(all)).toEqual([]);
  });

  test.for(rsyncs().filter((rsync) => manualOf(rsync)))("%s: knows all that its man page has", (rsync) => {
    const all = manualOf(rsync) ?? [];
    expect(all.length).toBeGreaterThan(150);
    expect(unknown(all)).toEqual([]);
  });
});
