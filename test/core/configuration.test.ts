/** Each key of the table, in each place of each file: what counts in the end. A new key is tried without a line here. */
import { describe, expect, test } from "vitest";
import { camelCase, type Key, type Kinds, keys, keysOf, type Section } from "../../src/core/configuration/keys.ts";
import { type Config, settingsFor } from "../../src/core/configuration/settings.ts";
import type { Target } from "../../src/core/place/target.ts";
import { configFrom } from "../support/configuration.ts";

interface Sample {
  readonly written: string;
  readonly read: unknown;
}

const matches = expect.any(Function);

/** Two values of each kind, and one that is none. */
const samples: { readonly [K in keyof Kinds]: readonly [Sample, Sample, wrong: string] } = {
  "true or false": [{ written: "true", read: true }, { written: "false", read: false }, '"true"'],
  duration: [{ written: '"2h"', read: 7_200_000 }, { written: '"30s"', read: 30_000 }, '"2 h"'],
  codes: [
    { written: '["same-place"]', read: ["same-place"] },
    { written: '["root-source", "plan-changed"]', read: ["root-source", "plan-changed"] },
    '["cannot-decide"]',
  ],
  directories: [
    { written: '["/srv/a"]', read: ["/srv/a"] },
    { written: '["/srv/b/**", "/c"]', read: ["/srv/b/**", "/c"] },
    '["srv"]',
  ],
  "number or share": [{ written: "7", read: { entries: 7 } }, { written: '"5%"', read: { percent: 5 } }, '"5"'],
  share: [{ written: '"20%"', read: { percent: 20 } }, { written: '"100%"', read: { percent: 100 } }, '"101%"'],
  "size or share": [
    { written: '"20G"', read: { bytes: 20 * 2 ** 30 } },
    { written: '"5%"', read: { percent: 5 } },
    '"20"',
  ],
  directory: [
    { written: '"/srv/.undo"', read: "/srv/.undo" },
    { written: '"/var//undo"', read: "/var/undo" },
    '"undo"',
  ],
  "file name": [{ written: '".marker"', read: ".marker" }, { written: '"disk"', read: "disk" }, '"a/b"'],
  "kept paths": [
    { written: '[".git"]', read: [{ pattern: ".git", matches }] },
    { written: '["a/b", "*.key"]', read: ["a/b", "*.key"].map((pattern) => ({ pattern, matches })) },
    '["/a"]',
  ],
  file: [{ written: '"/etc/a"', read: "/etc/a" }, { written: '"/b c"', read: "/b c" }, '"etc/a"'],
  count: [{ written: "0", read: 0 }, { written: "2", read: 2 }, "-1"],
  place: [{ written: '"/srv/*"', read: "/srv/*" }, { written: '"host:/srv"', read: "host:/srv" }, '""'],
  expression: [{ written: "'^a$'", read: /^a$/u }, { written: "'b'", read: /b/u }, "'('"],
};

const samplesOf = ({ is }: Key): readonly [Sample, Sample, wrong: string] => {
  if (typeof is === "string") return samples[is];
  const [first, second] = is.slice(-2).map((word) => ({ written: `"${word}"`, read: word }));
  return [first as Sample, second as Sample, '"nonsense"'];
};

interface Row {
  readonly name: string;
  readonly key: Key;
  /** Lines of TOML, and what they say. */
  readonly first: string;
  readonly firstValue: unknown;
  readonly second: string;
  readonly secondValue: unknown;
  /** The second one on top of the first where a list adds to the one before. */
  readonly joined: unknown;
  readonly wrong: string;
}

const rowsOf = (section: Section): readonly Row[] =>
  keysOf(section).map(([name, key]) => {
    const [first, second, wrong] = samplesOf(key);
    return {
      name,
      key,
      first: `${name} = ${first.written}\n`,
      firstValue: first.read,
      second: `${name} = ${second.written}\n`,
      secondValue: second.read,
      joined: Array.isArray(first.read) ? [...first.read, ...(second.read as unknown[])] : second.read,
      wrong: `${name} = ${wrong}\n`,
    };
  });

const settings = rowsOf(keys.settings);
const ofReceivers = settings.filter(({ key }) => !key.noEffectIn?.["[receiver]"]);
const notOfReceivers = settings.filter(({ key }) => key.noEffectIn?.["[receiver]"]);
const ofFiles = rowsOf(keys.file);
const ofUsers = ofFiles.filter(({ key }) => !key.noEffectIn?.["a user's file"]);
const notOfUsers = ofFiles.filter(({ key }) => key.noEffectIn?.["a user's file"]);
const ofPlaces = rowsOf(keys.destination);
const onlyOfReceivers = rowsOf(keys.receiver);

