#!/usr/bin/env bash
# the same with an empty staging directory (found in a review)
# Report: urmasrehkalt/ilmajaam#26 (empty), 2026-09-13
. "${0%/*}/prelude.sh"

world() { mkdir staging www && note www/index.html && note www/app.js && note www/styles.css; }
fatal() { rsync "$@" -a --delete staging/ www/; }
lost() { [ ! -e www/app.js ]; }
healthy() { mkdir staging www && for x in index.html app.js styles.css; do note staging/$x new && note www/$x old 2024-01-01; done; }
meant() { rsync "$@" -a --delete staging/ www/; }
fine() { grep -q new www/app.js; }

replay
