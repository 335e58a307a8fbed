#!/usr/bin/env bash
# a deployment tool's dry run ran rsync all the same, with deploy_to set to the directory of all sites
# Report: vigetlabs/capistrano_rsync_with_remote_cache#19, 2012-07-18
. "${0%/*}/prelude.sh"

world() { far && put .rsync_cache 30 .rb && put far/var/www/site1 30 && put far/var/www/site2 30; }
fatal() { rsync "$@" -az --delete .rsync_cache/ deploy@web1:/var/www; }
lost() { [ ! -e far/var/www/site1 ]; }
healthy() { far && put .rsync_cache 30 .rb && mkdir -p far/var/www/site1/shared && cp -a .rsync_cache far/var/www/site1/shared/cached-copy && rm .rsync_cache/f002.rb; }
meant() { rsync "$@" -az --delete .rsync_cache/ deploy@web1:/var/www/site1/shared/cached-copy; }
fine() { [ ! -e far/var/www/site1/shared/cached-copy/f002.rb ]; }

replay
