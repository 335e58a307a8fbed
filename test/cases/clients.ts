/** What programs that call rsync run, four times and once more, and each one's own accident. */
import type { Code } from "../../src/core/codes.ts";
import type { Entry } from "../../src/core/history/journal.ts";
import type { World } from "../support/facts.ts";
import type { Line } from "./words.ts";

export interface Step {
  readonly run: Line;
  /** What is there when it runs. */
  readonly world?: World;
  /** Others that called it than the client does elsewhere. */
  readonly by?: Partial<Entry>;
}

export interface Client {
  readonly name: string;
  readonly given?: Partial<Entry>;
  /** The preset that is for it, and its place here. */
  readonly preset?: readonly [name: string, place: string];
  /** Of four rounds. */
  readonly runs: readonly Step[];
  readonly next: readonly Step[];
  /** What only its preset lets go. */
  readonly withPreset?: readonly Step[];
  /** Places that are in the configuration then, in its order. */
  readonly paths: readonly string[];
  /** `plan`: how many of the forty entries in the target would go. */
  readonly accidents: readonly (Step & { readonly codes: readonly Code[]; readonly plan?: number })[];
}

const calledBy = (...names: readonly string[]): Partial<Entry> => ({
  terminal: false,
  callers: names.map((name) => ({ name, command: name })),
});

/** A source with files, and what else is there. */
const has = (...files: readonly string[]): World => ({
  places: Object.fromEntries(["/srv/data/n1", "/srv/site/n1", ...files].map((file) => [file, "file" as const])),
});
const emptied = (world: World, source: string): World => ({
  places: {
    ...Object.fromEntries(Object.entries(world.places ?? {}).filter(([path]) => !path.startsWith(`${source}/`))),
    [source]: "empty directory",
  },
});

const rounds = <T>(make: (round: number) => T | readonly T[]): readonly T[] =>
  [1, 2, 3, 4].flatMap((round) => make(round));

const rsnapshot = (source: string) =>
  `-a --delete --numeric-ids --relative --delete-excluded ${source} /var/cache/rsnapshot/alpha.0/localhost/`;
const snapshot = has("/var/cache/rsnapshot/alpha.0/localhost/srv/data/n1");
/** The second backup point comes when the first one has made the directory. */
const snapshots = has(
  "/var/cache/rsnapshot/alpha.0/localhost/srv/data/n1",
  "/var/cache/rsnapshot/alpha.0/localhost/etc/ssh/sshd_config",
  "/etc/ssh/sshd_config",
);

const lsyncdStart = "--delete --ignore-errors -lptgosD -r /srv/site/";
const lsyncdChange =
  "--delete --ignore-errors -lptgosD -r --delete --force --from0 --include-from=- --exclude=* /srv/site/";
const mirror = has("/srv/mirror/n1");

const dirvish = (image: string, before: string | null) =>
  `-vrltH --delete -pgo -D --stats --numeric-ids --exclude-from=/backup/web/${image}/exclude${
    before === null ? "" : ` --link-dest=/backup/web/${before}/tree`
  } /srv/data/ /backup/web/${image}/tree`;
/** As where a vault is not new: an image was begun before. */
const image = (name: string) => has(`/backup/web/${name}/tree/n1`, `/backup/web/${name}/exclude`);

const rsbackup = (day: number) =>
  `--archive --sparse --numeric-ids --fuzzy --hard-links --delete --stats --link-dest=/store/web1/data/2026-11-${10 + day}T02:00:00 /srv/data/. /store/web1/data/2026-11-${11 + day}T02:00:00`;
const store = (day: number) => has(`/store/web1/data/2026-11-${11 + day}T02:00:00/n1`);

const backInTime = (before: string, source = "/") =>
  `--recursive --times --devices --specials --hard-links --human-readable -s --links --acls --perms --executability --group --owner --info=progress2 --no-inc-recursive --delete --delete-excluded -v -i --out-format=BACKINTIME:%i%n%L --link-dest=../../${before}/backup --chmod=Du+wx --exclude=/backup --include=/srv/data/ --include=/srv/ --exclude=*.bak --include=/srv/data/** --exclude=* ${source} /backup/backintime/web1/root/1/new_snapshot/backup`;
