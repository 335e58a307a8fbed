#!/usr/bin/env bash
# a slip in the history expansion made source and destination the same directory, with --remove-source-files
# Report: RsyncProject/rsync#359, 2022-08-17
. "${0%/*}/prelude.sh"

world() { put photos 30; }
fatal() { local dir=photos; rsync "$@" -va --progress --remove-source-files "$dir/" "$dir/"; }
lost() { [ ! -e photos/f001 ]; }
healthy() { put photos 30 && mkdir -p nas/photos; }
meant() { rsync "$@" -va --progress --remove-source-files photos/ nas/photos/; }
fine() { [ -e nas/photos/f030 ] && [ ! -e photos/f030 ]; }

replay
