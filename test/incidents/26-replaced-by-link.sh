#!/usr/bin/env bash
# the mirror daemon's list named a directory that had meanwhile become a symlink: its files were deleted on the target
# Report: lsyncd/lsyncd#290, 2014-09-30
. "${0%/*}/prelude.sh"

world() { far && put main/subdir1 30 && mkdir main/subdir2 && ln -s ../subdir1 main/subdir2/subdir1 && mkdir -p far/home/dev/main && cp -a main/. far/home/dev/main/ && mv main/subdir1 aside; }
fatal() { printf '%s\0' '/subdir1/***' /subdir2/subdir1 /subdir2/ / | rsync "$@" --bwlimit=50000 -r --delete --force --from0 --include-from=- '--exclude=*' main/ user@web2:main/; }
lost() { [ ! -e far/home/dev/main/subdir1/f001 ]; }
healthy() { far && put main/subdir1 30 && mkdir -p far/home/dev/main && cp -a main/. far/home/dev/main/ && rm main/subdir1/f002; }
meant() { printf '%s\0' /subdir1/f002 /subdir1/ / | rsync "$@" --bwlimit=50000 -r --delete --force --from0 --include-from=- '--exclude=*' main/ user@web2:main/; }
fine() { [ ! -e far/home/dev/main/subdir1/f002 ] && [ -e far/home/dev/main/subdir1/f003 ]; }

replay
