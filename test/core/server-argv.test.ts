import { describe, expect, test } from "vitest";
import { type Invocation, parse } from "../../src/core/command/parse.ts";
import { type PathFacts, readsArguments, unsecluded } from "../../src/core/command/secluded.ts";
import { type Target, targetsOf } from "../../src/core/place/target.ts";
import { serverArgvs } from "../cases/server-argv.ts";
import { wordsOf } from "../cases/words.ts";
import { factsOf } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

const facts = factsOf({ places: { "/job/src/sub": "directory", "/job/dst/sub": "directory" } });
const look: PathFacts = {
  names: () => [],
  isDirectory: () => true,
  isLink: () => false,
  takesAwayDotDots: () => false,
};

const inWords = ({ path, writes, deletes, role }: Target): string =>
  [
    `${writes ? "w" : ""}${deletes ? "d" : ""}`,
    ...(role === "destination" ? [] : [role]),
    path === "/job" ? "." : path.replace(/^\/job\//, ""),
  ].join(" ");

function understood(invocation: Invocation): string {
  const { kind, dryRun, deletes, removesSource } = invocation;
  const said = [dryRun && "dry", kind, deletes && "deletes", removesSource && "removes-source"]
    .filter(Boolean)
    .join(" ");
  const targets = targetsOf(invocation, facts).map(inWords).join(", ");
  return targets ? `${said}: ${targets}` : said;
}

describe.each(Object.entries(serverArgvs))("%s", (_, rows) => {
  test.for(rows)("%j", ([, server, expected]) => {
    const words = wordsOf(server);
    const at = words.indexOf("<");
    const argv = at < 0 ? words : words.slice(0, at);
    expect(readsArguments(invocationOf(argv))).toBe(at >= 0);
    const whole = at < 0 ? argv : unsecluded(invocationOf(argv), words.slice(at + 1), look);
    const parsed = "problem" in whole ? whole : parse(whole, {});
    expect("invocation" in parsed ? understood(parsed.invocation) : parsed).toBe(expected);
  });
});
