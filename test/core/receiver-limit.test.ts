import { expect, test } from "vitest";
import { type Bytes, bytesOf } from "../../src/core/bytes.ts";
import type { Code } from "../../src/core/codes.ts";
import { builtInConfig, type Limits, type Settings } from "../../src/core/configuration/settings.ts";
import { decisionOf, notSearched } from "../../src/core/judge/decision.ts";
import { deletionLimit, withDeletionLimit } from "../../src/core/judge/receiver-limit.ts";
import { judge } from "../../src/core/judge/verdict.ts";
import { wordsOf } from "../cases/words.ts";
import { factsOf } from "../support/facts.ts";
import { invocationOf } from "../support/run.ts";

interface Given {
  readonly line?: string;
  readonly present?: number;
  readonly maxDelete?: Limits["maxDelete"];
  readonly mode?: Settings["mode"];
  readonly allow?: readonly Code[];
}

const share = (percent: number): Limits["maxDelete"] => ({ percent });

/** The limit, and the directories that were counted for it. */
function limited({ line = "--server -re.L --delete . /srv/app", present = 100, ...given }: Given) {
  const { settings } = builtInConfig;
  const { mode = settings.mode, allow = [], maxDelete = settings.limits.maxDelete } = given;
  const config = {
    ...builtInConfig,
    settings: { ...settings, mode, allow, limits: { ...settings.limits, maxDelete } },
  };
  const invocation = invocationOf(line);
  const facts = factsOf({ places: { "/srv/app/f": "file", "/srv/empty": "empty directory" } });
  const read = { argv: invocation.argv, rsync: null, invocation };
  const judged = judge(invocation, facts, config);
  const decision = decisionOf(read, judged, { record: null, ...notSearched }, { facts, config });
  let counted: readonly Bytes[] | null = null;
  const limit = deletionLimit(decision, (directories) => {
    counted = directories;
    return present;
  });
  return { limit, counted };
}

test.for<[what: string, given: Given, limit: number | null]>([
  ["half", {}, 50],
  ["a share that is no whole number of entries", { present: 15 }, 7],
  ["ten entries", { present: 10 }, 5],
  ["few entries", { present: 9 }, null],
  ["another share", { maxDelete: share(15), present: 20 }, 3],
  ["anything", { maxDelete: share(100) }, null],
  ["nothing", { maxDelete: share(0) }, 0],
  ["a number, of few entries too", { maxDelete: { entries: 3 }, present: 5 }, 3],
  ["a number that no int holds", { maxDelete: { entries: 2 ** 40 } }, 2 ** 31 - 1],
  ["a dry run", { line: "--server -nre.L --delete . /srv/app" }, 50],
  ["a run that deletes nothing", { line: "--server -re.L . /srv/app" }, null],
  ["an empty target", { line: "--server -re.L --delete . /srv/empty" }, null],
  ["a sender", { line: "--server --sender -re.L --remove-source-files . /srv/app" }, null],
  ["a run that starts here", { line: "-r --delete src/ /srv/app" }, null],
  ["mode observe", { mode: "observe" }, null],
  ["an allowed code", { allow: ["plan-too-large"] }, null],
  ["another allowed code", { allow: ["no-dry-run"] }, 50],
])("how many entries may go on a receiving host: %s", ([, given, limit]) => {
  expect(limited(given).limit).toBe(limit);
});

test("the entries of the target are counted, and only for a share", () => {
  expect(limited({}).counted).toEqual(["/srv/app"]);
  expect(limited({ maxDelete: { entries: 3 } }).counted).toBe(null);
  expect(limited({ maxDelete: share(100) }).counted).toBe(null);
});

test.for<[line: string, limited: string | null, env?: Readonly<Record<string, string>>]>([
  ["--server -re.L --delete . /srv/app", "--server -re.L --delete --max-delete=5 . /srv/app"],
  ["--server -re.L --delete --max-delete=9 . a", "--server -re.L --delete --max-delete=9 --max-delete=5 . a"],
  ["--server -re.L --delete --max-delete=5 . a", null],
  ["--server -re.L --delete --max-delete 2 . a", null],
  ["--server -re.L --delete --max-delete=-1 . a", null],
  [
    "--server -re.L --max-delete=2 --max-delete=9 . a",
    "--server -re.L --max-delete=2 --max-delete=9 --max-delete=5 . a",
  ],
  ["--server -re.L --delete -- . a", "--server -re.L --delete --max-delete=5 -- . a"],
  ["--server -re.L . a --delete --suffix .", "--server -re.L . a --delete --max-delete=5 --suffix ."],
  ["--server -re.L . a --delete", "--server -re.L --max-delete=5 . a --delete", { POSIXLY_CORRECT: "1" }],
  ["--server -re.L --delete --backup-dir . . a", "--server -re.L --delete --backup-dir . --max-delete=5 . a"],
])("a server's arguments with a limit of 5: %s", ([line, expected, env = {}]) => {
  const words = (text: string) => wordsOf(text).map(bytesOf);
  expect(withDeletionLimit(words(line), 5, env)).toEqual(expected === null ? null : words(expected));
});
