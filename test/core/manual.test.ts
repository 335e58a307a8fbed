/** The help and the man pages: nothing is missing in them, nothing else is in them, and the defaults are true. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { type Key, keys } from "../../src/commands/keys.ts";
import { configurationFile, configurationPage, help, manPage } from "../../src/commands/manual.ts";
import { codes } from "../../src/core/codes.ts";
import { builtInConfig, type Config } from "../../src/core/configuration/settings.ts";
import { readConfig, schema } from "../../src/io/store/config-file.ts";

const folder = mkdtempSync(join(tmpdir(), "rsync-guard-manual-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The program itself runs as soon as it is loaded: it is asked for its version, and not heard. */
async function tableOfCommands() {
  vi.stubGlobal("RSYNC_GUARD_VERSION", "0.0.0");
  vi.stubGlobal("RSYNC_GUARD_SHIM", "");
  const said = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const { argv } = process;
  process.argv = [process.execPath, "rsync-guard", "--version"];
  const { commands } = await import("../../src/cli.ts");
  await vi.waitUntil(() => said.mock.calls.length > 0);
  process.argv = argv;
  said.mockRestore();
  return commands;
}
const commands = await tableOfCommands();

const man = manPage(commands, codes, "0.0.0");
const configuration = configurationPage(keys, "0.0.0");

/** What is in bold at the start of a line, as a person reads it. */
const bold = (page: string): readonly string[] =>
  [...page.matchAll(/^\.B (.*)$/gm)].map(([, term = ""]) => term.replaceAll("\\-", "-").replaceAll("\\e", "\\"));

const formsOf = (name: string, { usage }: { readonly usage: readonly string[] }) =>
  usage.map((form) => `rsync-guard ${name}${form === "" ? "" : ` ${form}`}`);
const flagsOf = ({ flags }: { readonly flags: Readonly<Record<string, { readonly value: string | null }>> }) =>
  Object.entries(flags).map(([flag, { value }]) => `--${flag}${value === null ? "" : ` ${value}`}`);

