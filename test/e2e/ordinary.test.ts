/** Ordinary runs pass untouched: the same output, exit code and files as without a guard. */
import { expect } from "vitest";
import { outlook, realRsync, type Tree, test, type World, withoutFigures } from "../support/world.ts";

const files = (folder: string) =>
  Object.fromEntries(
    Object.entries({
      "src/a": "a\n",
      "src/sub/b": "b\n",
      "src/sub/link": "-> ../a",
      "src/with a space/ünïcode": "c\n",
      "more/d": "d\n",
      "empty/": "",
      "new-release/index.html": "new\n",
      "app/releases/1/index.html": "1\n",
      "app/releases/current": "-> 1",
      "app2/releases/2/index.html": "2\n",
      "app2/current": "-> releases/2",
      list: "a\nsub/b\n",
    }).map(([path, content]) => [`${folder}/${path}`, content]),
  );

const runs = [
  "rsync --version",
  "rsync -V",
  "rsync --help",
  "rsync -h",
  "rsync",
  "rsync --info=help",
  "rsync src",
  "rsync src/",
  "rsync -r src/",
  "rsync --list-only -r src/ more",
  "rsync -a src new",
  "rsync -a src/ new/",
  "rsync -av src/ new",
  "rsync -a src/ empty/",
  "rsync -a --delete src/ new/",
  "rsync -a --delete src new",
  "rsync -a --delete src/ empty/",
  "rsync -a --delete --mkpath src/ new/deep/er/",
  "rsync -a src more empty/",
  "rsync -aR src/./sub new/",
  "rsync -a --mkpath src/ new/deep/er/",
  "rsync -ai --exclude=sub src/ new/",
  "rsync -a --backup-dir=kept -b src/ new/",
  "rsync src/a copy",
  "rsync -t src/a empty/",
  "rsync src/a src/sub/b empty/",
  "rsync -v src/ new/",
  "rsync -a src/a -- empty/-n",
  'DIR=src; rsync -a "$DIR//sub/" x/',
  "rsync -a new-release app/releases/",
  "rsync -a new-release/ app/releases/2/",
  "cd app; rsync -a ../new-release releases",
  "find src/ -type f -printf '%P\\n' | sort | rsync -av --files-from=- src/ new/",
  "printf 'a\\0sub/b\\0' | rsync -a0 --files-from=- src/ new/",
  "rsync -a --files-from=list src/ new/",
  "rsync -a --log-file=new.log src/ new/; rm new.log",
  "rsync -a src/a src/missing new/ 2>/dev/null",
  "rsync -a src/ 'new with a space/'",
  "(cd src && rsync -a . ../new/)",
  "rsync -a -e false --version src/ host:dst",
];

const all = "add 3 files, 2 directories, 1 symlink";
const dryRuns: readonly (readonly [run: string, says: string])[] = [
  ["rsync -an src/ new/", outlook("add 3 files, 3 directories, 1 symlink", "it needs no dry run")],
  [
    "rsync -an --delete src/ new/ && rsync -a --delete src/ new/",
    outlook("add 3 files, 3 directories, 1 symlink", "it needs no dry run"),
  ],
  [
    "rsync -a --delete new-release app2/releases/ -n; rsync -a --delete new-release app2/releases/",
    outlook("add 1 file, 1 directory"),
  ],
  ["rsync -avn --delete src/ more/", outlook(`delete 1 file (d); ${all}`)],
  ["rsync -a -n src/ more/ && rsync -av src/ more/", outlook(all)],
  ["rsync -ain --delete src/ more/ >/dev/null && rsync -a --delete src/ more/", outlook(`delete 1 file (d); ${all}`)],
  ["rsync -n src/a more/d && rsync src/a more/d", outlook("change 1 file")],
];

/** Without the times of files that were written just now. */
const settled = (tree: Tree) =>
  Object.entries(tree).map(([path, what]) => [path, what.replace(/^(\d+) (?!2024-)\S+/, "$1 NOW")]);

async function both(world: World, run: string) {
  world.make({ ...files("guarded"), ...files("plain") });
  // the same times in both, since they were made one after the other
  await world.sh(`rm -r plain; cp -a guarded plain; mkdir plainbin; ln -s ${realRsync} plainbin/rsync`);
  const guarded = await world.sh(`cd guarded; ${run}`);
  const plain = await world.sh(`PATH=$PWD/plainbin:/usr/bin:/bin; cd plain; ${run}`);
  return [guarded, plain].map(({ stdout, ...rest }) => ({ ...rest, stdout: withoutFigures(stdout) }));
}

test.for([...runs.map((run) => [run, ""] as const), ...dryRuns])("%s", async ([run, says], { world }) => {
  const [guarded, plain = expect.unreachable()] = await both(world, run);
  expect(guarded).toEqual({ ...plain, stderr: plain.stderr + says });
  expect(settled(world.tree("guarded"))).toEqual(settled(world.tree("plain")));
});
