#!/usr/bin/env bash
# the documented deployment "~/${DIR}" with an empty DIR mirrors the site onto the remote home
# Report: gohugoio/hugoDocs#1343, 2021-02-22
. "${0%/*}/prelude.sh"

world() { far && put public 20 .html && put far/home/dev/mail 30 && put far/home/dev/www 20 .html; }
# shellcheck disable=SC2086 # as the documentation has it
fatal() { local USER=dev HOST=web1 DIR=''; rsync "$@" -avz --delete public/ ${USER}@${HOST}:~/${DIR}; }
lost() { [ ! -e far/home/dev/mail ]; }
healthy() { world && rm public/f003.html; }
# shellcheck disable=SC2086
meant() { local USER=dev HOST=web1 DIR=www; rsync "$@" -avz --delete public/ ${USER}@${HOST}:~/${DIR}; }
fine() { [ ! -e far/home/dev/www/f003.html ] && [ -e far/home/dev/mail ]; }

replay
