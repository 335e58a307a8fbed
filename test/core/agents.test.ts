/** Whose terminal it is, by the processes above, and what their programs are told of a refusal. */
import { describe, expect, test } from "vitest";
import { bytesOf } from "../../src/core/bytes.ts";
import { agentAmong, type Process } from "../../src/core/judge/agents.ts";
import type { Refusal } from "../../src/core/judge/refusal.ts";
import { refusalJson } from "../../src/core/words/refusal-json.ts";

const process = (line: string, name?: string): Process => {
  const words = line.split(" ");
  return { name: name ?? words[0]?.replace(/.*\//, "") ?? "", words };
};
const shell = process("/bin/bash -c rsync");

test.for([
  { agent: "claude", lines: [process("claude --resume", "claude")] },
  { agent: "claude", lines: [process("node /usr/local/bin/claude")] },
  { agent: "codex", lines: [process("/usr/bin/node --enable-source-maps /opt/lib/codex.js exec")] },
  { agent: "aider", lines: [process("/usr/bin/python3.11 /home/u/.local/bin/aider --yes")] },
  { agent: "gemini", lines: [process("sh"), process("node /x/gemini.mjs", "MainThread")] },
  { agent: "unbuffer", lines: [process("tclsh8.6 /usr/bin/unbuffer rsync")] },
  { agent: null, lines: [process("-bash"), process("sshd: ann@pts/0", "sshd"), process("/sbin/init")] },
  { agent: null, lines: [process("tmux new", "tmux: server")] },
  { agent: null, lines: [process("node /opt/deploy/claude/deploy.js")] },
  { agent: null, lines: [process("vim claude"), process("less codex")] },
  { agent: null, lines: [process("python3 -m http.server")] },
])("$agent: $lines.0.words", ({ agent, lines }) => {
  expect(agentAmong([shell, ...lines, process("/bin/bash")])).toBe(agent);
});

describe("a refusal as JSON", () => {
  const lost: Refusal = { code: "empty-variable", word: bytesOf("/srv//"), which: "destination", sign: "double-slash" };
  const missing: Refusal = { code: "no-dry-run", nearest: null, unseen: null };
  const root: Refusal = { code: "release-root", path: "/srv", link: "/srv/current", text: "1.2.2" };
  const objectOf = (...refusals: readonly Refusal[]) => JSON.parse(refusalJson({ refusals, allowId: null }, 77));

  test("is one line, with the cause first", () => {
    const text = refusalJson({ refusals: [root, missing, lost], allowId: "12345678" }, 77);
    expect(text).toMatch(/^\{[\x20-\x7e]*\}\n$/);
    expect(JSON.parse(text)).toEqual({
      "rsync-guard": "refused",
      exitCode: 77,
      code: "empty-variable",
      codes: ["empty-variable", "release-root", "no-dry-run"],
      why: [
        expect.stringContaining("//"),
        expect.stringContaining("release root"),
        expect.stringContaining("no dry run"),
      ],
      next: "set the variable, then dry-run again",
      needsPerson: false,
      allowId: "12345678",
    });
  });

  test.for([
    { what: "only a dry run is missing", refusals: [missing], needsPerson: false },
    { what: "a variable was lost", refusals: [lost, root, missing], needsPerson: false },
    { what: "the place is one of many releases", refusals: [root, missing], needsPerson: true },
  ])("where $what a person has to decide: $needsPerson", ({ refusals, needsPerson }) => {
    expect(objectOf(...refusals).needsPerson).toBe(needsPerson);
  });
});
