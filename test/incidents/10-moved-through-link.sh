#!/usr/bin/env bash
# the source was a symlink to the target, with --remove-source-files
# Report: RsyncProject/rsync#190, 2021-05-20
. "${0%/*}/prelude.sh"

world() { put target_dir 25 && ln -s target_dir source_dir; }
fatal() { rsync "$@" -a --remove-source-files source_dir/ target_dir/; }
lost() { [ ! -e target_dir/f001 ]; }
healthy() { put source_dir 25 && mkdir target_dir; }
meant() { rsync "$@" -a --remove-source-files source_dir/ target_dir/; }
fine() { [ -e target_dir/f025 ]; }

replay
