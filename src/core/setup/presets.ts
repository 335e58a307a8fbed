/**
 * THE table of the programs that call rsync, and would be refused where it is diverted: what shows that one is installed,
 * the lines that let it go, and what they leave guarded. `rsync-guard presets` writes them; docs/clients.md shows them.
 */
import { tomlText } from "../quoting.ts";

/** A [[destination]]. */
interface Lines {
  readonly path: string;
  /** Beside the path. */
  readonly remark?: string;
  readonly keys: readonly string[];
}

export interface Preset {
  /** As people call it. */
  readonly title: string;
  /** The Debian package, or packages of npm. */
  readonly packages: string;
  /** One of these is there where it is installed. */
  readonly signs: readonly string[];
  /** Its own configuration: the places that it writes to are the groups of the pattern, with a colon between host and path. */
  readonly settings?: { readonly file: string; readonly place: RegExp };
  /** A place that the documentation shows. */
  readonly example: string;
  /** The place is the same everywhere: none has to be named. */
  readonly isFixed?: true;
  /** What follows the place in the pattern of the [[destination]]. */
  readonly below: string;
  /** Beside the pattern. */
  readonly remark?: string;
  readonly keys: readonly string[];
  /** Places beside these, which are the same everywhere. */
  readonly also?: readonly Lines[];
  readonly guarded: string;
  readonly unguarded: string;
  /** Where the words of a refusal end up. */
  readonly words: string;
  /** What the program does then. */
  readonly afterwards: string;
}

const auto = 'dry_run = { required = "auto" }';
const never = 'dry_run = { required = "never" }';
const followsSource = 'allow = ["plan-deletes-releases", "plan-replaces-symlinks"]';

const planned = "an empty or unmounted source, a plan that deletes more than half";
const newPlaces = "an empty source where the snapshot is a new directory";

