#!/usr/bin/env bash
# several files of the same name into one directory: one arrived, without a word on the others
# Report: RsyncProject/rsync#625
. "${0%/*}/prelude.sh"

world() { mkdir all && note day1/notes.txt one && note day2/notes.txt two && note day3/notes.txt three; }
fatal() { rsync "$@" -a day1/notes.txt day2/notes.txt day3/notes.txt all/; }
lost() { [ -e all/notes.txt ] && [ "$(cat all/* | wc -l)" = 1 ]; }
healthy() { mkdir all && note day1/a.txt one && note day2/b.txt two && note day3/c.txt three; }
meant() { rsync "$@" -a day1/a.txt day2/b.txt day3/c.txt all/; }
fine() { [ "$(cat all/* | wc -l)" = 3 ]; }

replay
