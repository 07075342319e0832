/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/copy_load.h"

#include "common/module.h"

const struct cc_tree_tool *copy_load(struct cc_error *err)
{
	return cc_module_find("libcc-copy.so", "cc_tree_tool", err);
}
