/** What goes out besides the journal: to a program, and to the real syslog and journald. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect } from "vitest";
import { program } from "../support/build.ts";
import { test } from "../support/world.ts";

const files = { "build/a": "a\n", "old/b": "b\n" };
const refused = "rsync -a --delete build/ old//";

/** Waited for, but not for ever. */
const until = (condition: string) => `i=0; until ${condition} || [ $((i += 1)) = 120 ]; do sleep 0.05; done`;

test("[notify] hands refusals, what was observed and undos to a program that nobody waits for", async ({ world }) => {
  world.make({
    ...files,
    // it reads nothing before it may
    hook: "#!/bin/sh\ntouch begun\nuntil [ -e go ]; do sleep 0.05; done\ncat >>told\nenv >env\n",
    "config/rsync-guard.toml": `undo.keep_for = "1h"\nnotify.program = "${world.folder}/hook"\n`,
  });
  const toldTimes = (count: number) => until(`[ "$(grep -c . told 2>/dev/null)" = ${count} ]`);
  const { stdout } = await world.sh(
    `chmod +x hook
    { ${refused}; echo $?; } 2>&1 | grep -c -e 'guard: refused' -e '^77'
    ${until("[ -e begun ]")}; cat told 2>&1; rsync -a build/ new/; touch go; ${toldTimes(1)}
    sed -i '1i mode = "observe"' config/rsync-guard.toml
    rsync -a --delete build/ old; ${toldTimes(2)}
    ${program} undo --yes $(${program} undo --json | grep -o '"id":"[^"]*' | cut -d '"' -f 4) >/dev/null; ${toldTimes(3)}
    cat told; grep -c SECRET env`,
    { SECRET: "1" },
  );
  // the end of its standard error is there before that program's
  const [outcome, none, ...told] = stdout.trim().split("\n");
  expect([outcome, none, told.pop()]).toEqual(["2", "cat: told: No such file or directory", "0"]);
  expect(told.map((line) => JSON.parse(line))).toMatchObject([
    { verdict: "refuse", codes: ["empty-variable", "no-dry-run"] },
    { verdict: "observed", codes: ["no-dry-run"] },
    { verdict: "run", kind: "undo" },
  ]);
});

test("a program that can't be started changes nothing", async ({ world }) => {
  world.make({ ...files, "config/rsync-guard.toml": `notify.program = "${world.folder}/nothing"\n` });
  const { code, stdout, stderr } = await world.sh(refused);
  expect({ code, stdout }).toEqual({ code: 77, stdout: "" });
  expect(stderr).toMatch(/^rsync-guard: refused, .*\n(?: {2}.*\n)+$/);
});

/** The second one is longer than syslog takes. */
const twoRefusals = `${refused} 2>/dev/null; rsync -a --delete build/ $(seq 2000) old// 2>/dev/null`;
const PATH = process.env["PATH"] ?? "";
const logged = { ...files, "config/rsync-guard.toml": "journal.syslog = true\n" };

const hasRsyslog = spawnSync("sh", ["-c", "command -v rsyslogd"]).status === 0;
if (!hasRsyslog) console.warn("the test with rsyslogd is skipped: there is none");
const journald = "/lib/systemd/systemd-journald";
if (!existsSync(journald)) console.warn(`the test with journald is skipped: there is no ${journald}`);

describe("journal.syslog", () => {
  test.skipIf(!hasRsyslog)("rsyslogd's mmjsonparse reads each entry, also of a long command", async ({ world }) => {
    const { folder } = world;
    world.make({
      ...logged,
      "rsyslog.conf": `module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="/dev/log")
module(load="mmjsonparse")
action(type="mmjsonparse")
template(name="own" type="string" string="%$!verdict% %$!codes% %$!argv%\\n")
if $programname == "rsync-guard" then action(type="omfile" file="${folder}/out" template="own")\n`,
    });
    const { stdout } = await world.serviceSh(
      `PATH=${PATH} rsyslogd -n -f ${folder}/rsyslog.conf -i NONE 2>err & pid=$!
      ${until("[ -S /dev/log ]")}; ${twoRefusals}
      ${until('[ "$(grep -c . out 2>/dev/null)" = 2 ]')}; kill $pid; wait $pid; cat out`,
    );
    expect(stdout).toMatch(/^(?:refuse \[ "empty-variable", "no-dry-run" \] \[ "-a", .*" \]\n){2}$/);
  });

  test.skipIf(!existsSync(journald))("journald keeps fields of its own", async ({ world }) => {
    world.make(logged);
    const { stdout } = await world.serviceSh(
      `mkdir -p /run/log/journal; ${journald} 2>err & pid=$!
      ${until("[ -S /run/systemd/journal/socket ]")}; ${twoRefusals}
      read='journalctl -D /run/log/journal RSYNC_GUARD_VERDICT=refuse'
      ${until('[ "$($read -o cat 2>/dev/null | wc -l)" = 2 ]')}
      $read -o cat --output-fields=RSYNC_GUARD_ENTRY; $read -o json | head -n 1; kill $pid`,
    );
    const [first = "", second = "", fields = ""] = stdout.split("\n");
    expect(JSON.parse(first)).toMatchObject({ verdict: "refuse", argv: ["-a", "--delete", "build/", "old//"] });
    expect(JSON.parse(second).argv).toContainEqual(expect.stringMatching(/^\(\d+ more\)$/));
    expect(JSON.parse(fields)).toMatchObject({
      MESSAGE: "refuse (empty-variable, no-dry-run): rsync -a --delete build/ old//",
      PRIORITY: "4",
      RSYNC_GUARD_CODES: "empty-variable no-dry-run",
      RSYNC_GUARD_TARGET: `${world.folder}/old`,
    });
  });
});
