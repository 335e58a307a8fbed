#!/usr/bin/env bash
# old logs, kept on disk only, were deleted by the mirror of the logs in RAM
# Report: azlux/log2ram#157, 2021-05-11
. "${0%/*}/prelude.sh"

world() { put ram/log 12 && mkdir -p hdd/log && cp -a ram/log/. hdd/log/ && put hdd/log/journal 25 .old; }
fatal() { rsync "$@" -aXv --inplace --no-whole-file --delete-after ram/log/ hdd/log/; }
lost() { [ ! -e hdd/log/journal ]; }
healthy() { world && note ram/log/f001 newer; }
meant() { rsync "$@" -aXv --inplace --no-whole-file ram/log/ hdd/log/; }
fine() { [ -e hdd/log/journal ] && grep -q newer hdd/log/f001; }

replay