const snapshotOfBackInTime = has("/backup/backintime/web1/root/1/new_snapshot/backup/srv/data/n1");

const debmirrorOptions = "--timeout=300 -aIL --partial rsync://localhost/debian/";
const archive = has("/srv/mirror/pool/p1.deb", "/srv/mirror/.temp/dists/stable/Release", "/tmp/aB3dE9fG");

const barman = (id: string, list: string) =>
  `-rLKpts --delete-excluded --inplace --itemize-changes --delete --exclude-from=/tmp/barman-${list}/data_exclude.filter --link-dest=/var/lib/barman/main/base/20261126T010101/data -e ssh postgres@localhost:/var/lib/postgresql/15/main/ /var/lib/barman/main/base/${id}/data`;
/** Single files that it fetches after it, one into the same directory; the host is in the remote shell. */
const barmansFile = (id: string, file: string, name: string) => [
  ..."-rLKpts --delete-excluded --inplace --ignore-missing-args --itemize-changes -e".split(" "),
  "ssh 'postgres@localhost' '-o' 'BatchMode=yes'",
  ` :${file}`,
  `/var/lib/barman/main/base/${id}/data${name}`,
];
const inBackup = (id: string) =>
  has(
    ...["PG_VERSION", "global/pg_control", "postgresql.conf"].map(
      (name) => `/var/lib/barman/main/base/${id}/data/${name}`,
    ),
  );
const backup = (id: string, list: string): readonly Step[] => [
  { run: barman(id, list), world: inBackup(id) },
  {
    run: barmansFile(id, "/var/lib/postgresql/15/main/global/pg_control", "/global/pg_control"),
    world: inBackup(id),
  },
  {
    run: barmansFile(id, "/etc/postgresql/15/main/postgresql.conf", ""),
    world: inBackup(id),
  },
];

const sst = (source: string, module: string) =>
  `--owner --group --perms --links --specials --ignore-times --inplace --dirs --delete --quiet --exclude=lost+found ${source} rsync://127.0.0.1:4444/${module}`;
/** One run of it for each database. */
const xargs = calledBy("xargs", "bash", "sh");
const database = { places: { "/var/lib/node1/ibdata1": "file", "/var/lib/node1/mysql/user.frm": "file" } } as const;

const slackSync = (destination: string) =>
  `--cvs-exclude --recursive --copy-links --times --perms --sparse --delete --files-from=- --from0 /srv/slack/roles/ ${destination}`;
const staged = has(
  "/srv/slack/roles/web/files/a",
  "/var/cache/slack/roles/web/files/a",
  "/var/lib/slack/stage/roles/web/files/a",
  "/etc/conf",
);

const synchronize = (source: string, destination: string) => [
  "--delay-updates",
  "-F",
  "--compress",
  "--delete-after",
  "--archive",
  "--rsh=/usr/bin/ssh -S none -o StrictHostKeyChecking=no",
  "--out-format=<<CHANGED>>%i %n%L",
  source,
  destination,
];

