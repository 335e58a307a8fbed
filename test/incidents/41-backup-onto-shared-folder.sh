#!/usr/bin/env bash
# a new release of a plugin mirrored the system onto the chosen shared folder instead of a directory in it (noticed in time)
# Report: OpenMediaVault-Plugin-Developers/openmediavault-backup#7, 2016-08-08
. "${0%/*}/prelude.sh"

world() { put root/etc 30 && put share/photos 40 && put share/papers 30; }
fatal() { rsync "$@" -aAXx --delete --exclude=/dev/* --exclude=/proc/* --exclude=/sys/* root/ share/; }
lost() { [ ! -e share/photos ]; }
healthy() { put root/etc 30 && put share/photos 40 && mkdir share/omvbackup && cp -a root/. share/omvbackup/ && rm root/etc/f002; }
meant() { rsync "$@" -aAXx --delete --exclude=/dev/* --exclude=/proc/* --exclude=/sys/* root/ share/omvbackup/; }
fine() { [ ! -e share/omvbackup/etc/f002 ] && [ -e share/photos ]; }

replay
