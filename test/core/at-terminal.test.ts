import { expect, test } from "vitest";
import { atTerminalText } from "../../src/core/words/at-terminal.ts";

const refusal = `rsync-guard: refused, nothing ran: the destination /srv/releases// contains //: a variable may be empty
  also: /srv/releases is a release root (/srv/current -> releases/1.2.2)
  rsync -a --delete --exclude=one --exclude=two build/ /srv/releases//
    destination  /srv/releases/1.2.3/  ->  /srv/releases//     a variable may be empty
  codes: empty-variable
`;

test("lines end at the terminal's width, and what is pasted or compared stays whole", () => {
  expect(atTerminalText(refusal, 60, false)).toBe(`rsync-guard: refused, nothing ran: the destination
    /srv/releases// contains //: a variable may be empty
  also: /srv/releases is a release root (/srv/current ->
    releases/1.2.2)
  rsync -a --delete --exclude=one --exclude=two build/ /srv/releases//
    destination  /srv/releases/1.2.3/  ->  /srv/releases//     a variable may be empty
  codes: empty-variable
`);
});

test.for([
  { what: "a width that is not known", columns: null },
  { what: "hardly any width", columns: 20 },
  { what: "room enough", columns: 200 },
])("nothing changes with $what", ({ columns }) => {
  expect(atTerminalText(refusal, columns, false)).toBe(refusal);
});

test("a word that is longer than the terminal is not cut", () => {
  const path = `/${"x".repeat(80)}`;
  expect(atTerminalText(`rsync-guard: no ${path} here\n`, 60, false)).toBe(`rsync-guard: no\n    ${path}\n    here\n`);
});

test("the headline of a refusal is bold, and a line that stands alone is not", () => {
  const outlook = "rsync-guard: the live run would change nothing; approved for 15 min\n";
  expect(atTerminalText(outlook, null, true)).toBe(outlook);
  const [headline = "", ...others] = refusal.split("\n");
  expect(atTerminalText(outlook + refusal, null, true)).toBe(
    `${outlook}\u001b[1m${headline}\u001b[22m\n${others.join("\n")}`,
  );
});
