/** What runs the guard, Node or the runtime in the executable, listens neither to variables nor to files where it is. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { build, checkout, program } from "../support/build.ts";
import { test, type World } from "../support/world.ts";

const files = {
  "src/a": "a\n",
  "evil.cjs": 'require("fs").writeSync(1, "exec touch evil\\n"); process.exit(0)\n',
};

/** That an ordinary run goes through without a word, and one with an empty variable does not, whatever is set. */
async function expectGuarded(world: World, env: Readonly<Record<string, string>> = {}) {
  expect(await world.sh("rsync -a src/ new/", env)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(world.tree("new")).toEqual(world.tree("src"));
  const { code, stdout, stderr } = await world.sh("rsync -a src/ new//", env);
  expect({ code, stdout }).toEqual({ code: 77, stdout: "" });
  expect(stderr).toContain("codes: empty-variable");
}

/** Each is seen to be heard by Node where no shim is before it. */
const heard: readonly (readonly [name: string, value: string])[] = [
  ["NODE_OPTIONS", "--require ./evil.cjs"],
  ["NODE_OPTIONS", "--require /nonexistent"],
  ["NODE_OPTIONS", "--bad-option"],
  ["NODE_V8_COVERAGE", "./written"],
  ["NODE_DEBUG", "module"],
];

test.runIf(build.name === "node").for(heard)("%s=%s is not heard", async ([name, value], { world }) => {
  world.make(files);
  const bare = `${build.runtime}${checkout}/${build.guard} decide "$PWD/bin/rsync" '' -a src/ new/ 9>&2; echo; env ls`;
  const outcome = async (env?: Readonly<Record<string, string>>) => {
    const { code, stdout, stderr } = await world.sh(bare, env);
    return { code, stdout: withoutUnset(stdout), stderr };
  };
  const [calm, calmAgain, changed] = [await outcome(), await outcome(), await outcome({ [name]: value })];
  expect(calmAgain).toEqual(calm);
  expect(changed).not.toEqual(calm);
  await world.sh("rm -rf written state");
  await expectGuarded(world, { [name]: value });
  expect(Object.keys(world.tree()).filter((name) => /^(?:written|evil)$/.test(name))).toEqual([]);
});

/** Bare, the guard takes its caller for the shim, and the variable for one that the shim's shell added. */
const withoutUnset = (text: string): string => text.replace(/ -u '\w+'/g, "");

/** What Node's documentation names besides, and what the C library and its loader read: hostile, or merely odd. */
const others = [
  "NODE_CHANNEL_FD=0 NODE_CHANNEL_SERIALIZATION_MODE=json NODE_UNIQUE_ID=1",
  "NODE_PATH=/nonexistent NODE_COMPILE_CACHE=./written NODE_REDIRECT_WARNINGS=written NODE_PENDING_DEPRECATION=1",
  "NODE_EXTRA_CA_CERTS=./evil.cjs NODE_TLS_REJECT_UNAUTHORIZED=0 NODE_ICU_DATA=/nonexistent NODE_ENV=test",
  "ICU_DATA=./written ICU_TIMEZONE_FILES_DIR=./written UV_THREADPOOL_SIZE=0 UV_USE_IO_URING=1",
  "SSL_CERT_FILE=/nonexistent SSL_CERT_DIR=/nonexistent OPENSSL_MODULES=./written OPENSSL_ia32cap=0",
  "NO_COLOR=1 FORCE_COLOR=3 CLICOLOR_FORCE=1 DEBUG=* TZ=:/nonexistent LANG=xx LC_MESSAGES=xx DO_NOT_TRACK=0 COLUMNS=1",
  "npm_config_registry=http://127.0.0.1:1 npm_package_json=./package.json INIT_CWD=/nonexistent TMPDIR=/nonexistent",
  "MALLOC_CHECK_=3 MALLOC_PERTURB_=165 MALLOC_TOP_PAD_=1 MALLOC_MMAP_THRESHOLD_=1 MALLOC_TRACE=./written",
  "GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.check=3:glibc.rtld.nns=1 LD_BIND_NOW=1 LD_WARN=1",
  "LOCPATH=./written NLSPATH=./written/%N GCONV_PATH=./written LANGUAGE=xx OUTPUT_CHARSET=xx POSIXLY_CORRECT=1",
  "TZ=../../evil TZDIR=./written DATEMSK=./evil.cjs GETCONF_DIR=./written LC_ALL=../../evil LC_TIME=xx",
];

test.for(others)("with %s it decides as ever", async (words, { world }) => {
  world.make(files);
  await expectGuarded(world, Object.fromEntries(words.split(" ").map((word) => word.split(/=(.*)/).slice(0, 2))));
  expect(Object.keys(world.tree()).filter((name) => /^(?:written|evil)$/.test(name))).toEqual([]);
});

const evil = "require(process.cwd() + '/evil.cjs')\n";
const inDirectory: readonly Readonly<Record<string, string>>[] = [
  { ".env": "NODE_OPTIONS=--require=./evil.cjs\nPATH=/nonexistent\nXDG_CONFIG_HOME=/nonexistent\nRSYNC_RSH=false\n" },
  { ".env.local": "HOME=/nonexistent\n", ".env.production": "PATH=/nonexistent\n", ".env.development": "PATH=/x\n" },
  { "tsconfig.json": '{ "compilerOptions": { "paths": { "*": ["./evil.cjs"] } } }\n', "jsconfig.json": "{" },
  { "package.json": '{ "type": "module", "main": "./evil.cjs", "scripts": { "decide": "touch evil" } }\n' },
  { "package.json": "not JSON\n", ".npmrc": "script-shell=/nonexistent\n", ".node_repl_history": "" },
  { "node_modules/minimist/index.js": evil, "node_modules/which/index.js": evil, "node_modules/.bin/": "" },
  { "decide.js": evil, host: evil, "index.js": evil, decide: "#!/bin/sh\ntouch evil\n", "guard.js": evil },
];

test.for(inDirectory.map((one) => ({ names: Object.keys(one).join(", "), one })))(
  "with $names in the current directory it decides as ever",
  async ({ one }, { world }) => {
    world.make({ ...files, ...one });
    const before = world.tree();
    await expectGuarded(world);
    const { new: _made, ...rest } = world.tree();
    expect(Object.keys(rest).filter((name) => !name.startsWith("new/"))).toEqual(Object.keys(before));
  },
);

const ofOthers = { HOME: "/nonexistent", USER: "nobody", LOGNAME: "nobody", SHELL: "/bin/false", USERNAME: "nobody" };

/** Before these, /etc/passwd is the world's. */
const passwd = ({ folder }: World): readonly string[] => [
  ...["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--ro-bind", `${folder}/passwd`, "/etc/passwd", "--"],
];
const entry = ({ folder }: World) => `me:x:${process.getuid?.()}:0::${folder}/mine:/bin/sh\n`;

test.for([
  { what: "passwd", files: (world: World) => ({ passwd: `other:x:4711:1::/other:/bin/sh\n${entry(world)}` }) },
  {
    what: "a directory service",
    files: (world: World) => ({
      passwd: "other:x:4711:1::/other:/bin/sh\n",
      "bin/getent": `#!/bin/sh\n[ "$*" = "passwd ${process.getuid?.()}" ] && echo '${entry(world).trim()}'\n`,
    }),
  },
])("the user and the home are those of $what, not of variables", async ({ files: filesOf }, { world }) => {
  world.make({
    ...files,
    ...filesOf(world),
    "mine/.config/rsync-guard.toml": `protect = ["${world.folder}/kept"]\n`,
    "kept/b": "b\n",
  });
  const unset = "[ ! -e bin/getent ] || chmod +x bin/getent; unset XDG_CONFIG_HOME XDG_STATE_HOME; ";
  const refused = await world.sh(`${unset}rsync -a --delete src/ kept/`, ofOthers, passwd(world));
  expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 77, stdout: "" });
  expect(refused.stderr).toContain("protected-destination");
  expect(await world.sh(`${unset}rsync -a src/ new/`, ofOthers, passwd(world))).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
  const { stdout } = await world.sh(`${unset}${program} log --json`, ofOthers, passwd(world));
  expect(stdout.match(/"user":"\w*"/g)).toEqual(['"user":"me"', '"user":"me"']);
  expect(existsSync(join(world.folder, "mine/.local/state/rsync-guard/journal.jsonl"))).toBe(true);
});
