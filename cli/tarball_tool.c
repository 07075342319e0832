/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/tarball_parts.h"

const struct tarball_tool tarball_tool = {
	.check = tarball_check,
	.pack_open = tarball_pack_open,
	.pack_read = tarball_pack_read,
	.pack_free = tarball_pack_free,
	.measure = tarball_measure,
};
