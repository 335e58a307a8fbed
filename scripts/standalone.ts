// npm run build:standalone: makes dist/standalone/: the guard and the command rsync-guard as one executable that needs
// nothing, and the shim beside it. With names of targets, such as linux-arm64: dist/standalone-TARGET/ for each.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { buildExecutable, type Target, targets } from "./executable.ts";

async function make(folder: string, target: Target): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { licences } = await buildExecutable("src/standalone.ts", `${folder}/rsync-guard`, targets[target]);
  copyFileSync("shims/rsync", `${folder}/rsync`);
  writeFileSync(`${folder}/licenses.txt`, licences);
}

const isTarget = (name: string): name is Target => Object.hasOwn(targets, name);

async function main(names: readonly string[]): Promise<void> {
  if (names.length === 0) return make("dist/standalone", "native");
  for (const name of names) {
    if (!isTarget(name)) throw new Error(`${name} is not a target: ${Object.keys(targets).join(", ")}`);
    await make(`dist/standalone-${name}`, name);
  }
}

main(process.argv.slice(2)).catch(({ message }: Error) => {
  process.stderr.write(`rsync-guard: ${message}\n`);
  process.exitCode = 1;
});
