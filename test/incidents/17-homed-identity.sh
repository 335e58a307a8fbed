#!/usr/bin/env bash
# the documented command to fill a new kind of home deleted the .identity in it
# Report: systemd/systemd PR#15723, 2020-05-06
. "${0%/*}/prelude.sh"

world() { put saved 20; }
fatal() { ask "$@" -aHAX --delete --remove-source-files saved/ /root/; }
lost() { [ "$rc" != 77 ]; }
healthy() { put saved 20 && note newhome/.identity; }
meant() { rsync "$@" -aH --remove-source-files saved/ newhome/; }
fine() { [ -e newhome/.identity ] && [ -e newhome/f020 ]; }

replay
