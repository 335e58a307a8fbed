/** The story of a cluster, from the journals of its hosts. */
import { describe, expect, test } from "vitest";
import { causesOf, clockNotes, clocksOf, corrected } from "../../src/core/history/hosts.ts";
import type { Entry } from "../../src/core/history/journal.ts";
import { pastRun } from "../../src/core/history/past-run.ts";
import { reportText, timelinesOf } from "../../src/core/history/report.ts";
import { reportHtml } from "../../src/core/history/report-html.ts";
import { markdownHtml } from "../../src/core/words/markdown-html.ts";
import { clock, deleting, entryOf } from "../support/entry.ts";

const server = (time: string, host: string, path: string, given: Partial<Entry> = {}) =>
  entryOf(time, `--server -logDtpre.iLsfxCIvu --delete . ${path}`, {
    host,
    kind: "receiver",
    targets: [path.replace(/\/+$/, "").replace(/\/+/g, "/")],
    ssh: "10.0.0.5 50111 10.0.0.1 22",
    terminal: false,
    verdict: "run",
    risk: "deletes",
    ...given,
  });
const mirror = (time: string, given: Partial<Entry> = {}) =>
  entryOf(time, "-a --delete --from0 --include-from=- --exclude=* /var/www/ web2:/var/www/", {
    host: "web1",
    user: "root",
    targets: ["web2:/var/www"],
    risk: "deletes",
    terminal: false,
    callers: [{ name: "lsyncd", command: "lsyncd /etc/lsyncd/lsyncd.conf.lua" }],
    ...given,
  });

/** web2's clock is 40 s behind. */
const web1 = [
  server("10:00:00", "web1", "/var/www/releases//", { verdict: "observed", codes: ["empty-variable", "no-dry-run"] }),
  mirror("10:00:20", { plan: deleting(60) }),
  mirror("10:03:00"),
];
const web2 = [
  server("09:59:41", "web2", "/var/www/", { user: "root" }),
  server("10:02:21", "web2", "/var/www/", { user: "root", verdict: "refuse", codes: ["no-dry-run"] }),
];

const head = { host: null, from: Date.UTC(2026, 6, 1), to: Date.UTC(2026, 6, 2), clock, zone: "UTC" };

describe("clocks", () => {
  test("differ as the pushes and their arrivals do", () => {
    const clocks = clocksOf([...web1, ...web2]);
    expect(Object.fromEntries(clocks)).toEqual({ web1: 0, web2: -39_000 });
    expect(clockNotes(clocks)).toEqual(["The clock of web2 is 39 s behind; its times here are corrected."]);
    expect(corrected([...web1, ...web2], clocks).map(({ host, time }) => `${host} ${time.slice(11, 19)}`)).toEqual([
      "web1 10:00:00",
      "web1 10:00:20",
      "web2 10:00:20",
      "web1 10:03:00",
      "web2 10:03:00",
    ]);
  });

  // comparing each run of each two hosts with each other one would not end
  test("are compared along a chain of fifty hosts with many runs", () => {
    const hosts = Array.from({ length: 50 }, (_, at) => `node${at}`);
    const push = (host: string, to: string) =>
      entryOf("10:00:20", `-a --delete /var/www/ ${to}:/var/www/`, {
        host,
        targets: [`${to}:/var/www`],
        risk: "deletes",
      });
    const runs = hosts.flatMap((host, at) => [
      ...(at < 49 ? Array.from({ length: 100 }, () => push(host, `node${at + 1}`)) : []),
      ...(at > 0
        ? Array.from({ length: 100 }, () =>
            server(`10:0${Math.floor((20 + at) / 60)}:${String((20 + at) % 60).padStart(2, "0")}`, host, "/var/www/"),
          )
        : []),
    ]);
    const ahead = hosts.map((host, at) => [host, at === 0 ? 0 : ((at * (at + 1)) / 2) * 1000]);
    expect([...clocksOf(runs)].sort()).toEqual(ahead.sort());
  });

  test.for([
    { what: "both hosts agree within a second", entries: [web1[1], server("10:00:21", "web2", "/var/www/")] },
    { what: "the journals do not agree on how many pushes there were", entries: [...web1, web2[0]] },
    { what: "they have nothing to do with one another", entries: [web1[0], server("05:00:00", "web9", "/srv/x/")] },
  ])("nothing is corrected where $what", ({ entries }) => {
    const all = entries.filter((entry) => entry !== undefined);
    expect(clockNotes(clocksOf(all))).toEqual([]);
    expect(
      corrected(all, clocksOf(all))
        .map(({ time }) => time)
        .sort(),
    ).toEqual(all.map(({ time }) => time).sort());
  });
});

test("what a push wrote, a mirror sends on, and the other host receives", () => {
  const runs = corrected([...web1, ...web2], clocksOf([...web1, ...web2])).map(pastRun);
  const causes = causesOf(runs);
  expect(runs.map((run) => [causes.get(run)?.is, runs.indexOf(causes.get(run)?.run ?? run)])).toEqual([
    [undefined, 0],
    ["carried", 0],
    ["arrived", 1],
    ["carried", 0],
    ["arrived", 3],
  ]);
});

describe("the report", () => {
  const clocks = clocksOf([...web1, ...web2]);
  const timelines = timelinesOf(corrected([...web1, ...web2], clocks));
  const told = { ...head, notes: clockNotes(clocks) };

  test("tells it as one story", async () => {
    expect(timelines).toHaveLength(1);
    await expect(reportText(timelines, told)).toMatchFileSnapshot("../golden/report-cluster.md");
  });

  test("is also a page of HTML, with an arrow for each cause", async () => {
    const page = reportHtml(timelines, told);
    expect(page.match(/<circle /g)).toHaveLength(5);
    expect(page.match(/marker-end/g)).toHaveLength(4);
    await expect(page.replace(/<style>.*<\/style>/s, "")).toMatchFileSnapshot("../golden/report-cluster.html");
  });

  test("says nothing of causes where there is one host", () => {
    expect(reportText(timelinesOf(web1), told)).not.toContain("sends on");
  });

  test("hostile names stay text", () => {
    const hostile = "x`</code><script>alert(1)</script>**b**\\`";
    const one = entryOf("10:00:00", ["-a", "a/", `/srv/${hostile}`], {
      host: "<b>h</b>",
      user: "**u**",
      verdict: "refuse",
    });
    const page = reportHtml(timelinesOf([one]), head);
    expect(page).not.toMatch(/<script|<b>h|<strong>u/);
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });
});

test.for([
  ["# A `<b>` c", "<h1>A <code>&lt;b&gt;</code> c</h1>\n"],
  [
    "- a\n  - **b**: ``x`y``\n- c",
    "<ul><li>a</li>\n<ul><li><strong>b</strong>: <code>x`y</code></li>\n</ul><li>c</li></ul>\n",
  ],
  ['\\*a\\* &lt;i&gt; "q"', "<p>*a* &lt;i&gt; &quot;q&quot;</p>\n"],
] as const)("as HTML: %j", ([markdown, expected]) => {
  expect(markdownHtml(markdown)).toBe(expected);
});
