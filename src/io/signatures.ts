/** Signatures of plans, made and checked by ssh-keygen: the keys may be in files, in an agent, or on a token. */
import { spawnSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync, readFileSync } from "node:fs";
import type { Signature } from "../core/judge/import.ts";
import { openScratch, writeAll } from "./host/scratch.ts";

/** A signature for something else is none for a plan. */
const namespace = "rsync-guard";

const signaturesOf = (plan: string): string => `${plan}.sig`;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An open file, for a program that takes a name: it may have none any more. */
const nameOf = (fd: number): string => `/proc/${process.pid}/fd/${fd}`;

/** `input`: an open file that is read from its start; null: nothing. */
function ask(command: string, args: readonly string[], input: number | null): Ended {
  const file = input === null ? null : openSync(nameOf(input), "r");
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    stdio: [file ?? "ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  if (file !== null) closeSync(file);
  return { status, stdout: stdout ?? "", stderr: error?.message ?? (stderr ?? "").trim() };
}

/** The one public key that the agent has; or why there is none. */
export function agentKey(): { readonly key: string } | { readonly problem: string } {
  const { stdout } = ask("ssh-add", ["-L"], null);
  const keys = stdout.split("\n").filter((line) => /^\S+ AAAA/.test(line));
  const [key] = keys;
  if (key === undefined) return { problem: "no agent has a key; name one with --key FILE" };
  return keys.length > 1 ? { problem: `the agent has ${keys.length} keys; name one with --key FILE` } : { key };
}

/** Adds a signature to those of a plan. `key`: the file of a private key, or of a public one whose other half an agent has. */
export function sign(plan: string, content: number, key: string): { readonly problem: string } | null {
  const { status, stdout, stderr } = ask("ssh-keygen", ["-q", "-Y", "sign", "-n", namespace, "-f", key], content);
  if (status !== 0 || blocksIn(stdout).length !== 1)
    return { problem: stderr.split("\n").at(-1) || "ssh-keygen made no signature" };
  const { O_APPEND, O_CREAT, O_WRONLY } = constants;
  const file = openSync(signaturesOf(plan), O_WRONLY | O_APPEND | O_CREAT, 0o666);
  try {
    writeAll(file, Buffer.from(stdout));
  } finally {
    closeSync(file);
  }
  return null;
}

/** The same with a public key that is in no file. */
export function signWith(plan: string, content: number, publicKey: string): { readonly problem: string } | null {
  const scratch = openScratch();
  try {
    writeAll(scratch, Buffer.from(`${publicKey}\n`));
    return sign(plan, content, nameOf(scratch));
  } finally {
    closeSync(scratch);
  }
}

const blocksIn = (text: string): readonly string[] =>
  text.match(/^-----BEGIN SSH SIGNATURE-----\n[A-Za-z0-9+/=\n]+-----END SSH SIGNATURE-----$/gm) ?? [];

/** More are not looked at. */
const mostSignatures = 32;

/** The signatures beside a plan, each checked against the text of a file of signers. */
export function checkSignatures(plan: string, content: number, signers: string): readonly Signature[] {
  const path = signaturesOf(plan);
  if (!existsSync(path)) return [];
  const allowed = openScratch();
  try {
    writeAll(allowed, Buffer.from(signers));
    return blocksIn(readFileSync(path, "utf8"))
      .slice(0, mostSignatures)
      .map((block) => checkSignature(block, content, allowed));
  } finally {
    closeSync(allowed);
  }
}

function checkSignature(block: string, content: number, allowed: number): Signature {
  const signature = openScratch();
  try {
    writeAll(signature, Buffer.from(`${block}\n`));
    const named = ["-s", nameOf(signature), "-f", nameOf(allowed)];
    const found = ask("ssh-keygen", ["-Y", "find-principals", ...named], content);
    // of a line with several names the first one
    const [signer = ""] = found.stdout.split(/[\n,]/);
    if (found.status !== 0 || signer === "") return { is: "unknown", said: found.stderr };
    const checked = ask("ssh-keygen", ["-Y", "verify", "-n", namespace, "-I", signer, ...named], content);
    const key = /(SHA256:\S+)/.exec(checked.stdout)?.[1];
    return checked.status === 0 && key !== undefined
      ? { is: "good", signer, key }
      : { is: "bad", signer, said: checked.stderr || checked.stdout.trim() };
  } finally {
    closeSync(signature);
  }
}
