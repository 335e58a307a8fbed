#!/usr/bin/env bash
# "dst /" instead of "dst/"
# Report: RsyncProject/rsync#752, 2025-04-16
. "${0%/*}/prelude.sh"

world() { put src 12 && put dst 12; }
fatal() { ask "$@" -a --delete src dst /; }
lost() { [ "$rc" != 77 ]; }
healthy() { put src 12 && mkdir dst && cp -a src dst/ && rm src/f002; }
meant() { rsync "$@" -a --delete src dst/; }
fine() { [ ! -e dst/src/f002 ]; }

replay
