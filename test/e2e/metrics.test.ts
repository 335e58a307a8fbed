/** rsync-guard metrics, read by the programs that it is for. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { checkout, program } from "../support/build.ts";
import { freePort } from "../support/ssh.ts";
import { test } from "../support/world.ts";

const isThere = (name: string) => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
const lacking = ["promtool", "prometheus-node-exporter", "curl"].filter((name) => !isThere(name));
if (lacking.length > 0) console.warn(`tests of metrics skipped: there is no ${lacking.join(", ")}`);

/** An hour ago: the entries of the last ten seconds are not counted yet. */
const anHourAgo = `sed -i "s/^{\\"time\\":\\"[^\\"]*/{\\"time\\":\\"$(date -u -d '1 hour ago' +%FT%T.000Z)/" state/rsync-guard/journal.jsonl`;

test("counts what was refused, and until a person has read it how old it is", async ({ world }) => {
  world.make({ "build/a": "a\n", "old/a": "a\n" });
  const refuse = `rsync -a --delete build/ old//; ${anHourAgo}`;
  const count = async () => {
    const { code, stderr } = await world.sh(`${program} metrics --textfile metrics.prom`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const text = (await world.sh("cat metrics.prom; ls -A")).stdout;
    expect(text).not.toContain(".rsync-guard-");
    const value = (name: string) => Number(new RegExp(`^rsync_guard_${name} (.*)$`, "m").exec(text)?.[1]);
    return [value('decisions_total{verdict="refuse"}'), value("oldest_unread_refusal_seconds") >= 3590];
  };
  await world.sh(refuse);
  expect(await count()).toEqual([1, true]);
  await world.sh(`${program} log; rm state/rsync-guard/journal.jsonl`);
  expect(await count()).toEqual([1, true]);
  await world.sh(`script -qec "${program} log" /dev/null`);
  expect(await count()).toEqual([1, false]);
  expect(await world.sh(`${program} metrics --textfile nowhere/x.prom`)).toEqual({
    code: 1,
    stdout: "",
    stderr: "rsync-guard: nowhere/x.prom can't be written (ENOENT)\n",
  });
});

describe.skipIf(lacking.length > 0)("Prometheus's own programs", () => {
  const PATH = process.env["PATH"] ?? "";

  test("node_exporter reads the file, and promtool finds nothing wrong with it", async ({ world }) => {
    world.make({ "build/a": "a\n", "old/a": "a\n" });
    const port = await freePort();
    const { stdout, stderr } = await world.sh(
      `rsync -a --delete build/ old// 2>/dev/null; ${anHourAgo}; mkdir textfile
      ${program} metrics --textfile textfile/rsync-guard.prom && PATH=${PATH} promtool check metrics <textfile/rsync-guard.prom
      PATH=${PATH} prometheus-node-exporter --web.listen-address=127.0.0.1:${port} --collector.disable-defaults \
        --collector.textfile --collector.textfile.directory=textfile 2>/dev/null & pid=$!
      for i in $(seq 100); do curl -sf http://127.0.0.1:${port}/metrics >scraped && break; sleep 0.1; done
      kill $pid; grep -h -e rsync_guard -e node_textfile scraped`,
    );
    expect(stderr).toBe("");
    expect(stdout).toContain('\nrsync_guard_refusals_total{code="empty-variable"} 1\n');
    expect(stdout).toContain("# TYPE rsync_guard_decisions_total counter\n");
    expect(stdout).toContain("node_textfile_scrape_error 0\n");
    expect(stdout).toMatch(/^node_textfile_mtime_seconds\{file="textfile\/rsync-guard\.prom"\} /m);
  });

  test("the alerts fire when they should", async ({ world }) => {
    const { code, stdout, stderr } = await world.sh(
      `cd ${join(checkout, "fleet/prometheus")} && TMPDIR=${world.folder} PATH=${PATH} promtool test rules rsync-guard.rules.test.yml`,
    );
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
  });
});
