/**
 * Drives real programs that call rsync, with the guard in the place of /usr/bin/rsync: four runs in mode observe, then
 * with what suggest makes of them; and from the first run on, with their preset. Each has to work, and its own accident
 * has to be stopped.
 *
 *     npm run clients [-- [--verbose] [PROGRAM…]]      all programs, if none is named
 *
 * --verbose prints what the programs say. Ends with 1 if one does not do what it should, but for what `exceptions` names.
 * Everything runs in a Debian of its own (tree, room), which is made once and takes some minutes.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const here = import.meta.dirname;
const folder = join(here, "../../node_modules/.cache/clients");

interface Program {
  /** Without one of these it can't be had. */
  readonly packages: readonly string[];
  /** What `presets add` gets; null: none is needed, or there is none. */
  readonly preset: readonly string[] | null;
  /** By step, or by way and step: why it can't be otherwise. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

const isNew = "each snapshot is a new directory, in which nothing can be lost";

const programs: Readonly<Record<string, Program>> = {
  rsnapshot: { packages: ["rsnapshot"], preset: ["rsnapshot"] },
  lsyncd: { packages: ["lsyncd"], preset: ["lsyncd"] },
  "lsyncd-ssh": { packages: ["lsyncd"], preset: ["lsyncd"] },
  dirvish: { packages: ["dirvish"], preset: ["dirvish"], exceptions: { source_unmounted: isNew } },
  rsbackup: { packages: ["rsbackup"], preset: ["rsbackup"], exceptions: { source_unmounted: isNew } },
  backintime: {
    packages: ["backintime-common"],
    preset: ["backintime"],
    exceptions: {
      "preset source_unmounted": isNew,
      "suggest after": "it empties snapshots from an empty directory, which suggest never loosens",
    },
  },
  backupninja: { packages: ["backupninja"], preset: ["backupninja", "/var/backups/web"] },
  debmirror: { packages: ["debmirror"], preset: ["debmirror", "/srv/mirror"] },
  barman: { packages: ["barman", "postgresql"], preset: ["barman"] },
  galera: { packages: ["mariadb-server", "galera-4"], preset: ["galera"] },
  backuppc: { packages: ["backuppc"], preset: null },
  slack: {
    packages: ["slack"],
    preset: ["slack"],
    exceptions: { "suggest after": "it installs into /, and suggest never loosens what is protected" },
  },
  "git-annex": { packages: ["git-annex"], preset: null },
  fpsync: { packages: ["fpart"], preset: null },
  ansible: { packages: ["ansible"], preset: ["ansible", "*:/srv/app", "*:/srv/www", "/srv/pulled", "/srv/app"] },
  npm: {
    packages: ["rsync", "rsyncwrapper", "gulp-rsync", "grunt-rsync", "hexo-deployer-rsync", "ssh-pool"],
    preset: ["npm", "*:/srv/www/*"],
  },
};

const ways = ["suggest", "preset"] as const;
type Way = (typeof ways)[number];

/** What became of a step. */
interface Step {
  readonly name: string;
  /** Whether what the program is to reach was reached. */
  readonly reached: boolean;
  readonly codes: readonly string[];
  readonly lost: readonly string[];
}

