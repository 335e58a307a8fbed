/** A plan is made here, signed by people, and carried out there, by another user in another tree. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parse } from "yaml";
import { checkout, program } from "../support/build.ts";
import { test, type World } from "../support/world.ts";

/** Ten entries that both sides have, so that little of it goes. */
const same = Array.from({ length: 10 }, (_, at) => `same${at}`);
const files = {
  ...Object.fromEntries(same.map((name) => [`www/${name}`, "same\n"])),
  "job/build/page": "newer text\n",
  "job/list": "*.bak\n",
  "tmp/": "",
  "www/page": "text\n",
  "www/old": "old\n",
};
const run = '-a --delete --exclude-from=list build/ "$W/www/"';

const environment = ({ folder }: World) => ({ W: folder, TMPDIR: `${folder}/tmp` });

/** A tree, two people with keys, and a plan that both have signed. */
async function prepare(world: World) {
  world.make(files);
  const { code, stderr } = await world.sh(
    `for n in ${same.join(" ")}; do cp -p www/$n job/build; done; touch -r www job/build
    for n in anna ben eve; do ssh-keygen -q -t ed25519 -N '' -f $n; done
    line() { echo "$1@example.org $2 $(cut -d' ' -f1,2 $1.pub)"; }
    { line anna; line ben; } >signers
    { line anna; line ben 'valid-before="20200101"'; } >expired
    cp signers writable; chmod o+w writable
    cd job
    ${program} plan -o plan.json --by anna -- ${run} >/dev/null
    ${program} approve --key ../anna plan.json >/dev/null
    ${program} approve --key ../ben plan.json >/dev/null`,
    environment(world),
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

const config = (world: World, lines = "", signers = "signers") =>
  `[approvals]\nsigners = "${world.folder}/${signers}"\n${lines}\n`;

interface Row {
  readonly what: string;
  readonly before?: string;
  readonly config?: string;
  readonly signers?: string;
  readonly file?: string;
  /** Why it is refused; without it, it is imported. */
  readonly says?: string;
}

test("every plan that is stolen, edited, replayed, renamed or cut short is refused, and its twin passes", async ({
  world,
}) => {
  await prepare(world);
  const four = "signatures = 2";
  const none = "signatures = 0";
  const cut = (bytes: number) => `head -c ${bytes} plan.json >half && mv half plan.json`;
  const plan = (args: string) => `${program} plan -o plan.json ${args} >/dev/null`;
  const rows: readonly Row[] = [
    { what: "signed by two", config: four },
    {
      what: "one of two",
      before: "head -n 6 plan.json.sig >one; mv one plan.json.sig",
      config: four,
      says: "it needs 2 signatures, and has only that of anna@example.org",
    },
    { what: "no signature", before: "rm plan.json.sig", says: "it needs 1 signature, and has none that counts" },
    { what: "no signature, where none is needed", before: "rm plan.json.sig", config: none },
    { what: "the maker's own", config: `${four}\nmaker_counts = false`, says: "anna@example.org made the plan" },
    {
      what: "a stranger's",
      before: `rm plan.json.sig; ${program} approve --key ../eve plan.json >/dev/null`,
      says: "a key that the file of signers does not have",
    },
    {
      what: "one that was for something else",
      before: "ssh-keygen -q -Y sign -n git -f ../anna <plan.json >plan.json.sig",
      says: "signature of anna@example.org that is not valid",
    },
    {
      what: "a key that has expired",
      config: four,
      signers: "expired",
      says: "a key that the file of signers does not have, or that has expired there",
    },
    { what: "a file of signers that others may write", signers: "writable", says: "may be written by others" },
    { what: "edited", before: `sed -i 's/"path":"old"/"path":"page"/' plan.json`, says: "has none that counts" },
    { what: "cut in its middle", before: cut(900), says: "not a whole plan" },
    { what: "cut at its end", before: cut(-1), says: "has none that counts" },
    { what: "cut at its end, and unsigned", before: cut(-1), config: none, says: "it is not complete" },
    {
      what: "under the name of one that is signed",
      before: plan('-- -a --delete build/ "$W/www/"'),
      says: "has none that counts",
    },
    {
      what: "under another name, with its signatures",
      before: "for f in plan*; do mv $f new-$f; done",
      file: "new-plan.json",
    },
    {
      what: "under another name, without them",
      before: "mv plan.json new.json",
      file: "new.json",
      says: "has none that counts",
    },
    {
      what: "for other hosts",
      before: plan(`--destinations 'web[1-9]' -- ${run}`),
      config: none,
      says: "it is for web[1-9], and this would go to",
    },
    {
      what: "for this one by a pattern",
      before: plan(`--destinations "web[1-9],$(hostname)" -- ${run}`),
      config: none,
    },
    {
      what: "for another directory",
      before: `mkdir a b; cp -a build a; cp -a build b; cd a; ${plan("-- -a build/ www/")}; cd ../b; mv ../a/plan.json .`,
      config: none,
      says: "destination  FOLDER/jobN/a/www  ->  FOLDER/jobN/b/www",
    },
    { what: "another list", before: "echo '*.php' >list", says: "named files  list " },
    { what: "too old", config: 'fresh_for = "0s"', says: "and counts for 0 s (approvals.fresh_for)" },
    {
      what: "a second time",
      before: `${program} approvals import plan.json >/dev/null`,
      says: "it was imported already",
    },
    {
      what: "a plan for people only",
      before: `${program} plan --json -- ${run} >plan.json`,
      config: none,
      says: "it was not made with plan -o",
    },
    { what: "nobody may sign", signers: "missing", says: "there is no FOLDER/missing (approvals.signers)" },
    { what: "no plan", before: "rm plan.json", says: "no such file" },
  ];
  const outcomes = await Promise.all(
    rows.map(async ({ before = "true", config: lines, signers, file = "plan.json" }, at) => {
      world.make({ [`config${at}/rsync-guard.toml`]: config(world, lines, signers) });
      const { folder } = world;
      const env = {
        ...environment(world),
        XDG_CONFIG_HOME: `${folder}/config${at}`,
        XDG_STATE_HOME: `${folder}/state${at}`,
      };
      const job = `cp -a job job${at} && cd job${at} || exit 99`;
      return world.sh(`${job}\n${before}\n${program} approvals import ${file}`, env);
    }),
  );
  for (const [at, { what, says }] of rows.entries()) {
    const { code, stderr } = outcomes[at] ?? { code: -1, stderr: "" };
    const isRefused = says !== undefined;
    expect({ what, code, stderr: isRefused ? "" : stderr }).toEqual({ what, code: isRefused ? 1 : 0, stderr: "" });
    if (isRefused) expect(`${what}: ${world.mask(stderr).replace(/job\d+/g, "jobN")}`).toContain(says);
  }
});

test("what holds a password is not written to a file, and one that can't sign is told", async ({ world }) => {
  world.make({ ...files, ssh: "" });
  const { stdout, stderr } = await world.sh(
    `cd job; secret() { ${program} plan -o plan.json -- "$@"; }
    RSYNC_RSH='sshpass -p hidden ssh' secret -a build/ "$W/www/"; secret -a -e 'sshpass -p hidden ssh' build/ "$W/www/"
    ls plan.json; ${program} plan -o plan.json -- ${run} >/dev/null; ${program} approve plan.json
    ${program} approve --key ../ssh plan.json; ls`,
    environment(world),
  );
  expect(stdout).toBe("build\nlist\nplan.json\n");
  expect(stderr.split("\n")).toEqual([
    "rsync-guard: a plan of this command can't be written to a file: a variable holds a password",
    "rsync-guard: a plan of this command can't be written to a file: it holds a password, or bytes that are not UTF-8",
    "ls: cannot access 'plan.json': No such file or directory",
    "rsync-guard: no agent has a key; name one with --key FILE",
    expect.stringMatching(/^rsync-guard: plan\.json was not signed: .*\/ssh/),
    "",
  ]);
});

/** A remote shell to hosts that are directories, with the real rsync. */
const shell = `#!/bin/sh
cd "$W/hosts/$1" || exit 255
shift 2
exec /usr/bin/rsync "$@"
`;

test("another user carries it out in another tree, on each of several hosts, and nothing else", async ({ world }) => {
  const recipe = `sh ${checkout}/docs/examples/deploy-by-plan.sh`;
  world.make({
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [path.replace("www/", "hosts/web1/app/"), text])),
    ssh: shell,
    "bin/rsync-guard": `#!/bin/sh\nexec ${program} "$@"\n`,
    "config/rsync-guard.toml": config(world),
  });
  const env = { ...environment(world), RSYNC_RSH: `${world.folder}/ssh`, HOSTS: "web1 web3 web2", TARGET: "app/" };
  const made = await world.sh(
    `chmod +x ssh bin/rsync-guard; chmod 755 .; for n in ${same.join(" ")}; do cp -p hosts/web1/app/$n job/build; done
    touch -r hosts/web1/app job/build
    for n in 2 3; do cp -a hosts/web1 hosts/web$n; done; echo late >hosts/web2/app/late; rm hosts/web3/app/old
    touch -r hosts/web1/app hosts/web?/app
    ssh-keygen -q -t ed25519 -N '' -f anna; echo "anna,annie $(cut -d' ' -f1,2 anna.pub)" >signers
    # as another user where that can be
    chmod -R a+rX hosts job; chmod 777 job tmp
    other=; if [ "$(id -u)" = 0 ]; then other="setpriv --reuid=1234 --clear-groups"; fi
    cd job && $other ${recipe} plan`,
    { ...env, HOME: world.folder },
  );
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.stdout).toContain("- old\n");
  const { stdout } = await world.sh(
    `ssh-agent -a "$W/agent" >agent.env && . ./agent.env >/dev/null && ssh-add -q anna && ${program} approve job/plan.json >/dev/null
    kill $SSH_AGENT_PID
    # another mount, where there may be one
    there=/dev/shm; [ -w $there ] || there=$W; mkdir $there/deploy && cp -a job/build job/plan.json* $there/deploy && cd $there/deploy
    rsync -a --checksum --delete build/ web1:app/ 2>&1; ${recipe} deploy 2>&1; echo $?
    rsync -a --checksum --delete build/ web4:app/ 2>&1; echo $?`,
    env,
  );
  const shown = stdout
    .replace(/\n {2}.*/g, "")
    .replace(/ on .* ago/, " on HOST")
    .replace(/made by \S+/, "made by SOMEBODY");
  expect(shown.split("\n")).toEqual([
    "rsync-guard: refused, nothing ran: no dry run of this command has been made",
    "imported plan.json: made by SOMEBODY on HOST, for web1, web3, web2; signed by anna",
    "rsync-guard: not quite what the imported plan names: deletes 0 entries instead of 1",
    "rsync-guard: refused, nothing ran: the run would delete an entry that the imported plan does not name: late",
    "77",
    "rsync-guard: refused, nothing ran: no dry run of this command has been made",
    "77",
    "",
  ]);
  const left = (host: string) =>
    Object.keys(world.tree(`hosts/${host}/app`)).filter((name) => !/^(?:\.|same\d)$/.test(name));
  expect([left("web1"), left("web2"), left("web3")]).toEqual([["page"], ["late", "old", "page"], ["page"]]);
});

