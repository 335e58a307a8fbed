#!/usr/bin/env bash
# one directory was restored to / with --relative: the modes of / and /home came with it
# Report: bit-team/backintime#708, 2017-02-21
. "${0%/*}/prelude.sh"

world() { put backup/home/ann/Test 5 && chmod 700 backup backup/home; }
fatal() { ask "$@" -rtDH --links -pEgo -R -v backup/./home/ann/Test /; }
lost() { [ "$rc" != 77 ]; }
healthy() { put backup/home/ann/Test 5 && put home/ann/Test 5 && note home/ann/Test/f001 broken 2024-03-01; }
meant() { rsync "$@" -rtDH --links -pEgo -v backup/home/ann/Test/ home/ann/Test/; }
fine() { ! grep -q broken home/ann/Test/f001; }

replay
