/** The help and the man pages: nothing is missing in them, nothing else is in them, and the defaults are true. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { configurationFile, configurationPage, flagName, help, helpOf, manPage } from "../../src/commands/manual.ts";
import { codes } from "../../src/core/codes.ts";
import { keys, keysOf, type Section } from "../../src/core/configuration/keys.ts";
import { builtInConfig, type Config } from "../../src/core/configuration/settings.ts";
import { configFrom } from "../support/configuration.ts";

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
const configuration = configurationPage("0.0.0");

/** What is in bold at the start of a line, as a person reads it. */
const bold = (page: string): readonly string[] =>
  [...page.matchAll(/^\.B (.*)$/gm)].map(([, term = ""]) =>
    term.replaceAll("\\-", "-").replaceAll("\\(dq", '"').replaceAll("\\e", "\\"),
  );

const formsOf = (name: string, { usage }: { readonly usage: readonly string[] }) =>
  usage.map((form) => `rsync-guard ${name}${form === "" ? "" : ` ${form}`}`);
const flagsOf = ({ flags }: { readonly flags: Readonly<Record<string, { readonly value: string | null }>> }) =>
  Object.entries(flags).map(([flag, { value }]) => `${flagName(flag)}${value === null ? "" : ` ${value}`}`);

describe("commands", () => {
  const all = Object.entries(commands);

  test("the man page has each form of each command, each with its flags, and no other", () => {
    const own = bold(man).filter((term) => /^(?:rsync-guard |-)/.test(term));
    expect(own).toEqual([...all.flatMap(([name, command]) => [...formsOf(name, command), ...flagsOf(command)])]);
  });

  test("the help has a line for each command, and fits on a screen", () => {
    const lines = help(commands).split("\n");
    expect(lines.flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? [])).toEqual(Object.keys(commands));
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test.for(all)("the help of %s has each of its flags, and no other", ([name, command]) => {
    const own = helpOf(name, command).match(/(?<=^ {2})--?\S+(?: [A-Z]+(?= {2}))?/gm) ?? [];
    expect(own).toEqual(flagsOf(command));
  });

  test.for(all)("the forms of %s show each of its flags, and no other", ([, command]) => {
    const shown = command.usage.flatMap(
      (form) => form.match(/(?<=^|[ [])(?:--[a-z][a-z-]*|-[a-z])(?: [A-Z]+)?/g) ?? [],
    );
    expect([...new Set(shown)].sort()).toEqual([...flagsOf(command)].sort());
  });

  test("the README names each of them, and no other", () => {
    const [, section = ""] = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8").split(
      "\n## Commands\n",
    );
    const rows = section.split("\n## ", 1)[0]?.match(/^\| `.*?(?= \| )/gm) ?? [];
    const named = rows.flatMap((row) => row.match(/`(?:rsync-guard )?[a-z][a-z-]*/g) ?? []);
    expect(named.map((name) => name.replace(/.* |`/g, ""))).toEqual(Object.keys(commands));
  });

  test("the man page has each code", () => {
    const [, section = ""] = man.split(".SH CODES\n.PP\n");
    expect(section.split(".", 1)[0]?.replaceAll("\\-", "-").split(", ")).toEqual(codes);
  });
});

/** The lines of a section's keys; where there is no built-in value, they are examples. */
const linesOf = (section: Section): readonly string[] =>
  keysOf(section).map(([name, { written }]) => `${name} = ${written}`);

const general = [...keysOf(keys.settings), ...keysOf(keys.file)];
const generalLines = [...linesOf(keys.settings), ...linesOf(keys.file)];
const placeLines = linesOf(keys.destination);
const receiverLines = linesOf(keys.receiver);
const defaults = general
  .filter(([, { builtIn }]) => builtIn !== null)
  .map(([name, { written }]) => `${name} = ${written}`);

/** With the receiver's own defaults left out: these end where a file says something of all runs. */
const withoutReceiver = ({ receiver: _, ...config }: Config): Omit<Config, "receiver"> => config;

describe("the configuration", () => {
  test("the man page has each key as it is written, and no other", () => {
    expect(bold(configuration)).toEqual([...generalLines, ...placeLines, ...receiverLines]);
    // the macro would take them away
    expect(configuration).not.toMatch(/^\.B .*"/m);
  });

  test("the text of each key is sentences", () => {
    for (const section of Object.values<Section>(keys))
      for (const [, { text }] of keysOf(section)) expect(text).toMatch(/^[A-Z"].{20,}\.$/);
  });

  test.for(defaults)("%s is the default", (line) => {
    expect(withoutReceiver(configFrom(line))).toEqual(withoutReceiver(builtInConfig));
  });

  test("what only a [[destination]] holds is an example that can be read", () => {
    const { destinations } = configFrom(["[[destination]]", ...placeLines].join("\n"));
    expect(destinations).toMatchObject([{ path: "/var/www/releases/*", name: /^\d+\.\d+\.\d+$/u }]);
  });

  test("a key says where else it counts", () => {
    const meaningOf = (name: string) => configuration.split(`\n.B ${name}`)[1]?.split("\n")[1];
    expect(meaningOf("mode")).toMatch(/ Also in a \[\[destination\]\] and in \[receiver\]\.$/);
    expect(meaningOf("limits.older")).toMatch(/ Also in a \[\[destination\]\]\.$/);
    expect(meaningOf("dry_run.required")).toMatch(
      / the default there is "deletes", until a file sets the key for all runs\.$/,
    );
    expect(meaningOf("name")).toMatch(/ Only in a \[\[destination\]\]\.$/);
    expect(meaningOf("protect")).toMatch(/ The lists of all files add up\.$/);
    expect(meaningOf("journal.syslog")).not.toContain("[");
  });
});

describe("the file that a package brings", () => {
  const file = configurationFile();
  const inForce = (some: (line: string) => boolean): string =>
    file.replace(/^#(?=\S)(.*)/gm, (line, text: string) => (some(text) ? text : line));
  const isOfPlaces = (line: string) => ["[[destination]]", ...placeLines].includes(line);

  test("says nothing but comments, which explain each key in lines that a terminal has room for", () => {
    expect(file.replace(/^#.*$/gm, "").trim()).toBe("");
    expect(configFrom(file)).toEqual(builtInConfig);
    for (const line of [...generalLines, ...placeLines, ...receiverLines]) expect(file).toMatch(`\n#${line}\n`);
    expect(file.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("is the default with all of it in force, but for the keys that have none, and the place, which is an example", () => {
    const undo = { ...builtInConfig.settings.undo, keepFor: 7 * 86_400_000, directory: "/srv/.undo" };
    const notify = { program: "/usr/local/sbin/rsync-guard-notify" };
    const withExamples = { ...builtInConfig, notify, settings: { ...builtInConfig.settings, undo } };
    expect(configFrom(inForce((line) => !isOfPlaces(line)))).toEqual(withExamples);
    const { destinations, ...config } = configFrom(inForce(() => true));
    expect({ ...config, destinations: [] }).toEqual(withExamples);
    expect(destinations).toMatchObject([{ path: "/var/www/releases/*", name: /^\d+\.\d+\.\d+$/u }]);
  });

  test.for(defaults)("is the default with %s alone", (line) => {
    const text = inForce((other) => other === line);
    expect(text).not.toBe(file);
    // what is said of all runs counts for receivers too
    const receiver = line.startsWith("dry_run.required") ? {} : builtInConfig.receiver.dryRun;
    const { receiver: read, ...config } = configFrom(text);
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

test("the examples in rsync-guard.toml(5) are understood", () => {
  const examples = [...configurationPage("1").matchAll(/\.nf\n(.*?)\n\.fi/gs)].map(([, text = ""]) =>
    text.replaceAll("\\-", "-").replaceAll("\\e", "\\"),
  );
  expect(examples.length).toBeGreaterThan(1);
  for (const text of examples) expect(configFrom(text)).toHaveProperty("settings");
});