export const clients: readonly Client[] = [
  {
    name: "rsnapshot, from its first run on",
    preset: ["rsnapshot", "/var/cache/rsnapshot"],
    given: calledBy("rsnapshot", "cron"),
    runs: rounds((round) => [
      { run: rsnapshot("/srv/data/"), world: round === 1 ? has() : snapshots },
      { run: rsnapshot("/etc/ssh/"), world: round === 1 ? snapshot : snapshots },
    ]),
    next: [
      { run: rsnapshot("/srv/data/"), world: snapshots },
      { run: rsnapshot("/etc/ssh/"), world: snapshots },
    ],
    paths: ["/var/cache/rsnapshot/alpha.0/localhost/etc", "/var/cache/rsnapshot/alpha.0/localhost/srv"],
    accidents: [
      { run: rsnapshot("/srv/data/"), world: emptied(snapshots, "/srv/data"), codes: ["empty-source"] },
      { run: rsnapshot("/srv/data/"), world: snapshots, plan: 40, codes: ["plan-too-large"] },
    ],
  },
  {
    name: "lsyncd, which starts once",
    preset: ["lsyncd", "/srv/mirror"],
    given: calledBy("lsyncd"),
    runs: [
      { run: `${lsyncdStart} /srv/mirror/`, world: mirror },
      ...rounds(() => ({ run: `${lsyncdChange} /srv/mirror/`, world: mirror })),
    ],
    next: [
      { run: `${lsyncdStart} /srv/mirror/`, world: mirror },
      { run: `${lsyncdChange} /srv/mirror/`, world: mirror },
    ],
    paths: ["/srv/mirror"],
    accidents: [
      { run: `${lsyncdStart} /srv/mirror/`, world: emptied(mirror, "/srv/site"), codes: ["empty-source"] },
      { run: `${lsyncdChange} /srv/mirror/`, world: emptied(mirror, "/srv/site"), codes: ["empty-source"] },
      { run: `${lsyncdStart} /srv/mirror/`, world: mirror, plan: 40, codes: ["plan-too-large"] },
      { run: `${lsyncdStart} /var/www/`, world: has("/var/www/a"), codes: ["protected-destination", "no-dry-run"] },
      { run: `${lsyncdChange} /srv/other/`, world: has("/srv/other/a"), codes: ["no-dry-run"] },
    ],
  },
  {
    name: "lsyncd over ssh",
    preset: ["lsyncd", "web2:/srv/mirror"],
    given: calledBy("lsyncd"),
    runs: [
      { run: `${lsyncdStart} web2:/srv/mirror/` },
      ...rounds(() => ({ run: `${lsyncdChange} web2:/srv/mirror/` })),
    ],
    next: [{ run: `${lsyncdStart} web2:/srv/mirror/` }, { run: `${lsyncdChange} web2:/srv/mirror/` }],
    paths: ["web2:/srv/mirror"],
    accidents: [
      { run: `${lsyncdStart} web2:/srv/mirror/`, world: emptied(has(), "/srv/site"), codes: ["empty-source"] },
      { run: `${lsyncdStart} web2:/srv/mirror/`, plan: 40, codes: ["plan-too-large"] },
      { run: `${lsyncdStart} web2:/srv/`, codes: ["protected-destination", "no-dry-run"] },
    ],
  },
  {
    name: "the mirror of lsyncd over ssh",
    given: { ...calledBy("sshd"), ssh: "10.0.0.1 50022 10.0.0.2 22" },
    runs: rounds(() => ({ run: "--server -lptgoDre.iLsfxCIvu --delete . /srv/mirror/", world: mirror })),
    next: [{ run: "--server -lptgoDre.iLsfxCIvu --delete . /srv/mirror/", world: mirror }],
    paths: ["/srv/mirror"],
    accidents: [
      {
        run: "--server -lptgoDre.iLsfxCIvu --delete . /srv/",
        codes: ["protected-destination", "no-dry-run"],
      },
      {
        run: "--server -lptgoDre.iLsfxCIvu --delete . /srv/other/",
        world: has("/srv/other/a"),
        codes: ["no-dry-run"],
      },
    ],
  },
  {
    name: "dirvish",
    preset: ["dirvish", "/backup"],
    given: calledBy("dirvish", "cron"),
    runs: rounds((round) => ({
      run: dirvish(`im${round}`, round === 1 ? null : `im${round - 1}`),
      world: image(`im${round}`),
    })),
    next: [{ run: dirvish("im5", "im4"), world: image("im5") }],
    paths: ["/backup/web/*/tree"],
    accidents: [
      { run: dirvish("im5", "im4"), world: emptied(image("im5"), "/srv/data"), codes: ["empty-source"] },
      { run: dirvish("im5", "im4"), world: image("im5"), plan: 40, codes: ["plan-too-large"] },
      { run: dirvish("", "im4"), world: has("/backup/web/tree/x"), codes: ["empty-variable", "no-dry-run"] },
    ],
  },
  {
    name: "rsbackup",
    preset: ["rsbackup", "/store"],
    given: calledBy("rsbackup", "cron"),
    runs: rounds((round) => ({ run: rsbackup(round), world: store(round) })),
    next: [{ run: rsbackup(5), world: store(5) }],
    paths: ["/store/web1/data/*"],
    accidents: [
      { run: rsbackup(5), world: emptied(store(5), "/srv/data"), codes: ["empty-source"] },
      {
        run: "--archive --delete /srv/data/. /store/web1/data/",
        world: store(5),
        codes: ["no-dry-run"],
      },
    ],
  },
  {
    name: "Back In Time",
    preset: ["backintime", "/backup"],
    given: calledBy("python3", "cron"),
    runs: rounds((round) => ({ run: backInTime(`20261101-00000${round}-123`), world: snapshotOfBackInTime })),
    next: [{ run: backInTime("20261101-000005-123"), world: snapshotOfBackInTime }],
    paths: ["/backup/backintime/web1/root/1/new_snapshot/backup"],
    accidents: [
      // as it empties a snapshot, with the snapshot's name lost
      {
        run: "-a --delete -s /tmp/tmpq7zvshs4/ /backup/backintime/web1/root/1/",
        world: { places: { ...snapshotOfBackInTime.places, "/tmp/tmpq7zvshs4": "empty directory" } },
        codes: ["empty-source", "no-dry-run"],
      },
      {
        run: "-a --delete /srv/data/ /backup/",
        world: snapshotOfBackInTime,
        codes: ["no-dry-run"],
      },
    ],
  },
  {
    name: "debmirror, which fills a directory in the mirror first",
    preset: ["debmirror", "/srv/mirror"],
    given: { ...calledBy("sh", "debmirror", "cron"), cwd: "/srv/mirror/.temp" },
    runs: rounds((round) => [
      ...["Release", "Packages"].map((file) => ({
        run: `${debmirrorOptions} --include=dists/stable/${file} --exclude=* /srv/mirror/.temp`,
        world: archive,
      })),
      {
        run: `${debmirrorOptions} --delete --include-from=/tmp/aB3d${round}${round}fG --exclude=* /srv/mirror`,
        world: archive,
      },
    ]),
    next: [
      {
        run: `${debmirrorOptions} --include=dists/stable/Release --exclude=* /srv/mirror/.temp`,
        world: archive,
      },
      { run: `${debmirrorOptions} --delete --include-from=/tmp/xY7z55fG --exclude=* /srv/mirror`, world: archive },
    ],
    paths: ["/srv/mirror/.temp", "/srv/mirror"],
    accidents: [
      {
        run: `${debmirrorOptions} --delete --include-from=/tmp/xY7z55fG --exclude=* /srv/mirror`,
        world: archive,
        plan: 40,
        codes: ["plan-too-large"],
      },
      {
        run: `${debmirrorOptions} --delete --include-from=/tmp/xY7z55fG --exclude=* /srv`,
        world: archive,
        codes: ["protected-destination", "no-dry-run"],
      },
    ],
  },
  {
    name: "barman",
    preset: ["barman", "/var/lib/barman"],
    given: { ...calledBy("barman", "cron"), user: "barman" },
    runs: rounds((round) => backup(`2026112${round}T010203`, `k3_x9q${round}`)),
    next: backup("20261127T010203", "zz_top12"),
    paths: [
      "/var/lib/barman/main/base/*/data/global/pg_control",
      "/var/lib/barman/main/base/*/data/postgresql.conf",
      "/var/lib/barman/main/base/*/data",
    ],
    accidents: [
      {
        run: barman("20261127T010203", "zz_top12"),
        world: has("/var/lib/barman/main/base/20261127T010203/data/PG_VERSION"),
        plan: 40,
        codes: ["plan-too-large"],
      },
      {
        run: barman("", "zz_top12"),
        world: has("/var/lib/barman/main/base/data/PG_VERSION"),
        codes: ["empty-variable", "no-dry-run"],
      },
    ],
  },
  {
    name: "a node's join by rsync, of MariaDB",
    preset: ["galera", "*::rsync_sst*"],
    given: { ...calledBy("bash", "sh", "mariadbd"), user: "mysql" },
    runs: rounds((round) => [
      { run: sst("/var/lib/node1/", "rsync_sst"), world: database },
      { run: sst("/var/lib/node1/mysql/", "rsync_sst/mysql"), world: database, by: xargs },
      ...(round === 2 ? [{ run: sst("/var/lib/node1/b/", "rsync_sst/b"), world: database, by: xargs }] : []),
    ]),
    next: [
      { run: sst("/var/lib/node1/", "rsync_sst"), world: database },
      { run: sst("/var/lib/node1/mysql/", "rsync_sst/mysql"), world: database },
      { run: sst("/var/lib/node1/c/", "rsync_sst/c"), world: database },
    ],
    paths: ["127.0.0.1::rsync_sst/mysql", "127.0.0.1::rsync_sst"],
    accidents: [
      {
        run: sst("/var/lib/node1/", "rsync_sst"),
        world: { places: { "/var/lib/node1": "empty directory" } },
        codes: ["empty-source"],
      },
      { run: sst("/var/lib/node1/", "other"), world: database, codes: ["no-dry-run"] },
    ],
  },
  {
    name: "slack, which cannot do without its preset",
    preset: ["slack", "/var/cache/slack"],
    given: calledBy("slack-sync", "slack", "cron"),
    runs: rounds(() => ({ run: slackSync("/var/cache/slack/roles/"), world: staged })),
    next: [{ run: slackSync("/var/cache/slack/roles/"), world: staged }],
    withPreset: [
      {
        run: "--relative --times --perms --no-implied-dirs --files-from=- --from0 --backup --backup-dir=/var/lib/slack/backups/2026-11-27-05:49:54 /var/lib/slack/stage/roles/web/files/ //",
        world: staged,
      },
    ],
    paths: ["/var/cache/slack/roles"],
    accidents: [
      { run: slackSync("/etc/"), world: staged, codes: ["protected-destination", "no-dry-run"] },
      { run: "-a /srv/data/ /etc/", world: staged, codes: ["protected-destination", "no-dry-run"] },
    ],
  },
  {
    name: "Ansible's synchronize",
    given: calledBy("python3", "ansible-playbook"),
    runs: rounds(() => [
      { run: synchronize("/root/play/files/", "deploy@web1:/srv/app/rel/"), world: has("/root/play/files/n1") },
      // with delegate_to, on the host itself
      { run: synchronize("/srv/app/rel/", "/srv/app/copy/"), world: has("/srv/app/rel/n1", "/srv/app/copy/n1") },
    ]),
    next: [
      { run: synchronize("/root/play/files/", "deploy@web1:/srv/app/rel/"), world: has("/root/play/files/n1") },
      { run: synchronize("/srv/app/rel/", "/srv/app/copy/"), world: has("/srv/app/rel/n1", "/srv/app/copy/n1") },
    ],
    paths: ["deploy\\@web1:/srv/app/rel", "/srv/app/copy"],
    accidents: [
      {
        run: synchronize("/root/play/files/", "deploy@web1:/srv/app//"),
        world: has("/root/play/files/n1"),
        codes: ["empty-variable", "no-dry-run"],
      },
      {
        run: synchronize("/root/play/files/", "deploy@web1:/srv/app/rel/"),
        world: { places: { "/root/play/files": "empty directory" } },
        codes: ["empty-source"],
      },
    ],
  },
];
