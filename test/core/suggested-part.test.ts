/** What suggest --write makes of a configuration file. */
import { describe, expect, test } from "vitest";
import { suggestedBlocks, withSuggested } from "../../src/core/history/suggested-part.ts";
import { configFrom } from "../support/configuration.ts";

const block = (path: string, key = 'dry_run = { required = "auto" }') => ({
  path,
  lines: ["# 3 runs", "[[destination]]", `path = ${JSON.stringify(path)}`, "# each run is planned", key],
});
const pathsOf = (text: string) => configFrom(text).destinations.map(({ path }) => path);

describe("a file", () => {
  test.for<[what: string, text: string, paths: readonly string[]]>([
    ["that is empty", "", ["/srv/a"]],
    ["with keys", 'mode = "observe"', ["/srv/a"]],
    ["with tables", '[limits]\nmax_delete = "20%"\n', ["/srv/a"]],
    ["with a place", 'mode = "observe"\n\n  [[destination]]\npath = "/b"\n', ["/srv/a", "/b"]],
  ])("%s keeps what it says", ([, text, paths]) => {
    const written = withSuggested(text, [block("/srv/a")]);
    expect(pathsOf(written)).toEqual(paths);
    const { destinations: _, ...others } = configFrom(written);
    const { destinations: __, ...before } = configFrom(text);
    expect(others).toEqual(before);
    for (const line of text.split("\n")) expect(written.split("\n")).toContain(line);
    expect(withSuggested(written, [block("/srv/a")])).toBe(written);
  });

  test("has what was suggested before, unless it is suggested anew; what is further down comes first", () => {
    const first = withSuggested("# mine\n", [block("/srv/a"), block("/srv/b c")]);
    const next = withSuggested(first, [block("/srv/b c", 'allow = ["root-source"]'), block("/srv/b c/d")]);
    expect(pathsOf(next)).toEqual(["/srv/b c/d", "/srv/b c", "/srv/a"]);
    expect(next).toContain('path = "/srv/b c"\n# each run is planned\nallow = ["root-source"]\n');
    expect(next.startsWith("# mine\n")).toBe(true);
    expect(suggestedBlocks(next).map(({ lines }) => lines.length)).toEqual([5, 5, 5]);
  });
});
