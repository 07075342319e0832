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

# cc_quiet LOG COMMAND...: runs it with its output in LOG; every 10 s tells the last line of that, on failure the last thirty.
cc_quiet() {
	local log=$1 rc=0 ticker
	shift
	: >"$log"
	(
		trap 'kill "$sleeper" 2>/dev/null; exit' TERM
		# It ends too when the script is interrupted.
		while
			sleep 10 &
			sleeper=$!
			wait "$sleeper"
			kill -0 $$ 2>/dev/null
		do
			cc_say "  ... $(tail -c 400 "$log" | tr '\r' '\n' | grep . | tail -n 1 | cut -c 1-100)"
		done
	) &
	ticker=$!
	"$@" >"$log" 2>&1 </dev/null || rc=$?
	kill "$ticker" 2>/dev/null && wait "$ticker" 2>/dev/null
	[[ $rc -eq 0 ]] || {
		printf 'error: this failed with status %d: %s\n       Its last lines (all of them: %s):\n' "$rc" "$*" "$log" >&2
		tail -n 30 "$log" | sed 's/^/       | /' >&2
	}
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
	local log=$1 missing policy=/usr/sbin/policy-rc.d rc=0
	shift
	mapfile -t missing < <(cc_packages_missing "$@")
	[[ ${#missing[@]} -gt 0 ]] || return 0
	[[ $EUID -eq 0 ]] || cc_die "these packages are missing: ${missing[*]}" "Run this with sudo, or install them: sudo apt-get install ${missing[*]}"
	command -v apt-get >/dev/null || cc_die "these packages are missing: ${missing[*]}" 'There is no apt-get here; install what they hold by other means.'
	cc_say "installing ${#missing[@]} packages: ${missing[*]}"
	# In a shell of its own, whose end undoes both even when somebody presses Ctrl-C.
	(
		trap 'cc_main_cluster_allow; [[ -z $policy ]] || rm -f "$policy"' EXIT
		trap 'exit 130' INT TERM
		if [[ -e $policy ]]; then
			policy=
		else
			printf '#!/bin/sh\nexit 101\n' >"$policy"
			chmod 755 "$policy"
		fi
		cc_main_cluster_forbid
		cc_packages_get "$log" "${missing[@]}"
	) || rc=$?
	[[ $rc -eq 0 ]] || cc_die 'the packages could not be installed' 'Is the network up, and can "apt-get update" reach the mirror?' 'Run this again when it does: what is there is not installed twice.'
}

cc_packages_get() {
	local log=$1
	shift
	cc_quiet "$log" apt-get update -q || return
	cc_quiet "$log" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
		-o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@"
}

# For the time of the installation only: whoever installs PostgreSQL later gets Debian's usual cluster.
cc_cluster_conf=/etc/postgresql-common/createcluster.conf

cc_main_cluster_forbid() {
	mkdir -p "${cc_cluster_conf%/*}"
	[[ ! -e $cc_cluster_conf || -e $cc_cluster_conf.cc-saved ]] || cp -p "$cc_cluster_conf" "$cc_cluster_conf.cc-saved"
	printf 'create_main_cluster = false\n' >>"$cc_cluster_conf"
}

cc_main_cluster_allow() {
	if [[ -e $cc_cluster_conf.cc-saved ]]; then
		mv "$cc_cluster_conf.cc-saved" "$cc_cluster_conf"
	elif [[ -e $cc_cluster_conf.ucf-dist ]]; then
		mv "$cc_cluster_conf.ucf-dist" "$cc_cluster_conf"
	else
		rm -f "$cc_cluster_conf"
		rmdir "${cc_cluster_conf%/*}" 2>/dev/null || true
	fi
}

# cc_as USER COMMAND...: as that user, with a small environment.
cc_as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env -C / -i PATH="$PATH" LC_ALL=C.UTF-8 "$@"
}

# cc_pg_bin [VERSION]: the folder of the server programs of that version, or the newest.
cc_pg_bin() {
	local bin
	bin=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | grep "/${1:-[0-9]*}/bin" | sort -V | tail -n 1)
	[[ -x $bin ]] || cc_die "PostgreSQL ${1-} is not installed" "Install the package postgresql${1:+-$1}."
	printf '%s\n' "${bin%/postgres}"
}
