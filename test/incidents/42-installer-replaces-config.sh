#!/usr/bin/env bash
# an installer mirrored its own configuration over the one that the user had written
# Report: end-4/dots-hyprland#2133, 2025-10-06
. "${0%/*}/prelude.sh"

world() { put .config/quickshell 40 .qml && put home/.config/quickshell 25 .mine.qml && note home/.config/quickshell/f001.qml mine; }
fatal() { rsync "$@" -av --delete .config/quickshell/ home/.config/quickshell/; }
lost() { [ ! -e home/.config/quickshell/f001.mine.qml ]; }
healthy() { put .config/quickshell 40 .qml && mkdir -p home/.config && cp -a .config/quickshell home/.config/ && note .config/quickshell/f001.qml new && rm .config/quickshell/f002.qml; }
meant() { fatal "$@"; }
fine() { grep -q new home/.config/quickshell/f001.qml && [ ! -e home/.config/quickshell/f002.qml ]; }

replay
