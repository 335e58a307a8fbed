#!/usr/bin/env bash
# a deployment with --delete replaced what the agent had written on the server by the laptop's older copy, and deleted the rest
# Report: openonion/connectonion#911, 2026-08-12
. "${0%/*}/prelude.sh"

world() { far && put agent/src 40 .py && put agent/work 12 .json && mkdir -p far/home/dev/agent && cp -a agent/. far/home/dev/agent/ && put far/home/dev/agent/work/today 10 && for i in 1 2 3 4 5 6; do note far/home/dev/agent/work/f00$i.json "fresh result $i" 2024-06-01; done && note agent/src/f001.py new; }
fatal() { rsync "$@" -az --delete --exclude=.git --exclude=.env --exclude=.venv --exclude=__pycache__ agent/ dev@web1:agent/; }
lost() { [ ! -e far/home/dev/agent/work/today ]; }
healthy() { world && rm agent/src/f002.py; }
meant() { rsync "$@" -az --delete --exclude=.git --exclude=.env --exclude=.venv --exclude=__pycache__ --exclude=/work agent/ dev@web1:agent/; }
fine() { [ -e far/home/dev/agent/work/today ] && [ ! -e far/home/dev/agent/src/f002.py ]; }

replay
