#!/usr/bin/env bash
# Replays an accident. An incident's file sources this, defines six functions, and calls `replay`:
#
#   NN-….sh [v1|v2|twin]   in an empty directory in the cage, with the shim and rsync-guard in the first directory of PATH
#     v1    as it happened
#     v2    the same, with a dry run made right before in the same broken state
#     twin  the ordinary run that was meant, in a healthy world: a dry run, then live
#
#   world, fatal, lost     makes what was there; runs rsync with "$@" before its options; whether data is lost
#   healthy, meant, fine   the same for the twin; whether the run did what it should
#
# Exit code: 0 if the loss was prevented (twin: if the run passed), else 1.
set -u
mode=${1:-v1} rc=0 codes='' here=$PWD
mkdir -p .log .bin
PATH=${PATH%%:*}:$here/.bin:${PATH#*:}

# put DIRECTORY COUNT [SUFFIX]: files, each with a name, a content and a time of its own
put() {
	mkdir -p "$1"
	local i
	for ((i = 1; i <= $2; i++)); do
		printf '%s %03d\n' "$1" "$i" >"$1/f$(printf %03d "$i")${3-}"
		touch -d "2024-01-01 00:00:00 UTC +$i hour" "$1/f$(printf %03d "$i")${3-}"
	done
}

# note FILE [CONTENT [TIME]]
note() {
	mkdir -p "$(dirname "$1")"
	printf '%s\n' "${2-$1}" >"$1"
	touch -d "${3-2024-02-01}" "$1"
}

# the far host is the folder far: a stand-in for ssh runs there what it is given, with absolute paths below it
far() {
	mkdir -p far/home/dev
	cat >.bin/ssh <<-'EOF'
		#!/bin/bash
		root=${0%/.bin/ssh}/far
		while [[ ${1-} == -* ]]; do
			case $1 in -[46AaCfGgKkMNnqTtVvXxYy]) shift ;; -?) shift 2 ;; *) shift ;; esac
		done
		shift
		words=$*
		if [[ $words == *' . '* ]]; then
			end=${words#* . } words="${words%% . *} ."
			for word in $end; do
				case $word in /*) word=$root$word ;; esac
				words+=" $word"
			done
		fi
		export HOME=$root/home/dev PATH=/usr/bin:/bin
		cd "$HOME" && exec sh -c "$words"
	EOF
	chmod +x .bin/ssh
}

# daemon MODULE DIRECTORY: an rsync daemon with one module, on a free port; ends with the script
daemon() {
	port=$((20000 + RANDOM % 20000))
	printf 'use chroot = no\nread only = yes\n[%s]\npath = %s\n' "$1" "$here/$2" >.log/rsyncd.conf
	/usr/bin/rsync --daemon --no-detach --address=127.0.0.1 --port="$port" --config=.log/rsyncd.conf >/dev/null 2>&1 &
	# shellcheck disable=SC2064 # the daemon's own pid, not that of a later child
	trap "kill $! 2>/dev/null" EXIT
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		(: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
		sleep 0.2
	done
}

# asks about a command that names the system's own directories, and runs nothing; what only lacks a dry run counts in v1
ask() {
	local found
	found=$(rsync-guard explain --json -- "$@" | tee "$here/.log/json" | grep -o '"code":"[^"]*"' | cut -d'"' -f4)
	[ "$mode" = v1 ] || found=$(grep -Ev '^(no-dry-run|stale-dry-run|other-session|changed-since-dry-run)$' <<<"$found")
	grep -q '"verdict":"refuse"' "$here/.log/json" && [ -n "$found" ] || return 0
	echo "  codes: ${found//$'\n'/, }" >&2
	return 77
}

try() {
	local what=$1
	shift
	"$@" >"$here/.log/out" 2>"$here/.log/err" </dev/null
	rc=$?
	codes=$(sed -n 's/^ *codes: //p' "$here/.log/err" | sed 's/   (.*//' | paste -sd';')
	case $rc in
	77 | 78) echo "$what: refused ($rc): $codes" ;;
	*) echo "$what: ran, exit code $rc" ;;
	esac
	sed -n 's/^rsync-guard: the live run would /  told: would /p' "$here/.log/err"
}

replay() {
	case $mode in
	v1) world && try live fatal ;;
	v2) world && try 'dry run' fatal -n && try live fatal ;;
	twin) healthy && try 'dry run' meant -n && try live meant ;;
	esac
	cd "$here" || exit
	if [ "$mode" = twin ]; then
		case $rc in 77 | 78) echo "ordinary run: REFUSED" && exit 1 ;; esac
		fine || { echo "ordinary run: did not do what it should" && exit 1; }
		echo "ordinary run: passed"
	elif lost; then
		echo "loss: YES" && exit 1
	else
		echo "loss: no"
	fi
}
