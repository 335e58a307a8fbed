#!/usr/bin/env bash
# the backup directory lay in the mirrored directory and was not excluded: each run moved the earlier backups one level down
# Report: RsyncProject/rsync#332, 2022-06-22
. "${0%/*}/prelude.sh"

world() { put remote0 20 && mkdir local0 && cp -a remote0/. local0/ && note remote0/f001 new && put local0/BACKUP 6; }
fatal() { rsync "$@" -avHP --delete-after --backup-dir BACKUP '--exclude=/.ys/*' remote0/ local0/; }
lost() { [ ! -e local0/BACKUP/f001 ] || [ -e local0/BACKUP/BACKUP/f002 ]; }
healthy() { world && mv local0/BACKUP kept && rm remote0/f002; }
meant() { rsync "$@" -avHP --delete-after --backup-dir ../kept '--exclude=/.ys/*' remote0/ local0/; }
fine() { [ -e kept/f002 ] && grep -q new local0/f001; }

replay
