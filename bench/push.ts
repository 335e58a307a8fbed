/** Measures pushes to a sshd on loopback, without a guard and with one on both ends. */
import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { goal, measure, type Row, ratio, run, table } from "./table.ts";

const shim = join(import.meta.dirname, "../shims/rsync");
const sshd = "/usr/sbin/sshd";
const port = 20_000 + (process.pid % 10_000);

/** Starts it with keys of its own; the function that is returned ends it. */
async function startServer(folder: string, guarded: string): Promise<() => void> {
  const at = (name: string): string => join(folder, name);
  run({ command: ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at("key")] }, folder);
  run({ command: ["cp", at("key.pub"), at("authorized_keys")] }, folder);
  writeFileSync(
    at("sshd_config"),
    `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${at("key")}\nAuthorizedKeysFile ${at("authorized_keys")}
PermitRootLogin yes\nStrictModes no\nUsePAM no\nPidFile none
SetEnv PATH=${guarded} HOME=${folder} XDG_STATE_HOME=${at("far")} XDG_CONFIG_HOME=${at("far")}\n`,
  );
  writeFileSync(
    at("config"),
    `Host *\nHostName 127.0.0.1\nPort ${port}\nIdentityFile ${at("key")}\nUserKnownHostsFile /dev/null
StrictHostKeyChecking no\nBatchMode yes\nLogLevel ERROR\n`,
  );
  const server = spawn(sshd, ["-D", "-e", "-f", at("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise((fulfil) => server.stderr.once("data", fulfil));
  return () => server.kill();
}

export async function benchPush(parent: string): Promise<string> {
  const folder = join(parent, "push");
  mkdirSync(join(folder, "bin"), { recursive: true });
  for (const [name, target] of Object.entries({ rsync: shim, node: process.execPath }))
    symlinkSync(target, join(folder, "bin", name));
  const plain = "/usr/bin:/bin";
  const guarded = `${folder}/bin:${plain}`;
  const stop = await startServer(folder, guarded);
  try {
    run(
      { command: ["sh", "-c", `mkdir one && echo 0 >one/page && dd if=/dev/zero of=big bs=1M count=1024 2>&1`] },
      folder,
    );
    const push = (path: string, script: string): Row["command"] => [
      "env",
      `PATH=${path}`,
      `RSYNC_RSH=ssh -F ${folder}/config`,
      `XDG_STATE_HOME=${folder}/near`,
      "sh",
      "-c",
      script,
    ];
    const rows = (name: string, before: string, args: string): Row[] => [
      { name: `${name}, unguarded`, command: push(plain, `${before}; rsync --rsync-path=/usr/bin/rsync ${args}`) },
      { name: `${name}, a guard on both ends`, command: push(guarded, `${before}; rsync ${args}`) },
    ];
    const small = `-a one/ h:${folder}/to/`;
    const large = `-aW big h:${folder}/large`;
    for (const args of [small, large]) run({ command: push(guarded, `rsync -n ${args} 2>/dev/null`) }, folder);
    const one = measure(rows("one changed file", "echo $$ >one/page", small), 15, folder);
    const big = measure(rows("1 GiB", "rm -f large", large), 4, folder);
    const [ofOne, ofBig] = [
      ratio(one, "one changed file, a guard on both ends", "one changed file, unguarded"),
      ratio(big, "1 GiB, a guard on both ends", "1 GiB, unguarded"),
    ];
    return [
      table("push over ssh to loopback, ms", one),
      table("push over ssh to loopback, ms", big),
      `\n${goal("1 GiB: as many times as long as unguarded", ofBig, 1.05, "")}a push of one changed file takes ${ofOne.toFixed(2)} times as long as unguarded\n`,
    ].join("");
  } finally {
    stop();
  }
}
