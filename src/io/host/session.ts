/** Who calls: the login session, the processes above, the client of an ssh connection. */
import { type Bytes, textOf } from "../../core/bytes.ts";
import { agentAmong, type Nobody, type Process } from "../../core/judge/agents.ts";
import type { Session } from "../../core/judge/approval.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { readLines, readSystemFile } from "./system-file.ts";

/** A variable of sshd's; sudo takes it away, but the processes above it still have it. */
function connectionVariable(name: "SSH_CONNECTION" | "SSH_USER_AUTH", own: string | undefined): Bytes | undefined {
  let found: Bytes | undefined = own;
  for (let pid = process.ppid; found === undefined && pid > 1; pid = parentOf(pid)) {
    try {
      found = readEnvironment(pid).get(name);
    } catch {
      // another user's, or gone
    }
  }
  return found;
}

/** The client's address, or null. */
export const clientAddress = (env: Environment): string | null =>
  connectionVariable("SSH_CONNECTION", env["SSH_CONNECTION"])?.split(" ", 1)[0] ?? null;

/** The public keys that logged in, each as `ssh-ed25519 AAAA…`: sshd's ExposeAuthInfo names a file; null: not known. */
export function loginKeys(env: Environment): readonly Bytes[] | null {
  const file = connectionVariable("SSH_USER_AUTH", env["SSH_USER_AUTH"]);
  const lines = file === undefined ? [] : readLines(file);
  const keys = lines.flatMap((line) => /^publickey (\S+ \S+)/.exec(line)?.[1] ?? []);
  return keys.length > 0 ? keys : null;
}

/** The process above that one; 0 where there is none, or it can't be seen. */
export const parentOf = (pid: number): number => processStatus(pid)?.parent ?? 0;

const changesUser: ReadonlySet<string> = new Set(["sudo", "doas", "su", "runuser"]);

/** The login session, or null where /proc doesn't tell. */
export function currentSession(): Session | null {
  const own = processStatus("self");
  if (!own) return null;
  let leader = own.session;
  // sudo gives each command a terminal and a session of its own; the one it was called from is meant
  for (let depth = 0; depth < 8; depth++) {
    const status = processStatus(leader);
    if (!status || !changesUser.has(status.name)) break;
    const outer = processStatus(status.parent)?.session;
    if (!outer || outer === leader) break;
    leader = outer;
  }
  const found = processStatus(leader);
  const hasPerson = own.terminal !== 0 && !(found !== null && isCommandOverSsh(leader, found.parent));
  return { leader, started: found?.started ?? null, terminal: hasPerson };
}

/**
 * Whether sshd started this session's leader for one command, as `ssh -tt` from a job does: nobody is at its terminal,
 * and the session ends with it. A shell that somebody types into has nothing but options.
 */
function isCommandOverSsh(leader: number, parent: number): boolean {
  if (!processStatus(parent)?.name.startsWith("sshd")) return false;
  const [name = "", ...words] = commandLine(leader);
  return !name.startsWith("-") && words.some((word) => !word.startsWith("-") || /^-[a-z]*c/.test(word));
}

/** None where it is gone. */
function commandLine(pid: number): readonly Bytes[] {
  try {
    return readSystemFile(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

/** Why no person sits at the terminal, as far as the processes above tell; null where one may, and without a terminal. */
export function whyNobody(): Nobody | null {
  if (processStatus("self")?.terminal === 0) return null;
  const agent = agentAmong(processesAbove());
  if (agent !== null) return { is: "agent", name: agent };
  return currentSession()?.terminal === false ? { is: "no-session" } : null;
}

/** The nearest first. */
function* processesAbove(): Generator<Process> {
  for (let pid = process.ppid; pid > 0; ) {
    const status = processStatus(pid);
    if (!status) return;
    yield { name: textOf(status.name), words: commandLine(pid).map(textOf) };
    pid = status.parent;
  }
}

/** When a process was started, in the kernel's own count; null where it is gone. */
export const startOf = (pid: number): string | null => processStatus(pid)?.started ?? null;

/** Whether this process may write to its terminal without being stopped for it. */
export function isInForeground(): boolean {
  const own = processStatus("self");
  return own !== null && own.terminal !== 0 && own.group === own.terminalsGroup;
}

/** proc(5): /proc/PID/stat. */
function processStatus(pid: number | "self") {
  let text: string;
  try {
    text = readSystemFile(`/proc/${pid}/stat`);
  } catch {
    return null;
  }
  // the name may hold blanks and parentheses
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  return {
    name: text.slice(text.indexOf("(") + 1, end),
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    terminal: Number(fields[4]),
    terminalsGroup: Number(fields[5]),
    started: fields[19] ?? null,
  };
}

/** Changes at each start of the host; null where that isn't told. */
export function bootId(): string | null {
  try {
    return readSystemFile("/proc/sys/kernel/random/boot_id").trim();
  } catch {
    return null;
  }
}
