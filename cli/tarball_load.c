/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/tarball.h"

#include "common/module.h"

const struct tarball_tool *tarball_load(struct cc_error *err)
{
	return cc_module_find("libcc-tarball.so", "tarball_tool", err);
}
