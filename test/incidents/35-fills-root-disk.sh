#!/usr/bin/env bash
# the stick wasn't mounted: the backup went to the mount point's directory and filled the system's disk
# Report: lzkelley/bkup_rpimage#15, 2019-08-31
. "${0%/*}/prelude.sh"

world() { put root/etc 40 && mkdir -p media/stick; }
fatal() { rsync "$@" -aEv --del --stats --exclude=/mnt root/ media/stick/; }
lost() { [ -e media/stick/etc/f001 ]; }
healthy() { put root/etc 40 && mkdir -p media/stick && cp -a root/. media/stick/ && note root/etc/f002 new; }
meant() { fatal "$@"; }
fine() { grep -q new media/stick/etc/f002; }

replay
