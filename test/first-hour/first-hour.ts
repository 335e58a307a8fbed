/**
 * Plays a new user's first hour in fresh Debians: README's own commands, in its order, typed at a terminal.
 *
 *     npm run first-hour -- [SCENE…] [--tests all]
 *
 * Says how long each step takes, how much it prints, and when the first run was guarded. `npm test` runs only a few tests
 * unless all are asked for. Ends with 0 if each step ended as it should. Needs root, mmdebstrap, and a mirror.
 */
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import minimist from "minimist";
import { checkout } from "../support/build.ts";
import { blocks, readme } from "../support/readme.ts";

interface Scene {
  readonly suite: string;
  readonly user: "root" | "ann";
  readonly namespaces: boolean;
  /** The package that it builds is put on a host without Node. */
  readonly host?: boolean;
}

const scenes: Readonly<Record<string, Scene>> = {
  "debian-12-root": { suite: "bookworm", user: "root", namespaces: true, host: true },
  "debian-12-user": { suite: "bookworm", user: "ann", namespaces: true },
  "debian-12-container": { suite: "bookworm", user: "root", namespaces: false },
  "debian-13-root": { suite: "trixie", user: "root", namespaces: true, host: true },
  "debian-13-user": { suite: "trixie", user: "ann", namespaces: true },
  "debian-13-container": { suite: "trixie", user: "ann", namespaces: false },
};

/** How a step should end, where it is not with 0, and what it has to say. The first that matches counts. */
const expected: readonly { readonly command: RegExp; readonly code?: number; readonly says?: RegExp }[] = [
  { command: /^(?:npm run rsync|npm --prefix)/, says: /rsync-guard: the live run would / },
  { command: /^npm (?:run )?test/, says: /Tests .*passed/ },
  { command: /explain -- /, code: 77, says: /a variable may be empty/ },
  { command: /build:deb/, says: /dist\/rsync-guard_\S+\.deb/ },
  { command: /apt-get install \.\//, says: /Next:/ },
  { command: / install --divert/, says: /rsync-guard doctor/ },
  { command: /doctor/, says: /./ },
  { command: /releases\/\$VERSION/, says: /sent .* bytes/ },
  { command: /rm \S+observe\.toml/ },
];

/** `npm test` in a minute, unless all are asked for: of each kind some. */
const someTests =
  "test/core/parse.test.ts test/io/environment.test.ts test/e2e/accident.test.ts test/e2e/runtime.test.ts test/conformance/conformance.test.ts";

const { _: named, tests } = minimist(process.argv.slice(2));
/** Fresh trees are kept there, for the next time. */
const work = join(homedir(), ".cache/rsync-guard-first-hour");

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function run(command: string, args: readonly string[], cwd = checkout): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
  return stdout.trim();
}

/** A Debian of its own, as it is after an installation. */
function makeTree(suite: string): string {
  const fresh = join(work, suite);
  if (!existsSync(`${fresh}.made`)) {
    say(`making a Debian: ${suite}`);
    rmSync(fresh, { recursive: true, force: true });
    run(join(checkout, "test/first-hour/tree"), [suite, fresh]);
    writeFileSync(`${fresh}.made`, "");
  }
  const tree = mkdtempSync(join(work, "tree-"));
  run("sh", ["-ec", 'cp -a "$1/." "$2"; chmod 755 "$2"', "sh", fresh, tree]);
  return tree;
}

interface Step {
  readonly command: string;
  /** Of README. */
  readonly line: number;
  readonly seconds: number;
  readonly printed: readonly string[];
  readonly code: number;
}

/** npm's registry and what it is trusted by, as this machine has them. */
const registry = run("npm", ["config", "get", "registry"]);
const environment = (user: string): readonly string[] => [
  `HOME=${user === "root" ? "/root" : `/home/${user}`}`,
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  "TERM=xterm",
  "LANG=C.UTF-8",
  `npm_config_registry=${registry}`,
  "npm_config_cafile=/etc/ssl/certs/ca-certificates.crt",
  "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt",
];

