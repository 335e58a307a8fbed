/** What the pages of the codes say of dry runs and plans: the lines of configuration there let the run pass. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { pageText } from "../../src/commands/page-text.ts";
import { codes } from "../../src/core/codes.ts";
import { allowPermanently } from "../../src/core/words/allow-permanently.ts";
import { pageOf } from "../../src/core/words/refusals.ts";
import { byRunning } from "../cases/allow-permanently.ts";
import { checkout, program } from "../support/build.ts";
import { test } from "../support/world.ts";

describe.each(byRunning)("$code: $run", ({ code, before = ":", config = "", run }) => {
  test.for([{ allowed: false }, { allowed: true }])("with its lines: $allowed", async ({ allowed }, { world }) => {
    const toml = allowPermanently[code].toml ?? "";
    const place = /^path = "(.*)"$/m.exec(toml)?.[1]?.replace("*", "x").slice(1) ?? "place";
    const lines = toml.replace(/(?<=^path = ")/m, world.folder);
    world.make({
      [`${place}/old`]: "old\n",
      [`${place}/../src/new`]: "new\n",
      "config/rsync-guard.toml": `${config}\n${allowed ? lines : ""}`,
    });
    const outcome = await world.sh(`cd ${place} && { ${before}; } && ${run}`);
    // a dry run before it may have warned of the same
    const codes = new Set(outcome.stderr.match(/(?<=^ {2}codes: ).*(?= {3})/gm));
    expect({ exitCode: outcome.code, codes: [...codes] }).toEqual(
      allowed ? { exitCode: 0, codes: [] } : { exitCode: 77, codes: [code] },
    );
  });
});

test.for(codes)("explain %s prints its page", async (code, { world }) => {
  const { stdout } = await world.sh(`${program} explain ${code}`);
  expect(stdout).toBe(pageText(readFileSync(join(checkout, `docs/codes/${code}.md`), "utf8")));
  const { says, toml } = allowPermanently[code];
  const inOneLine = stdout.replace(/\s+/g, " ");
  for (const paragraph of [...pageOf(code), ...says]) expect(inOneLine).toContain(paragraph);
  // ready to be pasted
  if (toml) expect(stdout).toContain(`\n\n${toml.replace(/^(?=.)/gm, "    ")}\n`);
});
