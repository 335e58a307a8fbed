#!/usr/bin/env bash
# a workflow's path was not set, so that its mirror with --delete would go to the home of the account (found in a review)
# Report: NYUCCL/smile PR#252, 2025-12-16
. "${0%/*}/prelude.sh"

world() { far && put dist 20 .html && put far/home/dev/study1 30 && put far/home/dev/study2 30; }
fatal() { local EXP_USER=dev EXP_HOST=web1 EXP_PATH=''; rsync "$@" -azvr --delete dist/ "$EXP_USER@$EXP_HOST:$EXP_PATH"; }
lost() { [ ! -e far/home/dev/study1 ]; }
healthy() { world && mkdir -p far/home/dev/study3 && cp -a dist/. far/home/dev/study3/ && rm dist/f002.html; }
meant() { local EXP_USER=dev EXP_HOST=web1 EXP_PATH=study3; rsync "$@" -azvr --delete dist/ "$EXP_USER@$EXP_HOST:$EXP_PATH"; }
fine() { [ ! -e far/home/dev/study3/f002.html ] && [ -e far/home/dev/study1 ]; }

replay
