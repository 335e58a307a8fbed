/** What a remote shell's command starts, and what decides where it takes a host's name. */
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import which from "which";
import { type Bytes, textOf } from "../../core/bytes.ts";
import { digestOfBytes } from "../../core/judge/digest.ts";
import { ownUser } from "./users.ts";

/** Text that is another one where the program or its configuration is. Files that these include are not read. */
export function remoteShellIdentity(command: Bytes, path: string | undefined): string {
  const words = wordsOf(textOf(command));
  const [program = ""] = words;
  const found = which.sync(program, { nothrow: true, path: path ?? "" });
  if (!found) return `${program} none`;
  const real = realpathSync(found);
  const { dev, ino, size, mtimeNs } = statSync(real, { bigint: true });
  const files = /(?:^|\/)ssh$/.test(program) ? configurationFiles(words) : [];
  return [real, `${dev}:${ino}`, size, mtimeNs, ...files.flatMap(contentOf)].join(" ");
}

/** As rsync splits the command: at blanks, but not in quotes. */
const wordsOf = (command: string): readonly string[] =>
  [...command.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) => word.replace(/['"]/g, ""));

/** ssh_config(5); ssh takes the home from passwd, not from HOME. */
function configurationFiles(words: readonly string[]): readonly string[] {
  const named = words.findIndex((word) => word.startsWith("-F"));
  if (named >= 0) return [words[named]?.slice(2) || (words[named + 1] ?? "")];
  const directory = "/etc/ssh/ssh_config.d";
  return [
    join(textOf(ownUser()?.home ?? "/nonexistent"), ".ssh/config"),
    "/etc/ssh/ssh_config",
    ...namesIn(directory).map((name) => join(directory, name)),
  ];
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function contentOf(file: string): readonly string[] {
  try {
    return [`${file} ${digestOfBytes(readFileSync(file))}`];
  } catch {
    return [];
  }
}
