#!/usr/bin/env bash
# an empty line of options became an empty operand, and the backed-up host the destination
# Report: ungleich/ccollect PR#8
. "${0%/*}/prelude.sh"

world() { far && put far/root/src 30 && mkdir cron && note cron/tab && note ex; }
fatal() { (cd cron && rsync "$@" --delete --numeric-ids --relative --delete-excluded --sparse --exclude-from=../ex --stats -a -e ssh '' root@node2:/root/src); }
lost() { [ ! -e far/root/src/f001 ]; }
healthy() { far && put far/home/dev/src 30 && note ex && mkdir -p backup/daily.0 && cp -a far/home/dev/src backup/daily.0/ && rm far/home/dev/src/f002; }
meant() { rsync "$@" --delete --numeric-ids --relative --delete-excluded --sparse --exclude-from=ex --stats -a -e ssh root@node2:src backup/daily.0; }
fine() { [ ! -e backup/daily.0/src/f002 ] && [ -e backup/daily.0/src/f001 ]; }

replay