/** By the names that `rsync-guard presets add` takes. */
export const presets: Readonly<Record<string, Preset>> = {
  rsnapshot: {
    title: "rsnapshot",
    packages: "rsnapshot",
    signs: ["/usr/bin/rsnapshot"],
    settings: { file: "/etc/rsnapshot.conf", place: /^snapshot_root\t+(\/\S*)/gm },
    example: "/var/cache/rsnapshot",
    below: "/*",
    remark: "snapshot_root, and /*",
    keys: [auto, followsSource],
    guarded: planned,
    unguarded: "old releases and symlinks that are gone from the source; with `link_dest`, an empty source",
    words: "its `logfile`; at `verbose 3` standard output; else only `returned 77`",
    afterwards:
      "goes on with the next backup point, and ends with exit code 1; its snapshots were rotated all the same",
  },
  lsyncd: {
    title: "lsyncd",
    packages: "lsyncd",
    signs: ["/usr/bin/lsyncd"],
    settings: {
      file: "/etc/lsyncd/lsyncd.conf.lua",
      place: /\btarget\s*=\s*["']([^"']+)["']|\bhost\s*=\s*["']([^"']+)["']\s*,\s*targetdir\s*=\s*["']([^"']+)["']/g,
    },
    example: "/srv/mirror",
    below: "",
    keys: [auto, 'allow = ["no-dry-run"]'],
    guarded: `at each start, ${planned}; at each change, an empty or unmounted source`,
    unguarded: "how much is deleted while it runs",
    words: "its standard error, which a daemon has closed; its `logfile` has only the exit code",
    afterwards: "ends with exit code 255, even with `insist`, and follows nothing until it is started again",
  },
  dirvish: {
    title: "dirvish",
    packages: "dirvish",
    signs: ["/usr/sbin/dirvish"],
    settings: { file: "/etc/dirvish/master.conf", place: /^bank:\s*(\/\S*)/gm },
    example: "/backup",
    below: "/*/*/tree",
    remark: "bank, vault, image",
    keys: [auto, followsSource],
    guarded: planned,
    unguarded: newPlaces,
    words: "`rsync_error` and `summary` of the image",
    afterwards: "the image stays without its tree, with `Status: (77)` in `summary`; dirvish ends with exit code 149",
  },
  rsbackup: {
    title: "rsbackup",
    packages: "rsbackup",
    signs: ["/usr/bin/rsbackup"],
    settings: { file: "/etc/rsbackup/config", place: /^store\s+(?:--\S+\s+)*(\/\S*)/gm },
    example: "/store",
    below: "/*/*/*",
    remark: "store, host, volume, date",
    keys: [auto],
    guarded: planned,
    unguarded: newPlaces,
    words: "standard error, and its report",
    afterwards: "tells of the error, ends with exit code 1, and makes that backup in its next run",
  },
  backintime: {
    title: "Back In Time",
    packages: "backintime-common",
    signs: ["/usr/bin/backintime"],
    settings: { file: "/root/.config/backintime/config", place: /^profile\d+\.snapshots\.path=(\/.*)$/gm },
    example: "/backup",
    below: "/backintime/*/*/*/*",
    remark: "host, user, profile, snapshot",
    keys: [never, 'allow = ["empty-variable", "root-source", "empty-source"]'],
    guarded: "a run to anything but one snapshot, or to a protected directory",
    unguarded:
      "the source, which is always `/` with includes; how much of a snapshot is deleted, since it empties old ones, and those in which nothing changed, from an empty directory",
    words: "a `WARNING` on its standard error and in syslog, after which it says `Nothing changed`",
    afterwards: "makes no snapshot, and ends with exit code 0; the next run goes on with what was begun",
  },
  backupninja: {
    title: "backupninja",
    packages: "backupninja",
    signs: ["/usr/sbin/backupninja"],
    example: "/var/backups/web",
    below: "",
    remark: "mountpoint and backupdir",
    keys: [auto, 'allow = ["empty-variable"]'],
    guarded: planned,
    unguarded: "an empty `backupdir` or `include`, below this place",
    words: "`/var/log/backupninja.log`, and its mail",
    afterwards: "a warning in its report; its snapshots were rotated all the same",
  },
  debmirror: {
    title: "debmirror",
    packages: "debmirror",
    signs: ["/usr/bin/debmirror"],
    settings: { file: "/etc/debmirror.conf", place: /^\s*\$mirrordir\s*=\s*["'](\/[^"']*)["']/gm },
    example: "/srv/mirror",
    below: "",
    keys: [auto],
    guarded: "a plan that deletes more than half of the mirror",
    unguarded: "what debmirror deletes itself, without rsync",
    words: "standard error",
    afterwards: "ends with exit code 2, and leaves the mirror as it is",
  },
  barman: {
    title: "barman",
    packages: "barman",
    signs: ["/usr/bin/barman"],
    settings: { file: "/etc/barman.conf", place: /^\s*barman_home\s*=\s*(\/\S*)/gm },
    example: "/var/lib/barman",
    below: "/**",
    keys: [auto],
    guarded: "a plan that deletes more than half",
    unguarded: newPlaces,
    words: "`/var/log/barman/barman.log`; of `archive_command`, PostgreSQL's log",
    afterwards:
      "the backup is `FAILED` in `barman list-backup`; PostgreSQL keeps what `archive_command` could not send, and tries again",
  },
  slack: {
    title: "slack",
    packages: "slack",
    signs: ["/usr/sbin/slack"],
    settings: { file: "/etc/slack.conf", place: /^(?:CACHE|STAGE)=(\/\S*)/gm },
    example: "/var/cache/slack",
    below: "",
    remark: "CACHE and STAGE",
    keys: [auto, 'allow = ["no-dry-run"]'],
    also: [{ path: "/", remark: "ROOT", keys: ['allow = ["protected-destination", "empty-variable", "no-dry-run"]'] }],
    guarded: `${planned} of its stage`,
    unguarded:
      "the names that come on standard input: what is copied to its cache, and what is installed in `/`, of which it keeps backups itself",
    words: "its standard error",
    afterwards: "ends with exit code 77, before it installs anything",
  },
  galera: {
    title: "MariaDB Galera, `wsrep_sst_method = rsync`",
    packages: "mariadb-server",
    signs: ["/usr/bin/wsrep_sst_rsync"],
    example: "*::rsync_sst*",
    isFixed: true,
    below: "",
    remark: "the modules of a node that joins",
    keys: [never],
    guarded: "an empty data directory",
    unguarded: "how much is deleted on the node that joins, which is meant to become a copy",
    words: "the donor's error log",
    afterwards: "the node can't join, and ends; the donor goes on",
  },
  ansible: {
    title: "Ansible's synchronize",
    packages: "ansible",
    signs: ["/usr/lib/python3/dist-packages/ansible_collections/ansible/posix/plugins/modules/synchronize.py"],
    example: "*:/srv/app",
    below: "",
    remark: "user@host:/srv/app, on any host",
    keys: [auto],
    guarded: `an empty version in \`dest\`, ${planned}`,
    unguarded: "a host that can't be reached without a password",
    words: "`msg` of the task, with `rc: 77`",
    afterwards: "the task fails, and with it the play on that host",
  },
  npm: {
    title: "npm's rsync clients",
    packages: "rsync, rsyncwrapper, gulp-rsync, grunt-rsync, hexo-deployer-rsync, ssh-pool",
    signs: ["rsync", "rsyncwrapper", "gulp-rsync", "grunt-rsync", "hexo-deployer-rsync", "ssh-pool"].flatMap((name) =>
      ["/usr/lib/node_modules", "/usr/local/lib/node_modules"].map((directory) => `${directory}/${name}`),
    ),
    example: "*:/srv/www/site",
    below: "",
    remark: "user@host:/srv/www/site, on any host",
    keys: [auto],
    guarded: `an empty name in the destination, ${planned}`,
    unguarded: "a host that can't be reached without a password",
    words: "what the task prints; grunt-rsync hides it",
    afterwards: "the task or the callback gets the exit code 77 as an error",
  },
};

export const presetNamed = (name: string): Preset | undefined =>
  Object.hasOwn(presets, name) ? presets[name] : undefined;

/** The lines of configuration for these places. */
export const presetLines = (
  { below, remark, keys, also = [] }: Pick<Preset, "below" | "remark" | "keys" | "also">,
  places: readonly string[],
): readonly string[] =>
  [...places.map((place) => ({ path: `${place}${below}`, ...(remark !== undefined && { remark }), keys })), ...also]
    .flatMap((lines) => ["", ...blockOf(lines)])
    .slice(1);

const blockOf = ({ path, remark, keys }: Lines): readonly string[] => [
  "[[destination]]",
  `path = ${tomlText(path)}${remark === undefined ? "" : `       # ${remark}`}`,
  ...keys,
];

/** The places that a client's own configuration names; where they are always the same, these. */
export function placesOf({ settings, isFixed, example }: Preset, textOf: (file: string) => string): readonly string[] {
  if (isFixed) return [example];
  if (!settings) return [];
  const text = textOf(settings.file).replace(/^\s*(?:#|--).*$/gm, "");
  const found = [...text.matchAll(settings.place)].map(([, ...groups]) => groups.filter(Boolean).join(":"));
  return [...new Set(found.map((place) => place.replace(/(?<=.)\/+$/, "")))];
}
