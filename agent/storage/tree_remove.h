/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Removes what a guest or an image left, which may be hostile: never follows a symbolic link, bounded in descriptors and stack however deep it is. */
#pragma once

#include "common/error.h"

/* Removes `name` in the directory and all below it. Nothing there is fine. Nobody may change the tree meanwhile. @err IO */
int tree_remove(int dirfd, const char *name, struct cc_error *err);
