import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { checkout } from "../support/build.ts";

/** Asks at a terminal of its own, for half a second; what is shown. */
async function ask(typed: string, ahead = ""): Promise<string> {
  const asking = `import("${checkout}/src/io/host/terminal.ts").then(({ atTerminal }) =>
    atTerminal(({ tell, ask }) => tell("heard: " + ask("well? ")), 500))`;
  const command = `sh scripts/tsx -e '${asking}'`;
  const script = spawn("script", ["-qec", command, "/dev/null"], { cwd: checkout, stdio: ["pipe", "pipe", "inherit"] });
  // its standard input stays open: nobody goes away
  script.stdin.write(ahead);
  let shown = "";
  for await (const piece of script.stdout) {
    shown += piece;
    if (/well\? $/.test(shown)) script.stdin.write(typed);
  }
  return shown.replaceAll("\r\n", "\n");
}

test.concurrent("takes one line of what is typed", async () => {
  expect(await ask("one\ntwo\n")).toMatch(/well\? one\n(?:two\n)?heard: one$/);
});

test.concurrent("takes nothing that was typed before", async () => {
  expect(await ask("two\n", "one\nmore\n")).toMatch(/well\? two\nheard: two$/);
});

test.concurrent("does not wait where the end was typed before", async () => {
  // nothing is typed behind it, for its echo would come anywhere
  expect(await ask("", "one\n\u0004")).toMatch(/well\? heard: $/);
});

test.concurrent("does not wait for ever", async () => {
  expect(await ask("")).toMatch(/well\? \nrsync-guard: nothing was typed for 0\.5 s\nheard: $/);
});