/** What a CI's file has its runners do, job by job, with an artifact as a file that goes from one to the next. */
interface Pipeline {
  readonly plan: string;
  readonly deploy: string;
  /** Of a runner's configuration, as the file's comment wants it. */
  readonly approvals: string;
}

const exampleOf = (name: string) => parse(readFileSync(join(checkout, "docs/examples", name), "utf8"));

/** The hosts of the tests have no directories of their own. */
const assignments = (variables: Readonly<Record<string, string>>): string =>
  Object.entries({ ...variables, TARGET: "app/" })
    .map(([name, value]) => `export ${name}='${value}'\n`)
    .join("");

function githubActions(): Pipeline {
  interface Step {
    readonly run?: string;
    readonly uses?: string;
    readonly with?: { readonly path?: string };
  }
  const { env, jobs } = exampleOf("github-actions.yml");
  const lineOf = ({ run, uses = "", with: given }: Step): string => {
    if (run !== undefined) return `( ${run.replace("${{ github.event.number }}", "7")} )`;
    if (uses.startsWith("actions/upload-artifact")) return `cp ${given?.path} "$W/artifacts"`;
    return uses.startsWith("actions/download-artifact") ? 'cp "$W"/artifacts/* .' : "";
  };
  const script = ({ steps }: { readonly steps: readonly Step[] }) =>
    `${assignments(env)}export GITHUB_ACTOR=anna GITHUB_STEP_SUMMARY="$W/summary"\n${steps.map(lineOf).join("\n")}`;
  return { plan: script(jobs.plan), deploy: script(jobs.deploy), approvals: "signatures = 0" };
}

