#!/usr/bin/env bash
# an upgrade hid /home from the daemon: the nightly pull of an empty module emptied the backup
# Report: RsyncProject/rsync#46, 2020-07-01
. "${0%/*}/prelude.sh"

world() { mkdir homes && daemon home homes && put snap/alpha.0/web1/ann 30 && put snap/alpha.0/web1/bob 30; }
fatal() { rsync "$@" -a --delete --numeric-ids --relative --delete-excluded "rsync://127.0.0.1:$port/home/" snap/alpha.0/web1/; }
lost() { [ ! -e snap/alpha.0/web1/ann/f001 ]; }
healthy() { put homes/ann 30 && put homes/bob 30 && daemon home homes && mkdir -p snap/alpha.0/web1 && cp -a homes/. snap/alpha.0/web1/ && rm homes/bob/f007; }
meant() { rsync "$@" -a --delete --numeric-ids --relative --delete-excluded "rsync://127.0.0.1:$port/home/" snap/alpha.0/web1/; }
fine() { [ ! -e snap/alpha.0/web1/bob/f007 ]; }

replay
