#!/usr/bin/env bash
# the target lay in the source, and the exclude of it didn't match: the backup was copied into itself
# Report: MichaIng/DietPi PR#2366, 2018-12-23
. "${0%/*}/prelude.sh"

world() { put home/.config 6 && put home/.ssh 3 && mkdir home/backup && cp -a home/.config home/.ssh home/backup/; }
fatal() { rsync "$@" -av --delete --delete-excluded --exclude="$here/home/backup" "$here/home/" "$here/home/backup/"; }
lost() { [ -e home/backup/backup ]; }
healthy() { world && rm home/.config/f002; }
meant() { rsync "$@" -av --delete --exclude=/backup "$here/home/" "$here/home/backup/"; }
fine() { [ ! -e home/backup/.config/f002 ] && [ ! -e home/backup/backup ]; }

replay
