/** What the pages of the codes say of dry runs and plans: the lines of configuration there let the run pass. */
import { describe, expect } from "vitest";
import { codes } from "../../src/core/codes.ts";
import { allowPermanently } from "../../src/core/words/allow-permanently.ts";
import { pageOf } from "../../src/core/words/refusals.ts";
import { byRunning } from "../cases/allow-permanently.ts";
import { program } from "../support/build.ts";
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

test.for(codes)("explain %s says all that its page does", async (code, { world }) => {
  const { stdout } = await world.sh(`${program} explain ${code}`);
  const { says, toml } = allowPermanently[code];
  const inOneLine = (text: string) => text.replace(/\s+/g, " ").trim();
  expect(inOneLine(stdout)).toBe(
    inOneLine([code, ...pageOf(code), "to allow it permanently:", ...says, toml ?? ""].join(" ")),
  );
  // ready to be pasted
  if (toml) expect(stdout).toContain(`\n\n${toml.replace(/^(?=.)/gm, "    ")}\n`);
});
