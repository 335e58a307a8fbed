/** README's transcripts, played at a terminal, and its commands, as far as they need no host of their own (npm run first-hour). */
import { describe, expect } from "vitest";
import { program } from "../support/build.ts";
import { configFrom } from "../support/configuration.ts";
import { blocks, readme } from "../support/readme.ts";
import { test, type World } from "../support/world.ts";

const releases = ["1.2.1", "1.2.2"].flatMap((version) =>
  ["app.php", "index.html"].map((name) => [`releases/${version}/${name}`, `${version}\n`] as const),
);
const site = {
  "build/app.php": "new app\n",
  "build/index.html": "new index\n",
  ...Object.fromEntries(releases),
  current: "-> releases/1.2.2",
};

/** Without the folder's name, ages, and what README leaves out: rsync's sums, and empty lines. */
const plain = (world: World, text: string): readonly string[] =>
  world
    .mask(text)
    .replaceAll("FOLDER", "/srv/www")
    .split(/\r?\n/)
    .filter((line) => line !== "" && !/^(?:sent|total size is) /.test(line));

/** A login session: commands that are typed at its terminal, with what is printed. */
const sessions = (lines: readonly string[]) =>
  lines
    .join("\n")
    .split(/^# .*$/m)
    .map((text) => text.split("\n").filter((line) => line !== ""));

const transcripts = blocks.filter(({ language, lines }) => language === "" && lines[0]?.startsWith("$ "));

test("README has a transcript, and less than 200 lines", () => {
  expect(transcripts).not.toEqual([]);
  expect(readme.split("\n").length).toBeLessThan(200);
});

test.for(transcripts.map(({ heading, lines }) => ({ heading, lines })))(
  "what README shows below $heading is what happens",
  async ({ lines }, { world }) => {
    world.make(site);
    for (const [at, session] of sessions(lines).entries()) {
      const commands = session.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
      const script = commands.map((command) => `printf '$ %s\\n' ${quoted(command)}\n${command}\n`).join("");
      world.make({ [`session${at}`]: `stty cols 300\n${script}` });
      const { stdout } = await world.answering([], `sh ./session${at}`, { TERM: "dumb" });
      expect(plain(world, stdout)).toEqual(plain(world, session.join("\n")));
    }
    expect(world.tree("releases")).toHaveProperty(["1.2.2/app.php"]);
  },
);

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

describe("README's commands", () => {
  /** What npm run first-hour plays. */
  const onHosts = new Set(["Try it", "Put it on a host"]);

  test("each is played somewhere", () => {
    const headings = blocks.filter(({ language }) => language === "sh").map(({ heading }) => heading);
    expect([...new Set(headings)].filter((heading) => !onHosts.has(heading))).toEqual(["The first deploy"]);
  });

  test("the first deploy", async ({ world }) => {
    world.make(site);
    const lines = blocks.find(({ heading }) => heading === "The first deploy")?.lines ?? [];
    const script = lines.join(" && ").replaceAll("/var/www", world.folder);
    const { code, stderr } = await world.sh(script, { VERSION: "1.2.3" });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^rsync-guard: the live run would add 2 files.*; it needs no dry run\n$/),
    });
    expect(world.tree("releases")).toHaveProperty(["1.2.3/index.html"]);
  });

  test("those that ask and change nothing", async ({ world }) => {
    const asked = blocks
      .filter(({ heading }) => heading === "Try it")
      .flatMap(({ lines }) => lines.filter((line) => line.startsWith("npx rsync-guard explain")));
    expect(asked).toHaveLength(2);
    const codes = asked.map(async (line) => (await world.sh(line.replace("npx rsync-guard", program))).code);
    expect(await Promise.all(codes)).toEqual([77, 0]);
  });

  test("the lines of configuration are understood", () => {
    const pieces = blocks.filter(({ language }) => language === "toml").map(({ lines }) => lines.join("\n"));
    expect(pieces).not.toEqual([]);
    for (const text of pieces) expect(configFrom(text)).toHaveProperty("settings");
  });
});