const valueIn = (values: unknown, { name }: Row): unknown =>
  name.split(".").reduce((at, part) => (at as Record<string, unknown> | undefined)?.[camelCase(part)], values);

function problemOf(system: string | null, user: string | null = null): string {
  try {
    configFrom(system, user);
  } catch (error) {
    return (error as Error).message;
  }
  return "none";
}

const targets = (path: string) => [{ path, role: "destination" } as Target];
const general = (config: Config) => settingsFor(config, targets("/elsewhere"), false);
const inPlace = (config: Config) => settingsFor(config, targets("/srv/a/below"), false);
const received = (config: Config) => settingsFor(config, targets("/elsewhere"), true);
const receivedInPlace = (config: Config) => settingsFor(config, targets("/srv/a"), true);

const place = '[[destination]]\npath = "/srv/*"\n';
const receiver = "[receiver]\n";

describe("sources that are removed", () => {
  const moved = [{ path: "/srv/in", role: "source" } as Target, { path: "/srv/out", role: "destination" } as Target];
  const [to, from] = ["/srv/out", "/srv/in"].map((path) => `[[destination]]\npath = "${path}"\n`);
  const lines = (required: string, allow: string, mode = "enforce") =>
    `mode = "${mode}"\nallow = [${allow}]\ndry_run = { required = "${required}" }\n`;

  test.for<[what: string, config: string, settings: string]>([
    [
      "one place for both",
      `${place.replace("/srv/*", "/srv")}${lines("never", '"same-place"')}`,
      "enforce never same-place",
    ],
    ["the destination's alone", `${to}${lines("auto", '"same-place"')}`, "enforce risky "],
    ["the source's alone", `${from}${lines("auto", '"same-place"')}`, "enforce risky "],
    ["a place for each", `${to}${lines("auto", "")}${from}${lines("auto", "")}`, "enforce auto "],
    ["the stricter of two", `${to}${lines("never", "")}${from}${lines("auto", "")}`, "enforce auto "],
    ["the stricter of two, the other way", `${to}${lines("auto", "")}${from}${lines("never", "")}`, "enforce auto "],
    [
      "what both allow",
      `${to}${lines("never", '"same-place", "same-names"')}${from}${lines("never", '"same-names"')}`,
      "enforce never same-names",
    ],
    ["one observed", `${to}${lines("auto", "", "observe")}${from}${lines("auto", "")}`, "enforce auto "],
    ["both observed", `${to}${lines("auto", "", "observe")}${from}${lines("auto", "", "observe")}`, "observe auto "],
  ])("%s", ([, config, expected]) => {
    const { mode, allow, dryRun } = settingsFor(configFrom(config), moved, false);
    expect(`${mode} ${dryRun.required} ${allow.join(",")}`).toBe(expected);
  });

  test("limits are those of the place that is written to", () => {
    const config = configFrom(`${to}limits = { max_delete = 7 }\n${from}limits = { max_delete = 1 }\n`);
    expect(settingsFor(config, moved, false).limits.maxDelete).toEqual({ entries: 7 });
  });
});

describe("settings at the top of a file", () => {
  test.for(settings)("$name has its built-in value where no file says it", (row) => {
    const config = configFrom("", "");
    expect(valueIn(general(config), row)).toEqual(row.key.builtIn);
    expect(valueIn(inPlace(config), row)).toEqual(row.key.builtIn);
    expect(valueIn(received(config), row)).toEqual(row.key.forReceivers?.builtIn ?? row.key.builtIn);
  });

  test.for(settings)("$name counts in either file, for receivers too", (row) => {
    const { first, firstValue } = row;
    for (const config of [configFrom(first), configFrom(null, first), configFrom(first, ""), configFrom("", first)]) {
      expect(valueIn(general(config), row)).toEqual(firstValue);
      expect(valueIn(received(config), row)).toEqual(firstValue);
    }
  });

  test.for(settings)("$name: the user's file wins, and adds up where the key does", (row) => {
    const config = configFrom(row.first, row.second);
    expect(valueIn(general(config), row)).toEqual(row.key.addsUp ? row.joined : row.secondValue);
  });

  test.for(settings)("$name of a user's file doesn't count after a locked one", (row) => {
    const config = configFrom(`locked = true\n${row.first}`, `${row.second}${place}${row.second}`);
    expect(valueIn(inPlace(config), row)).toEqual(row.firstValue);
    expect(valueIn(general(configFrom("locked = true", row.second)), row)).toEqual(row.key.builtIn);
  });
});

