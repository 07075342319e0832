#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# command_line.sh CC_AGENT: what cc-agent says to a person.
set -euo pipefail

agent=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# says STATUS TEXT ARGUMENT...: the program ends so and says that, on either stream.
says() {
	local status=$1 text=$2 got=0 out
	shift 2
	out=$("$agent" "$@" 3</dev/null 2>&1) || got=$?
	[[ $got == "$status" ]] || { echo "'$*' ended with $got, not $status: $out" >&2; exit 1; }
	[[ $out == *"$text"* ]] || { echo "'$*' said: $out" >&2; exit 1; }
}

printf 'state_dir: %s/state\nlabels:\n  roof: "yes"\n' "$dir" >"$dir/good.yaml"
printf 'state_dir: %s/state\noffer_cpus: 2\n' "$dir" >"$dir/typo.yaml"
printf 'offer_memory: lots\n' >"$dir/share.yaml"

says 0 'join TOKEN' --help
says 0 'cc-agent 0.' --version
says 0 'the configuration is right' --check-config --config "$dir/good.yaml"
says 2 'offer_cpus' --check-config --config "$dir/typo.yaml"
says 2 "offer_memory: 'lots' is no share" --check-config --config "$dir/share.yaml"
says 0 'stop_grace' --example-config
says 0 'roof' --show-config --config "$dir/good.yaml"
says 2 'needs one token' join --config "$dir/good.yaml"
says 2 'needs one token' join a b --config "$dir/good.yaml"
says 2 'the token' join nonsense --config "$dir/good.yaml"
says 3 'has not joined' status --config "$dir/good.yaml"
says 2 'cc-agent-priv starts this' run --config "$dir/good.yaml"
says 2 'cc-agent-priv starts this' --config "$dir/good.yaml"
says 2 'dance' dance
says 2 '30m, 2h' pause --for
says 2 "'soon'" pause --for soon --config "$dir/good.yaml"
says 2 'less than a second' pause --for 0s --config "$dir/good.yaml"
says 2 'belong to pause' status --stop --config "$dir/good.yaml"
says 2 'followed by json' status -o xml --config "$dir/good.yaml"
says 2 'belong to pause' resume -o json --config "$dir/good.yaml"
printf 'offer_hours: [ "mon-fri 25:00-08:00" ]\n' >"$dir/hours.yaml"
says 2 "offer_hours: 'mon-fri 25:00-08:00' is no time of the week" --check-config --config "$dir/hours.yaml"
[[ ! -e $dir/state ]]
says 0 'the owner paused the node until 2' pause --for 2h --config "$dir/good.yaml"
says 0 'until further notice; what runs is stopped' pause --stop --config "$dir/good.yaml"
[[ -e $dir/state/owner/pause.json ]]
says 0 'the pause is over' resume --config "$dir/good.yaml"
says 0 'the pause is over' resume --config "$dir/good.yaml"
[[ ! -e $dir/state/owner/pause.json ]]

says 2 '--yes and -- to purge' status --yes --config "$dir/good.yaml"
says 2 '--yes and -- to purge' pause --config "$dir/good.yaml" -- --driver sim
says 2 'not understood' purge ada --config "$dir/good.yaml"
says 2 'give --yes to purge' purge --config "$dir/good.yaml" -- --driver sim --state-dir "$dir/node"
[[ -e $dir/state/owner ]]

# Before it has joined it waits, and ends with the half that started it.
python3 - "$agent" "$dir/good.yaml" <<-'END'
	import fcntl, os, socket, subprocess, sys, time
	pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	ours, theirs = (fcntl.fcntl(s.fileno(), fcntl.F_DUPFD_CLOEXEC, 10) for s in pair)
	for s in pair:
	    s.close()
	os.dup2(theirs, 3)
	agent = subprocess.Popen([sys.argv[1], "run", "--config", sys.argv[2]], pass_fds=[3], stderr=subprocess.PIPE, text=True)
	assert "not_joined" in agent.stderr.readline()
	time.sleep(0.3)
	assert agent.poll() is None
	os.close(theirs); os.close(3); os.close(ours)
	assert agent.wait(5) == 0
END
