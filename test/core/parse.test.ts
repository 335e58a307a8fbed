import { describe, expect, test } from "vitest";
import { bytesOf } from "../../src/core/bytes.ts";
import { type GivenOption, type Invocation, parse } from "../../src/core/command/parse.ts";
import { unreadableRefusal } from "../../src/core/judge/decision.ts";
import { readable, unreadable } from "../cases/parse.ts";
import { wordsOf } from "../cases/words.ts";

const given = (options: readonly GivenOption[]) => options.map(({ as, value }) => [as, value]);

const pairs = (line: readonly string[]) =>
  line.map((word) => {
    const [, as, value = null] = /^([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    return [as, value];
  });

const nothing = {
  dryRun: false,
  deletes: false,
  removesSource: false,
  recursive: false,
  dirs: false,
  relative: false,
  filesFrom: null,
  partialDir: null,
  readBatch: false,
  oldArgs: 0,
  secluded: false,
} satisfies Partial<Invocation>;

describe.each(Object.entries(readable))("%s", (_, cases) => {
  test.for(cases)("%# %j", ([line, kind, options, operands, { remoteOptions = "", ...also } = {}, env = {}]) => {
    const argv = wordsOf(line).map(bytesOf);
    const parsed = parse(argv, env);
    expect(parsed).toHaveProperty("invocation");
    if (!("invocation" in parsed)) return;
    const { options: read, remoteOptions: handedOn, ...rest } = parsed.invocation;
    expect({ ...rest, options: given(read), remoteOptions: given(handedOn) }).toEqual({
      ...nothing,
      ...also,
      argv,
      kind,
      operands: wordsOf(operands).map(bytesOf),
      options: pairs(wordsOf(options)),
      remoteOptions: pairs(wordsOf(remoteOptions)),
    });
  });
});

describe.each(Object.entries(unreadable))("%s", (_, cases) => {
  test.for(cases)("%# %j", ([line, code, argument]) => {
    const parsed = parse(wordsOf(line).map(bytesOf), {});
    expect("unreadable" in parsed && parsed.unreadable.argument).toBe(bytesOf(argument));
    expect("unreadable" in parsed && unreadableRefusal(parsed.unreadable).code).toBe(code);
  });
});

test("100,000 arguments", () => {
  const operands = Array.from({ length: 100_000 }, (_, at) => `f${at}`);
  const parsed = parse(["-a", ...operands, "-n"], {});
  expect(parsed).toMatchObject({ invocation: { kind: "dry-run", operands: { length: 100_000 } } });
});
