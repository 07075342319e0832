#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# supervise.sh SUPERVISE: starts, restarts with growing delays, stops gently and then not, never runs two, keeps its log small.
set -euo pipefail

supervise=$1
dir=$(mktemp -d)
names=()
cleanup() {
	local name
	for name in "${names[@]}"; do "$supervise" stop --dir "$dir" --grace 1s "$name" || true; done
	rm -rf "$dir"
}
trap cleanup EXIT

failed=0
# check WHAT COMMAND...
check() {
	local what=$1
	shift
	if "$@"; then
		printf 'ok: %s\n' "$what"
	else
		printf 'FAILED: %s\n' "$what"
		failed=1
	fi
}

# within SECONDS COMMAND...: true as soon as COMMAND is.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

start() {
	names+=("$1")
	"$supervise" start --dir "$dir" "${@:2}"
}

program_of() { sed -n '2s/ .*//p' "$dir/$1.pid"; }
supervisor_of() { sed -n 1p "$dir/$1.pid"; }
alive() { [[ -e /proc/$1 && $(awk '/^State:/ { print $2 }' "/proc/$1/status") != Z ]]; }
gone() { ! alive "$1" 2>/dev/null; }
restarts_of() { sed -n 3p "$dir/$1.pid"; }
restarted() { [[ $(restarts_of "$1") -ge $2 && $(program_of "$1") -gt 0 ]]; }
logged() { grep -q "$2" "$dir/$1.log"; }

# --- start, status, stop
check 'status of nothing is 3' bash -c "'$supervise' status --dir '$dir' calm; [[ \$? -eq 3 ]]"
start calm calm -- /bin/sleep 1000 7</dev/null
pid=$(program_of calm)
check 'the program runs' alive "$pid"
check 'status is 0' "$supervise" status --dir "$dir" calm
check 'a second start changes nothing' bash -c "'$supervise' start --dir '$dir' calm -- /bin/sleep 1000 | grep -q 'runs already (pid $pid)'"
check 'it has no descriptors of ours' bash -c "[[ \$(ls /proc/$pid/fd | xargs) == '0 1 2' ]]"
check 'it has a small environment' bash -c "[[ \$(tr '\\0' '\\n' </proc/$pid/environ | sort | cut -d= -f1 | xargs) == 'LC_ALL PATH' ]]"
check 'stop ends it' "$supervise" stop --dir "$dir" calm
check 'it is gone' gone "$pid"
check 'a second stop is fine' "$supervise" stop --dir "$dir" calm
check 'a missing program is told' bash -c "'$supervise' start --dir '$dir' none -- /no/such/program 2>&1 | grep -q 'No such file'"
check 'a wrong name is refused' bash -c "! '$supervise' start --dir '$dir' ../x -- /bin/true 2>/dev/null"

check 'a time too long to wait for is refused' bash -c "'$supervise' start --dir '$dir' --grace 30d calm -- /bin/true 2>&1 | grep -q 'at most 24h'"
check 'a day is not' "$supervise" stop --dir "$dir" --grace 24h calm

# --- signals and output
start talk talk --env GREETING=hello -- /bin/sh -c 'trap "echo got hup" HUP; trap "echo got term; exit 0" TERM; echo "$GREETING"; echo err >&2; while :; do sleep 0.05; done'
check 'stdout and the given environment reach the log' within 5 logged talk '^hello$'
check 'stderr too' within 5 logged talk '^err$'
kill -HUP "$(supervisor_of talk)"
check 'SIGHUP is handed on' within 5 logged talk '^got hup$'
"$supervise" stop --dir "$dir" talk
check 'it was asked to end' logged talk '^got term$'

# --- restart, with growing delays
start crash crash --delay 40ms --delay-max 400ms --ran 5s -- /bin/sh -c 'exit 7'
check 'it is started again' within 10 logged crash 'starts again in [2-5][0-9][0-9] ms'
check 'and the reason is told' logged crash 'ended with status 7'
"$supervise" stop --dir "$dir" crash
waits=$(sed -n 's/.*starts again in \([0-9]*\) ms/\1/p' "$dir/crash.log")
check 'delays double from 40 ms and stay under 400 ms and a quarter' awk '
	BEGIN { want = 40 } { if ($1 < want * 0.74 || $1 > want * 1.26) bad = 1; want *= 2; if (want > 400) want = 400 } END { exit bad }' <<<"$waits"

start healthy healthy --delay 20ms --ran 100ms -- /bin/sleep 1000
for n in 1 2 3; do
	sleep 0.15
	kill -9 "$(program_of healthy)"
	check "kill -9 number $n is repaired" within 5 restarted healthy "$n"
done
check 'a program that ran long enough starts again at once' bash -c "! grep -q 'starts again in [0-9][0-9][0-9] ms' '$dir/healthy.log'"
"$supervise" stop --dir "$dir" healthy

# --- one that does not listen
start deaf deaf --grace 200ms -- /bin/sh -c 'trap "" TERM; while :; do sleep 0.05; done'
sleep 0.1
pid=$(program_of deaf)
check 'SIGKILL follows SIGTERM' "$supervise" stop --dir "$dir" --grace 200ms deaf
check 'the deaf one is gone' gone "$pid"

start polite polite --stop-signal INT -- /bin/sh -c 'trap "echo got int; exit 0" INT; while :; do sleep 0.05; done'
sleep 0.1
"$supervise" stop --dir "$dir" polite
check 'the stop signal can be another' logged polite '^got int$'

# --- the supervisor itself is killed
start orphan orphan --grace 10s -- /bin/sh -c 'trap "sleep 0.5; exit 0" TERM; while :; do sleep 0.05; done'
old=$(program_of orphan)
kill -9 "$(supervisor_of orphan)"
start orphan orphan --grace 10s -- /bin/sleep 1000
check 'the next one starts only when the old one is gone' gone "$old"
check 'and runs' alive "$(program_of orphan)"
"$supervise" stop --dir "$dir" orphan

# --- two at the same time
for _ in 1 2 3 4 5; do "$supervise" start --dir "$dir" race -- /bin/sleep 987 >/dev/null 2>&1 & done
names+=(race)
wait
check 'of five starts one runs' bash -c "[[ \$(grep -c 'runs as pid' '$dir/race.log') -eq 1 ]]"
"$supervise" stop --dir "$dir" race

# --- the log stays small
start chatty chatty --log-kib 16 -- /bin/sh -c 'i=0; while [ $i -lt 4000 ]; do echo "line $i of a program that talks too much"; i=$((i+1)); done; echo finished; exec sleep 1000'
check 'all output is taken' within 10 grep -qs finished "$dir/chatty.log" "$dir/chatty.log.1"
check 'two files of bounded size' bash -c "[[ \$(cat '$dir'/chatty.log* | wc -c) -le $((2 * 16384 + 2 * 65536)) && \$(ls '$dir' | grep -c '^chatty.log') -eq 2 ]]"
"$supervise" stop --dir "$dir" chatty

# --- another user
if [[ $EUID -eq 0 ]]; then
	start nobody nobody --user nobody -- /bin/sleep 1000
	check 'it runs as that user' bash -c "[[ \$(stat -c %U /proc/$(program_of nobody)) == nobody ]]"
	"$supervise" stop --dir "$dir" nobody
	check 'an unknown user is told' bash -c "'$supervise' start --dir '$dir' stranger --user no-such-user -- /bin/true 2>&1 | grep -q 'looking up its user'"
fi
exit "$failed"
