#!/bin/sh
# A deploy that people sign: plan here, approve anywhere, deploy there. Change the lines at the top.
#
#   deploy-by-plan.sh plan             writes plan.json and shows it
#   rsync-guard approve plan.json      each person, with their own ssh key; plan.json.sig goes along
#   deploy-by-plan.sh deploy           where build/, plan.json and plan.json.sig are now
set -eu
hosts=${HOSTS-"web1 web2 web3"}
path=${TARGET-/srv/app/}
options="-a --checksum --delete"

# shellcheck disable=SC2086 # words of their own
case ${1-} in
plan)
	first=${hosts%% *}
	exec rsync-guard plan -o plan.json --destinations "$(echo $hosts | tr ' ' ,)" -- $options build/ "$first:$path"
	;;
deploy)
	rsync-guard approvals import plan.json
	for host in $hosts; do
		rsync $options build/ "$host:$path"
	done
	;;
*)
	echo "usage: ${0##*/} plan | deploy" >&2
	exit 2
	;;
esac
