#!/usr/bin/env bash
# a restart of the mirror daemon deleted all that had been made on the target
# Report: lsyncd/lsyncd#177, 2012-12-12
. "${0%/*}/prelude.sh"

world() { far && put test 30 && mkdir -p far/var/www/test && cp -a test/. far/var/www/test/ && put far/var/www/test/made/there 60; }
fatal() { rsync "$@" --delete --ignore-errors -avz -r test/ root@web2:/var/www/test/; }
lost() { [ ! -e far/var/www/test/made ]; }
healthy() { far && put test 30 && mkdir -p far/var/www/test && cp -a test/. far/var/www/test/ && rm test/f003 && note test/f004 new; }
meant() { fatal "$@"; }
fine() { [ ! -e far/var/www/test/f003 ]; }

replay