/** Plays the lines in one shell at a terminal, as one who types them; says yes where apt asks. */
async function play(
  tree: string,
  { user, namespaces }: Pick<Scene, "user" | "namespaces">,
  folder: string,
  lines: readonly { readonly command: string; readonly line: number }[],
): Promise<readonly Step[]> {
  const mark = "\u001e";
  const script = lines.map(({ command }) => `printf '${mark}'\n${command}\nprintf '${mark}%s' $?`);
  writeFileSync(join(tree, "script"), `cd ${folder}\n${script.join("\n")}\nprintf '${mark}'\n`);
  const as = user === "root" ? [] : ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--init-groups", "--"];
  const inTree = ["env", "-i", ...environment(user), ...as, "script", "-qefc", "stty -echo cols 100; exec sh /script"];
  const enter = join(checkout, "test/first-hour/enter");
  const child = spawn(enter, [tree, namespaces ? "yes" : "no", ...inTree, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const log = join(work, "log");
  const steps: Step[] = [];
  let text = "";
  let start = Date.now();
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    appendFileSync(log, piece.replaceAll("\r", ""));
    text += piece;
    if (/\[Y\/n\] $/.test(text)) child.stdin.write("y\n");
    // before, its output, its code, and so on
    for (
      let parts = text.split(mark);
      parts.length > 3 || (parts.length === 3 && /^\d+$/.test(parts[2] ?? ""));
      parts = text.split(mark)
    ) {
      const [, output = "", code = ""] = parts;
      const printed = output
        .replaceAll("\r\n", "\n")
        .split("\n")
        .filter((line) => line.trim() !== "");
      const { command = "", line = 0 } = lines[steps.length] ?? {};
      steps.push({ command, line, seconds: (Date.now() - start) / 1000, printed, code: Number(code) });
      start = Date.now();
      text = parts
        .slice(3)
        .map((part) => mark + part)
        .join("");
    }
  });
  await new Promise((fulfil) => child.on("close", fulfil));
  return steps;
}