function gitlab(): Pipeline {
  const { variables, plan, deploy } = exampleOf("gitlab-ci.yml");
  const script = (lines: readonly string[]) =>
    `${assignments(variables)}export GITLAB_USER_LOGIN=anna\n${lines.join("\n")}`;
  const { paths } = plan.artifacts;
  return {
    plan: `${script(plan.script)}\ncp ${paths.join(" ")} "$W/artifacts"`,
    deploy: `cp "$W"/artifacts/* .\nexport PLAN_SIGNATURES="$W/artifacts/plan.json.sig"\n${script(deploy.script)}`,
    approvals: "signatures = 2\nmaker_counts = false",
  };
}

test.for([
  ["GitHub Actions", githubActions, "summary"],
  ["GitLab", gitlab, "artifacts/plan.html"],
] as const)("%s: the job that deploys does what the plan's job has shown, and nothing else", async (row, { world }) => {
  const [, pipelineOf, shown] = row;
  const { plan, deploy, approvals } = pipelineOf();
  world.make({
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [path.replace("www/", "hosts/web1/app/"), text])),
    ssh: shell,
    "artifacts/": "",
    "runner/": "",
    "bin/rsync-guard": `#!/bin/sh\nexec ${program} "$@"\n`,
    "bin/make": "#!/bin/sh\n",
    "bin/gh": '#!/bin/sh\necho "$*" >"$W/comment"\n',
    "config/rsync-guard.toml": config(world, approvals),
  });
  const env = { ...environment(world), RSYNC_RSH: `${world.folder}/ssh` };
  const made = await world.sh(
    `chmod +x ssh bin/rsync-guard bin/make bin/gh; for n in ${same.join(" ")}; do cp -p hosts/web1/app/$n job/build; done
    for n in 2 3; do cp -a hosts/web1 hosts/web$n; done; touch -r job/build hosts/web?/app
    for n in anna ben eve; do ssh-keygen -q -t ed25519 -N '' -f $n; echo "$n $(cut -d' ' -f1,2 $n.pub)" >>signers; done
    cd job && bash -e -o pipefail <<'JOB'\n${plan}\nJOB
    echo $?; cd ../artifacts; ls; [ ! -e plan.json ] || for n in ben eve; do ${program} approve --key ../$n plan.json >/dev/null; done`,
    env,
  );
  expect(made).toEqual({ code: 0, stdout: expect.stringMatching(/^0\n/), stderr: "" });
  expect(readFileSync(join(world.folder, shown), "utf8")).toContain("old");
  const run = (before: string) =>
    world.sh(
      `${before}; rm -rf runner; cp -a hosts was; mkdir runner && cd runner
      bash -e -o pipefail <<'JOB' 2>&1\n${deploy}\nJOB
      code=$?; cd .. && for n in 1 2 3; do (cd hosts/web$n/app && echo $(ls | grep -v same)); done; rm -rf hosts state; mv was hosts; exit $code`,
      { ...env, XDG_STATE_HOME: `${world.folder}/state` },
    );
  const ordinary = await run(":");
  expect([ordinary.code, ordinary.stdout.split("\n").slice(-4)]).toEqual([0, ["page", "page", "page", ""]]);
  const changed = await run("touch hosts/web2/app/late");
  expect([changed.code, changed.stdout.split("\n").slice(-4)]).toEqual([77, ["page", "late old page", "old page", ""]]);
  expect(changed.stdout).toContain("would delete an entry that the imported plan does not name: late");
});
