#!/usr/bin/env bash
# the image could not be mounted at /mnt, and the script mirrored / there: two disks mounted below were wiped
# Report: nanhantianyi/rpi-backup#15, 2023-07-10
. "${0%/*}/prelude.sh"

world() { :; }
fatal() { ask "$@" -aP --force --delete --stats --exclude=/dev/* --exclude=/proc/* --exclude=/sys/* --exclude=/mnt/* --exclude=/run/* / /mnt/; }
lost() { [ "$rc" != 77 ]; }
healthy() { put root/etc 40 && put root/usr 40 && mkdir -p img && cp -a root/. img/ && note root/etc/f001 new; }
meant() { rsync "$@" -aP --force --delete --stats --exclude=/dev/* --exclude=/proc/* --exclude=/sys/* --exclude=/mnt/* --exclude=/run/* root/ img/; }
fine() { grep -q new img/etc/f001; }

replay
