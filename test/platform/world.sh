#!/bin/sh
# world.sh: makes the files that questions.ts asks about, in the current directory.
set -eu
umask 022
mkdir dir dir/sub full shut deep deep/x deep/x/y
printf 'abc\nd\303\251f\377' >file
: >empty
head -c 200000 /dev/zero >big
: >dir/a
printf b >dir/b
printf r >"$(printf 'dir/raw\351')"
seq 900 | while read -r number; do : >"full/entry$number"; done
printf x >shut/inside
printf secret >secret
printf x >unwritable
ln -s file link
ln -s dir dirlink
ln -s loop loop
ln -s loop2 loop1
ln -s loop1 loop2
ln -s gone-for-good dangling
ln -s link chain
mkfifo fifo
# shellcheck disable=SC2016 # the script's own
printf '#!/bin/sh\necho "script $1"\n' >script
chmod 755 script
printf 'echo plain\n' >plain
printf z >deep/x/y/z
for name in 'ünïcode' '日本語' '🙂' 'a
b' ' ' 'a\b' "$(printf 'raw\377')" "$(printf 'raw\303')" "$(printf '\355\240\200')"; do
	printf n >"$name"
done
printf g >gone
find . -mindepth 1 ! -type l ! -type p -exec touch -d '2001-02-03 04:05:06.123456789 UTC' {} +
touch -d '1960-01-01 00:00:00.5 UTC' empty
chmod 400 unwritable
chmod 000 secret shut
