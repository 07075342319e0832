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
		trap 'kill "${sleeper-}" 2>/dev/null; exit' TERM
		# It ends too when the script is interrupted.
		while
			sleep 10 &>/dev/null &
			sleeper=$!
			wait "$sleeper"
			kill -0 $$ 2>/dev/null
		do
			cc_say "  ... $(tail -c 400 "$log" | tr '\r' '\n' | grep . | tail -n 1 | cut -c 1-100)"
		done
	) &
	ticker=$!
	"$@" >"$log" 2>&1 </dev/null || rc=$?
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
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

# cc_packages_install LOG SET...: installs what is missing, and removes nothing. No service of these packages is started, and no PostgreSQL cluster is made
# beside ours: both would be left behind on the person's machine.
cc_packages_install() {
	local log=$1 missing rc=0
	shift
	mapfile -t missing < <(cc_packages_missing "$@")
	if [[ ${#missing[@]} -gt 0 ]]; then
		[[ $EUID -eq 0 ]] || cc_die "these packages are missing: ${missing[*]}" "Run this with sudo, or install them: sudo apt-get install ${missing[*]}"
		command -v apt-get >/dev/null || cc_die "these packages are missing: ${missing[*]}" 'There is no apt-get here; install what they hold by other means.'
		cc_say "installing ${#missing[@]} packages: ${missing[*]}"
	fi
	[[ $EUID -eq 0 && -d $cc_dpkg ]] || return 0
	# In a shell of its own, whose end undoes the guards even when somebody presses Ctrl-C. One at a time: they belong to the machine.
	(
		flock 9
		trap cc_guards_remove EXIT
		trap 'exit 130' INT TERM
		[[ ${#missing[@]} -gt 0 ]] || exit 0
		cc_guards_make
		cc_packages_get "$log" "${missing[@]}" 9<&-
	) 9<"$cc_dpkg" || rc=$?
	case $rc in
	0) ;;
	"$cc_told") exit 1 ;;
	*) cc_die 'the packages could not be installed' 'Is the network up, and can "apt-get update" reach the mirror?' 'Run this again when it does: what is there is not installed twice.' ;;
	esac
}

# The status of a subshell that has said itself why it fails.
cc_told=3

cc_packages_get() {
	local log=$1
	shift
	cc_quiet "$log" apt-get update -q || return
	cc_packages_spare "$@"
	cc_quiet "$log" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-remove --no-install-recommends \
		-o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@"
}

# cc_packages_removed PACKAGE...: what apt would remove to install these.
cc_packages_removed() {
	apt-get install -s -q --no-install-recommends "$@" 2>/dev/null | awk '$1 == "Remv" { print $2 }'
}

# cc_packages_spare PACKAGE...: ends with an explanation when they cannot be installed beside what is there.
cc_packages_spare() {
	local package gone why=()
	mapfile -t gone < <(cc_packages_removed "$@")
	[[ ${#gone[@]} -gt 0 ]] || return 0
	for package; do
		mapfile -t -O "${#why[@]}" why < <(cc_packages_removed "$package" | sed "s/^/$package cannot be installed beside /")
	done
	(cc_die "to install what is missing, apt would remove: ${gone[*]}" "${why[@]}" 'Nothing was changed. If nobody needs what would go, remove it and run this again:' \
		"  sudo apt-get remove ${gone[*]}" 'Else use another machine, or a virtual one.') || exit "$cc_told"
}

# What stands only while packages are installed. What has the mark is ours, also when a power cut has left it there.
cc_mark='made by CommunityCloud while it installs packages'
cc_policy=/usr/sbin/policy-rc.d
cc_cluster_conf=/etc/postgresql-common/createcluster.conf
cc_dpkg=/var/lib/dpkg

cc_guards_make() {
	cc_guards_remove
	if [[ ! -e $cc_policy ]]; then
		printf '#!/bin/sh\n# %s\nexit 101\n' "$cc_mark" >"$cc_policy"
		chmod 755 "$cc_policy"
	fi
	mkdir -p "${cc_cluster_conf%/*}"
	# The last line of somebody's file may have no end.
	[[ ! -s $cc_cluster_conf || -z $(tail -c 1 "$cc_cluster_conf") ]] || printf '\n' >>"$cc_cluster_conf"
	printf '# %s\ncreate_main_cluster = false\n' "$cc_mark" >>"$cc_cluster_conf"
}

# Whoever installs PostgreSQL later gets Debian's usual cluster.
cc_guards_remove() {
	! grep -qsF "$cc_mark" "$cc_policy" || rm -f "$cc_policy"
	grep -qsF "$cc_mark" "$cc_cluster_conf" || return 0
	sed -i "/$cc_mark/,+1d" "$cc_cluster_conf"
	[[ ! -s $cc_cluster_conf ]] || return 0
	if [[ -e $cc_cluster_conf.ucf-dist ]]; then
		mv "$cc_cluster_conf.ucf-dist" "$cc_cluster_conf"
	else
		rm -f "$cc_cluster_conf"
		rmdir "${cc_cluster_conf%/*}" 2>/dev/null || true
	fi
}

# cc_busybox FILE LOG: makes FILE a busybox that needs no libraries: the installed one, or that of Debian's package, which is unpacked and not installed,
# for it would take the place of the package busybox.
cc_busybox() {
	local file=$1 log=$2 found
	found=$(command -v busybox || true)
	if [[ -z $found ]] || ldd "$found" >/dev/null 2>&1; then
		command -v apt-get >/dev/null || cc_die 'there is no static busybox here, and no apt-get to fetch one' 'Install one as /usr/local/bin/busybox.'
		rm -rf "$file.package"
		mkdir "$file.package"
		cc_quiet "$log" cc_busybox_fetch "$file.package" ||
			cc_die 'busybox-static could not be fetched' 'Is the network up, and can "apt-get update" reach the mirror?' 'Run this again when it does.'
		found=$(find "$file.package" -type f -path '*/bin/busybox')
	fi
	install -m 755 "$found" "$file"
	rm -rf "$file.package"
}

cc_busybox_fetch() {
	apt-get update -q && (cd "$1" && apt-get download -q -o APT::Sandbox::User=root busybox-static && dpkg-deb -x busybox-static_*.deb .)
}

# cc_give_back FOLDER: what root has made in somebody's checkout is given to that person, who typed sudo.
cc_give_back() {
	[[ $EUID -eq 0 && ${SUDO_UID-} =~ ^[1-9][0-9]*$ && ${SUDO_GID-} =~ ^[0-9]+$ && -d $1 && $(stat -c %u "$cc_top") == "$SUDO_UID" ]] || return 0
	chown -R -h --from=0 "$SUDO_UID:$SUDO_GID" "$1"
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
