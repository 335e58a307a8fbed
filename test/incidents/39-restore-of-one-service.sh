#!/usr/bin/env bash
# one service's backup was restored with --delete onto the directory of all services' data
# Report: Osmantic/ODS#2304 (restore), 2026-07-31
. "${0%/*}/prelude.sh"

world() { put backup/data/webui 20 && put live/data/webui 20 && put live/data/n8n 30 && put live/data/qdrant 30; }
fatal() { rsync "$@" -a --delete --info=progress2 backup/data/ live/data/; }
lost() { [ ! -e live/data/n8n ]; }
healthy() { world && note live/data/webui/f001 broken && note live/data/webui/x; }
meant() { rsync "$@" -a --delete --info=progress2 backup/data/webui/ live/data/webui/; }
fine() { [ -e live/data/n8n ] && ! grep -q broken live/data/webui/f001; }

replay
