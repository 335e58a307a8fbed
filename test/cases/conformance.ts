/** Command lines that the guard once read otherwise than rsync, and others that are easily read wrongly. */
import type { Case } from "../conformance/referee.ts";

export const kept: readonly Case[] = [
  // after --server, popt's aliases are off and argv is read again: -server is then -s -e rver
  { argv: ["-server", ":dst", "RSYNC://h/m"], env: {} },
  { argv: ["--exclude", "--dry-run", "src/file", "-hcK", "-server", "~", "--remove-source-files"], env: {} },
  // --old-dirs is -r with a filter rule, unless --no-d follows
  { argv: ["--no-inplace", "--old-dirs", "~", "src/..", "-b", "--exclude=-n", "--list-only"], env: {} },
  { argv: ["--old-dirs", "--no-d", "--delete", "src/", "dst"], env: {} },
  { argv: ["--no-d", "--old-d", "--delete", "src/", "dst"], env: {} },
  // a dry run that is none
  { argv: ["-a", "--delete", "-e", "-n", "src/", "dst"], env: {} },
  { argv: ["-a", "--delete", "--exclude", "--dry-run", "src/", "dst"], env: {} },
  { argv: ["-a", "--delete", "src/", "dst", "-n"], env: { POSIXLY_CORRECT: "" } },
  { argv: ["-a", "--delete", "--", "src/", "dst", "-n"], env: {} },
  { argv: ["-delete", "src/", "dst"], env: {} },
  { argv: ["-a", "--delete", "--del", "--no-r", "src/", "dst"], env: {} },
  { argv: ["-a", "--force", "--no-force", "src/", "dst"], env: {} },
  { argv: ["--delete-missing-args", "src/nope", "dst"], env: {} },
  { argv: ["-a", "--files-from=list", "src/", "dst"], env: {} },
  { argv: ["-ar", "--files-from=list", "src/", "dst"], env: {} },
  { argv: ["-a", "--no-R", "--files-from=list", "src/", "dst"], env: {} },
  { argv: ["-h", "-daemon", "host:", "--dry-run", "src"], env: {} },
  {
    argv: ["http://h/p", "--read-batch=src", "--no-force", "..", "--exclude=-n", "-K"],
    env: { RSYNC_PROTECT_ARGS: "0" },
  },
  { argv: ["--no-force", "-M-n", "-0F", "./a:b", "./-n"], env: {} },
  { argv: ["--rsync-path", "--delete", "new/", "dst"], env: {} },
  { argv: ["-mM", "-a", "./a:b"], env: {} },
  { argv: ["host::", "--delete", "-b", "--dry-run"], env: {} },
  // values that overflow an int, and options beside both variables
  { argv: ["-a", "src/", "h:my dir"], env: { RSYNC_PROTECT_ARGS: "4294967296" } },
  { argv: ["-a", "src/", "h:my dir"], env: { RSYNC_OLD_ARGS: "18446744073709551616" } },
  { argv: ["-a", "--no-old-args", "src/", "h:my dir"], env: { RSYNC_OLD_ARGS: "1", RSYNC_PROTECT_ARGS: "1" } },
  // a path that rsync cleans, and what -M holds in a local copy
  { argv: ["--no-R", "src/", "--no-compress", "--backup-dir", "./a:b"], env: {} },
  { argv: [".", "$X", "-6InUM", "-Rdzl", "--old-args", "-r"], env: {} },
  { argv: ["-0", "-P", "--no-r", "-", "-M--delete", "-M-v", "a[b]:c"], env: {} },
  { argv: ["-a", "-server=x", ".", "dst"], env: {} },
  { argv: ["--server", "-logDtpre.iLsfxCIvu", "--read-batch=list", ".", "dst"], env: {} },
  { argv: ["--server", "-logDtpre.iLsfxCIvu", "--write-batch=list", ".", "dst"], env: {} },
  { argv: ["-a", "--exclude", "!#:+", "--exclude", "src", "src/", "dst"], env: {} },
  { argv: ["-n", "src", "dst", "--exclude=!#:+", "--", "-n"], env: {} },
  { argv: ["host:dst", ":dst"], env: {} },
];

/** Runs in the world of test/conformance/worlds.ts that once wrote or deleted where no target was. */
export const keptRuns: readonly (readonly string[])[] = [
  "-rl --mkpath src/link/ new/deep/",
  "-aK --delete --remove-source-files -b src/ src/empty linked dst/../dst",
  "-aR --delete-excluded --force -b src2 src src/./sub dst/../dst",
  "-l --remove-source-files linked src/empty dst/link/",
  "-dR -b src2 src/sub/ there/dst",
  "-l src/sub nope linked file",
  "-aK src/.. src/empty dst",
  "-aK --delete-excluded --force --delete-missing-args src/a src/.. src/.. dst/../dst",
  "-aK --delete --remove-source-files -b -L src/a src/sub linked dst/link",
  "-aR --delete ./src/./ dst",
  "-aR --delete ./src/./sub dst",
  "-aR --delete src/sub/./ dst",
  "-rl --remove-source-files --files-from=list linked dst/src",
  "-a --delete src dst",
  "-a --delete src/ src2 dst",
  "-a --delete src/ new",
  "-aR --delete src/./sub dst",
  "-d --delete src/ dst",
  "-d --delete src dst",
  "-r --delete --files-from=list src/ dst",
  "-a --force src/way dst",
  "-a --delete src/empty new",
  "-a --delete src/ there/dst/..",
].map((line) => line.split(" "));