const withoutComment = (line: string): string => line.replace(/\s+# .*$/, "");

/** The commands of a section, each with its line. */
const commandsOf = (heading: string) =>
  blocks
    .filter((block) => block.heading === heading && block.language === "sh")
    .flatMap(({ lines, at }) => lines.map((line, index) => ({ command: withoutComment(line), line: at + index })));

const lineOf = (text: string): number => readme.slice(0, readme.indexOf(text)).split("\n").length;

const problems: string[] = [];

function report(scene: string, { command, line, seconds, printed, code }: Step): void {
  const { code: wanted = 0, says } = expected.find((one) => one.command.test(command)) ?? {};
  const isRight = code === wanted && (!says || printed.some((text) => says.test(text)));
  say(
    `  ${isRight ? "ok  " : "FAIL"} ${seconds.toFixed(1).padStart(6)} s ${String(printed.length).padStart(4)} lines  ${command}`,
  );
  if (isRight) return;
  problems.push(`${scene}: ${command}`);
  say([`       exit code ${code}, README line ${line}; the last lines:`, ...printed.slice(-12)].join("\n         "));
}

async function playScene(name: string, scene: Scene): Promise<void> {
  say(`\n${name}: ${scene.suite}, ${scene.user}${scene.namespaces ? "" : ", without namespaces"}`);
  const tree = makeTree(scene.suite);
  const trees = [tree];
  try {
    const home = scene.user === "root" ? "/root" : `/home/${scene.user}`;
    const folder = `${home}/rsync-guard`;
    mkdirSync(join(tree, folder));
    // what is committed
    run("sh", ["-ec", 'git archive HEAD | tar -x -C "$1"', "sh", join(tree, folder)]);
    run("chroot", [tree, "chown", "-R", `${scene.user}:`, folder]);
    const steps: Step[] = [];
    const node = await play(tree, scene, folder, [{ command: "node --version", line: 0 }]);
    say(`  Node ${node[0]?.printed.join("")}`);

    const elsewhere = /`(npm --prefix FOLDER [^`]*)`/.exec(readme)?.[1] ?? "";
    const [first, ...others] = commandsOf("Try it");
    if (!first || !elsewhere) throw new Error("README has no longer what is played");
    const attempt = async (command: { readonly command: string; readonly line: number }, where = folder) => {
      let [step] = await play(tree, scene, where, [command]);
      // what the program asks for is done, once
      const wanted = step?.printed.map((line) => /\(Debian: (sudo apt-get install .*)\)/.exec(line)?.[1]).find(Boolean);
      if (step && wanted) {
        const [installed] = await play(tree, scene, where, [
          { command: `sudo apt-get update -qq && ${wanted}`, line: command.line },
        ]);
        const [again] = await play(tree, scene, where, [command]);
        const printed = [...step.printed, ...(installed?.printed ?? []), ...(again?.printed ?? [])];
        const seconds = step.seconds + (installed?.seconds ?? 0) + (again?.seconds ?? 0);
        step = { ...command, seconds, printed, code: again?.code ?? 1 };
      }
      if (!step) throw new Error(`${command.command}: did not end`);
      steps.push(step);
      report(name, step);
      return step;
    };
    const guarded = await attempt(first);
    // without it nothing else can be played
    if (guarded.code !== 0) return;
    say(
      `  the first run is guarded after ${guarded.seconds.toFixed(0)} s; ${first.line} lines of README read, ${guarded.printed.length} lines printed`,
    );
    const site = `${home}/site`;
    mkdirSync(join(tree, site, "src"), { recursive: true });
    writeFileSync(join(tree, site, "src/index.html"), "new\n");
    run("chroot", [tree, "chown", "-R", `${scene.user}:`, site]);
    await attempt({ command: elsewhere.replace("FOLDER", folder), line: lineOf(elsewhere) }, site);
    for (const one of others)
      await attempt(
        one.command === "npm test" && tests !== "all" ? { ...one, command: `npm test -- ${someTests}` } : one,
      );

    const [build, ...onHost] = commandsOf("Put it on a host");
    if (!build) throw new Error("README does not build the package");
    await attempt(build);
    if (!scene.host) return;

    const host = makeTree(scene.suite);
    trees.push(host);
    // a host has no Node, and knows its packages
    const admin = { user: "ann", namespaces: true } as const;
    await play(host, { user: "root", namespaces: true }, "/root", [
      {
        command:
          "apt-get purge -qy nodejs npm >/dev/null 2>&1; apt-get autoremove -qy >/dev/null 2>&1; apt-get update -qq",
        line: 0,
      },
    ]);
    run("sh", ["-ec", 'cp "$1"/dist/*.deb "$2"', "sh", join(tree, folder), join(host, "home/ann")]);
    for (const step of await play(host, admin, "/home/ann", onHost)) report(name, step);
    const deploy = [
      { command: "man -w rsync-guard rsync-guard.toml", line: 0 },
      { command: "sudo mkdir -p /var/www/releases/1.2.3 && sudo chown -R ann /var/www/releases", line: 0 },
      { command: "mkdir -p build && echo new >build/index.html && VERSION=1.2.3", line: 0 },
      ...commandsOf("The first deploy"),
      { command: "sudo rsync-guard uninstall --divert", line: lineOf("uninstall --divert") },
    ];
    for (const step of await play(host, admin, "/home/ann", deploy)) report(name, step);
  } finally {
    run("rm", ["-r", ...trees]);
  }
}

if (process.getuid?.() !== 0 || spawnSync("mmdebstrap", ["--version"]).error) {
  say("first-hour needs root and mmdebstrap (apt-get install mmdebstrap)");
  process.exit(1);
}
mkdirSync(work, { recursive: true });
for (const [name, scene] of Object.entries(scenes))
  if (named.length === 0 || named.some((one) => name.startsWith(one))) await playScene(name, scene);
say(problems.length === 0 ? "\nall as README says" : `\nnot as README says:\n  ${problems.join("\n  ")}`);
process.exitCode = problems.length === 0 ? 0 : 1;