describe("settings in a [[destination]]", () => {
  test.for(settings)("$name counts there, on top of the general one, for receivers too", (row) => {
    const config = configFrom(`${row.first}${place}${row.second}`);
    expect(valueIn(inPlace(config), row)).toEqual(row.joined);
    expect(valueIn(receivedInPlace(config), row)).toEqual(row.joined);
    expect(valueIn(general(config), row)).toEqual(row.firstValue);
    expect(valueIn(inPlace(configFrom(`${row.first}${place}`)), row)).toEqual(row.firstValue);
  });

  test.for(settings)("$name: the first [[destination]] counts alone, the user's before the system's", (row) => {
    const both = configFrom(`${place}${row.first}`, `${place}${row.second}`);
    expect(valueIn(inPlace(both), row)).toEqual(row.secondValue);
    expect(valueIn(inPlace(configFrom(`${place}${row.first}${place}${row.second}`)), row)).toEqual(row.firstValue);
    expect(valueIn(inPlace(configFrom(`${place}${row.first}`, place)), row)).toEqual(row.key.builtIn);
  });
});

describe("settings in [receiver]", () => {
  test.for(ofReceivers)("$name counts there, on top of the general one", (row) => {
    const config = configFrom(`${row.first}${receiver}${row.second}`);
    expect(valueIn(received(config), row)).toEqual(row.joined);
    expect(valueIn(receivedInPlace(config), row)).toEqual(row.joined);
    expect(valueIn(general(config), row)).toEqual(row.firstValue);
  });

  test.for(ofReceivers)("$name: a [[destination]] goes on top of that", (row) => {
    const config = configFrom(`${receiver}${row.first}${place}${row.second}`);
    expect(valueIn(receivedInPlace(config), row)).toEqual(row.joined);
    expect(valueIn(received(config), row)).toEqual(row.firstValue);
    expect(valueIn(inPlace(config), row)).toEqual(row.secondValue);
  });

  test.for(ofReceivers)("$name: the user's file wins, unless the system's is locked", (row) => {
    const [system, user] = [`${receiver}${row.first}`, `${receiver}${row.second}`];
    expect(valueIn(received(configFrom(system, user)), row)).toEqual(row.key.addsUp ? row.joined : row.secondValue);
    expect(valueIn(received(configFrom(system, "")), row)).toEqual(row.firstValue);
    expect(valueIn(received(configFrom(`locked = true\n${system}`, user)), row)).toEqual(row.firstValue);
  });

  const withoutException = ofReceivers.filter(({ key }) => !key.forReceivers);
  test.for(withoutException)(
    "$name: what the system's file says of receivers outlasts what the user's says in general",
    (row) => {
      const value = valueIn(received(configFrom(`${receiver}${row.second}`, row.first)), row);
      expect(value).toEqual(row.joined);
    },
  );

  test.for(notOfReceivers)("$name has no effect there", ({ name, first, key }) => {
    const problem = `receiver.${name}: has no effect in [receiver]: ${key.noEffectIn?.["[receiver]"]}`;
    expect(problemOf(`${receiver}${first}`)).toBe(`SYSTEM:2: ${problem}`);
    expect(problemOf("locked = true", `\n${receiver}${first}`)).toBe(`USER:3: ${problem}`);
  });

  test("what a file says of all runs ends an earlier dry_run.required, built in or said", () => {
    const required = (system: string, user: string) => received(configFrom(system, user)).dryRun.required;
    const [never, always] = ['[receiver]\ndry_run.required = "never"', 'dry_run.required = "always"\n'];
    expect(required(never, "")).toBe("never");
    expect(required(never, always)).toBe("always");
    expect(required("", `${always}${never}`)).toBe("never");
    expect(required(`locked = true\n${never}`, always)).toBe("never");
  });
});