/** What a program did, from the lines that `rounds` prints. */
function stepsOf(output: string): readonly Step[] {
  const steps: Step[] = [];
  let codes = new Set<string>();
  let lost: string[] = [];
  for (const [, kind, rest = ""] of output.matchAll(/^#= (refused|lost|end) (.*)$/gm)) {
    if (kind === "refused") for (const code of JSON.parse(rest) as readonly string[]) codes.add(code);
    else if (kind === "lost") lost.push(rest);
    else {
      const [name = "", reached] = rest.split(" ");
      steps.push({ name, reached: reached === "yes", codes: [...codes], lost });
      codes = new Set();
      lost = [];
    }
  }
  return steps;
}

/** Four rounds, and one after them. */
const isRound = ({ name }: Step): boolean => /^(?:observed|run)\d$|^after$/.test(name);

/** A round has to be reached, an accident to be refused. */
const isRight = (step: Step): boolean =>
  isRound(step) ? step.reached && step.codes.length === 0 : step.codes.length > 0 && step.lost.length === 0;

const codesText = ({ codes }: Step): string => codes.map((code) => `\`${code}\``).join(" ");

function problemText(step: Step): string {
  if (isRound(step)) return `${step.name}: ${step.codes.length > 0 ? codesText(step) : "does not work"}`;
  return `${step.name}: ${step.lost.length > 0 ? `${step.lost.length} lost (${step.lost[0]})` : "not refused"}`;
}

interface Judged {
  readonly name: string;
  readonly way: Way;
  readonly works: string;
  readonly accidents: string;
  /** Why it can't be otherwise. */
  readonly excepted: readonly string[];
  /** What is not as it should be, and what is named as an exception and is none. */
  readonly problems: readonly string[];
}

function judge(name: string, way: Way, steps: readonly Step[], exceptions: Program["exceptions"] = {}): Judged {
  const exceptionOf = (step: Step) => exceptions[`${way} ${step.name}`] ?? exceptions[step.name];
  const wrong = steps.filter((step) => !isRight(step));
  const rounds = steps.filter(isRound);
  const accidents = steps.filter((step) => !isRound(step));
  const failed = wrong.filter(isRound);
  return {
    name,
    way,
    works: failed.length > 0 ? failed.map(problemText).join("; ") : rounds.length > 0 ? "works" : "nothing ran",
    accidents: accidents
      .map((step) => (isRight(step) ? `${step.name}: stopped (${codesText(step)})` : problemText(step)))
      .join("; "),
    excepted: wrong.flatMap((step) => {
      const why = exceptionOf(step);
      return why === undefined ? [] : [`${step.name}: ${why}`];
    }),
    problems: [
      ...wrong.filter((step) => exceptionOf(step) === undefined).map(problemText),
      ...steps
        .filter((step) => isRight(step) && exceptionOf(step) !== undefined)
        .map((step) => `${step.name} is as it should be: take it off the list of exceptions`),
      ...(rounds.some((step) => step.name === "after") ? [] : ["did not come to its end"]),
    ],
  };
}

function drive(name: string, way: Way, preset: readonly string[], isVerbose: boolean): readonly Step[] {
  const { stdout, stderr } = spawnSync(
    join(here, "room"),
    [folder, "timeout", "600", "/clients/rounds", way, name, ...preset],
    { encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "pipe"] },
  );
  if (isVerbose) console.log(`# ${name}, ${way}\n${stdout}${stderr}`);
  return stepsOf(stdout);
}

function main(): number {
  const { values, positionals } = parseArgs({ options: { verbose: { type: "boolean" } }, allowPositionals: true });
  const unknown = positionals.find((name) => !Object.hasOwn(programs, name));
  if (unknown !== undefined) throw new Error(`no program ${unknown}; there are ${Object.keys(programs).join(", ")}`);
  const made = spawnSync(join(here, "tree"), [folder], { encoding: "utf8" });
  if (made.status !== 0) {
    console.error(`no Debian to drive them in: ${made.error?.message ?? made.stderr.trim()}`);
    return 2;
  }
  mkdirSync(join(folder, "room"), { recursive: true });
  const absent = new Set(readFileSync(join(folder, "absent"), "utf8").split("\n"));
  const judged: Judged[] = [];
  for (const [name, { packages, preset, exceptions }] of Object.entries(programs)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const missing = packages.filter((one) => absent.has(one));
    if (missing.length > 0) {
      console.log(`${name}: not driven, since ${missing.join(", ")} can't be had here`);
      continue;
    }
    for (const way of ways)
      if (way === "suggest" || preset)
        judged.push(judge(name, way, drive(name, way, preset ?? ["-"], values.verbose === true), exceptions));
  }
  const rows = judged.map(({ name, way, works, accidents }) => `| ${name} | ${way} | ${works} | ${accidents} |`);
  console.log(["| program | lines of | ordinary runs | its accident |", "|---|---|---|---|", ...rows].join("\n"));
  const listed = (key: "excepted" | "problems") =>
    judged.flatMap((one) => one[key].map((text) => `- ${one.name}, ${one.way}: ${text}`));
  const problems = listed("problems");
  for (const [title, lines] of [
    ["It can't be otherwise:", listed("excepted")],
    ["Not as it should be:", problems],
  ] as const)
    if (lines.length > 0) console.log(["", title, ...lines].join("\n"));
  return problems.length > 0 ? 1 : 0;
}

if (!existsSync(join(here, "../../dist/cli.cjs"))) throw new Error("npm run build first");
process.exitCode = main();
