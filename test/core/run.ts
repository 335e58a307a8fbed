/** A case's command line, read. */
import { type Invocation, type ParseEnvironment, parse } from "../../src/core/command/parse.ts";
import { bytesOf } from "../../src/core/bytes.ts";
import { type Line, wordsOf } from "../cases/words.ts";

export function invocationOf(line: Line, env: ParseEnvironment = {}): Invocation {
  const parsed = parse(wordsOf(line).map(bytesOf), env);
  if ("unreadable" in parsed) throw new Error(`${parsed.unreadable.argument} ${parsed.unreadable.why}`);
  return parsed.invocation;
}
