#!/usr/bin/env bash
# the site's source got an .htaccess in each directory of generated documentation: from then on the mirror emptied them of all else
# Report: Cantera/cantera-website PR#275, 2025-08-14
. "${0%/*}/prelude.sh"

world() { far && local v; put out 60 .html && for v in 2.5 2.6 3.0; do note out/documentation/$v/.htaccess; done && mkdir -p far/home/dev/www && cp -a out/. far/home/dev/www/ && for v in 2.5 2.6 3.0; do put far/home/dev/www/documentation/$v 12 .doc.html; done; }
fatal() { rsync "$@" -rltz --checksum --delete '--filter=P .*/' '--filter=P /dev/*' out/ dev@web1:www; }
lost() { [ ! -e far/home/dev/www/documentation/3.0/f001.doc.html ]; }
healthy() { world && note out/f001.html new && rm out/f002.html; }
meant() { rsync "$@" -rltz --checksum --delete '--filter=P .*/' '--filter=P /documentation/*/*' out/ dev@web1:www; }
fine() { [ -e far/home/dev/www/documentation/3.0/f001.doc.html ] && [ ! -e far/home/dev/www/f002.html ]; }

replay
