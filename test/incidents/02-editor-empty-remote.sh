#!/usr/bin/env bash
# an editor's sync with an empty remote setting mirrored a project onto /
# Report: thisboyiscrazy/vscode-rsync#97, 2019-08-15
. "${0%/*}/prelude.sh"

world() { put myproject 12 .c && far; }
fatal() { ask "$@" -rlptzv --progress --delete --exclude=.git --exclude=.vscode --exclude=target myproject/ /; }
lost() { [ "$rc" != 77 ]; }
healthy() { far && put myproject 12 .c && mkdir -p far/home/dev && cp -a myproject far/home/dev/ && note myproject/f003.c changed; }
meant() { rsync "$@" -rlptzv --progress --delete --exclude=.git --exclude=.vscode --exclude=target myproject/ dev@build1:myproject/; }
fine() { grep -q changed far/home/dev/myproject/f003.c; }

replay
