#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# build_types.sh: only Debug builds have the hooks of tests; all others are hardened. Read from the commands that CMake writes down.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# expect TYPE HOOKS HARDENED: how many of the two each compiler command has.
expect() {
	local type=$1 commands hooks hardened
	cmake -S "$top" -B "$tmp/$type" -G Ninja -DCMAKE_BUILD_TYPE="$type" -DBUILD_TESTING=OFF -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >"$tmp/log" 2>&1 || {
		cat "$tmp/log"
		exit 1
	}
	commands=$(grep -c '"command":' "$tmp/$type/compile_commands.json")
	hooks=$(grep -c -- '-DCC_TEST_BUILD' "$tmp/$type/compile_commands.json" || true)
	hardened=$(grep -c -- '-D_FORTIFY_SOURCE=2' "$tmp/$type/compile_commands.json" || true)
	[[ $commands -gt 50 && $hooks -eq $((commands * $2)) && $hardened -eq $((commands * $3)) ]] || {
		printf 'FAILED: %s: of %d commands %d have test hooks and %d are hardened\n' "$type" "$commands" "$hooks" "$hardened"
		failed=1
	}
}
expect Debug 1 0
expect debug 1 0
expect Release 0 1
expect RelWithDebInfo 0 1
expect MinSizeRel 0 1
exit "$failed"
