import { expect, test } from "vitest";
import { operandOf } from "../../src/core/command/operand.ts";
import { operands } from "../cases/operands.ts";

test.for(operands)("%j", ([word, at, path, host = "", user = null]) => {
  expect(operandOf(word)).toEqual(at === "local" ? { at, path } : { at, user, host, path });
});
