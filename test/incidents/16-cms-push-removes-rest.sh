#!/usr/bin/env bash
# an update of a CMS's core removed all other files of the customer from the document root
# Report: welaika/wordmove#271, 2016-02-19
. "${0%/*}/prelude.sh"

world() { far && put wp/wp-admin 30 .php && put wp/wp-includes 40 .php && note wp/index.php && mkdir -p far/var/www/html && cp -a wp/. far/var/www/html/ && put far/var/www/html/shop 25 && put far/var/www/html/newsletter 12 && note far/var/www/html/.htaccess; }
fatal() { rsync "$@" --progress -rlpt --compress --omit-dir-times --delete --exclude .git/ --exclude node_modules/ --exclude 'tmp/*' --exclude wp-config.php --exclude 'wp-content/*' wp/ dev@web1:/var/www/html/; }
lost() { [ ! -e far/var/www/html/shop ]; }
healthy() { far && put wp/wp-admin 30 .php && put wp/wp-includes 40 .php && mkdir -p far/var/www/customer && cp -a wp/. far/var/www/customer/ && put far/var/www/customer/wp-content/uploads 30 && note wp/wp-admin/f001.php new && rm wp/wp-admin/f002.php; }
meant() { rsync "$@" --progress -rlpt --compress --omit-dir-times --delete --exclude .git/ --exclude node_modules/ --exclude 'tmp/*' --exclude wp-config.php --exclude 'wp-content/*' wp/ dev@web1:/var/www/customer/; }
fine() { [ ! -e far/var/www/customer/wp-admin/f002.php ] && [ -e far/var/www/customer/wp-content/uploads/f001 ]; }

replay
