/** The fields that a run has in common with the same one on another machine. */
import { bufferOf, bytesOf } from "../core/bytes.ts";
import type { Decision } from "../core/judge/decision.ts";
import { type Fields, holdsMerge, mergedFiles, namedFiles, remoteShellCommand } from "../core/judge/fingerprint.ts";
import { portableFieldsOf } from "../core/judge/portable.ts";
import type { Environment } from "./host/environment.ts";
import { askRsync } from "./host/real-rsync.ts";
import { digestOf } from "./store/approvals.ts";

/** Or what keeps its plan from standing for a run elsewhere. */
export async function portableFields(
  { invocation, ends, inputs, rsync }: Decision,
  env: Environment,
): Promise<Fields | { readonly unseen: string }> {
  if (!invocation || !inputs || !rsync) return { unseen: "the command" };
  const { HOME: home } = env;
  const merged = mergedFiles(invocation);
  const digests = new Map<string, string | null>();
  for (const file of namedFiles(invocation, home === undefined ? undefined : bytesOf(home)))
    digests.set(file, await digestOf(bufferOf(file), (content) => merged.has(file) && holdsMerge(content)));
  return portableFieldsOf({
    invocation,
    digests,
    environment: env,
    cwd: inputs.facts.cwd,
    version: askRsync(rsync).version()?.join(".") ?? null,
    shell: remoteShellCommand(invocation, ends, env),
  });
}
