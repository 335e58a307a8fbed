#!/usr/bin/env bash
# a container's start mirrored the program with --delete-after onto a directory that held the uploads, on a volume
# Report: ushahidi/platform-release PR#55, 2024-01-23
. "${0%/*}/prelude.sh"

world() { put dist/app 50 .php && put dist/public 30 && mkdir -p www && cp -a dist/. www/ && put www/storage/app/public 30 .jpg; }
fatal() { rsync "$@" -ar --delete-after dist/ www/; }
lost() { [ ! -e www/storage/app/public/f001.jpg ]; }
healthy() { world && note dist/app/f001.php new && rm dist/app/f002.php; }
meant() { rsync "$@" -ar --delete-after --exclude=/storage dist/ www/; }
fine() { [ -e www/storage/app/public/f001.jpg ] && [ ! -e www/app/f002.php ]; }

replay
