/** What the checks of doctor have in common: programs that are asked, files that are read, shims that are found. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import which from "which";
import { textOf } from "../../../core/bytes.ts";
import type { Called, CheckFacts, CheckName } from "../../../core/setup/check.ts";
import { areOneVersion, type ShimValues, shimValues } from "../../../core/setup/shim.ts";
import type { Environment } from "../../host/environment.ts";
import { isShim } from "../../host/real-rsync.ts";
import { readLines } from "../../host/system-file.ts";

export interface Host {
  readonly env: Environment;
  /** The shim beside this program. */
  readonly shim: string;
}

export type Checks<Name extends CheckName = CheckName> = {
  readonly [N in Name]: (host: Host) => CheckFacts[N];
};

export interface Answer {
  /** Null where it did not end. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It was killed, since it took too long. */
  readonly isSlow: boolean;
}

/** For a person's shell, whose rc files may wait for something; a program of the host's has more time. */
const patience = 2000;
export const hostPatience = 20_000;

/** Away from the terminal, and killed after a while with all that it has started: a person's shell may wait for something. */
export function run(
  command: string,
  args: readonly string[],
  env?: Record<string, string>,
  timeout = patience,
): Answer {
  const start = performance.now();
  // Node hands it on, though its types for spawnSync lack it
  const session = { detached: true };
  const { pid, status, stdout, stderr } = spawnSync(command, args, {
    ...session,
    encoding: "utf8",
    timeout,
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "pipe"],
    ...(env ? { env } : {}),
  });
  if (status === null && pid)
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // none of them is left
    }
  const isSlow = status === null && performance.now() - start >= timeout;
  return { exitCode: status, stdout: stdout ?? "", stderr: stderr ?? "", isSlow };
}

/** The lines of a file as text; none where it can't be read. */
export const linesIn = (file: string): readonly string[] => readLines(file).map(textOf);

/** What is in a directory; nothing where it can't be read. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

export const filesIn = (directory: string): readonly string[] =>
  namesIn(directory).map((name) => join(directory, name));

export const firstOn = (path: string): string | null => which.sync("rsync", { nothrow: true, path });

/** Of the rsync that somebody finds: whether it is the shim. */
export function calledOf(path: string | null): Called {
  if (!path) return { is: "nothing" };
  return { is: isShim(path) ? "shim" : "other", path };
}

/** The shim that comes first on PATH, else the one beside this program. */
export function shimInUse({ env, shim }: Host): string {
  const first = firstOn(env["PATH"] ?? "");
  return first && isShim(first) ? first : shim;
}

/** What install has written into a shim. */
export const valuesOf = (shim: string): ShimValues => shimValues(textIn(shim));

/** Whether a shim is not of this program's version. */
export const isOld = (path: string, { shim }: Host): boolean => !areOneVersion(textIn(path), textIn(shim));

const textIn = (path: string): string => linesIn(path).join("\n");

/** What a shim starts, as the shim itself finds it: `node` is null for an executable, "" where there is none. */
export function startedBy(shim: string, { env }: Host): { readonly node: string | null; readonly program: string } {
  const { node, program } = valuesOf(shim);
  if (program !== "") return { node: node || null, program };
  const executable = join(dirname(shim), "rsync-guard");
  if (existsSync(executable)) return { node: null, program: executable };
  const path = `${env["PATH"] ?? ""}:/usr/local/bin:/usr/bin:/bin`;
  return {
    node: which.sync("node", { nothrow: true, path }) ?? "",
    program: join(dirname(dirname(shim)), "dist/guard.cjs"),
  };
}
