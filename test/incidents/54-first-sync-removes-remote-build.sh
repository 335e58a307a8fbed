#!/usr/bin/env bash
# a tool's first sync ignored the ignore file: what had been built on the remote side was deleted
# Report: psjay/codest#3, 2017-11-30
. "${0%/*}/prelude.sh"

world() { far && put proj/src 60 .py && printf 'bin/\n' >proj/.gitignore && mkdir -p far/home/dev/proj && cp -a proj/. far/home/dev/proj/ && put far/home/dev/proj/bin 30; }
fatal() { rsync "$@" -az --delete --exclude=.git/ proj/ dev@build1:proj/; }
lost() { [ ! -e far/home/dev/proj/bin ]; }
healthy() { world && rm proj/src/f002.py; }
meant() { rsync "$@" -az --delete --exclude=.git/ '--filter=:- .gitignore' proj/ dev@build1:proj/; }
fine() { [ -e far/home/dev/proj/bin ] && [ ! -e far/home/dev/proj/src/f002.py ]; }

replay
