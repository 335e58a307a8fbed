/** Real command lines, and the same with one variable emptied: explains each in this process, and runs none. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesOf } from "../../src/core/bytes.ts";
import { type Code, dryRunCodes } from "../../src/core/codes.ts";
import { commandText } from "../../src/core/words/command-text.ts";
import { commandLineOf } from "../../src/io/command-line.ts";
import { decide } from "../../src/io/decide.ts";
import { type Figures, measured } from "./measured.ts";

interface CommandLine {
  readonly id: string;
  readonly argv: readonly string[];
  readonly dest_class: string;
  readonly emptied: readonly { readonly argv: readonly string[]; readonly danger: string; readonly severity: string }[];
}

const commands: readonly CommandLine[] = readFileSync(join(import.meta.dirname, "commands.jsonl"), "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));

const text = (argv: readonly string[]): string => commandText(argv.slice(1).map(bytesOf));

/** `detail`: is told what is refused though ordinary, and what passes though wrong. */
export async function measureCommandLines(detail: (line: string) => void): Promise<Figures> {
  const ordinary: (readonly Code[])[] = [];
  const wrong: (readonly Code[])[] = [];
  const destructive: (readonly Code[])[] = [];
  // relative paths lead into a folder that holds one file
  const folder = mkdtempSync(join(tmpdir(), "corpus-"));
  writeFileSync(join(folder, "file"), "");
  const before = process.cwd();
  process.chdir(folder);
  for (const { id, argv, dest_class, emptied } of commands) {
    if (dest_class === "ordinary" || dest_class === "daemon") {
      const codes = await staticCodes(argv);
      ordinary.push(codes);
      if (codes.length > 0) detail(`refused  ${id}  ${[...new Set(codes)]}  ${text(argv)}`);
    }
    for (const { argv: broken, danger, severity } of emptied) {
      if (danger === "none" || danger === "lists-only" || severity === "dry-run") continue;
      const codes = await staticCodes(broken);
      wrong.push(codes);
      if (severity.startsWith("destructive")) destructive.push(codes);
      if (codes.length === 0) detail(`passed   ${id}  ${danger}/${severity}  ${text(broken)}`);
    }
  }
  process.chdir(before);
  rmSync(folder, { recursive: true });
  const refused = (all: typeof wrong) =>
    measured(
      all.filter((codes) => codes.length > 0),
      all.length,
    );
  return {
    "ordinary-commands": refused(ordinary),
    "wrong-commands": refused(wrong),
    "destructive-commands": refused(destructive),
  };
}

async function staticCodes(argv: readonly string[]): Promise<readonly Code[]> {
  const env = { PATH: process.env["PATH"] };
  const command = commandLineOf(argv.slice(1).map(bytesOf), env);
  const { refusals, verdict } = await decide(command, env, { shim: null, real: null });
  // a dry run is not refused; what is listed for it is for its live run. Which directories are empty here tells nothing
  const isOfTheLine = (code: Code) => !dryRunCodes.has(code) && code !== "empty-source";
  return verdict === "refuse" ? refusals.map(({ code }) => code).filter(isOfTheLine) : [];
}