describe("what stands only at the top of a file", () => {
  test.for(ofFiles)("$name has its built-in value where no file says it", (row) => {
    expect(valueIn(configFrom("", ""), row)).toEqual(row.key.builtIn);
  });

  test.for(ofFiles)("$name counts in the system's file", (row) => {
    expect(valueIn(configFrom(row.first), row)).toEqual(row.firstValue);
    expect(valueIn(configFrom(row.first, ""), row)).toEqual(row.firstValue);
  });

  test.for(ofUsers)("$name: the user's file wins, and adds up where the key does", (row) => {
    expect(valueIn(configFrom(null, row.second), row)).toEqual(row.secondValue);
    expect(valueIn(configFrom(row.first, row.second), row)).toEqual(row.key.addsUp ? row.joined : row.secondValue);
  });

  test.for(ofUsers)("$name of a user's file counts after a locked one only if it is protect", (row) => {
    const config = configFrom(`locked = true\n${row.first}`, row.second);
    expect(valueIn(config, row)).toEqual(row.name === "protect" ? row.joined : row.firstValue);
  });

  test.for(notOfUsers)("$name has no effect in a user's file", ({ name, first, second, key }) => {
    const problem = `USER:2: ${name}: has no effect in a user's file: ${key.noEffectIn?.["a user's file"]}`;
    expect(problemOf(null, `\n${first}`)).toBe(problem);
    expect(problemOf(first, `\n${second}`)).toBe(problem);
  });

  test.for(ofFiles)("$name has no effect in a [[destination]] or in [receiver]", ({ name, first }) => {
    // of a table that doesn't belong there, its own name
    const [own] = name.split(".");
    const problem = (where: string) => `${own}: has no effect in ${where}: it belongs at the top of the file`;
    expect(problemOf(`${place}${first}`)).toBe(`SYSTEM:3: destination.${problem("a [[destination]]")}`);
    expect(problemOf(`${receiver}${first}`)).toBe(`SYSTEM:2: receiver.${problem("[receiver]")}`);
  });
});

describe("what stands only in [receiver]", () => {
  test.for(onlyOfReceivers)("$name has its built-in value where no file says it", (row) => {
    expect(valueIn(configFrom("", "").receiver, row)).toEqual(row.key.builtIn);
  });

  test.for(onlyOfReceivers)("$name: the user's file wins, unless the system's is locked", (row) => {
    const [system, user] = [`${receiver}${row.first}`, `${receiver}${row.second}`];
    expect(valueIn(configFrom(system, user).receiver, row)).toEqual(row.secondValue);
    expect(valueIn(configFrom(null, system).receiver, row)).toEqual(row.firstValue);
    expect(valueIn(configFrom(`locked = true\n${system}`, user).receiver, row)).toEqual(row.firstValue);
  });

  test.for(onlyOfReceivers)("$name has no effect elsewhere", ({ name, first }) => {
    const problem = (where: string) => `${name}: has no effect ${where}: it belongs in [receiver]`;
    expect(problemOf(first)).toBe(`SYSTEM:1: ${problem("at the top of a file")}`);
    expect(problemOf(`${place}${first}`)).toBe(`SYSTEM:3: destination.${problem("in a [[destination]]")}`);
  });
});

describe("what stands only in a [[destination]]", () => {
  const lines = (line: string) => `[[destination]]\n${line.startsWith("path") ? "" : 'path = "/x"\n'}${line}`;

  test.for(ofPlaces)("$name counts there", (row) => {
    const { destinations } = configFrom(lines(row.first), lines(row.second));
    expect(destinations.map((one) => valueIn(one, row))).toEqual([row.secondValue, row.firstValue]);
  });

  test.for(ofPlaces)("$name has no effect elsewhere", ({ name, first }) => {
    const problem = (where: string) => `${name}: has no effect ${where}: it belongs in a [[destination]]`;
    expect(problemOf(first)).toBe(`SYSTEM:1: ${problem("at the top of a file")}`);
    expect(problemOf(`${receiver}${first}`)).toBe(`SYSTEM:2: receiver.${problem("in [receiver]")}`);
  });
});

describe("a wrong value is refused with its line", () => {
  const refusal = (key: string, line: number) =>
    expect.stringMatching(`^SYSTEM:${line}: ${key}: (?:must |".*" is not )`);

  test.for([...settings, ...ofFiles])("$name at the top of a file", ({ name, wrong }) => {
    expect(problemOf(`\n${wrong}`)).toEqual(refusal(name, 2));
  });

  test.for([...settings, ...ofPlaces])("$name in a [[destination]]", ({ name, wrong }) => {
    const before = name === "path" ? "\n[[destination]]\n" : place;
    expect(problemOf(`${before}${wrong}`)).toEqual(refusal(`destination.${name}`, 3));
  });

  test.for(ofReceivers)("$name in [receiver]", ({ name, wrong }) => {
    expect(problemOf(`${receiver}${wrong}`)).toEqual(refusal(`receiver.${name}`, 2));
  });

  test("but not with its line where a string is longer than a function has arguments", () => {
    expect(problemOf(`\nmode = "${"x".repeat(900_000)}"`)).toEqual(refusal("mode", 1));
  });
});
