# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What the scripts share: talking to the person, packages, and a private PostgreSQL cluster. To be sourced; defines functions, runs nothing.

cc_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# cc_say TEXT: one line of progress, with the seconds since the script began.
cc_say() {
	printf '[%3d s] %s\n' "$SECONDS" "$*"
}

# cc_die WHAT [NEXT...]: what went wrong, what to do next, one per line; ends the script.
cc_die() {
	printf 'error: %s\n' "$1" >&2
	shift
	[[ $# -eq 0 ]] || printf '       %s\n' "$@" >&2
	exit 1
}

# cc_quiet LOG COMMAND...: runs it with its output in LOG; on failure shows the end of it.
cc_quiet() {
	local log=$1
	shift
	"$@" >"$log" 2>&1 </dev/null && return
	local rc=$?
	printf 'error: this failed with status %d: %s\n       Its last lines (all of them: %s):\n' "$rc" "$*" "$log" >&2
	tail -n 30 "$log" | sed 's/^/       | /' >&2
	return "$rc"
}

# cc_packages SET...: the packages of these sets of deploy/packages.
cc_packages() {
	local set
	for set; do
		awk -v set="$set" '$1 == set { print $2 }' "$cc_top/deploy/packages"
	done
}

# cc_packages_missing SET...: those that are not installed.
cc_packages_missing() {
	local package
	for package in $(cc_packages "$@"); do
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
	done
}

# cc_packages_install LOG SET...: installs what is missing. No service of these packages is started, and no PostgreSQL cluster is made
# beside ours: both would be left behind on the person's machine.
cc_packages_install() {
	local log=$1 missing policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.conf undo=()
	shift
	mapfile -t missing < <(cc_packages_missing "$@")
	[[ ${#missing[@]} -gt 0 ]] || return 0
	[[ $EUID -eq 0 ]] || cc_die "these packages are missing: ${missing[*]}" "Run this with sudo, or install them: sudo apt-get install ${missing[*]}"
	command -v apt-get >/dev/null || cc_die "these packages are missing: ${missing[*]}" 'There is no apt-get here; install what they hold by other means.'
	cc_say "installing ${#missing[@]} packages: ${missing[*]}"
	if [[ ! -e $policy ]]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
		undo+=("$policy")
	fi
	if [[ ! -e $clusters ]]; then
		mkdir -p "${clusters%/*}"
		printf 'create_main_cluster = false\n' >"$clusters"
	fi
	local rc=0
	{
		cc_quiet "$log" apt-get update -q &&
			cc_quiet "$log" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
				-o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "${missing[@]}"
	} || rc=$?
	[[ ${#undo[@]} -eq 0 ]] || rm -f "${undo[@]}"
	[[ $rc -eq 0 ]] || cc_die 'the packages could not be installed' 'Is the network up, and can "apt-get update" reach the mirror?' 'Run this again when it does: what is there is not installed twice.'
}

# --- PostgreSQL, without the cluster management of Debian: one directory DIR holds data/, log and the socket.

# cc_pg_bin: the folder of the newest server programs.
cc_pg_bin() {
	local bin
	bin=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
	[[ -x $bin ]] || cc_die 'PostgreSQL is not installed' 'Install the package postgresql.'
	printf '%s\n' "${bin%/postgres}"
}

# cc_as USER COMMAND...: as that user, when we are root.
cc_as() {
	local user=$1
	shift
	if [[ $EUID -eq 0 && $user != root ]]; then
		setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --reset-env env PATH="$PATH" LC_ALL=C.UTF-8 "$@"
	else
		"$@"
	fi
}