describe("commands", () => {
  const all = Object.entries(commands);

  test("the man page has each form of each command, each with its flags, and no other", () => {
    const own = bold(man).filter((term) => /^(?:rsync-guard |--)/.test(term));
    expect(own).toEqual([...all.flatMap(([name, command]) => [...formsOf(name, command), ...flagsOf(command)])]);
  });

  test("the help has each form of each command, and no other", () => {
    const own = help(commands).match(/(?<=^ {2})rsync-guard .*$/gm);
    const general = ["rsync-guard COMMAND --help", "rsync-guard --version", "rsync-guard --help"];
    expect(own).toEqual([...all.flatMap(([name, command]) => formsOf(name, command)), ...general]);
  });

  test.for(all)("the help of %s has each of its flags, and no other", ([name, command]) => {
    const own = help({ [name]: command }).match(/(?<=^ {2})--\S+(?: [A-Z]+(?= {2}))?/gm) ?? [];
    expect(own).toEqual(flagsOf(command));
  });

  test.for(all)("the forms of %s show each of its flags, and no other", ([, command]) => {
    const shown = command.usage.flatMap((form) => form.match(/--[a-z][a-z-]*(?: [A-Z]+)?/g) ?? []);
    expect([...new Set(shown)].sort()).toEqual([...flagsOf(command)].sort());
  });

  test("the README names each of them, and no other", () => {
    const [, section = ""] = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8").split(
      "\n## Commands\n",
    );
    const rows = section.split("\n## ", 1)[0]?.match(/^\| `.*?(?= \| )/gm) ?? [];
    const named = rows.flatMap((row) => row.match(/`(?:rsync-guard )?[a-z]+/g) ?? []);
    expect(named.map((name) => name.replace(/.* |`/g, ""))).toEqual(Object.keys(commands));
  });

  test("the man page has each code", () => {
    const [, section = ""] = man.split(".SH CODES\n.PP\n");
    expect(section.split(".", 1)[0]?.replaceAll("\\-", "-").split(", ")).toEqual(codes);
  });
});

/** The keys of a table of the schema, those of a table in it behind a dot. */
function keysOf(table: unknown): readonly string[] {
  const { entries } = table as { readonly entries: Readonly<Record<string, { readonly wrapped?: unknown }>> };
  return Object.entries(entries).flatMap(([name, entry]) => {
    const value = (entry.wrapped ?? entry) as {
      readonly entries?: object;
      readonly item?: { readonly entries?: object };
    };
    const inner = value.entries ? value : value.item?.entries ? value.item : null;
    return inner ? keysOf(inner).map((key) => `${name}.${key}`) : [name];
  });
}

const placesOf = ({ name, also }: Key): readonly string[] =>
  also === "destination and receiver" ? [name, `destination.${name}`, `receiver.${name}`] : [name];

const readWhole = (text: string): Config => {
  const file = join(folder, "rsync-guard.toml");
  writeFileSync(file, text, { mode: 0o600 });
  return readConfig([file]);
};

/** With the receiver's own defaults left out: these end where a file says something of all runs. */
const readFrom = (text: string): Omit<Config, "receiver"> => {
  const { receiver: _, ...config } = readWhole(text);
  return config;
};

describe("the configuration", () => {
  test("the table of keys has what is read, and what is read is in the table", () => {
    expect(keys.flatMap(placesOf).sort()).toEqual([...keysOf(schema)].sort());
  });

  test("the man page has each key as it is written, and no other", () => {
    expect(bold(configuration)).toEqual(keys.map(({ written }) => written));
  });

  test.for(keys)("$written is of the key $name", ({ name, written }) => {
    expect(written.split(" = ", 1)[0]).toBe(name.replace(/^destination\./, ""));
  });

  const { receiver: _, ...builtIn } = builtInConfig;
  test.for(keys.filter(({ also }) => also !== "destination"))("$written is the default", ({ written }) => {
    expect(readFrom(written)).toEqual(builtIn);
  });

  test("what only a [[destination]] holds is an example that can be read", () => {
    const own = keys.filter(({ also }) => also === "destination").map(({ written }) => written);
    const { destinations } = readFrom(["[[destination]]", ...own].join("\n"));
    expect(destinations).toMatchObject([{ path: "/var/www/releases/*", name: /^\d+\.\d+\.\d+$/u }]);
  });
});

describe("the file that a package brings", () => {
  const file = configurationFile(keys);
  const inForce = (some: (line: string) => boolean): string =>
    file.replace(/^#(?=\S)(.*)/gm, (line, text: string) => (some(text) ? text : line));
  const isOfPlaces = (line: string) =>
    ["[[destination]]", ...keys.filter(({ also }) => also === "destination").map(({ written }) => written)].includes(
      line,
    );

  test("says nothing but comments, which explain each key in lines that a terminal has room for", () => {
    expect(file.replace(/^#.*$/gm, "").trim()).toBe("");
    expect(readWhole(file)).toEqual(builtInConfig);
    for (const { written } of keys) expect(file).toMatch(`\n#${written}\n`);
    expect(file.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("is the default with all of it in force, but for the place, which is an example", () => {
    expect(readWhole(inForce((line) => !isOfPlaces(line)))).toEqual(builtInConfig);
    const { destinations, ...config } = readWhole(inForce(() => true));
    expect({ ...config, destinations: [] }).toEqual(builtInConfig);
    expect(destinations).toMatchObject([{ path: "/var/www/releases/*", name: /^\d+\.\d+\.\d+$/u }]);
  });

  test.for(keys.filter(({ also }) => also !== "destination"))("is the default with $written alone", ({ written }) => {
    const text = inForce((line) => line === written);
    expect(text).not.toBe(file);
    // what is said of all runs counts for receivers too
    const receiver = written.startsWith("dry_run.required") ? {} : builtInConfig.receiver.dryRun;
    const { receiver: read, ...config } = readWhole(text);
    expect({ ...config, receiver: read.dryRun }).toEqual({ ...builtInConfig, receiver });
  });
});

const hasGroff = spawnSync("groff", ["--version"]).status === 0;
if (!hasGroff) console.warn("man pages are not checked: there is no groff");

describe.skipIf(!hasGroff)("groff has nothing to say of", () => {
  const lint = (page: string) =>
    spawnSync("groff", ["-k", "-Kutf8", "-man", "-ww", "-z"], { input: page, encoding: "utf8" });

  test.for([
    { name: "rsync-guard.1", page: man },
    { name: "rsync-guard.toml.5", page: configuration },
  ])("$name", ({ page }) => {
    expect(lint(page)).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  test("it does of a page with a mistake", () => {
    expect(lint(`${man}.NOSUCH macro\n`).stderr).toContain("NOSUCH");
  });
});
