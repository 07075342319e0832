#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# deploy/lib.sh with an apt and a dpkg that only pretend: nothing is removed to install something, and what stands during an installation goes after it,
# also when a power cut came between.
set -euo pipefail

# shellcheck source=deploy/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../deploy/lib.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
log=$tmp/log
failed=0

# check WHAT COMMAND...
check() {
	if ("${@:2}") >"$tmp/check.out" 2>&1; then
		printf 'ok: %s\n' "$1"
	else
		printf 'FAILED: %s\n' "$1"
		sed 's/^/  | /' "$tmp/check.out"
		failed=1
	fi
}

# says WORDS COMMAND...: it fails and says them.
says() {
	local out
	if out=$("${@:2}" 2>&1) || [[ $out != *"$1"* ]]; then
		printf 'not "%s", but: %s\n' "$1" "$out"
		return 1
	fi
}

# --- cc_quiet, under the set -e of its callers
check 'cc_quiet never ends the script when its command succeeds' bash -euc "
	source '$cc_top/deploy/lib.sh'
	for n in {1..100}; do cc_quiet '$log' true; done"
check 'it gives the status of one that fails' bash -c "source '$cc_top/deploy/lib.sh'; cc_quiet '$log' bash -c 'echo why; exit 7' 2>'$tmp/err'; [[ \$? -eq 7 ]]"
check 'and the end of what that said' grep -q '| why' "$tmp/err"

# --- packages
mkdir "$tmp/bin" "$tmp/dpkg" "$tmp/etc"
cat >"$tmp/bin/apt-get" <<'END'
#!/bin/bash
# Knows that pony cannot be installed beside horse.
echo "apt-get $*" >>"$FAKE/calls"
if [[ " $* " == *" -s "* ]]; then
	[[ " $* " != *" pony "* ]] || echo 'Remv horse [1.0]'
	echo "Inst ${*: -1} (1.0)"
elif [[ " $* " == *" install "* ]]; then
	cp "$FAKE/policy-rc.d" "$FAKE/policy.seen"
	cp "$FAKE/etc/createcluster.conf" "$FAKE/conf.seen"
	[[ ! -e $FAKE/ucf ]] || echo 'its own' >"$FAKE/etc/createcluster.conf.ucf-dist"
fi
END
printf '#!/bin/sh\n# dpkg-query: nothing is installed.\nexit 1\n' >"$tmp/bin/dpkg-query"
printf '#!/bin/sh\nexec /usr/bin/env "$@"\n' >"$tmp/bin/env"
chmod 755 "$tmp"/bin/*
export FAKE=$tmp PATH=$tmp/bin:$PATH
cc_policy=$tmp/policy-rc.d cc_cluster_conf=$tmp/etc/createcluster.conf cc_dpkg=$tmp/dpkg

# want PACKAGE...: what is installed from now on.
want() {
	wanted=("$@")
	rm -f "$tmp/calls" "$tmp"/*.seen
}
cc_packages() { printf '%s\n' "${wanted[@]}"; }
calls() { grep -c -- "$1" "$tmp/calls" || true; }
no_guards() { [[ ! -e $cc_policy && ! -e $tmp/etc ]]; }

if [[ $EUID -ne 0 ]]; then
	want dog
	check 'an ordinary user is told what to install' says 'sudo apt-get install dog' cc_packages_install "$log" run
	exit "$failed"
fi

want dog cat
check 'what is missing is installed' cc_packages_install "$log" run
check 'in one go, and removing nothing' test "$(calls '^apt-get install -q -y --no-remove .* dog cat$')" = 1
check 'meanwhile no service starts' grep -qx 'exit 101' "$tmp/policy.seen"
check 'and no cluster is made' grep -qx 'create_main_cluster = false' "$tmp/conf.seen"
check 'both is over afterwards' no_guards

want dog pony
check 'a package that would push out another is refused, by name' says 'pony cannot be installed beside horse' cc_packages_install "$log" run
check 'with what to do' says 'sudo apt-get remove horse' cc_packages_install "$log" run
check 'and nothing about the network' bash -c "! grep -q network '$tmp/check.out'"
check 'nothing is installed then' test "$(calls '^apt-get install -q -y')" = 0
check 'and nothing left' no_guards

want dog
# As a power cut leaves it.
cc_guards_make
check 'what a power cut left is known' grep -q "$cc_mark" "$cc_policy" "$cc_cluster_conf"
check 'the next installation goes well' cc_packages_install "$log" run
check 'and undoes it' no_guards
cc_guards_make
wanted=()
cc_packages() { :; }
check 'so does one that has nothing to install' cc_packages_install "$log" run
check 'as it should' no_guards
cc_packages() { printf '%s\n' "${wanted[@]}"; }

mkdir -p "$tmp/etc"
printf '#!/bin/sh\nexit 0\n' >"$cc_policy"
printf 'ssl = on' >"$cc_cluster_conf"
want dog
check 'with files of somebody else' cc_packages_install "$log" run
check 'their policy holds' diff "$cc_policy" "$tmp/policy.seen"
check 'their cluster settings stand beside ours' grep -qx 'ssl = on' "$tmp/conf.seen"
check 'and are left as they were' test "$(<"$cc_cluster_conf")" = 'ssl = on'
rm -r "$cc_policy" "${cc_cluster_conf%/*}"

want dog
touch "$tmp/ucf"
check 'a package that brings the file itself' cc_packages_install "$log" run
check 'has it in the end' test "$(<"$cc_cluster_conf")" = 'its own'
exit "$failed"
