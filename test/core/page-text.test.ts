import { expect, test } from "vitest";
import { pageText } from "../../src/commands/page-text.ts";

test("a page is shown without its Markdown, and what is pasted is not wrapped", () => {
  const long = "word ".repeat(20).trim();
  expect(
    pageText(
      `# some-code\n\n${long} &lt;x> \\*\n\n\`\`\`\nrsync-guard: refused\n\n  ${long}\n\`\`\`\n\n## What to do\n\n- this\n- that\n\n\`\`\`toml\nallow = []\n\`\`\`\n\n[All codes](README.md)\n\n<!-- written -->\n`,
    ),
  ).toBe(
    `some-code\n\n${"word ".repeat(15).trim()}\n${"word ".repeat(5).trim()} <x> *\n\n    rsync-guard: refused\n\n      ${long}\n\nwhat to do:\n\n- this\n- that\n\n    allow = []\n`,
  );
});
