/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/storage/files.h"
#include "common/module.h"

const struct files_tool *files_tool_find(struct cc_error *err)
{
	return cc_module_find("libcc-files.so", "files_tool", err);
}
