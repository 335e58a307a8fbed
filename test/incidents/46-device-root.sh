#!/usr/bin/env bash
# a deployment tool mirrored a directory onto / of a device with --delete
# Report: anthropics/claude-code#44641, 2026-04-07
. "${0%/*}/prelude.sh"

world() { far && put deploy/opt/app 12 && put far/etc 20 && put far/usr/bin 30; }
fatal() { rsync "$@" -avz --delete deploy/ root@robot:/; }
lost() { [ ! -e far/etc ]; }
healthy() { far && put deploy/opt/app 12 && mkdir -p far/opt && cp -a deploy/opt/app far/opt/ && rm deploy/opt/app/f002; }
meant() { rsync "$@" -avz --delete deploy/opt/app/ root@robot:/opt/app/; }
fine() { [ ! -e far/opt/app/f002 ]; }

replay
