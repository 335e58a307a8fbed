#!/usr/bin/env bash
# a deployment with --delete-after removed vendor and .env, which only the server has
# Report: SamKirkland/web-deploy#7, 2022-12-29
. "${0%/*}/prelude.sh"

world() { far && put repo/app 60 .php && put repo/public 20 && mkdir -p far/home/dev/core && cp -a repo/. far/home/dev/core/ && put far/home/dev/core/vendor/x 60 .php && put far/home/dev/core/vendor/y 60 .php && note far/home/dev/core/.env && put far/home/dev/core/public/uploads 10; }
fatal() { rsync "$@" -az --delete-after --human-readable '--exclude=.git*' --exclude=.git/ --exclude=README.md --exclude=.gitignore '--exclude=public/uploads/*' repo/ dev@web1:~/core/; }
lost() { [ ! -e far/home/dev/core/.env ]; }
healthy() { world && note repo/app/f001.php new && rm repo/app/f002.php; }
meant() { rsync "$@" -az --delete-after --human-readable '--exclude=.git*' --exclude=.git/ --exclude=README.md --exclude=.gitignore '--exclude=public/uploads/*' --exclude=vendor --exclude=.env repo/ dev@web1:~/core/; }
fine() { [ -e far/home/dev/core/.env ] && [ ! -e far/home/dev/core/app/f002.php ]; }

replay
