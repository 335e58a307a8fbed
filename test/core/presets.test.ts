/** Presets: the places that a program's own configuration names, and the files that are written. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { judge } from "../../src/core/judge/verdict.ts";
import { placesOf, presetLines, presetNamed, presets } from "../../src/core/setup/presets.ts";
import { presetMark, presetText } from "../../src/core/words/clients.ts";
import { configFrom } from "../support/configuration.ts";
import type { World } from "../support/facts.ts";
import { factsOf } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

test.for<[name: string, settings: string, places: readonly string[]]>([
  [
    "rsnapshot",
    "config_version\t1.2\n#snapshot_root\t/old/\nsnapshot_root\t/var/cache/rsnapshot/\n",
    ["/var/cache/rsnapshot"],
  ],
  ["lsyncd", 'sync { default.rsync, source = "/srv/site", target = "/srv/mirror/" }', ["/srv/mirror"]],
  ["lsyncd", "sync {\n  default.rsync,\n  target = 'web2::www',\n}", ["web2::www"]],
  [
    "lsyncd",
    'sync { default.rsyncssh, source = "/srv/site", host = "web2", targetdir = "/srv/mirror", delay = 1 }',
    ["web2:/srv/mirror"],
  ],
  ["lsyncd", '-- target = "/srv/old"\n', []],
  ["dirvish", "bank:\n\t/backup\nexclude:\n\tlost+found/\n", ["/backup"]],
  ["rsbackup", "store --no-mounted /store\nstore /disk\ndevice store1\n", ["/store", "/disk"]],
  ["backintime", "profile1.snapshots.mode=local\nprofile1.snapshots.path=/backup\n", ["/backup"]],
  ["debmirror", '$mirrordir="/srv/mirror/debian";\n# $mirrordir="/old";\n', ["/srv/mirror/debian"]],
  ["barman", "[barman]\nbarman_home = /var/lib/barman\n", ["/var/lib/barman"]],
  [
    "slack",
    "SOURCE=/srv/slack\nCACHE=/var/cache/slack\nSTAGE=/var/lib/slack/stage\nROOT=/\n",
    ["/var/cache/slack", "/var/lib/slack/stage"],
  ],
  ["galera", "", ["*::rsync_sst*"]],
  ["ansible", "", []],
])("%s, with %j: the places are %j", ([name, settings, places]) => {
  const preset = presetNamed(name);
  expect(preset && placesOf(preset, () => settings)).toEqual(places);
});

describe.for(Object.keys(presets))("%s", (name) => {
  const preset = presetNamed(name);
  if (!preset) throw new Error(name);
  const text = presetText(name, preset, [preset.example, "/srv/o'dd\\ one"]);

  test("its file is configuration for its places", () => {
    expect(configFrom(text).destinations).toHaveLength(2 + (preset.also ?? []).length);
    expect(text.startsWith(`${presetMark}${name}; `)).toBe(true);
    expect(presetLines(preset, [preset.example])[1]).toContain(`${preset.example}${preset.below}"`);
  });

  test("it says what is guarded and what is not, in lines that fit", () => {
    for (const said of [preset.guarded, preset.unguarded, preset.words, preset.afterwards])
      expect(said).toMatch(/^\S.*[^.\s]$/);
    expect(preset.signs.every((sign) => sign.startsWith("/"))).toBe(true);
  });
});

describe("a mirror of /var/www, with the lines that the documentation shows", () => {
  const page = readFileSync(new URL("../../docs/clients.md", import.meta.url), "utf8");
  const section = page.split("\n### /var/www\n")[1]?.split("\n## ", 1)[0] ?? "";
  const [near = "", far = ""] = [...section.matchAll(/^```toml\n(.*?)^```/gms)].map(([, toml = ""]) => toml);
  const world: World = {
    places: { "/var/www/a": "file", "/srv/data/a": "file", "/var/lib/a": "file" },
    homes: { "/var/www": "www-data" },
  };
  const codes = (line: string, toml: string) =>
    judge(invocationOf(line), factsOf(world), configFrom(toml)).refusals.map(({ code }) => code);
  const start = "--delete --ignore-errors -lptgosD -r /srv/data/";
  const received = "--server -lptgoDre.iLsfxCIvu --delete .";

  test("both sides let it run", () => {
    expect(codes(`${start} web2:/var/www/`, "")).toEqual(["protected-destination"]);
    expect(codes(`${start} web2:/var/www/`, near)).toEqual([]);
    expect(codes(`${received} /var/www/`, "")).toEqual(["protected-destination", "protected-from-delete"]);
    expect(codes(`${received} /var/www/`, far)).toEqual([]);
  });

  test("another place is as protected as ever", () => {
    expect(codes(`${start} web2:/var/lib/`, near)).toEqual(["protected-destination"]);
    expect(codes(`${received} /var/lib/`, far)).toEqual(["protected-destination"]);
  });
});
