/** Where the configuration's values come from: what is said of them is the configuration itself. */
import { describe, expect, test } from "vitest";
import { configOf } from "../../src/core/configuration/configuration.ts";
import { keys, keysOf } from "../../src/core/configuration/keys.ts";
import { type ConfigOrigins, originsOf } from "../../src/core/configuration/origins.ts";
import type { ConfigFile } from "../../src/core/configuration/parse-file.ts";
import { originsText } from "../../src/core/words/configuration.ts";

const system = `# the first line
mode = "observe"
protect = ["/srv/a"]
dry_run.required = "always"

[limits]
max_delete = 7
keep = [".git"]

[[destination]]
path = "/srv/one"
allow = ["same-place"]

[receiver]
bind = "key"
`;
const piece = `mode = "enforce"
limits = { keep = ["a\\u0007b"] }
protect = ["/srv/b"]

[[destination]]
path = "/srv/two"
name = '^\\d+$'

[[destination]]
path = "host:/srv/three"
dry_run.required = "auto"

[receiver]
dry_run = { required = "always" }
`;
const user = 'mode = "observe"\nprotect = ["/srv/c"]\nallow = ["root-source"]\n';

const filesOf = (...texts: readonly string[]): readonly ConfigFile[] =>
  texts.map((text, at) => ({ name: ["/etc/a.toml", "/etc/d/b.toml", "/u.toml"][at] ?? "", text, isUsers: at === 2 }));

const originOf = ({ general }: ConfigOrigins, name: string) => {
  const found = general.find(({ key }) => key === name);
  return [found?.value, ...(found?.from.map(({ file, line }) => `${file}:${line}`) ?? [])];
};

const sets: Readonly<Record<string, readonly string[]>> = {
  "no file": [],
  "one file": [system],
  "a piece on top": [system, piece],
  "the other way round": [piece, system],
  "a user's file": [system, piece, user],
  "a user's file that is locked out": [`locked = true\n${system}`, piece, user],
  "a lock that is opened again": [`locked = true\n${system}`, `locked = false\n${piece}`, user],
  "a general key that ends the exception for receivers": ["", 'dry_run.required = "risky"\n'],
};

test.for(Object.entries(sets))("%s: the text is a configuration that says the same", ([, texts]) => {
  const files = filesOf(...texts);
  const text = originsText(originsOf(files));
  const config = configOf(files);
  expect(config).not.toHaveProperty("broken");
  const again = configOf([{ name: "", text, isUsers: false }]);
  expect(JSON.stringify(again, (_, value) => (value instanceof RegExp ? value.source : value), 1)).toBe(
    JSON.stringify(config, (_, value) => (value instanceof RegExp ? value.source : value), 1),
  );
});

describe("the origin", () => {
  const origins = originsOf(filesOf(system, piece, user));

  test("is the last file that says it, and its line; all of them where lists add up", () => {
    expect(originOf(origins, "mode")).toEqual(["observe", "/u.toml:1"]);
    expect(originOf(origins, "limits.max_delete")).toEqual([7, "/etc/a.toml:7"]);
    expect(originOf(origins, "limits.keep")).toEqual([[".git", "a\u0007b"], "/etc/a.toml:8", "/etc/d/b.toml:2"]);
    expect(originOf(origins, "protect")).toEqual([
      ["/srv/a", "/srv/b", "/srv/c"],
      "/etc/a.toml:3",
      "/etc/d/b.toml:3",
      "/u.toml:2",
    ]);
  });

  test("is none of a built-in value", () => {
    expect(originOf(origins, "dry_run.fresh_for")).toEqual(["15m"]);
    expect(originOf(origins, "undo.keep_for")).toEqual([null]);
  });

  test("of what a user's file says in vain is named", () => {
    const locked = originsOf(filesOf(`locked = true\n${system}`, piece, user));
    expect(originOf(locked, "mode")).toEqual(["enforce", "/etc/d/b.toml:1"]);
    expect(locked.ignored.map(({ key, from }) => `${key} ${from[0]?.line}`)).toEqual(["mode 1", "allow 3"]);
    expect(originsText(locked)).toContain("# without effect, since a system's file is locked: mode, /u.toml:1\n");
  });
});

test("each key is there, in the order of the table", () => {
  const names = originsOf([]).general.map(({ key }) => key);
  expect(names).toEqual(keysOf({ ...keys.settings, ...keys.file }).map(([name]) => name));
});
