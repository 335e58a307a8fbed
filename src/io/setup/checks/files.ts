/** Checks of files: the configuration, popt's aliases, the records of dry runs, other users' shims. */
import { accessSync, constants, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { bytesOf, fsPath, textOf } from "../../../core/bytes.ts";
import { placesDeletedIn } from "../../../core/history/past-run.ts";
import type { IdleEntry } from "../../../core/setup/check.ts";
import { unguardedModules } from "../../../core/setup/daemon-modules.ts";
import { matchesAny } from "../../../core/setup/pattern.ts";
import { currentDirectory } from "../../host/environment.ts";
import { machineFacts } from "../../host/facts.ts";
import { isShim } from "../../host/real-rsync.ts";
import { readLines } from "../../host/system-file.ts";
import { users } from "../../host/users.ts";
import { asFileError, checkOwner } from "../../store/approvals.ts";
import { ConfigError, readConfig } from "../../store/config-file.ts";
import { journalsOf, readJournals } from "../../store/journal-read.ts";
import { approvalsDirectory, configFiles, stateDirectory } from "../../store/paths.ts";
import { type Checks, firstOn, isOld, namesIn, valuesOf } from "./asking.ts";
import { clientsHere } from "./clients.ts";

/** The deepest directory at or above a path that there is. */
const nearest = (path: string): string => (existsSync(path) ? path : nearest(dirname(path)));

/** Older runs are history. */
const lookedBack = 30 * 86_400_000;

const mostNamed = 3;

export const fileChecks: Checks<
  "configuration" | "undo" | "clients" | "popt files" | "state" | "rsync daemon" | "other shims"
> = {
  configuration: ({ env }) => {
    const files = configFiles(env)
      .map(({ name }) => name)
      .filter((file) => existsSync(file));
    if (files.length === 0) return { is: "none" };
    try {
      const { protect, destinations } = readConfig(configFiles(env));
      const entries: readonly IdleEntry[] = [
        ...protect
          .filter((entry) => !existsSync(fsPath(entry.replace(/\/\*\*$/, "") || "/")))
          .map((entry) => ({ key: "protect" as const, pattern: textOf(entry) })),
        ...destinations
          .filter(({ path }) => path.startsWith("/") && !matchesAny(path, namesIn))
          .map(({ path }) => ({ key: "[[destination]]" as const, pattern: path })),
      ];
      return entries.length > 0 ? { is: "unmatched", files, entries } : { is: "fine", files };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { is: "broken", problem: error.message };
    }
  },

  undo: ({ env }) => {
    try {
      const { settings, destinations } = readConfig(configFiles(env));
      const [keepFor] = [settings, ...destinations]
        .map(({ undo }) => undo?.keepFor ?? null)
        .filter((one) => one !== null);
      if (keepFor !== undefined) return { is: "on", keepFor };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { is: "no-configuration" };
    }
    const { entries } = readJournals(journalsOf(env), Date.now() - lookedBack);
    const places = [...placesDeletedIn(entries)];
    return places.length > 0 ? { is: "missed", places: places.slice(-mostNamed) } : { is: "off" };
  },

  clients: ({ env }) => clientsHere(env),

  "popt files": ({ env }) => {
    const { HOME: home } = env;
    const { aliasFiles } = machineFacts({
      cwd: currentDirectory(),
      caller: process.pid,
      home: home === undefined ? home : bytesOf(home),
    });
    return aliasFiles.length > 0 ? { is: "aliases", files: aliasFiles.map(textOf) } : { is: "none" };
  },

  state: ({ env }) => {
    const directory = stateDirectory(env);
    const there = [approvalsDirectory(env), directory].filter((path) => existsSync(path));
    const written = there[0] ?? nearest(directory);
    try {
      for (const path of there) checkOwner(path);
      accessSync(written, constants.W_OK);
      return { is: there.length > 0 ? "fine" : "not-made", directory };
    } catch (error) {
      return { is: "unusable", problem: asFileError(error, written).problem };
    }
  },

  "rsync daemon": () => {
    const file = "/etc/rsyncd.conf";
    if (!existsSync(file)) return { is: "none", file };
    const modules = unguardedModules(readLines(file).map(textOf));
    return modules.length > 0 ? { is: "unguarded", file, modules } : { is: "guarded", file };
  },

  "other shims": (host) => {
    const shims = [...new Set(users().map(({ home }) => textOf(home)))]
      .flatMap((home) => [join(home, ".local/bin/rsync"), join(home, "bin/rsync")])
      // existsSync: no error where another user's home can't be looked into
      .filter((path) => path !== firstOn(host.env["PATH"] ?? "") && existsSync(path) && isShim(path));
    const broken = shims.filter((shim) => {
      const { program } = valuesOf(shim);
      return program !== "" && !existsSync(program);
    });
    if (broken.length > 0) return { is: "broken", shims: broken };
    const old = shims.filter((shim) => isOld(shim, host));
    if (old.length > 0) return { is: "old", shims: old };
    return shims.length > 0 ? { is: "fine", shims } : { is: "none" };
  },
};
