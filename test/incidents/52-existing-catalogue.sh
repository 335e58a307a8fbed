#!/usr/bin/env bash
# the destination of a new task was a directory in which others were already: they were deleted before the first file had been sent
# Report: rsyncOSX/RsyncOSX_archived#951, 2018-11-20
. "${0%/*}/prelude.sh"

world() { far && put Documents 30 && put far/home/dev/store/photos 40 && put far/home/dev/store/mail 40; }
fatal() { rsync "$@" --archive --verbose --compress --delete -e ssh --exclude=.DS_Store Documents/ user@nas:store/; }
lost() { [ ! -e far/home/dev/store/photos ]; }
healthy() { world && mkdir -p far/home/dev/store/Documents && cp -a Documents/. far/home/dev/store/Documents/ && rm Documents/f001; }
meant() { rsync "$@" --archive --verbose --compress --delete -e ssh --exclude=.DS_Store Documents/ user@nas:store/Documents/; }
fine() { [ -e far/home/dev/store/photos ] && [ ! -e far/home/dev/store/Documents/f001 ]; }

replay
