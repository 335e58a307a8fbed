/** A scratch host to run commands on: a folder with the shim first on PATH, inside test/cage. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { shellWord } from "../../src/core/quoting.ts";
import { build, checkout } from "./build.ts";

export const realRsync = "/usr/bin/rsync";
export const cage = join(checkout, "test/cage");
/** Another shim shows what the tests say of it: test/support/unguarded must fail them. */
const shim = resolve(process.env["RSYNC_GUARD_TEST_SHIM"] ?? join(checkout, build.shim));

/** Hosts carry older ones than the tests need: from 18 on. */
const node = resolve(process.env["RSYNC_GUARD_TEST_NODE"] ?? process.execPath);

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Host {
  readonly folder: string;
  /** Runs a script of /bin/sh in the cage, in the folder. Its session has no terminal. `before`: what starts the cage. */
  sh(script: string, env?: Readonly<Record<string, string>>, before?: readonly string[]): Promise<Outcome>;
  /** Runs it at a terminal, types the next line whenever a question is asked, and then nothing more. */
  answering(lines: readonly string[], script: string, env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** The same, for services that write in /run. */
  serviceSh(script: string, env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** The same in the cage without no_new_privs, which is for root alone. */
  privilegedSh(script: string): Promise<Outcome>;
}

const scratchFolder = (): string => mkdtempSync(join(realpathSync(tmpdir()), "rsync-guard-"));

/** Why nothing can run here; whatever needs a host is skipped then, for nothing ever runs unprotected. */
export const obstacle = ((): string | null => {
  const folder = scratchFolder();
  const { status, stderr, error } = spawnSync(cage, [folder, "test", "-x", realRsync], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  if (status === 0) return null;
  return `no cage to run rsync in: ${error?.message ?? (stderr.trim() || `no ${realRsync}`)}`;
})();

/** Gives it a new host, and removes that in the end. */
export async function withHost<T>(use: (host: Host) => Promise<T>): Promise<T> {
  const folder = scratchFolder();
  try {
    mkdirSync(join(folder, "bin"));
    symlinkSync(shim, join(folder, "bin/rsync"));
    // an executable has to do without
    if (build.name === "node") symlinkSync(node, join(folder, "bin/node"));
    return await use(hostIn(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function hostIn(folder: string): Host {
  const environment = {
    PATH: `${folder}/bin:/usr/bin:/bin`,
    HOME: `${folder}/home`,
    XDG_STATE_HOME: `${folder}/state`,
    XDG_CONFIG_HOME: `${folder}/config`,
    LC_ALL: "C.UTF-8",
  };
  return {
    folder,
    sh: (script, env = {}, before = []) =>
      started([...before, cage, folder, "sh", "-c", script], { ...environment, ...env }),
    answering: (lines, script, env = {}) =>
      started(
        [cage, folder, "script", "-qec", `exec sh -c ${shellWord(script)}`, "/dev/null"],
        { ...environment, ...env },
        lines,
      ),
    serviceSh: (script, env = {}) =>
      started([cage, "--own-tmp", folder, "sh", "-c", script], { ...environment, ...env }),
    privilegedSh: (script) => started([cage, "--privileges", folder, "sh", "-c", script], environment),
  };
}

/** A question, or the prompt of less. */
const isQuestion = /(?:[:\]] |\n\S*:(?:\u001b\[K)?)$/;

function started(
  [command = "", ...args]: readonly string[],
  env: Record<string, string>,
  answers: readonly string[] | null = null,
): Promise<Outcome> {
  // detached is setsid(2): the session that the tests were started in, and its terminal, play no part
  const child = spawn(command, args, { env, detached: true, stdio: [answers ? "pipe" : "ignore", "pipe", "pipe"] });
  const read = { stdout: "", stderr: "" };
  const left = [...(answers ?? [])];
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      read[name] += text;
      if (!answers || !isQuestion.test(read.stdout)) return;
      const next = left.shift();
      if (next === undefined) child.stdin?.end();
      else child.stdin?.write(next);
    });
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  return new Promise((fulfil, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === null) reject(new Error(`ended by ${signal}: ${args.at(-1)}\n${read.stderr}`));
      else fulfil({ code, ...read });
    });
  });
}
