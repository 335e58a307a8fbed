/** Programs that run commands for people: they get JSON, and nobody is asked at a terminal of theirs. */
import { expect } from "vitest";
import { program } from "../support/build.ts";
import { test } from "../support/world.ts";

test("a refusal is followed by JSON, and at an agent's terminal a person is not asked", async ({ world }) => {
  world.make({
    "build/a": "a\n",
    "old/b": "b\n",
    "config/rsync-guard.toml": 'messages.format = "json"\n',
    // what it starts has a terminal
    claude: '#!/bin/sh\nscript -qec "$1" /dev/null </dev/null; true\n',
    person: '#!/bin/sh\nscript -qec "$1" /dev/null </dev/null; true\n',
  });
  const refused = "rsync -a --delete build/ old/";
  const { stderr } = await world.sh(refused);
  const [json = "", ...words] = stderr.trimEnd().split("\n").reverse();
  expect(words.at(-1)).toMatch(/^rsync-guard: refused, nothing ran: /);
  const { allowId, ...told } = JSON.parse(json);
  expect(told).toMatchObject({ exitCode: 77, code: "no-dry-run", needsPerson: false });

  const terminal = async (whose: string, command: string) =>
    (await world.sh(`chmod +x claude person; ./${whose} '${command}'`)).stdout.replaceAll("\r\n", "\n");
  const agents = await terminal("claude", refused);
  expect(agents).toContain("\n  nothing is asked: this terminal belongs to claude, which is not a person\n");
  expect(agents).toContain('"needsPerson":false');
  expect(agents).not.toContain("[y/N]");
  const persons = await terminal("person", refused);
  expect(persons).toContain("[y/N]");
  expect(persons).not.toContain("needsPerson");

  const allow = `${program} allow ${allowId}`;
  expect(await terminal("claude", allow)).toBe(
    "rsync-guard: allow works only where a person sits: this terminal belongs to claude, which is not a person\n",
  );
  expect(await terminal("person", allow)).toContain("type the name of this host");
});

test("a command that can't be read, with the configuration that is then not needed", async ({ world }) => {
  world.make({ "config/rsync-guard.toml": 'messages.format = "json"\n' });
  const { code, stderr } = await world.sh("rsync --nonsense a/ b/");
  expect(JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
    exitCode: code,
    code: "unknown-option",
    needsPerson: true,
  });
});
