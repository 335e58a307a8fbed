#!/usr/bin/env bash
# a mirror of the root file system into a backup directory removed that backup's own partition data and log
# Report: framps/raspiBackup#163, 2019-09-03
. "${0%/*}/prelude.sh"

world() { put root/etc 40 && put root/usr 60 && mkdir -p backup/host && cp -a root/. backup/host/ && note backup/host/host-backup.img && note backup/host/host-backup.mbr && note backup/host/host-backup.sfdisk && note backup/host/host-backup.log; }
fatal() { rsync "$@" --delete -aHx --numeric-ids --exclude=/proc/* --exclude=/sys/* --exclude=/dev/* --exclude=/tmp/* root/ backup/host; }
lost() { [ ! -e backup/host/host-backup.mbr ]; }
healthy() { world && note root/etc/f001 new && rm root/etc/f002; }
meant() { rsync "$@" --delete -aHx --numeric-ids --exclude=/proc/* --exclude=/sys/* --exclude=/dev/* --exclude=/tmp/* '--exclude=/host-backup.*' root/ backup/host; }
fine() { [ -e backup/host/host-backup.mbr ] && [ ! -e backup/host/etc/f002 ]; }

replay
