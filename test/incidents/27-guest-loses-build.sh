#!/usr/bin/env bash
# a hard-coded --delete removed all that had been built in the guest
# Report: hashicorp/vagrant#3070, 2014-03-06
. "${0%/*}/prelude.sh"

world() { far && put project/src 60 .java && mkdir -p far/vagrant && cp -a project/. far/vagrant/ && put far/vagrant/target/classes 45 .class; }
fatal() { rsync "$@" --verbose --archive --delete -z --exclude .vagrant/ project/ vagrant@127.0.0.1:/vagrant; }
lost() { [ ! -e far/vagrant/target ]; }
healthy() { world && rm project/src/f001.java; }
meant() { rsync "$@" --verbose --archive --delete -z --exclude .vagrant/ --exclude /target/ project/ vagrant@127.0.0.1:/vagrant; }
fine() { [ -e far/vagrant/target ] && [ ! -e far/vagrant/src/f001.java ]; }

replay
