/** A world with an sshd on loopback, which makes the world's folder a host of its own: `web1`, or any other name. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { checkout } from "./build.ts";
import { type Outcome, type World, test as worldTest } from "./world.ts";

export const sshd = "/usr/sbin/sshd";

export interface Far {
  /** Like world.sh(), with RSYNC_RSH set. The far side's own rsync is the shim; `$bare` reaches the real one there. */
  sh(script: string, env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Where it keeps its configuration, its records and what else belongs to it, below the world's folder. */
  readonly home: string;
  /** From now on all commands share a connection, which spares their time; each has still a session of its own. */
  connects(): Promise<void>;
  /** What stands behind the shim there. */
  standsOn(rsync: string): void;
}

export const test = worldTest.extend<{ far: Far }>({
  far: async ({ world, skip }, use) => {
    if (!existsSync(sshd)) skip(`no ${sshd}`);
    const { folder } = world;
    for (const name of ["ssh", "far/shim", "far/rsync", "far/home"]) mkdirSync(join(folder, name), { recursive: true });
    for (const name of readdirSync(join(folder, "bin")))
      symlinkSync(readlinkSync(join(folder, "bin", name)), join(folder, "far/shim", name));
    await makeKey(world);
    const { port, server } = await startSshd(folder, join(folder, "far"));
    writeFileSync(join(folder, "ssh/config"), clientConfig(folder, { "*": port }));
    const running = [server];
    const rsh = { RSYNC_RSH: `ssh -F ${folder}/ssh/config`, bare: "--rsync-path=/usr/bin/rsync" };
    try {
      await use({
        home: "far/home",
        sh: (script, env = {}) => world.sh(script, { ...rsh, ...env }),
        async connects() {
          const control = join(folder, "ssh/control");
          const master = inCage(folder, ["ssh", "-F", join(folder, "ssh/config"), "-M", "-N", "-S", control, "web1"]);
          running.unshift(master);
          while (!existsSync(control) && !hasEnded(master)) await new Promise((fulfil) => setTimeout(fulfil, 5));
          rsh.RSYNC_RSH += ` -S ${control}`;
        },
        standsOn: (rsync) => symlinkSync(rsync, join(folder, "far/rsync/rsync")),
      });
    } finally {
      for (const one of running) await ended(one);
    }
  },
});

/** One key for all hosts and their one user. */
export async function makeKey(world: World): Promise<void> {
  const { code, stderr } = await world.sh(
    "mkdir -p ssh && ssh-keygen -q -t ed25519 -N '' -f ssh/key && cp ssh/key.pub ssh/authorized_keys",
  );
  if (code !== 0) throw new Error(stderr);
}

/** As accounts on a far side have it, but HOME, so that no rc file of this machine is read. */
const serverConfig = (folder: string, far: string, port: number): string => `
Port ${port}
ListenAddress 127.0.0.1
HostKey ${folder}/ssh/key
AuthorizedKeysFile ${folder}/ssh/authorized_keys
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
ExposeAuthInfo yes
SetEnv PATH=${far}/shim:${far}/rsync:/usr/bin:/bin HOME=${far}/home \
XDG_STATE_HOME=${far}/home/state XDG_CONFIG_HOME=${far}/home/config LC_ALL=C.UTF-8
Match Address 127.0.0.3
ExposeAuthInfo no
`;

/** The usual key exchange takes most of a test's time. */
export const clientConfig = (folder: string, ports: Readonly<Record<string, number>>): string => `
${Object.entries(ports)
  .map(([host, port]) => `Host ${host}\nPort ${port}`)
  .join("\n")}
Host *
HostName 127.0.0.1
IdentityFile ${folder}/ssh/key
IdentitiesOnly yes
UserKnownHostsFile /dev/null
GlobalKnownHostsFile /dev/null
KexAlgorithms curve25519-sha256
StrictHostKeyChecking no
BatchMode yes
LogLevel ERROR
`;

/** `far`: where that host's own things are. Another may take the port before sshd does; then it says so and ends. */
export async function startSshd(
  folder: string,
  far: string,
  options: readonly string[] = [],
): Promise<{ readonly port: number; readonly server: ChildProcess }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    writeFileSync(join(far, "sshd_config"), serverConfig(folder, far, port));
    const server = inCage(folder, [sshd, "-D", "-e", "-f", join(far, "sshd_config")], options);
    const said = await untilListening(server);
    if (said === null) return { port, server };
    if (attempt === 5 || !said.includes("Address already in use")) throw new Error(`sshd: ${said}`);
  }
}

/** In a cage of its own, until it is ended. */
const inCage = (folder: string, command: readonly string[], options: readonly string[] = []): ChildProcess =>
  spawn(join(checkout, "test/cage"), [...options, "--own-tmp", folder, ...command], {
    env: { PATH: "/usr/bin:/bin" },
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });

/** Null once it listens; what it said, where it ended instead. */
function untilListening(server: ChildProcess): Promise<string | null> {
  let said = "";
  return new Promise((fulfil, reject) => {
    server.on("error", reject);
    server.on("close", () => fulfil(said));
    // read on to the end, or a full pipe would stop it
    server.stderr?.on("data", (text: Buffer) => {
      said += text;
      if (said.includes("Server listening")) fulfil(null);
    });
  });
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** With the cage's first process all others in it end. */
export const ended = (child: ChildProcess): Promise<void> =>
  new Promise((fulfil) => {
    if (hasEnded(child)) return fulfil();
    child.on("exit", () => fulfil());
    child.kill("SIGKILL");
  });

export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((fulfil, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => fulfil(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** The codes that a refusal ends with. */
export const codesOf = (stderr: string): readonly string[] | undefined =>
  /^ {2}codes: (.*?) {3}/m.exec(stderr)?.[1]?.split(", ");

/** Refused by the far side's guard, which a client without one finds out when the connection ends; returns what was said. */
export async function expectRefused(
  world: World,
  run: () => Promise<Outcome>,
  codes: readonly string[],
  exit: 77 | 78 = 77,
): Promise<string> {
  // the far side keeps a journal
  const files = () => Object.entries(world.tree()).filter(([path]) => !path.startsWith("far/home/state"));
  const before = files();
  const { code, stdout, stderr } = await run();
  expect({ codes: codesOf(stderr), stdout }).toEqual({ codes, stdout: "" });
  // rsync makes 12 of the far side's code, or passes it on: which one is a race
  expect([12, exit]).toContain(code);
  expect(files()).toEqual(before);
  return stderr;
}
