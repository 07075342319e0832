/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "common/tree.h"

/* NULL when it cannot be loaded. @err INTERNAL */
const struct cc_tree_tool *copy_load(struct cc_error *err);
