#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# deploy/quickstart as a person would use it: makes a zone, a second run changes nothing, what was killed comes back, --down leaves nothing behind.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
quickstart=$top/deploy/quickstart
tmp=$(mktemp -d)
chmod 755 "$tmp"
state=$tmp/zone
failed=0

cleanup() {
	"$quickstart" --down --state "$state" >"$tmp/cleanup.log" 2>&1 || {
		cat "$tmp/cleanup.log"
		echo "left: $tmp"
		exit 1
	}
	rm -rf "$tmp"
}
trap cleanup EXIT

# check WHAT COMMAND...
check() {
	if "${@:2}" >"$tmp/check.out" 2>&1; then
		printf 'ok: %s\n' "$1"
	else
		printf 'FAILED: %s\n' "$1"
		sed 's/^/  | /' "$tmp/check.out"
		failed=1
	fi
}

# refuses WORDS ARGUMENT...: quickstart ends with an error that says WORDS.
refuses() {
	local out
	if out=$("$quickstart" "${@:2}" 2>&1) || [[ $out != *"$1"* ]]; then
		printf 'FAILED: quickstart %s should be refused with "%s", but: %s\n' "${*:2}" "$1" "$out"
		failed=1
	else
		printf 'ok: refused: %s\n' "$1"
	fi
}

# within SECONDS COMMAND...
within() {
	local end=$((SECONDS + $1))
	until "${@:2}" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.2
	done
}

ctl() { "$state/bin/ccctl" --socket "$state/controller/controller.sock" "$@"; }
fact() { sed -n "s/^$1=//p" "$state/facts"; }
pid_of() { sed -n '2s/ .*//p' "$state/run/$1.pid"; }
node_is_ready() { ctl node show "$(fact node)" -o yaml | grep -qx 'state: ready'; }
is_running() { [[ $(ctl show "$1" -o yaml | sed -n 's/^state: //p') == running ]]; }

# What a zone could leave on the machine outside its folder. Bridges of other tests, perhaps of another checkout, are named cce* and cctp*; what is plugged into
# them is no concern of ours either.
traces() {
	{
		ip -o link | grep -vE ' master (cce|cctp)[0-9]' | awk '{ sub(/[@:].*/, "", $2); print "link", $2 }'
		ip -4 route | sed 's/^/route /'
		nft list tables | sed 's/^/nft /'
		find /sys/fs/cgroup -type d -path '*communitycloud*' ! -path '*communitycloud-e2e*' -printf 'cgroup %p\n'
		awk '{ print "mount", $5 }' /proc/self/mountinfo
		cut -d: -f1 /etc/passwd /etc/group | sed 's/^/user /'
		find /run /tmp /var/lib /etc -maxdepth 1 -name '*communitycloud*' -printf 'file %p\n'
		sed 's/^/ip_forward /' /proc/sys/net/ipv4/ip_forward
	} | grep -vE '\b(cc_)?(cce|cctp)[0-9]|/tmp/cc-' || true
}

# Packages stay, but none may have gone.
packages() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' | grep '^installed ' | sort -u; }
no_package_gone() { [[ -z $(comm -23 "$tmp/packages" <(packages)) ]]; }

# What a second run must not touch: everything but logs and what PostgreSQL does by itself.
contents() {
	find "$state" \( -path "$state/pg/data" -o -name '*.log' \) -prune -o -type f -printf '%p %s %T@ %m %u\n' | grep -vE '/(upper|work|rootfs)/' | sort
	for daemon in postgres cc-controller cc-agent; do pid_of "$daemon"; done
	ctl list -o json
	ctl image list -o json
}

# all_gone PID...
all_gone() {
	local pid
	for pid; do
		[[ ! -e /proc/$pid/exe ]] || return 1
	done
}

same_traces() { diff "$tmp/before" <(traces | sort -u); }
# Not by the status of find, which cannot read every process.
no_process() { [[ -z $(find /proc/[0-9]*/{exe,cwd} -maxdepth 0 -lname "$state/*" -print 2>/dev/null) ]]; }

traces | sort -u >"$tmp/before"
packages >"$tmp/packages"

