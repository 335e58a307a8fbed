// Makes an executable of a TypeScript program: bundled with platform/ in the place of Node's modules, compiled to
// bytecode, and linked with the engine and platform/host.c.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { build } from "esbuild";
import { forExecutable, licencesText, packagesIn } from "./bundle.ts";
import { type Compiler, engineObjects, engineSource } from "./engine.ts";

const hardened = [
  "-O2",
  "-fPIE",
  "-ffunction-sections",
  "-fdata-sections",
  "-fstack-protector-strong",
  "-fstack-clash-protection",
  "-D_FORTIFY_SOURCE=2",
];
const linked = ["-static-pie", "-s", "-Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack"];

export interface Toolchain extends Compiler {
  readonly linking: readonly string[];
}

/** For which machines: whatever C library they have, for it is linked in. */
export const targets = {
  native: { command: "cc", packages: "gcc libc6-dev", flags: hardened, linking: linked },
  "linux-x64": { command: "x86_64-linux-gnu-gcc", packages: "gcc libc6-dev", flags: hardened, linking: linked },
  "linux-arm64": {
    command: "aarch64-linux-gnu-gcc",
    packages: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    flags: hardened,
    linking: linked,
  },
} as const satisfies Readonly<Record<string, Toolchain>>;
export type Target = keyof typeof targets;

/** For tests: what is wrong with memory ends it at once. */
export const checked: Toolchain = {
  command: "cc",
  packages: "gcc libc6-dev",
  flags: [
    "-O1",
    "-g",
    "-fno-omit-frame-pointer",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
    "-DCHECKED",
  ],
  linking: [],
};

const strict = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"];

const run = (command: string, args: readonly string[]): Buffer =>
  execFileSync(command, args, { stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 30 });

/** Runs here, and compiles modules for all targets. */
function compilerOfBytecode(folder: string): string {
  const { command, flags } = targets.native;
  const objects = engineObjects(targets.native);
  const file = join(folder, "compile");
  run(command, [...flags, ...strict, "-isystem", engineSource(), "platform/compile.c", ...objects, "-lm", "-o", file]);
  return file;
}

/** The code of a module that loads others by the host: bytecode is stripped of what import() needs. */
function withLoader(code: string): string {
  const loading = code.replace(/^#!.*\n/, "").replace(/\bimport\("\.\/([\w.-]+)"\)/g, 'loadModule("$1")');
  if (/\bimport\(/.test(loading)) throw new Error("an import() of something else than a module of the program");
  return loading.includes("loadModule") ? `import{load as loadModule}from"host";${loading}` : loading;
}

/** Makes it, and says which licences go along. */
export async function buildExecutable(entry: string, file: string, toolchain: Toolchain) {
  const { command, flags, linking } = toolchain;
  const folder = mkdtempSync(join(tmpdir(), "rsync-guard-build-"));
  try {
    const { outputFiles, metafile } = await build({
      ...forExecutable,
      entryPoints: [entry],
      outdir: folder,
      write: false,
    });
    for (const { path, text } of outputFiles) writeFileSync(path, withLoader(text));
    const first = join(folder, basename(entry).replace(/ts$/, "js"));
    const others = outputFiles.map(({ path }) => path).filter((path) => path !== first);
    const bytecode = join(folder, "bytecode");
    writeFileSync(bytecode, run(compilerOfBytecode(folder), [first, ...others.sort()]));
    const program = join(folder, "program.c");
    writeFileSync(program, programOf(bytecode));
    const source = engineSource();
    const objects = engineObjects(toolchain);
    const sources = ["-isystem", source, "platform/host.c", program];
    run(command, [...flags, ...strict, ...linking, ...sources, ...objects, "-lm", "-o", resolve(file)]);
    const own = { name: "quickjs", text: readFileSync(join(source, "LICENSE"), "utf8").trim() };
    return { licences: licencesText("The executable holds parts of these.", [...packagesIn(metafile), own]) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The bytecode as it is, between two symbols. */
const programOf = (bytecode: string): string => `
__asm__(".section .rodata\\n.global program, program_end\\n.balign 16\\n"
        "program: .incbin \\"${bytecode}\\"\\nprogram_end: .byte 0\\n.previous");
`;