# --- bad input
refuses 'is not an option' --frobnicate
refuses 'needs a value' --state
refuses 'characters other than' --state "$tmp/two words"
refuses 'not made by quickstart' --state "$top"
mkdir "$tmp/theirs"
printf 'network=0\n' >"$tmp/theirs/facts"
refuses 'not made by quickstart' --state "$tmp/theirs"
refuses 'not made by quickstart' --down --state "$tmp/theirs"
check 'and it is not touched' test "$(find "$tmp/theirs" -printf '%P ')" = ' facts '
mkdir "$tmp/nobodys"
chown nobody "$tmp/nobodys"
refuses 'belongs to user nobody' --state "$tmp/nobodys"
refuses 'too long' --state "$tmp/$(printf 'x%.0s' {1..80})"
refuses 'is not ADDRESS:PORT' --listen somewhere --state "$state"
check 'not for ordinary users' bash -c "! setpriv --reuid nobody --clear-groups '$quickstart' --state '$state' && ! ls -A '$state'"
check 'nothing to take down is fine' "$quickstart" --down --state "$state"

# --- up
start=$SECONDS
"$quickstart" --state "$state" >"$tmp/first" 2>&1 || {
	cat "$tmp/first"
	exit 1
}
printf 'first run: %d s\n' $((SECONDS - start))
check 'it shows uname from inside' grep -q '^Linux hello ' "$tmp/first"
check 'it lists the container as running' grep -qE 'hello .*running' "$tmp/first"
check 'it says what to type next' grep -q 'ccctl create web' "$tmp/first"
check 'the controller has a user of its own' test "$(stat -c %U "/proc/$(pid_of cc-controller)")" = cc-controller
check 'PostgreSQL has its own durability' bash -c "! grep -qE '^(fsync|synchronous_commit|full_page_writes)' '$state/pg/data/postgresql.conf'"
check 'PostgreSQL listens on no network' bash -c "! ss -Hltnp | grep -F 'pid=$(pid_of postgres),'"
refuses 'is taken' --state "$tmp/other" --listen "$(fact listen)"
check 'it has chosen another network' test "$(sed -n 's/^subnet=//p' "$tmp/other/facts")" != "$(fact subnet)"
check 'and leaves nothing running' "$quickstart" --down --state "$tmp/other"
check 'the users stay for the zone that runs' id cc-controller cc-agent

# --- again
contents >"$tmp/contents"
start=$SECONDS
check 'a second run succeeds' "$quickstart" --state "$state"
printf 'second run: %d s\n' $((SECONDS - start))
check 'it takes seconds' test $((SECONDS - start)) -le 10
check 'it changes nothing' diff "$tmp/contents" <(contents)

# --- another address
check 'a run with another address' "$quickstart" --state "$state" --listen "127.0.0.2:$(sed -n 's/^listen=.*://p' "$state/facts")"
check 'takes the node along' within 60 node_is_ready
check 'the container runs on' is_running hello

# --- what dies comes back
for daemon in postgres cc-controller cc-agent; do kill -9 "$(pid_of "$daemon")"; done
check 'the controller comes back by itself' within 60 ctl status
check 'hello runs on' within 60 is_running hello
mapfile -t programs < <(sed -s -n '2s/ .*//p' "$state"/run/*.pid)
mapfile -t supervisors < <(sed -s -n 1p "$state"/run/*.pid)
kill -9 "${supervisors[@]}"
check 'killed supervisors end what they started' within 30 all_gone "${programs[@]}"
check 'a run after that starts everything' "$quickstart" --state "$state"
check 'hello runs' within 60 is_running hello
ctl delete hello --yes
check 'a run after hello was deleted' "$quickstart" --state "$state"
check 'does not bring it back' bash -c "! '$state/bin/ccctl' --socket '$state/controller/controller.sock' show hello"
ctl create other --image busybox

# --- down, with a container running
check 'down' "$quickstart" --down --state "$state"
check 'its folder is gone' test ! -e "$state"
check 'its processes are gone' no_process
check 'no package is gone' no_package_gone
check 'the machine is as before' within 10 same_traces
same_traces || true
exit "$failed"
